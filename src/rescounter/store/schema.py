"""The tables of a ledger, in one text for both databases, and the triggers that keep them append-only.

Written as SQLite reads it; `postgresql_tables` changes type names and table options, nothing else.
`docs/LEDGER.md` section 7 explains each table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

__all__ = [
    "COLUMNS",
    "FORMAT",
    "PLACE_BITS",
    "TABLES",
    "postgresql_refusal",
    "postgresql_tables",
    "postgresql_triggers",
    "postgresql_truncation",
    "postgresql_words",
    "sqlite_refusal",
    "sqlite_triggers",
]

FORMAT: Final = 3
"""Number of this schema; stands in `head`."""

PLACE_BITS: Final = 32
"""A place is the batch's number shifted by this, plus the row."""

TABLES: Final = """
CREATE TABLE head (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    format          INTEGER NOT NULL,
    origin          TEXT NOT NULL,
    batches         INTEGER NOT NULL,
    entries         INTEGER NOT NULL,
    frontier        BLOB NOT NULL,
    root            BLOB NOT NULL CHECK (length(root) = 32),
    at_us           INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    owner           TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    currency        TEXT NOT NULL,
    limit_minor     INTEGER CHECK (limit_minor >= 0),
    place           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_of_place ON account (place);

CREATE TABLE account_change (
    place           INTEGER PRIMARY KEY,
    account         INTEGER NOT NULL REFERENCES account,
    event           INTEGER NOT NULL CHECK (event IN (1, 2, 3, 4)),
    limit_minor     INTEGER CHECK (limit_minor >= 0)
) STRICT;

CREATE TABLE balance (
    account         INTEGER PRIMARY KEY REFERENCES account,
    limit_minor     INTEGER CHECK (limit_minor >= 0),
    state           INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    posted_debits   INTEGER NOT NULL CHECK (posted_debits >= 0),
    posted_credits  INTEGER NOT NULL CHECK (posted_credits >= 0),
    pending_debits  INTEGER NOT NULL CHECK (pending_debits BETWEEN 0 AND 9223372036854775807 - posted_debits),
    pending_credits INTEGER NOT NULL CHECK (pending_credits BETWEEN 0 AND 9223372036854775807 - posted_credits),
    CHECK (limit_minor IS NULL OR posted_debits + pending_debits - posted_credits <= limit_minor),
    CHECK (state <> 2 OR (posted_debits = posted_credits AND pending_debits = 0 AND pending_credits = 0))
) STRICT;

CREATE TABLE batch (
    number          INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483646),
    key             TEXT NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 128),
    kind            INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 7),
    policy          INTEGER NOT NULL CHECK (policy IN (0, 1, 2)),
    cycle           TEXT NOT NULL,
    rulebook        TEXT NOT NULL,
    rows            INTEGER NOT NULL CHECK (rows BETWEEN 0 AND 4294967295)
) STRICT;

CREATE TABLE transfer (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    debit           INTEGER NOT NULL REFERENCES account,
    credit          INTEGER NOT NULL REFERENCES account CHECK (credit <> debit),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    kind            TEXT NOT NULL,
    cycle           TEXT,
    flag            INTEGER NOT NULL CHECK (flag BETWEEN 0 AND 4),
    pending_id      TEXT CHECK ((pending_id IS NULL) = (flag < 2)),
    expires_at_us   INTEGER CHECK (expires_at_us IS NULL OR flag = 1),
    reverses        TEXT CHECK (reverses IS NULL OR flag = 0),
    effective_at_us INTEGER,
    memo_digest     BLOB CHECK (length(memo_digest) = 32)
) STRICT;
CREATE UNIQUE INDEX transfer_resolves ON transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX transfer_reverses ON transfer (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfer_waits ON transfer (expires_at_us) WHERE expires_at_us IS NOT NULL;

CREATE TABLE refusal (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL,
    code            TEXT NOT NULL,
    found           TEXT NOT NULL,
    allowed         TEXT NOT NULL,
    content         BLOB CHECK (length(content) = 32),
    binds           INTEGER NOT NULL CHECK (binds IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX refusal_binds ON refusal (id) WHERE binds = 1;

CREATE TABLE repeat (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL
) STRICT;

CREATE TABLE erasure (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL
) STRICT;

CREATE TABLE rotation (
    place           INTEGER PRIMARY KEY,
    old             TEXT NOT NULL,
    new             TEXT NOT NULL,
    signature       TEXT NOT NULL
) STRICT;

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
) STRICT;

CREATE TABLE net (
    batch           INTEGER NOT NULL REFERENCES batch,
    account         INTEGER NOT NULL REFERENCES account,
    posted_debits   INTEGER NOT NULL,
    posted_credits  INTEGER NOT NULL,
    pending_debits  INTEGER NOT NULL,
    pending_credits INTEGER NOT NULL,
    PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE touched (
    block           INTEGER NOT NULL,
    account         INTEGER NOT NULL,
    PRIMARY KEY (block, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_of_account ON touched (account, block);

CREATE TABLE entry (
    sequence        INTEGER PRIMARY KEY,
    batch           INTEGER NOT NULL UNIQUE REFERENCES batch,
    outcome         INTEGER NOT NULL CHECK (outcome IN (0, 1)),
    accepted        INTEGER NOT NULL,
    tree_rows       INTEGER NOT NULL,
    tree_root       BLOB NOT NULL CHECK (length(tree_root) = 32),
    request_digest  BLOB NOT NULL CHECK (length(request_digest) = 32),
    request_seal    BLOB NOT NULL CHECK (length(request_seal) = 32),
    at_us           INTEGER NOT NULL,
    leaf            BLOB NOT NULL CHECK (length(leaf) = 32),
    log_root        BLOB NOT NULL CHECK (length(log_root) = 32)
) STRICT;

CREATE TABLE node (
    tree            INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    hash            BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tree, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE memo (
    place           INTEGER PRIMARY KEY,
    text            BLOB NOT NULL,
    salt            BLOB NOT NULL CHECK (length(salt) = 16)
) STRICT;

CREATE TABLE staging (
    batch           INTEGER NOT NULL REFERENCES batch,
    chunk           INTEGER NOT NULL,
    rows            INTEGER NOT NULL,
    refused         INTEGER NOT NULL,
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    frontier        BLOB NOT NULL,
    PRIMARY KEY (batch, chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_effect (
    batch           INTEGER NOT NULL REFERENCES batch,
    account         INTEGER NOT NULL REFERENCES account,
    debits          INTEGER NOT NULL,
    credits         INTEGER NOT NULL,
    peak            INTEGER NOT NULL,
    PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    size            INTEGER PRIMARY KEY,
    note            TEXT NOT NULL
) STRICT;

CREATE VIEW posting AS
    SELECT t.place AS place, t.debit AS account, -t.amount_minor AS amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2)
    UNION ALL
    SELECT t.place, t.credit, t.amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2);
"""

