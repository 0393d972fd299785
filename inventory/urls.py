"""Every route. Under /api/ none ends in a slash, and whatever is unknown is a JSON 404."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from cas.metrics import measured
from cas.serving.views import content
from inventory import errors, frontend, health, login, sso, unavailable
from inventory.auth_views import AuthSelf
from inventory.metrics import metrics
from inventory.schema.views import DocsView, SchemaView
from inventory.stream.redirect import stream
from stock import codes

urlpatterns = [
    path("", frontend.start, name="start"),
    path("admin/", admin.site.urls),
    path("q/part/<str:key>", codes.part_code),
    path("q/box/<int:box_no>", codes.box_code),
    path("q/place/<int:box_no>-<int:loc_no>", codes.place_code),
    path("health/live", health.live),
    path("health/ready", health.ready, name="health-ready"),
    # The name that the frontend's own tests wait for.
    path("health/readyz", health.ready),
    path("metrics", metrics),
    path(
        "api/cas/<str:digest>", csrf_exempt(measured(errors.answer_errors(require_safe(content)))), name="cas-content"
    ),
    path("api/auth/self", AuthSelf.as_view()),
    path("api/auth/login", login.login),
    path("api/auth/logout", login.logout),
    path("api/auth/sso", sso.begin, name="sso-begin"),
    path("api/auth/sso/callback", sso.callback, name="sso-callback"),
    path("api/sse/stream", stream),
    path("api/ai-parts/analyze", unavailable.AiView.as_view()),
    path("api/ai-parts/create", unavailable.AiView.as_view()),
    path("api/ai-parts/cleanup", unavailable.AiCleanupView.as_view()),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view()),
    path("api/", include("attachments.api.urls")),
    path("api/", include("parts.api.urls")),
    path("api/", include("stock.api.urls")),
    path("api/", include("kits.api.urls")),
    re_path(r"^api(?:/(?P<rest>.*))?$", errors.api_not_found),
    re_path(frontend.PATHS, frontend.page_or_file),
]

handler400 = handler403 = handler404 = handler500 = "inventory.errors.error_page"
