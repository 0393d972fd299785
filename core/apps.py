"""What every app uses and nobody owns."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "History"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        # Importing the first registers the list.
        from core.admin import entries  # noqa: F401
        from core.search.rebuild import after_migrations

        post_migrate.connect(after_migrations, dispatch_uid="search_index")
