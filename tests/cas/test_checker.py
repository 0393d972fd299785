"""The comparison of rows and store."""

from collections.abc import Callable

import pytest

from attachments.models import Attachment
from cas.checker import Comparison
from cas.findings import Finding, Kind, Severity
from cas.storage import CASStorage
from tests.plugins.blobs import DATA, DIGEST
from tests.plugins.faults import overwrite, put_stranger

pytestmark = pytest.mark.django_db


def found() -> list[Finding]:
    return list(Comparison().findings())


class TestComparison:
    def test_nothing(self, upload: Callable[..., Attachment]) -> None:
        upload()
        upload(b"other")
        comparison = Comparison()
        assert list(comparison.findings()) == []
        assert (comparison.blobs, comparison.bytes, comparison.objects) == (2, len(DATA) + 5, 2)

    def test_missing(self, upload: Callable[..., Attachment], store: CASStorage) -> None:
        attachment = upload()
        store.remove(DIGEST)
        assert found() == [
            Finding(Kind.MISSING, Severity.CRITICAL, DIGEST, "The store does not hold it.", (str(attachment),))
        ]

    def test_wrong_size(self, upload: Callable[..., Attachment], store: CASStorage) -> None:
        upload()
        overwrite(store, DIGEST, DATA[:-1])
        assert [finding.kind for finding in found()] == [Kind.WRONG_SIZE]

    def test_orphans(self, store: CASStorage) -> None:
        overwrite(store, DIGEST, DATA)
        put_stranger(store, "ABC")
        assert [finding.kind for finding in found()] == [Kind.YOUNG, Kind.NOT_OURS]
