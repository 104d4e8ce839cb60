"""The summary: what it says of each currency and of the refusals, computed again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rescounter.terms.currencies import EXPONENT_MAX
from rescounter.terms.refusals import shown
from rescounter.verification.cash import Cash
from rescounter.verification.comparisons import GREEDY_OBLIGATIONS_MAX, greedy, pairs_only
from rescounter.verification.network import Edges, Ints, Rows, merge_pairs, totals
from rescounter.verification.verdict import Finding, capped, told

__all__ = ["check_refused", "check_totals", "currency_totals", "share"]


def check_totals(summary: Mapping[str, object], rows: Rows, edges: Edges, cash: Cash, *, method: str) -> list[Finding]:
    """Every figure of every currency."""
    found = summary.get("currencies")
    if not isinstance(found, Mapping):
        return [Finding("totals", "currencies", type(found).__name__, "one entry for each currency")]
    expected = currency_totals(rows, edges, cash, method=method)
    wrong = [Finding("totals", told(code), "an entry", "none") for code in found if code not in expected]
    for code, figures in expected.items():
        wrong += _check_currency(code, found.get(code), figures)
        wrong += _check_without(code, found.get(code), figures, weighted=bool(np.any(rows.weight != 1)))
    return capped("totals", len(wrong), wrong)


def _check_currency(code: str, found: object, figures: Mapping[str, object]) -> list[Finding]:
    if not isinstance(found, Mapping):
        return [Finding("totals", shown(code), "no entry", "an entry")]
    wrong = [
        Finding("totals", f"{shown(code)}, {name}", told(found[name]) if name in found else "nothing", told(value))
        for name, value in figures.items()
        if not isinstance(value, Mapping) and (name not in found or not _same(found[name], value))
    ]
    cash, expected = found.get("liquidity"), figures.get("liquidity")
    if isinstance(expected, Mapping):
        wrong += [
            Finding(
                "totals",
                f"{shown(code)}, liquidity, {name}",
                told(cash.get(name)) if isinstance(cash, Mapping) else told(cash),
                told(value),
            )
            for name, value in expected.items()
            if not isinstance(cash, Mapping) or not _same(cash.get(name), value)
        ]
    exponent = found.get("exponent")
    if type(exponent) is not int or not 0 <= exponent <= EXPONENT_MAX:
        wrong.append(Finding("totals", f"{shown(code)}, exponent", told(exponent), f"0 to {EXPONENT_MAX}"))
    return wrong


def _check_without(code: str, found: object, figures: Mapping[str, object], *, weighted: bool) -> list[Finding]:
    """What would clear without cash: not solved again, but held to what bounds it from both sides.

    Where all weigh the same: at least what pairs and greedy circuits clear, at most what cleared with cash.
    """
    cash = found.get("liquidity") if isinstance(found, Mapping) else None
    if not isinstance(cash, Mapping) or figures["liquidity"] is None:
        return []
    without = cash.get("cleared_without_minor")
    bounds = [figures[name] for name in ("pairs_only_minor", "greedy_minor", "cleared_minor", "gross_minor", "excluded_minor")]
    pairs, circuits, cleared, gross, out = (bound if isinstance(bound, int) else 0 for bound in bounds)
    least, most = (0, gross - out) if weighted else (max(pairs, circuits), cleared)
    if type(without) is int and least <= without <= most:
        return []
    return [Finding("totals", f"{shown(code)}, liquidity, cleared_without_minor", told(without), f"{least} to {most}")]


def check_refused(summary: Mapping[str, object], refused: int) -> list[Finding]:
    """How many rows were refused."""
    stated = summary.get("refused")
    return [] if _same(stated, refused) else [Finding("totals", "refused", told(stated), str(refused))]


def _same(found: object, expected: object) -> bool:
    """Equal in value and in kind: 1, 1.0 and true are three things."""
    return type(found) is type(expected) and found == expected


def currency_totals(rows: Rows, edges: Edges, cash: Cash, *, method: str) -> dict[str, dict[str, object]]:
    """Each currency's figures, as the summary must hold them; the optimum itself is proven elsewhere."""
    size = len(rows.currency_names)
    counts, members = np.bincount(rows.currency), np.bincount(rows.node_currency())  # no currency is without rows
    edge_counts = np.bincount(edges.currency, minlength=size)
    kept_out = np.bincount(rows.currency[~rows.included], minlength=size)
    gross, cleared, residual = (totals(rows.currency, values, size) for values in (rows.amount, rows.cleared, rows.residual))
    kept_out_minor = totals(rows.currency, np.where(rows.included, 0, rows.amount), size)
    pairs = merge_pairs(rows, edges)
    pay_in, both_ways = _pay_in(rows), pairs_only(rows, pairs)
    drawn, liquidity = totals(rows.node_currency(), cash.drawn(), size), _liquidity(rows, cash)
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
            "cash_saved_minor": int(saved - drawn[place]),
            "optimal": True,
            "pairs_only_minor": int(both_ways[place]),
            "greedy_minor": _greedy_minor(pairs, place, int(counts[place] - kept_out[place])),
            "edges": int(edge_counts[place]),
            "excluded": int(kept_out[place]),
            "excluded_minor": int(kept_out_minor[place]),
            "liquidity": liquidity.get(place),
        }
    return answer


def _liquidity(rows: Rows, cash: Cash) -> dict[int, dict[str, object]]:
    """By place of the currency: what members and the fund had, and what was drawn of it."""
    size = len(rows.currency_names)
    own, injected, loans = (totals(rows.node_currency(), values, size) for values in (cash.available, cash.injected, cash.loan))
    return {
        place: {
            "available_minor": int(own[place]),
            "fund_minor": int(cash.fund[number]),
            "injected_minor": int(injected[place]),
            "loans_minor": int(loans[place]),
        }
        for number, place in enumerate(cash.currency.tolist())
    }


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
