"""From submitted rows to admitted obligations: the flow of intake.

Each column is read into values and rulings; the most important ruling of a row decides. What
stays is sorted canonically, so that the order of rows cannot matter from here on.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import EXCLUSION_CODES, NO_DUE, Admission, Admitted
from rescounter.intake.amounts import read_amounts
from rescounter.intake.details import as_text, read_divisible, read_dues, read_names, read_text, read_weights
from rescounter.intake.duplicates import read_duplicates
from rescounter.intake.order import canonical_order, ranked
from rescounter.intake.refusing import Row, refusals_table, refuse
from rescounter.intake.rulings import CODE_OF, CODES, Codes, first_broken_rule
from rescounter.intake.submitted import Submitted
from rescounter.terms import INT64_MAX, REFUSALS, Exponents, Refusal, holds
from rescounter.terms.currencies import NO_CURRENCY
from rescounter.terms.names import ID_LENGTH_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX
from rescounter.terms.refusals import shown

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


@dataclass(frozen=True, slots=True)
class _Read:
    """Every column of the submitted rows as values, before anything is left out or sorted."""

    names: pa.Array
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    currencies: pa.Array
    currency: NDArray[np.int32]
    exponent: NDArray[np.int8]
    amount: NDArray[np.int64]
    due: NDArray[np.int32]
    ids: pa.Array
    kind: pa.Array
    reference: pa.Array | None
    divisible: NDArray[np.bool_]
    weight: NDArray[np.int8] | None
    rulings: Codes
    fields: dict[str, Codes]


def admit(submitted: Submitted, conditions: Conditions | None = None) -> Admission:
    """Admit every row that keeps the rules, refuse each other one with a reason.

    Law: rows admitted + rows refused = rows submitted.
    """
    conditions = conditions or Conditions()
    read = _read(submitted, conditions)
    kept = np.flatnonzero(read.rulings == 0)
    overflowing = _overflowing_currencies(read, kept)
    if overflowing.any():
        read.rulings[kept[overflowing[read.currency[kept]]]] = CODE_OF["currency_sum_beyond_int64"]
        kept = np.flatnonzero(read.rulings == 0)
    admitted = _admitted(read, kept, conditions)
    refusals = _refusals(submitted, read, conditions.exponents)
    holds(len(admitted) + refusals.num_rows == len(submitted) + len(submitted.unreadable), "no_row_is_lost")
    return Admission(admitted=admitted, refusals=refusals, notes=submitted.notes)


def _read(submitted: Submitted, conditions: Conditions) -> _Read:
    cells, count = submitted.columns, len(submitted)
    nothing = pa.nulls(count, pa.string())
    names, debtor, creditor, ruling_debtor, ruling_creditor = _parties(cells["debtor"], cells["creditor"])
    currency, currencies, exponent = _currencies(cells.get("currency", nothing), conditions.exponents)
    amount, ruling_amount = _amounts(submitted, exponent, conditions.decimal)
    due, ruling_due = read_dues(cells.get("due", nothing))
    divisible, ruling_divisible = read_divisible(cells.get("divisible", nothing))
    weight, ruling_weight = read_weights(cells["weight"]) if "weight" in cells else (None, np.zeros(count, np.int16))
    ids, ruling_id = _ids(submitted)
    kind, ruling_kind = _text(cells.get("class"), count)
    reference, ruling_reference = _text(cells.get("reference"), count)
    missing, alone = np.zeros(count, np.int16), np.zeros(count, np.int16)
    missing[(debtor < 0) | (creditor < 0)] = CODE_OF["missing_field"]
    alone[(debtor == creditor) & (debtor >= 0)] = CODE_OF["self_obligation"]
    fields = {
        "debtor": ruling_debtor,
        "creditor": ruling_creditor,
        "id": ruling_id,
        "class": ruling_kind,
        "reference": ruling_reference,
    }
    rulings = first_broken_rule([missing, ruling_amount, alone, *fields.values(), ruling_due, ruling_divisible, ruling_weight])

    def content_of(row: int) -> Hashable:
        texts = (kind[row].as_py(), reference[row].as_py())
        numbers = (amount[row], due[row], divisible[row], None if weight is None else weight[row])
        return (debtor[row], creditor[row], currency[row], *numbers, *texts)

    if "id" in cells:
        named = np.asarray(pc.is_valid(as_text(cells["id"])))
        rulings = first_broken_rule([rulings, read_duplicates(ids, named, rulings, content_of)])
    return _Read(
        names=names,
        debtor=debtor,
        creditor=creditor,
        currencies=currencies,
        currency=currency,
        exponent=exponent,
        amount=amount,
        due=due,
        ids=ids,
        kind=kind,
        reference=reference if "reference" in cells else None,
        divisible=divisible,
        weight=weight,
        rulings=rulings,
        fields=fields,
    )


def _parties(debtors: pa.Array, creditors: pa.Array) -> tuple[pa.Array, NDArray[np.int32], NDArray[np.int32], Codes, Codes]:
    both = pa.concat_arrays([cells if pa.types.is_string(cells.type) else cells.cast(pa.string()) for cells in (debtors, creditors)])
    place, names, ruling = read_names(both, length_max=NAME_LENGTH_MAX)
    middle = len(debtors)
    return names, place[:middle], place[middle:], ruling[:middle], ruling[middle:]


def _currencies(cells: pa.Array, exponents: Exponents) -> tuple[NDArray[np.int32], pa.Array, NDArray[np.int8]]:
    distinct = pc.dictionary_encode(
        pc.fill_null(as_text(cells), NO_CURRENCY) if cells.null_count < len(cells) else pa.repeat(NO_CURRENCY, len(cells))
    )
    digits = [exponents.of(code) for code in distinct.dictionary.to_pylist()]
    place = np.asarray(distinct.indices)
    table = np.array([-1 if digit is None else digit for digit in digits], np.int8)
    return place, distinct.dictionary, table[place]


def _amounts(submitted: Submitted, exponent: NDArray[np.int8], decimal: str | None) -> tuple[NDArray[np.int64], Codes]:
    column = "amount_minor" if "amount_minor" in submitted.columns else "amount"
    digits = exponent if column == "amount" else np.where(exponent < 0, exponent, np.int8(0))
    return read_amounts(submitted.columns[column], digits, binary=submitted.float_cells.get(column), decimal=decimal)


def _text(cells: pa.Array | None, count: int) -> tuple[pa.Array, Codes]:
    if cells is None:
        return pa.nulls(count, pa.string()), np.zeros(count, np.int16)
    return read_text(cells, length_max=TEXT_LENGTH_MAX)


def _row_numbers(submitted: Submitted) -> NDArray[np.int64]:
    numbers = submitted.row_numbers
    return np.arange(1, len(submitted) + 1) if numbers is None else numbers


def _ids(submitted: Submitted) -> tuple[pa.Array, Codes]:
    numbers = pa.array(_row_numbers(submitted)).cast(pa.string())
    if "id" not in submitted.columns:
        return numbers, np.zeros(len(submitted), np.int16)
    text, ruling = read_text(submitted.columns["id"], length_max=ID_LENGTH_MAX)
    return pc.coalesce(text, numbers), ruling


def _overflowing_currencies(read: _Read, kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which currencies' kept amounts sum beyond int64, summed exactly in two halves of 32 bits."""
    currency, amount = read.currency[kept], read.amount[kept]
    high, low = np.zeros(len(read.currencies), np.int64), np.zeros(len(read.currencies), np.int64)
    np.add.at(high, currency, amount >> 32)
    np.add.at(low, currency, amount & 0xFFFFFFFF)
    return np.array([(int(h) << 32) + int(lo) > INT64_MAX for h, lo in zip(high, low, strict=True)], dtype=bool)


