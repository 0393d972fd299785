"""Adopt: an object without a row goes the collector's way, unless it has an owner after all."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from attachments.models import Attachment
from cas.errors import StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol.adopt import adopt
from cas.storage import CASStorage
from tests.plugins.blobs import DATA, DIGEST
from tests.plugins.faults import Faults, overwrite

pytestmark = pytest.mark.django_db


@pytest.fixture
def orphan(store: CASStorage) -> None:
    overwrite(store, DIGEST, DATA)


class TestOrphan:
    def test_gets_a_condemned_row(self, orphan: None, faults: Faults) -> None:
        assert adopt(DIGEST)
        blob = Blob.objects.get()
        assert (blob.digest, blob.size) == (DIGEST, len(DATA))
        assert blob.condemned_at is not None
        assert faults.count("remove") == 0

    def test_only_once(self, orphan: None) -> None:
        assert adopt(DIGEST)
        assert not adopt(DIGEST)
        assert Blob.objects.count() == 1

    def test_an_upload_absolves_it(self, orphan: None, upload: Callable[..., Attachment], faults: Faults) -> None:
        adopt(DIGEST)
        assert upload().blob_id == DIGEST
        assert Blob.objects.get().condemned_at is None
        assert faults.count("publish") == 0

    def test_an_upload_heals_a_torn_one(
        self, store: CASStorage, upload: Callable[..., Attachment], faults: Faults
    ) -> None:
        overwrite(store, DIGEST, b"torn")
        adopt(DIGEST)
        assert Blob.objects.get().size == 4
        upload()
        assert Blob.objects.get().size == len(DATA)
        assert faults.count("publish") == 1


class TestNotAnOrphan:
    def test_a_blob_in_use_stays_as_it_is(self, upload: Callable[..., Attachment]) -> None:
        upload()
        assert not adopt(DIGEST)
        assert Blob.objects.get().condemned_at is None

    def test_one_that_is_being_deleted_is_left_to_its_tombstone(self, orphan: None) -> None:
        Purge.objects.create(digest=DIGEST, token=uuid4())
        assert not adopt(DIGEST)
        assert not Blob.objects.exists()

    def test_an_object_that_is_gone_gets_no_row(self) -> None:
        assert not adopt(DIGEST)
        assert not Blob.objects.exists()

    def test_a_store_that_does_not_answer_takes_the_row_back(self, orphan: None, faults: Faults) -> None:
        faults.fail("stat")
        with pytest.raises(StorageUnavailableError):
            adopt(DIGEST)
        assert not Blob.objects.exists()
