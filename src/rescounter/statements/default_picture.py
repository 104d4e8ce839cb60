"""The waterfall of a default as a picture: the loss, what each layer takes of it and who pays that, and what is left.

Coordinates are in units of the drawing, rounded to a tenth; no amount depends on the floats here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rescounter.statements.default_facts import LayerTold, LossTold
from rescounter.statements.figures import exact

__all__ = ["BOX", "LABELS", "Bar", "falls"]

BOX: Final = {"wide": 720, "row": 116, "bar": 24, "top": 32}
"""The drawing: its width, the height of a row, and in it the bar and where it starts."""

LABELS: Final = {
    "defaulter_collateral": "Collateral of the defaulter",
    "defaulter_fund": "Fund share of the defaulter",
    "operator_capital": "Capital of the operator",
    "survivor_funds": "Fund shares of the others",
    "assessment_calls": "Calls on the others",
    "residual_to_counterparties_by_exposure": "Counterparties, by exposure",
    "fund": "Fund of the union",
    "creditors": "Creditors, by their claims",
}
"""Layers in words."""

_CLASSES: Final = {
    "defaulter_collateral": "is-cleared",
    "defaulter_fund": "is-cleared",
    "operator_capital": "is-netted",
    "fund": "is-netted",
    "survivor_funds": "is-netted",
}
_NAMES_MAX: Final = 46
"""Characters of the line that names payers, so that it fits a narrow screen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. *kind* is the class that it is drawn by; *pieces*: where each part starts and how wide it is; *link*: where the next starts,
    empty where nothing is left.
    """

    kind: str
    label: str
    amount: str
    names: str
    y: str
    pieces: tuple[tuple[str, str], ...]
    link: str


def falls(loss: LossTold) -> tuple[Bar, ...]:
    """From the loss down to what nobody bears; layers that bear nothing are left out, the first and the last row never."""
    left, rows = loss.loss_minor, [_bar(0, loss, "is-gross", "Loss", "", (loss.loss_minor,), 0)]
    for layer in loss.layers:
        if layer.bears_minor:
            left -= layer.bears_minor
            amounts = tuple(each.amount_minor for each in layer.payers)
            kind = _CLASSES.get(layer.kind, "is-credit")
            rows.append(_bar(len(rows), loss, kind, LABELS[layer.kind], _names(layer, loss.exponent), amounts, left))
    words = "" if loss.unallocated_minor else "nothing is left"
    rows.append(_bar(len(rows), loss, "is-open", "Borne by nobody", words, (loss.unallocated_minor,), 0))
    return tuple(rows)


def _bar(place: int, loss: LossTold, kind: str, label: str, names: str, amounts: tuple[int, ...], start: int) -> Bar:
    """A bar whose pieces end where the row before begins. *start*: what is left behind it."""

    def scaled(minor: int) -> str:
        return f"{BOX['wide'] * minor / loss.loss_minor if loss.loss_minor else 0.0:.1f}"

    pieces, at = [], start + sum(amounts)
    for amount in amounts:
        at -= amount
        pieces += [(scaled(at), scaled(amount))] if amount else []
    link = loss.loss_minor if kind == "is-gross" else start
    return Bar(kind, label, exact(sum(amounts), loss.exponent), names, str(place * BOX["row"]), tuple(pieces), scaled(link) if link else "")


def _names(layer: LayerTold, exponent: int) -> str:
    """Who pays what, as many as fit; the largest parts first."""
    if len(layer.payers) == 1:
        payer = layer.payers[0].payer
        return "the union" if payer == "*" else payer
    told, most = "", sorted(layer.payers, key=lambda each: (-each.amount_minor, each.payer))
    for place, each in enumerate(most):
        rest = len(most) - place
        part = f"{', ' if told else ''}{each.payer} {exact(each.amount_minor, exponent)}"
        if len(told) + len(part) > _NAMES_MAX - (len(f" and {rest} more") if rest > 1 else 0):
            return f"{told} and {rest} more" if told else f"{rest} members"
        told += part
    return told
