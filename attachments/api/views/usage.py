"""Which contents of a set other owners show, too."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from attachments.api.openapi import SET_NOT_FOUND
from attachments.owner_names import name_of
from attachments.services.locks import find_set
from attachments.usage import used_elsewhere
from core.api.schema import operation


class OwnerSerializer(serializers.Serializer[Any]):
    """Somebody else who shows the content."""

    attachment_set_id = serializers.IntegerField()
    kind = serializers.CharField(help_text="What it is, such as part or kit.")
    name = serializers.CharField()
    admin_url = serializers.CharField(allow_null=True)


class SharedSerializer(serializers.Serializer[Any]):
    """One attachment whose content others show."""

    attachment_id = serializers.IntegerField()
    owners = OwnerSerializer(many=True, help_text="At most three.")
    more = serializers.BooleanField(help_text="Whether there are others still.")


class UsageView(APIView):
    """The contents of one set that are in other sets as well."""

    @operation("get_shared", answer=SharedSerializer(many=True), errors=SET_NOT_FOUND)
    def get(self, request: Request, set_id: int) -> Response:
        """The contents of a set that are in other sets as well, and whose these are."""
        shared = used_elsewhere(list(find_set(set_id).attachments.in_order()))
        rows = [
            {
                "attachment_id": attachment_id,
                "owners": [name_of(owner) for owner in elsewhere.owners],
                "more": elsewhere.more,
            }
            for attachment_id, elsewhere in shared.items()
        ]
        return Response(SharedSerializer(rows, many=True).data)
