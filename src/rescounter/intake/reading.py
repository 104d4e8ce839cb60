"""The cells of submitted rows as values, each row with the most important rule that it breaks.

Nothing is left out or sorted here: `admit` and `submissions.take` do that, each by its own order.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.amounts import read_amounts
from rescounter.intake.details import as_text, read_divisible, read_dues, read_names, read_text, read_weights
from rescounter.intake.duplicates import read_duplicates
from rescounter.intake.refusing import Row, refusals_table, refuse
from rescounter.intake.rulings import CODE_OF, CODES, Codes, first_broken_rule
from rescounter.intake.submitted import Submitted
from rescounter.terms import INT64_MAX, REFUSALS, Exponents, Refusal
from rescounter.terms.currencies import NO_CURRENCY
from rescounter.terms.names import ID_LENGTH_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX
from rescounter.terms.refusals import shown

__all__ = ["Read", "read_rows", "refusals_of", "refuse_overflowing", "row_numbers"]


@dataclass(frozen=True, slots=True)
class Read:
    """Every column of the submitted rows as values, before anything is left out or sorted.

    Args: *names* of parties, which *debtor* and *creditor* index; *ids* are row numbers where a row is not *named*; *rulings* of
    all columns together, *fields* of those whose code does not tell the column.
    """

    names: pa.Array
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    currencies: pa.Array
    currency: NDArray[np.int32]
    exponent: NDArray[np.int8]
    amount: NDArray[np.int64]
    due: NDArray[np.int32]
    ids: pa.Array
    named: NDArray[np.bool_]
    kind: pa.Array
    reference: pa.Array | None
    divisible: NDArray[np.bool_]
    weight: NDArray[np.int8] | None
    rulings: Codes
    fields: dict[str, Codes]


def read_rows(submitted: Submitted, exponents: Exponents, decimal: str | None, *, submitter: pa.Array | None = None) -> Read:
    """Values and rulings of all rows, A1 and A17 apart.

    Args: *submitter* of each row, where ids are told apart for each submitter and no row goes by its number.
    """
    cells, count = submitted.columns, len(submitted)
    nothing = pa.nulls(count, pa.string())
    names, debtor, creditor, ruling_debtor, ruling_creditor = _parties(cells["debtor"], cells["creditor"])
    currency, currencies, exponent = _currencies(cells.get("currency", nothing), exponents)
    amount, ruling_amount = _amounts(submitted, exponent, decimal)
    due, ruling_due = read_dues(cells.get("due", nothing))
    divisible, ruling_divisible = read_divisible(cells.get("divisible", nothing))
    weight, ruling_weight = read_weights(cells["weight"]) if "weight" in cells else (None, np.zeros(count, np.int16))
    ids, ruling_id = _ids(submitted)
    kind, ruling_kind = _text(cells.get("class"), count)
    reference, ruling_reference = _text(cells.get("reference"), count)
    unsaid = np.zeros(count, np.int16)
    ruling_submitter = unsaid if submitter is None else read_names(submitter, length_max=NAME_LENGTH_MAX)[2]
    missing, alone = np.zeros(count, np.int16), np.zeros(count, np.int16)
    missing[(debtor < 0) | (creditor < 0)] = CODE_OF["missing_field"]
    alone[(debtor == creditor) & (debtor >= 0)] = CODE_OF["self_obligation"]
    fields = {
        "debtor": ruling_debtor,
        "creditor": ruling_creditor,
        "id": ruling_id,
        "class": ruling_kind,
        "reference": ruling_reference,
        "submitter": ruling_submitter,
    }
    rulings = first_broken_rule([missing, ruling_amount, alone, *fields.values(), ruling_due, ruling_divisible, ruling_weight])

    def content_of(row: int) -> Hashable:
        texts = (kind[row].as_py(), reference[row].as_py())
        numbers = (amount[row], due[row], divisible[row], None if weight is None else weight[row])
        return (debtor[row], creditor[row], currency[row], *numbers, *texts)

    named = np.asarray(pc.is_valid(as_text(cells["id"]))) if "id" in cells else np.zeros(count, bool)
    if named.any():
        keys = ids if submitter is None else _keys(submitter, ids, named)
        rulings = first_broken_rule([rulings, read_duplicates(keys, named, rulings, content_of)])
    return Read(
        names=names,
        debtor=debtor,
        creditor=creditor,
        currencies=currencies,
        currency=currency,
        exponent=exponent,
        amount=amount,
        due=due,
        ids=ids,
        named=named,
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


def row_numbers(submitted: Submitted) -> NDArray[np.int64]:
    """The 1-based data row of each row."""
    numbers = submitted.row_numbers
    return np.arange(1, len(submitted) + 1) if numbers is None else numbers


def _ids(submitted: Submitted) -> tuple[pa.Array, Codes]:
    numbers = pa.array(row_numbers(submitted)).cast(pa.string())
    if "id" not in submitted.columns:
        return numbers, np.zeros(len(submitted), np.int16)
    text, ruling = read_text(submitted.columns["id"], length_max=ID_LENGTH_MAX)
    return pc.coalesce(text, numbers), ruling


def _keys(submitter: pa.Array, ids: pa.Array, named: NDArray[np.bool_]) -> pa.Array:
    """Submitter and id as one text; a row without either has a key that no other row can have."""
    own = pc.binary_join_element_wise("\0", pa.array(np.arange(len(ids))).cast(pa.string()), "")
    return pc.binary_join_element_wise(
        pc.fill_null(submitter, ""), pc.if_else(pc.and_(pa.array(named), pc.is_valid(submitter)), ids, own), "\x1f"
    )


def refuse_overflowing(read: Read) -> None:
    """Rule A17: refuse the good rows of every currency whose sum leaves int64."""
    kept = np.flatnonzero(read.rulings == 0)
    overflowing = _overflowing_currencies(read, kept)
    if overflowing.any():
        read.rulings[kept[overflowing[read.currency[kept]]]] = CODE_OF["currency_sum_beyond_int64"]


def _overflowing_currencies(read: Read, kept: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which currencies' kept amounts sum beyond int64, summed exactly in two halves of 32 bits."""
    currency, amount = read.currency[kept], read.amount[kept]
    high, low = np.zeros(len(read.currencies), np.int64), np.zeros(len(read.currencies), np.int64)
    np.add.at(high, currency, amount >> 32)
    np.add.at(low, currency, amount & 0xFFFFFFFF)
    return np.array([(int(h) << 32) + int(lo) > INT64_MAX for h, lo in zip(high, low, strict=True)], dtype=bool)


def refusals_of(submitted: Submitted, read: Read, exponents: Exponents) -> pa.Table:
    """Every unreadable row and every row that breaks a rule, in order of rows."""
    numbers, cells = row_numbers(submitted), submitted.columns
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
