"""What the close of a cycle books on credit: interest, charges, and the events of balances that persist.

Credit is counted by value days: what a cycle settles is outstanding from the settlement day that its calendar gave it, whenever it was
posted. A period runs from the settlement day of the close before to that of this cycle, which is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from rescounter.cycle.office import Office
from rescounter.cycle.reckoning import is_on_the_scale
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import CreditRules
from rescounter.settlement.accruals import CHARGES, INTEREST, charges_on_credit, interest_on_credit
from rescounter.settlement.charges import balance_events
from rescounter.settlement.credit import Key, standing_after, steps_of, watches_of
from rescounter.settlement.interest import DayCount, InterestRate
from rescounter.settlement.outstandings import Balance
from rescounter.terms.acts import Act

__all__ = ["accrued", "credit_balances"]

_WATCHED: Final = timedelta(days=2 * 365 + 1)
"""No watch looks further back."""


def accrued(union: Union, cycle: Cycle, office: Office) -> dict[str, Any]:
    """What the act that closes *cycle* says of credit: documents *interest* (`accruals.INTEREST`) and *charges* (`accruals.CHARGES`),
    *events*, and *accrued_until*, the day on which the next period begins; nothing where credit is none.
    """
    rules, settled = union.rules_of(cycle), cycle.last("settled")
    if not is_on_the_scale(rules) or settled is None:
        return {}
    end, before = date.fromisoformat(cycle.dates.settlement_day), _closed_before(union, cycle)
    start = end if before is None else min(end, date.fromisoformat(before.body["accrued_until"]))
    balances = credit_balances(union, office, cycle, since=min(start, end - _WATCHED))
    quotas = {(row["currency"], row["member"]): row["quota_minor"] for row in office.table(settled.body["scale"]).to_pylist()}
    interest, charges = INTEREST.empty_table(), CHARGES.empty_table()
    if start < end:
        count = DayCount(rules.credit.day_count)
        if rules.credit.interest == "credit":
            interest = interest_on_credit(balances, _rates(rules.credit, start), start=start, end=end, count=count)
        charges = charges_on_credit(balances, quotas, steps_of(rules.credit), start=start, end=end, count=count)
    return {
        "interest": office.keep_table(interest),
        "charges": office.keep_table(charges),
        "events": _events(rules.credit, balances, quotas, end, before),
        "accrued_until": end.isoformat(),
    }


def credit_balances(union: Union, office: Office, cycle: Cycle, *, since: date) -> dict[Key, list[Balance]]:
    """By currency and member, credit outstanding by value day up to *cycle*, at least from the day *since* on; positive = granted."""
    days: dict[str, Act] = {}
    for each in union.cycles.values():
        act = each.last("settled")
        if act is not None and "scale" in act.body:
            days[each.dates.settlement_day] = act
        if each.code == cycle.code:
            break
    wanted = sorted(days)
    first = max((day for day in wanted if date.fromisoformat(day) <= since), default="")
    found: dict[Key, list[Balance]] = {}
    for day in wanted:
        if day >= first:
            for key, stood in standing_after(office.table(days[day].body["scale"])).items():
                found.setdefault(key, []).append(Balance(date.fromisoformat(day), stood.credit_minor))
    return found


def _closed_before(union: Union, cycle: Cycle) -> Act | None:
    acts = (act for each in union.cycles.values() if each.code != cycle.code for act in each.all("closed"))
    return max((act for act in acts if "accrued_until" in act.body), key=lambda act: act.number, default=None)


def _rates(rules: CreditRules, since: date) -> tuple[InterestRate, ...]:
    return (InterestRate(since, Fraction(rules.debit_rate) / 100, Fraction(rules.credit_rate) / 100),)


def _events(
    rules: CreditRules, balances: Mapping[Key, list[Balance]], quotas: Mapping[Key, int], on: date, before: Act | None
) -> list[dict[str, Any]]:
    """Events that stand on the day *on*, each with the day since which it has stood at every close."""
    stood = {} if before is None else {(each["currency"], each["member"], each["code"]): each["since"] for each in before.body["events"]}
    told = []
    for (currency, member), own in sorted(balances.items()):
        raised = {code: date.fromisoformat(day) for (*key, code), day in stood.items() if tuple(key) == (currency, member)}
        for event in balance_events(own, quotas.get((currency, member), 0), on, watches=watches_of(rules), raised=raised):
            told.append(
                {
                    "currency": currency,
                    "member": member,
                    "code": event.watch.code,
                    "since": raised.get(event.watch.code, on).isoformat(),
                    "found_minor": round(event.found),
                    "allowed_minor": round(event.allowed),
                    "meaning": event.watch.meaning,
                }
            )
    return told
