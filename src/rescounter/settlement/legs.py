"""Legs: the transfers of one kind as columns, and how they become the transfers of a batch.

What set-off discharged is posted by a single result (`statements/postings.py`) and by a cycle (`postings.py`) alike, so both take it from
here: each member's debt and claim through ``*/clearing``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.ledger import Effects, Transfers
from rescounter.settlement.accounts import CLEARING, SET_OFF, account_name, account_names
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["Leg", "centre_legs", "discharge_legs", "discharged", "effects_of", "leg", "sums_by_member", "transfers_of"]

_ZERO: Final = pa.scalar(0, pa.int64())


@dataclass(frozen=True, slots=True)
class Leg:
    """Transfers of one *kind*, one row each; an *amount* of 0 (int64 minor units) is none."""

    debit: pa.Array
    credit: pa.Array
    amount: NDArray[np.int64]
    kind: str


def leg(table: pa.Table, debit: tuple[str, str], credit: tuple[str, str], column: str, kind: str) -> Leg:
    """From a table with *member* and *currency*: sides as (column of the owner or `FUND_NAME`, purpose), amounts from *column*."""

    def names(owner: str, purpose: str) -> pa.Array:
        currencies = _one(table["currency"])
        members = pa.repeat(pa.scalar(FUND_NAME, pa.string()), table.num_rows) if owner == FUND_NAME else _one(table[owner])
        return account_names(members, purpose, currencies)

    return Leg(names(*debit), names(*credit), table[column].to_numpy(), kind)


def centre_legs(centre: pa.Table) -> tuple[Leg, Leg]:
    """The union's own part in a settlement. Args: *centre* `exchange.CENTRE`: what its accounts are credited, or debited below zero."""
    currencies, amount = _one(centre["currency"]), centre["amount_minor"].to_numpy()
    union = pa.repeat(pa.scalar(FUND_NAME, pa.string()), centre.num_rows)
    own = pc.binary_join_element_wise(union, _one(centre["purpose"]), currencies, "/")
    clearing = account_names(union, CLEARING, currencies)
    return Leg(own, clearing, np.maximum(-amount, 0), "centre_paid"), Leg(clearing, own, np.maximum(amount, 0), "centre_received")


def discharge_legs(members: pa.Table) -> tuple[Leg, Leg]:
    """What set-off discharged of each row of a members table: its debt, and its claim."""
    claims = "cleared_claims_minor" if "cleared_claims_minor" in members.column_names else "cleared_minor"
    return (
        leg(members, ("member", SET_OFF), (FUND_NAME, CLEARING), "cleared_minor", "debt_discharged"),
        leg(members, (FUND_NAME, CLEARING), ("member", SET_OFF), claims, "claim_discharged"),
    )


def discharged(obligations: pa.Table, *, of_debits: bool) -> dict[str, int]:
    """What each account must be debited, or credited, for the discharge, reckoned from obligations and not from the members table."""
    side = "debtor" if of_debits else "creditor"
    sums = obligations.select([side, "currency", "cleared_minor"]).group_by([side, "currency"]).aggregate([("cleared_minor", "sum")])
    names = account_names(_one(sums[side]), SET_OFF, _one(sums["currency"]))
    amounts = {name: amount for name, amount in zip(names.to_pylist(), sums["cleared_minor_sum"].to_pylist(), strict=True) if amount}
    totals = sums.group_by("currency").aggregate([("cleared_minor_sum", "sum")])
    for currency, total in zip(totals["currency"].to_pylist(), totals["cleared_minor_sum_sum"].to_pylist(), strict=True):
        amounts |= {account_name(FUND_NAME, CLEARING, currency): total} if total else {}
    return amounts


def sums_by_member(table: pa.Table, side: str, column: str) -> Iterator[tuple[str, str, int]]:
    """Member, currency and sum; a currency's obligations fit int64 together, so its parts do."""
    sums = table.group_by([side, "currency"]).aggregate([(column, "sum")])
    return zip(*(sums[name].to_pylist() for name in (side, "currency", f"{column}_sum")), strict=True)


def transfers_of(legs: Sequence[Leg], *, key: str, cycle: str, first: int = 0) -> Transfers | None:
    """Row by row, and of each row leg by leg, without amounts of zero; None where nothing is left.

    Args: *legs* of one length; *key* of the batch, with which the ids begin; *first*: number of the first.
    """
    rows = len(legs[0].amount)
    amounts = np.stack([each.amount for each in legs], axis=1).ravel()
    holds(bool((amounts >= 0).all()), "legs_are_not_negative", key=key)
    moved = np.flatnonzero(amounts)
    if not len(moved):
        return None
    row, which = np.divmod(moved, len(legs))
    places = pa.array(which * rows + row)
    kinds = pa.array([each.kind for each in legs], pa.string())
    return Transfers.of_columns(
        {
            "id": _numbered(key, len(moved), first),
            "debit": pa.concat_arrays([each.debit for each in legs]).take(places),
            "credit": pa.concat_arrays([each.credit for each in legs]).take(places),
            "amount_minor": pa.array(amounts[moved]),
            "kind": kinds.take(pa.array(which)),
            "cycle": pa.repeat(pa.scalar(cycle or None, pa.string()), len(moved)),
        }
    )


def effects_of(transfers: Transfers) -> Effects:
    """What plain *transfers* move on each account, without the way there. Cost: two groupings."""
    table = transfers.table.select(["debit", "credit", "amount_minor"])
    ids = pc.unique(pa.chunked_array([transfers.column("debit"), transfers.column("credit")]))
    ids = ids.take(pc.sort_indices(ids.cast(pa.binary())))
    nothing = np.zeros(len(ids), np.int64)
    sides = []
    for side in ("debit", "credit"):
        sums = table.group_by(side).aggregate([("amount_minor", "sum")])
        column = nothing.copy()
        column[pc.index_in(sums[side], value_set=ids).to_numpy()] = sums["amount_minor_sum"].to_numpy()
        sides.append(column)
    pending = (nothing.copy() for _ in range(3))
    debits, credits, peak = pending
    return Effects(ids=ids, posted_debits=sides[0], posted_credits=sides[1], pending_debits=debits, pending_credits=credits, peak=peak)


def _numbered(key: str, count: int, first: int) -> pa.Array:
    """``key/0000000``, ``key/0000001`` and so on."""
    numbers = pc.utf8_lpad(pa.array(np.arange(first, first + count)).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(pa.scalar(key, pa.string()), numbers, "/")


def _one(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined
