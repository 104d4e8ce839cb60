"""From submitted rows to admitted obligations: the flow of intake.

Each column is read into values and rulings; the most important ruling of a row decides. What
stays is sorted canonically, so that the order of rows cannot matter from here on.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.intake.admitted import EXCLUSION_CODES, NO_DUE, Admission, Admitted
from rescounter.intake.order import canonical_order, ranked
from rescounter.intake.reading import Read, read_rows, refusals_of, refuse_overflowing
from rescounter.intake.submitted import Submitted
from rescounter.terms import INT64_MAX, Exponents, holds

__all__ = ["Conditions", "admit"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """On which conditions a run takes obligations.

    Args:
        exponents: decimal digits of the currencies, those that the rulebook declares included.
        decimal: the decimal sign "." or ",", which also allows separators between thousands; None
            allows plain decimals only.
        minimum: major units; smaller obligations are kept out.
        due_by: obligations that fall due later are kept out; one without a due date is due.
    """

    exponents: Exponents = field(default_factory=Exponents)
    decimal: str | None = None
    minimum: Decimal | None = None
    due_by: datetime.date | None = None


def admit(submitted: Submitted, conditions: Conditions | None = None) -> Admission:
    """Admit every row that keeps the rules, refuse each other one with a reason.

    Law: rows admitted + rows refused = rows submitted.
    """
    conditions = conditions or Conditions()
    read = read_rows(submitted, conditions.exponents, conditions.decimal)
    refuse_overflowing(read)
    kept = np.flatnonzero(read.rulings == 0)
    admitted = _admitted(read, kept, conditions)
    refusals = refusals_of(submitted, read, conditions.exponents)
    holds(len(admitted) + refusals.num_rows == len(submitted) + len(submitted.unreadable), "no_row_is_lost")
    return Admission(admitted=admitted, refusals=refusals, notes=submitted.notes)


def _admitted(read: Read, kept: NDArray[np.int64], conditions: Conditions) -> Admitted:
    take_kept = pa.array(kept)
    everything = len(kept) == len(read.amount)
    members, (debtor, creditor) = _ranks(read.names, [read.debtor[kept], read.creditor[kept]])
    codes, (currency,) = _ranks(read.currencies, [read.currency[kept]])
    ids = read.ids if everything else read.ids.take(take_kept)
    weight = None if read.weight is None else read.weight[kept]
    order = canonical_order(currency.astype(np.int16), debtor, creditor, read.due[kept], ids, weight)
    rows = kept[order]
    take = pa.array(rows)
    currencies: tuple[str, ...] = tuple(codes.to_pylist())
    admitted = Admitted(
        members=members,
        currencies=currencies,
        exponents=tuple(conditions.exponents.of(code) or 0 for code in currencies),
        currency=currency[order].astype(np.int16),
        debtor=debtor[order],
        creditor=creditor[order],
        amount=read.amount[rows],
        due=read.due[rows],
        id=read.ids.take(take),
        kind=read.kind.take(take),
        reference=None if read.reference is None else read.reference.take(take),
        excluded=_exclusions(read, conditions)[rows],
        weight=None if weight is None else weight[order],
    )
    numbers = (admitted.currency, admitted.debtor, admitted.creditor, admitted.amount, admitted.due, admitted.excluded, admitted.weight)
    for column in numbers:
        if column is not None:
            column.flags.writeable = False
    return admitted


def _ranks(names: pa.Array, columns: list[NDArray[np.int32]]) -> tuple[pa.Array, list[NDArray[np.int32]]]:
    """The names that *columns* use, in order of code point, and the columns as places in that order."""
    used = np.zeros(len(names), bool)
    for column in columns:
        used[column] = True
    places = np.flatnonzero(used)
    ordered, rank = ranked(names.take(pa.array(places)))
    rank_of_place = np.zeros(len(names), np.int32)
    rank_of_place[places] = rank
    return ordered, [rank_of_place[column] for column in columns]


def _exclusions(read: Read, conditions: Conditions) -> NDArray[np.int8]:
    excluded = np.zeros(len(read.amount), np.int8)
    if conditions.due_by is not None:
        latest = (conditions.due_by - datetime.date(1970, 1, 1)).days
        excluded[(read.due > latest) & (read.due != NO_DUE)] = EXCLUSION_CODES.index("not_yet_due")
    if conditions.minimum is not None:
        powers = 10 ** np.arange(0, 20, dtype=object)
        least = [-((-Fraction(conditions.minimum) * int(power)) // 1) for power in powers]
        floor = np.array([min(int(value), INT64_MAX) for value in least], np.int64)
        excluded[read.amount < floor[np.maximum(read.exponent, 0)]] = EXCLUSION_CODES.index("below_minimum")
    excluded[~read.divisible] = EXCLUSION_CODES.index("indivisible")
    return excluded
