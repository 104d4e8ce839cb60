"""What the operator does in a policy year of the insurance pool: opened by its terms, exposures declared, closed.

Each comes to an act, or says why not; done before, it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

import pyarrow as pa

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.pool_member import pool_members
from rescounter.cycle.union import Union
from rescounter.insurance.books import Books, MemberBook, books_of
from rescounter.insurance.pool import Pool, Year
from rescounter.insurance.reading import read_terms
from rescounter.insurance.states import FINAL
from rescounter.insurance.tables import DUES, EXPOSURES, SURPLUS_ROWS
from rescounter.insurance.terms import RETURN
from rescounter.membership.members import Standing
from rescounter.terms import Exponents, Refusal, apportion
from rescounter.terms.calendar import instant_us
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["closing_year", "declaring", "open_year", "opening_year", "settler_of"]

_MIDNIGHT: Final = time()


def settler_of(union: Union, member: str) -> str:
    """Whose cash a member pays from and is paid to: its own, or that of the member it settles by."""
    known = union.register.member(member)
    return member if known is None else known.under or known.code


def open_year(pool: Pool, code: str) -> tuple[Year | None, tuple[Refusal, ...]]:
    """The year of a code where it is open, else why not."""
    year = pool.years.get(code)
    if year is None:
        known = ", ".join(list(pool.years)[-5:]) or "none was opened yet"
        return None, (refusal("pool_year_unknown", code, found=shown(code), allowed=f"a policy year that was opened: {known}"),)
    if not year.is_open:
        return None, (refusal("pool_year_closed", code, found=f"{code} was closed in act {year.acts[-1].number}"),)
    return year, ()


def opening_year(union: Union, text: str, *, digest: str, at_us: int) -> Step:
    """The act that opens a policy year by the terms in *text*, of that *digest*; what is wrong with them comes back with its line."""
    rules = union.rules(at_us)
    read = read_terms(text, Exponents(dict(rules.union.exponents)))
    if read.terms is None:
        return refused(*read.refusals)
    terms = read.terms
    if rules.union.currencies and terms.currency not in rules.union.currencies:
        allowed = f"a currency of the union: {', '.join(rules.union.currencies)}"
        return refused(refusal("terms_value_unusable", "year.currency", found=terms.currency, allowed=allowed))
    before = union.pool.years.get(terms.code)
    if before is not None and before.acts[0].body["digest"] == digest:
        return Step(is_done=True, told=f"Policy year {terms.code} was opened before, in act {before.acts[0].number}; nothing was done.")
    if before is not None:
        return refused(refusal("pool_year_taken", terms.code, found=f"{terms.code} was opened in act {before.acts[0].number}"))
    return wanted("pool_year_opened", year=terms.code, text=text, digest=digest, currency=terms.currency, exponent=terms.exponent)


def declaring(union: Union, office: Office, code: str, rows: Sequence[tuple[int, Mapping[str, Any]]], *, at_us: int) -> Step:
    """The act that declares exposures, each row with its number: as `tables.EXPOSURES`, in place of what stood. All rows or none."""
    year, found = open_year(union.pool, code)
    if year is None:
        return refused(*found)
    books = books_of(year, office.table)
    faults = tuple(fault for fault in _faults(union, year, books, rows, at_us=at_us) if fault is not None)
    if faults:
        return refused(*faults)
    changed = [row for _, row in rows if not _stands(books, row)]
    if not changed:
        return Step(is_done=True, told=f"Every exposure of this file stands in {code}; nothing was done.")
    table = pa.Table.from_pylist(sorted(changed, key=lambda row: (row["member"], row["class"])), schema=EXPOSURES)
    return wanted("exposures_declared", year=code, exposures=office.keep_table(table), rows=table.num_rows)


def _stands(books: Books, row: Mapping[str, Any]) -> bool:
    book = books.get(row["member"], MemberBook())
    brought = book.brought.get(row["class"])
    record = (0, 0) if brought is None else (brought.contributed_minor, brought.lost_minor)
    told = (row["record_contributed_minor"], row["record_lost_minor"])
    return book.declared.get(row["class"]) == row["exposure_minor"] and record == told


def _faults(union: Union, year: Year, books: Books, rows: Sequence[tuple[int, Mapping[str, Any]]], *, at_us: int) -> list[Refusal | None]:
    seen: set[tuple[str, str]] = set()
    of_pool = pool_members(union, max(at_us, union.at_us))
    found: list[Refusal | None] = []
    for number, row in rows:
        key = (row["member"], row["class"])
        if row["member"] in of_pool:
            found.append(_at_row("exposure_unusable", number, row["member"], f"member {row['member']}, who stands for the pool"))
        else:
            found.append(_fault(union, year, books.get(row["member"], MemberBook()), number, row, is_twice=key in seen, at_us=at_us))
        seen.add(key)
    return found


def _fault(
    union: Union, year: Year, book: MemberBook, number: int, row: Mapping[str, Any], *, is_twice: bool, at_us: int
) -> Refusal | None:
    """What is wrong with one row; None where nothing is."""
    member, name, exposure = row["member"], row["class"], row["exposure_minor"]
    wrong = ""
    if union.register.member(member) is None:
        wrong = f"member {member}, who is none"
    elif union.register.standing_at(member, at_us) is Standing.LEFT:
        wrong = f"member {member}, who has left"
    elif name not in year.terms.rates:
        wrong = f"class {name}; the terms have {', '.join(year.terms.rates)}"
    elif min(exposure, row["record_contributed_minor"], row["record_lost_minor"]) < 0:
        wrong = "an amount below zero"
    elif is_twice:
        wrong = f"{member} in {name} a second time"
    if wrong:
        return _at_row("exposure_unusable", number, member, wrong)
    charged = book.charged.get(name, 0)
    if exposure < charged:
        return _at_row("exposure_below_charged", number, member, f"{exposure} in {name}, of which {charged} were charged, in minor units")
    return None


def _at_row(code: str, number: int, what: str, found: str) -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(number, shown(what), code, shown(found), rule.allowed, rule.what_to_do)


def closing_year(union: Union, office: Office, code: str, *, to: str, gives_up: bool, at_us: int) -> Step:
    """The act that closes a year: what is left goes back by what members paid in, or on to the year *to*.

    *gives_up*: dues that were never paid, and reinsurance that never came, are given up.
    """
    known = union.pool.years.get(code)
    if known is not None and not known.is_open:
        return Step(is_done=True, told=f"Policy year {code} was closed before, in act {known.acts[-1].number}; nothing was done.")
    year, found = open_year(union.pool, code)
    if year is None:
        return refused(*found)
    from_us = instant_us(year.terms.closes_from, _MIDNIGHT, union.rules(at_us).union.zone)
    if at_us < from_us:
        return refused(refusal("pool_year_closes_later", code, found=f"it may be closed from {year.terms.closes_from}"))
    books = books_of(year, office.table)
    if found := _not_clear(union.pool, year, gives_up=gives_up):
        return refused(*found)
    basis = {member: book.paid_of(year, "advance", "supplementary", "release") for member, book in books.items()}
    goes_on = year.cash_minor > 0 and (year.terms.surplus != RETURN or not any(basis.values()))
    if found := _no_place(union.pool, year, to, goes_on=goes_on):
        return refused(*found)
    surplus = [] if goes_on else _surplus(union, basis, year.cash_minor)
    owed = [
        {"call": call, "member": member, "amount_minor": book.open_of(call)}
        for member, book in books.items()
        for call in book.called
        if book.open_of(call)
    ]
    return wanted(
        "pool_year_closed",
        year=code,
        currency=year.terms.currency,
        total_minor=year.cash_minor,
        surplus=office.keep_table(pa.Table.from_pylist(surplus, schema=SURPLUS_ROWS)),
        carried_to=to if goes_on else "",
        given_up=office.keep_table(pa.Table.from_pylist(owed, schema=DUES)),
        given_up_minor=sum(int(str(row["amount_minor"])) for row in owed),
        gives_up=gives_up,
    )


def _not_clear(pool: Pool, year: Year, *, gives_up: bool) -> tuple[Refusal, ...]:
    """What keeps a year open: every claim, then calls and reinsurance unless they are given up."""
    found = []
    claims = pool.claims_of(year.code)
    if waiting := [claim.code for claim in claims if claim.state not in FINAL]:
        found.append(refusal("pool_year_not_clear", year.code, found=f"{len(waiting)} claims, first {waiting[0]}"))
    if year.is_under_way:
        found.append(refusal("pool_year_not_clear", year.code, found="calls or claims in a cycle that is not closed"))
    if not gives_up and (owed := [call.code for call in year.calls.values() if call.open_minor]):
        found.append(refusal("pool_year_not_clear", year.code, found=f"{len(owed)} calls that are not paid, first {owed[0]}"))
    short = [claim.code for claim in claims if claim.borne(year.terms).reinsured_minor > claim.received_minor]
    if not gives_up and short:
        found.append(refusal("pool_year_not_clear", year.code, found=f"reinsurance of {len(short)} claims, first {short[0]}"))
    return tuple(found)


def _no_place(pool: Pool, year: Year, to: str, *, goes_on: bool) -> tuple[Refusal, ...]:
    """Why a surplus cannot go where it should."""
    rule = year.terms.surplus
    if not goes_on:
        return (refusal("surplus_has_no_place", year.code, found=f"surplus = {rule}, and --to {to}"),) if to else ()
    target = pool.years.get(to)
    if target is None or not target.is_open or target.code == year.code or target.terms.currency != year.terms.currency:
        return (refusal("surplus_has_no_place", year.code, found=f"--to {to or '(nothing)'}; it goes on to another year"),)
    return ()


def _surplus(union: Union, basis: Mapping[str, int], total: int) -> list[dict[str, Any]]:
    """What each member gets back, by what it paid in; rows of nothing are left out. Law: the shares sum to *total*."""
    shares = apportion(total, list(basis.values())) if total else [0] * len(basis)
    rows = [
        {"member": member, "settles_by": settler_of(union, member), "basis_minor": paid, "amount_minor": share}
        for (member, paid), share in zip(basis.items(), shares, strict=True)
    ]
    return [row for row in rows if row["amount_minor"]]
