"""The content-addressed store: digest -> bytes. It knows no owner."""

from django.apps import AppConfig


class CasConfig(AppConfig):
    name = "cas"
    verbose_name = "Content store"

    def ready(self) -> None:
        from cas import checks  # noqa: F401  (registers the system checks)
