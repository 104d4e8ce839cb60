"""Deadlines as an iCalendar file (RFC 5545), which every calendar program reads; written by the library icalendar."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["CalendarEntry", "calendar_bytes"]

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One deadline. *name*: the same for the same deadline in every file, so that a calendar replaces it; *at_us*: when it ends."""

    name: str
    at_us: int
    title: str
    words: str


def calendar_bytes(union: str, entries: Sequence[CalendarEntry], at_us: int) -> bytes:
    """One event for each entry, in order of time, in UTC. Args: *at_us*: the instant of the file; the same bytes for the same arguments."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//rescounter//union//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", union)
    for entry in sorted(entries, key=lambda each: (each.at_us, each.name)):
        event = Event()
        event.add("uid", f"{_digest(union, entry.name)}@rescounter")
        event.add("dtstamp", _at(at_us))
        event.add("dtstart", _at(entry.at_us))
        event.add("dtend", _at(entry.at_us))
        event.add("summary", entry.title)
        event.add("description", entry.words)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _digest(union: str, name: str) -> str:
    return hashlib.sha256(b"\0".join((union.encode(), name.encode()))).hexdigest()[:32]


def _at(at_us: int) -> datetime.datetime:
    return (_EPOCH + datetime.timedelta(microseconds=at_us)).replace(microsecond=0)
