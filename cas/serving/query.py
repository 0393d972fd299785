"""What the URL of a content asks for."""

from dataclasses import dataclass

from django.http import QueryDict

from cas.media.thumbnails import THUMBNAIL_SIZES, thumbnail_size
from core.errors import RefusedInputError
from core.numbers import whole_number

_ONCE = ("content_type", "filename", "sig")
_KNOWN = {*_ONCE, "thumbnail", "disposition"}
_MAX_THUMBNAIL = THUMBNAIL_SIZES[-1]


@dataclass(frozen=True)
class ContentQuery:
    """The parsed query. Exactly one of `content_type` and `thumbnail` is set."""

    content_type: str | None
    filename: str | None
    thumbnail: int | None
    as_download: bool
    signature: str

    @classmethod
    def parse(cls, query: QueryDict) -> "ContentQuery":
        """Raises RefusedInputError with a sentence for whatever is not as the contract says."""
        unknown = sorted(set(query) - _KNOWN)
        if unknown:
            raise RefusedInputError(f"Unknown parameter: {unknown[0][:50]!r}.")
        for name in _ONCE:
            # Signed parameters: with two values, the checked one might not be the used one.
            if len(query.getlist(name)) > 1:
                raise RefusedInputError(f"The parameter {name} may be given once only.")
        content_type, thumbnail = query.get("content_type"), query.get("thumbnail")
        if (content_type is None) == (thumbnail is None):
            raise RefusedInputError("Exactly one of content_type and thumbnail is needed.")
        if content_type == "":
            raise RefusedInputError("The parameter content_type is empty.")
        if thumbnail is not None and query.get("filename") is not None:
            raise RefusedInputError("A thumbnail has no file name.")
        disposition = query.get("disposition", "inline")
        if disposition not in {"inline", "attachment"}:
            raise RefusedInputError("The parameter disposition must be inline or attachment.")
        return cls(
            content_type=content_type,
            filename=query.get("filename"),
            thumbnail=None if thumbnail is None else _thumbnail_size(thumbnail),
            as_download=disposition == "attachment",
            signature=query.get("sig", ""),
        )


def _thumbnail_size(text: str) -> int:
    pixels = whole_number(text, 1, _MAX_THUMBNAIL)
    if pixels is None:
        raise RefusedInputError(f"The parameter thumbnail must be a whole number from 1 to {_MAX_THUMBNAIL}.")
    return thumbnail_size(pixels)
