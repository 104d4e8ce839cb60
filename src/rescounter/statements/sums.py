"""What the rows of one currency add up to: the only place where the report reads tables.

A million rows are read once, by columns. What the page shows of them is small: sums of members, the
flows among the biggest members, and, where they are few enough to be sent with the page, all edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms.faults import holds
from rescounter.terms.names import FUND_NAME
from rescounter.terms.refusals import EXCLUSIONS

__all__ = [
    "Cash",
    "CurrencySums",
    "Edges",
    "Int64s",
    "biggest",
    "by_weight",
    "edges_of",
    "exclusions_of",
    "flows_among",
    "sums_by_currency",
]

Int64s = NDArray[np.int64]

_ROW_COLUMNS: Final = ["debtor", "creditor", "amount_minor", "cleared_minor", "excluded"]


@dataclass(frozen=True, slots=True, eq=False)
class Cash:
    """The cash of one currency, in minor units: what each member could put in, put in, borrowed and received, and
    what it cleared as creditor; *fund* is what the union could lend."""

    available: Int64s
    injected: Int64s
    loan: Int64s
    received: Int64s
    cleared_claims: Int64s
    fund: int

    @property
    def drawn_minor(self) -> int:
        """Own cash and loans."""
        return int(self.injected.sum()) + int(self.loan.sum())


@dataclass(frozen=True, slots=True, eq=False)
class CurrencySums:
    """One currency of a result.

    *facts* is its row of the summary; *rows* the columns debtor, creditor, amount, cleared and excluded
    of its obligations; the arrays stand in the order of *names* (its rows of the members table), in minor
    units. *pay_in* and *pay_out* are None without netting, *cash* without liquidity; *excluded_owes* is what stayed
    out of clearing. *rows* have a weight where the input had one.
    """

    code: str
    exponent: int
    facts: Mapping[str, Any]
    rows: pa.Table
    names: pa.Array
    owes: Int64s
    is_owed: Int64s
    net: Int64s
    cleared: Int64s
    owes_after: Int64s
    is_owed_after: Int64s
    pay_in: Int64s | None
    pay_out: Int64s | None
    excluded_owes: Int64s
    cash: Cash | None = None

    @property
    def is_weighted(self) -> bool:
        """Whether some of the obligations weigh more than one."""
        return "weight" in self.rows.column_names and bool((_numbers(self.rows["weight"]) != 1).any())

    @property
    def to_pay(self) -> Int64s:
        """What each member must still find money for: its residual, or with netting its pay-in and what was excluded."""
        return self.owes_after if self.pay_in is None else self.pay_in + self.excluded_owes

    @property
    def relief(self) -> Int64s:
        """What each member no longer needs money for."""
        return self.owes - self.to_pay


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Merged obligations in order of debtor, creditor (places in `CurrencySums.names`) and falling weight; *excluded* stands
    beside *owed*, not in it."""

    debtor: Int64s
    creditor: Int64s
    weight: Int64s
    owed: Int64s
    cleared: Int64s
    excluded: Int64s


