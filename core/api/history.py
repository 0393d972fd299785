"""The history of one row over HTTP."""

from typing import Any

from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from core.history.models import HistoryEntry


class HistoryEntrySerializer(serializers.ModelSerializer[HistoryEntry]):
    """One change: who, when, what."""

    actor = serializers.CharField(source="actor_name", help_text="The name of the person at the time.")
    text = serializers.CharField(help_text="What happened, for people.")
    parameters = serializers.DictField(help_text="What the sentence is made of; it depends on the verb.")

    class Meta:
        model = HistoryEntry
        fields: tuple[str, ...] = ("id", "at", "actor", "verb", "parameters", "text")
        read_only_fields = fields


class HistoryView(GenericAPIView[HistoryEntry]):
    """Inherit for the history of a kind of row; its `get` calls `history_of`."""

    serializer_class = HistoryEntrySerializer
    filter_backends = ()
    default_limit = 50

    def history_of(self, row: Any) -> Response:
        """The changes of the row, the latest first."""
        page = self.paginate_queryset(HistoryEntry.objects.of(row))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
