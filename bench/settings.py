"""The project's settings, with a view that does nothing."""

from inventory.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
