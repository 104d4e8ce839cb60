"""Liquidity as it was handed in: what each member puts in, and the union's fund. Taken whole or refused whole.

A wrong line of cash is not like a wrong obligation, which stays owed and waits for the next run: a run
with half of the cash would clear something else, so nothing is left out, and every fault is told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import Admitted
from rescounter.intake.amounts import read_amounts
from rescounter.intake.details import as_text
from rescounter.intake.rulings import CODES
from rescounter.intake.submitted import Submitted
from rescounter.terms import INT64_MAX, REFUSALS, CallerFault, holds
from rescounter.terms.names import FUND_NAME, closest
from rescounter.terms.refusals import shown

__all__ = ["FAULTS_TOLD_MAX", "MINOR_MAX", "Lines", "admit_lines"]

MINOR_MAX: Final = INT64_MAX // 2
"""Most that a currency's obligations, lines and fund may come to together: then no sum of flows overflows."""

FAULTS_TOLD_MAX: Final = 1_000
"""Faults of one file that are told one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Cash that a run may draw: one line for each member and currency, > 0 minor units. Read-only.

    Args: *currency* int16[j], place in `Admitted.currencies`; *member* int32[j], place in
    `Admitted.members`, -1 for the union's fund; *amount* int64[j].
    """

    currency: NDArray[np.int16]
    member: NDArray[np.int32]
    amount: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with one line."""

    row: int
    found: str
    allowed: str
    what_to_do: str

    def __str__(self) -> str:
        end = "" if self.allowed.endswith("?") else "."
        return f"  row {self.row:,}: found {self.found}; allowed: {self.allowed}{end} {self.what_to_do}"


def admit_lines(submitted: Submitted, admitted: Admitted, *, decimal: str | None = None) -> Lines:
    """The lines of a file, for a run of *admitted*.

    Refuses: CallerFault ``liquidity_refused`` with every fault of every line; there are no partial lines.
    """
    count = len(submitted)
    numbers = np.arange(1, count + 1) if submitted.row_numbers is None else submitted.row_numbers
    faults = [
        _Fault(row, shown(text), "one cell for each column", "Mend this row, or export the file again.")
        for row, text in submitted.unreadable
    ]
    currency, bad = _currencies(submitted, admitted, numbers)
    faults += bad
    member, bad = _members(submitted, admitted, currency, numbers)
    faults += bad
    amount, bad = _amounts(submitted, admitted, currency, numbers, decimal)
    faults += bad + _repeated(currency, member, numbers, admitted) + _overflowing(currency, amount, numbers, admitted)
    if faults:
        raise _refused(sorted(faults, key=lambda fault: fault.row))
    lines = Lines(currency.astype(np.int16), member.astype(np.int32), amount)
    holds(bool((lines.amount > 0).all() and (lines.currency >= 0).all() and (lines.member >= -1).all()), "lines_are_whole")
    for column in (lines.currency, lines.member, lines.amount):
        column.flags.writeable = False
    return lines


def _refused(faults: Sequence[_Fault]) -> CallerFault:
    told = [str(fault) for fault in faults[:FAULTS_TOLD_MAX]]
    if len(faults) > len(told):
        told.append(f"  and {len(faults) - len(told):,} more")
    counted = "1 fault" if len(faults) == 1 else f"{len(faults):,} faults"
    return CallerFault("liquidity_refused", "\n".join([f"the file of liquidity was not taken, for {counted}:", *told]), faults=len(faults))


def _texts(submitted: Submitted, name: str) -> list[str | None]:
    texts: list[str | None] = as_text(submitted.columns[name]).to_pylist() if name in submitted.columns else [None] * len(submitted)
    return texts


def _currencies(submitted: Submitted, admitted: Admitted, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[_Fault]]:
    """Place of each line's currency, -1 where there is none."""
    places = {code: place for place, code in enumerate(admitted.currencies)}
    only = 0 if len(places) == 1 else -1
    texts = _texts(submitted, "currency")
    currency = np.array([only if text is None else places.get(text, -1) for text in texts], np.int64)
    known = ", ".join(admitted.currencies) or "none: no obligation was admitted"
    remedy = "Name a currency of the run's obligations." if places else "Mend the obligations first."
    return currency, [
        _Fault(int(numbers[row]), f"currency {shown(texts[row])}", f"a currency of the run ({known})", remedy)
        for row in np.flatnonzero(currency < 0).tolist()
    ]


