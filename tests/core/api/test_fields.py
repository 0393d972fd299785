"""Fields of JSON bodies."""

from importlib import import_module
from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework import serializers

from core.api.fields import ListField, TextField

pytestmark = pytest.mark.once


class Row(serializers.Serializer[Any]):
    names = ListField(child=TextField(max_length=5), max_length=3, required=False)


def lists() -> list[Any]:
    """Every list that the API takes."""
    # The views, and with them all serializers, are there after this.
    import_module(str(get_resolver().urlconf_name))
    kinds: list[Any] = [*serializers.Serializer.__subclasses__()]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return [
        pytest.param(kind, name, id=f"{kind.__name__}.{name}")
        for kind in dict.fromkeys(kinds)
        if kind.__module__.partition(".")[0] in {"parts", "kits", "stock", "attachments", "inventory"}
        for name, field in kind().fields.items()
        if isinstance(field, serializers.ListField) and not field.read_only
    ]


class TestListField:
    @pytest.mark.parametrize(("kind", "name"), lists())
    def test_of_every_body_is_refused_by_its_length_before_its_items(self, kind: Any, name: str) -> None:
        most = kind().fields[name].max_length
        data = kind(data={name: [{"not": "an item"}] * (most + 1)}, partial=True)
        assert not data.is_valid()
        assert data.errors == {name: [f"Ensure this field has no more than {most} elements."]}

    @pytest.mark.parametrize(
        ("value", "fault"),
        [
            (["a", "b", "c"], None),
            ([], None),
            ("abcd", 'Expected a list of items but got type "str".'),
            ({"a": 1, "b": 2, "c": 3, "d": 4}, 'Expected a list of items but got type "dict".'),
            (["a", "too long"], "Ensure this field has no more than 5 characters."),
            ([1], "Not a valid string."),
        ],
    )
    def test_takes_its_items(self, value: Any, fault: str | None) -> None:
        data = Row(data={"names": value})
        assert data.is_valid() == (fault is None)
        assert fault is None or fault in str(data.errors["names"])
