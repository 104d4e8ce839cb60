"""The pool: the fold of its acts. Policy years with their calls and money, claims with their reserves.

What is told by member stands in the documents that acts name; `books.py` reads them. Amounts are minor units >= 0.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.insurance.in_cycles import entered, is_of_the_pool, left
from rescounter.insurance.layers import Borne, split
from rescounter.insurance.reading import terms_of
from rescounter.insurance.states import ClaimState, When, YearState, follows
from rescounter.insurance.terms import YearTerms
from rescounter.membership.layers import Layers
from rescounter.terms import holds
from rescounter.terms.acts import Act
from rescounter.terms.faults import there

__all__ = ["CALL_KINDS", "Call", "Claim", "Pool", "Year", "facts_of"]

CALL_KINDS: Final = ("advance", "supplementary", "release", "overspill")
_OF_A_YEAR: Final = frozenset({"exposures_declared", "pool_called", "pool_paid", "pool_year_closed"})
_OF_A_CLAIM: Final = frozenset(
    {
        *("claim_notified", "claim_reserved", "claim_adjusted", "claim_paid", "claim_refused", "claim_disputed", "claim_resolved"),
        "reinsurance_received",
    }
)
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """A call. *claim*: of overspill. *payments*: how often it was paid from cash; *under_way_minor*: in cycles that are not closed;
    *touched*: number of the last act about it.
    """

    code: str
    kind: str
    claim: str
    total_minor: int
    touched: int
    paid_minor: int = 0
    payments: int = 0
    under_way_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What was called and is not paid."""
        return self.total_minor - self.paid_minor


