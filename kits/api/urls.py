"""Routes of kits, and those of parts that are about kits; none ends in a slash."""

from django.urls import path

from kits.api import unbuilt, views
from kits.api.archives import KitArchiveView

_KIT = "kits/<int:kit_id>"

urlpatterns = [
    path("kits", views.KitsView.as_view()),
    path(_KIT, views.KitView.as_view()),
    path(f"{_KIT}/archive", views.ArchiveView.as_view()),
    path(f"{_KIT}/unarchive", views.UnarchiveView.as_view()),
    path(f"{_KIT}/changes", views.KitChangesView.as_view()),
    path(f"{_KIT}/files.zip", KitArchiveView.as_view()),
    path(f"{_KIT}/contents", views.ContentsView.as_view()),
    path(f"{_KIT}/contents/<int:content_id>", views.ContentView.as_view()),
    path("kits/shopping-list-memberships/query", unbuilt.KitShoppingListsView.as_view()),
    path("kits/pick-list-memberships/query", unbuilt.KitPickListsView.as_view()),
    path("parts/<str:key>/kits", views.PartKitsView.as_view()),
    path("parts/<str:key>/kit-reservations", views.PartReservationsView.as_view()),
]
