"""Who changed what, and when: written by the services, read by the admin and the API."""

from core.history.recording import record, record_changes

__all__ = ["record", "record_changes"]