@dataclass(frozen=True, slots=True)
class Year:
    """A policy year. *cash_minor*: its money in the pool, but for *held_minor*, which is held for its claims in cycles that are not closed;
    *reckoned*: number of the last act that changes what a call comes to.
    """

    terms: YearTerms
    state: YearState
    acts: tuple[Act, ...]
    reckoned: int
    calls: Mapping[str, Call] = field(default_factory=lambda: _NOTHING)
    cash_minor: int = 0
    carried_in_minor: int = 0
    held_minor: int = 0

    @property
    def code(self) -> str:
        """Its name, such as ``2026``."""
        return self.terms.code

    @property
    def is_open(self) -> bool:
        """True until it is closed."""
        return self.state is YearState.OPEN

    @property
    def is_under_way(self) -> bool:
        """True while something of it is in a cycle that is not closed."""
        return self.held_minor > 0 or any(call.under_way_minor for call in self.calls.values())

    @property
    def dues_minor(self) -> int:
        """What was called and is not paid; after the close nothing is, since it was given up."""
        return sum(call.open_minor for call in self.calls.values()) if self.is_open else 0

    def called_minor(self, *kinds: str, claim: str = "") -> int:
        """All that was called under these kinds, or for a claim."""
        return sum(call.total_minor for call in self.calls.values() if call.kind in kinds and (not claim or call.claim == claim))

    def all(self, *kinds: str) -> tuple[Act, ...]:
        """Its acts of these kinds, in order."""
        return tuple(act for act in self.acts if act.kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim. *incurred_minor*: what it is taken for: claimed, then reserved, then adjusted; nothing once it is refused.

    *received*: by reinsurer, what came in for it. *payments*: how often it was paid to cash; *under_way_minor*: in a cycle that is not
    closed, until when nothing else is done about it; *touched*: number of the last act about it.
    """

    code: str
    year: str
    member: str
    cover: str
    occurred: datetime.date
    claimed_minor: int
    state: ClaimState
    incurred_minor: int
    touched: int
    paid_minor: int = 0
    payments: int = 0
    under_way_minor: int = 0
    received: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    acts: tuple[Act, ...] = ()

    @property
    def received_minor(self) -> int:
        """What came in from all reinsurers."""
        return sum(self.received.values())

    def borne(self, terms: YearTerms) -> Borne:
        """Who bears it, as it is taken for."""
        return split(self.incurred_minor, terms)

    def payable_minor(self, year: Year) -> int:
        """What the pool owes its member in all: its layers, and overspill as far as it was called for."""
        borne = self.borne(year.terms)
        return borne.covered_minor + min(borne.overspill_minor, year.called_minor("overspill", claim=self.code))

    def due_minor(self, year: Year) -> int:
        """What the pool still owes or holds back for it. Law: never below zero, by the table of states."""
        due = self.payable_minor(year) - self.paid_minor
        holds(due >= 0, "a_claim_is_not_paid_above_its_layers", claim=self.code)
        return due


@dataclass(frozen=True, slots=True)
class Pool:
    """Every policy year, in the order of opening, and every claim, by code."""

    years: Mapping[str, Year] = field(default_factory=lambda: _NOTHING)
    claims: Layers[str, Claim] = field(default_factory=Layers)
    received: frozenset[str] = frozenset()

    def claims_of(self, year: str) -> tuple[Claim, ...]:
        """The claims of a year, by code."""
        return tuple(sorted((claim for claim in self.claims.flat().values() if claim.year == year), key=lambda claim: claim.code))

    def after(self, act: Act) -> Pool:
        """The pool with one more act; kinds that it does not know are passed over. Laws: the tables of states; money is not made up."""
        if act.kind == "pool_year_opened":
            return self._opened(act)
        if act.kind in _OF_A_YEAR:
            year = self._known(act)
            return self._closed(year, act) if act.kind == "pool_year_closed" else self.with_years(_year_after(year, act))
        if act.kind in _OF_A_CLAIM:
            return self._claimed(act)
        if is_of_the_pool(act):
            return entered(self, act) if act.kind == "cut_off" else left(self, act)
        return self

    def _opened(self, act: Act) -> Pool:
        code = act.body["year"]
        holds(code not in self.years, "a_policy_year_opens_once", year=code)
        terms = terms_of(act.body["text"], act.body["exponent"])
        return self.with_years(Year(terms, YearState.OPEN, (act,), act.number))

    def _known(self, act: Act) -> Year:
        year = there(self.years.get(act.body["year"]), "an_act_of_the_pool_names_its_year", act=act.number)
        holds(year.is_open, "a_closed_year_stays_closed", year=year.code, act=act.kind)
        return year

    def with_years(self, *years: Year) -> Pool:
        """The pool with these years in place of those of their codes."""
        return replace(self, years=MappingProxyType({**self.years, **{year.code: year for year in years}}))

    def _closed(self, year: Year, act: Act) -> Pool:
        body = act.body
        holds(not year.is_under_way, "what_is_in_a_cycle_keeps_its_year_open", year=year.code)
        holds(body["total_minor"] == year.cash_minor, "a_closed_year_gives_all_it_has", year=year.code, has=year.cash_minor)
        ended = replace(year, state=YearState.CLOSED, cash_minor=0, acts=(*year.acts, act), reckoned=act.number)
        if not body["carried_to"]:
            return self.with_years(ended)
        target = there(self.years.get(body["carried_to"]), "a_surplus_is_carried_somewhere", year=year.code)
        holds(target.is_open and target.code != year.code, "a_surplus_is_carried_to_an_open_year", year=target.code)
        carried = body["total_minor"]
        target = replace(target, cash_minor=target.cash_minor + carried, carried_in_minor=target.carried_in_minor + carried)
        return self.with_years(ended, replace(target, acts=(*target.acts, act), reckoned=act.number))

    def _claimed(self, act: Act) -> Pool:
        body = act.body
        year = self._known(act)
        if act.kind == "claim_notified":
            holds(body["claim"] not in self.claims, "claims_have_codes_of_their_own", claim=body["claim"])
            claim = _notified(act)
        else:
            known = there(self.claims.find(body["claim"]), "an_act_of_a_claim_names_it", act=act.number)
            holds(known.year == year.code, "a_claim_stays_in_its_year", claim=known.code)
            claim = _claim_after(known, act, year)
        cash = year.cash_minor + _cash_of(act)
        holds(cash >= 0, "a_year_pays_out_of_its_own_money", year=year.code, cash=cash)
        changed = self.with_years(replace(year, cash_minor=cash, acts=(*year.acts, act), reckoned=act.number))
        received = self.received | {body["reference"]} if act.kind == "reinsurance_received" else self.received
        return replace(changed, claims=self.claims.changed({claim.code: claim}), received=received)


def _cash_of(act: Act) -> int:
    return {"claim_paid": -1, "reinsurance_received": 1}.get(act.kind, 0) * int(act.body.get("amount_minor", 0))


def _year_after(year: Year, act: Act) -> Year:
    body, acts = act.body, (*year.acts, act)
    match act.kind:
        case "pool_called":
            holds(body["call"] not in year.calls and body["kind"] in CALL_KINDS, "a_call_is_made_once", call=body["call"])
            call = Call(body["call"], body["kind"], body["claim"], body["total_minor"], act.number)
            return replace(year, acts=acts, reckoned=act.number, calls=MappingProxyType({**year.calls, call.code: call}))
        case "pool_paid":
            call = there(year.calls.get(body["call"]), "what_is_paid_was_called", call=body["call"])
            paid = call.paid_minor + body["total_minor"]
            is_owed = paid + call.under_way_minor <= call.total_minor
            holds(is_owed and body["payment"] == call.payments + 1, "nobody_pays_more_than_was_called", call=call.code)
            call = replace(call, paid_minor=paid, payments=body["payment"], touched=act.number)
            calls = MappingProxyType({**year.calls, call.code: call})
            return replace(year, acts=acts, calls=calls, cash_minor=year.cash_minor + body["total_minor"])
    return replace(year, acts=acts, reckoned=act.number)


def _notified(act: Act) -> Claim:
    body = act.body
    return Claim(
        code=body["claim"],
        year=body["year"],
        member=body["member"],
        cover=body["cover"],
        occurred=datetime.date.fromisoformat(body["occurred"]),
        claimed_minor=body["amount_minor"],
        state=ClaimState.NOTIFIED,
        incurred_minor=body["amount_minor"],
        touched=act.number,
        acts=(act,),
    )


def facts_of(claim: Claim, kind: str, body: Mapping[str, Any], year: Year) -> frozenset[When]:
    """The conditions that an act on a claim makes true."""
    match kind:
        case "claim_paid":
            return frozenset({When.IN_FULL if body["settles"] else When.IN_PART})
        case "claim_refused":
            return frozenset() if claim.paid_minor else frozenset({When.NOTHING_PAID})
        case "claim_resolved":
            granted = replace(claim, incurred_minor=body["amount_minor"]).payable_minor(year) if body["amount_minor"] else 0
            if granted > claim.paid_minor:
                return frozenset({When.GRANTED})
            if granted == claim.paid_minor:
                return frozenset({When.SATISFIED if granted else When.REJECTED})
    return frozenset()


def _claim_after(claim: Claim, act: Act, year: Year) -> Claim:
    body = act.body
    if act.kind == "reinsurance_received":
        name, came = body["reinsurer"], body["amount_minor"]
        received = MappingProxyType({**claim.received, name: claim.received.get(name, 0) + came})
        return replace(claim, received=received, touched=act.number, acts=(*claim.acts, act))
    holds(not claim.under_way_minor, "nothing_else_is_done_about_a_claim_in_a_cycle", claim=claim.code, act=act.kind)
    target = follows(claim.state, act.kind, facts_of(claim, act.kind, body, year))
    state = there(target, "no_step_of_a_claim_out_of_turn", claim=claim.code, state=claim.state.value, act=act.kind)
    moved = replace(claim, state=state, touched=act.number, acts=(*claim.acts, act))
    match act.kind:
        case "claim_reserved" | "claim_adjusted" | "claim_resolved":
            return replace(moved, incurred_minor=body["amount_minor"])
        case "claim_refused":
            return replace(moved, incurred_minor=0)
        case "claim_disputed":
            return replace(moved, incurred_minor=max(claim.incurred_minor, claim.claimed_minor))
    paid = claim.paid_minor + body["amount_minor"]
    holds(body["amount_minor"] >= 0 and paid <= claim.payable_minor(year), "a_claim_is_not_paid_above_its_layers", claim=claim.code)
    holds(body["payment"] == claim.payments + 1, "payments_of_a_claim_are_numbered", claim=claim.code)
    return replace(moved, paid_minor=paid, payments=body["payment"])
