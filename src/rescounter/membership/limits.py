"""Limits that hold from an instant on, as steps in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import pyarrow as pa

from rescounter.membership.layers import Layers

__all__ = ["LIMITS", "LIMIT_KINDS", "Key", "Steps", "limit_at", "limits_after"]

LIMITS: Final = pa.schema(
    [("member", pa.string()), ("currency", pa.string()), ("kind", pa.string()), ("amount_minor", pa.int64()), ("from_us", pa.int64())]
)
"""Limits in force: one row for each member, currency and kind; *amount_minor* >= 0; *from_us*: since when."""

LIMIT_KINDS: Final = ("net_debit_cap", "quota", "aggregate_short_position", "collateral", "fund_share")

Key: TypeAlias = tuple[str, str, str]
"""Member, currency, kind."""
Steps: TypeAlias = tuple[tuple[int, int], ...]
"""From when (microseconds since 1970 UTC, rising) how much (minor units)."""


def limit_at(steps: Steps, at_us: int) -> int | None:
    """The amount in force at an instant, None before the first."""
    return next((amount for start, amount in reversed(steps) if start <= at_us), None)


def limits_after(steps: Layers[Key, Steps], limits: Iterable[Mapping[str, Any]], *, at_us: int) -> Layers[Key, Steps]:
    """The steps with the limits of one act. A limit takes the place of all that was set before for its date and later.

    Law: what held before the act was recorded stays: an earlier date counts as the instant of the act.
    """
    new: dict[Key, Steps] = {}
    for each in limits:
        key = (each["member"], each["currency"], each["kind"])
        start = max(each.get("from_us") or at_us, at_us)
        before: Steps = new[key] if key in new else steps.find(key) or ()
        kept = tuple(step for step in before if step[0] < start) if before else ()
        new[key] = (*kept, (start, each["amount_minor"]))
    return steps.changed(new)
