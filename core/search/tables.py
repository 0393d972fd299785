"""What the databases need to find tokens quickly, beside the table of the entries.

PostgreSQL has an index on the tokens as a tsvector: no parser and no extension is involved. SQLite has an FTS5 table
over the entries, kept by triggers. A later migration that makes the table of the entries anew drops its triggers
without a word, so `migrate` ends with `ensure_index`, which makes what is missing.
"""

from typing import Any

from django.db import DatabaseError

FTS_TABLE = "core_searchentry_fts"
ENTRIES = "core_searchentry"
_INDEX = "search_entry_tokens"

_REMOVE = f"INSERT INTO {FTS_TABLE} ({FTS_TABLE}, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
_ADD = f"INSERT INTO {FTS_TABLE} (rowid, tokens) VALUES (new.id, new.tokens);"
_TRIGGERS = {
    f"{FTS_TABLE}_insert": ("INSERT", _ADD),
    f"{FTS_TABLE}_delete": ("DELETE", _REMOVE),
    f"{FTS_TABLE}_update": ("UPDATE OF id, tokens", f"{_REMOVE} {_ADD}"),
}


def ensure_index(connection: Any) -> None:
    """Make what is missing, from the entries that there are."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Without a list of pending changes, which every search would have to read through.
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {_INDEX} ON {ENTRIES} USING gin ((tokens::tsvector))"
                " WITH (fastupdate = off)"
            )
        elif not is_complete(connection):
            _make_fts(cursor)


def is_complete(connection: Any) -> bool:
    """Whether nothing is missing."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid", [_INDEX])
            return cursor.fetchone() is not None
        cursor.execute("SELECT name FROM sqlite_master WHERE tbl_name IN (%s, %s)", [FTS_TABLE, ENTRIES])
        return {name for (name,) in cursor.fetchall()} >= {FTS_TABLE, *_TRIGGERS}


def fault(connection: Any) -> str | None:
    """What is wrong with it, as a sentence, or None."""
    if not is_complete(connection):
        return "The index of the database is not there, or incomplete; migrate makes it."
    if connection.vendor == "postgresql":
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {FTS_TABLE} ({FTS_TABLE}, rank) VALUES ('integrity-check', 1)")
    except DatabaseError:
        return "The index of the database does not hold what the entries say."
    return None


def drop_index(connection: Any) -> None:
    """Take away what `ensure_index` made."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP INDEX IF EXISTS {_INDEX}")
            return
        for name in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE IF EXISTS {FTS_TABLE}")


def _make_fts(cursor: Any) -> None:
    cursor.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS_TABLE} USING fts5 (tokens, content='{ENTRIES}', "
        "content_rowid='id', detail=none, columnsize=0, prefix='2 3 4', tokenize=\"ascii tokenchars '.=#'\")"
    )
    for name, (event, body) in _TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {ENTRIES} BEGIN {body} END")
    # What was written while a trigger was missing.
    cursor.execute(f"INSERT INTO {FTS_TABLE} ({FTS_TABLE}) VALUES ('rebuild')")
