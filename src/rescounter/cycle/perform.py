"""What an act posts before it is appended. Done again, it finds its batch by the key and posts nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from rescounter.cycle.capital import capital_of, refusals_to_move_capital
from rescounter.cycle.dealing import dealing_of, refusals_to_deal
from rescounter.cycle.drawing import SWAP_KINDS, refusals_of_swap, swap_posting
from rescounter.cycle.ending import refusals_to_end
from rescounter.cycle.guaranteeing import GUARANTEE_KINDS, guarantee_batch, refusals_of_guarantee
from rescounter.cycle.office import Office, Wanted, refusal
from rescounter.cycle.pairing import caps_of_pairs, is_of_pairs, posting_of_pairs, refusals_to_settle_pairs
from rescounter.cycle.pledging import collateral_batch, refusals_to_move_collateral
from rescounter.cycle.pool_calls import refusals_to_pay
from rescounter.cycle.pool_cycles import with_pool
from rescounter.cycle.repaying import refusals_to_repay, repayment_of
from rescounter.cycle.resolving import resolution_of
from rescounter.cycle.union import Cycle, Union
from rescounter.insurance.postings import POSTING_KINDS, pool_batch
from rescounter.ledger import Batch
from rescounter.settlement.accounts import CASH, account_name, accounts_of, limit_changes
from rescounter.settlement.pledges import MOVES_COLLATERAL
from rescounter.settlement.postings import earmark_batch, fees_batch, net_batch, pay_in_batch, set_off_batch
from rescounter.terms import Refusal, holds

__all__ = ["batch_of", "batch_wanted", "perform"]


def _of_pool(kind: str, union: Union, body: Mapping[str, Any], office: Office) -> Batch | None:
    return pool_batch(union.pool, kind, body, office.table)


def _of_swap(kind: str, _union: Union, body: Mapping[str, Any], _office: Office) -> Batch:
    return swap_posting(kind, body)


_BESIDE_CYCLES: Final[Mapping[str, Callable[[Union, Mapping[str, Any], Office], Batch | None]]] = MappingProxyType(
    {
        "repaid": lambda _union, body, _office: repayment_of(body),
        "capital_moved": lambda _union, body, _office: capital_of(body),
        "dealt": lambda _union, body, _office: dealing_of(body),
        "collateral_pledged": lambda _union, body, _office: collateral_batch("collateral_pledged", body),
        "collateral_released": lambda _union, body, _office: collateral_batch("collateral_released", body),
        **{kind: partial(_of_swap, kind) for kind in SWAP_KINDS},
        **{kind: partial(_of_pool, kind) for kind in POSTING_KINDS},
    }
)
"""Kinds of acts that post and belong to no cycle, each with what makes its batch of union, body and office."""

_ASKED_AGAIN: Final[Mapping[str, Callable[[Union, Mapping[str, Any], Office], tuple[Refusal, ...]]]] = MappingProxyType(
    {"repaid": refusals_to_repay, "dealt": refusals_to_deal, "pool_paid": lambda _union, body, office: refusals_to_pay(body, office)}
)
"""Whether the money is there, asked again where an act was approved later than it was proposed."""


def perform(union: Union, wanted: Wanted, office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Post what *wanted* posts. Returns: why the ledger refused it, or nothing. Law: no limit is broken, nothing is created."""
    batch = batch_wanted(union, wanted, office)
    is_posted = batch is not None and office.is_posted(batch.key)
    if not is_posted and (found := _refusals_now(union, wanted, office, at_us=at_us)):
        return found
    if batch is None:
        return ()
    if found := refusals_of_guarantee(union, wanted.kind, wanted.body, office, at_us=at_us):
        return found
    caps = _caps(union, wanted, batch, office, at_us=at_us)
    standings = office.balances([account_name(member, CASH, currency) for member, currency in caps])
    if found := office.change_limits(limit_changes(standings, caps).changes):
        return found
    answer = office.post(batch, accounts_of([batch], caps))
    told = (*answer.refusals, *answer.breaches)
    if told:
        why = "; ".join(f"{each.id}: {each.code}, found {each.found}" for each in told[:5])
        return (refusal("posting_refused", batch.key, found=why),)
    holds(answer.entry is not None, "a_posting_has_its_entry", key=batch.key)
    return ()


