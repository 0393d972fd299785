"""A large inventory, made by the database itself in seconds: parts with types, tags, pictures and datasheets."""

from django.db import connection, transaction

from core.search import tables
from core.search.tokens import Text

# Of each list a part takes one by its number. The lists have no common divisor, so that all combinations come.
_KINDS = (
    *("resistor", "capacitor", "diode", "transistor", "inductor", "crystal", "fuse", "relay", "switch", "connector"),
    *("regulator", "amplifier", "comparator", "timer", "sensor", "display", "microcontroller", "memory", "transformer"),
)
_MAKERS = (
    *("Yageo", "Vishay", "Murata", "Onsemi", "Nexperia", "Infineon", "Wima", "Panasonic", "Bourns", "Littelfuse"),
    *("Omron", "Alps", "Molex", "Amphenol", "Microchip", "Atmel", "Rohm", "Toshiba", "Renesas", "Semtech", "Abracon"),
    *("Epcos", "Kemet"),
)
_PACKAGES = (
    *("0402", "0603", "0805", "1206", "1210", "2512", "SOT23", "SOT223", "SOIC8", "SOIC16", "TSSOP14", "QFN32", "DIP8"),
    *("DIP14", "TO92", "TO220", "DPAK"),
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TAGS = 40


def fill(parts: int) -> None:
    """Make so many parts in an empty database: every second has a datasheet, every fourth a picture as its cover."""
    # To make an index of all entries at once is quicker than to add one after the other.
    tables.drop_index(connection)
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Nor to look up every foreign key.
            cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in _statements(parts):
            cursor.execute(statement)
    tables.ensure_index(connection)


def _statements(parts: int) -> list[str]:
    letters = " || ".join(f"substr('{_LETTERS}', 1 + numbers.n / {26**place} % 26, 1)" for place in (3, 2, 1, 0))
    now = "CURRENT_TIMESTAMP"
    return [
        "CREATE TEMPORARY TABLE numbers (n integer PRIMARY KEY)",
        _count_to(parts),
        *_words("kinds", _KINDS),
        *_words("makers", _MAKERS),
        *_words("packages", _PACKAGES),
        f"INSERT INTO parts_parttype (id, name, created_at, updated_at) SELECT n + 1, word, {now}, {now} FROM kinds",
        f"INSERT INTO parts_tag (id, name) SELECT n, 'tag-' || n FROM numbers WHERE n <= {_TAGS}",
        f"INSERT INTO attachments_attachmentset (id, created_at, updated_at) SELECT n, {now}, {now} FROM numbers",
        f"""
        INSERT INTO parts_part (id, key, manufacturer_code, type_id, description, manufacturer, package,
            created_at, updated_at, attachment_set_id)
        SELECT numbers.n, {letters}, upper(substr(kinds.word, 1, 2)) || 'X' || numbers.n, kinds.n + 1,
            (numbers.n % 1009) || ' Ω ' || kinds.word || ', 1 %, ' || (numbers.n % 51) || ' mW, for general use',
            makers.word, packages.word, {now}, {now}, numbers.n
        FROM numbers JOIN kinds ON kinds.n = numbers.n % {len(_KINDS)}
            JOIN makers ON makers.n = numbers.n % {len(_MAKERS)}
            JOIN packages ON packages.n = numbers.n % {len(_PACKAGES)}
        """,
        f"""
        INSERT INTO parts_part_tags (id, part_id, tag_id)
        SELECT n, n, 1 + n % 7 FROM numbers UNION ALL SELECT {parts} + n, n, 8 + n % {_TAGS - 7} FROM numbers
        """,
        f"INSERT INTO cas_blob (digest, size) SELECT {_digest()}, 10000 FROM numbers WHERE n % 2 = 0",
        f"""
        INSERT INTO attachments_attachment (id, attachment_set_id, attachment_type, title, url, filename, content_type,
            file_size, blob_id, legacy_key, position, created_at, updated_at)
        SELECT n, n, CASE WHEN n % 4 = 0 THEN 'image' ELSE 'pdf' END, 'sheet', '', 'sheet-' || n || '.pdf',
            'application/pdf', 10000, {_digest()}, '', 0, {now}, {now} FROM numbers WHERE n % 2 = 0
        """,
        "UPDATE attachments_attachmentset SET cover_attachment_id = id WHERE id % 4 = 0",
        # As the services would write them, except that a token may be there twice.
        f"""
        INSERT INTO core_searchentry (kind, object_id, source, tokens)
        SELECT 'part', parts_part.id, '', '=k' || lower(key) || ' =c' || lower(manufacturer_code) || ' ' || lower(key)
            || ' ' || lower(manufacturer_code) || ' ' || parts_part.id || ' ' || (parts_part.id % 1009) || ' ω '
            || kinds.word || ' 1 ' || (parts_part.id % 51) || ' mw for general use ' || makers.tokens || ' '
            || packages.tokens || ' tag' || (1 + parts_part.id % 7) || ' tag' || (8 + parts_part.id % {_TAGS - 7})
        FROM parts_part JOIN kinds ON kinds.n = parts_part.id % {len(_KINDS)}
            JOIN makers ON makers.n = parts_part.id % {len(_MAKERS)}
            JOIN packages ON packages.n = parts_part.id % {len(_PACKAGES)}
        """,
        f"""
        INSERT INTO core_searchentry (kind, object_id, source, tokens)
        SELECT 'part', n, 'file:' || n, '#' || {_digest()} || ' sheet sheet' || n || ' ' || n || ' pdf'
        FROM numbers WHERE n % 2 = 0
        """,
    ]


def _words(table: str, words: tuple[str, ...]) -> list[str]:
    rows = ", ".join(f"({number}, '{word}', '{Text((word,)).tokens}')" for number, word in enumerate(words))
    return [f"CREATE TEMPORARY TABLE {table} (n integer, word text, tokens text)", f"INSERT INTO {table} VALUES {rows}"]


def _count_to(last: int) -> str:
    if connection.vendor == "postgresql":
        return f"INSERT INTO numbers SELECT generate_series(1, {last})"
    series = f"WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {last})"
    return f"INSERT INTO numbers {series} SELECT n FROM series"


def _digest() -> str:
    return "lpad(to_hex(n), 64, '0')" if connection.vendor == "postgresql" else "printf('%064x', n)"
