"""The price of liquidity of a result, by currency and name, and in words: advice, not certificate.

What a unit frees stands in the potentials, which are certified; amounts and the curve are reckoned from the
rows whenever somebody asks, so no file holds them and verification has nothing to trust. The
curve belongs to the obligations: it starts at pure set-off, whatever cash the run was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.clear import Cleared
from rescounter.clearing.engines import EngineFor, engine_for
from rescounter.clearing.liquidity import Draw, Liquidity
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import largest_set_off, net_positions
from rescounter.clearing.price import Curve, Next, Position, curve_of, graph_and_flow, next_of_the_fund, next_units, weighted_sum
from rescounter.terms import CallerFault, format_minor
from rescounter.terms.names import CASH_NAME, FUND_NAME

__all__ = ["PRICED_OBLIGATIONS_MAX", "NextUnit", "Price", "PriceOfLiquidity", "price_of_cleared", "price_of_tables"]

PRICED_OBLIGATIONS_MAX: Final = 200_000
"""Above so many included obligations a currency has no curve: it would take longer than the optimum."""

_POINTS_TOLD_MAX: Final = 25


@dataclass(frozen=True, slots=True)
class NextUnit:
    """One more unit of *member*'s own cash (``*``: lent by the fund) clears *frees* more, weighted; so does
    each further one up to that amount."""

    member: str
    frees: int
    up_to_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """What cash did in one currency, where the next unit frees most, and the curve from no cash to everything.

    Args: *drawn_minor* own cash and loans; *cleared_minor* and *without_minor* with it and without any.
    *next_units*: ten at most, the best first. *fund*: the next unit of the fund. *curve*: cash put where
    it frees most, and what clears; weighted where *is_weighted*; None above `PRICED_OBLIGATIONS_MAX`.
    *worth_minor*: what the run cleared, weighted.
    """

    currency: str
    exponent: int
    is_weighted: bool
    has_liquidity: bool
    drawn_minor: int
    cleared_minor: int
    without_minor: int
    worth_minor: int
    next_units: tuple[NextUnit, ...]
    fund: NextUnit
    curve: Curve | None

    @property
    def freed_minor(self) -> int:
        """What clears with the cash and would not clear without; where weights differ it may be below zero."""
        return self.cleared_minor - self.without_minor

    @property
    def freed_a_unit(self) -> str:
        """Freed for each unit drawn, two digits, rounded down: for reading. Empty where nothing was drawn."""
        return format_minor(self.freed_minor * 100 // self.drawn_minor, 2, group=",") if self.drawn_minor else ""

    @property
    def elsewhere_minor(self) -> int | None:
        """What the cash that was drawn would clear more, weighted, put where it frees most; None where that is not known."""
        if self.curve is None or not 0 < self.drawn_minor <= self.curve.exact_until:
            return None
        return self.curve.at(self.drawn_minor) - self.worth_minor

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, in minor units."""
        curve = self.curve
        return {
            "exponent": self.exponent,
            "weighted": self.is_weighted,
            "drawn_minor": self.drawn_minor,
            "cleared_minor": self.cleared_minor,
            "cleared_without_minor": self.without_minor,
            "cleared_weighted_minor": self.worth_minor,
            "next_units": [_next_json(each) for each in self.next_units],
            "fund": _next_json(self.fund),
            "curve": None if curve is None else [{"cash_minor": point.cash, "cleared_minor": point.cleared} for point in curve.points],
            "exact_until_minor": None if curve is None else curve.exact_until,
        }


def _next_json(each: NextUnit) -> dict[str, Any]:
    return {"member": each.member, "frees": each.frees, "up_to_minor": each.up_to_minor}


@dataclass(frozen=True, slots=True)
class PriceOfLiquidity:
    """The price of each currency, by code; shows itself as text."""

    currencies: Mapping[str, Price]

    def __str__(self) -> str:
        return "\n\n".join("\n".join(_told(price)) for price in self.currencies.values()) or "Nothing was owed."

    def __repr__(self) -> str:
        return str(self)

    def as_json(self) -> dict[str, Any]:
        """By currency, as `Price.as_json`."""
        return {code: price.as_json() for code, price in self.currencies.items()}


def price_of_cleared(cleared: Cleared, *, engine_for: EngineFor = engine_for) -> PriceOfLiquidity:
    """The price of liquidity of a run.

    Refuses: CallerFault ``option_invalid`` for the method *net*, which sets nothing off.
    """
    _refuse_net(cleared.method)
    prices = {}
    for outcome in cleared.outcomes:
        network, admitted = outcome.network, cleared.admitted
        potential = np.zeros(0, np.int64) if outcome.potential is None else outcome.potential
        position = Position(network, outcome.flow, potential, outcome.liquidity, outcome.draw)
        code = admitted.currencies[network.currency]
        names: list[str] = admitted.members.take(pa.array(network.members)).to_pylist()
        without = None if outcome.liquidity is None else outcome.without
        prices[code] = _price(code, admitted.exponents[network.currency], names, position, without, engine_for)
    return PriceOfLiquidity(prices)


