"""What the tests of fetching share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attachments.models import Attachment
from cas.models import Blob
from tests.conftest import ApiClient

SENTENCE = "Nothing could be fetched from this address."


class Paste:
    """Pastes an address into a set, as the frontend does."""

    def __init__(self, api: ApiClient, set_id: int, left: Callable[[], list[Path]], caplog: Any) -> None:
        self._api, self._set_id, self._left, self._caplog = api, set_id, left, caplog

    def __call__(self, url: str, title: str = "") -> dict[str, Any]:
        """The new attachment."""
        response = self._send(url, title)
        assert response.status_code == 201, response.content
        assert self._left() == []
        body: dict[str, Any] = response.json()
        return body

    def refused(self, url: str) -> str:
        """The reason in the log of a refusal, which tells the client nothing and leaves nothing behind."""
        response = self._send(url, "")
        assert response.status_code == 422, response.content
        assert response.json() == {"error": SENTENCE, "details": {"code": "cannot_fetch"}}
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert self._left() == []
        return self.reasons()[-1]

    def reasons(self) -> list[str]:
        """Why links were not fetched, as the log has it."""
        events = [record.msg for record in self._caplog.records if isinstance(record.msg, dict)]
        return [event["reason"] for event in events if event["event"] == "link_not_fetched"]

    def _send(self, url: str, title: str) -> Any:
        return self._api.post(f"/attachment-sets/{self._set_id}/attachments", {"url": url, "title": title})


@pytest.fixture
def paste(
    api: ApiClient, set_id: int, staged_files: Callable[[], list[Path]], caplog: pytest.LogCaptureFixture
) -> Paste:
    """Paste an address into a part's empty set."""
    return Paste(api, set_id, staged_files, caplog)
