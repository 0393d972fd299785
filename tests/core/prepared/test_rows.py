"""Rows that are written with SQL made before are what Django would have written."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from attachments.models import AttachmentSet
from cas.models import Blob
from core.history.models import HistoryEntry
from core.prepared import PreparedDelete, PreparedInsert, PreparedUpdate
from core.search.models import SearchEntry
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def entry(**values: Any) -> HistoryEntry:
    content_type = ContentType.objects.get_for_model(AttachmentSet)
    return HistoryEntry(
        **{"content_type": content_type, "object_id": "1", "actor_name": "x", "verb": "added", **values}
    )


class TestInsert:
    @pytest.mark.parametrize("parameters", [{}, {"name": "Ω %s", "n": [1, None, 2.5]}, {"a": {"b": "'"}}])
    def test_keeps_every_value(self, parameters: dict[str, Any]) -> None:
        for actor_name in ("one", "two %s"):
            written = entry(actor_name=actor_name, parameters=parameters)
            written.save()
            read = HistoryEntry.objects.get(pk=written.pk)
            assert (read.actor_name, read.parameters, read.actor) == (actor_name, parameters, None)

    def test_gives_back_what_the_database_has_chosen(self) -> None:
        first, second = entry(), entry()
        first.save()
        second.save()
        assert second.pk > first.pk
        assert second.at == HistoryEntry.objects.get(pk=second.pk).at

    def test_takes_a_value_where_the_database_has_a_default(self) -> None:
        day_ago = timezone.now() - timedelta(days=1)
        for at in (day_ago, day_ago - timedelta(days=1)):
            written = entry(at=at)
            written.save()
            assert HistoryEntry.objects.get(pk=written.pk).at == at

    def test_takes_expressions(self) -> None:
        for seconds in (1, 2):
            written = entry(at=Now() - timedelta(seconds=seconds))
            written.save()
            written.refresh_from_db()
            assert written.at < timezone.now()

    def test_takes_one_statement(self) -> None:
        for number in range(2):
            # The first one finds the content type.
            written = entry(verb=str(number))
            assert queries_of(written.save) == 1

    def test_fails_as_any(self) -> None:
        taken = AttachmentSet.objects.create()
        with pytest.raises(IntegrityError), transaction.atomic():
            AttachmentSet(pk=taken.pk).save(force_insert=True)
        assert AttachmentSet.objects.get() == taken


class TestUpdate:
    def test_changes_what_is_named_and_no_other_row(self) -> None:
        parts = PartFactory.create_batch(2, description="before", pin_count=8)
        for description in ("first", "second"):
            parts[0].description, parts[0].pin_count = description, None
            parts[0].save(update_fields=["description"])
            assert [(part.description, part.pin_count) for part in type(parts[0]).objects.order_by("pk")] == [
                (description, 8),
                ("before", 8),
            ]

    def test_of_the_whole_row_changes_everything(self) -> None:
        part = PartFactory.create(description="before", pin_count=8)
        for pin_count in (None, 14):
            part.pin_count = pin_count
            part.save()
            part.refresh_from_db()
            assert (part.description, part.pin_count) == ("before", pin_count)

    def test_takes_expressions(self) -> None:
        part = PartFactory.create(pin_count=8)
        for expected in (9, 10):
            part.pin_count = F("pin_count") + 1
            part.save(update_fields=["pin_count"])
            part.refresh_from_db()
            assert part.pin_count == expected

    def test_of_a_row_that_is_gone_is_an_error(self) -> None:
        attachment_set = AttachmentSet.objects.create()
        AttachmentSet.objects.all().delete()
        with pytest.raises(DatabaseError, match="did not affect any rows"):
            attachment_set.save(update_fields=["updated_at"])

    def test_goes_on_after_the_connection_was_lost(self, transactional_db: None) -> None:
        attachment_set = AttachmentSet.objects.create()
        before = attachment_set.updated_at
        attachment_set.save(update_fields=["updated_at"])
        connection.close()
        attachment_set.save(update_fields=["updated_at"])
        assert AttachmentSet.objects.get().updated_at > before


class TestInsertOrNothing:
    def test_leaves_the_row_that_is_there(self) -> None:
        insert = PreparedInsert(Blob)
        for size in (5, 6):
            insert(Blob(digest="a" * 64, size=size))
        assert Blob.objects.get().size == 5

    def test_takes_expressions(self) -> None:
        insert = PreparedInsert(Blob)
        for number, condemned_at in enumerate([None, Now(), None]):
            insert(Blob(digest=f"{number:064x}", size=5, condemned_at=condemned_at))
        assert [blob.condemned_at is None for blob in Blob.objects.order_by("digest")] == [True, False, True]


class TestInsertOrUpdate:
    write = PreparedInsert(SearchEntry, unique_fields=("kind", "object_id", "source"), update_fields=("tokens",))

    def test_gives_the_row_that_is_there_new_values(self) -> None:
        for object_id, tokens in ((1, "a"), (2, "b"), (1, "c")):
            self.write(SearchEntry(kind="part", object_id=object_id, source="", tokens=tokens))
        assert dict(SearchEntry.objects.values_list("object_id", "tokens")) == {1: "c", 2: "b"}

    def test_ends_the_transaction_where_it_fails(self, transactional_db: None) -> None:
        with transaction.atomic():
            with pytest.raises(IntegrityError):
                self.write(SearchEntry(kind="part", object_id=1, source="", tokens=None))  # type: ignore[misc]
            with pytest.raises(TransactionManagementError):
                SearchEntry.objects.exists()


class TestUpdateOfRows:
    def test_changes_these_rows_and_counts_them(self) -> None:
        parts = PartFactory.create_batch(2, description="before", pin_count=8)
        clear = PreparedUpdate(
            lambda pk, text: Part.objects.filter(pk=pk, description=text), pin_count=None, description="after"
        )
        assert [clear(parts[0].pk, text) for text in ("before", "before")] == [1, 0]
        assert dict(Part.objects.values_list("pk", "pin_count")) == {parts[0].pk: None, parts[1].pk: 8}
        assert Part.objects.get(pk=parts[0].pk).description == "after"


class TestDelete:
    def test_deletes_these_rows_and_counts_them(self) -> None:
        delete = PreparedDelete(lambda kind, pk: SearchEntry.objects.filter(kind=kind, object_id=pk))
        for object_id, source in ((1, ""), (1, "x"), (2, "")):
            SearchEntry.objects.create(kind="part", object_id=object_id, source=source, tokens="a")
        assert [delete("part", 3), delete("kit", 1), delete("part", 1)] == [0, 0, 2]
        assert SearchEntry.objects.get().object_id == 2
