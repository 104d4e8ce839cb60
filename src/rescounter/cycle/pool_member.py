"""The member that stands for the insurance pool: an ordinary member of which nobody but the pool does anything.

It has accounts, statements and a name on every obligation of the pool; nobody acts for it, nobody settles through it, and no money of
others goes through its cash. So what stands there is always what the pool has in running cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.office import Office, Wanted, refusal
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.insurance.states import FINAL
from rescounter.membership.members import Standing
from rescounter.settlement.accounts import (
    ASSESSMENTS,
    CASH,
    CHARGES,
    COLLATERAL,
    CREDIT,
    DUE,
    FEES,
    FUND,
    INTEREST,
    POOL_DUES,
    account_name,
)
from rescounter.terms import Refusal
from rescounter.terms.names import closest

__all__ = ["pool_members", "refusals_of_pool_member", "refusals_to_open"]

_OF_A_MEMBER: Final = (CASH, DUE, FEES, CREDIT, INTEREST, CHARGES, COLLATERAL, FUND, ASSESSMENTS, POOL_DUES)

_NAMED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("submitted", "withdrawn"), ("submitter",)),
        **dict.fromkeys(("answered", "person_added", "person_changed", "representative_named"), ("member",)),
        **dict.fromkeys(("assigned", "repaid", "fund_contributed", "collateral_pledged", "claim_notified"), ("member",)),
        **dict.fromkeys(("member_suspended", "member_withdrew", "member_expelled", "default_declared"), ("code",)),
        "member_changed": ("under",),
    }
)
"""Kinds of acts that nobody does of it, with the keys of the body that may name it."""
_ROWS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({"limits_set": ("limits", "member"), "members_joined": ("members", "under")})
"""The same of acts of many rows: the list, and the key of its rows."""


def pool_members(union: Union, at_us: int) -> frozenset[str]:
    """Who stands for the pool at an instant: by the rule in force, and by the rules of cycles that are not closed."""
    running = (union.rules_of(cycle).pool.member for cycle in union.cycles.values() if cycle.state is not State.CLOSED)
    return frozenset(member for member in (union.rules(at_us).pool.member, *running) if member)


def refusals_of_pool_member(union: Union, wanted: Wanted, *, at_us: int) -> tuple[Refusal, ...]:
    """Why an act may not be done, since it is about who stands for the pool; nothing where it is not."""
    keys, rows = _NAMED.get(wanted.kind, ()), _ROWS.get(wanted.kind)
    if not keys and rows is None:
        return ()
    named: list[Any] = [wanted.body.get(key) for key in keys]
    if rows is not None:
        named += [each.get(rows[1]) for each in wanted.body.get(rows[0], ()) if isinstance(each, Mapping)]
    if wanted.kind == "member_changed" and wanted.body.get("under"):
        named.append(wanted.body.get("code"))
    found = sorted(member for member in pool_members(union, at_us) if member in named)
    return tuple(refusal("pool_member_reserved", member, found=f"{wanted.kind} of {member}") for member in found)


def refusals_to_open(union: Union, office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a cycle cannot be opened by the rule ``pool.member``: the member that it names must have nothing of its own."""
    code = union.rules(at_us).pool.member
    told = next(_unusable(union, office, code, at_us=at_us), "") if code else ""
    return (refusal("pool_member_unusable", code, found=told),) if told else ()


def _unusable(union: Union, office: Office, code: str, *, at_us: int) -> Iterator[str]:
    member = union.register.member(code)
    if member is None:
        yield f"{code}, who is no member" + closest(code, [each.code for each in union.register.members])
        return
    standing = union.register.standing_at(code, at_us)
    if standing is not Standing.ACTIVE:
        yield f"{code}, who is {standing.value}"
    through = [each.code for each in union.register.members if each.under == code]
    if member.under or through:
        yield f"{code}, who settles through {member.under}" if member.under else f"{code}, through whom {through[0]} settles"
    acting = [person.code for person in union.register.people if person.is_active and person.member == code]
    if acting:
        yield f"{code}, for whom {acting[0]} acts"
    if any(claim.member == code and claim.state not in FINAL for claim in union.pool.claims.flat().values()):
        yield f"{code}, who has a claim on the pool"
    running = [cycle for cycle in union.cycles.values() if cycle.state is not State.CLOSED]
    latest = [] if union.latest is None else [union.latest]
    if any(_has_own(union, cycle, office, code) for cycle in {each.code: each for each in (*running, *latest)}.values()):
        yield f"{code}, who has obligations of its own"
    currencies = sorted({year.terms.currency for year in union.pool.years.values()} | set(union.rules(at_us).union.currencies))
    names = [account_name(code, purpose, currency) for purpose in _OF_A_MEMBER for currency in currencies]
    is_at_work = any(union.rules_of(cycle).pool.member == code for cycle in running)
    if not is_at_work and any(row.balance_minor for row in office.balances(names).rows()):
        yield f"{code}, who has money or debts of its own"


def _has_own(union: Union, cycle: Cycle, office: Office, code: str) -> bool:
    """True where *code* is a party in a cycle, or of what it leaves, and not as the pool."""
    frozen = cycle.frozen
    if frozen is None or union.rules_of(cycle).pool.member == code:
        return False
    closed = cycle.last("closed")
    return _is_party(office.table(frozen.body["frozen"] if closed is None else closed.body["carried"]), code)


def _is_party(table: pa.Table, code: str) -> bool:
    return bool(pc.any(pc.or_(pc.equal(table["debtor"], code), pc.equal(table["creditor"], code))).as_py())
