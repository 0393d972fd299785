"""What every app uses and nobody owns."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "History"

    def ready(self) -> None:
        # Importing it registers the list.
        from core.admin import entries  # noqa: F401
