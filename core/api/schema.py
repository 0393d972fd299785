"""How a view says what it takes and answers, for the OpenAPI schema.

Only what is its own: what all routes have in common (login, errors, lists, tags of versions) is added by the project's
schema class, which knows it from the view.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

_View = TypeVar("_View", bound=Callable[..., Any])

# Codes of errors by status.
Errors = Mapping[int, Sequence[str]]

NOT_BUILT = {"x-not-built": True}
ZIP = {(200, "application/zip"): OpenApiTypes.BINARY}


def operation(
    name: str,
    *,
    answer: Any = None,
    status: int = 200,
    body: Any = None,
    errors: Errors | None = None,
    query: Sequence[OpenApiParameter] = (),
    extensions: Mapping[str, Any] | None = None,
) -> Callable[[_View], _View]:
    """Describe one method of a view. `answer` is a serializer, a schema, or a mapping of statuses to them."""
    return extend_schema(
        operation_id=name,
        request=body,
        responses=answer if isinstance(answer, dict) and "type" not in answer else {status: answer},
        parameters=list(query),
        extensions={**(extensions or {}), "x-errors": dict(errors or {})},
    )


def query(name: str, schema: dict[str, Any], description: str, **more: Any) -> OpenApiParameter:
    """An optional parameter of the query."""
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description, **more)
