"""What a member is told of pairs: what settled in which pass, what waits and why, what is called and paid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.pairing import frozen_pair_rates, is_of_pairs, standing_of_pairs
from rescounter.cycle.paying import settlers
from rescounter.cycle.rates_in_force import pair_values
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.settlement.pair_tests import PairTest
from rescounter.settlement.pairs import pairs_of
from rescounter.statements.exchange_parts import rounded
from rescounter.statements.facts import Call
from rescounter.statements.moments import moment
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.acts import Act
from rescounter.terms.money import Money
from rescounter.terms.union_tables import CALLS

__all__ = ["calls_told", "pair_calls", "pair_rates", "pairs_section", "pairs_told", "rate_told", "why_it_waits", "worth_told"]

_DIGITS: Final = 8
"""Significant digits to which what a currency is worth is told; the rate beside it is exact."""


def pairs_told(desk: Desk, cycle: Cycle) -> list[dict[str, Any]]:
    """The pairs of a cycle: rows of `settlement.pairs.PAIRED` with *pass* (None where it waits) and *tests*, rows of `WAITS`.

    Settled ones come first, in their order. Before the loop was run every pair waits without a test. Empty before the set is final.
    """
    if not is_of_pairs(desk.union, cycle) or cycle.final is None:
        return []
    queue = pairs_of(
        desk.office.table(cycle.known("cut_off", "corrected").body["frozen"]), settlers(desk.union.register, cycle.final.at_us)
    )
    made = _plan_of(cycle)
    settled = [] if made is None else desk.office.table(made.body["pairs"]).to_pylist()
    queued = [] if made is None else desk.office.table(made.body["queued"]).to_pylist()
    done = {row["pair"] for row in settled}
    found = [{**row, "tests": []} for row in settled]
    for row in queue.to_pylist():
        if row["pair"] not in done:
            found.append({**row, "pass": None, "tests": [each for each in queued if each["pair"] == row["pair"]]})
    return found


def _plan_of(cycle: Cycle) -> Act | None:
    return cycle.last("funded") or cycle.last("paired")


def pairs_section(desk: Desk, cycle: Cycle, member: str) -> Section | None:
    """The member's pairs: what it pays and receives, and what became of each."""
    rows: list[Row] = []
    for pair in pairs_told(desk, cycle):
        for own, other in (("1", "2"), ("2", "1")):
            if pair[f"debtor_{own}"] == member:
                paid, got = (Money(pair[f"amount_{leg}_minor"], pair[f"currency_{leg}"]) for leg in (own, other))
                rows.append((pair["reference"], pair[f"debtor_{other}"], paid, got, _became(desk, cycle, pair, pair[f"payer_{own}"])))
    if not rows:
        return None
    lines = () if cycle.final is None else tuple(_rate_lines(desk, cycle))
    columns = (Column("Reference"), Column("With"), Column("Pays", "money"), Column("Receives", "money"), Column("What became of it"))
    return Section(
        name="pairs",
        title="Pairs",
        words="Both payments of a pair are settled, or neither is. A pair settles when both members pass three tests as they would stand "
        "after it: all balances together are worth something after haircuts; no currency is short beyond its limit; all short positions "
        "together are within the member's own limit.",
        lines=lines,
        table=Table(columns=columns, rows=tuple(rows)),
    )


def pair_rates(desk: Desk, cycle: Cycle) -> list[dict[str, Any]]:
    """By which rate each currency of a finally cleared cycle of pairs is valued: worth in the unit, exact text, with source and time.

    *rate*, *base*, *source*, *at*: as it was set; of a currency that has the rulebook's own *rate* and *base* are None.
    """
    rules, frozen = desk.union.rules_of(cycle), {rate.currency: rate for rate in frozen_pair_rates(cycle, desk.office)}
    worth, rows = pair_values(rules, frozen.values()), list[dict[str, Any]]()
    for currency in rules.union.currencies:
        if currency == rules.pairs.unit and currency not in frozen:
            continue
        rate = frozen.get(currency)
        row = {"currency": currency, "unit": rules.pairs.unit, "rate": None, "base": None, "at": None}
        if rate is not None:
            told = moment(rate.at_us, rules.union.zone).told
            row |= {"worth": str(worth[currency]), "rate": rate.rate, "base": rate.base, "source": rate.source, "at": told}
        elif currency in worth:
            row |= {"worth": str(worth[currency]), "source": "the base of the rates"}
        else:
            row |= {"worth": rules.pairs.rates[currency], "source": f"rulebook, version {rules.version}"}
        rows.append(row)
    return rows


def rate_told(row: Mapping[str, Any]) -> str:
    """Where a row of `pair_rates` comes from, in words."""
    return row["source"] if row["rate"] is None else f"{row['rate']} {row['currency']} for one {row['base']}, {row['source']}, {row['at']}"


