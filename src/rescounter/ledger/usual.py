"""The usual small batch, decided in plain Python: for few rows a column costs more than its values.

Whatever is not usual is left to `decisions.py`, which decides every batch; where this one answers, both answer the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rescounter.ledger.effects import COLUMNS, Effects
from rescounter.ledger.memos import MEMO_LENGTH_MAX
from rescounter.ledger.standings import NO_LIMIT, Standings
from rescounter.ledger.transfers import EXPIRY_MARK, FEW_ROWS, Flag, Transfers
from rescounter.terms import INT64_MAX
from rescounter.terms.names import ID_LENGTH_MAX, NAME_LENGTH_MAX

__all__ = ["effects_if_usual"]

_NULL: Final = ("pending_id", "expires_at_us", "reverses")
_READ: Final = ("id", "debit", "credit", "amount_minor", "flag")
_BOUNDS: Final = ("id", "limit_minor", "posted_debits", "posted_credits", "pending_debits", "pending_credits")
_USUAL: Final = frozenset({int(Flag.PLAIN), int(Flag.PENDING)})


def effects_if_usual(transfers: Transfers, standings: Standings) -> Effects | None:
    """Effects of a batch of at most `FEW_ROWS` rows that are all accepted: plain or pending, open accounts, no limit met.

    Args: as `decisions.decide_each`, nothing being known of any id. Returns: None where anything is unusual, also where a row
    would be refused. Cost: 1 us a row.
    """
    count = len(transfers)
    if not 0 < count <= FEW_ROWS or any(transfers.values(name).count(None) < count for name in _NULL):
        return None
    if any(standings.values("state")):
        return None
    ids, debits, credits, amounts, flags = (transfers.values(name) for name in _READ)
    if not _are_fine(ids, ID_LENGTH_MAX) or len(set(ids)) < count or any(map(str.endswith, ids, [EXPIRY_MARK] * count)):
        return None
    if None in amounts or min(amounts) <= 0 or sum(amounts) > INT64_MAX or not _USUAL.issuperset(flags) or not _are_texts_fine(transfers):
        return None
    currency = dict(zip(standings.values("id"), standings.values("currency"), strict=True))
    sums = {name: [0, 0, 0, 0, 0] for name in currency}
    for debit, credit, amount, waits in zip(debits, credits, amounts, flags, strict=True):
        giver, taker = sums.get(debit), sums.get(credit)
        if giver is None or taker is None or giver is taker or currency[debit] != currency[credit]:
            return None
        giver[2 * waits] += amount
        taker[2 * waits + 1] += amount
        use = giver[0] + giver[2] - giver[1]
        if use > giver[4]:
            giver[4] = use
    touched = {name: row for name, row in sums.items() if row[:4] != [0, 0, 0, 0]}
    if not _is_within_limits(touched, standings):
        return None
    return Effects.of(list(touched), dict(zip(COLUMNS, zip(*touched.values(), strict=True), strict=True)))


def _are_fine(texts: Sequence[str | None], length_max: int, length_min: int = 1) -> bool:
    """ASCII that can be seen, and short enough: what no rule for texts refuses."""
    if None in texts:
        return False
    told = [text for text in texts if text is not None]
    joined = "".join(told)
    lengths = [len(text) for text in told]
    return joined.isascii() and joined.isprintable() and length_min <= min(lengths) and max(lengths) <= length_max


def _are_texts_fine(transfers: Transfers) -> bool:
    cycles, memos = ([text for text in transfers.values(name) if text is not None] for name in ("cycle", "memo"))
    if not _are_fine(transfers.values("kind"), NAME_LENGTH_MAX) or (cycles and not _are_fine(cycles, NAME_LENGTH_MAX, 0)):
        return False
    return not memos or max(map(len, memos)) <= MEMO_LENGTH_MAX


def _is_within_limits(sums: dict[str, list[int]], standings: Standings) -> bool:
    for name, limit, *before in zip(*map(standings.values, _BOUNDS), strict=True):
        row = sums.get(name)
        if row is None:
            continue
        debits, credits = before[0] + before[2], before[1] + before[3]
        if debits + row[0] + row[2] > INT64_MAX or credits + row[1] + row[3] > INT64_MAX:
            return False
        if limit != NO_LIMIT and debits - before[1] + row[4] > limit:
            return False
    return True
