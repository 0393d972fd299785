"""The attachments section of an owner's page: a form that works without JavaScript."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from attachments import services
from attachments.content_urls import Links, links_of, target_of
from attachments.kinds import HEADINGS, Kind
from attachments.models import Attachment, AttachmentOwner, RemovedAttachment
from attachments.owner_names import OwnerName, name_of
from attachments.permissions import Permissions
from attachments.services.files import replace_file
from attachments.usage import Elsewhere, used_elsewhere
from cas.media.filetypes import BY_CONTENT_TYPE, DOWNLOAD_TYPE, allowed_types
from core.validators import single_line

if TYPE_CHECKING:
    Files = Sequence[UploadedFile[bytes]]

Row = TypeVar("Row", Attachment, RemovedAttachment)

PREFIX = "attachments"
# With more there are sections, as in `arrangement.js`; of a long one only its heading is shown.
_MANY = 12
_SHOWN_AT_ONCE = 8
# As many as panel/removed.js shows.
_REMOVED_SHOWN = 50


class _FilesInput(forms.ClearableFileInput):
    """A file input for several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/input.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> "Files":
        return list(files.getlist(name)) if isinstance(files, MultiValueDict) else []


class _FileInput(_FilesInput):
    """A file input for one file."""

    allow_multiple_selected = False


class _FilesField(forms.Field):
    """Takes refused files too, so that one bad file does not stop the good ones."""

    widget = _FilesInput


@dataclass(frozen=True)
class Tile:
    """One attachment of the panel, with its fields, where there are any."""

    attachment: Attachment
    links: Links
    is_cover: bool
    elsewhere: Elsewhere | None
    title: forms.BoundField | None
    kind: forms.BoundField | None
    place: forms.BoundField | None
    replace: forms.BoundField | None
    delete: forms.BoundField | None

    @property
    def other_owners(self) -> list[OwnerName]:
        """Some of the others who use the same content."""
        return [name_of(owner) for owner in self.elsewhere.owners] if self.elsewhere else []

    @property
    def target(self) -> str:
        """What a click on the picture opens."""
        return target_of(self.attachment)

    @property
    def source(self) -> str:
        """Where a stored file was fetched from."""
        return self.attachment.web_url if self.attachment.attachment_type != Attachment.Type.URL else ""


@dataclass(frozen=True)
class RemovedRow:
    """One removed attachment, with its field for those who may restore it."""

    removed: RemovedAttachment
    links: Links
    restore: forms.BoundField | None


@dataclass(frozen=True)
class Step:
    """One thing to do once the owner is saved: `run` raises what the service raises; `what` names it in a message."""

    what: str
    run: Callable[[int], object]
    done: str


