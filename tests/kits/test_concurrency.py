"""Several people at once on one kit."""

from functools import partial

import pytest

from attachments.models import AttachmentSet
from kits import services
from kits.errors import DuplicateContentError, DuplicateKitError, KitArchivedError, KitStatusError, StaleContentError
from kits.models import Kit, KitContent
from parts.models import Part
from tests.conftest import ApiClient
from tests.factories import KitContentFactory, KitFactory, PartFactory
from tests.plugins.database import at_once, errors

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def test_equal_new_kits_are_one_kit_and_a_sentence_for_the_others() -> None:
    results = at_once(*[partial(services.create_kit, name="Radio")] * 4)
    assert [type(error) for error in errors(results)] == [DuplicateKitError] * 3
    assert AttachmentSet.objects.get().owner == Kit.objects.get()


def test_a_part_is_added_once() -> None:
    kit, part = KitFactory.create(), PartFactory.create()
    results = at_once(*[partial(services.add_content, kit.pk, part=part)] * 4)
    assert [type(error) for error in errors(results)] == [DuplicateContentError] * 3
    assert KitContent.objects.count() == 1


def test_of_changes_of_one_version_one_counts() -> None:
    content = KitContentFactory.create()
    results = at_once(
        *(
            partial(services.change_content, content.kit.pk, content.pk, version=1, required_per_unit=number)
            for number in (2, 3, 4)
        )
    )
    assert [type(error) for error in errors(results)] == [StaleContentError] * 2
    [changed] = [result for result in results if isinstance(result, KitContent)]
    content.refresh_from_db()
    assert (content.version, content.required_per_unit) == (2, changed.required_per_unit)


def test_nothing_slips_into_a_kit_while_it_is_archived() -> None:
    for _ in range(ROUNDS):
        kit = KitFactory.create()
        archived, *added = at_once(
            partial(services.archive, kit.pk),
            *(partial(services.add_content, kit.pk, part=part) for part in PartFactory.create_batch(3)),
        )
        assert isinstance(archived, Kit)
        assert {type(result) for result in added} <= {KitContent, KitArchivedError}
        assert KitContent.objects.filter(kit=kit).count() == len(added) - len(errors(added))


def test_archiving_at_once_happens_once() -> None:
    kit = KitFactory.create()
    results = at_once(*[partial(services.archive, kit.pk)] * 3)
    assert [type(error) for error in errors(results)] == [KitStatusError] * 2


def test_a_part_that_goes_while_a_kit_gets_it_is_a_conflict_at_most(api: ApiClient) -> None:
    for _ in range(ROUNDS):
        kit, part = KitFactory.create(), PartFactory.create()
        added, deleted = at_once(
            partial(api.twin().post, f"/kits/{kit.pk}/contents", {"part_id": part.pk}),
            partial(api.twin().delete, f"/parts/{part.key}"),
        )
        assert added.status_code in {201, 400, 409}
        assert deleted.status_code in {204, 409}
        assert (added.status_code == 201) != (deleted.status_code == 204)
        assert KitContent.objects.filter(kit=kit).exists() == (added.status_code == 201)
        assert Part.objects.filter(pk=part.pk).exists() == (deleted.status_code == 409)
        assert AttachmentSet.objects.count() == Part.objects.count() + Kit.objects.count()
