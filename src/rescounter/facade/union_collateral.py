"""Collateral in a union's folder: prices of a file, what is known of it, and what a member is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rescounter.cycle.office import refusal
from rescounter.cycle.pledging import COLLATERAL_CALLS, covered, pledged_values, pricing
from rescounter.cycle.rates_in_force import across_at
from rescounter.cycle.rating import base_of, instant_of
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk, Done
from rescounter.facade.union_tables import unreadable_rows
from rescounter.formats.reading import read_columns
from rescounter.intake.details import as_text
from rescounter.rulebook.rules import Rules
from rescounter.statements.moments import moment
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.money import Money

__all__ = ["PRICE_COLUMNS", "across_told", "collateral_known", "collateral_section", "set_prices"]

PRICE_COLUMNS: Final = ("asset", "currency", "price", "haircut", "source", "at")
"""*price* in major units of *currency* for one piece, *haircut* in per cent, *at*: a date, or a time."""


def set_prices(desk: Desk, source: Path, *, by: str) -> Done:
    """Set the prices of a file with `PRICE_COLUMNS`; all of it or none."""
    submitted = read_columns(source, PRICE_COLUMNS)
    found = [*unreadable_rows(submitted)]
    missing = [name for name in PRICE_COLUMNS if name not in submitted.columns]
    if missing:
        found.append(refusal("collateral_malformed", source.name, found="no column " + ", ".join(missing)))
    if found:
        return Done(refusals=tuple(found))
    columns = [[(text or "").strip() for text in as_text(submitted.columns[name]).to_pylist()] for name in PRICE_COLUMNS]
    zone = desk.union.rules(desk.at_us).union.zone
    rows = [dict(zip(PRICE_COLUMNS, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return desk.do(pricing(desk.union, [{**row, "at_us": instant_of(row["at"], zone)} for row in rows], at_us=desk.at_us), by=by)


def collateral_known(desk: Desk, member: str | None = None) -> dict[str, Any]:
    """What each member needs and has, every pledged asset with its price, and the calls that stand, as plain data."""
    union, at_us = desk.union, desk.at_us
    zone, prices = union.rules(at_us).union.zone, union.pledges.latest(at_us)
    pledged = []
    for each in pledged_values(union, at_us=at_us):
        price = prices.get(each.pledge.asset)
        pledged.append(
            {
                "member": each.pledge.member,
                "asset": each.pledge.asset,
                "pieces": each.pledge.quantity,
                "price": None if price is None else price.price,
                "currency": None if price is None else price.currency,
                "haircut": None if price is None else price.haircut,
                "source": None if price is None else price.source,
                "at": None if price is None else moment(price.at_us, zone).told,
                "counts_minor": each.value_minor,
                "is_stale": each.is_stale,
            }
        )
    names = (
        "member",
        "currency",
        "needed_minor",
        "cash_minor",
        "assets_minor",
        "held_minor",
        "across_minor",
        "missing_minor",
        "free_minor",
    )
    known = sorted(covered(union, desk.office, at_us=at_us), key=lambda each: (each.member, each.currency))
    members = [{name: getattr(each, name) for name in names} for each in known]
    called = union.pledges.called
    calls = [] if called is None else desk.office.table(called.body["calls"]).cast(COLLATERAL_CALLS).to_pylist()
    due = 0 if called is None else called.body["due_at_us"]
    missing = {(row["member"], row["currency"]): row["missing_minor"] for row in members}
    stands = [
        {**row, "still_missing_minor": still, "due": moment(due, zone).told, "is_overdue": due < at_us}
        for row in calls
        if (still := missing.get((row["member"], row["currency"]), 0))
    ]
    found = {"members": members, "pledged": pledged, "calls": stands}
    own = {name: [row for row in rows if member in (None, row["member"])] for name, rows in found.items()}
    return {**own, "across": list(_across(desk, zone))}


def _across(desk: Desk, zone: str) -> Iterator[dict[str, Any]]:
    """Each currency where some cover others: the haircut with which it does (None: it covers its own alone) and its rate, if any counts."""
    across, rates = across_at(desk.union, at_us=desk.at_us)
    told, rules = {rate.currency: rate for rate in rates}, desk.union.rules(desk.at_us)
    for currency in rules.union.currencies if rules.collateral.currency_haircuts else ():
        rate, haircut = told.get(currency), rules.collateral.currency_haircuts.get(currency)
        yield {
            "currency": currency,
            "haircut": haircut,
            "base": base_of(rules),
            "rate": None if rate is None else rate.rate,
            "source": _source(rules, currency) if rate is None else rate.source,
            "at": None if rate is None else moment(rate.at_us, zone).told,
            "counts": currency in across.values,
        }


def _source(rules: Rules, currency: str) -> str:
    """Where a value stands that no rate tells: the base is worth one of itself, a basket its amounts, pairs have the rulebook's table."""
    if currency == base_of(rules):
        return "the base itself"
    is_of_rulebook = currency == rules.exchange.unit or currency == rules.pairs.unit or currency in rules.pairs.rates
    return f"rulebook, version {rules.version}" if is_of_rulebook else ""


