"""What one cycle came to, as the few numbers that the savings report keeps for ever.

Source: the statistic of the European Payments Union, both sides counted: *B* is twice the sum over pairs of what one owes the
other net; *N* the sum over members of the net position; *R* the sum over members of the position that all cycles together leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms.faults import holds

__all__ = ["POSITIONS", "CycleFigures", "Figures", "figures_of"]

_Int64s = NDArray[np.int64]

POSITIONS: Final = pa.schema([pa.field("currency", pa.string()), pa.field("member", pa.string()), pa.field("position_minor", pa.int64())])
"""The position of each member that all cycles so far leave, positive = is owed; by currency and member, zeros left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleFigures:
    """One cycle and currency; minor units, none below zero.

    *gross*: what was owed, each debt once. *set_off*: discharged by set-off. *netted*: needs no money because only net positions are
    paid. *open*: still owed between members (what was excluded is *excluded* of it). *credit*: net debits that a limit covered;
    *cash*: those that were paid. *bilateral*, *multilateral*, *residual*: B, N and, after this cycle, R of
    what the cycle discharged, both sides counted: what stays open counts in the cycle that discharges it. *carried_in*: of the gross,
    what an earlier cycle counted already.
    Laws: gross = set_off + netted + open + credit + cash; multilateral <= bilateral.
    """

    cycle: str
    currency: str
    exponent: int
    members: int
    items: int
    gross_minor: int
    set_off_minor: int
    netted_minor: int
    open_minor: int
    excluded_minor: int
    credit_minor: int
    cash_minor: int
    fees_minor: int
    bilateral_minor: int
    multilateral_minor: int
    residual_minor: int
    carried_in_minor: int = 0

    def __post_init__(self) -> None:
        parts = self.set_off_minor + self.netted_minor + self.open_minor + self.credit_minor + self.cash_minor
        holds(parts == self.gross_minor, "the_gross_is_its_parts", gross=self.gross_minor, parts=parts)
        holds(self.multilateral_minor <= self.bilateral_minor, "members_net_at_most_what_pairs_net")
        holds(min(self.netted_minor, self.credit_minor, self.cash_minor) >= 0, "no_figure_is_below_zero")


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The figures of a cycle by currency, and `POSITIONS` after it, which the next cycle takes up."""

    currencies: tuple[CycleFigures, ...]
    positions: pa.Table


def figures_of(
    obligations: pa.Table,
    *,
    cycle: str,
    exponents: Mapping[str, int],
    positions: pa.Table | None = None,
    credit_minor: Mapping[str, int] | None = None,
    fees_minor: Mapping[str, int] | None = None,
    carried_in_minor: Mapping[str, int] | None = None,
) -> Figures:
    """Add one cycle up.

    Args: *obligations* as `terms.tables.obligations_schema` has them, in any order; *positions* that earlier cycles left, ``None`` = none;
        *credit_minor*, *fees_minor*, *carried_in_minor* by currency, nothing where they are missing.
    Cost: one sort of the rows of each currency.
    """
    before = POSITIONS.empty_table() if positions is None else positions
    codes, names, (debtor, creditor, holder) = _encoded(obligations, before)
    currency = pc.index_in(obligations["currency"], value_set=codes).to_numpy()
    currency_before = pc.index_in(before["currency"], value_set=codes).to_numpy()
    amounts = {name: _numbers(obligations, name) for name in ("amount_minor", "cleared_minor", "residual_minor", "replaced_minor")}
    takes_part = _takes_part(obligations)
    told, after = [], []
    for place, code in enumerate(codes.to_pylist()):
        old = np.flatnonzero(currency_before == place)
        position = np.zeros(len(names), np.int64)
        np.add.at(position, holder[old], _numbers(before, "position_minor")[old])
        rows = np.flatnonzero(currency == place)
        if rows.size:
            own_amounts = {name: column[rows] for name, column in amounts.items()}
            own = _Rows(debtor[rows], creditor[rows], takes_part[rows], len(names), **own_amounts)
            position += own.net(own.replaced_minor)
            known = {"credit_minor": credit_minor, "fees_minor": fees_minor, "carried_in_minor": carried_in_minor}
            given = {name: (by_currency or {}).get(code, 0) for name, by_currency in known.items()}
            told.append(_figures(own, cycle, code, exponents[code], residual_minor=_sum(np.abs(position)), **given))
        after.append(_positions(code, names, position))
    return Figures(tuple(told), pa.concat_tables([POSITIONS.empty_table(), *after]))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The obligations of one currency: members as places below *size*."""

    debtor: _Int64s
    creditor: _Int64s
    takes_part: NDArray[np.bool_]
    size: int
    amount_minor: _Int64s
    cleared_minor: _Int64s
    residual_minor: _Int64s
    replaced_minor: _Int64s

    def net(self, amount_minor: _Int64s) -> _Int64s:
        """Net position of each member, positive = is owed."""
        total = np.zeros(self.size, np.int64)
        np.add.at(total, self.creditor, amount_minor)
        np.subtract.at(total, self.debtor, amount_minor)
        return total

    def of_pairs(self, amount_minor: _Int64s) -> _Int64s:
        """What one of each pair owes the other, net; of either sign."""
        low, high = np.minimum(self.debtor, self.creditor), np.maximum(self.debtor, self.creditor)
        key = low * self.size + high
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.diff(key[order], prepend=-1))
        signed = np.where(self.debtor == low, amount_minor, -amount_minor)[order]
        total: _Int64s = np.add.reduceat(signed, first)
        return total


