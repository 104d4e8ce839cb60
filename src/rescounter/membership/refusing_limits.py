"""Why limits cannot be set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rescounter.membership.grounds import Grounds, keys_found, refused, rows_of
from rescounter.membership.limits import LIMIT_KINDS
from rescounter.membership.members import Standing
from rescounter.membership.participants import standing_of
from rescounter.terms import INT64_MAX, Refusal

__all__ = ["limits_found"]

_DETAILS: Final = ("member", "currency", "kind", "amount_minor", "from_us")


def limits_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of each limit, row by row."""
    rows, unusable = rows_of(grounds.body, "limits")
    yield from unusable
    yield from keys_found(grounds.body, ("limits",), "limits")
    counted = Counter(_key(row) for row in rows)
    for number, row in enumerate(rows, 1):
        name = str(row.get("member", f"row {number}"))
        yield from keys_found(row, _DETAILS, name, row=number)
        yield from _member_found(grounds, row, name, number)
        yield from _value_found(grounds, row, name, number)
        if counted[_key(row)] > 1:
            yield refused("limit_twice", name, " ".join(_key(row)), row=number)


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("member")), str(row.get("currency")), str(row.get("kind"))


def _member_found(grounds: Grounds, row: Mapping[str, Any], name: str, number: int) -> Iterator[Refusal]:
    code = row.get("member")
    member = grounds.register.member(code) if isinstance(code, str) else None
    if member is None:
        yield refused("member_not_known", name, code, row=number)
    elif standing_of(member, grounds.at_us) is Standing.LEFT:
        yield refused("member_has_left", name, f"{code} has left", row=number)


def _value_found(grounds: Grounds, row: Mapping[str, Any], name: str, number: int) -> Iterator[Refusal]:
    conditions, currency, amount, start = grounds.conditions, row.get("currency"), row.get("amount_minor"), row.get("from_us")
    if row.get("kind") not in LIMIT_KINDS:
        yield refused("limit_kind_unknown", name, row.get("kind"), row=number)
    named = conditions.currencies
    if not isinstance(currency, str) or conditions.exponents.of(currency) is None or (named and currency not in named):
        yield refused("limit_currency_unknown", name, currency, "one of: " + ", ".join(named) if named else "", row=number)
    elif row.get("kind") == "aggregate_short_position" and currency != conditions.pairs_unit:
        unit = conditions.pairs_unit
        allowed = f"{unit}, in which short positions are added up" if unit else "none: the rulebook names no pairs.unit"
        yield refused("limit_currency_unknown", name, currency, allowed, row=number)
    if type(amount) is not int or not 0 <= amount <= INT64_MAX:
        yield refused("limit_not_a_number", name, amount, row=number)
    if start is not None and (type(start) is not int or (start < grounds.at_us and not grounds.was_approved)):
        yield refused("limit_in_the_past", name, f"from_us {start}", row=number)