def _admitted(read: _Read, kept: NDArray[np.int64], conditions: Conditions) -> Admitted:
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


def _exclusions(read: _Read, conditions: Conditions) -> NDArray[np.int8]:
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


def _refusals(submitted: Submitted, read: _Read, exponents: Exponents) -> pa.Table:
    numbers, cells = _row_numbers(submitted), submitted.columns
    bad = np.flatnonzero(read.rulings)
    take = pa.array(bad)
    texts = {name: _shown_cells(column.take(take)) for name, column in cells.items()}
    ids = read.ids.take(take).to_pylist()
    unreadable = REFUSALS["unreadable_row"]
    refusals = [
        Refusal(number, str(number), unreadable.code, shown(text), unreadable.allowed, unreadable.what_to_do)
        for number, text in submitted.unreadable
    ]
    for place, row in enumerate(bad.tolist()):
        code = CODES[read.rulings[row]]
        named = next((name for name, rulings in read.fields.items() if CODES[rulings[row]] == code), "")
        values = {name: column[place] for name, column in texts.items()}
        refusals.append(refuse(Row(int(numbers[row]), shown(ids[place]), values), code, exponents=exponents, field=named))
    return refusals_table(refusals)


def _shown_cells(cells: pa.Array) -> list[str | None]:
    if pa.types.is_floating(cells.type):
        return [None if value is None else repr(value) for value in cells.to_pylist()]
    texts: list[str | None] = cells.cast(pa.string()).to_pylist()
    return texts
