"""From format 1 to format 2: records and documents.

The texts are those of format 2 for ever, whatever the tables become later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from rescounter.store.schema import postgresql_refusal, postgresql_truncation, postgresql_words, sqlite_refusal

__all__ = ["TO_FORMAT_2"]

_TABLES: Final = """
CREATE TABLE record (
    place           INTEGER PRIMARY KEY,
    number          INTEGER NOT NULL UNIQUE CHECK (number >= 1),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    by_whom         TEXT NOT NULL CHECK (length(by_whom) <= 128),
    body            BLOB NOT NULL CHECK (length(body) <= 1048576)
) STRICT;

CREATE TABLE document (
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    part            INTEGER NOT NULL CHECK (part >= 0),
    bytes           BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 4194304),
    PRIMARY KEY (digest, part)
) STRICT;

CREATE TABLE document_whole (
    digest          BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
    size            INTEGER NOT NULL CHECK (size >= 0)
) STRICT
"""
_WHOLE: Final = "EXISTS (SELECT 1 FROM document_whole WHERE digest = {}.digest)"
_REFUSALS: Final = (
    ("record", "UPDATE", "1 = 1"),
    ("record", "DELETE", "1 = 1"),
    ("document", "UPDATE", "1 = 1"),
    ("document", "DELETE", _WHOLE.format("OLD")),
    ("document_whole", "UPDATE", "1 = 1"),
    ("document_whole", "DELETE", "1 = 1"),
    ("document", "INSERT", _WHOLE.format("NEW")),
)

# SQLite changes no CHECK of a column that is there; a new column takes the place of the old one, its name and its values.
_SQLITE_KIND: Final = (
    "DROP TRIGGER batch_keeps_update",
    "ALTER TABLE batch RENAME COLUMN kind TO kind_1",
    "ALTER TABLE batch ADD COLUMN kind INTEGER NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 7)",
    "UPDATE batch SET kind = kind_1",
    "ALTER TABLE batch DROP COLUMN kind_1",
    sqlite_refusal("batch", "UPDATE", "1 = 1"),
)
_POSTGRESQL_KIND: Final = (
    "ALTER TABLE batch DROP CONSTRAINT batch_kind_check",
    "ALTER TABLE batch ADD CONSTRAINT batch_kind_check CHECK (kind BETWEEN 1 AND 7)",
)

TO_FORMAT_2: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "sqlite": (*_SQLITE_KIND, *_TABLES.split(";\n\n"), *(sqlite_refusal(*each) for each in _REFUSALS)),
        "postgresql": (
            *_POSTGRESQL_KIND,
            *postgresql_words(_TABLES).split(";\n\n"),
            *(statement for each in _REFUSALS for statement in postgresql_refusal(*each)),
            *map(postgresql_truncation, ("record", "document", "document_whole")),
        ),
    }
)
"""By database: statements, to be run in one transaction."""
