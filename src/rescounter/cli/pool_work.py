"""``rescounter pool`` at work: what is done in the insurance pool."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import money, tell_done
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.cycle.office import Step
    from rescounter.facade.union import Desk, Done
    from rescounter.insurance.pool import Year

__all__ = ["act_on_claim", "close_year", "declare", "make_call", "notify_claim", "open_year", "pay_call", "receive"]

_KINDS: Final = {
    "reserve": "claim_reserved",
    "adjust": "claim_adjusted",
    "pay": "claim_paid",
    "refuse": "claim_refused",
    "dispute": "claim_disputed",
    "resolve": "claim_resolved",
}
_DONE: Final = {
    "reserve": "reserved",
    "adjust": "adjusted",
    "refuse": "refused",
    "dispute": "disputed; it waits for its resolution",
    "resolve": "resolved",
}


def open_year(call: Call, file: Path) -> None:
    """Open a policy year by the terms in a file."""
    from rescounter.facade.pool_work import open_pool_year
    from rescounter.facade.union_founding import text_of

    text = text_of(file)
    with desk_of(call) as desk:
        done = open_pool_year(desk, text, by=who(call, desk, "pool_year_opened"))
        year = next(reversed(list(desk.union.pool.years)), "")
        tell_done(call, desk, done, f"Policy year {year} is open; rescounter pool exposure FILE declares what is at risk.")


def declare(call: Call, file: Path, code: str | None) -> None:
    """Declare the exposures of a file, all or none."""
    from rescounter.cycle.pool_years import declaring
    from rescounter.facade.pool_files import read_exposures
    from rescounter.facade.pool_work import in_the_pool, year_named

    with desk_of(call) as desk:
        by = who(call, desk, "exposures_declared")
        year, _ = year_named(desk, code)
        rows, unread = read_exposures(file, year.terms.exponent)
        if unread:
            leave_refused(unread, f"Nothing of {file} was declared: {counted(len(unread), 'row')} refused.", as_json=call.as_json)
        done = in_the_pool(desk, lambda: declaring(desk.union, desk.office, year.code, rows, at_us=desk.at_us), by=by)
        tell_done(call, desk, done, f"{counted(len(rows), 'exposure')} declared in {year.code}; rescounter pool call advance charges them.")


def make_call(call: Call, kind: str, code: str | None, *, amount: str | None, name: str, member: str, claim: str, reason: str) -> None:
    """Call members."""
    from rescounter.cycle import pool_calls
    from rescounter.facade.pool_work import in_the_pool, year_named
    from rescounter.insurance.pool import CALL_KINDS

    if kind not in CALL_KINDS:
        raise CallerFault("option_invalid", f"there is no call {kind!r}; there are {', '.join(CALL_KINDS)}")
    _check_words(kind, amount=amount, name=name, member=member, claim=claim)
    with desk_of(call) as desk:
        by = who(call, desk, "pool_called")
        year, _ = (_year_of_claim(desk, claim), None) if kind == "overspill" else year_named(desk, code)
        minor = None if amount is None else _minor(amount, year.terms.currency, year.terms.exponent)

        def reckon() -> Step:
            union, office = desk.union, desk.office
            match kind:
                case "advance":
                    return pool_calls.advance(union, office, year.code)
                case "supplementary":
                    return pool_calls.supplementary(union, office, year.code, minor, name=name, reason=reason)
                case "release":
                    return pool_calls.release(union, office, year.code, member)
            return pool_calls.overspill(union, office, union.pool.claims[claim])

        done = in_the_pool(desk, reckon, by=by)
        tell_done(call, desk, done, _called(desk, year.code))


def _check_words(kind: str, **words: str | None) -> None:
    wanted = {"supplementary": ("amount", "name"), "release": ("member",), "overspill": ("claim",)}.get(kind, ())
    if extra := [word for word, value in words.items() if value and word not in wanted]:
        raise CallerFault("option_invalid", f"--{extra[0]} is no word of a call {kind}")
    if missing := [word for word in wanted if word in ("member", "claim") and not words[word]]:
        raise CallerFault("option_invalid", f"a call {kind} needs --{missing[0]}")


def _year_of_claim(desk: Desk, code: str) -> Year:
    claim = desk.union.pool.claims.find(code)
    if claim is None:
        raise CallerFault("option_invalid", f"--claim: there is no claim {code!r}; rescounter pool show lists them")
    return desk.union.pool.years[claim.year]


def _called(desk: Desk, code: str) -> str:
    """What was called last in a year."""
    year = desk.union.pool.years[code]
    last = next(reversed(list(year.calls.values())), None)
    if last is None:
        return ""
    enters = " from cash; what is not paid by then enters the next cycle" if desk.union.rules(desk.at_us).pool.member else ""
    called = money(last.total_minor, year.terms.currency, _digits(year))
    return f"{last.code} calls {called}; rescounter pool pay {last.code} collects it{enters}."


def pay_call(call: Call, name: str, *, member: str, amount: str | None) -> None:
    """Members pay a call from their cash."""
    from rescounter.cycle.pool_calls import call_named, paying_call
    from rescounter.facade.pool_work import in_the_pool

    if amount is not None and not member:
        raise CallerFault("option_invalid", "--amount needs --member")
    with desk_of(call) as desk:
        by = who(call, desk, "pool_paid")
        known = call_named(desk.union, name)
        terms = None if known is None else known[0].terms
        minor = None if amount is None or terms is None else _minor(amount, terms.currency, terms.exponent)

        def reckon() -> Step:
            return paying_call(desk.union, desk.office, name, member=member, amount_minor=minor)

        done = in_the_pool(desk, reckon, by=by)
        tell_done(call, desk, done, _paid(desk, name))


def _paid(desk: Desk, name: str) -> str:
    from rescounter.cycle.pool_calls import call_named

    found = call_named(desk.union, name)
    if found is None:
        return ""
    year, called = found
    left = f"; {money(called.open_minor, year.terms.currency, _digits(year))} of it is open" if called.open_minor else "; nothing is open"
    return f"{name}: {money(called.paid_minor, year.terms.currency, _digits(year))} paid{left}."


def notify_claim(call: Call, claim: str, amount: str, code: str | None, *, member: str, cover: str, occurred: str, reason: str) -> None:
    """Notify a claim."""
    from rescounter.cycle.pool_claims import notifying
    from rescounter.facade.pool_work import in_the_pool, year_named

    day = _day(occurred)
    with desk_of(call) as desk:
        by = who(call, desk, "claim_notified", member=member)
        year, _ = year_named(desk, code)
        minor = _minor(amount, year.terms.currency, year.terms.exponent)
        what: dict[str, Any] = {"claim": claim, "year": year.code, "member": member, "cover": cover, "occurred": day}
        what |= {"amount_minor": minor, "currency": year.terms.currency, "reason": reason}
        done = in_the_pool(desk, lambda: notifying(desk.union, desk.office, what), by=by, member=member)
        tell_done(call, desk, done, f"{claim} is notified; rescounter pool claim reserve {claim} AMOUNT holds back for it.")


def act_on_claim(call: Call, verb: str, name: str, amount: str | None, *, reason: str = "") -> None:
    """One step of a claim by its verb."""
    from rescounter.facade.pool_work import in_the_pool

    kind = _KINDS[verb]
    with desk_of(call) as desk:
        claim = desk.union.pool.claims.find(name)
        member = claim.member if claim is not None and verb == "dispute" else ""
        by = who(call, desk, kind, member=member)
        minor = 0
        if claim is not None and amount is not None:
            terms = desk.union.pool.years[claim.year].terms
            minor = _minor(amount, terms.currency, terms.exponent)
        done = in_the_pool(desk, _reckoned(desk, verb, name, minor, reason), by=by, member=member)
        tell_done(call, desk, done, _told(desk, verb, name, done))


def _reckoned(desk: Desk, verb: str, name: str, minor: int, reason: str) -> Callable[[], Step]:
    from rescounter.cycle import pool_claims

    def reckon() -> Step:
        union = desk.union
        match verb:
            case "reserve":
                return pool_claims.reserving(union, name, minor, reason=reason)
            case "adjust":
                return pool_claims.adjusting(union, name, minor, reason=reason)
            case "pay":
                return pool_claims.paying_claim(union, desk.office, name)
            case "refuse":
                return pool_claims.refusing_claim(union, name, reason=reason)
            case "dispute":
                return pool_claims.disputing(union, name, reason=reason)
        return pool_claims.resolving_claim(union, name, minor, reason=reason)

    return reckon


def _told(desk: Desk, verb: str, name: str, done: Done) -> str:
    """What became of a claim, with who bears it."""
    from rescounter.insurance.overview import claim_layers

    claim = desk.union.pool.claims.find(name)
    if claim is None or done.act is None:
        return ""
    year = desk.union.pool.years[claim.year]
    digits, currency = _digits(year), year.terms.currency
    if verb == "pay":
        left = claim.due_minor(year)
        rest = f"; {money(left, currency, digits)} is due" if left else ""
        overspill = claim.borne(year.terms).overspill_minor - year.called_minor("overspill", claim=name)
        more = f"; rescounter pool call overspill --claim {name} calls {money(overspill, currency, digits)}" if overspill > 0 else ""
        return f"{name} is {claim.state.value}: {money(claim.paid_minor, currency, digits)} paid in all{rest}{more}."
    parts = [
        f"{layer.removesuffix('_minor')} {money(minor, currency, digits)}" for layer, minor in claim_layers(claim, year).items() if minor
    ]
    return f"{name} is {_DONE[verb]}" + (f": {', '.join(parts)}." if parts else ".")


def receive(call: Call, reference: str, *, claim: str, reinsurer: str) -> None:
    """Take an unidentified pay-in for the pool."""
    from rescounter.cycle.pool_claims import receiving
    from rescounter.facade.pool_work import in_the_pool

    with desk_of(call) as desk:
        by = who(call, desk, "reinsurance_received")
        done = in_the_pool(desk, lambda: receiving(desk.union, desk.office, claim, reference, reinsurer=reinsurer), by=by)
        tell_done(call, desk, done, f"{reference} is what {reinsurer} pays of {claim}; it stands in the pool.")


def close_year(call: Call, code: str, *, to: str, gives_up: bool) -> None:
    """Close a policy year."""
    from rescounter.cycle.pool_years import closing_year
    from rescounter.facade.pool_work import in_the_pool

    with desk_of(call) as desk:
        by = who(call, desk, "pool_year_closed")

        def reckon() -> Step:
            return closing_year(desk.union, desk.office, code, to=to, gives_up=gives_up, at_us=desk.at_us)

        done = in_the_pool(desk, reckon, by=by)
        tell_done(call, desk, done, f"Policy year {code} is closed; rescounter pool show --year {code} tells who got what back.")


def _digits(year: Year) -> Exponents:
    return Exponents({year.terms.currency: year.terms.exponent})


def _minor(amount: str, currency: str, exponent: int) -> int:
    try:
        return parse_minor(amount, exponent)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"the amount is wrong: {fault} ({currency})") from fault


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise CallerFault("option_invalid", f"--occurred: {text!r} is no date such as 2026-03-01") from None
