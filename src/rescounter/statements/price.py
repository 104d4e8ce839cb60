"""The curve "cash put in -> debt freed" as a picture, and what stands beside it.

The plot runs from (0, 0), set-off alone, to all that net debtors owe and all that set-off leaves. A
dashed line shows cash that pays each debt by itself, one for one. Coordinates are in units of the
drawing, rounded to a tenth; no amount depends on the floats here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

from rescounter.clearing.prices import Price
from rescounter.statements.figures import exact, short
from rescounter.statements.sums import CurrencySums, biggest

__all__ = ["BOX", "Chart", "DrawOfMember", "Mark", "Step", "chart", "draws", "steps", "ticks"]

_LEFT: Final = 10
_RIGHT: Final = 590
_TOP: Final = 18
_BOTTOM: Final = 352
BOX: Final = {"width": 720, "height": 384, "left": _LEFT, "right": _RIGHT, "bottom": _BOTTOM}
"""The drawing, and the plot in it; to the right of the plot stand the labels."""
_TICKS: Final = 4
_STEPS_MAX: Final = 12
_DRAWS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A point, a tick or a label of the plot."""

    x: str
    y: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths and marks; *run* is where the run stands, *best* the same cash put where it frees most, if that is higher.

    *rough* is the end of the curve where it is not exact, empty where all of it is; *one_for_one* is empty where weights count.
    """

    area: str
    curve: str
    rough: str
    one_for_one: str
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    run: Mark
    best: Mark | None


@dataclass(frozen=True, slots=True)
class Step:
    """One straight piece of the curve: up to *cash_minor* each unit frees *frees*; then *cleared_minor* is cleared."""

    cash_minor: int
    cleared_minor: int
    frees: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class DrawOfMember:
    """What a member could put in, put in, borrowed and received, in minor units."""

    name: str
    available_minor: int
    injected_minor: int
    loan_minor: int
    received_minor: int


def chart(price: Price) -> Chart | None:
    """The picture of one currency, or None where no cash could free anything, or nothing was reckoned."""
    curve = price.curve
    if curve is None or len(curve.points) < 2:
        return None
    start, last = curve.points[0].cleared, curve.points[-1]
    wide, high = last.cash, last.cleared - start

    def place(cash: int, freed: int) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * cash / wide:.1f} {_BOTTOM - (_BOTTOM - _TOP) * freed / high:.1f}"

    sure = [place(point.cash, point.cleared - start) for point in curve.points if point.cash <= curve.exact_until]
    rough = [sure[-1], place(wide, high)] if curve.exact_until < wide else []
    whole = [*sure, *rough[1:]]
    floor = f"{_RIGHT} {_BOTTOM}L{_LEFT} {_BOTTOM}"
    freed = price.worth_minor - start
    elsewhere = price.elsewhere_minor
    return Chart(
        area="M" + "L".join([*whole, floor]) + "Z",
        curve="M" + "L".join(sure) if len(sure) > 1 else "",
        rough="M" + "L".join(rough) if rough else "",
        one_for_one="" if price.is_weighted else f"M{place(0, 0)}L{place(wide, wide)}",
        across=tuple(_mark(place(tick, 0), short(tick, price.exponent)) for tick in ticks(wide)),
        up=tuple(_mark(place(0, tick), short(tick, price.exponent)) for tick in ticks(high)),
        run=_mark(place(min(price.drawn_minor, wide), freed), exact(freed, price.exponent)),
        best=_mark(place(price.drawn_minor, freed + elsewhere), exact(freed + elsewhere, price.exponent)) if elsewhere else None,
    )


def _mark(place: str, words: str) -> Mark:
    x, y = place.split(" ")
    return Mark(x, y, words)


def ticks(most: int) -> tuple[int, ...]:
    """Round amounts up to *most*, at most four: multiples of 1, 2 or 5 times a power of ten."""
    step = 1
    while most // step > _TICKS:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return tuple(range(step, most + 1, step)) if most >= step else ()


def steps(price: Price) -> tuple[Step, ...]:
    """The first pieces of the curve and its last point, as rows of a table."""
    points = price.curve.points if price.curve is not None else ()
    rows = [
        Step(after.cash, after.cleared, (after.cleared - here.cleared) // (after.cash - here.cash), after.cash <= _exact_until(price))
        for here, after in pairwise(points)
    ]
    return tuple(rows if len(rows) <= _STEPS_MAX else [*rows[: _STEPS_MAX - 1], rows[-1]])


def _exact_until(price: Price) -> int:
    return 0 if price.curve is None else price.curve.exact_until


def draws(sums: CurrencySums) -> Sequence[DrawOfMember]:
    """The members that drew or received most, eight of each, the largest first; nobody does both."""
    if sums.cash is None:
        return ()
    cash = sums.cash
    moved = (biggest(column, _DRAWS_SHOWN).tolist() for column in (cash.injected + cash.loan, cash.received))
    columns = (cash.available, cash.injected, cash.loan, cash.received)
    return [DrawOfMember(sums.names[member].as_py(), *(int(column[member]) for column in columns)) for member in chain(*moved)]
