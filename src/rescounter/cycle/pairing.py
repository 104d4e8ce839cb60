"""Payment versus payment in a cycle: who pays in, which pairs settle, which wait and why, who is paid out.

The loop of ``settlement.payment_versus_payment`` is run over the cash of the members once every call is covered, or its day is past. What
it comes to is recorded first (``paired``) and posted then (``funded``), so a process that ends in between finds its own plan. Pay-outs are
put aside in the same batch as the pairs and leave on the day of settlement.

A short position limit is room on ``M/cash`` for that one batch; any other posting takes the limit back to what is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.rates_in_force import pair_values
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.ledger import Batch
from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.settlement.accounts import CASH, account_name, cash_of
from rescounter.settlement.calls import POSITIONS, positions, settled_by
from rescounter.settlement.funding import LATE, STANDING
from rescounter.settlement.pair_postings import pairs_batch, pay_out_batch
from rescounter.settlement.pair_tests import PairRules
from rescounter.settlement.pairs import Plan, calls_of, opening_of, pair_rules, pairs_of, plan, short_caps, still_holds
from rescounter.settlement.postings import batch_key
from rescounter.settlement.rates import RateTold
from rescounter.terms import Refusal

__all__ = [
    "calling_pairs",
    "caps_of_pairs",
    "frozen_pair_rates",
    "funding_pairs",
    "is_of_pairs",
    "posting_of_pairs",
    "refusals_to_settle_pairs",
    "rules_of_pairs",
    "standing_of_pairs",
]

_Cash = dict[tuple[str, str], int]
_OF_THE_PLAN: Final = ("pairs", "queued", "opening", "balances", "net", "calls", "carried", "credit")


def is_of_pairs(union: Union, cycle: Cycle) -> bool:
    """True where the cycle settles pairs of payments."""
    return union.rules_of(cycle).settlement.kind == PAIRS_KIND


def frozen_pair_rates(cycle: Cycle, office: Office) -> tuple[RateTold, ...]:
    """The rates that were frozen with the final set of a cycle of pairs; nothing where its rulebook's table alone counts."""
    digest = "" if cycle.final is None else cycle.final.body.get("rates", "")
    return tuple(RateTold(**row) for row in office.table(digest).to_pylist()) if digest else ()


