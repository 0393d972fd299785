"""Rows for tests. What has bytes goes through the services, so that the store has them."""

# mypy: untyped-calls-exclude=factory
# (factory_boy says that it is typed, but its declarations are not.)

from typing import Any, TypeVar

from django.core.files.base import ContentFile
from django.utils import timezone
from factory.declarations import LazyFunction, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from attachments import services
from attachments.models import Attachment, AttachmentOwner
from core import search
from kits.models import Kit, KitContent
from parts.models import Part, PartType, Tag
from stock.models import Box, Movement
from stock.services import add as add_stock
from stock.services import create_box
from tests.plugins.files import pdf, picture

Owner = TypeVar("Owner", bound=AttachmentOwner)


class PartTypeFactory(DjangoModelFactory[PartType]):
    class Meta:
        model = PartType

    name = Sequence(lambda number: f"Type {number:05}")


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag

    name = Sequence(lambda number: f"tag-{number:05}")


class SearchedFactory(DjangoModelFactory[Owner]):
    """Rows that are found, as those that the services make."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Owner], *args: Any, **kwargs: Any) -> Owner:
        row: Owner = super()._create(model_class, *args, **kwargs)  # type: ignore[no-untyped-call]
        search.touch(row)
        return row


class PartFactory(SearchedFactory[Part]):
    class Meta:
        model = Part

    description = Sequence(lambda number: f"Resistor {number:05}")


class KitFactory(SearchedFactory[Kit]):
    class Meta:
        model = Kit

    class Params:
        archived = Trait(status=Kit.Status.ARCHIVED, archived_at=LazyFunction(timezone.now))

    name = Sequence(lambda number: f"Kit {number:05}")


class KitContentFactory(DjangoModelFactory[KitContent]):
    class Meta:
        model = KitContent

    kit = SubFactory(KitFactory)
    part = SubFactory(PartFactory)


class AttachmentFactory(DjangoModelFactory[Attachment]):
    """An attachment of `owner`, a new part unless given. One trait is needed: image, pdf, link or legacy.

    `content` gives an image or a PDF other bytes than its own. The object of a legacy row is the test's to write.
    """

    class Meta:
        model = Attachment

    class Params:
        image = Trait(
            content=Sequence(lambda number: picture(f"#{number:06x}", size=(8, 8), form="PNG")),
            filename=Sequence(lambda number: f"photo-{number}.png"),
        )
        pdf = Trait(
            content=Sequence(lambda number: pdf(f"Datasheet {number}")),
            filename=Sequence(lambda number: f"datasheet-{number}.pdf"),
        )
        link = Trait(
            attachment_type=Attachment.Type.URL,
            url=Sequence(lambda number: f"https://example.com/{number}"),
        )
        legacy = Trait(
            attachment_type=Attachment.Type.IMAGE,
            title="An old photo",
            legacy_key=Sequence(lambda number: f"parts/{number}/attachments/old.jpg"),
            filename="old.jpg",
            content_type="image/jpeg",
        )

    owner = SubFactory(PartFactory)
    title = ""

    @classmethod
    def _create(
        cls, model_class: type[Attachment], *args: Any, owner: AttachmentOwner, content: bytes = b"", **fields: Any
    ) -> Attachment:
        if content:
            upload = ContentFile(content, fields["filename"])
            return services.attach_file(set_id=owner.attachment_set_id, upload=upload, title=fields["title"])
        if not fields["title"]:
            fields["title"] = fields["url"]
        row: Attachment = model_class.objects.create(attachment_set=owner.attachment_set, **fields)
        search.touch(owner, row)
        return row


class BoxFactory:
    """Boxes, made by the service: a box without its places is none."""

    @staticmethod
    def create(*, number: int | None = None, capacity: int = 6, description: str = "Small parts") -> Box:
        """A box under the next number, unless given."""
        return create_box(description=description, capacity=capacity, number=number)


def put(part: Part, place: str, quantity: int, **kwargs: Any) -> Movement:
    """So many pieces into a place such as 7-3, whose box is made if need be."""
    box_no, loc_no = (int(number) for number in place.split("-"))
    if not Box.objects.filter(number=box_no).exists():
        BoxFactory.create(number=box_no, capacity=max(6, loc_no))
    return add_stock(part=part, box_no=box_no, loc_no=loc_no, quantity=quantity, **kwargs)