class AttachmentPanel(forms.Form):
    """A form with the titles, files, cover and deletion of the attachments, and with new files and a link.

    What was not sent is not changed: an attachment may be new since the page was made, and the page's script sends
    nothing of this at all.
    """

    def __init__(self, owner: AttachmentOwner, permissions: Permissions, **kwargs: Any) -> None:
        super().__init__(prefix=PREFIX, **kwargs)
        self.permissions = permissions
        self._set = owner.attachment_set if owner.attachment_set_id else None
        self.cover_id = self._set.cover_attachment_id if self._set else None
        for attachment in self.attachments:
            if permissions.change and self._was_asked(f"title-{attachment.pk}"):
                self.fields[f"title-{attachment.pk}"] = _title_field(attachment)
            if permissions.change and self._was_asked(f"kind-{attachment.pk}"):
                self.fields[f"kind-{attachment.pk}"] = _kind_field(attachment)
            if permissions.change and self._was_asked(f"place-{attachment.pk}"):
                self.fields[f"place-{attachment.pk}"] = _place_field(attachment, self._places[attachment.pk])
            if permissions.change and attachment.attachment_type != Attachment.Type.URL:
                self.fields[f"replace-{attachment.pk}"] = _FilesField(required=False, widget=_FileInput())
            if permissions.delete:
                self.fields[f"delete-{attachment.pk}"] = forms.BooleanField(required=False, label="Delete")
        self.fields |= {
            f"restore-{row.pk}": _restore_field()
            for row in self.removed
            if permissions.may_restore(was_replaced=row.was_replaced)  # type: ignore[attr-defined]
        }
        if permissions.choose_cover and self.attachments and self._was_asked("cover"):
            choices = [("", "No cover"), *((str(row.pk), row.title) for row in self.attachments if row.has_image)]
            self.fields["cover"] = forms.ChoiceField(
                choices=choices, required=False, initial=str(self.cover_id or ""), widget=forms.RadioSelect
            )
        if permissions.add:
            self.fields["files"] = _FilesField(
                label="Add files",
                required=False,
                widget=_FilesInput(),
                help_text=f"{allowed_types()}. Several at once.",
            )
            self.fields["link_url"] = forms.URLField(
                label="Add a link",
                required=False,
                max_length=2000,
                assume_scheme="https",
                widget=forms.URLInput(attrs={"class": "vURLField"}),
                help_text="A file is stored; of a web page, its title and its picture.",
            )
            self.fields["link_title"] = forms.CharField(
                label="Title of the link",
                required=False,
                max_length=255,
                validators=[single_line],
                widget=forms.TextInput(attrs={"class": "vTextField"}),
                help_text="May stay empty: it is then the page's title, or the file's name.",
            )

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The attachments that the owner has already."""
        return list(self._set.attachments.in_order()) if self._set else []

    @cached_property
    def _places(self) -> dict[int, int]:
        return {attachment.pk: place for place, attachment in enumerate(self.attachments, 1)}

    @cached_property
    def removed(self) -> list[RemovedAttachment]:
        """What was deleted or replaced and can be restored, the latest first."""
        return list(self._set.removed.latest_first()[:_REMOVED_SHOWN]) if self._set else []

    def removed_rows(self) -> Iterator[RemovedRow]:
        """Those as the page shows them."""
        for removed in self.removed:
            yield RemovedRow(removed, links_of(removed), self._bound(f"restore-{removed.pk}"))

    def tiles(self) -> Iterator[Tile]:
        """The attachments as the page shows them."""
        elsewhere = used_elsewhere(self.attachments)
        for attachment in self.attachments:
            yield Tile(
                attachment=attachment,
                links=links_of(attachment),
                is_cover=attachment.pk == self.cover_id,
                elsewhere=elsewhere.get(attachment.pk),
                title=self._bound(f"title-{attachment.pk}"),
                kind=self._bound(f"kind-{attachment.pk}"),
                place=self._bound(f"place-{attachment.pk}"),
                replace=self._bound(f"replace-{attachment.pk}"),
                delete=self._bound(f"delete-{attachment.pk}"),
            )

    def steps(self) -> Iterator[Step]:
        """What the person wants, as calls of the services."""
        yield from self._changes()
        for attachment in self.attachments:
            for upload in self.cleaned_data.get(f"replace-{attachment.pk}") or ():
                yield _replace(attachment, upload)
        if "cover" in self.changed_data:
            yield _choose_cover(self.cleaned_data["cover"])
        yield from map(_delete, self._ticked("delete", self.attachments))
        for removed in self._ticked("restore", self.removed):
            yield _restore(removed, self.permissions)
        for upload in self.cleaned_data.get("files") or ():
            yield _attach(upload)
        if self.cleaned_data.get("link_url"):
            yield _link(self.cleaned_data["link_url"], self.cleaned_data["link_title"])

    def _changes(self) -> Iterator[Step]:
        for attachment in self.attachments:
            if f"title-{attachment.pk}" in self.changed_data:
                yield _rename(attachment, self.cleaned_data[f"title-{attachment.pk}"])
            if f"kind-{attachment.pk}" in self.changed_data:
                yield _choose_kind(attachment, self.cleaned_data[f"kind-{attachment.pk}"])
        # Ascending, so that each ends where it was wanted.
        places = [(self.cleaned_data.get(f"place-{row.pk}"), row) for row in self.attachments]
        wanted = [(place, row) for place, row in places if place and f"place-{row.pk}" in self.changed_data]
        for place, attachment in sorted(wanted, key=lambda pair: pair[0]):
            yield _move(attachment, place)

    def sections(self) -> Iterator[tuple[str, list[Tile], bool]]:
        """Where there are many, by kind: a heading, the tiles, and whether they are shown at once. Else all of them."""
        tiles = list(self.tiles())
        if len(tiles) <= _MANY:
            yield "", tiles, True
            return
        for kind, heading in HEADINGS.items():
            some = [tile for tile in tiles if tile.attachment.kind == kind]
            if some:
                yield heading, some, len(some) <= _SHOWN_AT_ONCE

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What an attachment may be for."""
        return Kind.choices

    @property
    def allowed(self) -> str:
        """What may be attached."""
        return allowed_types()

    @property
    def data_attributes(self) -> dict[str, str]:
        """What the page's script needs to know."""
        return {
            "set": str(self._set.pk) if self._set else "",
            "sets": reverse("attachment-set", args=[0]),
            "owners": reverse("admin:attachments_attachment_owners"),
            "may": " ".join(name for name, allowed in vars(self.permissions).items() if allowed),
            "limits": json.dumps({name: file_type.max_bytes for name, file_type in BY_CONTENT_TYPE.items()}),
            "pictures": " ".join(name for name, one in BY_CONTENT_TYPE.items() if one.kind == "image"),
            "any": DOWNLOAD_TYPE,
            "kinds": json.dumps([(kind, kind.label, heading) for kind, heading in HEADINGS.items()]),
        }

    def _ticked(self, name: str, rows: "list[Row]") -> "list[Row]":
        return [row for row in rows if self.cleaned_data.get(f"{name}-{row.pk}")]

    def _was_asked(self, name: str) -> bool:
        return not self.is_bound or self.add_prefix(name) in self.data

    def _bound(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None


def _title_field(attachment: Attachment) -> forms.CharField:
    return forms.CharField(
        max_length=255,
        initial=attachment.title,
        validators=[single_line],
        widget=forms.TextInput(attrs={"aria-label": f"Title of {attachment.title}"}),
    )


def _kind_field(attachment: Attachment) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=Kind.choices,
        initial=attachment.kind,
        show_hidden_initial=True,
        widget=forms.Select(attrs={"aria-label": f"Kind of {attachment.title}"}),
    )


