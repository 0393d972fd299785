"""A store that gives fewer bytes than it has said: told at once, and kept by nobody."""

from contextlib import closing
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import Client

from cas.errors import StorageUnavailableError
from cas.signing import content_url, thumbnail_url
from cas.storage.staging import stage_chunks
from tests.plugins.files import pdf, picture
from tests.plugins.small_s3 import Habits, Small

# An answer that is closed looks after the connections to the database, in a test that has none too.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def habits(small_s3: Small, monkeypatch: pytest.MonkeyPatch) -> Habits:
    """Of the configured store."""
    habits = Habits()
    kept: Any = storages
    monkeypatch.setitem(kept._storages, "cas", small_s3(habits))
    return habits


def keep(data: bytes) -> str:
    store: Any = storages["cas"]
    staged = stage_chunks(store.staging_dir, [data])
    store.publish(staged)
    staged.close()
    return staged.digest


class TestDownload:
    def test_of_the_whole_is_refused(self, habits: Habits) -> None:
        url = content_url(keep(picture()), "image/jpeg", "photo.jpg")
        for _ in range(2):
            habits.sends = 200
            answer = Client().get(url)
            assert (answer.status_code, answer["Cache-Control"]) == (500, "no-store")
            # And once it was read before.
            habits.sends = None
            with closing(Client().get(url)) as answer:
                assert answer["Content-Length"] == str(len(picture()))
                assert answer.getvalue() == picture()

    def test_of_a_part_breaks_off(self, habits: Habits) -> None:
        url = content_url(keep(picture()), "image/jpeg", "photo.jpg")
        # It knows no ranges: of the whole that it sends instead, the part is cut out.
        habits.knows_ranges, habits.sends = False, 200
        part = {"Range": "bytes=10-299"}
        with closing(Client().get(url, headers=part)) as answer:
            assert answer["Content-Length"] == "290"
            with pytest.raises(StorageUnavailableError):
                answer.getvalue()
        habits.sends = None
        with closing(Client().get(url, headers=part)) as answer:
            assert len(answer.getvalue()) == 290


class TestThumbnail:
    @pytest.mark.parametrize("make", [picture, pdf])
    def test_is_not_made_of_half_a_file(self, habits: Habits, make: Any) -> None:
        url = thumbnail_url(keep(make()), 150)
        habits.sends = 200
        answer = Client().get(url)
        assert (answer.status_code, answer.json()["details"]["code"]) == (500, "storage_unavailable")
        assert answer["Cache-Control"] == "no-store"
        assert list((settings.DATA_DIR / "thumbnails").glob("[!.]*")) == []
        habits.sends = None
        with closing(Client().get(url)) as answer:
            assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
