"""The one policy of everything that serves bytes, on every route that does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments import services
from attachments.models import Attachment
from tests.conftest import ApiClient
from tests.factories import KitContentFactory

PDF_POLICY, POLICY = "frame-ancestors 'self'", "default-src 'none'; sandbox"
# Our own pages show whole pictures in frames, and the browser lays them out with styles of its own.
FRAMED_POLICY = f"{POLICY}; style-src 'unsafe-inline'; {PDF_POLICY}"


@pytest.mark.django_db(transaction=True)
def test_a_browser_neither_runs_nor_misreads_what_any_route_serves(
    api: ApiClient,
    photo: Callable[..., SimpleUploadedFile],
    datasheet: Callable[..., SimpleUploadedFile],
    old_row: Callable[..., Attachment],
) -> None:
    content = KitContentFactory.create()
    part, kit, old = content.part, content.kit, old_row()
    files = [services.attach_file(set_id=part.attachment_set_id, upload=file()) for file in (photo, datasheet)]
    picture, document = (
        api.get(f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}").json() for row in files
    )
    legacy = f"/attachment-sets/{old.attachment_set_id}/attachments/{old.pk}/content"
    routes = {
        picture["attachment_url"]: FRAMED_POLICY,
        picture["thumbnail_url"]: POLICY,
        document["attachment_url"]: PDF_POLICY,
        document["download_url"]: PDF_POLICY,
        document["preview_url"]: POLICY,
        f"{legacy}?content_type=image/jpeg": FRAMED_POLICY,
        f"{legacy}?thumbnail=150": POLICY,
        f"/attachment-sets/{part.attachment_set_id}/files.zip": POLICY,
        f"/parts/{part.key}/files.zip": POLICY,
        f"/kits/{kit.pk}/files.zip": POLICY,
        "/icons/pdf": POLICY,
    }
    answers: list[tuple[str, Any, str]] = [(route, api.get(route), policy) for route, policy in routes.items()]
    chosen = {"action": "download_attachments", "_selected_action": [part.pk]}
    answers.append(("ZIP of the admin", Client.post(api, "/admin/parts/part/", chosen), POLICY))
    for route, answer, policy in answers:
        assert answer.status_code == 200, route
        headers = (
            "X-Content-Type-Options",
            "Cross-Origin-Resource-Policy",
            "Referrer-Policy",
            "Content-Security-Policy",
        )
        found = [answer.get(header) for header in headers]
        assert found == ["nosniff", "same-site", "no-referrer", policy], route
        assert "Cache-Control" in answer, route
        answer.close()
