"""The insurance pool done again from what is on record: every step is reckoned anew over the union as it stood, and compared.

What was approved is reckoned as of its proposal. Postings must stand in the ledger under their keys with the same content.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from rescounter.cycle.office import Office, Step, Wanted
from rescounter.cycle.perform import batch_wanted
from rescounter.cycle.pool_calls import advance, overspill, paying_call, release, supplementary
from rescounter.cycle.pool_claims import (
    adjusting,
    disputing,
    notifying,
    paying_claim,
    receiving,
    refusing_claim,
    reserving,
    resolving_claim,
)
from rescounter.cycle.pool_years import closing_year, opening_year
from rescounter.cycle.replay import Records
from rescounter.cycle.union import Union
from rescounter.insurance.postings import POSTING_KINDS
from rescounter.terms.acts import Act
from rescounter.verification import Finding

__all__ = ["REPLAYED", "replay_acts_of_the_pool"]

_CHECK: Final = "replay"
_NOT_RECKONED: Final = frozenset({"approval"})


def replay_acts_of_the_pool(acts: Iterable[Act], office_before: Callable[[Act], Records]) -> tuple[Finding, ...]:
    """Do every act of the pool again.

    Args: *acts* of the union, all of them, in order; *office_before*: documents and balances as they stood before an act.
    Returns: what is not as it would come out today; nothing where all agrees.
    """
    union, findings = Union(), list[Finding]()
    proposed: dict[int, tuple[Union, Act]] = {}
    for act in acts:
        if act.kind in REPLAYED:
            before, reckoned = proposed.get(act.body.get("approval", 0), (union, act))
            findings += _compared(before, replace(act, at_us=reckoned.at_us), office_before(reckoned))
        if act.kind == "proposed" and act.body["kind"] in REPLAYED:
            proposed[act.number] = union, act
        union = union.after(act)
    return tuple(findings)


def _compared(union: Union, act: Act, office: Records) -> Iterator[Finding]:
    where = f"act {act.number} ({act.kind})"
    step = _again(union, act, office)
    if step.wanted is None or step.wanted.kind != act.kind:
        why = "; ".join(refusal.code for refusal in step.refusals) or step.told or "another step"
        yield Finding(_CHECK, where, "the act on record", f"what comes out today: {why}")
        return
    for name in sorted({*act.body, *step.wanted.body} - _NOT_RECKONED):
        recorded, reckoned = act.body.get(name), step.wanted.body.get(name)
        if recorded != reckoned:
            yield Finding(_CHECK, f"{where}, {name}", str(recorded)[:80], str(reckoned)[:80])
    if act.kind in POSTING_KINDS:
        batch = batch_wanted(union, Wanted(act.kind, act.body), office)
        if batch is not None and not office.stands(batch):
            yield Finding(_CHECK, where, "no posting, or another one", f"the batch {batch.key}")


def _again(union: Union, act: Act, office: Office) -> Step:
    """The step of an act, done again."""
    body = act.body
    match act.kind:
        case "pool_year_opened":
            return opening_year(union, body["text"], digest=body["digest"], at_us=act.at_us)
        case "pool_called":
            return _called_again(union, act, office)
        case "pool_paid":
            amount = body["total_minor"] if body["member"] else None
            return paying_call(union, office, body["call"], member=body["member"], amount_minor=amount)
        case "pool_year_closed":
            return closing_year(union, office, body["year"], to=body["carried_to"], gives_up=body["gives_up"], at_us=act.at_us)
        case "reinsurance_received":
            return receiving(union, office, body["claim"], body["reference"], reinsurer=body["reinsurer"])
    return _claim_again(union, act, office)


def _called_again(union: Union, act: Act, office: Office) -> Step:
    body = act.body
    match body["kind"]:
        case "advance":
            return advance(union, office, body["year"])
        case "supplementary":
            given = "" if body["call"][:1].isdigit() else body["call"]
            return supplementary(union, office, body["year"], body["asked_minor"], name=given, reason=body["reason"])
        case "release":
            return release(union, office, body["year"], body["member"])
    return overspill(union, office, union.pool.claims[body["claim"]])


def _claim_again(union: Union, act: Act, office: Office) -> Step:
    body = act.body
    name = body["claim"]
    match act.kind:
        case "claim_notified":
            what = {key: value for key, value in body.items() if key not in _NOT_RECKONED}
            return notifying(union, office, {**what, "occurred": datetime.date.fromisoformat(body["occurred"])})
        case "claim_reserved":
            return reserving(union, name, body["amount_minor"], reason=body["reason"])
        case "claim_adjusted":
            return adjusting(union, name, body["amount_minor"], reason=body["reason"])
        case "claim_paid":
            return paying_claim(union, office, name)
        case "claim_refused":
            return refusing_claim(union, name, reason=body["reason"])
        case "claim_disputed":
            return disputing(union, name, reason=body["reason"])
    return resolving_claim(union, name, body["amount_minor"], reason=body["reason"])


REPLAYED: Final = frozenset(
    {
        *("pool_year_opened", "pool_called", "pool_paid", "pool_year_closed", "reinsurance_received"),
        *("claim_notified", "claim_reserved", "claim_adjusted", "claim_paid", "claim_refused", "claim_disputed", "claim_resolved"),
    }
)
"""Kinds of acts of the pool that come out of what stood before them; declared exposures are what they are."""
