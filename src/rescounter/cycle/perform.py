"""What an act posts before it is appended. Done again, it finds its batch by the key and posts nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from rescounter.cycle.office import Office, Wanted, refusal
from rescounter.cycle.repaying import refusals_to_repay, repayment_of
from rescounter.cycle.resolving import resolution_of
from rescounter.cycle.union import Cycle, Union
from rescounter.ledger import Batch
from rescounter.settlement.accounts import CASH, account_name, accounts_of, limit_changes
from rescounter.settlement.postings import earmark_batch, fees_batch, net_batch, pay_in_batch, set_off_batch
from rescounter.terms import Refusal, holds

__all__ = ["batch_of", "batch_wanted", "perform"]

_BESIDE_CYCLES: Final[Mapping[str, Callable[[Union, Mapping[str, Any], Office], Batch | None]]] = MappingProxyType(
    {"repaid": lambda _union, body, _office: repayment_of(body)}
)
"""Kinds of acts that post and belong to no cycle, each with what makes its batch of union, body and office."""


def perform(union: Union, wanted: Wanted, office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Post what *wanted* posts. Returns: why the ledger refused it, or nothing. Law: no limit is broken, nothing is created."""
    batch = batch_wanted(union, wanted, office)
    if batch is None:
        return ()
    if wanted.kind == "repaid" and not office.is_posted(batch.key) and (found := refusals_to_repay(wanted.body, office)):
        return found
    caps = _caps(union, wanted, batch, at_us=at_us)
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


def batch_wanted(union: Union, wanted: Wanted, office: Office) -> Batch | None:
    """The batch of an act that is wanted; None where it posts nothing."""
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
            return set_off_batch(tables, cycle.code, rulebook_version=version)
        case "paid_in":
            digest = body["lines"].removeprefix("sha256:")
            return pay_in_batch(office.table(body["lines"]), cycle.code, digest=digest, rulebook_version=version)
        case "funded":
            return earmark_batch(office.table(body["net"]), cycle.code, rulebook_version=version)
        case "settled":
            return net_batch(office.table(body["net"]), office.table(body["calls"]), cycle.code, rulebook_version=version)
        case "closed":
            return fees_batch(office.table(body["fees"]), cycle.code, rulebook_version=version)
        case "assigned" | "returned":
            return resolution_of(body, office, rulebook_version=version)
    return None


def _caps(union: Union, wanted: Wanted, batch: Batch, *, at_us: int) -> dict[tuple[str, str], int]:
    """Net debit caps in force of the cash accounts that a batch touches; zero where the rulebook of the act grants none."""
    cycle = union.cycles.get(wanted.body.get("cycle", ""))
    rules = union.rules(at_us) if cycle is None else union.rules_of(cycle)
    caps = {}
    for name in {*batch.transfers.column("debit").to_pylist(), *batch.transfers.column("credit").to_pylist()}:
        member, purpose, currency = name.rsplit("/", 2)
        if purpose == CASH:
            granted = union.register.limit_of(member, currency, "net_debit_cap", at_us) if rules.settlement.net_debit_caps else None
            caps[member, currency] = granted or 0
    return caps