def price_of_tables(tables: Mapping[str, pa.Table], summary: Mapping[str, Any], *, engine_for: EngineFor = engine_for) -> PriceOfLiquidity:
    """`price_of_cleared` for tables and a summary that were read back from a folder.

    Refuses: CallerFault ``result_damaged`` where the potentials do not prove what cleared.
    """
    _refuse_net(summary["method"])
    prices = {}
    for code, facts in summary["currencies"].items():
        names, position = _read(tables, code)
        if not _is_sound(position, engine_for):
            raise CallerFault("result_damaged", f"the potentials in {code} do not prove what cleared there: run rescounter verify")
        cash = facts["liquidity"]
        prices[code] = _price(code, facts["exponent"], names, position, cash and cash["cleared_without_minor"], engine_for)
    return PriceOfLiquidity(prices)


def _refuse_net(method: str) -> None:
    if method == "net":
        raise CallerFault("option_invalid", "the price of liquidity belongs to set-off, and method net sets nothing off")


def _price(code: str, exponent: int, names: Sequence[str], position: Position, without: int | None, engine_for: EngineFor) -> Price:
    network, draw = position.network, position.draw
    cleared = int(position.flow.sum())
    return Price(
        currency=code,
        exponent=exponent,
        is_weighted=bool((network.weight != 1).any()),
        has_liquidity=draw is not None,
        drawn_minor=0 if draw is None else int(draw.injected.sum()) + int(draw.loan.sum()),
        cleared_minor=cleared,
        without_minor=cleared if without is None else without,
        worth_minor=weighted_sum(network, position.flow),
        next_units=tuple(_named(each, names) for each in next_units(position)),
        fund=_named(next_of_the_fund(position), names),
        curve=_curve(position, engine_for) if len(network.rows) <= PRICED_OBLIGATIONS_MAX else None,
    )


def _named(each: Next, names: Sequence[str]) -> NextUnit:
    return NextUnit(FUND_NAME if each.member < 0 else names[each.member], each.frees, each.amount)


def _curve(position: Position, engine_for: EngineFor) -> Curve:
    if position.draw is None:
        return curve_of(position.network, position.flow, position.potential)
    alone = largest_set_off(position.network, engine_for(len(position.network.capacity)))
    return curve_of(position.network, alone.flow, alone.potential)


def _read(tables: Mapping[str, pa.Table], code: str) -> tuple[list[str], Position]:
    """Names and position of one currency of a result."""
    own = tables["potentials"].filter(pc.equal(tables["potentials"]["currency"], code))
    levels = dict(zip(own["member"].to_pylist(), own["potential"].to_pylist(), strict=True))
    names = [name for name in levels if name not in (FUND_NAME, CASH_NAME)]
    rows = tables["obligations"]
    rows = rows.filter(pc.and_(pc.equal(rows["currency"], code), pc.equal(rows["excluded"], ""))).combine_chunks()
    index = pa.array(names, pa.string())
    tail, head = (
        np.asarray(pc.fill_null(pc.index_in(rows[side], value_set=index), -1)).astype(np.int32) for side in ("debtor", "creditor")
    )
    if (tail < 0).any() or (head < 0).any():
        raise CallerFault("result_damaged", f"a member in {code} has no potential: run rescounter verify")
    weight = np.asarray(rows["weight"]) if "weight" in rows.column_names else np.ones(len(tail), np.int32)
    opens = np.ones(len(tail), bool)
    opens[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1]) | (weight[1:] != weight[:-1])
    first = np.flatnonzero(opens)
    capacity, flow = (
        np.add.reduceat(np.asarray(rows[name]), first) if len(first) else np.zeros(0, np.int64)
        for name in ("amount_minor", "cleared_minor")
    )
    members, places = np.arange(len(names), dtype=np.int32), np.arange(len(tail))
    network = Network(0, 0, len(tail), members, tail[first], head[first], capacity, places, np.cumsum(opens) - 1, weight[first])
    liquidity, draw = _read_cash(tables.get("liquidity"), code, names)
    further = [levels[name] for name in (FUND_NAME, CASH_NAME)] if draw is not None and {FUND_NAME, CASH_NAME} <= levels.keys() else []
    potential = np.array([*(levels[name] for name in names), *further], np.int64)
    return names, Position(network, flow, potential, liquidity, draw)