def collateral_section(desk: Desk, cycle: Cycle, member: str) -> Section | None:
    """What the member has pledged, what it counts, and what is called; as it stands when this is written."""
    known, zone = collateral_known(desk, member), desk.union.rules_of(cycle).union.zone
    if not known["members"] and not known["pledged"]:
        return None
    rows: list[Row] = [_pledged(row) for row in known["pledged"]]
    cash = ((row["currency"], row["cash_minor"]) for row in known["members"] if row["cash_minor"])
    rows += [(f"cash, {currency}", None, "", "none", Money(minor, currency)) for currency, minor in cash]
    columns = (Column("Pledged"), Column("Pieces", "count"), Column("Price"), Column("Haircut"), Column("Counts", "money"))
    return Section(
        name="collateral",
        title="Collateral",
        words="As it stands when this is written. It covers what the member owes the union, or what the union asks of it if that is more.",
        lines=(*(line for row in known["members"] for line in _covered(row, known["calls"], zone)), *_rate_lines(known)),
        table=Table(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _rate_lines(known: Mapping[str, Any]) -> Iterator[Line]:
    """By what collateral covers other currencies, where it does so for the member."""
    if not any(row["across_minor"] for row in known["members"]):
        return
    for each in known["across"]:
        yield Line(f"{each['currency']} for other currencies", *across_told(each))


def across_told(row: Mapping[str, Any]) -> tuple[str, str]:
    """Of a row of *across* in `collateral_known`: what it covers in other currencies, and at which rate, in words."""
    covers = "nothing" if row["haircut"] is None else f"{row['haircut']} per cent less"
    if row["rate"] is not None:
        return covers, f"{row['rate']} {row['currency']} for one {row['base']}, {row['source']}, {row['at']}"
    return covers, row["source"] if row["counts"] else "no rate that counts: it covers its own alone, and nothing else covers it"


def _pledged(row: Mapping[str, Any]) -> Row:
    if row["price"] is None:
        return row["asset"], row["pieces"], "none", "", None
    price = f"{row['price']} {row['currency']}, {row['source']}, {row['at']}"
    if row["is_stale"]:
        return row["asset"], row["pieces"], f"{price}: too old, counts nothing", "", None
    return row["asset"], row["pieces"], price, f"{row['haircut']} per cent", Money(row["counts_minor"], row["currency"])


def _covered(row: Mapping[str, Any], calls: list[dict[str, Any]], zone: str) -> Iterator[Line]:
    yield Line("Needed", Money(row["needed_minor"], row["currency"]))
    yield Line("Counts", Money(row["held_minor"], row["currency"]))
    if row["across_minor"] > 0:
        yield Line("Covered by other currencies", Money(row["across_minor"], row["currency"]), "at the rates, after the currency haircut")
    if row["across_minor"] < 0:
        yield Line("Bound for other currencies", Money(-row["across_minor"], row["currency"]), "what it covers there")
    if row["missing_minor"]:
        yield Line("Missing", Money(row["missing_minor"], row["currency"]))
    for call in calls:
        if call["currency"] == row["currency"]:
            late = ", overdue" if call["is_overdue"] else ""
            yield Line("Called", Money(call["missing_minor"], row["currency"]), f"by {call['due']} ({zone}){late}")
