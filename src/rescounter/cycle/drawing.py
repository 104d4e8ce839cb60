"""A swap is drawn by a member in net deficit, and repaid: who may, from whom, how much, how often, and for how long. Source: rule R3.

The member asks while its cycle has called and is not funded. What it may ask of each partner is `cycle.swapping`; that all it draws for a
cycle comes to no more than it owes in it, and that nobody draws while one of its swaps is overdue, is our choice. Partners give what lies
on their cash. Terms are those of the rulebook when it is drawn, and are frozen with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.states import State
from rescounter.cycle.swapping import deficit_minor, swap_minor
from rescounter.cycle.union import Cycle, Union
from rescounter.ledger import Batch
from rescounter.membership.members import Standing
from rescounter.settlement.accounts import CASH, account_name
from rescounter.settlement.swaps import Swap, later_by_months, swap_batch, swap_key, swap_of, swap_repaid_batch
from rescounter.terms import Refusal, apportion, holds
from rescounter.terms.calendar import day_of
from rescounter.terms.identity import is_text

__all__ = ["SWAP_KINDS", "drawing", "partners_of", "refusals_of_swap", "repaying_swap", "swap_posting"]

SWAP_KINDS: Final = ("swap_drawn", "swap_repaid")
_WORDS_MAX: Final = 128


def drawing(
    union: Union, office: Office, member: str, amount_minor: int, *, reference: str, partners: Sequence[str] = (), at_us: int
) -> Step:
    """The act by which *member* draws a swap, in equal parts from each of *partners*, or of all who can give one.

    Args: *amount_minor* > 0 in the unit of account; *reference*: used once. What does not divide goes to earlier codes.
    Refuses: what `terms.swap_rules` lists. Posted before and not recorded, it comes to what was posted.
    """
    if (done := _drawn_before(union, member, amount_minor, reference, partners)) is not None:
        return done
    if amount_minor <= 0 or not is_text(reference, _WORDS_MAX):
        return refused(refusal("swap_malformed", reference or member, found=f"{amount_minor} minor units, reference {reference!r}"))
    posted = office.posted(swap_key("drawn", reference))
    cycle = union.cycles.get(posted[0].cycle or "") if posted else _calling(union)
    given = [each for each in posted if each.kind == "swap_given"]
    shares, drawers = {_owner(each.debit): each.amount_minor for each in given}, {_owner(each.credit) for each in given}
    if posted and (drawers, sum(shares.values())) != ({member}, amount_minor):
        found = f"{reference} was posted for {', '.join(sorted(drawers))} with {sum(shares.values())} minor units"
        return refused(refusal("swap_reference_taken", reference, found=found))
    if not posted and not union.rules(at_us).exchange.swap_share:
        return refused(refusal("swap_not_granted", member, found="exchange.swap_share is 0"))
    if cycle is None or not union.rules_of(cycle).exchange.unit:
        found = "no cycle that has called waits to be funded" if cycle is None else f"cycle {cycle.code} has no unit of account"
        return refused(refusal("swap_not_in_deficit", member, found=found))
    if not posted:
        asked = sorted(set(partners) or partners_of(union, member, at_us=at_us))
        if len(asked) > amount_minor or not asked:
            return refused(refusal("swap_malformed", reference, found=f"{amount_minor} minor units of {len(asked)} partners"))
        shares = dict(zip(asked, apportion(amount_minor, [1] * len(asked)), strict=True))
    body = _body(union, cycle, member, shares, asked=partners, reference=reference, at_us=at_us)
    found_now = () if posted else refusals_of_swap(union, "swap_drawn", body, office, at_us=at_us)
    return refused(*found_now) if found_now else wanted("swap_drawn", **body)


def repaying_swap(union: Union, office: Office, reference: str, *, at_us: int, day: date | None = None) -> Step:
    """The act by which a swap is repaid whole, with its interest until *day*, from the cash of who drew it; early or late.

    Args: *day*: today where none is named; where the repayment was posted and not recorded, one for which that was paid.
    """
    swap = union.swaps.by_reference.get(reference)
    if swap is None:
        return refused(refusal("swap_not_open", reference, found="nobody drew it"))
    if swap.repaid:
        return Step(is_done=True, told=f"{reference} was repaid before, in act {swap.repaid}; nothing was done.")
    rules = union.rules(at_us)
    day = _day_posted(swap, office, day or day_of(at_us, rules.union.zone))
    interest = swap.interest(day)
    body: dict[str, Any] = {
        "reference": reference,
        "member": swap.member,
        "currency": swap.currency,
        "amount_minor": swap.amount_minor,
        "interest_minor": sum(interest.values()),
        "day": day.isoformat(),
        "parts": [
            {"member": partner, "amount_minor": share, "interest_minor": interest[partner]} for partner, share in swap.shares.items()
        ],
        "rulebook": f"{rules.version}/{rules.digest[:19]}",
    }
    found = refusals_of_swap(union, "swap_repaid", body, office, at_us=at_us)
    return refused(*found) if found else wanted("swap_repaid", **body)


def partners_of(union: Union, member: str, *, at_us: int) -> tuple[str, ...]:
    """Every active direct member other than *member*, by code."""
    others = (each for each in union.register.members if each.code != member and not each.under)
    return tuple(each.code for each in others if union.register.standing_at(each.code, at_us) is Standing.ACTIVE)


def swap_posting(kind: str, body: Mapping[str, Any]) -> Batch:
    """The batch of such an act."""
    return swap_batch(body) if kind == "swap_drawn" else swap_repaid_batch(body)


def refusals_of_swap(union: Union, kind: str, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a swap cannot be drawn or repaid as things stand; asked again when it is approved. Nothing where it was posted already."""
    if office.is_posted(swap_posting(kind, body).key):
        return ()
    found = _why_not_drawn if kind == "swap_drawn" else _why_not_repaid
    return tuple(found(union, body, office, at_us))


