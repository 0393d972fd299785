"""Sets of images, PDFs and links with one cover, for whatever owns one."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "attachments"

    def ready(self) -> None:
        # Importing the first registers the system checks.
        from attachments import checks, signals  # noqa: F401
        from attachments.ownership import ownership_findings
        from attachments.search import ATTACHMENTS
        from attachments.services.removed import give_up_expired
        from cas.audit import findings
        from cas.protocol import expiry
        from core import search

        signals.connect()
        search.register(ATTACHMENTS)
        findings.register(ownership_findings)
        expiry.register(give_up_expired)
