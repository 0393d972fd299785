"""What attachments are for, and their order."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from attachments import services
from attachments.errors import AttachmentNotFoundError, NotInSetError
from attachments.kinds import guess_kind
from attachments.models import Attachment
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.files import pdf, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles(set_id: int) -> list[str]:
    """Of four links in a set."""
    names = ["a", "b", "c", "d"]
    for name in names:
        services.attach_link(set_id=set_id, url=f"https://example.com/{name}", title=name)
    return names


def order(set_id: int) -> str:
    return "".join(Attachment.objects.filter(attachment_set=set_id).in_order().values_list("title", flat=True))


@pytest.mark.usefixtures("titles")
class TestMove:
    @pytest.mark.parametrize(
        ("title", "position", "becomes"),
        [("a", 2, "bcad"), ("d", 0, "dabc"), ("b", 1, "abcd"), ("a", 99, "bcda"), ("c", 1, "acbd")],
    )
    def test_puts_it_there_and_the_others_around_it(self, set_id: int, title: str, position: int, becomes: str) -> None:
        row = Attachment.objects.get(title=title)
        moved = services.move(set_id=set_id, attachment_id=row.pk, position=position)
        assert order(set_id) == becomes
        assert moved.position == becomes.index(title)

    def test_works_where_places_are_missing_or_doubled(self, set_id: int) -> None:
        Attachment.objects.filter(title__in="bc").update(position=7)
        Attachment.objects.filter(title="d").update(position=9)
        services.move(set_id=set_id, attachment_id=Attachment.objects.get(title="d").pk, position=1)
        assert order(set_id) == "adbc"

    def test_of_another_sets_attachment_is_refused(self, set_id: int) -> None:
        with pytest.raises(NotInSetError):
            services.move(set_id=set_id, attachment_id=AttachmentFactory.create(link=True).pk, position=0)
        with pytest.raises(AttachmentNotFoundError):
            services.move(set_id=set_id, attachment_id=2**40, position=0)
        assert order(set_id) == "abcd"


class TestKind:
    @pytest.mark.parametrize(
        ("attachment_type", "name", "kind"),
        [
            ("pdf", "ne555.pdf", "datasheet"),
            ("pdf", "Rechnung_2026-113.pdf", "invoice"),
            ("pdf", "esp32-pinout.pdf", "pinout"),
            ("pdf", "Assembly guide.pdf", "other"),
            ("image", "ESP32 Pin Out.png", "pinout"),
            ("image", "IMG_0001.HEIC", "photo"),
            ("image", "schematic.png", "drawing"),
            ("file", "gerbers.zip", "drawing"),
            ("file", "housing.step", "drawing"),
            ("file", "firmware.hex", "other"),
            ("url", "https://example.com/ne555-datasheet", "datasheet"),
            ("url", "Shop", "other"),
        ],
    )
    def test_is_guessed_from_name_and_type(self, attachment_type: str, name: str, kind: str) -> None:
        assert guess_kind(attachment_type, name) == kind

    def test_of_a_file_is_a_guess_unless_it_is_given(self, set_id: int) -> None:
        guessed = services.attach_file(set_id=set_id, upload=ContentFile(pdf(), "a.pdf"))
        given = services.attach_file(set_id=set_id, upload=ContentFile(picture(), "a.jpg"), kind="invoice")
        assert (guessed.kind, given.kind) == ("datasheet", "invoice")

    def test_is_chosen_and_copied(self, set_id: int) -> None:
        row = AttachmentFactory.create(image=True)
        services.choose_kind(set_id=row.attachment_set_id, attachment_id=row.pk, kind="pinout")
        assert services.copy(attachment_id=row.pk, target_set_id=set_id).kind == "pinout"

    def test_that_is_none_is_refused(self) -> None:
        row = AttachmentFactory.create(image=True)
        with pytest.raises(ValidationError):
            services.choose_kind(set_id=row.attachment_set_id, attachment_id=row.pk, kind="song")
        row.refresh_from_db()
        assert row.kind == "photo"


class TestReplacing:
    def replaced(self, row: Attachment, data: bytes, name: str) -> Attachment:
        upload = ContentFile(data, name)
        return services.replace_file(set_id=row.attachment_set_id, attachment_id=row.pk, upload=upload)

    def test_takes_title_and_kind_along_that_came_from_the_old_file(self) -> None:
        row = AttachmentFactory.create(image=True, owner=PartFactory.create())
        row = self.replaced(row, pdf(), "ne555.pdf")
        assert (row.title, row.kind) == ("ne555.pdf", "datasheet")

    def test_leaves_what_somebody_has_chosen(self) -> None:
        row = AttachmentFactory.create(image=True, title="Front")
        services.choose_kind(set_id=row.attachment_set_id, attachment_id=row.pk, kind="pinout")
        row = self.replaced(row, picture("blue"), "back.jpg")
        assert (row.title, row.kind, row.filename) == ("Front", "pinout", "back.jpg")
