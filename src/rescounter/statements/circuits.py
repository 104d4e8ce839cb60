"""The biggest circuits as pictures: who stands in the ring, and what each cleared."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.sums import Int64s, biggest

__all__ = ["CircuitsShown", "LengthShare", "Ring", "Spot", "circuits_shown"]

_SHOWN: Final = 6
_MEMBERS_IN_RING: Final = 8
_LENGTH_LONG: Final = 6
_RADIUS: Final = 62.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A member of a ring: its name, its dot, the anchor of its label, and the arrow to the next."""

    name: str
    x: str
    y: str
    label_x: str
    label_y: str
    anchor: str
    arrow: str


@dataclass(frozen=True, slots=True)
class Ring:
    """One circuit: members in order of payment; *spots* is empty when it is too long to be drawn."""

    members: tuple[str, ...]
    amount_minor: int
    total_minor: int
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class LengthShare:
    """What circuits of one length cleared together."""

    words: str
    circuits: int
    cleared_minor: int


@dataclass(frozen=True, slots=True)
class CircuitsShown:
    """The circuits of one currency: how many, by length, and the biggest as rings."""

    count: int
    by_length: tuple[LengthShare, ...]
    rings: tuple[Ring, ...]


def circuits_shown(circuits: pa.Table | None, currency: str) -> CircuitsShown | None:
    """None where the result holds no circuits of *currency*."""
    if circuits is None:
        return None
    own = circuits.filter(pc.equal(circuits["currency"], currency))
    if own.num_rows == 0:
        return None
    first = np.flatnonzero(own["step"].to_numpy() == 1)
    length = np.diff(first, append=own.num_rows).astype(np.int64)
    amount = own["amount_minor"].to_numpy()[first].astype(np.int64)
    total = amount * length
    rings = tuple(
        _ring(tuple(own["debtor"].slice(int(first[place]), int(length[place])).to_pylist()), int(amount[place]))
        for place in biggest(total, _SHOWN).tolist()
    )
    return CircuitsShown(len(first), _by_length(length, total), rings)


def _by_length(length: Int64s, total: Int64s) -> tuple[LengthShare, ...]:
    shares = []
    for members in range(2, _LENGTH_LONG + 1):
        mask = length >= members if members == _LENGTH_LONG else length == members
        if mask.any():
            words = f"{members} members or more" if members == _LENGTH_LONG else f"{members} members"
            shares.append(LengthShare(words, int(mask.sum()), int(total[mask].sum())))
    return tuple(shares)


def _ring(members: tuple[str, ...], amount_minor: int) -> Ring:
    spots = tuple(_spot(name, place, len(members)) for place, name in enumerate(members)) if len(members) <= _MEMBERS_IN_RING else ()
    return Ring(members, amount_minor, amount_minor * len(members), spots)


def _spot(name: str, place: int, count: int) -> Spot:
    """Dots stand clockwise from the top, or side by side when there are two; arrows bow outwards between them."""
    turn = pi / 2 if count == 2 else 0.0
    angle, after = (2 * pi * step / count - turn for step in (place, place + 1))
    pause = 0.24
    begin, end = angle + pause, after - pause
    arrow = f"M{_point(begin, _RADIUS)}A{_RADIUS:.0f} {_RADIUS:.0f} 0 {int(end - begin > pi)} 1 {_point(end, _RADIUS)}"
    x = sin(angle)
    anchor = "middle" if abs(x) < 0.35 else ("start" if x > 0 else "end")
    return Spot(name, *_point(angle, _RADIUS).split(), *_point(angle, _RADIUS + 13).split(), anchor, arrow)


def _point(angle: float, radius: float) -> str:
    return f"{radius * sin(angle) + 0.0:.1f} {-radius * cos(angle) + 0.0:.1f}"
