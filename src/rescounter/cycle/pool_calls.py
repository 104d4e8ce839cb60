"""Calls of the insurance pool, and how members pay them: advance, supplementary, release, overspill.

A call of which all was called before comes to nothing, and says so: nobody is charged twice. Members pay from cash in the ledger, what is
in no cycle; by the rule ``pool.member`` calls enter cycles as obligations (`pool_cycles.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from rescounter.cycle.office import Office, Step, Wanted, refusal, refused, wanted
from rescounter.cycle.pool_years import open_year, settler_of
from rescounter.cycle.union import Union
from rescounter.insurance.books import Books, books_of
from rescounter.insurance.charging import advance_rows
from rescounter.insurance.contributions import cap_of, capped, rounded
from rescounter.insurance.pool import Call, Claim, Year
from rescounter.insurance.postings import payment_key, payments_of
from rescounter.insurance.solvency import solvency
from rescounter.insurance.states import ClaimState
from rescounter.insurance.tables import CALL_ROWS, PAYMENTS
from rescounter.settlement.accounts import CASH, account_name
from rescounter.terms import Refusal, apportion

__all__ = ["advance", "call_named", "overspill", "paying_call", "refusals_to_pay", "release", "supplementary", "uncalled_overspill"]

_NAME: Final = re.compile(r"[A-Za-z][0-9A-Za-z.-]{0,39}")
"""Names of calls that people give; those that the union gives begin with the year."""


def advance(union: Union, office: Office, code: str) -> Step:
    """The share of the estimated contribution that the terms call in advance, of every exposure that was not charged yet."""
    year, found = open_year(union.pool, code)
    if year is None:
        return refused(*found)
    books = books_of(year, office.table)
    rows = advance_rows(union.pool, year, books, office.table)
    if not rows and not year.called_minor("advance"):
        return refused(refusal("nobody_to_call", code, found="no exposure was declared"))
    if not rows:
        return Step(is_done=True, told=f"The advance of every exposure in {code} was called before; nothing was done.")
    return _called(office, year, "advance", _numbered(year, "advance"), rows)


def supplementary(union: Union, office: Office, code: str, amount_minor: int | None, *, name: str, reason: str) -> Step:
    """An amount from everybody who was not released, by estimated contribution; without one, what solvency lacks.

    An amount that is told needs a *name*, which is used once, so that doing it again does not call it again.
    """
    year, found = open_year(union.pool, code)
    if year is None:
        return refused(*found)
    before = next((each for each in union.pool.years.values() if name and name in each.calls), None)
    if before is not None:
        return _named_before(before.calls[name], before, amount_minor, code)
    if amount_minor is not None and not (amount_minor > 0 and _NAME.fullmatch(name)):
        allowed = "an amount above zero, with a --name of up to 40 letters, digits, dots and hyphens, a letter first"
        return refused(refusal("call_taken", name or code, found=f"{amount_minor} minor units under {name or 'no name'}", allowed=allowed))
    books = books_of(year, office.table)
    total = solvency(union.pool, year, books).shortfall_minor if amount_minor is None else amount_minor
    if not total:
        return Step(is_done=True, told=f"{code} lacks nothing: its assets cover reserves and margin; nothing was called.")
    basis = {member: book.estimated_minor for member, book in books.items() if not book.is_released and book.estimated_minor}
    if not basis:
        return refused(refusal("nobody_to_call", code, found="nobody was charged an advance, or all were released"))
    table = [
        _row(member, weight, part) for (member, weight), part in zip(basis.items(), apportion(total, list(basis.values())), strict=True)
    ]
    return _called(office, year, "supplementary", name or _numbered(year, "supplementary"), table, reason=reason, asked_minor=amount_minor)


def _named_before(call: Call, year: Year, amount_minor: int | None, code: str) -> Step:
    if year.code == code and call.kind == "supplementary" and amount_minor in (None, call.total_minor):
        return Step(is_done=True, told=f"{call.code} was called before; nothing was done.")
    return refused(refusal("call_taken", call.code, found=f"{call.code} stands in {year.code} for {call.total_minor} minor units"))


def release(union: Union, office: Office, code: str, member: str) -> Step:
    """The one call on a member that leaves, in place of every supplementary call to come in this year."""
    year, found = open_year(union.pool, code)
    if year is None:
        return refused(*found)
    book = books_of(year, office.table).get(member)
    if book is None or not book.estimated_minor:
        return refused(refusal("nobody_to_call", code, found=f"{member} was charged nothing in {code}"))
    if book.is_released:
        return Step(is_done=True, told=f"{member} was released from {code} before; nothing was done.")
    known = union.register.member(member)
    if known is None or known.leaves_at_us is None:
        return refused(refusal("member_not_leaving", member, found=member))
    amount = rounded(book.estimated_minor * year.terms.release_share)
    number = sum(call.kind == "release" for call in year.calls.values()) + 1
    return _called(office, year, "release", f"{code}-release-{number}", [_row(member, book.estimated_minor, amount)], member=member)


def overspill(union: Union, office: Office, claim: Claim) -> Step:
    """What no layer bears of an adjusted claim, from all members by exposure, nobody above its cap of the year."""
    year, found = open_year(union.pool, claim.year)
    if year is None:
        return refused(*found)
    if claim.state is not ClaimState.ADJUSTED:
        return refused(refusal("claim_out_of_turn", claim.code, found=f"{claim.code} is {claim.state.value}"))
    left = uncalled_overspill(claim, year)
    if not left:
        return Step(is_done=True, told=f"{claim.code} has no overspill that was not called; nothing was done.")
    books = books_of(year, office.table)
    table = [_row(member, exposure, part) for member, exposure, part in _spread(year, books, left) if part]
    if not table:
        return refused(refusal("nobody_to_call", claim.code, found="every member has reached its cap"))
    return _called(office, year, "overspill", _numbered(year, "overspill"), table, claim=claim.code)


def uncalled_overspill(claim: Claim, year: Year) -> int:
    """What of a claim's overspill was not called yet."""
    return max(0, claim.borne(year.terms).overspill_minor - year.called_minor("overspill", claim=claim.code))


