"""From positions to what is settled in money: interest, the unit of account, the sliding scale, what is collected; in this order.

One pure pipeline of what a cycle froze, what was settled before it, and the books. The act that calls names every document, so that
replay reckons the same and statements can tell it. Later rounds are reckoned anew from what was settled before the cycle.

1. Interest on outstandings is part of the settlement: it is added to the positions of each currency, and sums to zero.
2. Positions of all currencies become those of the unit of account, where the union has one (`exchanging.py`).
3. On the sliding scale each position becomes a transfer in reserves and a change of credit; only the transfer is called and paid.
4. Fees, interest and charges that members owe, or are owed, are collected in reserves, beside the scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.exchanging import documents_of, in_unit, to_settle
from rescounter.cycle.office import Office, refusal
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import Rules
from rescounter.settlement.accounts import ASSESSMENTS, CREDIT, account_name
from rescounter.settlement.accruals import interest_on_outstandings, with_interest
from rescounter.settlement.collection import PURPOSES, collected, purposes_of, with_collected
from rescounter.settlement.convertible import convertible_of
from rescounter.settlement.credit import Key, on_the_scale, scale_table, standing_after, table_of, transfers
from rescounter.settlement.exchange import Exchanged
from rescounter.settlement.interest import DayCount
from rescounter.settlement.reserves import ReserveProjection, projection_of
from rescounter.settlement.sliding_scale import CreditPosition, ScaleSettled
from rescounter.terms import Refusal, format_minor, holds

__all__ = [
    "Projection",
    "Reckoned",
    "below_floor",
    "collected_purposes",
    "follows_on",
    "is_on_the_scale",
    "projections",
    "reckoned",
    "settled_before",
    "told_in_call",
]


@dataclass(frozen=True, slots=True)
class Projection:
    """What a settlement does to the union's convertible reserves in one currency; minor units.

    *collected_minor*: what members pay in fees, interest and charges beside the scale, less what they are paid.
    """

    currency: str
    collected_minor: int
    reserves: ReserveProjection

    def as_body(self) -> dict[str, Any]:
        """Plain data for an act. *before*: as the books stand; *after* = before + collected + paid in - paid out."""
        reserves = self.reserves
        return {
            "currency": self.currency,
            "before_minor": reserves.before_minor - self.collected_minor,
            "collected_minor": self.collected_minor,
            "paid_in_minor": reserves.paid_in_minor,
            "paid_out_minor": reserves.paid_out_minor,
            "after_minor": reserves.after_minor,
            "floor_minor": reserves.floor_minor,
            "missing_minor": reserves.missing_minor,
            "causes": list(reserves.causes),
        }


@dataclass(frozen=True, slots=True)
class Reckoned:
    """*exchanged*: what is settled in money, its *net* `calls.POSITIONS`; *tables* by the name of their document; *projections* by
    currency."""

    exchanged: Exchanged
    tables: Mapping[str, pa.Table]
    projections: tuple[Projection, ...]


def is_on_the_scale(rules: Rules) -> bool:
    """True where a part of positions becomes credit."""
    return rules.credit.kind == "sliding-scale"


def collected_purposes(rules: Rules) -> tuple[str, ...]:
    """The accounts whose debts are part of the next call: what ``fees.collected`` says, and ``guarantee.calls_collected``."""
    return (*(PURPOSES if rules.fees.collected else ()), *((ASSESSMENTS,) if rules.guarantee.calls_collected else ()))


def follows_on(union: Union, cycle: Cycle) -> tuple[Refusal, ...]:
    """Why *cycle* cannot be called yet: where positions and dues go on from cycle to cycle, the one before must be closed."""
    rules, before = union.rules_of(cycle), union.before(cycle)
    if before is None or before.state is State.CLOSED or not (is_on_the_scale(rules) or collected_purposes(rules)):
        return ()
    return (refusal("cycle_before_not_settled", cycle.code, found=f"cycle {before.code} is {before.state.value}"),)


def reckoned(
    union: Union, cycle: Cycle, office: Office, net: pa.Table, obligations: pa.Table, participants: pa.Table, *, late: pa.Table, at_us: int
) -> Reckoned:
    """What the positions of a round come to in money.

    Args: *net* `calls.POSITIONS`, every currency summing to zero; *obligations* of which they are made; *participants* with *member* and
    *settles_by*; *late* `funding.LATE`: everybody who was late in the cycle so far.
    Laws: positions, what the union rounds and what is collected sum to zero; balances of `M/credit` are position less reserves.
    """
    rules, positions = union.rules_of(cycle), net
    tables: dict[str, pa.Table] = {}
    if rules.credit.interest == "outstandings":
        tables["interest"] = _interest(rules, cycle, obligations, participants)
        net = with_interest(net, tables["interest"])
    made = in_unit(union, cycle, office, net)
    late_keys = {(rules.exchange.unit or row["currency"], row["member"]): row["paid_minor"] for row in late.to_pylist()}
    settled: dict[Key, ScaleSettled] = {}
    if is_on_the_scale(rules):
        is_paid = rules.settlement.partial_funding and not rules.exchange.unit
        payable = {key: paid if is_paid else 0 for key, paid in late_keys.items()}
        settled, tables["scale"] = _on_the_scale(union, cycle, office, made.net, payable)
        made = replace(made, net=transfers(settled))
    if collected_purposes(rules):
        tables["owed"] = _owed(union, cycle, office, participants, late_keys)
        made = replace(made, net=with_collected(made.net, tables["owed"]))
    foreseen = _projections(union, office, settled, tables.get("owed"), at_us=at_us)
    made = to_settle(union, cycle, office, made)
    return Reckoned(made, tables | ({"positions": positions} if tables or rules.exchange.unit else {}), foreseen)


def told_in_call(union: Union, cycle: Cycle, office: Office, made: Reckoned) -> dict[str, Any]:
    """What the act that calls says of it; what the rules do not ask for is left out.

    Returns: the documents *positions* (of novation), *interest* (`accruals.INTEREST`), *scale* (`credit.SCALE`), *owed*
    (`collection.COLLECTED`) and those of the exchange; the *projection* of each currency.
    """
    body: dict[str, Any] = {name: office.keep_table(table) for name, table in made.tables.items()}
    body |= {"projection": [each.as_body() for each in made.projections]} if "scale" in made.tables else {}
    body |= {"assessments": paid} if (paid := _assessments(made.tables.get("owed"))) else {}
    return body | documents_of(union, cycle, office, made.exchanged)


def settled_before(union: Union, office: Office, cycle: Cycle | None = None) -> pa.Table | None:
    """The `credit.SCALE` that was settled last, before *cycle* where one is named; None where nothing was yet."""
    acts = (act for each in union.cycles.values() if cycle is None or each.code != cycle.code for act in each.all("settled"))
    last = max((act for act in acts if "scale" in act.body), key=lambda act: act.number, default=None)
    return None if last is None else office.table(last.body["scale"])


def projections(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> tuple[Projection, ...]:
    """The projection of what *cycle* called, with the books and the floor of now."""
    called = cycle.last("called")
    if called is None or "scale" not in called.body:
        return ()
    owed = office.table(called.body["owed"]) if "owed" in called.body else None
    return _projections(union, office, _settled_of(office.table(called.body["scale"])), owed, at_us=at_us)


def below_floor(cycle: Cycle, foreseen: Iterable[Projection]) -> tuple[Refusal, ...]:
    """A refusal for each currency in which the settlement would take the reserves below their floor."""
    return tuple(refusal("reserves_below_floor", cycle.code, found=_told(each, cycle)) for each in foreseen if each.reserves.missing_minor)


def _told(each: Projection, cycle: Cycle) -> str:
    def amount(minor: int) -> str:
        return format_minor(minor, cycle.exponents.of(each.currency) or 0)

    left, floor = amount(each.reserves.after_minor), amount(each.reserves.floor_minor)
    causes = ", ".join(each.reserves.causes[:5]) or "nobody"
    return f"{each.currency}: {left} would be left, the floor is {floor}; paid out most: {causes}"


def _interest(rules: Rules, cycle: Cycle, obligations: pa.Table, participants: pa.Table) -> pa.Table:
    rate, days = Fraction(rules.credit.debit_rate) / 100, DayCount(rules.credit.day_count)
    settles_on = date.fromisoformat(cycle.dates.settlement_day)
    return interest_on_outstandings(obligations, participants, settles_on=settles_on, rate=rate, count=days)


def _on_the_scale(
    union: Union, cycle: Cycle, office: Office, net: pa.Table, payable: Mapping[Key, int]
) -> tuple[dict[Key, ScaleSettled], pa.Table]:
    """Everybody with a net or a position, and the document of it."""
    before = standing_after(settled_before(union, office, cycle))
    _credit_is_what_was_settled(union, office, before)
    rules, at_us = union.rules_of(cycle), cycle.known("cleared").at_us
    keys = {*before, *((row["currency"], row["member"]) for row in net.to_pylist())}
    quotas = {key: union.register.limit_of(key[1], key[0], "quota", at_us) or 0 for key in keys}
    settled = on_the_scale(net, before, quotas, table_of(rules.credit), payable=payable)
    return settled, scale_table(settled, quotas)


def _credit_is_what_was_settled(union: Union, office: Office, before: Mapping[Key, CreditPosition]) -> None:
    """Law: the balance of `M/credit` is the position less what was settled in reserves, but for what the guarantee took over."""
    taken = union.guarantee.credit_taken
    expected = {
        account_name(member, CREDIT, currency): stood.credit_minor + taken.get((member, currency), 0)
        for (currency, member), stood in before.items()
    }
    standings = office.balances(sorted(expected))
    found = dict(zip(standings.values("id"), (-standings.used()).tolist(), strict=True))
    for name, credit in expected.items():
        holds(found.get(name, 0) == credit, "credit_is_position_less_reserves", account=name, balance=found.get(name, 0), credit=credit)


def _owed(union: Union, cycle: Cycle, office: Office, participants: pa.Table, late: Iterable[Key]) -> pa.Table:
    """What is collected: in every currency, or where there is a unit of account in that alone."""
    rules = union.rules_of(cycle)
    owed, unit = collected(office.balances(), participants, late=set(late), purposes=collected_purposes(rules)), rules.exchange.unit
    return owed.filter(pc.equal(owed["currency"], unit)) if unit else owed


def _assessments(owed: pa.Table | None) -> list[dict[str, Any]]:
    """What a settlement pays of calls of the guarantee, as plain data, so that the fold needs no document."""
    rows = [] if owed is None or ASSESSMENTS not in purposes_of(owed) else owed.to_pylist()
    paid = ((row["member"], row["currency"], -row[f"{ASSESSMENTS}_minor"]) for row in rows)
    return [{"member": member, "currency": currency, "amount_minor": amount} for member, currency, amount in paid if amount]


def _settled_of(scale: pa.Table) -> dict[Key, ScaleSettled]:
    """What a `credit.SCALE` tells, with its laws."""
    return {
        (row["currency"], row["member"]): ScaleSettled(
            net_minor=row["net_minor"],
            transfer_minor=row["transfer_minor"],
            credit_change_minor=row["credit_change_minor"],
            before=CreditPosition(position_minor=row["position_before_minor"], reserve_minor=row["reserve_before_minor"]),
            after=CreditPosition(position_minor=row["position_minor"], reserve_minor=row["reserve_minor"]),
        )
        for row in scale.to_pylist()
    }


def _projections(
    union: Union, office: Office, settled: Mapping[Key, ScaleSettled], owed: pa.Table | None, *, at_us: int
) -> tuple[Projection, ...]:
    if not settled:
        return ()
    has, floors = convertible_of(office.balances()), union.rules(at_us).credit.floor_minor
    found = []
    for currency in sorted({currency for currency, _ in settled}):
        own = {member: each for (code, member), each in settled.items() if code == currency}
        rows = [] if owed is None else [row for row in owed.to_pylist() if row["currency"] == currency]
        more = 0 if owed is None else -sum(row[f"{purpose}_minor"] for row in rows for purpose in purposes_of(owed))
        reserves = projection_of(own, convertible_minor=has.get(currency, 0) + more, floor_minor=floors.get(currency, 0))
        found.append(Projection(currency, more, reserves))
    return tuple(found)
