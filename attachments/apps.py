"""Sets of images, PDFs and links with one cover, for whatever owns one."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "attachments"

    def ready(self) -> None:
        from attachments import signals
        from attachments.ownership import ownership_findings
        from cas import findings

        signals.connect()
        findings.register(ownership_findings)
