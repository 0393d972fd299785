"""The admin's start page, and the policy that every page of the admin has."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from attachments import services
from cas.audit import reports
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    """No figures of another test."""
    cache.clear()
    yield
    cache.clear()


class TestStartPage:
    def test_shows_figures_what_is_new_and_what_is_missing(self, chief: Client) -> None:
        bare = PartFactory.create(manufacturer_code="BARE-1")
        part = PartFactory.create(manufacturer_code="FULL-1")
        image = AttachmentFactory.create(image=True, owner=part)
        sheet = AttachmentFactory.create(pdf=True, owner=part)
        services.copy(attachment_id=image.pk, target_set_id=KitFactory.create().attachment_set_id)
        response = chief.get("/admin/")
        figures = response.context["figures"]
        assert (figures.parts, figures.kits, figures.attachments, figures.damaged) == (2, 1, 3, 0)
        assert figures.stored_bytes == sum(row.file_size or 0 for row in (image, sheet))
        assert figures.saved_bytes == image.file_size
        assert [part.pk for part in response.context["latest"]] == [part.pk, bare.pk]
        assert list(response.context["bare"]) == [bare]
        assert f"/api/cas/{image.blob_id}?thumbnail=150" in response.content.decode()

    def test_says_how_the_last_check_of_the_store_ended(self, chief: Client) -> None:
        assert "Never checked" in chief.get("/admin/").content.decode()
        reports.keep(reports.CHECK, {"critical": 0, "warnings": 0})
        assert "Checked, all is well" in chief.get("/admin/").content.decode()
        reports.keep(reports.CHECK, {"critical": 1, "warnings": 0})
        page = chief.get("/admin/").content.decode()
        assert "Bytes are lost or damaged" in page
        assert "/admin/cas/commandreport/" in page

    def test_begins_with_what_people_work_with(self, chief: Client) -> None:
        response = chief.get("/admin/")
        names = [app["name"] for app in response.context["app_list"]]
        assert names[:5] == ["Parts", "Stock", "Kits", "Attachments", "Content store"]
        # Nothing is left out, and failed logins go by a name that a person looks for.
        assert {"Authentication and Authorization", "Logins"} < set(names)
        assert [app["name"] for app in response.context["available_apps"]] == names

    def test_does_not_offer_a_site_that_would_lead_back_here(self, chief: Client) -> None:
        assert "View site" not in chief.get("/admin/").content.decode()

    def test_of_an_empty_inventory(self, chief: Client) -> None:
        assert "There are no parts yet." in chief.get("/admin/").content.decode()

    def test_counts_rarely_and_asks_as_often_for_many_parts(
        self, chief: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.counts._SHORTEST_SECONDS", 3600)
        AttachmentFactory.create(image=True, owner=PartFactory.create())
        AttachmentFactory.create(pdf=True, owner=PartFactory.create())
        chief.get("/admin/")
        one = queries_of(lambda: chief.get("/admin/"))
        cache.clear()
        # Twelve to count, and some to keep what was counted for the other processes.
        assert queries_of(lambda: chief.get("/admin/")) >= one + 12
        for part in PartFactory.create_batch(20):
            AttachmentFactory.create(pdf=True, owner=part)
        assert queries_of(lambda: chief.get("/admin/")) == one

    def test_names_no_part_to_who_may_not_see_them(self, staff: Callable[..., Client]) -> None:
        PartFactory.create(manufacturer_code="SECRET-1")
        page = staff("kits.view_kit").get("/admin/").content.decode()
        assert "SECRET-1" not in page


class TestContentSecurityPolicy:
    def test_lets_no_inline_script_run(self, chief: Client) -> None:
        part = PartFactory.create()
        for page in ("/admin/login/", "/admin/", "/admin/parts/part/", f"/admin/parts/part/{part.pk}/change/"):
            policy = chief.get(page)["Content-Security-Policy"]
            directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
            assert directives["default-src"] == "'none'"
            assert directives["script-src"] == directives["style-src"] == "'self'"
            assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
            assert "unsafe" not in policy
