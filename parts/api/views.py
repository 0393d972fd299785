"""Parts and types over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from attachments import services as attachments
from attachments.api.serializers import AttachmentSerializer
from core import search
from core.api import body
from core.api.conditional import ConditionalView, reading
from core.api.fields import FlagField, NumberField, TextField
from core.api.history import HistoryEntrySerializer, HistoryView
from core.api.pages import PAGE_STATUSES
from core.api.query import flag
from core.api.schema import operation, query
from core.errors import NotFoundError
from parts import services
from parts.api import includes
from parts.api.rows import part_rows
from parts.api.serializers import (
    PartInput,
    PartRowSerializer,
    PartSerializer,
    PartTypeInput,
    PartTypeRowSerializer,
    PartTypeSerializer,
)
from parts.api.whole import new_part, stored_part
from parts.filters import PartFilter
from parts.keys import is_key
from parts.models import Part, PartType
from parts.narrowing import narrowed_by_one


def find_part(key: str) -> Part:
    """The part, or NotFoundError."""
    part = Part.objects.filter(key=key).first() if is_key(key) else None
    if part is None:
        raise NotFoundError("There is no part with this key.")
    return part


def find_type(type_id: int) -> PartType:
    """The type, or NotFoundError."""
    part_type = PartType.objects.filter(pk=type_id).first()
    if part_type is None:
        raise NotFoundError("There is no such type.")
    return part_type


DUPLICATE = {409: ["duplicate_type"]}
_TEXT = {"type": "string", "pattern": r"^[^\u0000]*$"}
FILTERS = [
    query(
        "q",
        {**_TEXT, "maxLength": 200},
        "Each word has to begin a word of the part or of its files.",
    ),
    query("type_id", {"type": "integer"}, "Of this type."),
    query("tag", _TEXT, "With this tag, exactly."),
    query("has_attachments", {"type": "boolean"}, "With, or without, attachments."),
    query(
        "include",
        {"type": "array", "items": {"type": "string", "enum": includes.known()}, "maxItems": len(includes.known())},
        "Columns to fill, separated by commas.",
        style="form",
        explode=False,
    ),
]


class PartsView(GenericAPIView[Part]):
    """All parts."""

    page_statuses = PAGE_STATUSES
    filterset_class = PartFilter
    default_limit = 50
    permissions: ClassVar = {"POST": "parts.add_part"}

    @override
    def get_queryset(self) -> QuerySet[Part]:
        return Part.objects.order_by("id")

    @operation("list_parts", answer=PartRowSerializer(many=True), query=FILTERS)
    def get(self, request: Request) -> Response:
        """Parts, by id; those that words find in the order of the search."""
        names = includes.parse(request.query_params.get("include"))
        words = request.query_params.get("q", "")
        parts = self.filter_queryset(self.get_queryset())
        found: Any = narrowed_by_one(request.query_params) or search.keys(parts, words)
        keys: Any = self.paginate_queryset(found) or []
        if words.strip():
            search.count_search(Part, found=bool(keys))
        return self.get_paginated_response(part_rows(keys, names))

    @operation("create_part", body=PartInput, answer=PartSerializer, status=201, errors={409: ["no_free_key"]})
    def post(self, request: Request) -> Response:
        """Make a part. Its key, four letters, is drawn by the server."""
        values = body.read(PartInput, request.data)
        return Response(new_part(services.create_part(**values), values), status=201)


class PartView(ConditionalView):
    """One part."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {
        "PUT": "parts.change_part",
        "PATCH": "parts.change_part",
        "DELETE": "parts.delete_part",
    }

    get = reading("get_part", "One part.", answer=PartSerializer)

    def represent(self, key: str) -> Any:
        """The part, whole."""
        return stored_part(key)

    def lock(self, key: str) -> None:
        """Those who change columns of the same part take turns."""
        Part.objects.select_for_update(of=("self",), no_key=True).filter(key=key).first()

    @operation("update_part", body=PartInput(partial=True), answer=PartSerializer)
    def put(self, request: Request, key: str) -> Response:
        """Change what the body has; an absent field stays, null clears."""
        return self._change(request, key)

    @operation("change_part", body=PartInput, answer=PartSerializer)
    def patch(self, request: Request, key: str) -> Response:
        """The same as PUT."""
        return self._change(request, key)

    def _change(self, request: Request, key: str) -> Response:
        part = find_part(key)
        values = body.read(PartInput, request.data, partial=True)
        with self.as_seen(request, key=key):
            services.update_part(part, **values)
        return Response(self.represent(key))

    @operation("delete_part", status=204, errors={409: ["part_in_use"]})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a part with its attachments, unless a kit uses it."""
        with self.as_seen(request, key=key):
            services.delete_part(find_part(key))
        return Response(status=204)


class PartChangesView(HistoryView):
    """Who changed one part."""

    @operation("list_part_changes", answer=HistoryEntrySerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Who changed a part, its attachments and its cover, the latest first."""
        return self.history_of(find_part(key))


