"""The savings as pictures: a waterfall from what was owed to what was paid, and both over the cycles.

Coordinates are in units of the drawing, rounded to a tenth; no amount depends on the floats here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.statements.figures import exact, short
from rescounter.statements.price import ticks
from rescounter.statements.savings import CurrencySavings

__all__ = ["BOX", "Lines", "Spot", "Step", "lines", "waterfall"]

BOX: Final = {"wide": 720, "row": 62, "bar": 24, "high": 300, "left": 12, "right": 708, "top": 34, "bottom": 262}
"""The drawings: rows of the waterfall; the plot of the lines."""
_LABELS_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall. *kind* is the class that it is drawn by; *x*, *wide*: where it lies; *link*: where the next one starts."""

    kind: str
    label: str
    amount: str
    y: str
    x: str
    wide: str
    link: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A point, a tick or a label of the plot."""

    x: str
    y: str
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Lines:
    """What was owed and what needed money in each cycle; *between* is the area that was saved."""

    owed: str
    needed: str
    between: str
    dots: tuple[Spot, ...]
    up: tuple[Spot, ...]
    across: tuple[Spot, ...]


def waterfall(savings: CurrencySavings) -> tuple[Step, ...]:
    """From all that was owed down to what was paid; steps of nothing are left out, the first and the last never."""
    parts = [
        ("is-cleared", "Set off, without money", savings.total("set_off_minor")),
        ("is-netted", "Netted: only net positions are paid", savings.total("netted_minor")),
        ("is-open", "Still open between members", savings.total("open_minor")),
        ("is-credit", "On credit within limits", savings.total("credit_minor")),
    ]
    gross, rest = savings.total("gross_minor"), savings.total("gross_minor")
    rows = [("is-gross", "Owed", gross, 0, gross)]
    for kind, label, minor in parts:
        if minor:
            rest -= minor
            rows.append((kind, label, minor, rest, rest))
    rows.append(("is-cash", "Paid through the union", rest, 0, rest))
    return tuple(_step(place, row, gross, savings.exponent) for place, row in enumerate(rows))


def _step(place: int, row: tuple[str, str, int, int, int], gross: int, exponent: int) -> Step:
    kind, label, minor, start, link = row
    x, wide, next_x = (_scaled(value, gross) for value in (start, minor, link))
    return Step(kind, label, exact(minor, exponent), str(place * BOX["row"]), f"{x:.1f}", f"{wide:.1f}", f"{next_x:.1f}")


def _scaled(minor: int, gross: int) -> float:
    return BOX["wide"] * minor / gross if gross else 0.0


def lines(savings: CurrencySavings) -> Lines | None:
    """None where there are fewer than two cycles."""
    cycles = savings.cycles
    if len(cycles) < 2:
        return None
    most = max(*(cycle.gross_minor for cycle in cycles), 1)
    owed = [_point(place, len(cycles), cycle.gross_minor, most) for place, cycle in enumerate(cycles)]
    needed = [
        _point(place, len(cycles), cycle.gross_minor - cycle.set_off_minor - cycle.netted_minor, most) for place, cycle in enumerate(cycles)
    ]
    return Lines(
        owed="M" + "L".join(owed),
        needed="M" + "L".join(needed),
        between="M" + "L".join([*owed, *reversed(needed)]) + "Z",
        dots=tuple(_spot(point, "") for point in (*owed, *needed)),
        up=tuple(_spot(_point(0, len(cycles), tick, most), short(tick, savings.exponent)) for tick in ticks(most)),
        across=tuple(_across([cycle.cycle for cycle in cycles])),
    )


def _point(place: int, count: int, minor: int, most: int) -> str:
    x = BOX["left"] + (BOX["right"] - BOX["left"]) * place / (count - 1)
    y = BOX["bottom"] - (BOX["bottom"] - BOX["top"]) * minor / most
    return f"{x:.1f} {y:.1f}"


def _spot(point: str, words: str, anchor: str = "middle") -> Spot:
    x, y = point.split(" ")
    return Spot(x, y, words, anchor)


def _across(names: Sequence[str]) -> Iterator[Spot]:
    """Names of some cycles below the plot, the first and the last among them."""
    step = -(-(len(names) - 1) // (_LABELS_MAX - 1))
    kept = [place for place in range(0, len(names) - 1, step) if len(names) - 1 - place >= step] + [len(names) - 1]
    for place in kept:
        anchor = "start" if place == 0 else "end" if place == len(names) - 1 else "middle"
        yield _spot(_point(place, len(names), 0, 1), names[place], anchor)
