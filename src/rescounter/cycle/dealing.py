"""The net foreign exchange of the union, dealt at the centre: what it took over from members that settle outside the unit.

A dealing moves ``*/exchange`` against ``*/settlement`` in both currencies, at the price that the union got. Where that differs from the
frozen rates, the difference stays on ``*/exchange``: it is the union's own gain or loss, never a member's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.cycle.coming_in import came_in, refusals_to_come_in
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.union import Union
from rescounter.ledger import Batch
from rescounter.settlement.accounts import account_name
from rescounter.settlement.exchange import EXCHANGE
from rescounter.settlement.postings import deal_batch
from rescounter.terms import Refusal
from rescounter.terms.names import FUND_NAME

__all__ = ["dealing", "dealing_of", "refusals_to_deal"]

_COMING_IN: Final[Mapping[str, str]] = {"taken": "dealing_wrong", "unusable": "dealing_wrong"}


def dealing(union: Union, office: Office, sold: tuple[str, int], bought: tuple[str, int], *, reference: str, at_us: int) -> Step:
    """The act that records a dealing: *sold* and *bought*, currency and minor units > 0, under a *reference* that is used once."""
    what: dict[str, Any] = {
        "sold": sold[0],
        "sold_minor": sold[1],
        "bought": bought[0],
        "bought_minor": bought[1],
        "reference": reference,
    }
    before = union.dealt.get(reference)
    if before is not None and all(before.body[name] == value for name, value in what.items()):
        return Step(is_done=True, told=f"{reference} was dealt before, in act {before.number}; nothing was done.")
    if before is not None:
        return refused(refusal("dealing_wrong", reference, found=f"{reference} stands in act {before.number} with other content"))
    rules = union.rules(at_us)
    rulebook = f"{rules.version}/{rules.digest[:19]}"
    came, found = came_in(union, office, reference, bought[0], bought[1], **_COMING_IN)
    is_posted = office.is_posted(dealing_of({**what, "rulebook": rulebook}).key) if _is_dealing(what) else False
    if found := found or (() if is_posted else _unfit(what, office)):
        return refused(*found)
    return wanted("dealt", **what, **came, rulebook=rulebook)


def refusals_to_deal(union: Union, body: Mapping[str, Any], office: Office) -> tuple[Refusal, ...]:
    """Why such an act cannot be done as it was proposed. Asked again on approval."""
    return _unfit(body, office) or refusals_to_come_in(union, office, body, body["bought"], body["bought_minor"], **_COMING_IN)


def _is_dealing(body: Mapping[str, Any]) -> bool:
    return bool(body["sold_minor"] > 0 and body["bought_minor"] > 0 and body["sold"] != body["bought"])


def _unfit(body: Mapping[str, Any], office: Office) -> tuple[Refusal, ...]:
    """Why nothing is dealt so: no more is sold than was taken over, and only what is missing is bought."""
    has = {row.currency: row.balance_minor for row in office.balances([_account(body["sold"]), _account(body["bought"])]).rows()}
    to_sell, to_buy = max(0, has.get(body["sold"], 0)), max(0, -has.get(body["bought"], 0))
    if _is_dealing(body) and body["sold_minor"] <= to_sell and to_buy:
        return ()
    found = f"{body['sold_minor']} {body['sold']} sold, {body['bought_minor']} {body['bought']} bought, in minor units"
    allowed = f"at most {to_sell} {body['sold']} are to be sold, and {to_buy} {body['bought']} to be bought, in minor units"
    return (refusal("dealing_wrong", body["reference"], found=found, allowed=allowed),)


def dealing_of(body: Mapping[str, Any]) -> Batch:
    """The batch that moves the money of such an act."""
    sold, bought = (body["sold"], body["sold_minor"]), (body["bought"], body["bought_minor"])
    return deal_batch(sold, bought, reference=body["reference"], rulebook_version=body["rulebook"], is_identified=bool(body.get("came_in")))


def _account(currency: str) -> str:
    return account_name(FUND_NAME, EXCHANGE, currency)
