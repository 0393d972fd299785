"""Routes of boxes and stock, and those of parts that are about stock; none ends in a slash."""

from django.urls import path

from stock.api import boxes, quantities

urlpatterns = [
    path("boxes", boxes.BoxesView.as_view()),
    path("boxes/<int:box_no>", boxes.BoxView.as_view()),
    path("boxes/<int:box_no>/locations", boxes.BoxLocationsView.as_view()),
    path("parts/<str:key>/locations", quantities.PartLocationsView.as_view()),
    path("parts/<str:key>/history", quantities.PartHistoryView.as_view()),
    path("inventory/parts/<str:key>/stock", quantities.PartStockView.as_view()),
    path("inventory/parts/<str:key>/move", quantities.PartMoveView.as_view()),
    path("inventory/suggestions/<int:type_id>", quantities.SuggestionsView.as_view()),
]