def rules_of_pairs(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> PairRules:
    """What the tests of the cycle go by: its frozen rates and else those of its rulebook, with its haircuts and short limits, and the
    aggregate limits of members at an instant."""
    rules = union.rules_of(cycle)
    told = pair_values(rules, frozen_pair_rates(cycle, office))
    codes = union.register.participants(at_us)["code"].to_pylist()
    limits = {code: union.register.limit_of(code, rules.pairs.unit, "aggregate_short_position", at_us) or 0 for code in codes}
    return pair_rules(rules.pairs, cycle.exponents, currencies=rules.union.currencies, aggregate=limits, told=told)


def caps_of_pairs(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> dict[tuple[str, str], int]:
    """How far each cash may be below zero while pairs are posted, by member and currency."""
    rules = rules_of_pairs(union, cycle, office, at_us=at_us)
    return {(member, currency): cap for member in rules.aggregate_limits_minor for currency, cap in short_caps(rules, member).items()}


def calling_pairs(union: Union, cycle: Cycle, office: Office, *, by: pa.Table, deadline: Mapping[str, Any], at_us: int) -> Step:
    """The pay-in schedule: of each currency in which a member would be short, were every pair settled, what it lacks.

    Args: *by*: *member*, *settles_by*; *deadline*: *due_at_us* and *due_day*. There is one round: who does not pay in is left to the tests.
    """
    cash = _cash(union, cycle, office, by)
    net = _with_cash(positions(_obligations(cycle, office), by), cash)
    return wanted(
        "called",
        cycle=cycle.code,
        round=1,
        calls=office.keep_table(calls_of(net, cash)),
        net=office.keep_table(net),
        late=office.keep_table(LATE.empty_table()),
        reckoned_at_us=at_us,
        **deadline,
        suspended=[],
    )


def funding_pairs(union: Union, cycle: Cycle, office: Office, *, by: pa.Table, at_us: int) -> Step:
    """The plan (``paired``) when all calls are covered or the deadline is past; then its posting (``funded``).

    Where cash changed since the plan, it is made anew. Refuses: ``out_of_turn``, ``calls_not_covered``.
    """
    if cycle.state is not State.FINAL:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    called, paired = cycle.known("called"), cycle.last("paired")
    if paired is not None and office.is_posted(batch_key(cycle.code, "pairs")):
        return _funded(paired.body)
    stood = standing_of_pairs(cycle, office)
    late = stood.filter(pc.greater(stood["missing_minor"], 0))
    if late.num_rows and at_us < called.body["due_at_us"]:
        missing = ", ".join(sorted(set(late["member"].to_pylist()))[:10])
        return refused(refusal("calls_not_covered", cycle.code, found=f"missing: {missing}"))
    body = _plan_body(union, cycle, office, by, at_us=at_us)
    if paired is not None and all(paired.body[name] == body[name] for name in _OF_THE_PLAN):
        return _funded(paired.body)
    return wanted("paired", cycle=cycle.code, round=len(cycle.all("paired")) + 1, reckoned_at_us=at_us, **body)


def _funded(body: Mapping[str, Any]) -> Step:
    return wanted("funded", cycle=body["cycle"], round=body["round"], **{name: body[name] for name in _OF_THE_PLAN})


def _plan_body(union: Union, cycle: Cycle, office: Office, by: pa.Table, *, at_us: int) -> dict[str, Any]:
    rules, obligations = union.rules_of(cycle), _obligations(cycle, office)
    cash = _cash_now(cycle, office)
    opening = opening_of(cash)
    frozen = office.table(cycle.known("cut_off", "corrected").body["frozen"])
    made = plan(pairs_of(frozen, by), opening, rules_of_pairs(union, cycle, office, at_us=at_us))
    carried = _carried(obligations, made, is_carried=rules.intake.carry_over)
    net = _with_cash(positions(carried, by), cash)
    return {
        "pairs": office.keep_table(made.settled),
        "queued": office.keep_table(made.queued),
        "opening": office.keep_table(opening),
        "balances": office.keep_table(made.balances),
        "net": office.keep_table(net),
        "calls": office.keep_table(_without_defaulters(union, made.pay_outs)),
        "carried": office.keep_table(carried),
        "credit": _credit(net, made.balances),
    }


def _without_defaulters(union: Union, pay_outs: pa.Table) -> pa.Table:
    """Pay-outs but those of members in default, whose money stays on their cash until their loss is known."""
    defaulters = pa.array(sorted(union.guarantee.defaults), pa.string())
    return pay_outs.filter(pc.invert(pc.is_in(pay_outs["member"], value_set=defaulters)))


def _obligations(cycle: Cycle, office: Office) -> pa.Table:
    return office.table(cycle.known("cleared").body["tables"]["obligations"])


def _carried(obligations: pa.Table, made: Plan, *, is_carried: bool) -> pa.Table:
    """The obligations of the result, of which only settled pairs are replaced; the others are carried, or go back."""
    items = pa.concat_arrays([made.settled[name].combine_chunks() for name in ("item_1", "item_2")])
    replaced = pc.if_else(pc.is_in(obligations["id"], value_set=items), obligations["replaced_minor"], 0)
    left = pc.subtract(obligations["replaced_minor"], replaced)
    table = obligations.set_column(obligations.column_names.index("replaced_minor"), "replaced_minor", replaced)
    return table.append_column("carried_minor", left if is_carried else pc.multiply(left, 0)).combine_chunks()


def _credit(net: pa.Table, balances: pa.Table) -> dict[str, int]:
    """By currency, what of the net debits nobody paid in: members are short of it when the pairs are settled."""
    short = {(row["currency"], row["member"]): -row["balance_minor"] for row in balances.to_pylist() if row["balance_minor"] < 0}
    sums: dict[str, int] = {}
    for row in net.to_pylist():
        if row["net_minor"] < 0:
            lent = min(-row["net_minor"], short.get((row["currency"], row["member"]), 0))
            sums[row["currency"]] = sums.get(row["currency"], 0) + lent
    return sums


def _cash(union: Union, cycle: Cycle, office: Office, by: pa.Table) -> _Cash:
    """Cash that is not zero, of every direct member, by member and currency."""
    direct = sorted(set(settled_by(by["member"], by).to_pylist()))
    return _read(office, direct, union.rules_of(cycle).union.currencies)


def _cash_now(cycle: Cycle, office: Office) -> _Cash:
    """The cash of the members that were called or have a position, in every currency of the cycle."""
    net = office.table(cycle.known("called").body["net"])
    currencies = tuple(sorted(cycle.opened.body["frozen"]["exponents"]))
    return _read(office, sorted(set(net["member"].to_pylist())), currencies)


def _read(office: Office, members: list[str], currencies: tuple[str, ...]) -> _Cash:
    there = cash_of(office.balances([account_name(member, CASH, currency) for member in members for currency in currencies]))
    rows = zip(*(there[name].to_pylist() for name in ("member", "currency", "balance_minor")), strict=True)
    return {(member, currency): balance for member, currency, balance in rows if balance}


def _with_cash(net: pa.Table, cash: _Cash) -> pa.Table:
    """Positions with a row of zero for cash without a position."""
    rows = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist()}
    rows |= {(currency, member): 0 for member, currency in cash if (currency, member) not in rows}
    columns = zip(*((*key, rows[key]) for key in sorted(rows)), strict=True) if rows else ((), (), ())
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, POSITIONS.types, strict=True)], schema=POSITIONS)


