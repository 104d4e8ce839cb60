"""A balance is the fold of the journal: standings before, effects of final batches, standings after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rescounter.ledger.effects import Effects
from rescounter.ledger.standings import Standing, Standings
from rescounter.ledger.transfers import Flag, Transfer
from rescounter.terms import holds

__all__ = ["balances_are_the_fold", "effects_are_the_fold", "folded"]


def folded(standings: Standings, effects: Iterable[Effects]) -> Standings:
    """The standings after batches, in order of rows of *standings*. Exact: plain integers."""
    rows = {row.id: row for row in standings.rows()}
    for batch in effects:
        columns = (batch.posted_debits, batch.posted_credits, batch.pending_debits, batch.pending_credits)
        for identity, *more in zip(batch.ids.to_pylist(), *(column.tolist() for column in columns), strict=True):
            row = rows[identity]
            rows[identity] = replace(
                row,
                posted_debits=row.posted_debits + more[0],
                posted_credits=row.posted_credits + more[1],
                pending_debits=row.pending_debits + more[2],
                pending_credits=row.pending_credits + more[3],
            )
    return Standings.of(rows.values())


def balances_are_the_fold(stored: Standings, *, before: Standings, effects: Iterable[Effects]) -> None:
    """Law: what is stored of the accounts is what the journal adds up to."""
    expected = {row.id: row for row in folded(before, effects).rows()}
    found = {row.id: row for row in stored.rows()}
    holds(expected.keys() == found.keys(), "balances_are_the_fold", accounts=len(found), expected=len(expected))
    for identity, row in expected.items():
        holds(
            _sums(found[identity]) == _sums(row),
            "balances_are_the_fold",
            account=identity,
            found=_sums(found[identity]),
            expected=_sums(row),
        )


def _sums(row: Standing) -> tuple[int, int, int, int]:
    return row.posted_debits, row.posted_credits, row.pending_debits, row.pending_credits


def effects_are_the_fold(effects: Effects, transfers: Iterable[Transfer], pending_amounts: Mapping[str, int]) -> None:
    """Law: what a batch did to each account is the sum of its transfers.

    Args: *pending_amounts*: amount of each pending transfer that the batch resolves, by id. For audit and tests: one
    step a row.
    """
    sums: dict[str, list[int]] = {}
    for transfer in transfers:
        moved = transfer.amount_minor if transfer.flag in (Flag.PLAIN, Flag.POST) else 0
        waits = transfer.amount_minor if transfer.flag is Flag.PENDING else -pending_amounts.get(transfer.pending_id or "", 0)
        for account, place in ((transfer.debit, 0), (transfer.credit, 1)):
            row = sums.setdefault(account, [0, 0, 0, 0])
            row[place] += moved
            row[place + 2] += waits
    columns = (effects.posted_debits, effects.posted_credits, effects.pending_debits, effects.pending_credits)
    found = dict(zip(effects.ids.to_pylist(), zip(*(column.tolist() for column in columns), strict=True), strict=True))
    holds(
        found == {identity: tuple(row) for identity, row in sums.items()}, "effects_are_the_fold", accounts=len(found), expected=len(sums)
    )
