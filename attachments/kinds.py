"""What an attachment is for: guessed from its name and type when it is added, and changed by people."""

import re

from django.db import models

from cas.media.icons import icon_of


class Kind(models.TextChoices):
    """In the order in which people look for them."""

    DATASHEET = "datasheet", "datasheet"
    PINOUT = "pinout", "pinout"
    DRAWING = "drawing", "drawing"
    PHOTO = "photo", "photo"
    INVOICE = "invoice", "invoice"
    OTHER = "other", "other"


HEADINGS = {
    Kind.DATASHEET: "Datasheets",
    Kind.PINOUT: "Pinouts",
    Kind.DRAWING: "Drawings",
    Kind.PHOTO: "Photos",
    Kind.INVOICE: "Invoices",
    Kind.OTHER: "Others",
}

# The first that matches counts. In English and German, as distributors and makers name their files.
_WORDS = (
    (Kind.INVOICE, re.compile(r"invoice|receipt|rechnung|beleg|order[ _-]?confirmation|packing[ _-]?list|quittung")),
    (Kind.PINOUT, re.compile(r"pin[ _-]?out|pin[ _-]?map|pinning|anschlussbelegung|pinbelegung")),
    (Kind.DRAWING, re.compile(r"drawing|schematic|schaltplan|zeichnung|footprint|dimensions|mechanical|gerber|layout")),
    (Kind.DATASHEET, re.compile(r"data[ _-]?sheet|datenblatt|specification|\bspecs?\b")),
    (Kind.OTHER, re.compile(r"assembly|instructions|anleitung")),
)


def guess_kind(attachment_type: str, *names: str) -> Kind:
    """The kind of an attachment of this type with these names: its file's, its title, its address."""
    text = " ".join(names).lower()
    for kind, words in _WORDS:
        if words.search(text):
            return kind
    if attachment_type == "image":
        return Kind.PHOTO
    if attachment_type == "pdf":
        return Kind.DATASHEET
    if attachment_type == "file" and "cad" in map(icon_of, names):
        return Kind.DRAWING
    return Kind.OTHER
