"""Tables in and out, as CSV and XLSX: each row goes through a service, and none can hide a formula."""

from abc import abstractmethod
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.html import format_html
from import_export.fields import Field
from import_export.resources import Diff, ModelResource
from import_export.widgets import ForeignKeyWidget, IntegerWidget
from typing_extensions import override

from core.errors import InventoryError, RefusedInputError

# What a spreadsheet takes for a formula; and the apostrophe that hides it from it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HIDDEN = "'"


class PlainDiff(Diff):  # type: ignore[misc]
    """What a row changes, without styles of its own: the policy of the pages lets none through."""

    @override
    def as_html(self) -> list[Any]:
        return [
            format_html("{}", after)
            if before == after
            else format_html("<del>{}</del> <ins>{}</ins>", "" if self.new else before, after)
            for before, after in zip(self.left, self.right, strict=False)
        ]


class Number(IntegerWidget):  # type: ignore[misc]
    """A whole number."""

    @override
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        try:
            number: int | None = super().clean(value, row, **kwargs)
        except (ValueError, ArithmeticError):
            raise ValidationError(f"{str(value)[:50]!r} is no whole number.") from None
        if number is not None and float(value) != number:
            raise ValidationError(f"{str(value)[:50]!r} is no whole number.")
        return number


class Reference(ForeignKeyWidget):  # type: ignore[misc]
    """A row of another table, by the value of one of its columns. `what` names it for people."""

    def __init__(self, model: Any, field: str, what: str) -> None:
        super().__init__(model, field=field)
        self.what = what

    @override
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        try:
            return super().clean(value, row, **kwargs)
        except self.model.DoesNotExist:
            raise ValidationError(f"There is no {self.what} {str(value)[:50]}.") from None


class ServiceResource(ModelResource):  # type: ignore[misc]
    """Inherit for a table: name the columns as fields, and call the service in `save`."""

    # The columns in their order, for `Meta.fields`.
    columns: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def save(self, instance: Any, *, is_new: bool, row: Any, by: Any) -> None:
        """Save the row of a table through a service. Raises what that raises."""

    @classmethod
    @override
    def get_diff_class(cls) -> type[Diff]:
        return PlainDiff

    @override
    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        known = {field.column_name for field in self.get_import_fields()}
        if missing := [name for name in self.needed() if name not in (dataset.headers or [])]:
            # Not a ValidationError, which the page would show as a list.
            sentence = f"The table has no column {missing[0]}. Its columns are {', '.join(sorted(known))}."
            raise RefusedInputError(sentence)

    def needed(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return ()

    @override
    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = _shown(value.strip())

    @override
    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        try:
            self.save(instance, is_new=is_create, row=row, by=kwargs.get("user"))
        except InventoryError as error:
            raise ValidationError(str(error)) from error

    @override
    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        pass

    @override
    def export_field(self, field: Field, instance: Any, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return _hidden(value) if isinstance(value, str) else value


def _hidden(text: str) -> str:
    return f"{_HIDDEN}{text}" if text.startswith((*_FORMULA, _HIDDEN)) else text


def _shown(text: str) -> str:
    """What an export wrote, as it was before."""
    return text[1:] if text.startswith(_HIDDEN) and text[1:].startswith((*_FORMULA, _HIDDEN)) else text
