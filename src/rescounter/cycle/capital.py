"""The union's own convertible reserves: capital that it is given, and that it gives back.

Capital is what lets a union on the sliding scale pay creditors before debtors have paid. It is brought in or given back under a reference
that is used once, always with a second person's consent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.cycle.coming_in import came_in, refusals_to_come_in
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.reckoning import projections
from rescounter.cycle.states import State
from rescounter.cycle.union import Union
from rescounter.ledger import Batch
from rescounter.settlement.accounts import CAPITAL, account_name
from rescounter.settlement.convertible import convertible_of
from rescounter.settlement.postings import capital_batch
from rescounter.terms import Refusal
from rescounter.terms.identity import is_text
from rescounter.terms.names import FUND_NAME

__all__ = ["ADDED", "RETURNED", "capital_of", "moving_capital", "refusals_to_move_capital"]

ADDED: Final = "added"
RETURNED: Final = "returned"
_WORDS_MAX: Final = 128
_COMING_IN: Final[Mapping[str, str]] = {"taken": "capital_reference_taken", "unusable": "capital_malformed"}


def moving_capital(
    union: Union, office: Office, currency: str, amount_minor: int, *, direction: str, reference: str, source: str, at_us: int
) -> Step:
    """The act that brings capital in, or gives it back.

    Args: *amount_minor* > 0; *direction* `ADDED` or `RETURNED`; *reference*: used once; *source*: whose money it is, in words.
    Refuses: ``capital_malformed``, ``capital_reference_taken``; ``capital_not_free`` where more would be given back than was brought in, or
    the reserves would fall below their floor, with what is called and not settled yet.
    """
    before = union.capital.get(reference)
    what: dict[str, Any] = {
        "currency": currency,
        "amount_minor": amount_minor,
        "direction": direction,
        "reference": reference,
        "source": source,
    }
    if before is not None and all(before.body[name] == value for name, value in what.items()):
        return Step(is_done=True, told=f"{reference} was booked before, in act {before.number}; nothing was done.")
    if before is not None:
        return refused(refusal("capital_reference_taken", reference, found=f"{reference} stands in act {before.number} with other content"))
    rules = union.rules(at_us)
    if found := _malformed(what, rules.union.currencies):
        return refused(refusal("capital_malformed", reference or "capital", found=found))
    body = {**what, "kept_minor": _kept(union, office, currency, at_us=at_us) if direction == RETURNED else 0}
    rulebook = f"{rules.version}/{rules.digest[:19]}"
    if direction == ADDED:
        came, refusals = came_in(union, office, reference, currency, amount_minor, **_COMING_IN)
        return refused(*refusals) if refusals else wanted("capital_moved", **body, **came, rulebook=rulebook)
    is_posted = office.is_posted(capital_of({**body, "rulebook": rulebook}).key)
    if not is_posted and (refusals := refusals_to_move_capital(union, body, office, at_us=at_us)):
        return refused(*refusals)
    return wanted("capital_moved", **body, rulebook=rulebook)


def refusals_to_move_capital(union: Union, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why the capital of such an act cannot come in from where it says, or leave; asked again when it is approved."""
    currency = body["currency"]
    if body["direction"] != RETURNED:
        return refusals_to_come_in(union, office, body, currency, body["amount_minor"], **_COMING_IN)
    standings = office.balances()
    brought = {name: -used for name, used in zip(standings.values("id"), standings.used().tolist(), strict=True)}
    has = convertible_of(standings).get(currency, 0) - max(body["kept_minor"], _kept(union, office, currency, at_us=at_us))
    free = max(0, min(brought.get(account_name(FUND_NAME, CAPITAL, currency), 0), has))
    if body["amount_minor"] <= free:
        return ()
    found = f"{body['amount_minor']} asked for, {free} free, in minor units of {currency}"
    return (refusal("capital_not_free", body["reference"], found=found),)


def capital_of(body: Mapping[str, Any]) -> Batch:
    """The batch that moves the money of such an act."""
    is_added = body["direction"] == ADDED
    return capital_batch(
        body["currency"],
        body["amount_minor"],
        is_added=is_added,
        reference=body["reference"],
        rulebook_version=body["rulebook"],
        is_identified=bool(body.get("came_in")),
    )


def _malformed(what: Mapping[str, Any], currencies: tuple[str, ...]) -> str:
    if what["amount_minor"] <= 0:
        return f"amount {what['amount_minor']}"
    if what["direction"] not in (ADDED, RETURNED):
        return f"direction {what['direction']}"
    if currencies and what["currency"] not in currencies:
        return f"currency {what['currency']}"
    return next((f"{name} {what[name]!r}" for name in ("reference", "source") if not is_text(what[name], _WORDS_MAX)), "")


def _kept(union: Union, office: Office, currency: str, *, at_us: int) -> int:
    """The floor, and what settlements that are called and not posted yet take from the reserves."""
    called = (cycle for cycle in union.cycles.values() if cycle.state in (State.FINAL, State.FUNDED))
    foreseen = (each for cycle in called for each in projections(union, cycle, office, at_us=at_us) if each.currency == currency)
    drained = sum(max(0, each.reserves.before_minor - each.collected_minor - each.reserves.after_minor) for each in foreseen)
    return union.rules(at_us).credit.floor_minor.get(currency, 0) + drained
