"""Several people at once on parts, types and tags."""

from functools import partial

import pytest

from attachments.models import AttachmentSet
from parts import keys
from parts.errors import DuplicateTypeError, NoFreeKeyError
from parts.models import Part, PartType, Tag
from parts.services import create_part, create_type, delete_type, rename_type, update_part
from tests.conftest import ApiClient
from tests.factories import PartFactory, PartTypeFactory
from tests.plugins.database import at_once, errors

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def test_last_keys_go_to_one_part_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ALPHABET", "AB")
    PartFactory.create_batch(12)

    results = at_once(*(partial(create_part, description=f"Resistor {number}") for number in range(6)))

    # Four keys were left.
    assert [type(error) for error in errors(results)] == [NoFreeKeyError] * 2
    assert Part.objects.count() == AttachmentSet.objects.count() == 16


def test_equal_new_tags_are_one_tag() -> None:
    results = at_once(*[partial(create_part, description="x", tags=["small", "fast", "cheap"])] * 6)
    assert not errors(results)
    assert Tag.objects.count() == 3
    assert Part.tags.through.objects.count() == 18


def test_tags_of_one_part_are_those_of_one_of_its_editors() -> None:
    part = PartFactory.create()
    choices = [["a", "b"], ["b", "c"], ["c", "a"]]
    results = at_once(*(partial(update_part, Part.objects.get(pk=part.pk), tags=tags) for tags in choices))
    assert not errors(results)
    assert sorted(part.tags.values_list("name", flat=True)) in [sorted(tags) for tags in choices]


def test_equal_new_types_are_one_type_and_a_sentence_for_the_others() -> None:
    results = at_once(*[partial(create_type, name="Diode")] * 4)
    assert [type(error) for error in errors(results)] == [DuplicateTypeError] * 3
    assert PartType.objects.count() == 1


def test_a_type_that_goes_while_it_is_renamed_is_gone() -> None:
    for _ in range(ROUNDS):
        part_type = PartTypeFactory.create()
        renamed, deleted = at_once(
            partial(rename_type, PartType.objects.get(pk=part_type.pk), name="New"), partial(delete_type, part_type)
        )
        assert deleted is None
        assert isinstance(renamed, PartType) or renamed.code == "not_found"
        assert not PartType.objects.exists()


def test_a_type_that_goes_while_a_part_gets_it_is_a_conflict_at_most(api: ApiClient) -> None:
    for _ in range(ROUNDS):
        part_type = PartTypeFactory.create()
        created, deleted = at_once(
            partial(api.twin().post, "/parts", {"description": "x", "type_id": part_type.pk}),
            partial(api.twin().delete, f"/types/{part_type.pk}"),
        )
        assert created.status_code in {201, 400, 409}
        assert deleted.status_code in {204, 409}
        assert (created.status_code == 201) != (deleted.status_code == 204)
        assert Part.objects.filter(type=part_type).exists() == (created.status_code == 201)
        assert AttachmentSet.objects.count() == Part.objects.count()