def worth_told(row: Mapping[str, Any]) -> str:
    """What a currency of `pair_rates` is worth, in words."""
    return f"{rounded(Fraction(row['worth']), _DIGITS)} {row['unit']}"


def _rate_lines(desk: Desk, cycle: Cycle) -> Iterator[Line]:
    for row in pair_rates(desk, cycle):
        yield Line(f"One {row['currency']} is worth", worth_told(row), rate_told(row))


def _became(desk: Desk, cycle: Cycle, pair: Mapping[str, Any], payer: str) -> str:
    if pair["pass"] is None:
        if _plan_of(cycle) is None:
            return "waits for the pay-ins"
        reasons = [why_it_waits(desk, cycle, row) for row in pair["tests"] if row["member"] == payer]
        if len(reasons) < len(pair["tests"]):
            reasons.append("the other member does not pass the tests")
        after = "it is tried again in the next cycle" if desk.union.rules_of(cycle).intake.carry_over else "it goes back to its members"
        return f"not settled: {'; '.join(reasons)}; {after}"
    settled = "settled" if cycle.last("funded") is not None else "to be settled, once it is approved"
    return f"{settled}, within one account" if pair["pass"] == 0 else f"{settled}, in pass {pair['pass']}"


def why_it_waits(desk: Desk, cycle: Cycle, row: Mapping[str, Any]) -> str:
    """A test that a member fails, in words. Args: *row* of `settlement.pairs.WAITS`."""
    unit = desk.union.rules_of(cycle).pairs.unit

    def told(minor: int, currency: str) -> str:
        return Money(minor, currency).format(cycle.exponents.of(currency) or 0)

    found, allowed, member = row["found_minor"], row["allowed_minor"], row["member"]
    match PairTest(row["test"]):
        case PairTest.VALUE:
            return f"{member}'s balances together would be worth {told(found, unit)}, below zero"
        case PairTest.SHORT_POSITION:
            return f"{member} would be short {told(found, row['currency'])}, where {told(allowed, row['currency'])} is the limit"
        case PairTest.AGGREGATE_SHORT:
            return f"{member} would be short {told(found, unit)} in all currencies together, where {told(allowed, unit)} is its limit"


def pair_calls(desk: Desk, cycle: Cycle, member: str, zone: str) -> Iterator[Call]:
    """What the member pays in and is paid: foreseen from all pairs, and once they are settled from those that were."""
    called, funded = cycle.last("called"), cycle.last("funded")
    if called is None:
        return
    told = called if funded is None else funded
    own = {name: {row["currency"]: row for row in _own(desk, told, name, member)} for name in ("net", "calls")}
    asked = {row["currency"]: row["pay_in_minor"] for row in _own(desk, called, "calls", member)}
    stood = {row["currency"]: row for row in standing_of_pairs(cycle, desk.office).to_pylist() if row["member"] == member}
    short = {} if funded is None else {row["currency"]: max(0, -row["balance_minor"]) for row in _own(desk, funded, "balances", member)}
    for currency, row in own["net"].items():
        call = asked.get(currency, 0)
        missing = stood.get(currency, {}).get("missing_minor", 0)
        paid = max(0, call - missing)
        still = missing if funded is None else short.get(currency, 0)
        pay_out = own["calls"].get(currency, {}).get("pay_out_minor", 0)
        if row["net_minor"] or paid or still or pay_out:
            yield Call(
                currency=currency,
                position_minor=row["net_minor"],
                pay_in_minor=paid + still,
                paid_minor=paid,
                pay_out_minor=pay_out,
                due=moment(called.body["due_at_us"], zone) if paid + still else None,
                pay_out_at=moment(cycle.dates.settles_at_us, zone) if pay_out else None,
                account=desk.union.rules_of(cycle).settlement.accounts.get(currency, ""),
                reference=f"RC/{cycle.code}/{member}",
            )


def calls_told(desk: Desk, cycle: Cycle) -> pa.Table:
    """`CALLS` of the latest round; where pairs settle, with the pay-outs of what was settled, and none before.

    Law: there was a call.
    """
    called = desk.office.table(cycle.known("called").body["calls"])
    if not is_of_pairs(desk.union, cycle):
        return called
    funded = cycle.last("funded")
    rows = {(row["currency"], row["member"]): row | {"pay_out_minor": 0} for row in called.to_pylist()}
    for row in [] if funded is None else desk.office.table(funded.body["calls"]).to_pylist():
        key = row["currency"], row["member"]
        rows[key] = rows.get(key, row) | {"pay_out_minor": row["pay_out_minor"]}
    told = [rows[key] for key in sorted(rows) if rows[key]["pay_in_minor"] or rows[key]["pay_out_minor"]]
    return pa.Table.from_pylist(told, schema=CALLS)


def _own(desk: Desk, act: Act, name: str, member: str) -> list[dict[str, Any]]:
    table = desk.office.table(act.body[name])
    return list(table.filter(pc.equal(table["member"], member)).to_pylist())
