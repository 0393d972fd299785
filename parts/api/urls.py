"""Routes of parts and types; none ends in a slash."""

from django.urls import path

from parts.api import unbuilt, views
from parts.api.archives import PartArchiveView

urlpatterns = [
    path("parts", views.PartsView.as_view()),
    path("parts/copy-attachment", views.CopyToPartView.as_view()),
    path("parts/shopping-list-memberships/query", unbuilt.PartShoppingListsView.as_view()),
    path("parts/<str:key>", views.PartView.as_view()),
    path("parts/<str:key>/changes", views.PartChangesView.as_view()),
    path("parts/<str:key>/files.zip", PartArchiveView.as_view()),
    path("shopping-lists", unbuilt.ShoppingListsView.as_view()),
    path("sellers", unbuilt.SellersView.as_view()),
    path("types", views.TypesView.as_view()),
    path("types/<int:type_id>", views.TypeView.as_view()),
]
