"""Orders of whole transactions, kills and late answers: the stories that hold on every database."""

import time
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import PROTECT, RESTRICT, ForeignKey

from attachments import services
from attachments.models import Attachment, AttachmentSet
from cas import references
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import DIGEST_LENGTH, Blob, Purge
from cas.protocol import adopt, collect
from cas.protocol.collect import DELETE_DEADLINE_SECONDS, GRACE, Outcome, Tombstone
from tests.factories import PartFactory
from tests.kills import killed
from tests.plugins.blobs import purge, retry
from tests.plugins.faults import Faults
from tests.plugins.files import picture, sha256
from tests.protocol.harness import (
    NO_GRACE,
    adopt_all,
    assert_invariants,
    bring,
    contents,
    copy,
    delete,
    document,
    let_delta_pass,
    let_grace_pass,
    mark,
    marked_blob,
    new_set,
    quiesce,
    result_of,
    sweep,
    upload,
)
from tests.protocol.places import before

pytestmark = pytest.mark.django_db(transaction=True)

DATA = document()
DIGEST = sha256(DATA)


class TestCommitOfAnUpload:
    """Fault test 3."""

    def test_that_fails_leaves_nothing_and_deletes_nothing(
        self, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_id = new_set()

        def fail() -> None:
            raise OperationalError("the connection broke")

        with monkeypatch.context() as patch:
            before("database _commit").visit(patch, fail)
            with pytest.raises(OperationalError):
                upload(DATA, set_id)
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert faults.count("remove") == 0
        assert_invariants()
        upload(DATA, set_id)
        assert faults.count("publish") == 1
        quiesce()


class TestLateAnswers:
    """Fault tests 2 and 20."""

    def test_a_put_that_lands_after_everything_is_adopted(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            upload(DATA)
        attachment = upload(DATA)
        delete(attachment)
        assert sweep() == [Outcome.PURGED]
        late.land()
        assert_invariants()
        assert adopt_all() == [True]
        quiesce()
        assert contents() == {}

    def test_a_put_that_lands_while_the_content_is_in_use_changes_nothing(self, faults: Faults) -> None:
        late = faults.late("publish")
        with pytest.raises(StorageUnavailableError):
            upload(DATA)
        upload(DATA)
        late.land()
        quiesce()
        assert contents() == {DIGEST: DATA}

    def test_a_delete_that_lands_within_delta_finds_nobody(self, faults: Faults) -> None:
        marked_blob(DATA)
        late = faults.late("remove")
        assert purge(DIGEST, NO_GRACE) is Outcome.POSTPONED
        for _ in range(2):
            assert isinstance(result_of(lambda: upload(DATA)), ContentBusyError)
            assert isinstance(result_of(lambda: bring(DATA)), ContentBusyError)
            assert adopt.adopt(DIGEST) is False
            assert sweep() == []
            assert_invariants()
        late.land()
        assert Purge.objects.exists(), "nobody told the sweeper"
        let_delta_pass()
        upload(DATA)
        quiesce()
        assert contents() == {DIGEST: DATA}


class TestSweeperThatSleeps:
    """Fault tests 22 and 27."""

    @pytest.fixture
    def sleeper(self, monkeypatch: pytest.MonkeyPatch) -> Tombstone:
        marked_blob(DATA)
        tombstone = collect.lay_tombstone(DIGEST, NO_GRACE)
        assert isinstance(tombstone, Tombstone)
        let_delta_pass()
        wakes = time.time() + DELETE_DEADLINE_SECONDS + 1
        monkeypatch.setattr("cas.protocol.collect.time.time", lambda: wakes)
        return tombstone

    def test_wakes_after_an_upload_and_sends_nothing(self, sleeper: Tombstone, faults: Faults) -> None:
        upload(DATA)
        assert collect.delete_object(sleeper) is False
        collect.remove_tombstones(sleeper)
        assert faults.count("remove") == 0
        assert_invariants()
        assert contents() == {DIGEST: DATA}

    def test_wakes_after_another_sweeper_and_lifts_nothing(self, sleeper: Tombstone) -> None:
        other = collect.renew_tombstone(DIGEST)
        assert other is not None
        collect.remove_tombstones(sleeper)
        assert isinstance(result_of(lambda: upload(DATA)), ContentBusyError)
        assert collect.delete_object(other)
        collect.remove_tombstones(other)
        upload(DATA)
        quiesce()

    def test_and_another_have_one_live_token(self, sleeper: Tombstone) -> None:
        assert collect.renew_tombstone(DIGEST) is not None
        assert collect.renew_tombstone(DIGEST) is None
        assert retry(DIGEST) is Outcome.SKIPPED


class TestGrace:
    """Fault test 26: it counts from the last time that somebody let go, by the database's clock."""

    def test_of_what_was_used_again_begins_anew(self) -> None:
        marked_blob(DATA)
        let_grace_pass()
        again = upload(DATA)
        delete(again)
        assert sweep(GRACE) == []
        assert Blob.objects.get().condemned_at is not None
        let_grace_pass()
        assert sweep(GRACE) == [Outcome.PURGED]

    def test_does_not_begin_anew_with_every_mark(self) -> None:
        marked_blob(DATA)
        since = Blob.objects.get().condemned_at
        mark()
        assert Blob.objects.get().condemned_at == since

    def test_does_not_ask_the_clock_of_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        marked_blob(DATA)
        future = time.time() + 10 * GRACE.total_seconds()
        monkeypatch.setattr(time, "time", lambda: future)
        monkeypatch.setattr("django.utils.timezone.now", lambda: pytest.fail("the clock of the machine"))
        assert not collect.purgeable(GRACE).exists()


class TestDelete:
    """Fault tests 12 to 15."""

    def test_that_is_rolled_back_touches_no_object(self, faults: Faults) -> None:
        attachment = upload(DATA)
        asked = len(faults.calls)
        with transaction.atomic():
            delete(attachment)
            transaction.set_rollback(True)
        assert Attachment.objects.get() == attachment
        delete(attachment)
        assert len(faults.calls) == asked
        assert contents() == {DIGEST: DATA}

    def test_of_the_last_two_references_leaves_the_content_to_the_next_sweep(self) -> None:
        first = upload(DATA)
        second = copy(first)
        delete(first)
        assert sweep() == []
        delete(second)
        assert sweep() == [Outcome.PURGED]
        assert contents() == {}

    def test_of_the_cover_that_dies_half_way_did_nothing(self) -> None:
        set_id = new_set()
        first, _ = (upload(picture(colour, size=(8, 8), form="PNG"), set_id, "x.png") for colour in ("red", "blue"))
        with killed("update", "attachments.AttachmentSet", after=0):
            delete(first)
        assert AttachmentSet.objects.get().cover_attachment == first
        assert services.choose_cover(set_id=set_id, attachment_id=first.pk).cover_attachment_id == first.pk

    def test_succeeds_without_a_store_and_the_sweep_comes_later(self, faults: Faults) -> None:
        part = PartFactory.create()
        attachment = upload(DATA, part.attachment_set_id)
        for operation in ("stat", "publish", "remove"):
            faults.fail(operation, times=100)
        delete(attachment)
        part.delete()
        assert sweep() == [Outcome.POSTPONED]
        faults.forget()
        quiesce()
        assert contents() == {}


class TestAdoption:
    """Fault test 31 in whole transactions."""

    def test_of_what_has_come_and_gone_since_it_was_listed(self) -> None:
        bring(DATA)
        Blob.objects.all().delete()
        delete(upload(DATA))
        assert sweep() == [Outcome.PURGED]
        assert adopt.adopt(DIGEST) is False
        assert_invariants()

    def test_of_what_is_being_deleted(self, faults: Faults) -> None:
        marked_blob(DATA)
        faults.fail("remove")
        sweep()
        assert adopt.adopt(DIGEST) is False
        assert_invariants()
        quiesce()

    def test_deletes_nothing_itself(self, faults: Faults) -> None:
        bring(DATA)
        Blob.objects.all().delete()
        assert adopt_all() == [True]
        assert faults.count("remove") == 0
        assert contents() == {DIGEST: DATA}
        assert sweep(GRACE) == []
        quiesce()


class TestReferences:
    """Fault test 25: whoever refers to a blob is known to the collector, or to the database at least."""

    @pytest.fixture
    def stranger(self) -> Iterator[str]:
        """A table that Django does not know."""
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE stranger (digest varchar(64) REFERENCES cas_blob (digest) DEFERRABLE INITIALLY DEFERRED)"
            )
        yield "stranger"
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE stranger")

    def test_from_a_table_that_nobody_knows_stops_the_purge(self, stranger: str, faults: Faults) -> None:
        marked_blob(DATA)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO stranger VALUES (%s)", [DIGEST])
        assert purge(DIGEST, NO_GRACE) is Outcome.UNMARKED
        assert faults.count("remove") == 0
        assert_invariants()
        assert contents() == {DIGEST: DATA}
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM stranger")

    def test_are_foreign_keys_that_the_database_enforces(self) -> None:
        keys = [relation.field for relation in references.relations()]
        assert keys
        for key in keys:
            assert isinstance(key, ForeignKey)
            assert getattr(key, "db_constraint", False)
            assert key.remote_field.on_delete in {PROTECT, RESTRICT}

    def test_have_no_digest_anywhere_else(self) -> None:
        labels = {
            model._meta.label
            for model in apps.get_models()
            if model._meta.app_label in {"cas", "attachments", "parts", "kits"}
            for field in model._meta.fields
            if getattr(field, "max_length", None) == DIGEST_LENGTH and not field.is_relation
        }
        assert labels == {"cas.Blob", "cas.Purge"}

    def test_to_no_blob_is_refused_by_the_database(self) -> None:
        set_id = new_set()
        with pytest.raises(IntegrityError):
            Attachment.objects.create(attachment_set_id=set_id, attachment_type="pdf", title="x", blob_id="0" * 64)
