"""The numbers that travel with the page, so that a reader's browser can check them again.

Few edges: all of them, with the levels (potentials) of all members, which proves the optimum. Many: the
sums of the members alone, which show that every unit is accounted for, and the page says so. Amounts
are decimal texts, because numbers of JavaScript are inexact from 2^53 on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.sums import CurrencySums, Edges, Int64s, biggest, edges_of
from rescounter.terms.faults import holds
from rescounter.terms.names import CASH_NAME, FUND_NAME

__all__ = ["EDGES_MAX", "Evidence", "Slackness", "as_script", "evidence_of"]

EDGES_MAX: Final = 20_000
"""Edges sent with one page, over all its currencies."""
_MEMBERS_MAX: Final = 5_000
_SUMS: Final = ("owes", "is_owed", "net", "cleared", "owes_after", "is_owed_after", "pay_in", "pay_out")
_CASH: Final = ("available", "injected", "loan", "received", "cleared_claims")
_UNITS: Final = 3
"""With cash a unit of weight counts three times; see `docs/CERTIFICATE.md`."""


@dataclass(frozen=True, slots=True)
class Slackness:
    """Edges by the sign of their gain: how many, owed and cleared; *kept* says that the rule of the sign holds for each."""

    sign: str
    edges: int
    owed_minor: int
    cleared_minor: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one currency sends with the page, and the summary of its proof (empty where it is not complete)."""

    complete: bool
    content: Mapping[str, Any]
    slackness: tuple[Slackness, ...]


def evidence_of(currencies: Sequence[CurrencySums], potentials: pa.Table, *, method: str) -> list[Evidence]:
    """The evidence of each currency; all edges as long as `EDGES_MAX` is not used up."""
    room, made = EDGES_MAX, []
    for sums in currencies:
        edges = None
        if int(sums.facts["edges"]) <= room:
            edges = edges_of(sums)
            room -= len(edges.owed)
        levels = _levels(sums, potentials) if edges is not None and method != "net" else None
        made.append(_evidence(sums, edges, levels, method))
    return made


def as_script(content: object) -> str:
    """JSON that may stand inside a script element: nothing in it can close the element or open another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _evidence(sums: CurrencySums, edges: Edges | None, levels: Int64s | None, method: str) -> Evidence:
    shown = np.arange(len(sums.names)) if edges is not None else np.sort(biggest(_size(sums), _MEMBERS_MAX))
    content: dict[str, Any] = {
        "code": sums.code,
        "exponent": sums.exponent,
        "method": method,
        "members": sums.names.take(pa.array(shown)).to_pylist(),
        "others": len(sums.names) - len(shown),
        "excluded": str(sums.facts["excluded_minor"]),
        "sums": {name: _joined(column, shown) for name in _SUMS if (column := getattr(sums, name)) is not None},
    }
    if edges is not None:
        content["edges"] = _lines(edges, len(sums.names))
    if sums.cash is not None:
        content["sums"] |= {name: _joined(getattr(sums.cash, name), shown) for name in _CASH}
        content["fund"] = str(sums.cash.fund)
    if levels is not None:
        content["levels"] = " ".join(map(str, levels.tolist()))
    slackness = _slackness(edges, levels, 1 if sums.cash is None else _UNITS) if edges is not None and levels is not None else ()
    return Evidence(edges is not None, content, slackness)


def _size(sums: CurrencySums) -> Any:
    return sums.owes.astype(np.uint64) + sums.is_owed.astype(np.uint64)


def _joined(column: Int64s, shown: Any) -> str:
    """The numbers of the members shown; the sum of all others, where there are any, comes last."""
    numbers = column[shown].tolist()
    if len(shown) < len(column):
        numbers.append(int(column.sum()) - sum(numbers))
    return " ".join(map(str, numbers))


def _lines(edges: Edges, members: int) -> list[str]:
    """One text for each debtor: ``creditor owed cleared``, then ``excluded`` if any, then ``weight`` if it is
    not one, joined by semicolons; ``=`` is all of it."""
    lines: list[list[str]] = [[] for _ in range(members)]
    columns = (edges.debtor, edges.creditor, edges.owed, edges.cleared, edges.excluded, edges.weight)
    for debtor, creditor, owed, cleared, excluded, weight in zip(*(column.tolist() for column in columns), strict=True):
        words = f"{creditor} {owed} {'=' if cleared == owed else cleared}"
        lines[debtor].append(f"{words} {excluded} {weight}" if weight != 1 else f"{words} {excluded}" if excluded else words)
    return [";".join(line) for line in lines]


def _levels(sums: CurrencySums, potentials: pa.Table) -> Int64s:
    """The potential of each member, in the order of `CurrencySums.names`; with cash those of the fund and of cash follow."""
    own = potentials.filter(pc.equal(potentials["currency"], sums.code))
    further = [] if sums.cash is None else [FUND_NAME, CASH_NAME]
    place = pc.index_in(pa.concat_arrays([sums.names, pa.array(further, pa.string())]), value_set=own["member"].combine_chunks())
    holds(place.null_count == 0, "every_member_has_a_potential", currency=sums.code)
    levels: Int64s = own["potential"].to_numpy().astype(np.int64)[place.to_numpy()]
    return levels


def _slackness(edges: Edges, levels: Int64s, units: int) -> tuple[Slackness, ...]:
    merged = edges.owed > 0
    gain = units * edges.weight - levels[edges.debtor] + levels[edges.creditor]
    classes = (("above", merged & (gain > 0)), ("zero", merged & (gain == 0)), ("below", merged & (gain < 0)))
    return tuple(Slackness(sign, int(mask.sum()), int(edges.owed[mask].sum()), int(edges.cleared[mask].sum())) for sign, mask in classes)
