"""The acts of the guarantee, as `perform` looks at them: what each posts, and why it may not be posted as things stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.cycle.coming_in import refusals_to_come_in
from rescounter.cycle.contributing import COMING_IN, refusals_to_move
from rescounter.cycle.defaulting import refusals_to_bear
from rescounter.cycle.in_default import refusals_while_begun, refusals_while_collected
from rescounter.cycle.office import Office
from rescounter.cycle.union import Union
from rescounter.ledger import Batch
from rescounter.settlement.guarantee_postings import loss_batch, movement_batch, recovery_batch
from rescounter.terms import Refusal

__all__ = ["GUARANTEE_KINDS", "guarantee_batch", "refusals_of_guarantee"]

_MOVEMENTS: Final = ("fund_contributed", "fund_returned", "guarantee_paid_in", "assessment_paid")
GUARANTEE_KINDS: Final = (*_MOVEMENTS, "loss_borne", "recovered")
"""Kinds of acts of the guarantee that post."""


def guarantee_batch(kind: str, body: Mapping[str, Any]) -> Batch:
    """What an act of the guarantee posts."""
    if kind in _MOVEMENTS:
        return movement_batch(kind, body)
    return loss_batch(body) if kind == "loss_borne" else recovery_batch(body)


def refusals_of_guarantee(union: Union, kind: str, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why an act of the guarantee may not be posted now, also where it was approved later than it was proposed; nothing for others."""
    if kind in _MOVEMENTS:
        return refusals_to_move(union, kind, body, office, at_us=at_us)
    if kind == "loss_borne":
        return refusals_to_bear(union, body, office, at_us=at_us)
    if kind != "recovered" or office.is_posted(guarantee_batch(kind, body).key):
        return ()
    begun = refusals_while_begun(union, office, body["currency"])
    lowered = (each["payer"] for each in body["repaid"] if each["to_call_minor"])
    begun = begun or refusals_while_collected(union, lowered, body["currency"])
    return begun or refusals_to_come_in(union, office, body, body["currency"], body["amount_minor"], **COMING_IN)
