"""What lists of kits can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from core import search
from kits.models import Kit


class KitFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`status` and `query`."""

    status = django_filters.ChoiceFilter(
        choices=Kit.Status.choices, error_messages={"invalid_choice": "Must be active or archived."}
    )
    query = django_filters.CharFilter(method="search", max_length=200)

    class Meta:
        model = Kit
        fields: tuple[str, ...] = ()

    def search(self, kits: Any, name: str, words: str) -> QuerySet[Kit]:
        """Those that the words find, the best first."""
        return search.find(kits, words)