def sums_by_currency(summary: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> list[CurrencySums]:
    """The currencies of a result, most obligations first, then by code."""
    facts: Mapping[str, Mapping[str, Any]] = summary["currencies"]
    row_columns = [*_ROW_COLUMNS, *(name for name in ("weight",) if name in tables["obligations"].column_names)]
    rows = _slices(tables["obligations"], row_columns)
    cash = _slices(tables["liquidity"], tables["liquidity"].column_names) if "liquidity" in tables else {}
    members = _slices(tables["members"], [name for name in tables["members"].column_names if name != "currency"])
    none_of_rows, none_of_members = tables["obligations"].slice(0, 0).select(row_columns), tables["members"].slice(0, 0)
    ranked = sorted(facts, key=lambda code: (-int(facts[code]["obligations"]), code))
    return [_sums(code, facts[code], rows.get(code, none_of_rows), members.get(code, none_of_members), cash.get(code)) for code in ranked]


def biggest(weights: NDArray[np.uint64] | Int64s, count: int) -> Int64s:
    """Places of the *count* largest positive weights, largest first; ties go to the earlier place."""
    positive = np.flatnonzero(weights > 0)
    if positive.size > count:
        least = np.partition(weights[positive], positive.size - count)[positive.size - count]
        positive = positive[weights[positive] >= least]
    order = np.argsort(np.iinfo(np.uint64).max - weights[positive].astype(np.uint64), kind="stable")
    return positive[order][:count].astype(np.int64)


def flows_among(sums: CurrencySums, places: Int64s) -> tuple[Int64s, Int64s]:
    """Owed and cleared between the members at *places*, debtor by creditor; the last row and column gather all others."""
    value_set = sums.names.take(pa.array(places))
    size = len(places) + 1
    debtor, creditor = (_places(sums.rows[side], value_set, missing=len(places)) for side in ("debtor", "creditor"))
    cell = debtor * size + creditor
    owed, cleared = (_sum_by(cell, _numbers(sums.rows[name]), size * size) for name in ("amount_minor", "cleared_minor"))
    return owed.reshape(size, size), cleared.reshape(size, size)


def edges_of(sums: CurrencySums) -> Edges:
    """All edges of the currency; rows that are excluded are told apart."""
    debtor, creditor = (_places(sums.rows[side], sums.names, missing=-1) for side in ("debtor", "creditor"))
    holds(not (debtor < 0).any() and not (creditor < 0).any(), "every_party_is_a_member", currency=sums.code)
    key = debtor * max(len(sums.names), 1) + creditor
    weight = _numbers(sums.rows["weight"]) if sums.is_weighted else np.ones(len(key), np.int64)
    order = np.lexsort((-weight, key)) if sums.is_weighted else np.argsort(key, kind="stable")
    key, weight = key[order], weight[order]
    first = np.flatnonzero((np.diff(key, prepend=-1) != 0) | (np.diff(weight, prepend=0) != 0))
    amount, cleared = _numbers(sums.rows["amount_minor"])[order], _numbers(sums.rows["cleared_minor"])[order]
    kept = ~_is_excluded(sums.rows)[order]
    owed, excluded, set_off = (_runs(column, first) for column in (amount * kept, amount * ~kept, cleared))
    size = max(len(sums.names), 1)
    return Edges(key[first] // size, key[first] % size, weight[first], owed, set_off, excluded)


def by_weight(sums: CurrencySums) -> list[tuple[int, int, int]]:
    """Weight, owed and cleared of the rows that took part, heaviest first; empty where all weigh one."""
    if not sums.is_weighted:
        return []
    kept = ~_is_excluded(sums.rows)
    weight, owed, cleared = (_numbers(sums.rows[name])[kept] for name in ("weight", "amount_minor", "cleared_minor"))
    found, place = np.unique(weight, return_inverse=True)
    totals = (_sum_by(place, column, len(found)).tolist() for column in (owed, cleared))
    return list(zip(found.tolist(), *totals, strict=True))[::-1]


def exclusions_of(sums: CurrencySums) -> list[tuple[str, str, int, int]]:
    """Code, meaning, count and minor units of what was kept out of clearing, in order of code."""
    mask = _is_excluded(sums.rows)
    if not mask.any():
        return []
    kept_out = sums.rows.filter(pa.array(mask)).group_by("excluded").aggregate([("amount_minor", "count"), ("amount_minor", "sum")])
    found = [
        (
            row["excluded"],
            EXCLUSIONS[row["excluded"]].meaning if row["excluded"] in EXCLUSIONS else "",
            row["amount_minor_count"],
            row["amount_minor_sum"],
        )
        for row in kept_out.to_pylist()
    ]
    return sorted(found)


def _sums(code: str, facts: Mapping[str, Any], rows: pa.Table, members: pa.Table, cash: pa.Table | None) -> CurrencySums:
    names = members["member"].combine_chunks()
    columns = {name: _numbers(members[name]) for name in members.column_names if name.endswith("_minor")}
    return CurrencySums(
        code=code,
        exponent=int(facts["exponent"]),
        facts=facts,
        rows=rows,
        names=names,
        owes=columns["owes_minor"],
        is_owed=columns["is_owed_minor"],
        net=columns["net_minor"],
        cleared=columns["cleared_minor"],
        owes_after=columns["owes_after_minor"],
        is_owed_after=columns["is_owed_after_minor"],
        pay_in=columns.get("pay_in_minor"),
        pay_out=columns.get("pay_out_minor"),
        excluded_owes=_excluded_by_debtor(rows, names),
        cash=None if cash is None else _cash(cash, names, columns),
    )


def _cash(cash: pa.Table, names: pa.Array, columns: Mapping[str, Int64s]) -> Cash:
    place = pc.index_in(pa.concat_arrays([names, pa.array([FUND_NAME])]), value_set=cash["member"].combine_chunks())
    holds(place.null_count == 0, "every_member_has_a_row_of_liquidity")
    available = _numbers(cash["available_minor"])[place.to_numpy()]
    return Cash(
        available=available[:-1],
        injected=columns["injected_minor"],
        loan=columns["loan_minor"],
        received=columns["received_minor"],
        cleared_claims=columns["cleared_claims_minor"],
        fund=int(available[-1]),
    )


def _excluded_by_debtor(rows: pa.Table, names: pa.Array) -> Int64s:
    mask = _is_excluded(rows)
    if not mask.any():
        return np.zeros(len(names), dtype=np.int64)
    kept_out = rows.filter(pa.array(mask))
    return _sum_by(_places(kept_out["debtor"], names, missing=0), _numbers(kept_out["amount_minor"]), len(names))


def _is_excluded(rows: pa.Table) -> NDArray[np.bool_]:
    column = rows["excluded"]
    if column.null_count == len(column):
        return np.zeros(len(column), dtype=np.bool_)
    mask: NDArray[np.bool_] = pc.not_equal(column, "").fill_null(False).to_numpy()
    return mask


def _slices(table: pa.Table, columns: list[str]) -> dict[str, pa.Table]:
    """The rows of each currency: rows stand in order of currency, so each is one run."""
    if table.num_rows == 0:
        return {}
    encoded = table["currency"].combine_chunks().dictionary_encode()
    starts = np.flatnonzero(np.diff(encoded.indices.to_numpy(), prepend=-1))
    holds(len(starts) == len(encoded.dictionary), "rows_stand_in_order_of_currency")
    ends = [*starts[1:].tolist(), table.num_rows]
    chosen = table.select(columns)
    return {
        code: chosen.slice(start, end - start)
        for code, start, end in zip(encoded.dictionary.to_pylist(), starts.tolist(), ends, strict=True)
    }


def _places(column: pa.ChunkedArray, value_set: pa.Array, *, missing: int) -> Int64s:
    found: Int64s = pc.index_in(column, value_set=value_set).fill_null(missing).to_numpy().astype(np.int64)
    return found


def _numbers(column: pa.ChunkedArray) -> Int64s:
    numbers: Int64s = column.to_numpy().astype(np.int64, copy=False)
    return numbers


def _sum_by(group: Int64s, amount: Int64s, size: int) -> Int64s:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, group, amount)
    return total


def _runs(column: Int64s, first: NDArray[np.intp]) -> Int64s:
    return np.add.reduceat(column, first) if first.size else np.zeros(0, dtype=np.int64)
