"""Claims on the insurance pool: notified, reserved, adjusted, paid or refused, disputed and resolved; and what reinsurers pay of them.

Each comes to an act, or says why not; done before, it says so. What may follow what stands in `insurance/states.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.pool_calls import uncalled_overspill
from rescounter.cycle.pool_years import open_year, settler_of
from rescounter.cycle.resolving import unidentified
from rescounter.cycle.union import Union
from rescounter.insurance.books import books_of
from rescounter.insurance.contributions import cap_of
from rescounter.insurance.layers import due_of_reinsurers
from rescounter.insurance.pool import Claim, Year, facts_of
from rescounter.insurance.states import ClaimState, follows
from rescounter.terms import Refusal
from rescounter.terms.identity import is_text
from rescounter.terms.names import NAME_LENGTH_MAX
from rescounter.terms.refusals import shown

__all__ = [
    "adjusting",
    "claim_named",
    "disputing",
    "notifying",
    "paying_claim",
    "receiving",
    "refusing_claim",
    "reserving",
    "resolving_claim",
    "settles_claim",
]

_TOLD: Final = "in minor units"


def notifying(union: Union, office: Office, what: Mapping[str, Any]) -> Step:
    """The act that notifies a claim. Args: *what*: claim, year, member, cover, occurred (a day), amount_minor, reason."""
    name = what["claim"]
    before = union.pool.claims.find(name)
    body = {**what, "occurred": what["occurred"].isoformat()}
    if before is not None and all(before.acts[0].body[key] == value for key, value in body.items()):
        return _done(before, "notified")
    if before is not None:
        return refused(refusal("pool_claim_taken", name, found=f"{name} of {before.member} was notified in act {before.acts[0].number}"))
    if not is_text(name, NAME_LENGTH_MAX):
        allowed = f"a code of 1 to {NAME_LENGTH_MAX} visible characters"
        return refused(refusal("pool_claim_taken", shown(name), found=shown(name), allowed=allowed))
    year, found = open_year(union.pool, what["year"])
    if year is None:
        return refused(*found)
    if wrong := _outside(year, office, what):
        return refused(refusal("claim_not_insured", name, found=wrong))
    if what["amount_minor"] <= 0:
        return refused(refusal("claim_amount_unusable", name, found=f"{what['amount_minor']} {_TOLD}"))
    return wanted("claim_notified", **body)


def _outside(year: Year, office: Office, what: Mapping[str, Any]) -> str:
    """In which way a claim is outside of what a year insures; nothing where it is within."""
    terms = year.terms
    if what["cover"] not in (*terms.covers, *terms.excludes):
        return f"cover {what['cover']}; the terms have {', '.join((*terms.covers, *terms.excludes))}"
    if not terms.begins <= what["occurred"] < terms.ends:
        return f"{what['occurred']}, and the year begins on {terms.begins} and ends before {terms.ends}"
    book = books_of(year, office.table).get(what["member"])
    if book is None or not any(book.declared.values()):
        return f"{what['member']}, which declared no exposure in {year.code}"
    return ""


def claim_named(union: Union, name: str) -> tuple[Claim | None, Year | None, tuple[Refusal, ...]]:
    """The claim of a code with its open year, else why not."""
    claim = union.pool.claims.find(name)
    if claim is None:
        return None, None, (refusal("pool_claim_unknown", name, found=shown(name)),)
    year, found = open_year(union.pool, claim.year)
    return claim, year, found


def reserving(union: Union, name: str, amount_minor: int, *, reason: str) -> Step:
    """The act that sets what is held back for a claim, before it is adjusted."""

    def step(claim: Claim, year: Year) -> Step:
        if claim.state is ClaimState.RESERVED and claim.incurred_minor == amount_minor:
            return _done(claim, "reserved with this amount")
        if claim.cover in year.terms.excludes:
            return refused(refusal("claim_excluded", name, found=claim.cover))
        if amount_minor < 0:
            return refused(refusal("claim_amount_unusable", name, found=f"{amount_minor} {_TOLD}", allowed="zero or more"))
        return _moved(claim, year, "claim_reserved", amount_minor=amount_minor, reason=reason)

    return _about(union, name, step)


def adjusting(union: Union, name: str, amount_minor: int, *, reason: str) -> Step:
    """The act that grants a claim, in the whole amount of the loss: the layers say what the pool bears of it."""

    def step(claim: Claim, year: Year) -> Step:
        if claim.state is ClaimState.ADJUSTED and claim.incurred_minor == amount_minor:
            return _done(claim, "adjusted to this amount")
        if amount_minor <= year.terms.retention_minor:
            return refused(_within_retention(claim, year, amount_minor))
        return _moved(claim, year, "claim_adjusted", amount_minor=amount_minor, reason=reason)

    return _about(union, name, step)


def _within_retention(claim: Claim, year: Year, amount_minor: int) -> Refusal:
    return refusal("claim_amount_unusable", claim.code, found=f"{amount_minor}, with a retention of {year.terms.retention_minor}, {_TOLD}")


def paying_claim(union: Union, office: Office, name: str) -> Step:
    """The act that pays what is due of a claim to its member's cash, as far as the year has money.

    It settles the claim where all is paid, and no overspill is left that could be called.
    """

    def step(claim: Claim, year: Year) -> Step:
        if claim.state is ClaimState.PAID:
            return _done(claim, "paid")
        due = claim.due_minor(year)
        amount = min(due, year.cash_minor)
        settles = settles_claim(claim, year, office, amount)
        if claim.state is ClaimState.ADJUSTED and not amount and not settles:
            found = f"{year.cash_minor} there, {due} due, {uncalled_overspill(claim, year)} of overspill not called, {_TOLD}"
            return refused(refusal("pool_has_no_money", name, found=found))
        body: dict[str, Any] = {"amount_minor": amount, "payment": claim.payments + 1, "settles": settles}
        return _moved(claim, year, "claim_paid", member=claim.member, settles_by=settler_of(union, claim.member), **body)

    return _about(union, name, step)


def settles_claim(claim: Claim, year: Year, office: Office, amount_minor: int) -> bool:
    """True where *amount_minor* is all that is due of it, and no overspill is left that could be called."""
    return amount_minor == claim.due_minor(year) and not (uncalled_overspill(claim, year) and _has_room(year, office))


def _has_room(year: Year, office: Office) -> bool:
    """True where somebody can still be called for overspill."""
    books = books_of(year, office.table).values()
    return any(cap_of(book.exposure_minor, year.terms) > book.by_kind.get("overspill", 0) for book in books)


def refusing_claim(union: Union, name: str, *, reason: str) -> Step:
    """The act that refuses a claim of which nothing was paid."""

    def step(claim: Claim, year: Year) -> Step:
        if claim.state is ClaimState.REFUSED:
            return _done(claim, "refused")
        return _moved(claim, year, "claim_refused", reason=reason)

    return _about(union, name, step)


def disputing(union: Union, name: str, *, reason: str) -> Step:
    """The act by which a member disputes a refusal or an adjustment; until it is resolved, the reserve is what was claimed."""

    def step(claim: Claim, year: Year) -> Step:
        if claim.state is ClaimState.DISPUTED:
            return _done(claim, "disputed")
        return _moved(claim, year, "claim_disputed", reason=reason)

    return _about(union, name, step)


def resolving_claim(union: Union, name: str, amount_minor: int, *, reason: str) -> Step:
    """The act that resolves a dispute with what is granted in all; zero: nothing."""

    def step(claim: Claim, year: Year) -> Step:
        last = claim.acts[-1]
        if last.kind == "claim_resolved" and last.body["amount_minor"] == amount_minor:
            return _done(claim, "resolved with this amount")
        if claim.state is ClaimState.DISPUTED and 0 < amount_minor <= year.terms.retention_minor:
            return refused(_within_retention(claim, year, amount_minor))
        if claim.state is ClaimState.DISPUTED and not facts_of(claim, "claim_resolved", {"amount_minor": amount_minor}, year):
            found = f"{amount_minor} granted, {claim.paid_minor} paid, {_TOLD}"
            return refused(refusal("claim_amount_unusable", name, found=found))
        return _moved(claim, year, "claim_resolved", amount_minor=amount_minor, reason=reason)

    return _about(union, name, step)


def _about(union: Union, name: str, step: Callable[[Claim, Year], Step]) -> Step:
    claim, year, found = claim_named(union, name)
    return refused(*found) if claim is None or year is None else step(claim, year)


def _moved(claim: Claim, year: Year, kind: str, **body: Any) -> Step:
    """The act where the table of states has an edge for it and the claim is in no cycle, else why not."""
    if claim.under_way_minor:
        return refused(refusal("in_a_cycle", claim.code, found=f"{claim.under_way_minor} of {claim.code}, {_TOLD}"))
    if follows(claim.state, kind, facts_of(claim, kind, body, year)) is None:
        paid = f", {claim.paid_minor} of it paid, {_TOLD}" if claim.paid_minor else ""
        return refused(refusal("claim_out_of_turn", claim.code, found=f"{claim.code} is {claim.state.value}{paid}"))
    return wanted(kind, claim=claim.code, year=claim.year, currency=year.terms.currency, **body)


def _done(claim: Claim, words: str) -> Step:
    return Step(is_done=True, told=f"{claim.code} was {words} before; nothing was done.")


def receiving(union: Union, office: Office, name: str, reference: str, *, reinsurer: str) -> Step:
    """The act that takes an unidentified pay-in, by the bank's *reference*, as what a reinsurer pays of a claim.

    Refuses: money that does not wait; more than the reinsurer owes of a claim that was adjusted.
    """
    before = union.resolved.get(reference)
    if before is not None and (before.body.get("claim"), before.body.get("reinsurer")) == (name, reinsurer):
        return Step(is_done=True, told=f"{reference} was received before, in act {before.number}; nothing was done.")
    claim, year, found = claim_named(union, name)
    if claim is None or year is None:
        return refused(*found)
    if claim.state not in (ClaimState.ADJUSTED, ClaimState.PAID):
        return refused(refusal("claim_out_of_turn", name, found=f"{name} is {claim.state.value}"))
    waiting = [row for row in unidentified(union, office) if row["currency"] == year.terms.currency]
    row = next((each for each in waiting if each["reference"] == reference), None)
    if row is None:
        names = ", ".join(each["reference"] for each in waiting[:5]) or "nothing waits"
        return refused(refusal("money_not_waiting", reference, found=reference, allowed=f"unidentified money that waits: {names}"))
    due = due_of_reinsurers(claim.borne(year.terms), year.terms)
    left = due.get(reinsurer, 0) - claim.received.get(reinsurer, 0)
    if row["amount_minor"] > left:
        owes = ", ".join(f"{each} {amount - claim.received.get(each, 0)}" for each, amount in due.items()) or "nobody"
        return refused(refusal("reinsurance_not_due", name, found=f"{row['amount_minor']} of {reinsurer}; owed by: {owes}, {_TOLD}"))
    return wanted(
        "reinsurance_received",
        claim=name,
        year=claim.year,
        reinsurer=reinsurer,
        member="*",
        reference=reference,
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        lines=row["lines"],
    )
