"""Interest and charges of a whole settlement or period, as tables: on what is outstanding until it is settled, and on credit balances.

Days are calendar days; a period is from its first day until the day after its last, which is left out. Positive interest = is owed to
the member; a charge is >= 0 and owed by it. Source: rules R1, R3, R4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.settlement.calls import POSITIONS, settled_by
from rescounter.settlement.charges import ChargeStep, charge_minor
from rescounter.settlement.interest import DayCount, InterestRate, booked, interest, passed_on, year_share
from rescounter.settlement.outstandings import Balance, average_balance
from rescounter.terms import holds

__all__ = ["CHARGES", "INTEREST", "Key", "charges_on_credit", "interest_on_credit", "interest_on_outstandings", "with_interest"]

Key = tuple[str, str]
"""Currency and member."""

_text, _minor, _day = pa.string(), pa.int64(), pa.date32()

INTEREST: Final = pa.schema(
    [("currency", _text), ("member", _text), ("since", _day), ("until", _day), ("average_minor", _minor), ("interest_minor", _minor)]
)
"""By currency and member. *average_minor*: the mean of the daily balances of the period, rounded; *until*: the day after its last."""

CHARGES: Final = pa.schema(
    [
        *(("currency", _text), ("member", _text), ("since", _day), ("until", _day)),
        *((name, _minor) for name in ("average_minor", "quota_minor", "charge_minor")),
    ]
)
"""By currency and member, members that are charged nothing left out."""


def interest_on_outstandings(
    obligations: pa.Table, participants: pa.Table, *, settles_on: date, rate: Fraction, count: DayCount
) -> pa.Table:
    """Interest on what novation replaces, from each item's due day until *settles_on*, as `INTEREST`: debtors pay it, creditors get it.

    An item without a due day, or due on that day or later, bears none. *rate*: a year's share, the same for both sides.
    Law: every currency sums to zero. Cost: one grouping of the rows, then a pass over members and days.
    """
    rows = []
    for currency, group in groupby(_by_day(obligations, participants), key=lambda row: row[0]):
        balances = {member: _cumulated(days, settles_on) for member, days in groupby(group, key=lambda row: row[1])}
        balances = {member: own for member, own in balances.items() if own}
        if not balances:
            continue
        start = min(own[0].since for own in balances.values())
        rates = (InterestRate(start, rate, rate),)
        exact = {member: interest(own, rates, start=start, end=settles_on, count=count) for member, own in balances.items()}
        found = passed_on(exact)
        holds(found.union_minor == 0, "outstandings_have_two_sides", currency=currency, left=found.union_minor)
        for member, amount in found.members.items():
            average = round(average_balance(balances[member], start=start, end=settles_on))
            rows.append((currency, member, start, settles_on, average, amount))
    return _table(rows, INTEREST)


def with_interest(net: pa.Table, earned: pa.Table) -> pa.Table:
    """Positions with the interest of the same settlement, as `calls.POSITIONS`. Law: sums of currencies stay as they are."""
    amounts = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist()}
    for row in earned.to_pylist():
        key = row["currency"], row["member"]
        amounts[key] = amounts.get(key, 0) + row["interest_minor"]
    return _table([(*key, amounts[key]) for key in sorted(amounts)], POSITIONS)


def interest_on_credit(
    balances: Mapping[Key, Sequence[Balance]], rates: Sequence[InterestRate], *, start: date, end: date, count: DayCount
) -> pa.Table:
    """Interest of a period on credit balances, by the rate of each side, as `INTEREST`; the union keeps or bears the difference."""
    rows = []
    for currency in sorted({currency for currency, _ in balances}):
        own = {member: balances[currency, member] for code, member in sorted(balances) if code == currency}
        exact = {member: interest(each, rates, start=start, end=end, count=count) for member, each in own.items()}
        for member, amount in booked(exact).members.items():
            average = round(average_balance(own[member], start=start, end=end))
            if average or amount:
                rows.append((currency, member, start, end, average, amount))
    return _table(rows, INTEREST)


def charges_on_credit(
    balances: Mapping[Key, Sequence[Balance]],
    quotas: Mapping[Key, int],
    steps: Sequence[ChargeStep],
    *,
    start: date,
    end: date,
    count: DayCount,
) -> pa.Table:
    """The charge of a period on the average credit balance of either side, as `CHARGES`."""
    rows, years = [], year_share(start, end, count)
    for key in sorted(balances):
        average, quota = average_balance(balances[key], start=start, end=end), quotas.get(key, 0)
        amount = charge_minor(average, quota, years=years, steps=steps)
        if amount:
            rows.append((*key, start, end, round(average), quota, amount))
    return _table(rows, CHARGES)


def _by_day(obligations: pa.Table, participants: pa.Table) -> list[tuple[str, str, date, int]]:
    """Currency, direct member, due day and what is owed to it net of that day, in this order; rows without a due day left out."""
    dated = obligations.filter(pc.is_valid(obligations["due"]))
    sides = []
    for side, sign in (("debtor", -1), ("creditor", 1)):
        member = settled_by(dated[side], participants)
        amount = pc.multiply(dated["replaced_minor"], sign)
        sides.append(pa.table({"currency": dated["currency"], "member": member, "due": dated["due"], "minor": amount}))
    sums = pa.concat_tables(sides).group_by(["currency", "member", "due"]).aggregate([("minor", "sum")])
    return sorted(zip(*(sums[name].to_pylist() for name in ("currency", "member", "due", "minor_sum")), strict=True))


def _cumulated(days: Iterable[tuple[str, str, date, int]], end: date) -> list[Balance]:
    return list(_balances(days, end))


def _balances(days: Iterable[tuple[str, str, date, int]], end: date) -> Iterator[Balance]:
    whole = 0
    for _, _, due, amount in days:
        if due < end:
            whole += amount
            yield Balance(due, whole)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
