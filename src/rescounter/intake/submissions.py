"""What a member, or the operator for many, hands in to a cycle: rows become submissions or refusals.

Cells are read by the rules A1 to A20 as for any run; then the union asks who may hand in what (S1 to S11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import NO_DUE
from rescounter.intake.details import as_text
from rescounter.intake.keys import by_submitter_and_id, column, find, first_of
from rescounter.intake.reading import Read, read_rows, refusals_of, refuse_overflowing, row_numbers
from rescounter.intake.submitted import Submitted
from rescounter.intake.union_refusing import Texts, amounts_told, by_row, joined, refusals_under
from rescounter.rulebook.rules import IntakeRules, UnionRules
from rescounter.terms import Exponents, holds
from rescounter.terms.names import closest
from rescounter.terms.refusals import UNION_REFUSALS
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS

__all__ = ["MANY", "SubmissionTerms", "Taken", "same_content", "take"]

MANY: Final = "*"
"""Submitter of a file that the operator hands in for many members."""

_HINTED_MAX: Final = 20
_MEMBERS_HINTED_MAX: Final = 5_000
"""Up to so many unknown names, and among so many members, the message says which code was perhaps meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionTerms:
    """On which terms a union takes rows.

    Args:
        submitter: a member; or `MANY`: then each row is handed in by the party that *rules.driven_by* names, or, where both may
            hand in, by the one in its column ``submitter``.
        union: its currencies; where it has only one, an empty cell means that one.
        participants: `terms.intake_tables.PARTICIPANTS`.
        known: what this cycle holds already, with the columns of `SUBMISSIONS`, without what was taken back (`keys.standing`).
        carried: what was carried into this cycle (`FROZEN`), without what was taken back.
        exponents: digits of currencies as the cycle froze them; those of *union* where None.
        decimal: the decimal sign "." or ","; None allows plain decimals only.
        pool_member: who stands for the insurance pool, whose obligations enter by themselves; empty = nobody.
    """

    submitter: str
    rules: IntakeRules
    union: UnionRules
    participants: pa.Table
    known: pa.Table = field(default_factory=SUBMISSIONS.empty_table)
    carried: pa.Table = field(default_factory=FROZEN.empty_table)
    exponents: Exponents | None = None
    decimal: str | None = None
    pool_member: str = ""

    @property
    def digits(self) -> Exponents:
        """The digits of currencies."""
        return self.exponents or Exponents(self.union.exponents)


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a file: *table* (`SUBMISSIONS`, by submitter and id) is new to the cycle.

    *repeated* rows were there with the same content: neither taken again nor refused.
    Law: taken + repeated + refused = rows handed in.
    """

    table: pa.Table
    repeated: int
    refusals: pa.Table
    notes: tuple[str, ...]


def take(submitted: Submitted, terms: SubmissionTerms) -> Taken:
    """Take every row that keeps the rules and is new, refuse each other one with a reason."""
    filled = _with_the_only_currency(submitted, terms)
    submitter = _submitters(filled, terms)
    read = read_rows(filled, terms.digits, terms.decimal, submitter=submitter)
    refuse_overflowing(read)
    good = np.flatnonzero(read.rulings == 0)
    rows, numbers = _rows(read, submitter, good), row_numbers(filled)[good]
    known = find(rows, terms.known)
    masks = _broken(rows, terms, read.named[good], known)
    ruling = first_of(masks, len(good))
    refused = [
        _told(code, rows.filter(pa.array(ruling == place)), numbers[ruling == place], terms)
        for place, (code, mask) in enumerate(masks, 1)
        if mask.any()
    ]
    fresh = rows.filter(pa.array((ruling == 0) & (known < 0)))
    repeated = int(((ruling == 0) & (known >= 0)).sum())
    refusals = by_row([refusals_of(filled, read, terms.digits), *refused])
    handed_in = len(submitted) + len(submitted.unreadable)
    holds(fresh.num_rows + repeated + refusals.num_rows == handed_in, "no_row_is_lost", handed_in=handed_in)
    again = (f"{repeated:,} rows were there already, the same in every column: nothing was done with them.",) if repeated else ()
    return Taken(fresh.take(pa.array(by_submitter_and_id(fresh))), repeated, refusals, submitted.notes + again)


def same_content(left: pa.Table, right: pa.Table) -> NDArray[np.bool_]:
    """Where two tables of one length say the same in every column of `SUBMISSIONS`."""
    same = np.ones(left.num_rows, bool)
    for name in SUBMISSIONS.names:
        same &= _same(left, right, name)
    return same


def _same(left: pa.Table, right: pa.Table, name: str) -> NDArray[np.bool_]:
    one, other = (column(table, name) for table in (left, right))
    if pa.types.is_date(one.type):
        one, other = (pc.fill_null(dates.cast(pa.int32()), NO_DUE) for dates in (one, other))
    if pa.types.is_string(one.type):
        one, other = (pc.fill_null(texts, "") for texts in (one, other))
    return np.asarray(pc.equal(one, other))


def _with_the_only_currency(submitted: Submitted, terms: SubmissionTerms) -> Submitted:
    if len(terms.union.currencies) != 1:
        return submitted
    cells = submitted.columns.get("currency", pa.nulls(len(submitted), pa.string()))
    filled = pc.fill_null(as_text(cells), terms.union.currencies[0])
    return replace(submitted, columns={**submitted.columns, "currency": filled})


def _submitters(submitted: Submitted, terms: SubmissionTerms) -> pa.Array:
    if terms.submitter != MANY:
        return pa.repeat(pa.scalar(terms.submitter, pa.string()), len(submitted))
    name = terms.rules.driven_by if terms.rules.driven_by in ("debtor", "creditor") else "submitter"
    return as_text(submitted.columns.get(name, pa.nulls(len(submitted), pa.string())))


def _rows(read: Read, submitter: pa.Array, good: NDArray[np.int64]) -> pa.Table:
    """The rows that keep the rules A, in order of the file."""
    chosen = pa.array(good)
    due = read.due[good]
    columns = {
        "submitter": submitter.take(chosen),
        "id": read.ids.take(chosen),
        "debtor": read.names.take(pa.array(read.debtor[good])),
        "creditor": read.names.take(pa.array(read.creditor[good])),
        "currency": read.currencies.take(pa.array(read.currency[good])),
        "amount_minor": pa.array(read.amount[good]),
        "due": pa.array(due, pa.int32(), mask=due == NO_DUE).cast(pa.date32()),
        "class": read.kind.take(chosen),
        "weight": pa.repeat(pa.scalar(1, pa.int32()), len(good)) if read.weight is None else pa.array(read.weight[good], pa.int32()),
        "divisible": pa.array(read.divisible[good]),
        "reference": pa.nulls(len(good), pa.string()) if read.reference is None else read.reference.take(chosen),
    }
    return pa.table([array.cast(kind.type) for array, kind in zip(columns.values(), SUBMISSIONS, strict=True)], schema=SUBMISSIONS)


def _broken(
    rows: pa.Table, terms: SubmissionTerms, named: NDArray[np.bool_], known: NDArray[np.int64]
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Which rows break which rule, in order of precedence."""
    submitter, debtor, creditor = (column(rows, name) for name in ("submitter", "debtor", "creditor"))
    members = column(terms.participants, "code")
    silent = members.filter(pc.invert(column(terms.participants, "may_submit")))
    other_side = {"debtor": creditor, "creditor": debtor}.get(terms.rules.driven_by)
    of_pool = pa.array([terms.pool_member] if terms.pool_member else [], pa.string())
    there = known >= 0
    changed = there.copy()
    changed[there] = ~same_content(rows.filter(pa.array(there)), terms.known.take(pa.array(known[there])))
    return [
        ("submitter_missing", _flags(pc.is_null(submitter))),
        ("submitter_no_member", ~_among(submitter, members)),
        ("may_not_submit", _among(submitter, silent)),
        ("of_the_pool", _among(debtor, of_pool) | _among(creditor, of_pool) | _among(submitter, of_pool)),
        ("debtor_no_member", ~_among(debtor, members)),
        ("creditor_no_member", ~_among(creditor, members)),
        ("not_a_party", ~_flags(pc.or_(pc.equal(submitter, debtor), pc.equal(submitter, creditor)))),
        ("wrong_side", np.zeros(len(named), bool) if other_side is None else _flags(pc.equal(submitter, other_side))),
        ("currency_not_taken", _foreign(column(rows, "currency"), terms.union.currencies)),
        ("id_missing", ~named),
        ("already_carried", find(rows, terms.carried) >= 0),
        ("id_taken", changed),
    ]


