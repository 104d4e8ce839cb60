"""Tables as text: a row a line, a cell a word, ``-`` for empty, digits with ``_`` for groups."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from rescounter.ledger import Account, Batch
from rescounter.settlement.accounts import accounts_of
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.ledger.memory_store import MemoryStore

DAY = date(2026, 3, 31)

RESULT = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "debtor", "creditor", "currency")),
        *((f"{name}_minor", pa.int64()) for name in ("amount", "cleared", "residual", "replaced")),
        ("due", pa.date32()),
    ]
)
"""What settlement reads of the obligations of a result."""


def table(text: str, schema: pa.Schema) -> pa.Table:
    """Cells in the order of *schema*."""
    rows = [line.split() for line in text.strip().splitlines() if line.strip()]
    return pa.Table.from_pylist(
        [{field.name: cell_of(word, field.type) for field, word in zip(schema, row, strict=True)} for row in rows], schema=schema
    )


def cell_of(word: str, kind: pa.DataType) -> Any:
    if word == "-":
        return "" if pa.types.is_string(kind) else None
    if pa.types.is_integer(kind):
        return int(word)
    return date.fromisoformat(word) if pa.types.is_date(kind) else word


def lines(found: pa.Table, *columns: str) -> list[str]:
    """Rows as words, for comparison with what a test writes."""
    names = columns or found.column_names
    cells = (found[name].to_pylist() for name in names)
    return [" ".join("-" if cell in ("", None) else str(cell) for cell in row) for row in zip(*cells, strict=True)]


def said(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip().splitlines() if line.strip()]


def moved(batch: Batch | None) -> list[str]:
    """Kind, debit, credit, amount of each transfer."""
    return [] if batch is None else lines(batch.transfers.table, "kind", "debit", "credit", "amount_minor")


def netted(text: str, cleared: str = "") -> pa.Table:
    """Obligations ``id debtor creditor amount [due]`` in EUR, replaced but for what *cleared* (``id amount``) says."""
    by_set_off = {row[0]: int(row[1]) for row in map(str.split, cleared.strip().splitlines())}
    rows = []
    for words in (line.split() for line in text.strip().splitlines() if line.strip()):
        amount, own = int(words[3]), by_set_off.get(words[0], 0)
        rows.append(
            dict(zip(RESULT.names, (*words[:3], "EUR", amount, own, amount - own, amount - own), strict=False))
            | {"due": date.fromisoformat(words[4]) if len(words) > 4 else None}
        )
    return pa.Table.from_pylist(rows, schema=RESULT)


def direct(*members: str, under: Sequence[tuple[str, str]] = ()) -> pa.Table:
    """Participants that settle by themselves, and pairs of an indirect member and its direct one."""
    rows = [(member, member) for member in members] + list(under)
    return pa.table(
        {"member": [row[0] for row in rows], "settles_by": [row[1] for row in rows]},
        schema=pa.schema([("member", pa.string()), ("settles_by", pa.string())]),
    )


def ledger(batches: Iterable[Batch | None], accounts: Sequence[Account] = ()) -> MemoryStore:
    """A ledger with the accounts that *batches* touch; *accounts* where they are opened otherwise than without a cap."""
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    own = {account.id: account for account in (*accounts_of(batches), *accounts)}
    store.open_accounts("open", [own[name] for name in sorted(own)])
    return store


def outcome(store: MemoryStore, batch: Batch) -> str:
    """``posted`` or ``refused``, or why the key is not free."""
    answer = store.post_atomic(batch)
    return answer.refusals[0].code if answer.entry is None else answer.entry.outcome.name.lower()


def balances(store: MemoryStore) -> dict[str, int]:
    """Balances that are not zero, by account."""
    return {row.id: row.balance_minor for row in store.balances().rows() if row.balance_minor}
