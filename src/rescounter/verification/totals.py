"""The summary: what it says of each currency and of the refusals, computed again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rescounter.terms.currencies import EXPONENT_MAX
from rescounter.terms.refusals import shown
from rescounter.verification.comparisons import GREEDY_OBLIGATIONS_MAX, greedy, pairs_only
from rescounter.verification.network import Edges, Ints, Rows, totals
from rescounter.verification.verdict import Finding, capped, told

__all__ = ["check_totals", "currency_totals", "share"]


def check_totals(summary: Mapping[str, object], rows: Rows, edges: Edges, *, method: str, refused: int) -> list[Finding]:
    """Every figure of every currency, and how many rows were refused."""
    found = summary.get("currencies")
    if not isinstance(found, Mapping):
        return [Finding("totals", "currencies", type(found).__name__, "one entry for each currency")]
    expected = currency_totals(rows, edges, method=method)
    wrong = [Finding("totals", told(code), "an entry", "none") for code in found if code not in expected]
    for code, figures in expected.items():
        wrong += _check_currency(code, found.get(code), figures)
    if not _same(summary.get("refused"), refused):
        wrong.append(Finding("totals", "refused", told(summary.get("refused")), str(refused)))
    return capped("totals", len(wrong), wrong)


def _check_currency(code: str, found: object, figures: Mapping[str, object]) -> list[Finding]:
    if not isinstance(found, Mapping):
        return [Finding("totals", shown(code), "no entry", "an entry")]
    wrong = [
        Finding("totals", f"{shown(code)}, {name}", told(found[name]) if name in found else "nothing", told(value))
        for name, value in figures.items()
        if name not in found or not _same(found[name], value)
    ]
    exponent = found.get("exponent")
    if type(exponent) is not int or not 0 <= exponent <= EXPONENT_MAX:
        wrong.append(Finding("totals", f"{shown(code)}, exponent", told(exponent), f"0 to {EXPONENT_MAX}"))
    return wrong


def _same(found: object, expected: object) -> bool:
    """Equal in value and in kind: 1, 1.0 and true are three things."""
    return type(found) is type(expected) and found == expected


def currency_totals(rows: Rows, edges: Edges, *, method: str) -> dict[str, dict[str, object]]:
    """Each currency's figures, as the summary must hold them; the optimum itself is proven elsewhere."""
    size = len(rows.currency_names)
    counts, members = np.bincount(rows.currency), np.bincount(rows.node_currency())  # no currency is without rows
    edge_counts = np.bincount(edges.currency, minlength=size)
    kept_out = np.bincount(rows.currency[~rows.included], minlength=size)
    gross, cleared, residual = (totals(rows.currency, values, size) for values in (rows.amount, rows.cleared, rows.residual))
    kept_out_minor = totals(rows.currency, np.where(rows.included, 0, rows.amount), size)
    pay_in, pairs = _pay_in(rows), pairs_only(rows, edges)
    answer: dict[str, dict[str, object]] = {}
    for place, code in enumerate(rows.currency_names):
        saved = cleared[place] if method == "set-off" else gross[place] - kept_out_minor[place] - pay_in[place]
        answer[code] = {
            "obligations": int(counts[place]),
            "members": int(members[place]),
            "gross_minor": int(gross[place]),
            "cleared_minor": int(cleared[place]),
            "cleared_share": share(int(cleared[place]), int(gross[place])),
            "residual_minor": int(residual[place]),
            "pay_in_minor": int(pay_in[place]),
            "cash_saved_minor": int(saved),
            "optimal": True,
            "pairs_only_minor": int(pairs[place]),
            "greedy_minor": _greedy_minor(edges, place, int(counts[place] - kept_out[place])),
            "edges": int(edge_counts[place]),
            "excluded": int(kept_out[place]),
            "excluded_minor": int(kept_out_minor[place]),
        }
    return answer


def _pay_in(rows: Rows) -> Ints:
    """Sum of what members pay in to the union, for each currency."""
    size = len(rows.nodes)
    position = totals(rows.is_owed, rows.replaced, size) - totals(rows.owes, rows.replaced, size)
    return totals(rows.node_currency(), np.maximum(-position, 0), len(rows.currency_names))


def _greedy_minor(edges: Edges, place: int, included: int) -> int | None:
    if included > GREEDY_OBLIGATIONS_MAX:
        return None
    ours = edges.currency == place
    return greedy(np.stack([edges.owes, edges.is_owed, edges.amount], axis=1)[ours].tolist())


def share(part: int, whole: int) -> float:
    """*part* of *whole*, rounded down to six decimals, so that only all of it reads as 1."""
    return part * 10**6 // whole / 10**6 if whole > 0 else 0.0
