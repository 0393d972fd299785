"""The index of the search."""

from typing import ClassVar

from django.db import models

from core.search.lookups import Matches


class TokensField(models.TextField[str, str]):
    """Tokens with spaces between them, and none twice. `tokens__matches` takes terms (`core.search.tokens`)."""


TokensField.register_lookup(Matches)


class SearchEntry(models.Model):
    """What a row of another table is found by. `source` is blank for its own text, else it names what belongs to it.

    An index beside the rows, of which it can be made anew (`rebuild_search`): no foreign keys, no facts of its own.
    """

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    source = models.CharField(max_length=40, blank=True)
    tokens = TokensField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "object_id", "source"], name="search_entry_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source"], condition=~models.Q(source=""), name="search_entry_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.source}".strip()
