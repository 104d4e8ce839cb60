"""The page of a result: one self-contained file for people who do not read tables.

It tells, in this order: what was owed and what cleared; what pairs and greedy circuits leave behind; what
cash freed, or would free; the network before and after; who gains most; what was not taken, and why; how it was proven, with
the numbers to check it again in the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import pyarrow as pa
from markupsafe import Markup

from rescounter.clearing.prices import Price
from rescounter.statements.circuits import CircuitsShown, circuits_shown
from rescounter.statements.environment import environment
from rescounter.statements.evidence import Evidence, as_script, evidence_of
from rescounter.statements.figures import Bar, comparison, relieved, to_pay, unit
from rescounter.statements.gains import Gain, Payment, gains, payments
from rescounter.statements.picture import Picture, picture
from rescounter.statements.price import BOX, Chart, DrawOfMember, Step, chart, draws, steps
from rescounter.statements.refused import RefusalCount, refusal_counts
from rescounter.statements.sums import CurrencySums, by_weight, exclusions_of, sums_by_currency

__all__ = ["report_html"]

_CHAPTERS_MAX: Final = 8
_METHODS: Final = {"set-off": "Set-off", "net": "Netting", "set-off-then-net": "Set-off, then netting"}


@dataclass(frozen=True, slots=True)
class _Chapter:
    """Everything that the page says about one currency."""

    number: int
    sums: CurrencySums
    unit: str
    gross_minor: int
    cleared_minor: int
    drawn_minor: int
    relieved_minor: int
    to_pay_minor: int
    bars: list[Bar]
    picture: Picture | None
    gains: list[Gain]
    payments: list[Payment]
    circuits: CircuitsShown | None
    price: Price | None
    chart: Chart | None
    steps: tuple[Step, ...]
    draws: Sequence[DrawOfMember]
    weights: list[tuple[int, int, int]]
    exclusions: list[tuple[str, str, int, int]]
    evidence: Evidence


def report_html(summary: Mapping[str, Any], tables: Mapping[str, pa.Table], prices: Mapping[str, Price] | None = None) -> str:
    """The page of one result, complete in itself: no network, no clock, the same bytes for the same arguments.

    Args: *summary* as `summary.json` holds it (its *seconds* are not shown); *tables* by name, with the
        schemas of `terms.tables`; *circuits* may be missing; *prices* of liquidity by currency, where they were reckoned.
    Law: every amount shown is a sum of the tables, exact or cut and marked as short; shares are rounded down.
    """
    method = summary["method"]
    currencies = sums_by_currency(summary, tables)
    evidence = evidence_of(currencies, tables["potentials"], method=method)
    chapters = [
        _chapter(number, sums, proof, tables.get("circuits"), (prices or {}).get(sums.code), method=method)
        for number, (sums, proof) in enumerate(zip(currencies, evidence, strict=True))
    ]
    refusals: list[RefusalCount] = refusal_counts(tables["refusals"])
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            method=method,
            method_words=_METHODS.get(method, method),
            chapters=chapters,
            told=chapters[:_CHAPTERS_MAX],
            refusals=refusals,
            refusals_file=_file_of("refusals", summary),
            input_name=_input_name(summary),
            BOX=BOX,
            evidence=Markup(as_script({"currencies": [chapter.evidence.content for chapter in chapters]})),
        )
    )


def _chapter(
    number: int, sums: CurrencySums, evidence: Evidence, circuits: pa.Table | None, price: Price | None, *, method: str
) -> _Chapter:
    told = number < _CHAPTERS_MAX
    return _Chapter(
        number=number,
        sums=sums,
        unit=unit(sums.code),
        gross_minor=int(sums.facts["gross_minor"]),
        cleared_minor=int(sums.facts["cleared_minor"]),
        drawn_minor=0 if sums.cash is None else sums.cash.drawn_minor,
        relieved_minor=relieved(sums),
        to_pay_minor=to_pay(sums),
        bars=comparison(sums, method),
        picture=picture(sums) if told else None,
        gains=gains(sums),
        payments=payments(sums),
        circuits=circuits_shown(circuits, sums.code) if told else None,
        price=price,
        chart=chart(price) if price is not None and told else None,
        steps=steps(price) if price is not None else (),
        draws=draws(sums),
        weights=by_weight(sums),
        exclusions=exclusions_of(sums),
        evidence=evidence,
    )


def _input_name(summary: Mapping[str, Any]) -> str:
    """The file name of the input, without the folder that it happened to lie in."""
    path = summary["input"].get("path")
    return re.split(r"[/\\]", path)[-1] if isinstance(path, str) and path != "-" else ""


def _file_of(table: str, summary: Mapping[str, Any]) -> str:
    """The file of the result that holds *table*, as the summary names it; empty when it names none."""
    return next((name for name in summary.get("files", {}) if PurePosixPath(name).stem == table), "")
