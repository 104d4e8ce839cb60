"""Whether the rulebook lets a member stand for the insurance pool: what the pool is paid must be money of the currency it called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.terms.identity import is_code

__all__ = ["pool_misfits"]

_SINCE: Final = "since pool.member names a member"


def pool_misfits(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Rule, code, what was found and what is allowed, for each. Args: *values* by rule id; a rule without a value is passed over."""
    member = values.get("pool.member")
    if not member:
        return
    if not is_code(member):
        yield "pool.member", "code_unusable", member, "a code that a member may have"
    if values.get("settlement.kind") == PAIRS_KIND:
        allowed = f"none, pay-in or prefunded, {_SINCE}: a call or claim is no half of a pair"
        yield "settlement.kind", "settlement_does_not_fit", PAIRS_KIND, allowed
    for rule in ("credit.kind", "credit.interest"):
        if values.get(rule) not in (None, "none"):
            yield rule, "settlement_does_not_fit", str(values[rule]), f"none, {_SINCE}: the pool is paid in money, and gives no credit"
    if unit := values.get("exchange.unit"):
        yield "exchange.unit", "settlement_does_not_fit", unit, f"nothing, {_SINCE}: each policy year has money of its own currency"
