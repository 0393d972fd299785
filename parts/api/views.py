"""Parts and types over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from attachments import services as attachments
from attachments.api.conditional import ConditionalView
from attachments.api.fields import FlagField, NumberField, TextField
from attachments.api.query import flag
from attachments.api.serializers import AttachmentSerializer
from cas.errors import UnknownError
from parts import services
from parts.api import includes
from parts.api.serializers import PartInput, PartRowSerializer, PartSerializer, PartTypeSerializer
from parts.filters import PartFilter
from parts.keys import is_key
from parts.models import Part, PartType


def find_part(key: str) -> Part:
    """The part with what its JSON needs, or UnknownError."""
    part = Part.objects.for_list().filter(key=key).first() if is_key(key) else None
    if part is None:
        raise UnknownError("There is no part with this key.")
    return part


def find_type(type_id: int) -> PartType:
    """The type, or UnknownError."""
    part_type = PartType.objects.filter(pk=type_id).first()
    if part_type is None:
        raise UnknownError("There is no such type.")
    return part_type


class PartsView(GenericAPIView[Part]):
    """All parts."""

    filterset_class = PartFilter
    default_limit = 50
    permissions: ClassVar = {"POST": "parts.add_part"}

    def get_queryset(self) -> QuerySet[Part]:
        """By id, in a constant number of queries."""
        return Part.objects.for_list().order_by("id")

    def get(self, request: Request) -> Response:
        """A page of them."""
        names = includes.parse(request.query_params.get("include"))
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {"included": includes.load(names, page)}
        return self.get_paginated_response(PartRowSerializer(page, many=True, context=context).data)

    def post(self, request: Request) -> Response:
        """A new part; its key is ours."""
        fields = PartInput(data=request.data)
        fields.is_valid(raise_exception=True)
        part = services.create_part(**fields.validated_data)
        return Response(PartSerializer(find_part(part.key)).data, status=201)


class PartView(ConditionalView):
    """One part."""

    permissions: ClassVar = {
        "PUT": "parts.change_part",
        "PATCH": "parts.change_part",
        "DELETE": "parts.delete_part",
    }

    def represent(self, key: str) -> Any:
        """The part, whole."""
        return PartSerializer(find_part(key)).data

    def lock(self, key: str) -> None:
        """Those who change columns of the same part take turns."""
        Part.objects.select_for_update(of=("self",), no_key=True).filter(key=key).first()

    def put(self, request: Request, key: str) -> Response:
        """Change what the body has; an absent field stays, null clears."""
        with self.as_seen(request, key=key):
            part = find_part(key)
            fields = PartInput(part, data=request.data, partial=True)
            fields.is_valid(raise_exception=True)
            services.update_part(part, **fields.validated_data)
        return Response(self.represent(key))

    patch = put

    def delete(self, request: Request, key: str) -> Response:
        """The part with its attachments."""
        with self.as_seen(request, key=key):
            services.delete_part(find_part(key))
        return Response(status=204)


class CopyToPartInput(serializers.Serializer[Any]):
    """What to copy, and to which part."""

    attachment_id = NumberField()
    target_part_key = TextField()
    set_as_cover = FlagField(default=False)


class CopyToPartView(APIView):
    """Copies by the part's key, which is all that the frontend knows of the target."""

    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    def post(self, request: Request) -> Response:
        """The same content once more; no bytes move."""
        wish = CopyToPartInput(data=request.data)
        wish.is_valid(raise_exception=True)
        attachment = attachments.copy(
            attachment_id=wish.validated_data["attachment_id"],
            target_set_id=find_part(wish.validated_data["target_part_key"]).attachment_set_id,
            set_as_cover=wish.validated_data["set_as_cover"],
        )
        return Response({"attachment": AttachmentSerializer(attachment).data})


class TypesView(GenericAPIView[PartType]):
    """All types."""

    filter_backends = ()
    permissions: ClassVar = {"POST": "parts.add_parttype"}

    def get(self, request: Request) -> Response:
        """By name."""
        types = PartType.objects.order_by("name")
        if flag(request, "include_stats"):
            types = types.with_part_count()
        page = self.paginate_queryset(types)
        return self.get_paginated_response(PartTypeSerializer(page, many=True).data)

    def post(self, request: Request) -> Response:
        """A new type."""
        fields = PartTypeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        return Response(PartTypeSerializer(services.create_type(**fields.validated_data)).data, status=201)


class TypeView(ConditionalView):
    """One type."""

    permissions: ClassVar = {"PUT": "parts.change_parttype", "DELETE": "parts.delete_parttype"}

    def represent(self, type_id: int) -> Any:
        """The type."""
        return PartTypeSerializer(find_type(type_id)).data

    def lock(self, type_id: int) -> None:
        """Those who change a type take turns."""
        PartType.objects.select_for_update().filter(pk=type_id).first()

    def put(self, request: Request, type_id: int) -> Response:
        """Rename."""
        part_type = find_type(type_id)
        fields = PartTypeSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        with self.as_seen(request, type_id=type_id):
            services.rename_type(part_type, **fields.validated_data)
        return Response(self.represent(type_id))

    def delete(self, request: Request, type_id: int) -> Response:
        """Delete it, unless parts have it."""
        with self.as_seen(request, type_id=type_id):
            services.delete_type(find_type(type_id))
        return Response(status=204)
