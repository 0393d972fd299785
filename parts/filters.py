"""What lists of parts can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, QuerySet
from typing_extensions import override

from attachments.models import Attachment
from core.api.query import FLAG_SENTENCE, FLAGS
from parts.models import Part


class WholeNumberFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """An integer; NumberFilter's are decimal."""

    field_class = forms.IntegerField


class FlagField(forms.TypedChoiceField):
    """True or false, and a fault for anything else."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(text, text) for text in FLAGS]
        super().__init__(choices=choices, coerce=FLAGS.get, error_messages={"invalid_choice": FLAG_SENTENCE}, **kwargs)

    @override
    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).lower()


class FlagFilter(django_filters.Filter):  # type: ignore[misc]
    """A flag. BooleanFilter would ignore what it does not understand."""

    field_class = FlagField


class PartFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`type_id`, `tag`, `q` and `has_attachments`."""

    # Not by the foreign key itself: of a number that is too large for the database Django knows only in a plain column.
    type_id = WholeNumberFilter(field_name="type__id", lookup_expr="exact")
    tag = django_filters.CharFilter(field_name="tags__name", lookup_expr="exact")
    q = django_filters.CharFilter(method="searched_later", max_length=200)
    has_attachments = FlagFilter(method="with_attachments")

    class Meta:
        model = Part
        fields: tuple[str, ...] = ()

    def searched_later(self, parts: Any, name: str, words: str) -> QuerySet[Part]:
        """All of them: whoever asks hands the words to `core.search` with what the other filters leave."""
        rows: QuerySet[Part] = parts
        return rows

    def with_attachments(self, parts: QuerySet[Part], name: str, wanted: bool) -> QuerySet[Part]:
        """With at least one attachment, or with none."""
        return with_attachments(parts, wanted)


def with_attachments(parts: QuerySet[Part], wanted: bool) -> QuerySet[Part]:
    """Those with at least one attachment, or with none."""
    any_of_it = Exists(Attachment.objects.of_outer_owner())
    return parts.filter(any_of_it if wanted else ~any_of_it)
