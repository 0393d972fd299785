"""The OpenAPI schema: complete, current, and served to whoever is logged in."""

import json
import re
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from inventory.schema.common import ERROR
from inventory.schema.views import schema
from tests.conftest import ApiClient
from tests.inventory.test_routes import api_routes
from tests.plugins.server import ROOT

# Pages, navigations, the way to another process, and what is answered with 501 only.
UNDESCRIBED = {
    *(
        "/api/schema",
        "/api/docs",
        "/api/auth/login",
        "/api/auth/logout",
        "/api/auth/sso",
        "/api/auth/sso/callback",
        "/api/sse/stream",
    ),
    *(f"/api/ai-parts/{name}" for name in ("analyze", "cleanup", "create")),
}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each."""
    return [
        (path, method, operation)
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.once
class TestSchema:
    def test_is_kept_in_the_documentation(self) -> None:
        kept = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
        how = "manage.py spectacular --format openapi-json --file docs/openapi.json"
        assert json.loads(json.dumps(schema())) == kept, f"Make it anew: {how}"

    def test_is_made_without_a_warning(self) -> None:
        schema.cache_clear()
        validate_schema(schema())  # type: ignore[no-untyped-call]
        assert not GENERATOR_STATS
        assert schema()["openapi"].startswith("3.1.")

    def test_has_every_route(self) -> None:
        routes = {
            re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route}") for route in api_routes() if not route.startswith("api/^")
        }
        described = {path.replace("{sha256}", "{digest}") for path in schema()["paths"]}
        assert routes - UNDESCRIBED == described

    def test_has_none_of_the_old_system(self) -> None:
        assert [path for path in schema()["paths"] if re.search(r"/parts/\{key\}/(attachments|cover)", path)] == []

    def test_says_what_is_not_built(self) -> None:
        marked = {path for path, _, operation in operations() if operation.get("x-not-built")}
        assert marked == {
            "/api/sellers",
            "/api/shopping-lists",
            "/api/parts/shopping-list-memberships/query",
            "/api/kits/shopping-list-memberships/query",
            "/api/kits/pick-list-memberships/query",
        }

    def test_has_a_name_a_summary_and_a_description_of_every_answer(self) -> None:
        names = [operation["operationId"] for _, _, operation in operations()]
        assert len(names) == len(set(names))
        for _, _, operation in operations():
            assert operation["summary"].endswith(".")
            assert all(answer["description"] for answer in operation["responses"].values())

    def test_has_one_body_for_all_errors(self) -> None:
        for _, method, operation in operations():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and method != "head":
                    [content] = answer["content"].items()
                    assert content == ("application/json", {"schema": {"$ref": f"#/components/schemas/{ERROR}"}})

    def test_needs_a_login_for_everything_but_content_addresses(self) -> None:
        without = {path for path, _, operation in operations() if not operation["security"]}
        assert without == {"/api/cas/{sha256}"}

    def test_names_only_codes_that_the_documentation_explains(self) -> None:
        page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
        answers = [answer for _, _, operation in operations() for answer in operation["responses"].values()]
        codes = {code for answer in answers for code in re.findall(r"`(\w+)`", answer["description"])}
        assert len(codes) > 20
        assert {code for code in codes if f"`{code}`" not in page} == set()


@pytest.mark.django_db
class TestServed:
    @pytest.mark.parametrize("path", ["/schema", "/docs"])
    @pytest.mark.parametrize("accept", ["*/*", "text/html"])
    def test_needs_a_login(self, anonymous: ApiClient, path: str, accept: str) -> None:
        answer = anonymous.get(path, headers={"Accept": accept})
        assert answer.status_code == 401 or (path, accept, answer.status_code) == ("/schema", "text/html", 406)
        assert answer["Content-Type"] == "application/json"

    def test_is_json(self, reader: ApiClient) -> None:
        answer = reader.get("/schema")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer.json()["paths"].keys() == schema()["paths"].keys()

    def test_page_has_a_policy_of_its_own(self, reader: ApiClient) -> None:
        answer = reader.get("/docs", headers={"Accept": "text/html"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert "://" not in answer.content.decode()