def _refusals_now(union: Union, wanted: Wanted, office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why what was agreed cannot be posted as things stand: the money or the cover is not there any more, or a plan was overtaken."""
    again = _ASKED_AGAIN.get(wanted.kind)
    if again is not None:
        return again(union, wanted.body, office)
    if wanted.kind == "capital_moved":
        return refusals_to_move_capital(union, wanted.body, office, at_us=at_us)
    if wanted.kind == "default_ended":
        return refusals_to_end(union, wanted.body, office, at_us=at_us)
    if wanted.kind in SWAP_KINDS:
        return refusals_of_swap(union, wanted.kind, wanted.body, office, at_us=at_us)
    if wanted.kind in MOVES_COLLATERAL:
        return refusals_to_move_collateral(union, wanted.kind, wanted.body, office, at_us=at_us)
    if _posts_pairs(union, wanted):
        return refusals_to_settle_pairs(union, union.cycles[wanted.body["cycle"]], wanted.body, office, at_us=at_us)
    return ()


def batch_wanted(union: Union, wanted: Wanted, office: Office) -> Batch | None:
    """The batch of an act that is wanted; None where it posts nothing."""
    if wanted.kind in GUARANTEE_KINDS:
        return guarantee_batch(wanted.kind, wanted.body)
    if wanted.kind in _BESIDE_CYCLES:
        return _BESIDE_CYCLES[wanted.kind](union, wanted.body, office)
    cycle = union.cycles.get(wanted.body.get("cycle") or wanted.body.get("came_in", ""))
    return None if cycle is None or wanted.kind == "cycle_opened" else batch_of(union, cycle, wanted.kind, wanted.body, office)


def batch_of(union: Union, cycle: Cycle, kind: str, body: Mapping[str, Any], office: Office) -> Batch | None:
    """The batch of an act, made of the documents that its body names; None where it posts nothing."""
    version = f"{cycle.opened.body['frozen']['rulebook']['version']}/{cycle.opened.body['frozen']['rulebook']['digest'][:19]}"
    match kind:
        case "cleared" if body["is_final"]:
            tables = {name: office.table(body["tables"][name]) for name in ("obligations", "members")}
            batch = set_off_batch(tables, cycle.code, rulebook_version=version)
            told = cycle.known("cut_off").body
            return with_pool(union, cycle, batch, told, office, step="set-off", rulebook_version=version)
        case "paid_in":
            digest = body["lines"].removeprefix("sha256:")
            return pay_in_batch(office.table(body["lines"]), cycle.code, digest=digest, rulebook_version=version)
        case "funded" | "settled" if is_of_pairs(union, cycle):
            return posting_of_pairs(kind, body, office, cycle.code, rulebook_version=version)
        case "funded":
            return earmark_batch(office.table(body["net"]), cycle.code, rulebook_version=version)
        case "settled":
            documents = {name: office.table(body[name]) for name in ("centre", "scale", "owed") if name in body}
            net, called = office.table(body["net"]), office.table(body["calls"])
            return net_batch(net, called, cycle.code, rulebook_version=version, **documents)
        case "closed":
            documents = {name: office.table(body[name]) for name in ("interest", "charges") if name in body}
            batch = fees_batch(office.table(body["fees"]), cycle.code, rulebook_version=version, **documents)
            return with_pool(union, cycle, batch, body, office, step="fees", rulebook_version=version)
        case "assigned" | "returned":
            return resolution_of(body, office, rulebook_version=version)
    return None


def _posts_pairs(union: Union, wanted: Wanted) -> bool:
    """True where *wanted* posts pairs, for which alone a short position limit is room below zero."""
    return wanted.kind == "funded" and is_of_pairs(union, union.cycles[wanted.body["cycle"]])


def _caps(union: Union, wanted: Wanted, batch: Batch, office: Office, *, at_us: int) -> dict[tuple[str, str], int]:
    """Net debit caps in force of the cash accounts that a batch touches; zero where the rulebook of the act grants none."""
    cycle = union.cycles.get(wanted.body.get("cycle", ""))
    rules = union.rules(at_us) if cycle is None else union.rules_of(cycle)
    short = caps_of_pairs(union, cycle, office, at_us=at_us) if cycle is not None and _posts_pairs(union, wanted) else {}
    caps = {}
    for name in {*batch.transfers.column("debit").to_pylist(), *batch.transfers.column("credit").to_pylist()}:
        member, purpose, currency = name.rsplit("/", 2)
        if purpose == CASH:
            granted = union.register.limit_of(member, currency, "net_debit_cap", at_us) if rules.settlement.net_debit_caps else None
            caps[member, currency] = short.get((member, currency), 0) if granted is None else granted
    return caps
