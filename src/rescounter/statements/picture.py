"""The network as shapes: arcs for members, ribbons for debts, spokes for what netting pays.

Before and after share one `Circle`, so a debt that is gone leaves its place empty. Coordinates run
from -340 to 340 round the middle; a shape is the `d` of an SVG path, rounded to a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.statements.layout import Circle, circle
from rescounter.statements.sums import CurrencySums, Int64s, biggest, flows_among

__all__ = ["Arc", "Flow", "Picture", "Ribbon", "picture"]

MEMBERS_SHOWN: Final = 26
_RIBBONS_MAX: Final = 240
_NAME_LENGTH: Final = 13
_HALF: Final = 340.0
_LABEL_ROOM: Final = 12.0
_LETTER: Final = 10.0
_RING: Final = 13.0
_ARROW: Final = 9.0
_HUB: Final = 40.0


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A debt, or the part of it that was cleared (*kind* cleared or left), from debtor to creditor (places in the picture)."""

    debtor: int
    creditor: int
    kind: str
    shape: str


@dataclass(frozen=True, slots=True)
class Arc:
    """A member's place on the ring: all of it (*shape*) and what is still open afterwards (*open_shape*)."""

    name: str
    label: str
    shape: str
    open_shape: str
    turn: str
    radius: str
    on_left: bool
    member: int | None


@dataclass(frozen=True, slots=True)
class Flow:
    """One of the largest debts, for the table beside the picture."""

    debtor: str
    creditor: str
    owed_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the network figure needs; *drawn_minor* of *gross_minor* is drawn, the rest is too thin or among the others."""

    arcs: tuple[Arc, ...]
    ribbons: tuple[Ribbon, ...]
    spokes: tuple[Ribbon, ...]
    flows: tuple[Flow, ...]
    others: int
    among_others_minor: int
    drawn_minor: int
    hub_radius: float = _HUB


def picture(sums: CurrencySums) -> Picture | None:
    """The picture of one currency, or None where nothing is owed."""
    gross = sums.owes.astype(np.uint64) + sums.is_owed.astype(np.uint64)
    places = biggest(gross, MEMBERS_SHOWN)
    if places.size < 2:
        return None
    owed, cleared = flows_among(sums, places)
    among_others = int(owed[-1, -1])
    others = int(np.count_nonzero(gross)) - places.size
    owed[-1, -1] = cleared[-1, -1] = 0
    if others == 0:
        owed, cleared = owed[:-1, :-1], cleared[:-1, :-1]
    names = [*sums.names.take(places).to_pylist(), "others"][: len(owed)]
    ring = circle(owed)
    radius = _HALF - _LABEL_ROOM - _LETTER * max(len(_cut(name)) for name in names)
    ribbons = _ribbons(ring, owed, cleared, radius)
    spokes, ends = _spokes(sums, places, len(owed), ring, radius)
    open_angle = (owed - cleared).sum(axis=0) + (owed - cleared).sum(axis=1) if sums.pay_in is None else ends
    members: list[int | None] = [*places.tolist(), None]
    arcs = tuple(_arc(ring, place, names[place], radius, float(open_angle[place]), members[place]) for place in range(len(owed)))
    drawn = sum(int((cleared if ribbon.kind == "cleared" else owed - cleared)[ribbon.debtor, ribbon.creditor]) for ribbon in ribbons)
    return Picture(arcs, ribbons, spokes, _largest(owed, cleared, names), others, among_others, drawn)


def _ribbons(ring: Circle, owed: Int64s, cleared: Int64s, radius: float) -> tuple[Ribbon, ...]:
    """The widest ribbons, widest first, so that thin ones lie on top."""
    left = owed - cleared
    begin, end = _places_on_ring(ring, left, cleared)
    size = len(owed)
    amounts = np.concatenate([cleared.ravel(), left.ravel()])
    shapes = []
    for place in biggest(amounts, _RIBBONS_MAX).tolist():
        kind, cell = divmod(place, size * size)
        debtor, creditor = divmod(cell, size)
        angle = float(amounts[place]) * ring.angle_per_unit
        shape = _ribbon(float(begin[kind, debtor, creditor]), float(end[kind, debtor, creditor]), angle, radius - _RING - 3)
        shapes.append(Ribbon(debtor, creditor, ("cleared", "left")[kind], shape))
    return tuple(shapes)


def _places_on_ring(ring: Circle, left: Int64s, cleared: Int64s) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each ribbon begins at its debtor and ends at its creditor, by kind (cleared, left), debtor, creditor.

    On each arc what is left comes first; within a kind, partners stand in the order in which they stand round the circle.
    """
    size = len(left)
    begin, end = np.zeros((2, size, size)), np.zeros((2, size, size))
    for member in range(size):
        at = float(ring.start[member])
        partners = np.argsort((ring.middle[member] - ring.middle) % (2 * pi), kind="stable").tolist()
        for kind, amount in ((1, left), (0, cleared)):
            for partner in partners:
                begin[kind, member, partner] = at
                at += float(amount[member, partner]) * ring.angle_per_unit
                end[kind, partner, member] = at
                at += float(amount[partner, member]) * ring.angle_per_unit
    return begin, end


