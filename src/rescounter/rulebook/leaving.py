"""When a member leaves: so many business days after its notice, at the end of the day."""

from __future__ import annotations

from rescounter.rulebook.rules import Rules
from rescounter.terms.calendar import BusinessDays, day_of, instant_us

__all__ = ["leaves_at"]


def leaves_at(notice_us: int, rules: Rules, business: BusinessDays) -> int:
    """The instant at which a member has left that gave notice, or was expelled, at *notice_us*.

    Business days count from the day after the notice in the union's zone; the last of them ends at `calendar.day_ends`. With none,
    it leaves at once. What was handed in before still settles at its dates.
    Source: modelled on the Asian Clearing Union, Chapter IV Art XIII (withdrawal effective three business days after notice).
    """
    days, zone = rules.membership.withdrawal_days, rules.union.zone
    if not days:
        return notice_us
    return max(notice_us, instant_us(business.shift(day_of(notice_us, zone), days), rules.calendar.day_ends, zone))
