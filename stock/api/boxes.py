"""Boxes and their places over HTTP: parse, one call of a service, render."""

from typing import Any, ClassVar

from django.db.models import Prefetch
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import body
from core.api.conditional import ConditionalView, reading
from core.api.pages import PAGE_STATUSES
from core.api.query import flag
from core.api.schema import operation, query
from core.errors import NotFoundError
from stock import services
from stock.api.serializers import (
    BoxInput,
    BoxSerializer,
    BoxUsageSerializer,
    LocationSerializer,
    LocationWithPartsSerializer,
)
from stock.models import Box, Location, Stock


def find_box(box_no: int) -> Box:
    """The box with its places, or NotFoundError."""
    by_number = Prefetch("locations", Location.objects.order_by("number"))
    box = Box.objects.prefetch_related(by_number).filter(number=box_no).first()
    if box is None:
        raise NotFoundError("There is no such box.")
    return box


class BoxesView(GenericAPIView[Box]):
    """All boxes."""

    filter_backends = ()
    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": "stock.add_box"}

    @operation("list_boxes", answer=BoxUsageSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Boxes, by number."""
        page = self.paginate_queryset(Box.objects.with_usage().order_by("number"))
        return self.get_paginated_response(BoxUsageSerializer(page, many=True).data)

    @operation("create_box", body=BoxInput, answer=BoxSerializer, status=201)
    def post(self, request: Request) -> Response:
        """Make a box with empty places. The server gives it the next number."""
        box = services.create_box(**body.read(BoxInput, request.data))
        return Response(BoxSerializer(find_box(box.number)).data, status=201)


class BoxView(ConditionalView):
    """One box."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"PUT": "stock.change_box", "DELETE": "stock.delete_box"}

    get = reading("get_box", "One box with its places.", answer=BoxSerializer)

    def represent(self, box_no: int) -> Any:
        """The box with its places."""
        return BoxSerializer(find_box(box_no)).data

    def lock(self, box_no: int) -> None:
        """Those who change a box take turns."""
        Box.objects.select_for_update(no_key=True).filter(number=box_no).first()

    @operation("change_box", body=BoxInput, answer=BoxSerializer, errors={409: ["location_in_use"]})
    def put(self, request: Request, box_no: int) -> Response:
        """Change description and number of places; places come and go at the end."""
        find_box(box_no)
        fields = body.read(BoxInput, request.data)
        with self.as_seen(request, box_no=box_no):
            services.change_box(box_no, **fields)
        return Response(self.represent(box_no))

    @operation("delete_box", status=204, errors={409: ["box_in_use"]})
    def delete(self, request: Request, box_no: int) -> Response:
        """Delete a box with its places, unless something lies in it."""
        with self.as_seen(request, box_no=box_no):
            services.delete_box(box_no)
        return Response(status=204)


class BoxLocationsView(GenericAPIView[Location]):
    """The places of a box."""

    filter_backends = ()

    @operation(
        "list_box_locations",
        answer=LocationWithPartsSerializer(many=True),
        query=[query("include_parts", {"type": "boolean", "default": False}, "With what lies in each place.")],
    )
    def get(self, request: Request, box_no: int) -> Response:
        """The places of a box, by number."""
        places = Location.objects.filter(box__number=box_no).select_related("box").order_by("number")
        if flag(request, "include_parts"):
            stock = Stock.objects.select_related("part__attachment_set__cover_attachment").order_by("part__key")
            places = places.prefetch_related(Prefetch("stock", stock, to_attr="part_assignments"))
        page: Any = self.paginate_queryset(places) or []
        if not page and not Box.objects.filter(number=box_no).exists():
            raise NotFoundError("There is no such box.")
        if not flag(request, "include_parts"):
            return self.get_paginated_response(LocationSerializer(page, many=True).data)
        for place in page:
            place.is_occupied = bool(place.part_assignments)
            place.part_assignments = place.part_assignments or None
        return self.get_paginated_response(LocationWithPartsSerializer(page, many=True).data)
