"""Instants as people read them: in the zone of the union, with the offset that held then.

The offset travels with the instant, so a statement reads the same after the rules of a time zone have changed.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Moment", "moment"]

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: *at_us* microseconds since 1970 UTC, and the *offset_minutes* east of UTC by which it is told."""

    at_us: int
    offset_minutes: int = 0

    @property
    def _local(self) -> datetime.datetime:
        zone = datetime.timezone(datetime.timedelta(minutes=self.offset_minutes))
        return (_EPOCH + datetime.timedelta(microseconds=self.at_us)).astimezone(zone)

    @property
    def day(self) -> datetime.date:
        """The day on the union's calendar."""
        return self._local.date()

    @property
    def told(self) -> str:
        """Day and minute: ``2026-03-16 13:00``."""
        return self._local.strftime("%Y-%m-%d %H:%M")

    @property
    def iso(self) -> str:
        """For machines: ``2026-03-16T13:00:00+01:00``."""
        return self._local.isoformat(timespec="seconds")


def moment(at_us: int, zone: str) -> Moment:
    """The instant told in *zone* (IANA), by the rules that the time-zone data of today gives."""
    offset = (_EPOCH + datetime.timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone)).utcoffset()
    return Moment(at_us, int(offset.total_seconds()) // 60 if offset else 0)
