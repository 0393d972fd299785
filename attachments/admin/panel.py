"""The attachments section of an owner's page: a form that works without JavaScript, and that the script takes over."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin.utils import quote
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from attachments.admin import steps
from attachments.admin.steps import Step
from attachments.admin.tiles import RemovedRow, Section, Tile, sections
from attachments.kinds import Kind
from attachments.models import Attachment, AttachmentOwner, RemovedAttachment
from attachments.permissions import Permissions
from attachments.usage import used_elsewhere
from cas.media.filetypes import BY_CONTENT_TYPE, DOWNLOAD_TYPE, allowed_types
from core.validators import single_line

if TYPE_CHECKING:
    Files = Sequence[UploadedFile[bytes]]

Row = TypeVar("Row", Attachment, RemovedAttachment)

PREFIX = "attachments"
_REMOVED_SHOWN = 50
# Of each attachment, as far as the person may use them.
_FIELDS = ("title", "kind", "place", "replace", "delete")


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


class AttachmentPanel(forms.Form):
    """A form with the titles, files, cover and deletion of the attachments, and with new files and a link.

    What was not sent is not changed: an attachment may be new since the page was made. The page's script sends nothing
    of this at all, and then the form is not bound.
    """

    def __init__(
        self, owner: AttachmentOwner, permissions: Permissions, *, data: Any = None, files: Any = None
    ) -> None:
        is_sent = any(name.startswith(f"{PREFIX}-") for name in (*(data or ()), *(files or ())))
        super().__init__(data if is_sent else None, files if is_sent else None, prefix=PREFIX)
        self.owner = owner
        self.permissions = permissions
        self._set = owner.attachment_set if owner.attachment_set_id else None
        self.cover_id = self._set.cover_attachment_id if self._set else None
        for place, attachment in enumerate(self.attachments, 1):
            self._add_fields(attachment, place)
        self.fields |= {
            f"restore-{row.pk}": forms.BooleanField(required=False, label="Restore")
            for row in self.removed
            if permissions.may_restore(was_replaced=row.was_replaced)  # type: ignore[attr-defined]
        }
        if permissions.choose_cover and self.attachments and self._was_asked("cover"):
            choices = [("", "No cover"), *((str(row.pk), row.title) for row in self.attachments if row.has_image)]
            self.fields["cover"] = forms.ChoiceField(
                choices=choices,
                required=False,
                initial=str(self.cover_id or ""),
                # What the page showed: others may have chosen another since. The same for titles, kinds and places.
                show_hidden_initial=True,
                widget=forms.RadioSelect,
            )
        if permissions.add:
            self.fields |= _fields_for_new()

    def _add_fields(self, attachment: Attachment, place: int) -> None:
        fields: dict[str, forms.Field] = {}
        if self.permissions.change:
            asked = {
                "title": _title_field(attachment),
                "kind": _kind_field(attachment),
                "place": _place_field(attachment, place),
            }
            fields |= {name: field for name, field in asked.items() if self._was_asked(f"{name}-{attachment.pk}")}
            if attachment.attachment_type != Attachment.Type.URL:
                fields["replace"] = _FilesField(required=False, widget=_FileInput())
        if self.permissions.delete:
            fields["delete"] = forms.BooleanField(required=False, label="Delete")
        self.fields |= {f"{name}-{attachment.pk}": field for name, field in fields.items()}

    @cached_property
    def attachments(self) -> list[Attachment]:
        """The attachments that the owner has already."""
        return list(self._set.attachments.in_order()) if self._set else []

    @cached_property
    def removed(self) -> list[RemovedAttachment]:
        """What was deleted or replaced and can be restored, the latest first."""
        return list(self._set.removed.latest_first()[:_REMOVED_SHOWN]) if self._set else []

    @property
    def shown_cover(self) -> str:
        """A hidden field with the cover that the page shows."""
        return self["cover"].as_hidden(only_initial=True)

    def removed_rows(self) -> Iterator[RemovedRow]:
        """Those as the page shows them."""
        for removed in self.removed:
            name = f"restore-{removed.pk}"
            yield RemovedRow(removed, self[name] if name in self.fields else None)

    def sections(self) -> Iterator[Section]:
        """The attachments as the page shows them."""
        return sections(self._tiles())

    def _tiles(self) -> Iterator[Tile]:
        elsewhere = used_elsewhere(self.attachments)
        restorable = [row for row in self.removed if f"restore-{row.pk}" in self.fields]
        # Reversed, so that the latest overwrites those before it.
        old_files = {row.attachment_id: row for row in reversed(restorable)}
        for position, attachment in enumerate(self.attachments):
            yield Tile(
                attachment=attachment,
                position=position,
                is_cover=attachment.pk == self.cover_id,
                elsewhere=elsewhere.get(attachment.pk),
                old_file=old_files.get(attachment.pk),
                fields={name: self[field] for name in _FIELDS if (field := f"{name}-{attachment.pk}") in self.fields},
            )

    def steps(self) -> Iterator[Step]:
        """What the person wants, as calls of the services."""
        if not self.is_bound:
            return
        yield from self._changes()
        for attachment in self.attachments:
            for upload in self.cleaned_data.get(f"replace-{attachment.pk}") or ():
                yield steps.replace(attachment, upload)
        if "cover" in self.changed_data:
            yield steps.choose_cover(self.cleaned_data["cover"])
        yield from map(steps.delete, self._ticked("delete", self.attachments))
        for removed in self._ticked("restore", self.removed):
            yield steps.restore(removed, self.permissions)
        yield from map(steps.attach, self.cleaned_data.get("files") or ())
        if self.cleaned_data.get("link_url"):
            yield steps.link(self.cleaned_data["link_url"], self.cleaned_data["link_title"])

    def _changes(self) -> Iterator[Step]:
        for attachment in self.attachments:
            if f"title-{attachment.pk}" in self.changed_data:
                yield steps.rename(attachment, self.cleaned_data[f"title-{attachment.pk}"])
            if f"kind-{attachment.pk}" in self.changed_data:
                yield steps.choose_kind(attachment, self.cleaned_data[f"kind-{attachment.pk}"])
        # Ascending, so that each ends where it was wanted.
        places = [(self.cleaned_data.get(f"place-{row.pk}"), row) for row in self.attachments]
        wanted = [(place, row) for place, row in places if place and f"place-{row.pk}" in self.changed_data]
        for place, attachment in sorted(wanted, key=lambda pair: pair[0]):
            yield steps.move(attachment, place)

    @property
    def new_fields(self) -> list[forms.BoundField]:
        """Those for new attachments, where the person may add some."""
        return [self[name] for name in ("files", "link_url", "link_title") if name in self.fields]

    @property
    def allowed(self) -> str:
        """What may be attached."""
        return allowed_types()

    @property
    def data_attributes(self) -> dict[str, str]:
        """What the page's script needs to know."""
        return {
            "set": str(self._set.pk) if self._set else "",
            "bound": "1" if self.is_bound else "",
            "sets": reverse("attachment-set", args=[0]),
            "contents": contents_url(self.owner) if self._set else "",
            "owners": reverse("admin:attachments_attachment_owners"),
            "limits": json.dumps({name: file_type.max_bytes for name, file_type in BY_CONTENT_TYPE.items()}),
            "pictures": " ".join(name for name, one in BY_CONTENT_TYPE.items() if one.kind == "image"),
            "any": DOWNLOAD_TYPE,
        }

    def _ticked(self, name: str, rows: "list[Row]") -> "list[Row]":
        return [row for row in rows if self.cleaned_data.get(f"{name}-{row.pk}")]

    def _was_asked(self, name: str) -> bool:
        return not self.is_bound or self.add_prefix(name) in self.data


