"""Rates of exchange as they are handed in: read as exact text, checked all at once, recorded with source and time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rescounter.cycle.office import Step, refusal, wanted
from rescounter.cycle.union import Union
from rescounter.membership.grounds import ROWS_MAX
from rescounter.rulebook.exchange_agreement import is_rate
from rescounter.rulebook.rules import PAIRS_KIND, Rules
from rescounter.terms import Refusal
from rescounter.terms.calendar import instant_us
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["base_of", "currencies_needed", "instant_of", "setting_rates"]


def base_of(rules: Rules) -> str:
    """The currency of which one major unit is what rates are told for; empty where the union needs none."""
    exchange = rules.exchange
    return exchange.base or exchange.unit or (rules.pairs.unit if rules.settlement.kind == PAIRS_KIND else "")


def currencies_needed(rules: Rules) -> tuple[str, ...]:
    """Currencies that need a rate before everything in the union can be converted or valued, in order of code."""
    exchange, base = rules.exchange, base_of(rules)
    worth_itself = {base, *([exchange.unit] if exchange.basket else [])}
    return tuple(sorted({*rules.union.currencies, *exchange.basket} - worth_itself)) if base else ()


def instant_of(text: str, zone: str) -> int | None:
    """Microseconds since 1970 UTC of a date (its first instant) or time, with an offset or in *zone*; None where it is neither."""
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant_us(at.date(), at.time(), zone) if at.tzinfo is None else int(at.timestamp()) * 1_000_000 + at.microsecond


def setting_rates(union: Union, rows: Sequence[tuple[int, Mapping[str, str]]], *, file: str, at_us: int) -> Step:
    """The act that records rates.

    Args: *rows* with the row of the file and the cells *currency*, *rate*, *source*, *at*; *file*: digest of what was handed in.
    Refuses every row that is wrong, so that all of a file are taken or none. Rates that are on record are passed over.
    """
    rules = union.rules(at_us)
    if not base_of(rules) or rules.exchange.rates != "dated":
        found = f"exchange.rates {rules.exchange.rates}" if base_of(rules) else "no exchange.unit, no pairs, no exchange.base"
        return Step(refusals=(refusal("rates_not_taken", "rates", found=found),))
    if len(rows) > ROWS_MAX:
        allowed, mend = f"1 to {ROWS_MAX:,} rates in one file", "Split the file."
        return Step(refusals=(refusal("rows_too_many", "rates", found=f"{len(rows):,} rates", allowed=allowed, what_to_do=mend),))
    refusals = [found for row, cells in rows for found in _faults(row, cells, rules, at_us)]
    refusals += () if refusals else _twice(rows, rules.union.zone)
    if refusals or not rows:
        return Step(refusals=tuple(refusals), is_done=not refusals, told="There is no rate in it; nothing was done.")
    base = base_of(rules)
    told = [_rate(cells, rules.union.zone) for _, cells in rows]
    fresh = [rate for rate in told if not _is_known(union, base, rate)]
    if not fresh:
        return Step(is_done=True, told="Every rate of it was set before; nothing was done.")
    return wanted("rates_set", base=base, rates=sorted(fresh, key=lambda rate: (rate["currency"], rate["at_us"])), file=file)


def _faults(row: int, cells: Mapping[str, str], rules: Rules, at_us: int) -> Iterable[Refusal]:
    currency = cells["currency"]
    needed = currencies_needed(rules)
    if currency not in needed:
        yield _refused(row, currency, "rate_currency_wrong", currency, "one of: " + ", ".join(needed))
    if not is_rate(cells["rate"]):
        yield _refused(row, currency, "rate_malformed", cells["rate"])
    if not is_text(cells["source"], TEXT_LENGTH_MAX):
        yield _refused(row, currency, "rate_without_source", cells["source"])
    at = instant_of(cells["at"], rules.union.zone)
    if at is None or at > at_us:
        yield _refused(row, currency, "rate_without_time", cells["at"])


def _twice(rows: Sequence[tuple[int, Mapping[str, str]]], zone: str) -> Iterable[Refusal]:
    seen: dict[tuple[str, int], str] = {}
    for row, cells in rows:
        rate = _rate(cells, zone)
        before = seen.setdefault((rate["currency"], rate["at_us"]), rate["rate"])
        if before != rate["rate"]:
            yield _refused(row, rate["currency"], "rate_twice", f"{before} and {rate['rate']}, both of {cells['at']}")


def _rate(cells: Mapping[str, str], zone: str) -> dict[str, Any]:
    return {"currency": cells["currency"], "rate": cells["rate"], "source": cells["source"], "at_us": instant_of(cells["at"], zone)}


def _is_known(union: Union, base: str, rate: Mapping[str, Any]) -> bool:
    """True where this rate is the one that counts for its instant."""
    known = union.rates.latest(base, rate["at_us"]).get(rate["currency"])
    return known is not None and (known.at_us, known.rate, known.source) == (rate["at_us"], rate["rate"], rate["source"])


def _refused(row: int, what: str, code: str, found: str, allowed: str = "") -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(row, shown(what), code, shown(found), allowed or rule.allowed, rule.what_to_do)
