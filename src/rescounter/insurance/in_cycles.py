"""The pool while its calls and claims are obligations of a cycle: what the cut-off takes, and what the close of the cycle gives back.

The fold reads the sums that the acts tell, one for each call and each claim; what is told by member stands in their documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rescounter.insurance.states import ClaimState, When, follows
from rescounter.terms import holds
from rescounter.terms.acts import Act
from rescounter.terms.faults import there

if TYPE_CHECKING:
    from rescounter.insurance.pool import Call, Claim, Pool, Year

__all__ = ["entered", "is_of_the_pool", "left"]


def is_of_the_pool(act: Act) -> bool:
    """True for the cut-off that took something of the pool into its cycle, and for the close of that cycle."""
    return act.kind in ("cut_off", "closed") and "pool" in act.body


def entered(pool: Pool, act: Act) -> Pool:
    """The pool after a cut-off.

    Laws: no more of a call enters than is owed, of a claim than is due and its year has; a claim is in one cycle.
    """
    for row in act.body["pool_sums"]:
        year = _open(pool, row, act)
        amount = row["amount_minor"]
        if "call" in row:
            call = there(year.calls.get(row["call"]), "what_enters_was_called", call=row["call"])
            under_way = call.under_way_minor + amount
            holds(call.paid_minor + under_way <= call.total_minor, "no_more_enters_than_is_owed", call=call.code)
            pool = pool.with_years(_with_call(year, replace(call, under_way_minor=under_way, touched=act.number)))
            continue
        claim = there(pool.claims.find(row["claim"]), "what_enters_was_claimed", claim=row["claim"])
        is_free = claim.state is ClaimState.ADJUSTED and not claim.under_way_minor
        holds(is_free and 0 < amount <= claim.due_minor(year), "no_more_enters_than_is_due", claim=claim.code)
        holds(amount <= year.cash_minor, "a_year_pays_out_of_its_own_money", year=year.code, cash=year.cash_minor - amount)
        pool = pool.with_years(replace(year, cash_minor=year.cash_minor - amount, held_minor=year.held_minor + amount))
        pool = _with_claim(pool, replace(claim, under_way_minor=amount, touched=act.number, acts=(*claim.acts, act)))
    return _noted(pool, act)


def left(pool: Pool, act: Act) -> Pool:
    """The pool after the close of such a cycle. Laws: what leaves is what entered; no more is paid than entered."""
    for row in act.body["pool_sums"]:
        year = _open(pool, row, act)
        amount, paid = row["amount_minor"], row["paid_minor"]
        holds(0 <= paid <= amount, "no_more_is_paid_than_entered", year=year.code, paid=paid, entered=amount)
        if "call" in row:
            call = there(year.calls.get(row["call"]), "what_leaves_was_called", call=row["call"])
            holds(amount <= call.under_way_minor, "what_leaves_a_cycle_entered_it", call=call.code)
            call = replace(call, under_way_minor=call.under_way_minor - amount, paid_minor=call.paid_minor + paid, touched=act.number)
            pool = pool.with_years(replace(_with_call(year, call), cash_minor=year.cash_minor + paid))
            continue
        claim = there(pool.claims.find(row["claim"]), "what_leaves_was_claimed", claim=row["claim"])
        holds(amount == claim.under_way_minor and amount <= year.held_minor, "what_leaves_a_cycle_entered_it", claim=claim.code)
        pool = pool.with_years(replace(year, cash_minor=year.cash_minor + amount - paid, held_minor=year.held_minor - amount))
        pool = _with_claim(pool, _paid(claim, year, act, row))
    return _noted(pool, act, reckoned=act.number)


def _paid(claim: Claim, year: Year, act: Act, row: Mapping[str, Any]) -> Claim:
    """A claim of which a part was paid in a cycle, or nothing."""
    free = replace(claim, under_way_minor=0, touched=act.number, acts=(*claim.acts, act))
    if not row["paid_minor"]:
        return free
    paid = claim.paid_minor + row["paid_minor"]
    holds(paid <= claim.payable_minor(year), "a_claim_is_not_paid_above_its_layers", claim=claim.code)
    target = follows(claim.state, "claim_paid", frozenset({When.IN_FULL if row["settles"] else When.IN_PART}))
    state = there(target, "no_step_of_a_claim_out_of_turn", claim=claim.code, state=claim.state.value, act=act.kind)
    return replace(free, paid_minor=paid, state=state)


def _open(pool: Pool, row: Mapping[str, Any], act: Act) -> Year:
    year = there(pool.years.get(row["year"]), "an_act_of_the_pool_names_its_year", act=act.number)
    holds(year.is_open, "a_closed_year_stays_closed", year=year.code, act=act.kind)
    return year


def _with_call(year: Year, call: Call) -> Year:
    return replace(year, calls=MappingProxyType({**year.calls, call.code: call}))


def _with_claim(pool: Pool, claim: Claim) -> Pool:
    return replace(pool, claims=pool.claims.changed({claim.code: claim}))


def _noted(pool: Pool, act: Act, *, reckoned: int = 0) -> Pool:
    """The act among those of each year that it names."""
    named = [pool.years[code] for code in dict.fromkeys(row["year"] for row in act.body["pool_sums"])]
    return pool.with_years(*(replace(year, acts=(*year.acts, act), reckoned=reckoned or year.reckoned) for year in named))