def _figures(rows: _Rows, cycle: str, currency: str, exponent: int, *, credit_minor: int, **given: int) -> CycleFigures:
    discharged = rows.cleared_minor + rows.replaced_minor
    paid = np.maximum(-rows.net(rows.replaced_minor), 0)
    return CycleFigures(
        cycle=cycle,
        currency=currency,
        exponent=exponent,
        members=len(np.unique(np.concatenate([rows.debtor, rows.creditor]))),
        items=len(rows.debtor),
        gross_minor=_sum(rows.amount_minor),
        set_off_minor=_sum(rows.cleared_minor),
        netted_minor=_sum(rows.replaced_minor) - _sum(paid),
        open_minor=_sum(rows.residual_minor - rows.replaced_minor),
        excluded_minor=_sum(rows.amount_minor * ~rows.takes_part),
        credit_minor=credit_minor,
        cash_minor=_sum(paid) - credit_minor,
        bilateral_minor=2 * _sum(np.abs(rows.of_pairs(discharged))),
        multilateral_minor=_sum(np.abs(rows.net(discharged))),
        **given,
    )


def _encoded(obligations: pa.Table, before: pa.Table) -> tuple[pa.Array, pa.Array, tuple[_Int64s, _Int64s, _Int64s]]:
    """Currencies and members in order of code, and as places among the members: debtors, creditors, who holds a position."""
    columns = [obligations["debtor"], obligations["creditor"], before["member"]]
    names = _in_order(columns)
    places = tuple(pc.index_in(column, value_set=names).to_numpy().astype(np.int64) for column in columns)
    return _in_order([obligations["currency"], before["currency"]]), names, (places[0], places[1], places[2])


def _in_order(columns: list[pa.ChunkedArray]) -> pa.Array:
    """The different texts of all columns, by code point."""
    found = pc.unique(pa.chunked_array([pc.unique(column) for column in columns], pa.string()))
    return found.take(pc.sort_indices(found))


def _takes_part(obligations: pa.Table) -> NDArray[np.bool_]:
    column = obligations["excluded"].fill_null("")
    mask: NDArray[np.bool_] = pc.equal(column, "").to_numpy()
    return mask


def _numbers(table: pa.Table, name: str) -> _Int64s:
    if name not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    column: _Int64s = table[name].to_numpy().astype(np.int64, copy=False)
    return column


def _positions(code: str, names: pa.Array, position: _Int64s) -> pa.Table:
    kept = np.flatnonzero(position)
    return pa.table([pa.repeat(pa.scalar(code), len(kept)), names.take(pa.array(kept)), pa.array(position[kept])], schema=POSITIONS)


def _sum(column: _Int64s) -> int:
    """Exact, also where the sum passes 64 bits."""
    high, low = column >> 32, column & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())