def _flags(answers: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(answers, False))


def _among(codes: pa.Array, members: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.is_in(codes, value_set=members))


def _foreign(currency: pa.Array, taken: tuple[str, ...]) -> NDArray[np.bool_]:
    return ~np.asarray(pc.is_in(currency, value_set=pa.array(taken, pa.string()))) if taken else np.zeros(len(currency), bool)


def _told(code: str, rows: pa.Table, numbers: NDArray[np.int64], terms: SubmissionTerms) -> pa.Table:
    """The refusals of *rows* under one code."""
    found = _FOUND[code](rows, terms)
    allowed: Texts = ""
    if code == "wrong_side":
        allowed = f"rows that their {terms.rules.driven_by} hands in"
    if code == "currency_not_taken":
        allowed = ", ".join(terms.union.currencies)
    return refusals_under(
        code, rows=numbers, ids=_id_or_number(rows, numbers), found=found, allowed=allowed, what_to_do=_hints(code, rows, terms)
    )


def _id_or_number(rows: pa.Table, numbers: NDArray[np.int64]) -> pa.Array:
    return pc.coalesce(column(rows, "id"), pa.array(numbers).cast(pa.string()))


def _hints(code: str, rows: pa.Table, terms: SubmissionTerms) -> Texts:
    """For a code that no member has: what to do, with the members that were perhaps meant."""
    name = {"submitter_no_member": "submitter", "debtor_no_member": "debtor", "creditor_no_member": "creditor"}.get(code)
    if name is None or terms.participants.num_rows > _MEMBERS_HINTED_MAX:
        return ""
    codes = pc.dictionary_encode(column(rows, name))
    if len(codes.dictionary) > _HINTED_MAX:
        return ""
    members, remedy = terms.participants["code"].to_pylist(), UNION_REFUSALS[code].what_to_do
    hints = [remedy + closest(unknown, members).replace("; did", " Did") for unknown in codes.dictionary.to_pylist()]
    return pa.array(hints, pa.string()).take(codes.indices)


