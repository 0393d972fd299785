"""How an S3 server is told which bytes it ought to have received, for servers that do not take what AWS takes."""

import pytest
from django.core.files.base import ContentFile

from cas.errors import StorageUnavailableError
from cas.storage import S3CASStorage
from cas.storage.staging import stage_chunks
from tests.plugins.files import sha256
from tests.plugins.small_s3 import Habits, Small

pytestmark = pytest.mark.once

DATA = b"0123456789"
DIGEST = sha256(DATA)
SHA256, MD5 = "x-amz-checksum-sha256", "content-md5"


def publish(store: S3CASStorage) -> None:
    staged = stage_chunks(store.staging_dir, [DATA])
    try:
        store.publish(staged)
    finally:
        staged.close()


@pytest.mark.parametrize(("checksum", "sent"), [("sha256", {SHA256}), ("md5", {MD5}), ("none", set())])
class TestChecksum:
    def test_is_the_one_that_the_setting_names(self, small_s3: Small, checksum: str, sent: set[str]) -> None:
        habits = Habits(refuses=tuple({SHA256, MD5} - sent))
        publish(small_s3(habits, checksum=checksum))
        assert habits.objects == {f"cas/{DIGEST}": DATA}
        assert set(habits.headers[0]) & {SHA256, MD5} == sent

    def test_that_the_server_does_not_take_is_a_failure(self, small_s3: Small, checksum: str, sent: set[str]) -> None:
        store = small_s3(Habits(refuses=(SHA256, MD5)), checksum=checksum)
        if sent:
            with pytest.raises(StorageUnavailableError):
                publish(store)
        else:
            publish(store)

    def test_of_fewer_bytes_is_noticed(self, small_s3: Small, checksum: str, sent: set[str]) -> None:
        with pytest.raises(StorageUnavailableError):
            small_s3(Habits(keeps=9), checksum=checksum).save("datasheet.pdf", ContentFile(DATA))


class TestWithout:
    def test_other_bytes_are_noticed_by_reading_them_back(self, small_s3: Small) -> None:
        with pytest.raises(StorageUnavailableError):
            publish(small_s3(Habits(damages=True), checksum="none"))
