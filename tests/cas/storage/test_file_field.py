"""The store as Django's Storage: any FileField can use it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.db.migrations.writer import MigrationWriter
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.utils import timezone

from cas import storage
from cas.errors import BlobNotFoundError
from cas.models import Blob, Purge
from cas.storage import CASStorage, cas_storage
from tests.plugins.files import sha256

KEY = f"cas/{sha256(b'content')}"


@pytest.fixture
def document() -> FieldFile:
    """The file of a model's field, not saved yet."""
    field = FileField(storage=cas_storage)
    field.set_attributes_from_name("document")
    instance: Any = SimpleNamespace(document=None)
    return FieldFile(instance, field, None)


class TestFileField:
    def test_keeps_the_key_of_the_bytes(self, document: FieldFile) -> None:
        document.save("any name.pdf", ContentFile(b"content"), save=False)
        assert document.name == KEY
        assert document.size == 7
        with document.open() as file:
            assert file.read() == b"content"

    def test_has_a_signed_address_to_download_from(self, document: FieldFile) -> None:
        document.save("x", ContentFile(b"content"), save=False)
        answer = Client().get(document.url)
        assert answer.getvalue() == b"content"
        assert answer["Content-Disposition"].startswith("attachment")

    def test_can_be_written_into_a_migration(self, store: CASStorage) -> None:
        code, imports = MigrationWriter.serialize(store)
        assert imports == {"import cas.storage"}
        assert eval(code, {"cas": SimpleNamespace(storage=storage)}) is store


class TestStorage:
    def test_knows_when_the_bytes_came(self, store: CASStorage) -> None:
        store.save("x", ContentFile(b"content"))
        assert abs(timezone.now() - store.get_modified_time(KEY)) < timedelta(minutes=1)

    @pytest.mark.parametrize("path", ["", ".", "/"])
    def test_has_one_folder(self, store: CASStorage, path: str) -> None:
        assert store.listdir(path) == (["cas"], [])

    def test_has_no_other_folder(self, store: CASStorage) -> None:
        with pytest.raises(FileNotFoundError):
            store.listdir("parts")

    def test_says_what_it_does_not_hold(self, store: CASStorage) -> None:
        assert not store.exists(KEY)
        for call in (store.size, store.get_modified_time, store.open):
            with pytest.raises(BlobNotFoundError):
                call(KEY)

    @pytest.mark.parametrize("name", ["", "content.pdf", "cas/x", "../cas/x", f"cas/{'A' * 64}", f"{KEY}/x", "a" * 64])
    def test_refuses_other_names(self, store: CASStorage, name: str) -> None:
        for call in (store.exists, store.size, store.url, store.delete, store.open):
            with pytest.raises(SuspiciousFileOperation):
                call(name)


class TestRows:
    """Rows of the store are called by their digest wherever they are shown."""

    def test_have_their_digest_as_name(self) -> None:
        digest = sha256(b"content")
        assert str(Blob(digest=digest)) == str(Purge(digest=digest)) == digest
