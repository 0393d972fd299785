"""Changing kits, as the API and the shell do it."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from attachments.models import AttachmentSet
from core.errors import NotFoundError
from kits import services
from kits.errors import DuplicateContentError, DuplicateKitError, KitArchivedError, KitStatusError, StaleContentError
from kits.models import Kit, KitContent
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db

TOO_LARGE = 10**20


class TestCreateKit:
    def test_has_a_set(self) -> None:
        kit = services.create_kit(name="Radio", build_target=3)
        assert AttachmentSet.objects.get().owner == kit

    def test_refused_leaves_nothing(self) -> None:
        other = KitFactory.create(name="Radio")
        with pytest.raises(DuplicateKitError, match="A kit named Radio already exists"):
            services.create_kit(name="Radio")
        with pytest.raises(ValidationError):
            services.create_kit(name="")
        assert Kit.objects.get() == other
        assert AttachmentSet.objects.get().owner == other


class TestUpdateKit:
    def test_changes_what_is_given(self) -> None:
        kit = KitFactory.create(description="Before", build_target=3)
        services.update_kit(kit.pk, description="After")
        changed = Kit.objects.get()
        assert (changed.description, changed.build_target, changed.name) == ("After", 3, kit.name)
        assert changed.attachment_set_id == kit.attachment_set_id
        assert changed.updated_at > kit.updated_at

    def test_may_keep_its_name(self) -> None:
        kit = KitFactory.create(name="Radio")
        services.update_kit(kit.pk, name="Radio")
        assert Kit.objects.get().name == "Radio"

    def test_refused_changes_nothing(self) -> None:
        KitFactory.create(name="Clock")
        kit = KitFactory.create(name="Radio")
        with pytest.raises(DuplicateKitError):
            services.update_kit(kit.pk, name="Clock", description="After")
        with pytest.raises(ValidationError):
            services.update_kit(kit.pk, build_target=-1, description="After")
        kit.refresh_from_db()
        assert (kit.name, kit.description) == ("Radio", None)


class TestDeleteKit:
    @pytest.mark.parametrize("archived", [True, False])
    def test_takes_contents_and_attachments_along(self, archived: bool) -> None:
        content = KitContentFactory.create(kit__archived=archived)
        AttachmentFactory.create(image=True, owner=content.kit)
        services.delete_kit(content.kit.pk)
        assert not Kit.objects.exists()
        assert not KitContent.objects.exists()
        assert AttachmentSet.objects.get().owner == content.part


class TestStatus:
    def test_has_the_date_of_archiving(self) -> None:
        before = timezone.now()
        kit = services.archive(KitFactory.create().pk)
        assert kit.is_archived
        assert kit.archived_at is not None
        # The database's clock may differ a little from ours.
        assert abs((kit.archived_at - before).total_seconds()) < 60
        assert kit.updated_at == kit.archived_at

    def test_goes_back(self) -> None:
        kit = services.unarchive(KitFactory.create(archived=True).pk)
        assert (kit.status, kit.archived_at) == (Kit.Status.ACTIVE, None)
        services.update_kit(kit.pk, description="Open again")

    def test_does_not_change_twice(self) -> None:
        kit = KitFactory.create(name="Radio")
        with pytest.raises(KitStatusError, match="The kit Radio is active already"):
            services.unarchive(kit.pk)
        archived_at = services.archive(kit.pk).archived_at
        with pytest.raises(KitStatusError, match="The kit Radio is archived already"):
            services.archive(kit.pk)
        assert Kit.objects.get().archived_at == archived_at


class TestAddContent:
    def test_begins_with_one_in_version_one(self) -> None:
        content = services.add_content(KitFactory.create().pk, part=PartFactory.create())
        content.refresh_from_db()
        assert (content.required_per_unit, content.version, content.note) == (1, 1, None)

    def test_refuses_a_part_twice(self) -> None:
        content = KitContentFactory.create(part__key="ABCD")
        with pytest.raises(DuplicateContentError, match="Part ABCD already exists in this kit"):
            services.add_content(content.kit.pk, part=content.part, required_per_unit=3)
        assert KitContent.objects.get().required_per_unit == 1

    def test_refuses_none(self) -> None:
        with pytest.raises(ValidationError):
            services.add_content(KitFactory.create().pk, part=PartFactory.create(), required_per_unit=0)
        assert not KitContent.objects.exists()

    def test_refuses_a_part_that_was_deleted_meanwhile(self) -> None:
        kit, part = KitFactory.create(), PartFactory.create()
        type(part).objects.all().delete()
        with pytest.raises(ValidationError):
            services.add_content(kit.pk, part=part)
        assert not KitContent.objects.exists()


class TestChangeContent:
    def test_counts_versions(self) -> None:
        content = KitContentFactory.create()
        services.change_content(content.kit.pk, content.pk, version=1, required_per_unit=5)
        services.change_content(content.kit.pk, content.pk, version=2, note="The red one")
        content.refresh_from_db()
        assert (content.required_per_unit, content.note, content.version) == (5, "The red one", 3)

    def test_refuses_what_was_meant_for_another_version(self) -> None:
        content = KitContentFactory.create()
        services.change_content(content.kit.pk, content.pk, version=1, required_per_unit=5)
        with pytest.raises(StaleContentError, match=r"A newer version of this row already exists \(2, not 1\)"):
            services.change_content(content.kit.pk, content.pk, version=1, required_per_unit=7)
        assert KitContent.objects.get().required_per_unit == 5

    def test_refused_keeps_the_version(self) -> None:
        content = KitContentFactory.create()
        with pytest.raises(ValidationError):
            services.change_content(content.kit.pk, content.pk, version=1, required_per_unit=0)
        content.refresh_from_db()
        assert (content.required_per_unit, content.version) == (1, 1)


class TestRemoveContent:
    def test_leaves_the_part(self) -> None:
        content = KitContentFactory.create()
        services.remove_content(content.kit.pk, content.pk)
        assert not KitContent.objects.exists()
        content.part.refresh_from_db()


CHANGES: dict[str, Callable[[int, int], object]] = {
    "update": lambda kit, content: services.update_kit(kit, description="Changed"),
    "add": lambda kit, content: services.add_content(kit, part=PartFactory.create()),
    "change": lambda kit, content: services.change_content(kit, content, version=1, note="Changed"),
    "remove": services.remove_content,
}
OTHERS: dict[str, Callable[[int, int], object]] = {
    "archive": lambda kit, content: services.archive(kit),
    "unarchive": lambda kit, content: services.unarchive(kit),
    "delete": lambda kit, content: services.delete_kit(kit),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_archived_kit_refuses_changes(change: Callable[[int, int], object]) -> None:
    content = KitContentFactory.create(kit=KitFactory.create(name="Radio", archived=True))
    before = list(Kit.objects.values()), list(KitContent.objects.values())
    with pytest.raises(KitArchivedError, match="The kit Radio is archived"):
        change(content.kit.pk, content.pk)
    assert (list(Kit.objects.values()), list(KitContent.objects.values())) == before


@pytest.mark.parametrize("unknown", [4711, TOO_LARGE])
@pytest.mark.parametrize("change", {**CHANGES, **OTHERS}.values(), ids={**CHANGES, **OTHERS}.keys())
def test_an_unknown_kit_is_not_found(change: Callable[[int, int], object], unknown: int) -> None:
    with pytest.raises(NotFoundError, match="no such kit"):
        change(unknown, KitContentFactory.create().pk)


@pytest.mark.parametrize("name", ["change", "remove"])
def test_a_row_of_another_kit_is_not_found(name: str) -> None:
    other = KitContentFactory.create()
    with pytest.raises(NotFoundError, match="no such row in this kit"):
        CHANGES[name](KitFactory.create().pk, other.pk)
    with pytest.raises(NotFoundError, match="no such row in this kit"):
        CHANGES[name](other.kit.pk, TOO_LARGE)
    other.refresh_from_db()
