"""The WSGI application that gunicorn serves."""

import gc
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")


class Utf8Request(WSGIRequest):
    """Text is UTF-8, whatever the client calls it.

    Django takes any codec of Python that the client names: it fails at "hex" before it can answer.
    """

    @property
    def encoding(self) -> None:
        """None stands for the default, UTF-8."""

    @encoding.setter
    def encoding(self, value: str) -> None:
        """Ignore the client's charset."""


class Handler(WSGIHandler):
    """Django's handler with `Utf8Request`."""

    request_class = Utf8Request


def _load() -> None:
    """Load everything before the workers are copied from this process.

    Otherwise each worker would load it at its first request, all at the same time, while people wait.

    Raises ImproperlyConfigured.
    """
    django.setup(set_prefix=False)
    from cas.storage import cas_storage

    cas_storage().preload()
    get_resolver().url_patterns  # noqa: B018  (imports them)
    # All of that stays. A worker's garbage collector need not look through it, which takes a fifth of a second.
    gc.collect()
    gc.freeze()


try:
    _load()
except ImproperlyConfigured as error:
    sys.exit(f"The configuration is wrong: {error}")
application = Handler()