def _party(name: str) -> Callable[[pa.Table, SubmissionTerms], Texts]:
    return lambda rows, terms: joined(f"{name} ", column(rows, name))


def _debt(rows: pa.Table) -> pa.Array:
    return joined(column(rows, "submitter"), " hands in that ", column(rows, "debtor"), " owes ", column(rows, "creditor"))


def _with_other_content(rows: pa.Table, terms: SubmissionTerms) -> Texts:
    there = terms.known.take(pa.array(find(rows, terms.known)))
    told = [pc.if_else(pa.array(_same(rows, there, name)), "", f" {name.removesuffix('_minor')}") for name in SUBMISSIONS.names]
    amounts = (amounts_told(rows, terms.digits), ", there of ", amounts_told(there, terms.digits))
    return joined("id ", column(rows, "id"), " of ", *amounts, "; what differs:", *told)


def _carried(rows: pa.Table, terms: SubmissionTerms) -> Texts:
    there = terms.carried.take(pa.array(find(rows, terms.carried)))
    return joined("id ", column(rows, "id"), ", of which ", amounts_told(there, terms.digits), " were carried over")


_FOUND: Final[dict[str, Callable[[pa.Table, SubmissionTerms], Texts]]] = {
    "submitter_missing": lambda rows, terms: "submitter (empty)",
    "submitter_no_member": _party("submitter"),
    "may_not_submit": _party("submitter"),
    "of_the_pool": lambda rows, terms: _debt(rows),
    "debtor_no_member": _party("debtor"),
    "creditor_no_member": _party("creditor"),
    "not_a_party": lambda rows, terms: _debt(rows),
    "wrong_side": lambda rows, terms: _debt(rows),
    "currency_not_taken": _party("currency"),
    "id_missing": lambda rows, terms: "id (empty)",
    "already_carried": _carried,
    "id_taken": _with_other_content,
}
