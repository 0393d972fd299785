"""What a service refuses after a form is valid, shown on the form's page: nothing is saved, nothing typed is lost."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from typing_extensions import override

from core.errors import InventoryError

_ERROR = "service_error"


class ServiceErrorsMixin(admin.ModelAdmin[Any]):
    """Inherit where `save_model`, `save_formset`, `delete_model` or `delete_queryset` call services."""

    @override
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (InventoryError, ValidationError, IntegrityError) as error:
            if request.method != "POST":
                raise
            # The transaction of the page is rolled back by now. The same form once more, refused by this error.
            setattr(request, _ERROR, _shown(error))
            return super().changeform_view(request, *args, **kwargs)

    @override
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        error: ValidationError | None = getattr(request, _ERROR, None)
        return form if error is None else _refused(form, error)

    @override
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().delete_view(request, *args, **kwargs)
        except (InventoryError, IntegrityError) as error:
            return _back(request, error)

    @override
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.POST.get("action") != "delete_selected":
            return super().changelist_view(request, extra_context)
        try:
            # Django writes its log before it deletes: all of it, or nothing.
            with transaction.atomic():
                return super().changelist_view(request, extra_context)
        except (InventoryError, IntegrityError) as error:
            return _back(request, error)


def error_text(error: InventoryError | ValidationError) -> str:
    """The sentences of a refusal, in one line."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def become(instance: Model, saved: Model) -> None:
    """Let the object of a form be the row that a service has saved: Django's admin goes on with the former."""
    instance.__dict__.update(saved.__dict__)


def _refused(form: type[ModelForm[Any]], error: ValidationError) -> type[ModelForm[Any]]:
    class RefusedForm(form):  # type: ignore[valid-type, misc]
        @override
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(None, error)
            return cleaned

    return RefusedForm


def _back(request: HttpRequest, error: Exception) -> HttpResponse:
    for text in _shown(error).messages:
        messages.error(request, text)
    return HttpResponseRedirect(request.get_full_path())


def _shown(error: Exception) -> ValidationError:
    """The error as a form shows it."""
    if isinstance(error, ValidationError):
        return ValidationError(error.messages)
    if isinstance(error, IntegrityError):
        return ValidationError("Somebody else changed this at the same moment; load it again.")
    return ValidationError(str(error))
