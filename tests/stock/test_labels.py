"""Labels as PDF, and where their codes lead."""

from typing import Any

import pypdfium2
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from stock.labels import FORMATS, Label, of_parts, of_places, render
from stock.models import Location
from tests.factories import BoxFactory, PartFactory, put

pytestmark = pytest.mark.django_db

PAGE = "/admin/stock/box/labels/"


@pytest.fixture
def chief(superuser: User) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


class TestPdf:
    def test_says_what_the_part_is_and_where_it_lies(self) -> None:
        part = PartFactory.create(key="ABCD", manufacturer_code="CFR-25", description="10 kΩ, 0.25 µW\nsecond line")
        put(part, "7-3", 1)
        [text] = pages(render(of_parts([part]), FORMATS["62x29"], "https://parts.example"))
        for words in ("ABCD", "CFR-25", "10 kΩ, 0.25 µW", "7-3"):
            assert words in text
        assert "second line" not in text

    def test_of_a_place_names_what_lies_there(self) -> None:
        put(PartFactory.create(key="ABCD", manufacturer_code="NE555P"), "7-3", 1)
        place = Location.objects.select_related("box").get(box__number=7, number=3)
        assert of_places([place]) == [Label("7-3", "ABCD NE555P", "/q/place/7-3")]

    @pytest.mark.parametrize("name", FORMATS)
    def test_fills_pages_of_every_format(self, name: str) -> None:
        form = FORMATS[name]
        labels = [Label(f"{number}", "long text " * 50, "/q/box/1") for number in range(form.per_page + 1)]
        made = pages(render(labels, form, "https://parts.example", skip=form.per_page - 1))
        assert len(made) == 2
        document = pypdfium2.PdfDocument(render(labels[:1], form, "https://parts.example"))
        width, height = (round(points * 25.4 / 72, 1) for points in document[0].get_size())
        assert (width, height) == pytest.approx(form.page, abs=0.2)
        right, bottom = (edge + size for edge, size in zip(form.place_of(form.per_page - 1), form.label, strict=True))
        assert right <= form.page[0] + 0.01
        assert bottom <= form.page[1] + 0.01

    def test_takes_any_text(self) -> None:
        label = Label("W" * 300, "電" * 300 + " <b>&\x01", "/q/box/1")
        assert pages(render([label], FORMATS["40x20"], "https://parts.example"))


class TestPage:
    def test_prints_parts_boxes_and_places(self, chief: Client, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://parts.example"
        put(PartFactory.create(key="ABCD"), "7-3", 1)
        assert "8 labels" in chief.get(f"{PAGE}?part=ABCD&box=7&places=7&place=7-3").content.decode()
        answer = chief.get(f"{PAGE}?part=ABCD&box=7&places=7&form=l7160&skip=2")
        assert answer["Content-Type"] == "application/pdf"
        [text] = pages(answer.content)
        assert "7-6" in text

    def test_without_a_public_address_is_refused_from_localhost(self, chief: Client, settings: Settings) -> None:
        settings.PUBLIC_URL = None
        settings.ALLOWED_HOSTS = ["*"]
        PartFactory.create(key="ABCD")
        url = f"{PAGE}?part=ABCD&form=62x29"
        for host in ("localhost:8000", "127.0.0.1"):
            refused = chief.get(url, headers={"Host": host})
            assert refused.status_code == 422
            assert "Set PUBLIC_URL" in refused.content.decode()
        assert chief.get(url, headers={"Host": "parts.example"})["Content-Type"] == "application/pdf"

    @pytest.mark.parametrize(
        "query", ["", "part=nope", "place=7", "place=x-y", "box=x", "places=" + "9" * 40, "form=z"]
    )
    def test_of_nothing_says_so(self, chief: Client, settings: Settings, query: str) -> None:
        settings.PUBLIC_URL = "https://parts.example"
        assert "There is nothing to print" in chief.get(f"{PAGE}?{query}").content.decode()

    def test_is_reached_by_actions(self, chief: Client) -> None:
        part = PartFactory.create(key="ABCD")
        box = BoxFactory.create(number=7)
        for url, action, pk, query in (
            ("/admin/parts/part/", "print_labels", part.pk, "part=ABCD"),
            ("/admin/stock/box/", "print_labels", box.pk, "box=7"),
            ("/admin/stock/box/", "print_place_labels", box.pk, "places=7"),
        ):
            answer = chief.post(url, {"action": action, "_selected_action": [pk]})
            assert answer["Location"] == f"{PAGE}?{query}"


class TestCodes:
    def test_lead_to_the_admin_once_one_is_logged_in(self, chief: Client) -> None:
        part = PartFactory.create(key="ABCD")
        box = BoxFactory.create(number=7)
        for path, url in (
            ("/q/part/ABCD", f"/admin/parts/part/{part.pk}/change/"),
            ("/q/box/7", f"/admin/stock/box/{box.pk}/change/"),
            ("/q/place/7-3", "/admin/stock/box/7/place/3/"),
        ):
            assert chief.get(path)["Location"] == url
            assert Client().get(path)["Location"] == f"/admin/login/?next={path}"
        for path in ("/q/part/ZZZZ", "/q/box/99", "/q/part/" + "x" * 500):
            assert chief.get(path).status_code == 404

    def test_lead_to_the_frontend_where_there_is_one(self, settings: Settings) -> None:
        settings.FRONTEND_URL = "https://parts.example/"
        answers: list[Any] = [Client().get(path)["Location"] for path in ("/q/part/ABCD", "/q/box/7", "/q/place/7-3")]
        assert answers == [f"https://parts.example/{path}" for path in ("parts/ABCD", "boxes/7", "boxes/7")]
