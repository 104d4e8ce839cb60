"""``rescounter cycle pairs``: the queue of a cycle, what settled in which pass, what waits and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import lines_of, money, print_lines, told_json
from rescounter.cli.union_words import Call

if TYPE_CHECKING:
    from rescounter.terms import Exponents

__all__ = ["show_pairs"]

_NAMES = ("reference", "debtor_1", "currency_1", "amount_1_minor", "debtor_2", "currency_2", "amount_2_minor", "item_1", "item_2", "origin")


def show_pairs(call: Call, code: str | None) -> None:
    """Every pair of a cycle; for the operator, so with the figures of all members."""
    from rescounter.cycle.pairing import is_of_pairs
    from rescounter.facade.union_pairs import pair_rates, pairs_told, rate_told, why_it_waits, worth_told
    from rescounter.facade.union_work import cycle_named

    with desk_of(call) as desk:
        cycle = cycle_named(desk, code)
        told = [
            {
                **{name: row[name] for name in _NAMES},
                "pass": row["pass"],
                "waits": [{**test, "why": why_it_waits(desk, cycle, test)} for test in row["tests"]],
            }
            for row in pairs_told(desk, cycle)
        ]
        body = {"cycle": cycle.code, "state": cycle.state.value, "is_posted": cycle.last("funded") is not None, "pairs": told}
        rates = pair_rates(desk, cycle) if told else []
        body |= {"rates": rates}
        if told_json(call, body) or call.quiet:
            return
        if not is_of_pairs(desk.union, cycle):
            print_lines([f"Cycle {cycle.code} settles no pairs: its settlement.kind is another one."])
            return
        if not told:
            print_lines([f"Cycle {cycle.code} has no pairs" + ("." if cycle.final is not None else " yet: it is not cleared.")])
            return
        was_planned = cycle.last("paired") is not None
        rows = [[*_legs(row, cycle.exponents), _became(row, was_planned=was_planned)] for row in told]
        print_lines(lines_of([["reference", "pays", "", "pays back", "", ""], *rows], right=(2, 4)))
        print_lines(["", "Valued at:", *(f"  1 {row['currency']} = {worth_told(row)}; {rate_told(row)}" for row in rates)])
        if was_planned and cycle.last("funded") is None:
            print_lines(["", "Nothing of this is posted yet: it waits for its approval (rescounter approval list)."])


def _legs(row: dict[str, Any], exponents: Exponents) -> list[str]:
    cells = [row["reference"]]
    for leg in ("1", "2"):
        cells += [row[f"debtor_{leg}"], money(row[f"amount_{leg}_minor"], row[f"currency_{leg}"], exponents)]
    return cells


def _became(row: dict[str, Any], *, was_planned: bool) -> str:
    if row["pass"] is None:
        return "waits: " + "; ".join(test["why"] for test in row["waits"]) if was_planned else "waits for pay-ins"
    return f"pass {row['pass']}" if row["pass"] else "within one account"
