"""What the rows say about themselves, and what the database refuses whoever asks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from attachments.models import Attachment, AttachmentSet
from tests.attachments.conftest import OwnerFactory
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


class TestDatabase:
    """Constraints, past every service and form."""

    @pytest.mark.parametrize(
        "columns",
        [
            {"attachment_type": "url"},
            {"attachment_type": "image"},
            {"attachment_type": "pdf", "url": "https://example.com/"},
            {"attachment_type": "html", "url": "https://example.com/", "legacy_key": "parts/1/x"},
            {"attachment_type": "url", "url": "https://example.com/", "file_size": -1},
        ],
        ids=["link without address", "image without content", "PDF without content", "unknown type", "negative size"],
    )
    def test_refuses(self, columns: dict[str, Any]) -> None:
        owner = PartFactory.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            Attachment.objects.create(attachment_set=owner.attachment_set, title="x", **columns)

    @pytest.mark.parametrize(("trait", "column"), [("link", {"url": ""}), ("legacy", {"legacy_key": ""})])
    def test_refuses_to_take_the_content_away(self, trait: str, column: dict[str, str]) -> None:
        attachment = AttachmentFactory.create(**{trait: True})
        with pytest.raises(IntegrityError), transaction.atomic():
            Attachment.objects.filter(pk=attachment.pk).update(**column)

    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            ({"attachment_type": "url"}, "A link needs an address."),
            ({"attachment_type": "image"}, "A file needs its content."),
        ],
    )
    def test_has_a_sentence_for_forms(self, columns: dict[str, str], sentence: str) -> None:
        attachment = Attachment(attachment_set=PartFactory.create().attachment_set, title="x", **columns)
        with pytest.raises(ValidationError) as refusal:
            attachment.full_clean()
        assert sentence in refusal.value.messages


class TestHasImage:
    """Whether it can be a cover."""

    @pytest.mark.parametrize(
        ("columns", "expected"),
        [
            ({"attachment_type": "image", "blob_id": "a" * 64, "content_type": "image/png"}, True),
            ({"attachment_type": "image", "legacy_key": "parts/1/x"}, True),
            ({"attachment_type": "image"}, False),
            ({"attachment_type": "pdf", "blob_id": "a" * 64, "content_type": "application/pdf"}, False),
            ({"attachment_type": "url", "blob_id": "a" * 64, "content_type": "image/jpeg"}, True),
            ({"attachment_type": "url", "blob_id": "a" * 64, "content_type": "application/pdf"}, False),
            ({"attachment_type": "url", "legacy_key": "parts/1/x", "content_type": "image/jpeg"}, True),
            ({"attachment_type": "url", "content_type": "image/jpeg"}, False),
        ],
    )
    def test_needs_content_that_is_a_picture(self, columns: dict[str, Any], expected: bool) -> None:
        assert Attachment(**columns).has_image is expected


class TestNames:
    def test_tell_the_owner(self, owner_factory: OwnerFactory) -> None:
        owner = owner_factory.create()
        attachment = AttachmentFactory.create(link=True, owner=owner, title="Shop")
        assert str(attachment) == f"Shop ({owner})"
        assert str(attachment.attachment_set) == f"Attachments of {owner}"

    def test_of_what_nobody_owns(self) -> None:
        attachment_set = AttachmentSet.objects.create()
        attachment = Attachment(attachment_set=attachment_set, title="Shop")
        assert str(attachment) == "Shop (no owner)"
        assert str(attachment_set) == "Attachments of nobody"
        assert attachment_set.owner is None


class TestSet:
    @pytest.mark.parametrize(
        "delete",
        [lambda row: row.delete(), lambda row: AttachmentSet.objects.filter(pk=row.pk).delete()],
        ids=["by itself", "by a queryset"],
    )
    def test_of_an_owner_cannot_be_deleted(
        self, owner_factory: OwnerFactory, delete: Callable[[AttachmentSet], object]
    ) -> None:
        owner = owner_factory.create()
        attachment = AttachmentFactory.create(link=True, owner=owner)
        with pytest.raises(ProtectedError):
            delete(owner.attachment_set)
        owner.refresh_from_db()
        assert owner.attachment_set.attachments.get() == attachment

    def test_of_nobody_can_be_deleted(self) -> None:
        part, free = PartFactory.create(), AttachmentSet.objects.create()
        free.delete()
        assert AttachmentSet.objects.get().owner == part

    def test_finds_its_owner_without_a_query_when_it_was_fetched_along(self) -> None:
        part, kit = PartFactory.create(), KitFactory.create()
        sets = AttachmentSet.objects.select_related("part", "kit").order_by("pk")

        assert [row.owner for row in sets] == [part, kit]
        assert queries_of(lambda: [row.owner for row in sets.all()]) == 1


class TestOrder:
    def test_is_by_position_then_age(self) -> None:
        part = PartFactory.create()
        rows = [AttachmentFactory.create(link=True, owner=part, position=position) for position in (2, 0, 1, 0)]
        assert list(part.attachment_set.attachments.in_order()) == [rows[1], rows[3], rows[2], rows[0]]
