"""The link field of the attachments section."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments.models import Attachment
from parts.models import Part
from tests.attachments.admin.test_owner_page import messages, titles
from tests.factories import PartFactory
from tests.plugins.files import pdf, picture
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db(transaction=True)

SavePart = Callable[..., Any]


class TestLink:
    def test_to_a_page_brings_its_title_and_picture(self, chief: Client, save_part: SavePart, web: Web) -> None:
        web.serve("/photo.jpg", picture(), "image/jpeg")
        url = web.serve("/", "<title>Shop</title><meta property='og:image' content='/photo.jpg'>")
        response = save_part(chief, link_url=url)
        row = Attachment.objects.get()
        assert (row.attachment_type, row.title, row.url, row.has_image) == ("url", "Shop", url, True)
        assert f"“{url}” was added." in messages(response)
        html = response.content.decode()
        assert f"/api/cas/{row.blob_id}?thumbnail=500" in html
        assert 'value="Shop"' in html
        # A click opens the page, not its picture.
        assert f'href="{url}"' in html

    def test_to_a_document_stores_it(self, chief: Client, save_part: SavePart, web: Web) -> None:
        url = web.serve("/ne555.pdf", pdf(), "application/pdf")
        response = save_part(chief, link_url=url, link_title="Datasheet")
        assert re.search(rf'href="{re.escape(url)}"[^>]*>Source</a>', response.content.decode())
        row = Attachment.objects.get()
        assert (row.attachment_type, row.title, row.filename) == ("pdf", "Datasheet", "ne555.pdf")

    def test_that_is_refused_is_a_message_and_the_rest_is_saved(
        self, chief: Client, save_part: SavePart, photo: Callable[..., SimpleUploadedFile]
    ) -> None:
        url = "http://169.254.169.254/"
        response = save_part(chief, files=[photo(name="good.jpg")], link_url=url)
        assert titles(Part.objects.get()) == ["good.jpg"]
        refusal = next(message for message in messages(response) if message.startswith(f"“{url}”: Nothing could be"))
        # The way out, which the next test takes.
        assert "with a title to keep the bare link" in refusal

    def test_that_is_refused_is_kept_with_a_title(self, chief: Client, save_part: SavePart) -> None:
        part = PartFactory.create()
        response = save_part(chief, part, link_url="http://169.254.169.254/", link_title="Our wiki")
        assert titles(part) == ["Our wiki"]
        assert any("could not be fetched. Only the link was kept." in message for message in messages(response))

    def test_that_is_there_already_is_pointed_out(self, chief: Client, save_part: SavePart, web: Web) -> None:
        part = PartFactory.create()
        url = web.serve("/", "<title>Shop</title>")
        save_part(chief, part, link_url=url)
        response = save_part(chief, part, link_url=url, link_title="The same shop")
        assert f"“{url}”: This address is here already, as “Shop”." in messages(response)
        assert titles(part) == ["Shop"]

    def test_to_a_page_in_place_of_a_document_says_so(self, chief: Client, save_part: SavePart, web: Web) -> None:
        response = save_part(chief, link_url=web.serve("/ne555.pdf", "<title>Log in</title>"))
        assert titles(Part.objects.get()) == ["Log in"]
        assert any("A PDF was expected" in message for message in messages(response))
