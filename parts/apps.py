"""Parts, their types and tags."""

from django.apps import AppConfig


class PartsConfig(AppConfig):
    name = "parts"
