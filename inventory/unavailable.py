"""What the frontend has buttons for and this server will not do: it says so, with 501."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory.errors import NotAvailableError


class AiView(APIView):
    """Analysis of parts by a language model. The body is not looked at."""

    # No operation of this API.
    schema = None
    permissions: ClassVar = {"POST": "parts.add_part"}

    def post(self, request: Request) -> Response:
        """Raises NotAvailableError."""
        raise NotAvailableError("This server has no AI analysis; add the part by hand.")


class AiCleanupView(AiView):
    """Of a part that is there."""

    permissions: ClassVar = {"POST": "parts.change_part"}
