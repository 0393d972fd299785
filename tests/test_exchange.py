"""Tables in and out of the admin: preview, faults of each row, nothing by half, no formula."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kits.models import KitContent
from parts.models import Part
from stock import services
from stock.findings import findings
from stock.models import Box, Location, Movement
from tests.factories import KitContentFactory, KitFactory, PartFactory, PartTypeFactory, put

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
CSV, XLSX = "0", "1"


@pytest.fixture
def chief(superuser: User) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def preview(client: Client, model: str, table: str | bytes, form: str = CSV) -> Any:
    content = table if isinstance(table, bytes) else table.encode()
    upload = SimpleUploadedFile("table.xlsx" if form == XLSX else "table.csv", content)
    answer = client.post(f"/admin/{model}/import/", {"import_file": upload, "format": form})
    assert answer.status_code == 200
    return answer


def confirm(client: Client, model: str, answer: Any) -> None:
    form = answer.context["confirm_form"]
    assert client.post(f"/admin/{model}/process_import/", form.initial).status_code == 302


def faults(answer: Any) -> list[str]:
    assert answer.context.get("confirm_form") is None
    result = answer.context["result"]
    texts = [text for row in result.invalid_rows for text in row.error.messages]
    return texts + [str(error.error) for error in result.base_errors] + list(answer.context["form"].non_field_errors())


def export(client: Client, model: str, form: str = CSV) -> Any:
    return client.post(f"/admin/{model}/export/", {"format": form})


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


class TestStock:
    def test_is_counted_by_a_table_and_the_ledger_has_the_differences(self, chief: Client) -> None:
        first, second = PartFactory.create(key="AAAA"), PartFactory.create(key="BBBB")
        put(first, "7-1", 10)
        put(second, "7-2", 5)
        table = "part,place,quantity\nAAAA,7-1,12\nBBBB,7-2,0\nBBBB,7-3,4\n"
        shown = preview(chief, "stock/stock", table)
        assert services.totals([first.pk, second.pk]) == {first.pk: 10, second.pk: 5}
        confirm(chief, "stock/stock", shown)
        assert services.totals([first.pk, second.pk]) == {first.pk: 12, second.pk: 4}
        latest = Movement.objects.order_by("-pk")[:3]
        assert [(row.kind, row.quantity, row.user_name) for row in latest] == [
            ("add", 4, "chief"),
            ("remove", 5, "chief"),
            ("add", 2, "chief"),
        ]
        assert list(findings()) == []

    def test_that_was_exported_changes_nothing_when_it_comes_back(self, chief: Client) -> None:
        put(PartFactory.create(key="AAAA"), "7-1", 10)
        for form in (CSV, XLSX):
            table = export(chief, "stock/stock", form)
            confirm(chief, "stock/stock", preview(chief, "stock/stock", table.content, form))
        assert Movement.objects.count() == 1

    def test_faults_are_told_by_row_and_nothing_is_done(self, chief: Client) -> None:
        put(PartFactory.create(key="AAAA"), "7-1", 10)
        table = "part,place,quantity\nAAAA,7-1,1\nZZZZ,7-1,1\nAAAA,9-9,1\nAAAA,7-1,many\nAAAA,7-1,-1\nAAAA,7-2,1.5\n"
        assert faults(preview(chief, "stock/stock", table)) == [
            "There is no part ZZZZ.",
            "There is no place 9-9.",
            "'many' is no whole number.",
            "Must be a whole number from 0 to 1,000,000,000.",
            "'1.5' is no whole number.",
        ]
        says = "The table has no column quantity. Its columns are part, place, quantity."
        assert says in faults(preview(chief, "stock/stock", "part,place\nAAAA,7-1\n"))
        assert Movement.objects.count() == 1

    @pytest.mark.once
    def test_is_of_any_size_that_a_table_has(self, chief: Client) -> None:
        put(PartFactory.create(key="AAAA"), "7-1", 1)
        table = "part,place,quantity\n" + "".join(f"AAAA,7-1,{number}\n" for number in range(2, 400))
        confirm(chief, "stock/stock", preview(chief, "stock/stock", table))
        assert Movement.objects.count() == 399


class TestBoxes:
    def test_come_with_their_places_and_grow(self, chief: Client) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 1)
        table = "number,description,capacity\n,New,4\n7,Larger,9\n"
        confirm(chief, "stock/box", preview(chief, "stock/box", table))
        assert list(Box.objects.order_by("number").values_list("number", "description")) == [(7, "Larger"), (8, "New")]
        assert Location.objects.count() == 13
        assert faults(preview(chief, "stock/box", "number,description,capacity\n7,x,2\n")) == [
            "Cannot shrink box 7 to 2 places: 7-3 holds ABCD."
        ]


class TestParts:
    def test_are_made_and_changed(self, chief: Client) -> None:
        PartTypeFactory.create(name="Timer")
        part = PartFactory.create(key="ABCD", description="Old", manufacturer="Stays")
        table = 'key,description,type,tags,pin_count\n,New timer,Timer,"a, b",8\nABCD,Newer,,c,\n'
        confirm(chief, "parts/part", preview(chief, "parts/part", table))
        made = Part.objects.exclude(pk=part.pk).get()
        assert (made.description, str(made.type), made.pin_count) == ("New timer", "Timer", 8)
        assert sorted(tag.name for tag in made.tags.all()) == ["a", "b"]
        part.refresh_from_db()
        assert (part.description, part.manufacturer, [tag.name for tag in part.tags.all()]) == ("Newer", "Stays", ["c"])

    def test_faults_are_told_by_row(self, chief: Client) -> None:
        table = "key,description,type\nZZZZ,x,\n,x,Nope\n,,\n"
        told = faults(preview(chief, "parts/part", table))
        # A blank row is no row.
        assert told == ["There is no part ZZZZ; leave the key blank for a new one.", "There is no type Nope."]
        assert faults(preview(chief, "parts/part", "key,series\n,E12\n")) == ["This field cannot be blank."]
        assert not Part.objects.exists()

    def test_that_look_like_formulas_are_text_in_a_spreadsheet_and_come_back_as_they_were(self, chief: Client) -> None:
        evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'quoted", "plain"]
        for description in evil:
            PartFactory.create(description=description)
        table = export(chief, "parts/part")
        assert all(row["description"][0] in "'p" for row in rows(table))
        sheet = openpyxl.load_workbook(io.BytesIO(export(chief, "parts/part", XLSX).content)).active
        assert sheet is not None
        assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
        changed = table.content.decode().replace("plain", "changed")
        confirm(chief, "parts/part", preview(chief, "parts/part", changed))
        assert set(Part.objects.values_list("description", flat=True)) == {*evil[:-1], "changed"}


class TestKitContents:
    def test_are_added_and_changed_in_the_version_that_counts(self, chief: Client) -> None:
        content = KitContentFactory.create(kit__name="Lamp", part__key="AAAA", note="stays")
        PartFactory.create(key="BBBB")
        KitFactory.create(name="Old", archived=True)
        table = "kit,part,required_per_unit\nLamp,AAAA,7\nLamp,BBBB,2\n"
        confirm(chief, "kits/kitcontent", preview(chief, "kits/kitcontent", table))
        content.refresh_from_db()
        assert (content.required_per_unit, content.note, content.version) == (7, "stays", 2)
        assert KitContent.objects.get(part__key="BBBB").required_per_unit == 2
        refused = preview(chief, "kits/kitcontent", "kit,part,required_per_unit\nOld,BBBB,2\nNo,BBBB,1\n")
        assert faults(refused) == ["The kit Old is archived; unarchive it to change it.", "There is no kit No."]

    def test_listed_in_the_admin_do_not_keep_their_kit_from_being_deleted(self, chief: Client) -> None:
        content = KitContentFactory.create()
        chief.post(f"/admin/kits/kit/{content.kit.pk}/delete/", {"post": "yes"})
        assert not KitContent.objects.exists()


@pytest.mark.parametrize("model", ["stock/stock", "stock/box", "parts/part", "kits/kitcontent"])
def test_importing_needs_permissions(model: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    assert client.get(f"/admin/{model}/import/").status_code == 403
    assert client.post(f"/admin/{model}/export/", {"format": CSV}).status_code == 403


def test_the_examples_fit_the_demo(chief: Client) -> None:
    from django.core.management import call_command

    call_command("load_demo", stdout=io.StringIO())
    assert list(findings()) == []
    tables = {"stock": "stock/stock", "boxes": "stock/box", "parts": "parts/part", "kit-contents": "kits/kitcontent"}
    assert {path.stem for path in EXAMPLES.glob("*.csv")} == set(tables)
    for name, model in tables.items():
        confirm(chief, model, preview(chief, model, (EXAMPLES / f"{name}.csv").read_bytes()))
