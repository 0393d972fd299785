"""What every app uses and nobody owns."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
