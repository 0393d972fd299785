"""Kits and their contents over HTTP: parse, one call of a service, render."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from attachments.api.conditional import ConditionalView
from cas.errors import UnknownError
from kits import services
from kits.api.serializers import (
    ContentInput,
    KitContentSerializer,
    KitInput,
    KitRowSerializer,
    KitSerializer,
    NewContentInput,
)
from kits.filters import KitFilter
from kits.models import Kit, KitContent
from parts.api.views import find_part


def find_kit(kit_id: int) -> Kit:
    """The kit with what its JSON needs, or UnknownError."""
    kit = Kit.objects.for_detail().filter(pk=kit_id).first()
    if kit is None:
        raise UnknownError("There is no such kit.")
    return kit


class KitsView(GenericAPIView[Kit]):
    """All kits."""

    filterset_class = KitFilter
    permissions: ClassVar = {"POST": "kits.add_kit"}

    def get(self, request: Request) -> Response:
        """By name."""
        page = self.paginate_queryset(self.filter_queryset(Kit.objects.for_list()))
        return self.get_paginated_response(KitRowSerializer(page, many=True).data)

    def post(self, request: Request) -> Response:
        """A new kit."""
        fields = KitInput(data=request.data)
        fields.is_valid(raise_exception=True)
        kit = services.create_kit(**fields.validated_data)
        return Response(KitSerializer(find_kit(kit.pk)).data, status=201)


class KitView(ConditionalView):
    """One kit."""

    permissions: ClassVar = {"PATCH": "kits.change_kit", "DELETE": "kits.delete_kit"}

    def represent(self, kit_id: int) -> Any:
        """The kit with its contents."""
        return KitSerializer(find_kit(kit_id)).data

    def lock(self, kit_id: int) -> None:
        """Every change of a kit or its contents locks the kit."""
        Kit.objects.select_for_update(of=("self",)).filter(pk=kit_id).first()

    def patch(self, request: Request, kit_id: int) -> Response:
        """Change what the body has."""
        fields = KitInput(data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        with self.as_seen(request, kit_id=kit_id):
            services.update_kit(kit_id, **fields.validated_data)
        return Response(self.represent(kit_id))

    def delete(self, request: Request, kit_id: int) -> Response:
        """The kit with its contents and attachments."""
        with self.as_seen(request, kit_id=kit_id):
            services.delete_kit(kit_id)
        return Response(status=204)


class KitStatusView(APIView):
    """Archiving and its opposite."""

    permissions: ClassVar = {"POST": "kits.change_kit"}
    change: Callable[[int], Kit]

    def post(self, request: Request, kit_id: int) -> Response:
        """Change the status; twice is a conflict."""
        type(self).change(kit_id)
        return Response(KitSerializer(find_kit(kit_id)).data)


class ArchiveView(KitStatusView):
    """Close a kit."""

    change = staticmethod(services.archive)


class UnarchiveView(KitStatusView):
    """Open a kit."""

    change = staticmethod(services.unarchive)


class ContentsView(APIView):
    """New rows of a kit."""

    permissions: ClassVar = {"POST": "kits.add_kitcontent"}

    def post(self, request: Request, kit_id: int) -> Response:
        """Put a part into the kit."""
        find_kit(kit_id)
        fields = NewContentInput(data=request.data)
        fields.is_valid(raise_exception=True)
        content = services.add_content(kit_id, **fields.validated_data)
        return Response(KitContentSerializer(content).data, status=201)


class ContentView(APIView):
    """One row of a kit."""

    permissions: ClassVar = {"PATCH": "kits.change_kitcontent", "DELETE": "kits.delete_kitcontent"}

    def patch(self, request: Request, kit_id: int, content_id: int) -> Response:
        """Change quantity or note of the version that the client has seen."""
        fields = ContentInput(data=request.data)
        fields.is_valid(raise_exception=True)
        content = services.change_content(kit_id, content_id, **fields.validated_data)
        return Response(KitContentSerializer(content).data)

    def delete(self, request: Request, kit_id: int, content_id: int) -> Response:
        """Take the part out of the kit."""
        services.remove_content(kit_id, content_id)
        return Response(status=204)


def membership(content: KitContent) -> dict[str, object]:
    """A kit as a part sees it."""
    kit = content.kit
    return {
        "kit_id": kit.pk,
        "kit_name": kit.name,
        "status": kit.status,
        "build_target": kit.build_target,
        "required_per_unit": content.required_per_unit,
        "reserved_quantity": 0,
        "updated_at": content.updated_at,
    }


class PartKitsView(GenericAPIView[KitContent]):
    """The kits that use a part."""

    filter_backends = ()

    def get(self, request: Request, key: str) -> Response:
        """By name."""
        contents = KitContent.objects.select_related("kit").filter(part=find_part(key)).order_by("kit__name")
        page = self.paginate_queryset(contents) or []
        return self.get_paginated_response([membership(content) for content in page])


class PartReservationsView(APIView):
    """What kits reserve of a part. The frontend learns a part's number only here."""

    def get(self, request: Request, key: str) -> Response:
        """The part, and nothing reserved: no stock is kept yet."""
        part = find_part(key)
        return Response(
            {
                "part_id": part.pk,
                "part_key": part.key,
                "part_description": part.description,
                "total_reserved": 0,
                "active_reservations": [],
            }
        )
