"""Dates as an act fixes them: plain data, from which a dispute takes them whatever zone data and holidays say later."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rescounter.disputes.clock import Deadline
from rescounter.terms.faults import holds

__all__ = ["dates_of", "with_dates"]


def dates_of(deadlines: Sequence[Deadline]) -> list[dict[str, Any]]:
    """Name, first and last local day and instant of each deadline, in their order."""
    return [{"name": each.name, "opens": each.opens.isoformat(), "day": each.day.isoformat(), "at_us": each.at_us} for each in deadlines]


def with_dates(deadlines: Sequence[Deadline], fixed: Sequence[Mapping[str, Any]]) -> tuple[Deadline, ...]:
    """The deadlines with the dates that were fixed. Law: they are the same clocks, in the same order."""
    names = [each.name for each in deadlines], [each["name"] for each in fixed]
    holds(names[0] == names[1], "a_dispute_keeps_its_clocks", found=names[1], wanted=names[0])
    return tuple(
        replace(
            each,
            opens=datetime.date.fromisoformat(dates["opens"]),
            day=datetime.date.fromisoformat(dates["day"]),
            at_us=dates["at_us"],
        )
        for each, dates in zip(deadlines, fixed, strict=True)
    )