def _why_not_drawn(union: Union, body: Mapping[str, Any], office: Office, at_us: int) -> Iterator[Refusal]:
    """In the order in which they are told."""
    member, swap, cycle = body["member"], swap_of(body), union.cycles[body["for_cycle"]]
    mine = [each for each in union.swaps.by_reference.values() if each.member == member]
    if swap.reference in union.swaps.by_reference:
        yield refusal("swap_reference_taken", swap.reference, found="it was drawn meanwhile")
    owes = deficit_minor(union, cycle, office, member) if cycle.state is State.FINAL else 0
    drawn = sum(each.amount_minor for each in mine if each.cycle == cycle.code)
    if not owes:
        yield refusal("swap_not_in_deficit", member, found=f"cycle {cycle.code} is {cycle.state.value}; {member} owes nothing in it")
    elif drawn + swap.amount_minor > owes:
        found = f"{drawn + swap.amount_minor} drawn, {owes} owed, in minor units of {swap.currency}"
        yield refusal("swap_beyond_deficit", member, found=found)
    yield from _beyond(union, swap, swap_minor(union, cycle, office, member) or 0)
    times = union.rules(at_us).exchange.swap_times
    if times and sum(each.starts.year == swap.starts.year for each in mine) >= times:
        yield refusal("swap_too_often", member, found=f"{times} in {swap.starts.year}")
    if late := next((each for each in mine if each.is_overdue(at_us)), None):
        yield refusal("swap_overdue", member, found=f"{late.reference} was due on {late.due}")
    yield from _wrong_partners(union, swap, body["asked"], at_us)
    yield from _without_cash(office, swap.currency, swap.shares)


def _wrong_partners(union: Union, swap: Swap, asked: Sequence[str], at_us: int) -> Iterator[Refusal]:
    able = partners_of(union, swap.member, at_us=at_us)
    wrong = [each for each in dict.fromkeys((*swap.shares, *asked)) if each not in able or list(asked).count(each) > 1]
    if wrong or swap.member not in partners_of(union, "", at_us=at_us):
        allowed = f"for {swap.member}: {', '.join(able) or 'nobody'}"
        yield refusal("swap_partner_wrong", swap.member, found=", ".join(wrong) or swap.member, allowed=allowed)