def _place_field(attachment: Attachment, place: int) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=1,
        required=False,
        initial=place,
        # What the page showed: others may have put the attachments in another order since.
        show_hidden_initial=True,
        widget=forms.NumberInput(attrs={"aria-label": f"Place of {attachment.title}", "class": "tile-place"}),
    )


def _choose_kind(attachment: Attachment, kind: str) -> Step:
    return Step(
        attachment.title,
        lambda set_id: services.choose_kind(set_id=set_id, attachment_id=attachment.pk, kind=kind),
        f"“{attachment.title}” is of the kind {kind} now.",
    )


def _move(attachment: Attachment, place: int) -> Step:
    return Step(
        attachment.title,
        lambda set_id: services.move(set_id=set_id, attachment_id=attachment.pk, position=place - 1),
        f"“{attachment.title}” was moved.",
    )


def _rename(attachment: Attachment, title: str) -> Step:
    return Step(
        attachment.title,
        lambda set_id: services.rename(set_id=set_id, attachment_id=attachment.pk, title=title),
        f"“{attachment.title}” is now “{title}”.",
    )


def _replace(attachment: Attachment, upload: "UploadedFile[bytes]") -> Step:
    return Step(
        attachment.title,
        lambda set_id: replace_file(set_id=set_id, attachment_id=attachment.pk, upload=upload, refuse_duplicate=True),
        f"“{attachment.title}” has a new file.",
    )


def _choose_cover(choice: str) -> Step:
    return Step(
        "Cover",
        lambda set_id: services.choose_cover(set_id=set_id, attachment_id=int(choice) if choice else None),
        "The cover was changed.",
    )


def _delete(attachment: Attachment) -> Step:
    return Step(
        attachment.title,
        lambda set_id: services.detach(set_id=set_id, attachment_id=attachment.pk),
        f"“{attachment.title}” was deleted.",
    )


def _restore_field() -> forms.BooleanField:
    return forms.BooleanField(required=False, label="Restore")


def _restore(removed: RemovedAttachment, permissions: Permissions) -> Step:
    return Step(
        removed.title,
        lambda set_id: services.restore(
            set_id=set_id, removed_id=removed.pk, refuse_duplicate=True, permissions=permissions
        ),
        f"“{removed.title}” was restored.",
    )


def _attach(upload: "UploadedFile[bytes]") -> Step:
    name = upload.name or "file"
    return Step(
        name,
        lambda set_id: services.attach_file(set_id=set_id, upload=upload, refuse_duplicate=True),
        f"“{name}” was added.",
    )


def _link(url: str, title: str) -> Step:
    return Step(
        url,
        lambda set_id: services.attach_link(set_id=set_id, url=url, title=title, refuse_duplicate=True),
        f"“{url}” was added.",
    )
