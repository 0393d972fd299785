"""The index stays beside the rows, whatever happens to either."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.models import TextField

from core import search
from core.search import index
from core.search.models import SearchEntry
from parts.models import Part
from parts.services import create_part, update_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.database import at_once, queries_of


def found(query: str) -> set[str]:
    return {part.description for part in search.find(Part.objects.all(), query)}


def checked(capsys: pytest.CaptureFixture[str]) -> int:
    """How many contradictions `search_check` tells."""
    capsys.readouterr()
    with suppress(SystemExit):
        call_command("search_check", "--json")
    failed: int = json.loads(capsys.readouterr().out)["failed"]
    return failed


@pytest.mark.django_db(transaction=True)
class TestRebuild:
    def test_makes_what_is_missing_and_removes_what_is_left(self, capsys: pytest.CaptureFixture[str]) -> None:
        part, _ = PartFactory.create(description="Lost"), KitFactory.create()
        AttachmentFactory.create(link=True, owner=part, title="Sheet")
        assert checked(capsys) == 0
        SearchEntry.objects.filter(kind="part").delete()
        SearchEntry.objects.create(kind="kit", object_id=10**9, tokens="ghost")
        SearchEntry.objects.filter(kind="kit", object_id__lt=10**9).update(tokens="other words")
        assert checked(capsys) == 4
        call_command("rebuild_search", "--dry-run")
        assert found("lost") == set()
        call_command("rebuild_search", "--json")
        assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"rows": 2, "written": 3, "removed": 1}
        assert found("lost sheet") == {"Lost"}
        assert checked(capsys) == 0

    def test_goes_on_after_a_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.search.index.BATCH", 2)
        parts = PartFactory.create_batch(5, description="Lost")
        SearchEntry.objects.all().delete()
        call_command("rebuild_search", "--kind", "part", "--after", str(parts[1].pk))
        assert SearchEntry.objects.count() == 3
        call_command("rebuild_search")
        assert SearchEntry.objects.count() == 5
        with pytest.raises(CommandError, match="--kind"):
            call_command("rebuild_search", "--after", "1")

    def test_leaves_alone_what_is_added_meanwhile(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        PartFactory.create()
        lock = index._locked

        def add_after(kind: Any, ids: Any) -> Any:
            locked = lock(kind, ids)
            if not Part.objects.filter(description="Meanwhile").exists():
                PartFactory.create(description="Meanwhile")
            return locked

        monkeypatch.setattr(index, "_locked", add_after)
        call_command("rebuild_search")
        assert found("meanwhile") == {"Meanwhile"}
        assert checked(capsys) == 0

    def test_comes_with_migrate_when_there_is_no_index_yet(self) -> None:
        PartFactory.create(description="Older than the index")
        SearchEntry.objects.all().delete()
        emit_post_migrate_signal(0, False, "default", plan=[])
        assert found("older") == {"Older than the index"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.only("embedded")
def test_a_table_that_is_made_anew_is_searched_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    PartFactory.create(description="Before")
    old, new = SearchEntry._meta.get_field("source"), TextField()
    new.set_attributes_from_name("source")
    with connection.schema_editor() as editor:
        editor.alter_field(SearchEntry, old, new)
    try:
        PartFactory.create(description="Between")
        assert checked(capsys) == 1
        emit_post_migrate_signal(0, False, "default", plan=[])
        PartFactory.create(description="After")
        assert [found(word) for word in ("before", "between", "after")] == [{"Before"}, {"Between"}, {"After"}]
        assert checked(capsys) == 0
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(SearchEntry, new, old)
        emit_post_migrate_signal(0, False, "default", plan=[])


@pytest.mark.django_db(transaction=True)
class TestCost:
    def test_of_a_new_part_and_of_an_upload_is_two_statements_at_most(
        self, api: ApiClient, monkeypatch: pytest.MonkeyPatch, photo: Callable[..., SimpleUploadedFile]
    ) -> None:
        part = PartFactory.create()
        body = {"description": "x", "tags": ["smd"]}
        api.post("/parts", body)

        colours = iter(("red", "green", "blue"))

        def send() -> None:
            assert api.upload(part.attachment_set_id, photo(next(colours))).status_code == 201

        send()
        with_search = [queries_of(lambda: api.post("/parts", body)), queries_of(send)]
        monkeypatch.setattr(search, "touch", lambda *args: None)
        without = [queries_of(lambda: api.post("/parts", body)), queries_of(send)]
        assert all(more - less <= 2 for more, less in zip(with_search, without, strict=True))


@pytest.mark.django_db(transaction=True)
def test_writers_of_the_same_part_do_not_overwrite_each_other() -> None:
    part = create_part(description="one")
    fields = [{"description": "two"}, {"manufacturer": "three"}, {"series": "four"}, {"package": "five"}]
    at_once(*(partial(update_part, Part.objects.get(pk=part.pk), **change) for change in fields))
    assert found("two three four five") == {"two"}


@pytest.mark.django_db
def test_searches_are_counted_with_what_they_missed(api: ApiClient) -> None:
    PartFactory.create(description="Here")
    before = {result: counted(result) for result in ("found", "nothing")}
    api.get("/parts", {"q": "here"})
    api.get("/parts", {"q": "gone"})
    api.get("/parts")
    assert {result: counted(result) - before[result] for result in before} == {"found": 1, "nothing": 1}


def counted(result: str) -> float:
    from core.search.metrics import SEARCHES

    return float(SEARCHES.labels("part", result)._value.get())
