"""The ledger in the admin: to look at, and to take something back."""

import re
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import search
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.readonly import ReadOnlyAdmin
from core.admin.service_errors import error_text
from core.errors import InventoryError
from parts.keys import is_key
from parts.models import Part
from stock import services
from stock.admin.panel import part_view
from stock.models import Movement

_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)
# People in the filter; any other is found by the search.
_IN_A_FILTER = 40


class UserFilter(admin.SimpleListFilter):
    """Who did it, of those who did something in the last year."""

    title = "person"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By name."""
        lately = Movement.objects.filter(created_at__gte=timezone.now() - timedelta(days=365)).order_by()
        names = lately.exclude(user_name="").values_list("user_name", flat=True).distinct()[:_IN_A_FILTER]
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:
        """What this person did."""
        return queryset if self.value() is None else queryset.filter(user_name=self.value())


class ReversedFilter(admin.SimpleListFilter):
    """Taken back or not."""

    title = "taken back"
    parameter_name = "reversed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be chosen."""
        return [("yes", "Taken back"), ("no", "Not taken back"), ("reversal", "Takes another back")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:
        """The movements to which this applies."""
        match self.value():
            case "yes":
                return queryset.filter(reversed_by__isnull=False)
            case "no":
                return queryset.filter(reversed_by__isnull=True)
            case "reversal":
                return queryset.filter(reverses__isnull=False)
        return queryset


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin[Movement], CappedListAdmin):
    """Every change of stock, read-only."""

    list_display = ("created_at", "person", "what", "part_link", "quantity", "from_place", "to_place", "why", "undone")
    list_filter = ("kind", UserFilter, "created_at", "source", ReversedFilter)
    search_fields = ("part_key",)
    search_help_text = "Key or words of a part, place such as 7-3, person or cause"
    ordering = ("-pk",)
    actions = ("reverse_selected",)
    change_form_template = "admin/stock/movement/change_form.html"
    fields = (
        ("created_at", "person"),
        ("what", "part_link", "quantity"),
        ("from_place", "to_place"),
        ("why", "note"),
        ("reverses", "undone"),
    )
    readonly_fields = ("created_at", "person", "what", "part_link", "from_place", "to_place", "why", "undone")

    class Media:
        css = {"all": ["stock/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        """With what reverses them."""
        return Movement.objects.select_related("reversed_by")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Every word is a key or finds a part, is a place, or in the name of a person or the cause."""
        for word in search_term[:LONGEST_QUERY].split():
            found = Q(part__in=search.hits(Part, word))
            found |= Q(user_name__icontains=word) | Q(source_text__icontains=word) | Q(note__icontains=word)
            if is_key(word.upper()):
                found |= Q(part_key=word.upper())
            if place := _PLACE.fullmatch(word):
                box_no, loc_no = int(place[1]), int(place[2])
                found |= Q(from_box=box_no, from_loc=loc_no) | Q(to_box=box_no, to_loc=loc_no)
            queryset = queryset.filter(found)
        return queryset, False

    def get_urls(self) -> list[Any]:
        """With the pages that take back, and what the page of a part posts to."""
        return [
            path(
                "<int:movement_id>/reverse/",
                self.admin_site.admin_view(self.reverse_view),
                name="stock_movement_reverse",
            ),
            path(
                "part/<int:part_id>/",
                self.admin_site.admin_view(require_POST(part_view)),
                name="stock_movement_part",
            ),
            *super().get_urls(),
        ]

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        """A permission of its own."""
        return request.user.has_perm("stock.reverse_movement")

    @admin.action(description="Reverse selected movements", permissions=["reverse"])
    def reverse_selected(self, request: HttpRequest, movements: QuerySet[Movement]) -> HttpResponse | None:
        """Ask for a note, then take them back, the newest first."""
        chosen = list(movements.order_by("-pk"))
        if "confirmed" in request.POST:
            self._reverse(request, [movement.pk for movement in chosen])
            return None
        return self._ask(request, chosen, action="reverse_selected")

    def reverse_view(self, request: HttpRequest, movement_id: int) -> HttpResponse:
        """The same for one."""
        if not self.has_reverse_permission(request):
            raise PermissionDenied
        movement = Movement.objects.filter(pk=movement_id)
        if request.method == "POST":
            self._reverse(request, [movement_id])
            return redirect("admin:stock_movement_changelist")
        return self._ask(request, list(movement))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With the button, where there is something to take back."""
        movement: Any = context.get("original")
        context["may_reverse"] = (
            movement is not None
            and movement.reverses_id is None
            and not hasattr(movement, "reversed_by")
            and self.has_reverse_permission(request)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def _ask(self, request: HttpRequest, movements: list[Movement], action: str = "") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Take back",
            "opts": self.opts,
            "movements": movements,
            "action": action,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/stock/movement/reverse.html", context)

    def _reverse(self, request: HttpRequest, ids: list[int]) -> None:
        note = request.POST.get("note", "").strip()
        for pk in ids:
            try:
                reversal = services.reverse(pk, by=request.user, note=note)
            except (InventoryError, ValidationError) as error:
                messages.error(request, f"Movement {pk}: {error_text(error)}")
            else:
                messages.success(request, f"Movement {pk} was taken back, by movement {reversal.pk}.")

    @admin.display(description="Who", ordering="user_name")
    def person(self, movement: Movement) -> str:
        """The name as it was then."""
        return movement.user_name or "–"

    @admin.display(description="What", ordering="kind")
    def what(self, movement: Movement) -> str:
        """The kind."""
        return movement.get_kind_display()

    @admin.display(description="Part", ordering="part_key")
    def part_link(self, movement: Movement) -> SafeString:
        """The key, as a link while there is a part."""
        if movement.part_id is None:
            return format_html('<span title="{}">{} (deleted)</span>', movement.part_text, movement.part_key)
        url = reverse("admin:parts_part_change", args=[movement.part_id])
        return format_html('<a href="{}" title="{}">{}</a>', url, movement.part_text, movement.part_key)

    @admin.display(description="From")
    def from_place(self, movement: Movement) -> str:
        """The place as it was called then."""
        return movement.from_place or "–"

    @admin.display(description="To")
    def to_place(self, movement: Movement) -> str:
        """The place as it was called then."""
        return movement.to_place or "–"

    @admin.display(description="Why")
    def why(self, movement: Movement) -> str:
        """What caused it, or the note."""
        return movement.source_text or movement.note or "–"

    @admin.display(description="Taken back by")
    def undone(self, movement: Movement) -> str | SafeString:
        """The movement that reverses this one."""
        reversal = getattr(movement, "reversed_by", None)
        if reversal is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:stock_movement_change", args=[reversal.pk]), reversal)