class CopyToPartInput(serializers.Serializer[Any]):
    """What to copy, and to which part."""

    example: ClassVar = {"attachment_id": 12, "target_part_key": "ABCD", "set_as_cover": False}

    attachment_id = NumberField()
    target_part_key = TextField()
    set_as_cover = FlagField(default=False)


class CopyToPartAnswer(serializers.Serializer[Any]):
    """The copy."""

    attachment = AttachmentSerializer()


class CopyToPartView(APIView):
    """Copies by the part's key, which is all that the frontend knows of the target."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": "attachments.add_attachment"}

    @operation(
        "copy_attachment_to_part",
        body=CopyToPartInput,
        answer=CopyToPartAnswer,
        errors={400: ["not_an_image"], 404: ["not_found", "unknown_attachment"], 503: ["content_busy"]},
    )
    def post(self, request: Request) -> Response:
        """The content of an attachment once more, in this part's set; no bytes move."""
        wish = body.read(CopyToPartInput, request.data)
        attachment = attachments.copy(
            attachment_id=wish["attachment_id"],
            target_set_id=find_part(wish["target_part_key"]).attachment_set_id,
            set_as_cover=wish["set_as_cover"],
        )
        return Response({"attachment": AttachmentSerializer(attachment).data})


class TypesView(GenericAPIView[PartType]):
    """All types."""

    page_statuses = PAGE_STATUSES
    filter_backends = ()
    permissions: ClassVar = {"POST": "parts.add_parttype"}

    @operation(
        "list_types",
        answer=PartTypeRowSerializer(many=True),
        query=[query("include_stats", {"type": "boolean", "default": False}, "With `part_count`.")],
    )
    def get(self, request: Request) -> Response:
        """Part types, by name."""
        types = PartType.objects.order_by("name")
        if flag(request, "include_stats"):
            types = types.with_part_count()
        page = self.paginate_queryset(types)
        return self.get_paginated_response(PartTypeRowSerializer(page, many=True).data)

    @operation("create_type", body=PartTypeInput, answer=PartTypeSerializer, status=201, errors=DUPLICATE)
    def post(self, request: Request) -> Response:
        """Make a type."""
        part_type = services.create_type(**body.read(PartTypeInput, request.data))
        return Response(PartTypeSerializer(part_type).data, status=201)


class TypeView(ConditionalView):
    """One type."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"PUT": "parts.change_parttype", "DELETE": "parts.delete_parttype"}

    get = reading("get_type", "One type.", answer=PartTypeSerializer)

    def represent(self, type_id: int) -> Any:
        """The type."""
        return PartTypeSerializer(find_type(type_id)).data

    def lock(self, type_id: int) -> None:
        """Those who change a type take turns."""
        PartType.objects.select_for_update().filter(pk=type_id).first()

    @operation("rename_type", body=PartTypeInput, answer=PartTypeSerializer, errors=DUPLICATE)
    def put(self, request: Request, type_id: int) -> Response:
        """Give a type another name."""
        part_type = find_type(type_id)
        values = body.read(PartTypeInput, request.data)
        with self.as_seen(request, type_id=type_id):
            services.rename_type(part_type, **values)
        return Response(self.represent(type_id))

    @operation("delete_type", status=204, errors={409: ["type_in_use"]})
    def delete(self, request: Request, type_id: int) -> Response:
        """Delete a type, unless parts have it."""
        with self.as_seen(request, type_id=type_id):
            services.delete_type(find_type(type_id))
        return Response(status=204)