def _spokes(sums: CurrencySums, places: Int64s, size: int, ring: Circle, radius: float) -> tuple[tuple[Ribbon, ...], Int64s]:
    """With netting: pay-ins to the union and pay-outs from it, and their sum for each member."""
    total = np.zeros(size, dtype=np.int64)
    if sums.pay_in is None or sums.pay_out is None:
        return (), total
    spokes = []
    at = ring.start.copy()
    for kind, column in (("pays", sums.pay_in), ("receives", sums.pay_out)):
        amounts = column[places]
        if size > places.size:
            amounts = np.append(amounts, int(column.sum()) - int(amounts.sum()))
        for member in np.flatnonzero(amounts).tolist():
            angle = float(amounts[member]) * ring.angle_per_unit
            spokes.append(Ribbon(member, member, kind, _spoke(float(at[member]), angle, radius - _RING - 3, outward=kind == "receives")))
            at[member] += angle
        total += amounts
    return tuple(spokes), total


def _arc(ring: Circle, place: int, name: str, radius: float, open_minor: float, member: int | None) -> Arc:
    start, extent = float(ring.start[place]), float(ring.extent[place])
    middle = (start + extent / 2) % (2 * pi)
    return Arc(
        name=name,
        label=_cut(name),
        shape=_band(start, extent, radius),
        open_shape=_band(start, open_minor * ring.angle_per_unit, radius) if open_minor else "",
        turn=f"{middle * 180 / pi - 90:.1f}",
        radius=f"{radius + 8:.1f}",
        on_left=middle > pi,
        member=member,
    )


def _largest(owed: Int64s, cleared: Int64s, names: list[str]) -> tuple[Flow, ...]:
    size = len(names)
    cells = [divmod(cell, size) for cell in biggest(owed.ravel(), 20).tolist()]
    return tuple(Flow(names[u], names[v], int(owed[u, v]), int(owed[u, v] - cleared[u, v])) for u, v in cells)


def _band(start: float, extent: float, radius: float) -> str:
    inner = radius - _RING
    far = int(extent > pi)
    return (
        f"M{_point(start, radius)}A{radius:.1f} {radius:.1f} 0 {far} 1 {_point(start + extent, radius)}"
        f"L{_point(start + extent, inner)}A{inner:.1f} {inner:.1f} 0 {far} 0 {_point(start, inner)}Z"
    )


def _ribbon(begin: float, end: float, angle: float, radius: float) -> str:
    """From the debtor's arc through the middle to a point before the creditor's arc."""
    apart = abs((end - begin + pi) % (2 * pi) - pi)
    bend = radius * max(0.08, 0.86 - apart / pi)
    tip = radius - min(_ARROW, 2 + angle * radius)
    first, second = (_point(begin, bend), _point(begin + angle, bend))
    third, fourth = (_point(end, bend), _point(end + angle, bend))
    return (
        f"M{_point(begin, radius)}A{radius:.1f} {radius:.1f} 0 0 1 {_point(begin + angle, radius)}"
        f"C{second} {third} {_point(end, tip)}L{_point(end + angle / 2, radius)}L{_point(end + angle, tip)}"
        f"C{fourth} {first} {_point(begin, radius)}Z"
    )


def _spoke(begin: float, angle: float, radius: float, *, outward: bool) -> str:
    """A band between the arc and the union in the middle, its arrow at the end where the money arrives."""
    wide, narrow = radius - (_ARROW if outward else 0), _HUB + (0 if outward else _ARROW)
    outer = [_point(begin, wide), _point(begin + angle, wide)]
    inner = [_point(begin + angle, narrow), _point(begin, narrow)]
    tip = _point(begin + angle / 2, radius if outward else _HUB)
    points = [outer[0], tip, *outer[1:], *inner] if outward else [*outer, inner[0], tip, inner[1]]
    return "M" + "L".join(points) + "Z"


def _point(angle: float, radius: float) -> str:
    return f"{radius * sin(angle) + 0.0:.1f} {-radius * cos(angle) + 0.0:.1f}"


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"
