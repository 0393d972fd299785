"""Pages that save through services: what a service refuses is a fault of the form, and nothing typed is lost."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from cas.errors import InventoryError


class ServiceForm(forms.ModelForm[Any]):
    """A form that shows what the service said when the page was saved."""

    refusal: Exception | None = None

    def clean(self) -> dict[str, Any] | None:
        """Raise the refusal, if there was one."""
        cleaned = super().clean()
        if isinstance(self.refusal, ValidationError):
            raise self.refusal
        if self.refusal is not None:
            raise ValidationError(str(self.refusal))
        return cleaned


class ServiceErrorsMixin:
    """For a ModelAdmin whose `form` is a ServiceForm, and whose `save_model` calls a service."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Save; what the service refuses is rolled back and shown on the page."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except (InventoryError, ValidationError) as error:
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form class, knowing what the service said."""
        form: Any = super().get_form(request, *args, **kwargs)  # type: ignore[misc]
        form.refusal = getattr(request, "refusal", None)
        return form
