"""The project's addresses, and the one that everything else is compared with."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    """What Django, its middleware and the web server cost by themselves."""
    return HttpResponse()


urlpatterns = [path("bench/empty", empty), path("", include("inventory.urls"))]
