"""Stock over HTTP: parse, one call of a service, render."""

from typing import ClassVar

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import body
from core.api.pages import PAGE_STATUSES
from core.api.schema import operation
from core.errors import NotFoundError
from core.prepared import PreparedQuery
from parts.keys import is_key
from parts.models import Part
from stock import services
from stock.api.serializers import (
    MoveInput,
    MovementSerializer,
    PartLocationSerializer,
    PlaceSerializer,
    StockInput,
)
from stock.models import Movement, Stock

_PART: PreparedQuery[Part] = PreparedQuery(lambda key: Part.objects.only("key").filter(key=key))


def find_part(key: str) -> Part:
    """The bare part, or NotFoundError."""
    part = _PART.first(key) if is_key(key) else None
    if part is None:
        raise NotFoundError("There is no part with this key.")
    return part


class PartLocationsView(GenericAPIView[Stock]):
    """Where a part lies."""

    filter_backends = ()

    @operation("list_part_locations", answer=PartLocationSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """Where a part lies, by box and place."""
        page = self.paginate_queryset(Stock.objects.filter(part=find_part(key)).by_place()) or []
        return self.get_paginated_response(
            [
                {
                    "key": key,
                    "box_no": stock.location.box.number,
                    "loc_no": stock.location.number,
                    "qty": stock.quantity,
                }
                for stock in page
            ]
        )


class PartStockView(APIView):
    """Pieces of a part, in and out."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": "stock.add_movement", "DELETE": "stock.add_movement"}

    @operation(
        "add_stock",
        body=StockInput,
        answer=PartLocationSerializer,
        status=201,
        errors={400: ["no_such_location"], 409: ["quantity_too_large"]},
    )
    def post(self, request: Request, key: str) -> Response:
        """Put pieces into a place. `qty` of the answer is what lies there now."""
        part, wish = find_part(key), body.read(StockInput, request.data)
        movement = services.add(
            part=part, box_no=wish["box_no"], loc_no=wish["loc_no"], quantity=wish["qty"], by=request.user
        )
        told = {"key": key, "box_no": movement.to_box, "loc_no": movement.to_loc, "qty": movement.there}
        return Response(told, status=201)

    @operation(
        "remove_stock",
        body=StockInput,
        status=204,
        errors={400: ["no_such_location"], 409: ["insufficient_stock"]},
    )
    def delete(self, request: Request, key: str) -> Response:
        """Take pieces out of a place. The body says how many, and where."""
        part, wish = find_part(key), body.read(StockInput, request.data)
        services.remove(part=part, box_no=wish["box_no"], loc_no=wish["loc_no"], quantity=wish["qty"], by=request.user)
        return Response(status=204)


class PartMoveView(APIView):
    """Pieces of a part from place to place."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": "stock.add_movement"}

    @operation(
        "move_stock",
        body=MoveInput,
        status=204,
        errors={400: ["no_such_location", "same_place"], 409: ["insufficient_stock", "quantity_too_large"]},
    )
    def post(self, request: Request, key: str) -> Response:
        """Take pieces from one place to another, as one movement."""
        part, wish = find_part(key), body.read(MoveInput, request.data)
        services.move(part=part, quantity=wish.pop("qty"), by=request.user, **wish)
        return Response(status=204)


class PartHistoryView(GenericAPIView[Movement]):
    """What happened to a part's stock."""

    filter_backends = ()
    default_limit = 50

    @operation("list_part_history", answer=MovementSerializer(many=True))
    def get(self, request: Request, key: str) -> Response:
        """The movements of a part, the newest first."""
        page = self.paginate_queryset(Movement.objects.filter(part=find_part(key)).newest_first())
        return self.get_paginated_response(MovementSerializer(page, many=True).data)


class SuggestionsView(APIView):
    """Where parts of a type could go."""

    @operation("suggest_locations", answer=PlaceSerializer(many=True))
    def get(self, request: Request, type_id: int) -> Response:
        """Up to three empty places, the best first."""
        return Response([place._asdict() for place in services.suggest(type_id)])