_NEVER: Final = ""
_ALWAYS: Final = "1 = 1"
_POSTED: Final = "EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32 AND outcome = 1)"
_ENDED: Final = "EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32)"

_REFUSED: Final = MappingProxyType(
    {
        # table: (when an update is refused, when a delete is)
        "head": ("NEW.format < OLD.format OR NEW.entries < OLD.entries OR NEW.batches < OLD.batches OR NEW.at_us < OLD.at_us", _ALWAYS),
        "account": (_ALWAYS, _ALWAYS),
        "account_change": (_ALWAYS, _ALWAYS),
        "balance": ("NEW.account <> OLD.account", _ALWAYS),
        "batch": (_ALWAYS, "EXISTS (SELECT 1 FROM entry WHERE batch = OLD.number)"),
        "transfer": (_ALWAYS, _POSTED),
        "refusal": (_ALWAYS, _ENDED),
        "repeat": (_ALWAYS, _ENDED),
        "erasure": (_ALWAYS, _ALWAYS),
        "rotation": (_ALWAYS, _ALWAYS),
        "record": (_ALWAYS, _ALWAYS),
        "document": (_ALWAYS, "EXISTS (SELECT 1 FROM document_whole WHERE digest = OLD.digest)"),
        "document_whole": (_ALWAYS, _ALWAYS),
        "net": (_ALWAYS, _ALWAYS),
        "touched": (_ALWAYS, _ALWAYS),
        "entry": (_ALWAYS, _ALWAYS),
        "node": (_ALWAYS, "OLD.tree = 0 OR EXISTS (SELECT 1 FROM entry WHERE batch = OLD.tree)"),
        "memo": (_ALWAYS, _NEVER),
        "checkpoint": (_ALWAYS, _ALWAYS),
    }
)