def standing_of_pairs(cycle: Cycle, office: Office) -> pa.Table:
    """How far the calls are covered, as `funding.STANDING`: of now, or as it was when the pairs were planned and posted."""
    called, funded = cycle.known("called"), cycle.last("funded")
    if funded is None:
        cash = _cash_now(cycle, office)
    else:
        cash = {(row["member"], row["currency"]): row["balance_minor"] for row in office.table(funded.body["opening"]).to_pylist()}
    asked = {(row["currency"], row["member"]): row["pay_in_minor"] for row in office.table(called.body["calls"]).to_pylist()}
    rows = []
    for row in office.table(called.body["net"]).to_pylist():
        after = row["net_minor"] + cash.get((row["member"], row["currency"]), 0)
        call, missing = asked.get((row["currency"], row["member"]), 0), max(0, -after)
        if call or missing:
            over = max(0, after)
            rows.append((row["currency"], row["member"], max(0, -row["net_minor"]), call, max(0, call - missing + over), missing, over))
    columns = zip(*rows, strict=True) if rows else ((),) * len(STANDING)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, STANDING.types, strict=True)], schema=STANDING)


def refusals_to_settle_pairs(union: Union, cycle: Cycle, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a plan cannot be posted any more: members have less than it was reckoned with, so its pairs would not pass or be paid out."""
    settled, called = office.table(body["pairs"]), office.table(body["calls"])
    cash = _cash_now(cycle, office)
    before = {(row["member"], row["currency"]): row["balance_minor"] for row in office.table(body["opening"]).to_pylist()}
    less = sorted(key for key in {*cash, *before} if cash.get(key, 0) < before.get(key, 0))
    paid_out = sorted(union.guarantee.defaults.keys() & set(called["member"].to_pylist()))
    if paid_out:
        return (refusal("plan_overtaken", cycle.code, found=f"{', '.join(paid_out[:5])} would be paid out, and is in default since"),)
    if still_holds(settled, called, opening_of(cash), rules_of_pairs(union, cycle, office, at_us=at_us)):
        return ()
    told = ", ".join(f"{member} in {currency}" for member, currency in less[:5]) or "limits were changed"
    return (refusal("plan_overtaken", cycle.code, found=f"less than it was reckoned with: {told}"),)


def posting_of_pairs(kind: str, body: Mapping[str, Any], office: Office, cycle: str, *, rulebook_version: str) -> Batch | None:
    """The batch of ``funded`` or ``settled`` in a cycle of pairs."""
    calls = office.table(body["calls"])
    if kind == "funded":
        return pairs_batch(office.table(body["pairs"]), calls, cycle, rulebook_version=rulebook_version)
    return pay_out_batch(calls, cycle, rulebook_version=rulebook_version)
