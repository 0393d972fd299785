"""Routes that raise what a test wants: a plain view and a REST view under /api/, and a page."""

from typing import NoReturn

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

# What the next request raises; a test sets it.
errors: list[Exception] = []


def plain(request: HttpRequest) -> NoReturn:
    raise errors[-1]


class Rest(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> NoReturn:
        raise errors[-1]


urlpatterns = [
    path("api/plain", plain),
    path("api/rest", Rest.as_view()),
    path("page", plain),
    # The page of an error has a link to it.
    path("admin/", admin.site.urls),
]

handler400 = handler403 = handler404 = handler500 = "inventory.errors.error_page"