_NOT_ADDED: Final = MappingProxyType({"document": "EXISTS (SELECT 1 FROM document_whole WHERE digest = NEW.digest)"})
"""By table, when a new row is refused."""

_REFERENCES: Final = MappingProxyType(
    {
        # table: (column, table it refers to)
        "transfer": (("debit", "account"), ("credit", "account")),
        "net": (("account", "account"), ("batch", "batch")),
        "staged_effect": (("account", "account"), ("batch", "batch")),
    }
)
_MANY: Final = 4096
"""From so many rows on a join is faster than a look at an index for each."""

_COLUMN: Final = re.compile(r"^    (\w+)\s+(INTEGER|TEXT|BLOB)\b", re.MULTILINE)
_TABLE: Final = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\)", re.DOTALL)

COLUMNS: Final = MappingProxyType({name: dict(_COLUMN.findall(body)) for name, body in _TABLE.findall(TABLES)})
"""Each table's columns with their types, as SQLite names them."""


def _refusals() -> Iterator[tuple[str, str, str]]:
    for table, (update, delete) in _REFUSED.items():
        yield from ((table, event, when) for event, when in (("UPDATE", update), ("DELETE", delete)) if when)
    yield from ((table, "INSERT", when) for table, when in _NOT_ADDED.items())


def sqlite_triggers() -> list[str]:
    """Statements that refuse what append-only forbids."""
    return [sqlite_refusal(*each) for each in _refusals()]


def sqlite_refusal(table: str, event: str, when: str) -> str:
    """The statement that refuses an event on a row of a table under a condition."""
    name = f"{table}_keeps_{event.lower()}"
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'append_only'); END"


def postgresql_words(tables: str) -> str:
    """Tables as SQLite reads them, with the types and options of PostgreSQL."""
    text = tables.replace(" STRICT, WITHOUT ROWID", "").replace(" STRICT", "")
    return text.replace("INTEGER", "BIGINT").replace("TEXT", 'TEXT COLLATE "C"').replace("BLOB", "BYTEA")


def postgresql_tables() -> str:
    """`TABLES` in the words of PostgreSQL; the references of tables that are loaded in bulk are left to `_REFERENCES`."""
    text = postgresql_words(TABLES)
    for table in _REFERENCES:
        text = re.sub(rf"CREATE TABLE {table} \(.*?\n\)", lambda found: re.sub(r" REFERENCES \w+", "", found[0]), text, flags=re.DOTALL)
    return text


def _postgresql_references() -> Iterator[str]:
    """References checked once a statement: a foreign key asks once a row, which takes longer than loading it."""
    for table, references in _REFERENCES.items():
        few = " OR ".join(f"(SELECT 1 FROM {other} o WHERE o.number = n.{column}) IS NULL" for column, other in references)
        joins = " ".join(f"JOIN {other} o{place} ON o{place}.number = n.{column}" for place, (column, other) in enumerate(references))
        yield (
            f"CREATE FUNCTION {table}_refers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE counted BIGINT; BEGIN "
            "counted := (SELECT count(*) FROM loaded); "
            f"IF counted < {_MANY} THEN "
            f"IF EXISTS (SELECT 1 FROM loaded n WHERE {few}) THEN RAISE EXCEPTION 'no_such_reference'; END IF; "
            f"ELSIF counted <> (SELECT count(*) FROM loaded n {joins}) THEN "
            "RAISE EXCEPTION 'no_such_reference'; END IF; RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER {table}_refers AFTER INSERT ON {table} REFERENCING NEW TABLE AS loaded "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refers()"
        )


def postgresql_triggers() -> list[str]:
    """As `sqlite_triggers`; truncating is refused too, and a subquery stands in the function, since WHEN takes none."""
    statements = [statement for each in _refusals() for statement in postgresql_refusal(*each)]
    statements.append(
        "CREATE FUNCTION ledger_keeps_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only'; END $$"
    )
    return [*statements, *map(postgresql_truncation, _REFUSED), *_postgresql_references()]


def postgresql_refusal(table: str, event: str, when: str) -> list[str]:
    """As `sqlite_refusal`."""
    name, returned = f"{table}_keeps_{event.lower()}", "OLD" if event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} THEN RAISE EXCEPTION 'append_only'; END IF; "
        f"RETURN {returned}; END $$",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def postgresql_truncation(table: str) -> str:
    """The statement that refuses to truncate a table."""
    return f"CREATE TRIGGER {table}_keeps_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all()"
