"""What a kit can count on, and what kits reserve of a part."""

import pytest

from tests.conftest import ApiClient
from tests.factories import KitContentFactory, KitFactory, PartFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def rows(api: ApiClient, kit_id: int) -> dict[str, tuple[int, ...]]:
    names = ("total_required", "in_stock", "reserved", "available", "shortfall")
    contents = api.get(f"/kits/{kit_id}").json()["contents"]
    return {row["part"]["key"]: tuple(row[name] for name in names) for row in contents}


def test_stock_less_what_other_active_kits_reserve(api: ApiClient) -> None:
    part, plenty = PartFactory.create(key="AAAA"), PartFactory.create(key="BBBB")
    lamp = KitFactory.create(name="Lamp", build_target=3)
    radio = KitFactory.create(name="Radio", build_target=4)
    KitContentFactory.create(kit=lamp, part=part, required_per_unit=5)
    KitContentFactory.create(kit=lamp, part=plenty, required_per_unit=1)
    other = KitContentFactory.create(kit=radio, part=part, required_per_unit=2)
    idle = KitContentFactory.create(kit=KitFactory.create(name="Idle", build_target=0), part=part)
    KitContentFactory.create(kit=KitFactory.create(name="Old", build_target=9, archived=True), part=part)
    put(part, "1-1", 10)
    put(part, "1-2", 2)
    put(plenty, "1-3", 100)
    assert rows(api, lamp.pk) == {"AAAA": (15, 12, 8, 4, 11), "BBBB": (3, 100, 0, 100, 0)}
    # More is reserved than there is.
    assert rows(api, radio.pk) == {"AAAA": (8, 12, 15, 0, 8)}
    [content, _] = api.get(f"/kits/{lamp.pk}").json()["contents"]
    assert content["active_reservations"] == [
        {
            "kit_id": kit_content.kit.pk,
            "kit_name": kit_content.kit.name,
            "status": "active",
            "build_target": kit_content.kit.build_target,
            "required_per_unit": kit_content.required_per_unit,
            "reserved_quantity": reserved,
            "updated_at": f"{kit_content.updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        for kit_content, reserved in ((idle, 0), (other, 8))
    ]


def test_of_an_archived_kit_is_reckoned_alike_and_it_reserves_nothing(api: ApiClient) -> None:
    part = PartFactory.create(key="AAAA")
    old = KitFactory.create(build_target=2, archived=True)
    KitContentFactory.create(kit=old, part=part, required_per_unit=3)
    put(part, "1-1", 5)
    assert rows(api, old.pk) == {"AAAA": (6, 5, 0, 5, 1)}
    [membership] = api.get("/parts/AAAA/kits").json()
    assert (membership["status"], membership["reserved_quantity"]) == ("archived", 0)
    reservations = api.get("/parts/AAAA/kit-reservations").json()
    assert (reservations["total_reserved"], reservations["active_reservations"]) == (0, [])


def test_a_new_and_a_changed_row_have_their_numbers(api: ApiClient) -> None:
    part = PartFactory.create(key="AAAA")
    put(part, "1-1", 7)
    kit = KitFactory.create(build_target=2)
    made = api.post(f"/kits/{kit.pk}/contents", {"part_key": "AAAA", "required_per_unit": 5}).json()
    assert (made["in_stock"], made["available"], made["shortfall"]) == (7, 7, 3)
    path = f"/kits/{kit.pk}/contents/{made['id']}"
    changed = api.patch(path, {"version": 1, "required_per_unit": 3}).json()
    assert (changed["total_required"], changed["shortfall"]) == (6, 0)


def test_reservations_of_a_part_are_those_of_all_active_kits(api: ApiClient) -> None:
    part = PartFactory.create(key="AAAA")
    for name, target in (("Radio", 4), ("Clock", 1)):
        KitContentFactory.create(kit=KitFactory.create(name=name, build_target=target), part=part, required_per_unit=2)
    body = api.get("/parts/AAAA/kit-reservations").json()
    assert (body["part_id"], body["part_key"], body["total_reserved"]) == (part.pk, "AAAA", 10)
    assert [entry["kit_name"] for entry in body["active_reservations"]] == ["Clock", "Radio"]


def test_numbers_may_be_larger_than_a_column_of_32_bits(api: ApiClient) -> None:
    kit = KitFactory.create(build_target=2**31 - 1)
    KitContentFactory.create(kit=kit, part=PartFactory.create(key="AAAA"), required_per_unit=2**31 - 1)
    KitContentFactory.create(part=PartFactory.create(), kit=kit)
    assert rows(api, kit.pk)["AAAA"] == ((2**31 - 1) ** 2, 0, 0, 0, (2**31 - 1) ** 2)
    assert api.get("/parts/AAAA/kit-reservations").json()["total_reserved"] == (2**31 - 1) ** 2


def test_a_kit_of_fifty_parts_takes_as_many_queries_as_one(api: ApiClient) -> None:
    def queries_for(parts: int) -> int:
        kit = KitFactory.create(build_target=2)
        for part in PartFactory.create_batch(parts):
            KitContentFactory.create(kit=kit, part=part)
            KitContentFactory.create(part=part)
            put(part, "1-1", 1)
        return queries_of(lambda: api.get(f"/kits/{kit.pk}"))

    assert queries_for(50) == queries_for(1)