def contents_url(owner: AttachmentOwner) -> str:
    """Where the page's script gets what the panel shows of this owner."""
    name = f"admin:{owner._meta.app_label}_{owner._meta.model_name}_attachments"
    return reverse(name, args=[quote(owner.pk)])


def _fields_for_new() -> dict[str, forms.Field]:
    return {
        "files": _FilesField(
            label="Add files",
            required=False,
            widget=_FilesInput(),
            help_text=f"{allowed_types()}. Several at once.",
        ),
        "link_url": forms.URLField(
            label="Add a link",
            required=False,
            max_length=2000,
            assume_scheme="https",
            widget=forms.URLInput(attrs={"class": "vURLField"}),
            help_text="A file is stored; of a web page, its title and its picture.",
        ),
        "link_title": forms.CharField(
            label="Title of the link",
            required=False,
            max_length=255,
            validators=[single_line],
            widget=forms.TextInput(attrs={"class": "vTextField"}),
            help_text="May stay empty: it is then the page's title, or the file's name.",
        ),
    }


def _title_field(attachment: Attachment) -> forms.CharField:
    return forms.CharField(
        max_length=255,
        initial=attachment.title,
        show_hidden_initial=True,
        validators=[single_line],
        widget=forms.TextInput(attrs={"aria-label": f"Title of {attachment.title}", "class": "tile-rename"}),
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
        show_hidden_initial=True,
        widget=forms.NumberInput(attrs={"aria-label": f"Place of {attachment.title}", "class": "tile-place"}),
    )
