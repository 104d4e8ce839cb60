"""From format 2 to format 3: which accounts a block of entries touched is noted; the index of nets by account goes.

The texts are those of format 3 for ever, whatever the tables become later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from rescounter.store.schema import postgresql_refusal, postgresql_truncation, postgresql_words, sqlite_refusal

__all__ = ["TO_FORMAT_3"]

_TABLE: Final = """
CREATE TABLE touched (
    block           INTEGER NOT NULL,
    account         INTEGER NOT NULL,
    PRIMARY KEY (block, account)
) STRICT, WITHOUT ROWID
"""
_FILLED: Final = (
    "INSERT INTO touched (block, account) SELECT DISTINCT e.sequence >> 7, n.account FROM net n JOIN entry e ON e.batch = n.batch",
    "CREATE INDEX touched_of_account ON touched (account, block)",
    "DROP INDEX net_of_account",
)
_REFUSALS: Final = (("touched", "UPDATE", "1 = 1"), ("touched", "DELETE", "1 = 1"))

TO_FORMAT_3: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "sqlite": (_TABLE, *_FILLED, *(sqlite_refusal(*each) for each in _REFUSALS)),
        "postgresql": (
            postgresql_words(_TABLE),
            *_FILLED,
            *(statement for each in _REFUSALS for statement in postgresql_refusal(*each)),
            postgresql_truncation("touched"),
        ),
    }
)
"""By database: statements, to be run in one transaction."""
