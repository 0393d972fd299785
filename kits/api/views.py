"""Kits and their contents over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import search
from core.api import body
from core.api.conditional import ConditionalView, reading
from core.api.history import HistoryEntrySerializer, HistoryView
from core.api.pages import PAGE_STATUSES
from core.api.schema import operation, query
from core.errors import NotFoundError
from kits import services
from kits.api.serializers import (
    ContentInput,
    KitContentSerializer,
    KitInput,
    KitRowSerializer,
    KitSerializer,
    NewContentInput,
    ReservationsSerializer,
)
from kits.availability import active_contents, reservation, reserved_by
from kits.filters import KitFilter
from kits.models import Kit, KitContent
from parts.api.serializers import PartKitSerializer
from parts.api.views import find_part


def find_kit(kit_id: int) -> Kit:
    """The kit with what its JSON needs, or NotFoundError."""
    kit = Kit.objects.for_detail().filter(pk=kit_id).first()
    if kit is None:
        raise NotFoundError("There is no such kit.")
    return kit


FILTERS = [
    query("status", {"type": "string", "enum": Kit.Status.values}, "With this status."),
    query(
        "query",
        {"type": "string", "maxLength": 200, "pattern": r"^[^\u0000]*$"},
        "Each word has to begin a word of the kit or of its files.",
    ),
]


class KitsView(GenericAPIView[Kit]):
    """All kits."""

    page_statuses = PAGE_STATUSES
    filterset_class = KitFilter
    permissions: ClassVar = {"POST": "kits.add_kit"}

    @operation("list_kits", answer=KitRowSerializer(many=True), query=FILTERS)
    def get(self, request: Request) -> Response:
        """Kits, by name; those that words find in the order of the search."""
        page = self.paginate_queryset(self.filter_queryset(Kit.objects.for_list()))
        if request.query_params.get("query", "").strip():
            search.count_search(Kit, found=bool(page))
        return self.get_paginated_response(KitRowSerializer(page, many=True).data)

    @operation("create_kit", body=KitInput, answer=KitSerializer, status=201, errors={409: ["duplicate_kit"]})
    def post(self, request: Request) -> Response:
        """Make a kit."""
        kit = services.create_kit(**body.read(KitInput, request.data))
        return Response(KitSerializer(find_kit(kit.pk)).data, status=201)


class KitView(ConditionalView):
    """One kit."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"PATCH": "kits.change_kit", "DELETE": "kits.delete_kit"}

    get = reading("get_kit", "One kit with its contents.", answer=KitSerializer)

    def represent(self, kit_id: int) -> Any:
        """The kit with its contents."""
        return KitSerializer(find_kit(kit_id)).data

    def lock(self, kit_id: int) -> None:
        """Every change of a kit or its contents locks the kit."""
        Kit.objects.select_for_update(of=("self",)).filter(pk=kit_id).first()

    @operation("change_kit", body=KitInput, answer=KitSerializer, errors={409: ["duplicate_kit", "kit_archived"]})
    def patch(self, request: Request, kit_id: int) -> Response:
        """Change what the body has; null clears."""
        fields = body.read(KitInput, request.data, partial=True)
        with self.as_seen(request, kit_id=kit_id):
            services.update_kit(kit_id, **fields)
        return Response(self.represent(kit_id))

    @operation("delete_kit", status=204)
    def delete(self, request: Request, kit_id: int) -> Response:
        """Delete a kit, archived or not, with its contents and attachments."""
        with self.as_seen(request, kit_id=kit_id):
            services.delete_kit(kit_id)
        return Response(status=204)


class KitChangesView(HistoryView):
    """Who changed one kit."""

    @operation("list_kit_changes", answer=HistoryEntrySerializer(many=True))
    def get(self, request: Request, kit_id: int) -> Response:
        """Who changed a kit, its contents, its attachments and its cover, the latest first."""
        return self.history_of(find_kit(kit_id))


class ArchiveView(APIView):
    """Close a kit."""

    permissions: ClassVar = {"POST": "kits.change_kit"}

    @operation("archive_kit", answer=KitSerializer, errors={409: ["kit_status"]})
    def post(self, request: Request, kit_id: int) -> Response:
        """Close a kit to changes; twice is a conflict."""
        services.archive(kit_id)
        return Response(KitSerializer(find_kit(kit_id)).data)


class UnarchiveView(APIView):
    """Open a kit."""

    permissions: ClassVar = {"POST": "kits.change_kit"}

    @operation("unarchive_kit", answer=KitSerializer, errors={409: ["kit_status"]})
    def post(self, request: Request, kit_id: int) -> Response:
        """Open a kit again; twice is a conflict."""
        services.unarchive(kit_id)
        return Response(KitSerializer(find_kit(kit_id)).data)


class ContentsView(APIView):
    """New rows of a kit."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": "kits.add_kitcontent"}

    @operation(
        "add_kit_content",
        body=NewContentInput,
        answer=KitContentSerializer,
        status=201,
        errors={409: ["duplicate_content", "kit_archived"]},
    )
    def post(self, request: Request, kit_id: int) -> Response:
        """Put a part into a kit."""
        find_kit(kit_id)
        content = services.add_content(kit_id, **body.read(NewContentInput, request.data))
        return Response(KitContentSerializer(content).data, status=201)


class ContentView(APIView):
    """One row of a kit."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"PATCH": "kits.change_kitcontent", "DELETE": "kits.delete_kitcontent"}

    @operation(
        "change_kit_content",
        body=ContentInput,
        answer=KitContentSerializer,
        errors={409: ["stale_version", "kit_archived"]},
    )
    def patch(self, request: Request, kit_id: int, content_id: int) -> Response:
        """Change quantity or note of the version that the client has seen."""
        content = services.change_content(kit_id, content_id, **body.read(ContentInput, request.data))
        return Response(KitContentSerializer(content).data)

    @operation("delete_kit_content", status=204, errors={409: ["kit_archived"]})
    def delete(self, request: Request, kit_id: int, content_id: int) -> Response:
        """Take a part out of a kit."""
        services.remove_content(kit_id, content_id)
        return Response(status=204)


class PartKitsView(GenericAPIView[KitContent]):
    """The kits that use a part."""

    filter_backends = ()

    @operation("list_part_kits", answer=PartKitSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """The kits that use a part, by name."""
        contents = KitContent.objects.select_related("kit").filter(part=find_part(key)).order_by("kit__name")
        page = self.paginate_queryset(contents) or []
        return self.get_paginated_response([reservation(content) for content in page])


class PartReservationsView(APIView):
    """What kits reserve of a part. The frontend learns a part's number only here."""

    @operation("get_part_reservations", answer=ReservationsSerializer)
    def get(self, request: Request, key: str) -> Response:
        """A part's number, and what active kits reserve of it."""
        part = find_part(key)
        reservations = [reservation(content) for content in active_contents([part.pk])]
        told = {
            "part_id": part.pk,
            "part_key": part.key,
            "part_description": part.description,
            "total_reserved": reserved_by(reservations),
            "active_reservations": reservations,
        }
        return Response(ReservationsSerializer(told).data)
