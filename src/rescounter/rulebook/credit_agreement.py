"""Whether the rules on credit agree with each other and with the way in which the union settles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from rescounter.rulebook.credit_texts import read_step, wrong_slices

__all__ = ["NAMED_CHARGES", "credit_misfits"]

_Misfit: TypeAlias = tuple[str, str, str, str]
"""Rule, code, what was found, what is allowed."""

NAMED_CHARGES: Final = "1943"
"""The name of the steps of a charge that ship."""

_PAID: Final = ("pay-in", "prefunded")
"""Ways to settle in which members have one position and are called."""
_MISFIT: Final = "credit_does_not_fit"
_TEXT: Final = "credit_text_malformed"
_SLICES: Final = 'slices of the quota that ascend from zero, such as "20% 0%", the last one such as "beyond 100%"'


def credit_misfits(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    """Where the rules on credit contradict each other or others. Args: *values* by rule id; a rule without a value is passed over."""
    yield from _scale(values)
    yield from _slices(values)
    yield from _interest(values)
    yield from _charges(values)


def _scale(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    settlement = values.get("settlement.kind")
    is_paid = settlement in (None, *_PAID)
    for rule in ("fees.collected", "guarantee.calls_collected"):
        if values.get(rule) and not is_paid:
            yield rule, _MISFIT, "true", f"false, since settlement.kind is {settlement} and nobody is called"
    if values.get("credit.kind") == "sliding-scale":
        if not is_paid:
            allowed = f"none, since settlement.kind is {settlement}: reserves are paid in and out of one position"
            yield "credit.kind", _MISFIT, "sliding-scale", allowed
        if values.get("settlement.net_debit_caps"):
            allowed = "false, since credit.kind is sliding-scale: what is settled in reserves must be there"
            yield "settlement.net_debit_caps", _MISFIT, "true", allowed
    elif values.get("credit.kind") == "none":
        for rule in ("credit.floor", "credit.charges", "credit.debtor", "credit.creditor"):
            if values.get(rule):
                yield rule, _MISFIT, ", ".join(values[rule]), "nothing, since credit.kind is none"
        if values.get("credit.watches") not in (None, "none"):
            yield "credit.watches", _MISFIT, str(values["credit.watches"]), "none, since credit.kind is none"


def _slices(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    is_own = values.get("credit.table") == "own"
    for side in ("credit.debtor", "credit.creditor"):
        texts = values.get(side)
        if texts is None:
            continue
        if is_own and (wrong := wrong_slices(texts)):
            yield side, _TEXT, wrong, _SLICES
        if texts and not is_own and values.get("credit.table") is not None:
            yield side, _MISFIT, ", ".join(texts), 'nothing, unless credit.table is "own"'


def _interest(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    interest = values.get("credit.interest")
    if interest == "credit" and values.get("credit.kind") == "none":
        yield "credit.interest", _MISFIT, "credit", "none or outstandings, since credit.kind is none"
    if interest == "outstandings":
        if values.get("settlement.kind") not in (None, *_PAID):
            allowed = f"none, since settlement.kind is {values['settlement.kind']}: interest is part of what is paid in and out"
            yield "credit.interest", _MISFIT, "outstandings", allowed
        if values.get("settlement.partial_funding"):
            allowed = "false, since credit.interest is outstandings: interest is not split between what is paid and what is carried"
            yield "settlement.partial_funding", _MISFIT, "true", allowed
        if values.get("credit.credit_rate"):
            allowed = "nothing, since credit.interest is outstandings: creditors get what debtors pay"
            yield "credit.credit_rate", _MISFIT, str(values["credit.credit_rate"]), allowed
    if interest == "none":
        for rule in ("credit.debit_rate", "credit.credit_rate"):
            if values.get(rule):
                yield rule, _MISFIT, str(values[rule]), "nothing, since credit.interest is none"


def _charges(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    charges = values.get("credit.charges") or ()
    for text in charges:
        if text != NAMED_CHARGES and read_step(text) is None:
            yield "credit.charges", _TEXT, text, 'steps such as "25% 1%", or "1943"'
        if text == NAMED_CHARGES and len(charges) > 1:
            yield "credit.charges", _MISFIT, ", ".join(charges), '"1943" alone, or steps of your own'
