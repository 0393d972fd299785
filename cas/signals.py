"""What follows a migration: an empty store for a database that knows no content, and a store that is bound to it."""

from typing import Any

import structlog
from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db.models.signals import post_migrate

from cas.errors import StorageUnavailableError
from cas.protocol import binding
from cas.storage import cas_storage

logger = structlog.get_logger(__name__)


def connect(app: AppConfig) -> None:
    """Connect the receiver, for one call a migration."""
    post_migrate.connect(prepare_store, sender=app, dispatch_uid="prepare_store")


def prepare_store(using: str, apps: Apps = installed_apps, **kwargs: Any) -> None:
    """Make the store while there is not a single blob; bind an unbound one to the database (`cas.protocol.binding`).

    Later its absence is a fault, which an empty one would hide. A failure is logged: the migration has succeeded, and
    `/health/ready` says that the store is not there.
    """
    try:
        blobs = apps.get_model("cas", "Blob").objects.using(using)
    except LookupError:
        return  # An older schema.
    if not blobs.exists():
        try:
            cas_storage().create()
        except StorageUnavailableError:
            logger.exception("store_not_created")
            return
    binding.bind_after_migration(blobs.all())
