"""Which contents of a set other owners show, too."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from attachments.api.views import find_set
from attachments.sharing import shown_elsewhere


class SharedView(APIView):
    """The contents of one set that are in other sets as well."""

    def get(self, request: Request, set_id: int) -> Response:
        """For each of them, some of the others; `more` says that these are not all."""
        shared = shown_elsewhere(list(find_set(set_id).attachments.in_order()))
        return Response(
            [
                {
                    "attachment_id": attachment_id,
                    "owners": [
                        {
                            "attachment_set_id": owner.attachment_set_id,
                            "kind": owner.kind,
                            "name": owner.name,
                            "admin_url": owner.admin_url,
                        }
                        for owner in elsewhere.owners
                    ],
                    "more": elsewhere.more,
                }
                for attachment_id, elsewhere in shared.items()
            ]
        )