def _why_not_repaid(union: Union, body: Mapping[str, Any], office: Office, _at_us: int) -> Iterator[Refusal]:
    swap = union.swaps.by_reference.get(body["reference"])
    if swap is None or swap.repaid:
        yield refusal("swap_not_open", body["reference"], found="it was repaid meanwhile")
    if body["member"] in union.guarantee.defaults:
        yield refusal("member_in_default", body["member"], found=body["member"])
    yield from _without_cash(office, body["currency"], {body["member"]: body["amount_minor"] + body["interest_minor"]})


def _beyond(union: Union, swap: Swap, entitled: int) -> Iterator[Refusal]:
    for partner, share in swap.shares.items():
        owed = union.swaps.owed(swap.member, partner)
        if owed + share > entitled:
            found = f"{share} asked of {partner}, {owed} owed to it, in minor units of {swap.currency}"
            allowed = f"{max(0, entitled - owed)}, with an entitlement of {entitled}"
            yield refusal("swap_beyond_entitlement", swap.member, found=found, allowed=allowed)


def _without_cash(office: Office, currency: str, needed: Mapping[str, int]) -> Iterator[Refusal]:
    names = {account_name(member, CASH, currency): member for member in needed}
    has = {names[row.id]: row.balance_minor - row.pending_debits for row in office.balances(list(names)).rows()}
    for member, amount in needed.items():
        if amount > (there := max(0, has.get(member, 0))):
            yield refusal("swap_cash_missing", member, found=f"{amount} of {member}, {there} there, in minor units of {currency}")


def _calling(union: Union) -> Cycle | None:
    """The latest cycle that has called and is not funded."""
    going = (each for each in reversed(list(union.cycles.values())) if each.state is State.FINAL and each.last("called") is not None)
    return next(going, None)


def _drawn_before(union: Union, member: str, amount_minor: int, reference: str, partners: Collection[str]) -> Step | None:
    before = union.swaps.by_reference.get(reference)
    if before is None:
        return None
    if (before.member, before.amount_minor) == (member, amount_minor) and (not partners or set(partners) == set(before.shares)):
        return Step(is_done=True, told=f"{reference} was drawn before, in act {before.act}; nothing was done.")
    return refused(refusal("swap_reference_taken", reference, found=f"{reference} stands in act {before.act} with other content"))


def _owner(account: str) -> str:
    return account.rsplit("/", 2)[0]


def _body(
    union: Union, cycle: Cycle, member: str, shares: Mapping[str, int], *, asked: Sequence[str], reference: str, at_us: int
) -> dict[str, Any]:
    rules, dates = union.rules(at_us), cycle.dates
    starts = date.fromisoformat(dates.settlement_day)
    due, due_at_us = later_by_months(starts, dates.settles_at_us, rules.exchange.swap_months)
    return {
        "reference": reference,
        "member": member,
        "currency": union.rules_of(cycle).exchange.unit,
        "amount_minor": sum(shares.values()),
        "for_cycle": cycle.code,
        "asked": sorted(asked),
        "shares": [{"member": partner, "amount_minor": shares[partner]} for partner in sorted(shares)],
        "starts": starts.isoformat(),
        "due": due.isoformat(),
        "due_at_us": due_at_us,
        "rate": str(rules.exchange.swap_rate),
        "day_count": rules.credit.day_count,
        "rulebook": f"{rules.version}/{rules.digest[:19]}",
    }


def _day_posted(swap: Swap, office: Office, today: date) -> date:
    """The last day until *today* whose interest a repayment posted whose act is missing; *today* where none was posted."""
    posted = office.posted(swap_key("repaid", swap.reference))
    paid = {_owner(each.credit): each.amount_minor for each in posted if each.kind == "swap_interest"}
    wanted_now, day = {partner: paid.get(partner, 0) for partner in swap.shares}, today
    while posted and swap.interest(day) != wanted_now:
        holds(day > swap.starts, "a_swap_was_repaid_for_a_day", reference=swap.reference)
        day -= timedelta(days=1)
    return day
