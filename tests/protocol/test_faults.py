"""Every service on a store that fails: before the effect, after it, with an answer that is lost, or much later."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments import services
from attachments.models import Attachment
from cas.audit.findings import Kind
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.protocol import adopt
from cas.storage import cas_storage
from cas.storage.staging import stage_chunks
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.faults import OPERATIONS, Faults
from tests.plugins.files import picture, sha256
from tests.protocol import harness

pytestmark = pytest.mark.django_db(transaction=True)

Call = Callable[[], Any]


def attaching(data: bytes) -> Call:
    set_id = harness.new_set()
    return lambda: harness.upload(data, set_id)


def attaching_again(data: bytes) -> Call:
    harness.upload(data)
    return attaching(data)


def attaching_what_is_condemned(data: bytes) -> Call:
    harness.marked_blob(data)
    return attaching(data)


def importing(data: bytes) -> Call:
    return lambda: harness.bring(data)


def copying(data: bytes) -> Call:
    source, set_id = harness.upload(data), harness.new_set()
    return lambda: harness.copy(source, set_id)


def detaching(data: bytes) -> Call:
    source = harness.upload(data)
    return lambda: harness.delete(source) if Attachment.objects.filter(pk=source.pk).exists() else None


def deleting_the_owner(data: bytes) -> Call:
    part = PartFactory.create()
    harness.upload(data, part.attachment_set_id)
    return lambda: Part.objects.filter(pk=part.pk).delete()


def choosing_a_cover(data: bytes) -> Call:
    set_id = harness.new_set()
    harness.upload(data, set_id)
    images = [harness.upload(picture(colour, size=(8, 8), form="PNG"), set_id, "x.png") for colour in ("red", "blue")]
    return lambda: services.choose_cover(set_id=set_id, attachment_id=images[1].pk)


def collecting(data: bytes) -> Call:
    harness.marked_blob(data)
    return harness.sweep


def adopting(data: bytes) -> Call:
    staged = stage_chunks(cas_storage().staging_dir, [data])
    cas_storage().publish(staged)
    staged.close()
    return lambda: adopt.adopt(staged.digest)


def checking(data: bytes) -> Call:
    harness.upload(data)
    digest = sha256(data)

    def check() -> None:
        # A store that fails is no damage.
        kinds = {finding.kind for finding in harness.check_deep() if finding.subject == digest}
        assert kinds <= {Kind.UNREADABLE}

    return check


SERVICES = [
    *(attaching, attaching_again, attaching_what_is_condemned, importing, copying),
    *(detaching, deleting_the_owner, choosing_a_cover, collecting, adopting, checking),
]
WHAT_IS_SAID = (StorageUnavailableError, ContentBusyError)


def assert_said(result: Any) -> None:
    """The call worked, or said that the store did not."""
    assert not isinstance(result, Exception) or isinstance(result, WHAT_IS_SAID), result


@pytest.mark.parametrize("prepare", SERVICES)
class TestStoreThatFails:
    """The call does its work or says that the store does not answer; later it succeeds, and nothing is ever lost."""

    @pytest.mark.parametrize("after_effect", [False, True], ids=["before the effect", "after it"])
    def test_once(self, prepare: Callable[[bytes], Call], faults: Faults, *, after_effect: bool) -> None:
        for number, operation in enumerate(OPERATIONS):
            call = prepare(harness.document(number))
            removed = faults.count("remove")
            faults.fail(operation, after_effect=after_effect)
            assert_said(harness.result_of(call))
            assert prepare is collecting or faults.count("remove") == removed, "only the collector deletes objects"
            faults.forget()
            harness.assert_invariants()
            assert_said(harness.result_of(call))
        harness.quiesce()

    def test_until_much_later(self, prepare: Callable[[bytes], Call], faults: Faults) -> None:
        for number, operation in enumerate(("publish", "remove")):
            call = prepare(harness.document(number))
            late = faults.late(operation)
            for _ in range(2):
                assert_said(harness.result_of(call))
                faults.forget()
                harness.assert_invariants()
            if late.was_sent:
                late.land()
            harness.assert_invariants()
        harness.quiesce()


class TestStoreThatLies:
    """Bytes that changed on their way, and nobody was told."""

    @pytest.mark.parametrize(
        "change",
        [lambda data: data[:-1], lambda data: data[:-1] + b"!", lambda data: b""],
        ids=["cut", "flipped", "empty"],
    )
    def test_is_found_out_and_healed_by_the_next_upload(self, faults: Faults, change: Callable[[bytes], bytes]) -> None:
        digest = sha256(harness.document())
        faults.garble("publish", change)
        first = harness.upload(harness.document())
        if len(change(harness.document())) != len(harness.document()):
            # The transaction has looked, and sent it again.
            assert harness.check_deep() == []
            return
        assert {finding.subject for finding in harness.check_deep()} == {digest}
        assert harness.sweep() == []
        second = harness.upload(harness.document())
        assert harness.check_deep() == []
        assert first.blob_id == second.blob_id == digest
        harness.quiesce()
        assert harness.contents() == {digest: harness.document()}

    def test_once_while_it_is_read_is_not_taken_for_damage(self, faults: Faults) -> None:
        harness.upload(harness.document())
        faults.garble("open_range", lambda data: data[::-1])
        assert harness.check_deep() == []
        harness.quiesce()
