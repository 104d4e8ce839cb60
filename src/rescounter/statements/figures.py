"""Figures as people read them: exact amounts with grouping, short ones rounded half-even in words, shares rounded down."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rescounter.statements.sums import CurrencySums
from rescounter.terms.currencies import NO_CURRENCY
from rescounter.terms.money import format_minor

__all__ = ["Bar", "comparison", "exact", "relieved", "share", "short", "to_pay", "unit", "width"]

_SCALES: Final = ((10**6, "million"), (10**9, "billion"), (10**12, "trillion"), (10**15, "quadrillion"), (10**18, "quintillion"))
_SHORT_FROM: Final = 10**6


@dataclass(frozen=True, slots=True)
class Bar:
    """One method beside the others: what it clears of the gross, and what it leaves that the last one clears."""

    name: str
    words: str
    cleared_minor: int
    behind_minor: int
    is_best: bool


def exact(minor: int, exponent: int) -> str:
    """Every digit, thousands grouped: ``1,716,828.50``."""
    return format_minor(minor, exponent, group=",")


def short(minor: int, exponent: int) -> str:
    """Three digits and a word, rounded half-even once, from a million up; below that the exact amount."""
    worth = Fraction(abs(minor), 10**exponent)
    if worth < _SHORT_FROM:
        return exact(minor, exponent)
    # What rounds to a thousand of a word is one of the next: 999,999,999 is 1.00 billion.
    found = ((round(worth / unit * 10**digits), digits, word) for unit, word in _SCALES for digits in (2, 1, 0))
    rounded, digits, word = next((each for each in found if each[0] < 1000), (round(worth / 10**18), 0, "quintillion"))
    return ("-" if minor < 0 else "") + format_minor(rounded, digits, group=",") + f" {word}"


def share(part: int, whole: int) -> str:
    """Per cent with two decimals, rounded down: 100 % only when it is all; a trace is not shown as nothing."""
    if whole <= 0 or part <= 0:
        return "0 %"
    if part >= whole:
        return "100 %"
    for decimals in (2, 3, 4):
        cut = part * 10 ** (decimals + 2) // whole
        if cut:
            return format_minor(cut, decimals) + " %"
    return "less than 0.0001 %"


def width(part: int, whole: int) -> str:
    """Width of a bar in per cent of its track, for a style sheet."""
    return format_minor(max(0, part) * 100_000 // whole, 3) if whole > 0 else "0"


def comparison(sums: CurrencySums, method: str) -> list[Bar]:
    """Pairs only, greedy circuits, the optimum and netting, as far as the result knows them."""
    facts = sums.facts
    rows: list[tuple[str, str, int]] = [("Pairs only", "where two members owe each other", int(facts["pairs_only_minor"]))]
    if facts.get("greedy_minor") is not None:
        rows.append(("Greedy circuits", "closed circuits, cancelled as they are found", int(facts["greedy_minor"])))
    if method != "net":
        proven = "all circuits at once; proven the greatest by weight" if sums.is_weighted else "all circuits at once; proven the largest"
        cash = facts.get("liquidity")
        rows.append(("The optimum", proven, int(cash["cleared_without_minor"] if cash else facts["cleared_minor"])))
        if cash:
            rows.append(("The optimum with cash", "chains of debt as well, as far as cash starts them", int(facts["cleared_minor"])))
    if sums.pay_in is not None:
        rows.append(
            ("Netting" if method == "net" else "Set-off, then netting", "only net positions are paid, to and by the union", relieved(sums))
        )
    best = rows[-1][2]
    return [Bar(name, words, cleared, max(0, best - cleared), place == len(rows) - 1) for place, (name, words, cleared) in enumerate(rows)]


def relieved(sums: CurrencySums) -> int:
    """What needs no money any more: the gross without pay-ins and without what was excluded."""
    facts: Any = sums.facts
    return int(facts["gross_minor"]) - to_pay(sums)


def to_pay(sums: CurrencySums) -> int:
    """What still needs money: the residual; with netting the pay-ins and what was excluded."""
    facts: Any = sums.facts
    if sums.pay_in is None:
        return int(facts["residual_minor"])
    return int(facts["pay_in_minor"]) + int(facts["excluded_minor"])


def unit(code: str) -> str:
    """What stands behind an amount: the code, or nothing where the input names no currency."""
    return "" if code == NO_CURRENCY else code
