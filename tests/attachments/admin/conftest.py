"""Who works in the admin, and how."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from parts.models import Part


@pytest.fixture
def save_part() -> Callable[..., Any]:
    """Send the form of a part's page, as a browser without JavaScript does, and follow to the next page."""

    def send(client: Client, part: Part | None = None, **fields: Any) -> Any:
        address = f"/admin/parts/part/{part.pk}/change/" if part else "/admin/parts/part/add/"
        form = {"description": part.description if part else "A timer", "_continue": "1"}
        attachments = {f"attachments-{name.replace('_', '-', 1)}": value for name, value in fields.items()}
        for plain in ("files", "link_url", "link_title", "cover"):
            if plain in fields:
                attachments.pop(f"attachments-{plain.replace('_', '-', 1)}")
                attachments[f"attachments-{plain}"] = fields[plain]
        return client.post(address, form | attachments, follow=True)

    return send
