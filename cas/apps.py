"""The content-addressed store: digest -> bytes. It knows no owner."""

from django.apps import AppConfig


class CasConfig(AppConfig):
    name = "cas"
    verbose_name = "Content store"

    def ready(self) -> None:
        # Importing the first registers the system checks.
        from cas import checks, signals  # noqa: F401

        signals.connect(self)
