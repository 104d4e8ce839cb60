"""What stands in the cut-off set and takes no part in the cycle, by the rulebook or because others keep it out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import EXCLUSION_CODES, NO_DUE
from rescounter.intake.keys import column, first_of
from rescounter.intake.pairs import pair_places
from rescounter.rulebook.rules import IntakeRules

__all__ = ["excluded_by"]

Flags = NDArray[np.bool_]


def excluded_by(
    rows: pa.Table,
    rules: IntakeRules,
    participants: pa.Table,
    *,
    day: datetime.date,
    disputed: Flags,
    held: Flags,
    is_of_pairs: bool = False,
) -> pa.Array:
    """The code of the first exclusion that applies to each row, in the order of `terms.refusals.EXCLUSIONS`; empty where it takes part.

    Args: *rows* with the columns of `SUBMISSIONS`. *participants*: `terms.intake_tables.PARTICIPANTS`. *day* of the cut-off.
    *is_of_pairs*: what takes part must have its partner among what takes part (`pairs.pair_places`).
    """
    debtor, creditor = (_of_party(column(rows, party), participants) for party in ("debtor", "creditor"))
    group, country, active = zip(debtor, creditor, strict=True)
    forbidden = pa.array(rules.netting_forbidden_in, pa.string())
    due = np.asarray(pc.fill_null(column(rows, "due").cast(pa.int32()), NO_DUE))
    late = (due != NO_DUE) & (due > (day - datetime.date(1970, 1, 1)).days) & (rules.due == "by-cut-off")
    related = pc.and_(pc.equal(*group), pc.not_equal(group[0], "")) if rules.exempt_related else pa.array(np.zeros(rows.num_rows, bool))
    applies: dict[str, Flags] = {
        "indivisible": ~np.asarray(column(rows, "divisible")),
        "below_minimum": _below(rows, rules.minimum_minor),
        "not_yet_due": late,
        "exempt_class": np.asarray(
            pc.is_in(pc.fill_null(column(rows, "class"), ""), value_set=pa.array(rules.exempt_classes, pa.string()))
        ),
        "related": _flags(related),
        "netting_forbidden": np.asarray(pc.or_(*(pc.is_in(side, value_set=forbidden) for side in country))),
        "disputed": disputed,
        "held": held,
        "suspended": ~_flags(pc.and_(*active)),
        "unpaired": np.zeros(rows.num_rows, bool),
    }
    if is_of_pairs:
        takes_part = ~np.logical_or.reduce(list(applies.values()))
        applies["unpaired"] = takes_part & (pair_places(rows, takes_part) < 0)
    place = first_of([(code, applies[code]) for code in EXCLUSION_CODES[1:]], rows.num_rows)
    return pa.array(EXCLUSION_CODES, pa.string()).take(pa.array(place))


def _flags(answers: pa.Array) -> Flags:
    return np.asarray(pc.fill_null(answers, False))


def _of_party(party: pa.Array, participants: pa.Table) -> tuple[pa.Array, ...]:
    """Group, country and may_submit of each party; null where it is no member any more."""
    codes = pc.dictionary_encode(party)
    place = pc.index_in(codes.dictionary, value_set=column(participants, "code"))
    return tuple(column(participants, name).take(place).take(codes.indices) for name in ("group", "country", "may_submit"))


def _below(rows: pa.Table, minimum: Mapping[str, int]) -> Flags:
    codes = pc.dictionary_encode(column(rows, "currency"))
    least = np.array([minimum.get(code, 0) for code in codes.dictionary.to_pylist()] or [0], np.int64)
    below: Flags = np.asarray(column(rows, "amount_minor")) < least[np.asarray(codes.indices)]
    return below
