"""The table of the history."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from core.history.sentences import sentence
from core.prepared import PreparedModel


class HistoryEntryQuerySet(models.QuerySet["HistoryEntry"]):
    """Entries of the history."""

    def of(self, row: models.Model) -> "HistoryEntryQuerySet":
        """Those about this row, the latest first."""
        content_type = ContentType.objects.get_for_model(row, for_concrete_model=False)
        return self.filter(content_type=content_type, object_id=str(row.pk)).order_by("-id")


class SavedForm(models.Model):
    """The form of a new row that the admin has saved, by its token: sent again, it adds nothing. Kept for some days."""

    token = models.UUIDField(primary_key=True)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+", db_index=False)
    object_id = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.token)


class HistoryEntry(PreparedModel):
    """One change of one row: who, when, what. Never changed and never deleted.

    The row may be gone, and so may the person: `parameters` has the row's name, `actor_name` that of the person.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+", db_index=False)
    object_id = models.CharField(max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField("who", max_length=255)
    verb = models.CharField(max_length=30)
    parameters = models.JSONField(default=dict)
    at = models.DateTimeField("when", db_default=Now())

    objects = HistoryEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "change"
        verbose_name_plural = "history"
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["content_type", "object_id", "id"], name="history_of_a_row")]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.text}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An entry of the history is never changed.")
        super().save(*args, **kwargs)

    @override
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("An entry of the history is never deleted.")

    @property
    def text(self) -> str:
        """What happened, as a sentence without its subject."""
        return sentence(self.verb, self.parameters)

    @property
    def name(self) -> str:
        """What the row was called then."""
        return str(self.parameters.get("name", ""))