def _members(
    submitted: Submitted, admitted: Admitted, currency: NDArray[np.int64], numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[_Fault]]:
    """Place of each line's member, -1 for the fund, -2 where there is none."""
    texts = as_text(submitted.columns["member"])
    known = pc.fill_null(pc.index_in(texts, value_set=admitted.members), -2)
    member = np.asarray(known).astype(np.int64)
    member[np.asarray(pc.fill_null(pc.equal(texts, FUND_NAME), False))] = -1
    present = _present(admitted)
    faults = []
    for row in np.flatnonzero((member == -2) | ((member >= 0) & (currency >= 0))).tolist():
        name, code = texts[row].as_py(), admitted.currencies[currency[row]] if currency[row] >= 0 else ""
        if member[row] == -2:
            hint = closest(name, admitted.members.to_pylist()) if name else ""
            faults.append(
                _member_fault(int(numbers[row]), f"member {shown(name)}", f"a member of the run, or {FUND_NAME} for the fund{hint}")
            )
        elif (int(currency[row]), int(member[row])) not in present:
            faults.append(
                _member_fault(int(numbers[row]), f"member {shown(name)} without an obligation in {code}", f"a member with one in {code}")
            )
    return member, faults


def _member_fault(row: int, found: str, allowed: str) -> _Fault:
    return _Fault(row, found, allowed, "Correct the code, or delete the line.")


def _present(admitted: Admitted) -> set[tuple[int, int]]:
    """Every currency and member with an obligation."""
    size = max(len(admitted.members), 1)
    keys = np.unique(np.concatenate([admitted.currency.astype(np.int64) * size + side for side in (admitted.debtor, admitted.creditor)]))
    return {divmod(key, size) for key in keys.tolist()}


def _amounts(
    submitted: Submitted, admitted: Admitted, currency: NDArray[np.int64], numbers: NDArray[np.int64], decimal: str | None
) -> tuple[NDArray[np.int64], list[_Fault]]:
    """Minor units > 0; of a line without a known currency the amount is not judged."""
    column = "amount_minor" if "amount_minor" in submitted.columns else "amount"
    digits = np.array([*admitted.exponents, 0], np.int8)[currency] if column == "amount" else np.zeros(len(submitted), np.int8)
    amount, codes = read_amounts(submitted.columns[column], digits, binary=submitted.float_cells.get(column), decimal=decimal)
    texts = _texts(submitted, column)
    faults = []
    for row in np.flatnonzero((codes != 0) & (currency >= 0)).tolist():
        code, unit = CODES[codes[row]], admitted.currencies[currency[row]]
        allowed = REFUSALS[code].allowed
        if code in ("missing_field", "zero_amount", "negative_amount"):
            allowed = "an amount above zero"
        elif code == "too_precise":
            allowed = f"at most {digits[row]} decimal digits in {unit}" if column == "amount" else "whole minor units"
        remedy = "Correct the amount, or delete the line."
        faults.append(
            _Fault(
                int(numbers[row]),
                f"{column} {shown(texts[row])} ({REFUSALS[code].meaning})" if texts[row] else f"{column} (empty)",
                allowed,
                remedy,
            )
        )
    return amount, faults


def _repeated(currency: NDArray[np.int64], member: NDArray[np.int64], numbers: NDArray[np.int64], admitted: Admitted) -> list[_Fault]:
    first: dict[tuple[int, int], int] = {}
    faults = []
    for row, who in enumerate(zip(currency.tolist(), member.tolist(), strict=True)):
        if who[0] < 0 or who[1] == -2:
            continue
        if who in first:
            name = FUND_NAME if who[1] < 0 else admitted.members[who[1]].as_py()
            found = f"member {shown(name)} in {admitted.currencies[who[0]]} again, as in row {numbers[first[who]]:,}"
            faults.append(_Fault(int(numbers[row]), found, "one line for each member and currency", "Add the lines up, or delete one."))
        first.setdefault(who, row)
    return faults


def _overflowing(currency: NDArray[np.int64], amount: NDArray[np.int64], numbers: NDArray[np.int64], admitted: Admitted) -> list[_Fault]:
    """The line with which a currency's obligations and cash become more than can be reckoned with."""
    faults = []
    for place, code in enumerate(admitted.currencies):
        total = int(admitted.amount[admitted.currency == place].sum())
        for row in np.flatnonzero(currency == place).tolist():
            total += int(amount[row])
            if total > MINOR_MAX:
                found, allowed = f"obligations and liquidity of {total} minor units in {code}", f"at most {MINOR_MAX} together"
                faults.append(_Fault(int(numbers[row]), found, allowed, "Lower the line: no more than what is owed can be drawn."))
                break
    return faults