def _spread(year: Year, books: Books, amount: int) -> list[tuple[str, int, int]]:
    """Member, exposure and its part of an overspill."""
    members = [(member, book.exposure_minor) for member, book in books.items() if book.exposure_minor]
    room = [cap_of(exposure, year.terms) - books[member].by_kind.get("overspill", 0) for member, exposure in members]
    parts = capped(amount, [exposure for _, exposure in members], room)
    return [(member, exposure, part) for (member, exposure), part in zip(members, parts, strict=True)]


def _row(member: str, basis: int, amount: int) -> dict[str, Any]:
    empty = {"class": "", "exposure_minor": 0, "factor": "1", "estimated_minor": 0}
    return {"member": member, **empty, "basis_minor": basis, "amount_minor": amount}


def _numbered(year: Year, kind: str) -> str:
    return f"{year.code}-{kind}-{sum(call.kind == kind for call in year.calls.values()) + 1}"


def _called(office: Office, year: Year, kind: str, name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> Step:
    table = pa.Table.from_pylist(list(rows), schema=CALL_ROWS)
    body = {"claim": "", "member": "", "reason": "", "asked_minor": None, **more}
    total = sum(row["amount_minor"] for row in rows)
    made: dict[str, Any] = {
        "year": year.code,
        "currency": year.terms.currency,
        "call": name,
        "kind": kind,
        "rows": office.keep_table(table),
        "total_minor": total,
    }
    return Step(wanted=Wanted("pool_called", {**made, **body}))


def call_named(union: Union, name: str) -> tuple[Year, Call] | None:
    """The call of a name with its year; None where there is none."""
    return next(((year, year.calls[name]) for year in union.pool.years.values() if name in year.calls), None)


def paying_call(union: Union, office: Office, name: str, *, member: str = "", amount_minor: int | None = None) -> Step:
    """The act by which members pay a call from their cash: one, all that it owes or an amount; or everybody whose cash covers it.

    Refuses: more than is owed; more than stands on its cash, since credit pays no dues.
    """
    found = call_named(union, name)
    if found is None:
        return refused(refusal("call_unknown", name, found=name))
    year, call = found
    is_open, refusals = open_year(union.pool, year.code)
    if is_open is None:
        return refused(*refusals)
    begun = payments_of(office.posted(payment_key(name, call.payments + 1)))
    if begun:
        only = member if [row["member"] for row in begun] == [member] else ""
        told = f"A payment of {name} that was posted and not recorded is recorded; ask again for what else is to be paid."
        return Step(wanted=Wanted("pool_paid", _payment(office, year, call, begun, only)), told=told)
    books = books_of(year, office.table)
    owed = {each: book.free_of(name) for each, book in books.items() if book.free_of(name)}
    if found_there := _in_a_cycle(name, books, owed, member):
        return refused(found_there)
    if member and amount_minor is not None and not 0 < amount_minor <= owed.get(member, 0):
        told = f"{amount_minor} to be paid, {owed.get(member, 0)} owed by {member}, in minor units"
        return refused(refusal("payment_above_dues", name, found=told))
    if not owed or (member and member not in owed):
        return Step(is_done=True, told=f"{member or 'Nobody'} owes {'nothing' if member else 'anything'} of {name}; nothing was done.")
    if member:
        rows = [(member, owed[member] if amount_minor is None else amount_minor)]
    else:
        rows = _those_who_can(union, office, year, owed)
        if not rows:
            return refused(refusal("cash_not_there", name, found=f"{len(owed)} members owe of it, and no one's cash covers what it owes"))
    payments = [{"member": each, "settles_by": settler_of(union, each), "amount_minor": amount} for each, amount in rows]
    body = _payment(office, year, call, payments, member)
    if found_short := refusals_to_pay(body, office):
        return refused(*found_short)
    return wanted("pool_paid", **body)


def _in_a_cycle(name: str, books: Books, owed: Mapping[str, int], member: str) -> Refusal | None:
    """Why nobody who is asked for can pay a call from cash: what they owe of it is an obligation of a cycle now."""
    there = sum(book.under_way.get(name, 0) for each, book in books.items() if not member or each == member)
    if not there or (member in owed if member else owed):
        return None
    return refusal("in_a_cycle", name, found=f"{there} of {name}, owed by {member or 'members'}, in minor units")


def _payment(office: Office, year: Year, call: Call, rows: Sequence[Mapping[str, Any]], member: str) -> dict[str, Any]:
    """The body of the next payment of a call. Args: *rows* as `PAYMENTS`; *member* that alone was asked for, empty for all who can."""
    return {
        "year": year.code,
        "currency": year.terms.currency,
        "call": call.code,
        "payment": call.payments + 1,
        "payments": office.keep_table(pa.Table.from_pylist(list(rows), schema=PAYMENTS)),
        "total_minor": sum(row["amount_minor"] for row in rows),
        "member": member,
    }


def _those_who_can(union: Union, office: Office, year: Year, owed: Mapping[str, int]) -> list[tuple[str, int]]:
    """Members whose cash covers what they owe, in order of code; those that settle by one member share its cash."""
    left = _cash(office, year.terms.currency, {settler_of(union, member) for member in owed})
    rows = []
    for member, amount in owed.items():
        settler = settler_of(union, member)
        if left[settler] >= amount:
            left[settler] -= amount
            rows.append((member, amount))
    return rows


def _cash(office: Office, currency: str, settlers: set[str]) -> dict[str, int]:
    """What stands on their cash accounts, without what they may draw on credit."""
    names = {account_name(settler, CASH, currency): settler for settler in settlers}
    rows = office.balances(sorted(names)).rows()
    return dict.fromkeys(settlers, 0) | {names[row.id]: max(0, row.balance_minor - row.pending_debits) for row in rows}


def refusals_to_pay(body: Mapping[str, Any], office: Office) -> tuple[Refusal, ...]:
    """Who has not the cash for such an act. Asked again when it is approved, since a cap would pay it on credit."""
    asked: dict[str, int] = {}
    for row in office.table(body["payments"]).to_pylist():
        asked[row["settles_by"]] = asked.get(row["settles_by"], 0) + row["amount_minor"]
    there = _cash(office, body["currency"], set(asked))
    unit = f"in minor units of {body['currency']}"
    return tuple(
        refusal("cash_not_there", settler, found=f"{amount} asked for, {there[settler]} there, {unit}")
        for settler, amount in sorted(asked.items())
        if amount > there[settler]
    )