def _read_cash(table: pa.Table | None, code: str, names: Sequence[str]) -> tuple[Liquidity | None, Draw | None]:
    rows = {} if table is None else {row["member"]: row for row in table.filter(pc.equal(table["currency"], code)).to_pylist()}
    if not rows:
        return None, None
    if {*names, FUND_NAME} - rows.keys():
        raise CallerFault("result_damaged", f"a member in {code} has no row of liquidity: run rescounter verify")

    def column(name: str) -> NDArray[np.int64]:
        return np.array([rows[member][name] for member in names], np.int64)

    draw = Draw(column("injected_minor"), column("loan_minor"), column("received_minor"))
    return Liquidity(column("available_minor"), rows[FUND_NAME]["available_minor"]), draw


def _is_sound(position: Position, engine_for: EngineFor) -> bool:
    """Whether the potentials are the least that prove the flow the best."""
    graph, flow = graph_and_flow(position)
    pi = position.potential
    if len(pi) != graph.nodes or not ((flow >= 0) & (flow <= graph.capacity)).all():
        return False
    gain = graph.profit - pi[graph.tail] + pi[graph.head]
    proven = not (((gain > 0) & (flow < graph.capacity)) | ((gain < 0) & (flow > 0))).any()
    if not proven or net_positions(graph.nodes, graph.tail, graph.head, flow).any():
        return False
    by = np.argsort(graph.tail, kind="stable")
    engine = engine_for(len(position.network.capacity))
    least = engine.potentials(graph.nodes, graph.tail[by], graph.head[by], graph.capacity[by], graph.profit[by], flow[by])
    return bool((least == pi).all())


def _told(price: Price) -> list[str]:
    lines = [f"{price.currency}: {_told_drawn(price)}"]
    more = price.elsewhere_minor
    if more is not None:
        told = "The same cash, put anywhere else, would not clear more."
        lines.append(f"Put where it frees most, the same cash would clear {_money(price, more)} more." if more else told)
    lines += ["", *_told_next(price)]
    if price.has_liquidity and price.fund.frees:
        lines.append(f"Each unit that the fund lends more frees {price.fund.frees}, up to {_money(price, price.fund.up_to_minor)}.")
    return [*lines, "", *_told_curve(price)]


def _told_drawn(price: Price) -> str:
    if not price.has_liquidity:
        return f"no cash was put in; set-off alone clears {_money(price, price.cleared_minor)}."
    if not price.drawn_minor:
        return f"of the cash that was there nothing was drawn; set-off alone clears {_money(price, price.cleared_minor)}."
    return (
        f"{_money(price, price.drawn_minor)} drawn, {_money(price, price.freed_minor)} freed: {price.freed_a_unit} for each unit; "
        f"{_money(price, price.cleared_minor)} clears, {_money(price, price.without_minor)} without cash."
    )


def _told_next(price: Price) -> list[str]:
    if not price.next_units:
        return ["One more unit of cash would free nothing, at any member."]
    rows = [("member", "each unit frees", "up to")]
    rows += [(each.member, f"{each.frees:,}", _money(price, each.up_to_minor)) for each in price.next_units]
    return [
        f"Where the next unit of own cash frees most{' (each debt times its weight)' if price.is_weighted else ''}:",
        *_aligned(rows, names=1),
    ]


def _told_curve(price: Price) -> list[str]:
    curve = price.curve
    if curve is None:
        return [f"The curve is left out: it is reckoned up to {PRICED_OBLIGATIONS_MAX:,} obligations."]
    rows = [("cash put in", "clears", "each further unit frees")]
    for here, after in zip(curve.points, (*curve.points[1:], None), strict=True):
        slope = "" if after is None else f"{(after.cleared - here.cleared) // (after.cash - here.cash):,}"
        slope = f"{slope} on average" if slope and here.cash >= curve.exact_until else slope
        rows.append((_money(price, here.cash), _money(price, here.cleared), slope or "0"))
    told = rows if len(rows) <= _POINTS_TOLD_MAX else [*rows[: _POINTS_TOLD_MAX - 1], rows[-1]]
    lines = [f"What clears{', times its weight,' if price.is_weighted else ''} with cash put where it frees most:", *_aligned(told)]
    if len(told) < len(rows):
        lines.insert(-1, f"  ... {len(rows) - len(told):,} steps more ...")
    if curve.exact_until < curve.points[-1].cash:
        lines.append(f"Exact up to {_money(price, curve.exact_until)}; beyond that at least as much clears.")
    return lines


def _aligned(rows: Sequence[Sequence[str]], *, names: int = 0) -> list[str]:
    """Columns side by side; the first *names* of them are texts, the others figures."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    sides = ["<" if place < names else ">" for place in range(len(widths))]
    return ["  " + "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)) for row in rows]


def _money(price: Price, minor: int) -> str:
    return format_minor(minor, price.exponent, group=",")
