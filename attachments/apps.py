"""Sets of images, PDFs and links with one cover, for whatever owns one."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "attachments"

    def ready(self) -> None:
        # Importing the first registers the system checks.
        from attachments import checks, signals  # noqa: F401
        from attachments.ownership import ownership_findings
        from cas.audit import findings

        signals.connect()
        findings.register(ownership_findings)
