"""Everything that people, the collector and bad luck can do, in any order, against a plain dictionary.

The model is what every attachment's bytes have to be. Nothing else may be remembered about contents but which objects
the test itself has destroyed: those, and only those, the checker reports, and an upload of the content heals them.
"""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from attachments import services
from attachments.models import Attachment, AttachmentOwner, AttachmentSet, RemovedAttachment
from cas.audit.compare import Comparison
from cas.audit.findings import Kind
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol.collect import GRACE, expired_tombstones
from cas.storage import cas_storage
from kits.models import Kit
from parts.models import Part
from tests.factories import KitFactory, PartFactory
from tests.plugins.faults import Faults, Late, overwrite
from tests.plugins.files import picture, sha256
from tests.protocol import harness

# By file name.
CONTENTS = {
    **{f"{colour}.png": picture(colour, size=(8, 8), form="PNG") for colour in ("red", "green")},
    **{f"{number}.pdf": harness.document(number) for number in range(2)},
}
contents = st.sampled_from(list(CONTENTS))
some = st.integers(0, 1000)


class Inventory(RuleBasedStateMachine):
    """One inventory from its first part to its end."""

    faults: Faults
    # What all inventories together have lived through.
    steps: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.owners: list[AttachmentOwner] = []
        self.bytes: dict[int, bytes] = {}
        # By their own numbers: that of the attachment, and its bytes.
        self.removed: dict[int, tuple[int, bytes]] = {}
        self.destroyed: set[str] = set()
        # Bytes that changed while their number did not: nobody knows until they are hashed.
        self.unnoticed: set[str] = set()
        self.late: list[Late] = []

    @initialize()
    def begin(self) -> None:
        harness.wipe()
        self.owners = [PartFactory.create(), KitFactory.create()]

    # --- People -----------------------------------------------------------------------------------

    @rule(name=contents, owner=some)
    def upload(self, name: str, owner: int) -> None:
        data = CONTENTS[name]
        was_busy, may_fail = self._is_busy(sha256(data)), self.faults.pending
        try:
            row = harness.upload(data, self._owner(owner).attachment_set_id, name)
        except ContentBusyError:
            assert was_busy
        except StorageUnavailableError:
            assert may_fail
        else:
            assert not was_busy
            self.bytes[row.pk] = data
            assert sha256(data) not in self._still_destroyed() - self.unnoticed

    @precondition(lambda self: self.bytes)
    @rule(source=some, owner=some, cover=st.booleans())
    def copy(self, source: int, owner: int, *, cover: bool) -> None:
        row = self._attachment(source)
        made = services.copy(
            attachment_id=row.pk,
            target_set_id=self._owner(owner).attachment_set_id,
            set_as_cover=cover and row.has_image,
        )
        self.bytes[made.pk] = self.bytes[row.pk]

    @precondition(lambda self: self.bytes)
    @rule(which=some)
    def delete(self, which: int) -> None:
        row = self._attachment(which)
        removed = harness.remove(row)
        self.removed[removed.pk] = row.pk, self.bytes.pop(row.pk)

    @precondition(lambda self: self.bytes)
    @rule(which=some, name=contents)
    def replace(self, which: int, name: str) -> None:
        row, data = self._attachment(which), CONTENTS[name]
        was_busy, may_fail = self._is_busy(sha256(data)), self.faults.pending
        try:
            removed = harness.replace(row, data, name)
        except ContentBusyError:
            assert was_busy
        except StorageUnavailableError:
            assert may_fail
        else:
            if removed is not None:
                self.removed[removed.pk] = row.pk, self.bytes[row.pk]
            self.bytes[row.pk] = data

    @precondition(lambda self: self.removed)
    @rule(which=some)
    def restore(self, which: int) -> None:
        pk = sorted(self.removed)[which % len(self.removed)]
        row_pk, data = self.removed.pop(pk)
        assert harness.restore(RemovedAttachment.objects.get(pk=pk)).pk == row_pk
        if row_pk in self.bytes:
            self.removed[RemovedAttachment.objects.latest("pk").pk] = row_pk, self.bytes[row_pk]
        self.bytes[row_pk] = data

    @rule()
    def let_removed_expire(self) -> None:
        assert harness.let_removed_expire() == len(self.removed)
        self.removed.clear()

    @precondition(lambda self: self.bytes)
    @rule(which=some, clear=st.booleans())
    def choose_cover(self, which: int, *, clear: bool) -> None:
        row = self._attachment(which)
        wanted = row.pk if row.has_image and not clear else None
        assert services.choose_cover(set_id=row.attachment_set_id, attachment_id=wanted).cover_attachment_id == wanted

    @rule(kit=st.booleans())
    def buy(self, *, kit: bool) -> None:
        self.owners.append((KitFactory if kit else PartFactory).create())

    @precondition(lambda self: len(self.owners) > 1)
    @rule(which=some)
    def delete_owner(self, which: int) -> None:
        owner = self.owners.pop(which % len(self.owners))
        for pk in Attachment.objects.filter(attachment_set=owner.attachment_set_id).values_list("pk", flat=True):
            del self.bytes[pk]
        for pk in RemovedAttachment.objects.filter(attachment_set=owner.attachment_set_id).values_list("pk", flat=True):
            del self.removed[pk]
        owner.delete()

    @rule(name=contents)
    def import_content(self, name: str) -> None:
        data = CONTENTS[name]
        was_busy, may_fail = self._is_busy(sha256(data)), self.faults.pending
        try:
            harness.bring(data)
        except ContentBusyError:
            assert was_busy
        except StorageUnavailableError:
            assert may_fail
        else:
            assert sha256(data) not in self._still_destroyed() - self.unnoticed

    # --- The collector and the checker --------------------------------------------------------------

    @rule()
    def collect(self) -> None:
        harness.sweep()

    @rule()
    def mark(self) -> None:
        harness.mark()

    @rule()
    def collect_within_grace(self) -> None:
        before = set(Blob.objects.values_list("pk", flat=True))
        harness.sweep(GRACE)
        assert set(Blob.objects.values_list("pk", flat=True)) == before

    @rule()
    def collect_after_grace(self) -> None:
        harness.mark()
        harness.let_grace_pass()
        harness.sweep(GRACE)

    @rule()
    def adopt(self) -> None:
        may_fail = self.faults.pending
        try:
            harness.adopt_all()
        except StorageUnavailableError:
            assert may_fail

    @rule()
    def check(self) -> None:
        self.faults.forget()
        found = {finding.subject for finding in Comparison().findings() if finding.kind in DAMAGE}
        sizes = {stored.name: stored.size for stored in cas_storage().objects()}
        rows = dict(Blob.objects.values_list("pk", "size"))
        assert found == {digest for digest, size in rows.items() if sizes.get(digest) != size}

    @rule()
    def check_deep(self) -> None:
        self.faults.forget()
        harness.check_deep()
        self.unnoticed.clear()
        corrupt = set(Blob.objects.exclude(corrupt_at=None).values_list("pk", flat=True))
        assert corrupt <= self._still_destroyed()

    # --- Bad luck -----------------------------------------------------------------------------------

    @rule(operation=st.sampled_from(["stat", "publish", "remove"]), after_effect=st.booleans())
    def fail(self, operation: str, *, after_effect: bool) -> None:
        self.steps["faults"] += 1
        self.faults.fail(operation, after_effect=after_effect)

    @rule(operation=st.sampled_from(["publish", "remove"]))
    def be_late(self, operation: str) -> None:
        self.steps["late requests"] += 1
        self.late.append(self.faults.late(operation))

    @precondition(lambda self: self.late)
    @rule()
    def land(self) -> None:
        late = self.late.pop(0)
        self.faults.forget()
        if late.was_sent:
            late.land()

    @rule()
    def let_delta_pass(self) -> None:
        # By then no request is alive (A3).
        while self.late:
            self.land()
        harness.let_delta_pass()

    @precondition(lambda self: self.bytes)
    @rule(which=some, how=st.sampled_from(["gone", "torn", "other bytes"]))
    def destroy(self, which: int, how: str) -> None:
        data = self.bytes[self._attachment(which).pk]
        if how == "gone":
            self.faults.behind("remove")(sha256(data))
        else:
            overwrite(cas_storage(), sha256(data), data[:-1] if how == "torn" else data[::-1])
        self.unnoticed.discard(sha256(data))
        if how == "other bytes":
            self.unnoticed.add(sha256(data))
        self.steps["objects destroyed"] += 1
        self.destroyed.add(sha256(data))

    # --- What holds -----------------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost(self) -> None:
        self.steps["steps"] += 1
        self.destroyed = self._still_destroyed()
        self.unnoticed &= self.destroyed
        harness.assert_invariants(but=self.destroyed)
        rows = dict(Attachment.objects.values_list("pk", "blob_id"))
        assert rows == {pk: sha256(data) for pk, data in self.bytes.items()}
        kept = dict(RemovedAttachment.objects.values_list("pk", "blob_id"))
        assert kept == {pk: sha256(data) for pk, (_, data) in self.removed.items()}

    @invariant()
    def covers_are_images_of_their_set(self) -> None:
        for attachment_set in AttachmentSet.objects.exclude(cover_attachment=None).select_related("cover_attachment"):
            cover: Any = attachment_set.cover_attachment
            assert cover.attachment_set_id == attachment_set.pk
            assert cover.attachment_type == "image"

    def teardown(self) -> None:
        self.faults.forget()
        self.let_delta_pass()
        self.check_deep()
        for name, data in CONTENTS.items():
            if sha256(data) in self.destroyed:
                self.bytes[harness.upload(data, self._owner(0).attachment_set_id, name).pk] = data
        self.destroyed.clear()
        harness.quiesce()
        self.nothing_is_lost()
        Part.objects.all().delete()
        Kit.objects.all().delete()
        harness.quiesce()
        assert harness.contents() == {}

    def _owner(self, which: int) -> AttachmentOwner:
        return self.owners[which % len(self.owners)]

    def _attachment(self, which: int) -> Attachment:
        return Attachment.objects.get(pk=sorted(self.bytes)[which % len(self.bytes)])

    def _is_busy(self, digest: str) -> bool:
        return Purge.objects.filter(pk=digest).exclude(pk__in=expired_tombstones().values("pk")).exists()

    def _still_destroyed(self) -> set[str]:
        rows = set(Blob.objects.values_list("pk", flat=True))
        stored = harness.contents()
        whole = {digest for digest in self.destroyed if digest in stored and sha256(stored[digest]) == digest}
        gone = self.destroyed - rows - stored.keys()
        return self.destroyed - whole - gone


DAMAGE = {Kind.MISSING, Kind.WRONG_SIZE}
