"""The route that tells a client who is logged in."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.schema import operation
from inventory.auth import LocalUser

ROLES = ("admin", "editor", "reader")


class SelfSerializer(serializers.Serializer[Any]):
    """The person who sent the request."""

    subject = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    roles = serializers.ListField(child=serializers.ChoiceField(ROLES), read_only=True)


class AuthSelf(APIView):
    """The person who asks, and the roles the frontend shows things by."""

    @operation("get_self", answer=SelfSerializer)
    def get(self, request: Request) -> Response:
        """Who asks, and with which roles."""
        user: Any = request.user
        if isinstance(user, LocalUser):
            return Response({"subject": "local", "name": "Local user", "email": None, "roles": ROLES})
        return Response(
            {
                "subject": str(user.pk),
                "name": user.get_full_name() or user.get_username(),
                "email": user.email or None,
                "roles": roles(user),
            }
        )


def roles(user: Any) -> tuple[str, ...]:
    """Superusers are all three; any permission to change something makes an editor; everybody reads."""
    if user.is_superuser:
        return ROLES
    changes = any(permission.split(".")[-1].startswith("change_") for permission in user.get_all_permissions())
    return ROLES[1:] if changes else ROLES[2:]
