"""Circuits as pictures: for each length how many there are, what they cleared, and the biggest as a ring."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.sums import Int64s, biggest

__all__ = ["CircuitsOfLength", "CircuitsShown", "Ring", "Spot", "circuits_shown"]

_LENGTH_LONG: Final = 6
"""From this length on, circuits are counted together."""
_MEMBERS_IN_RING: Final = 9
_CHAINS_TOLD: Final = 5
_RADIUS: Final = 64.0
_PAUSE: Final = 0.24
"""Angle left free between a dot and the arrows beside it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A member of a ring: its dot, the anchor of its label, and the arrow to the member that it pays."""

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
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class CircuitsOfLength:
    """Circuits of one length (*is_or_more*: or longer), what they cleared together, and the one that cleared most."""

    members: int
    is_or_more: bool
    circuits: int
    cleared_minor: int
    biggest: Ring


@dataclass(frozen=True, slots=True)
class CircuitsShown:
    """The circuits of one currency, and the chains that cash cleared: how many, what they cleared together, the biggest."""

    count: int
    by_length: tuple[CircuitsOfLength, ...]
    chains: int
    chains_cleared_minor: int
    biggest_chains: tuple[Ring, ...]


def circuits_shown(circuits: pa.Table | None, currency: str) -> CircuitsShown | None:
    """None where the result holds no circuits of *currency*."""
    if circuits is None:
        return None
    own, chains = _split(circuits.filter(pc.equal(circuits["currency"], currency)))
    if own.num_rows == 0 and chains.num_rows == 0:
        return None
    first, length, amount = _outline(own)
    total = amount * length
    shown = []
    for members in range(2, _LENGTH_LONG + 1):
        chosen = np.flatnonzero(length >= members if members == _LENGTH_LONG else length == members)
        if chosen.size:
            place = int(chosen[biggest(total[chosen], 1)[0]])
            names = tuple(own["debtor"].slice(int(first[place]), int(length[place])).to_pylist())
            cleared_minor = int(total[chosen].sum())
            shown.append(CircuitsOfLength(members, members == _LENGTH_LONG, chosen.size, cleared_minor, _ring(names, int(amount[place]))))
    return CircuitsShown(len(first), tuple(shown), *_chains(chains))


def _outline(rows: pa.Table) -> tuple[Int64s, Int64s, Int64s]:
    """The first row of each circuit or chain, how many debts it has, and its amount."""
    first = np.flatnonzero(rows["step"].to_numpy() == 1).astype(np.int64)
    return first, np.diff(first, append=rows.num_rows).astype(np.int64), rows["amount_minor"].to_numpy()[first].astype(np.int64)


def _split(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Closed circuits, and open chains along which cash passed."""
    first, length, _ = _outline(rows)
    start, end = rows["debtor"].take(pa.array(first)), rows["creditor"].take(pa.array(first + length - 1))
    closed = np.repeat(np.asarray(pc.equal(start, end)).astype(bool), length)
    return rows.filter(pa.array(closed)), rows.filter(pa.array(~closed))


def _chains(rows: pa.Table) -> tuple[int, int, tuple[Ring, ...]]:
    """How many chains there are, what they cleared, and those that cleared most, their members from payer to receiver."""
    first, length, amount = _outline(rows)
    told = []
    for place in biggest(amount * length, _CHAINS_TOLD).tolist():
        at, last = int(first[place]), int(first[place] + length[place])
        told.append(Ring((*rows["debtor"].slice(at, last - at).to_pylist(), rows["creditor"][last - 1].as_py()), int(amount[place]), ()))
    return len(first), int((amount * length).sum()), tuple(told)


def _ring(members: tuple[str, ...], amount_minor: int) -> Ring:
    drawn = members if len(members) <= _MEMBERS_IN_RING else ()
    return Ring(members, amount_minor, tuple(_spot(name, place, len(members)) for place, name in enumerate(drawn)))


def _spot(name: str, place: int, count: int) -> Spot:
    """Dots stand clockwise from the top, or side by side when there are two; arrows bow outwards between them."""
    turn = pi / 2 if count == 2 else 0.0
    angle, after = (2 * pi * step / count - turn for step in (place, place + 1))
    arrow = f"M{_joined(angle + _PAUSE)}A{_RADIUS:.0f} {_RADIUS:.0f} 0 0 1 {_joined(after - _PAUSE)}"
    across = sin(angle)
    anchor = "middle" if abs(across) < 0.35 else ("start" if across > 0 else "end")
    x, y = _point(angle, _RADIUS)
    label_x, label_y = _point(angle, _RADIUS + 14)
    return Spot(name, x, y, label_x, label_y, anchor, arrow)


def _joined(angle: float) -> str:
    return " ".join(_point(angle, _RADIUS))


def _point(angle: float, radius: float) -> tuple[str, str]:
    return f"{radius * sin(angle) + 0.0:.1f}", f"{-radius * cos(angle) + 0.0:.1f}"
