"""Hypothesis strategies: small networks of obligations, to the limit of 64 bits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from tests.verification.ledger_oracle import Item

INT64_MAX = 2**63 - 1
MEMBERS = ("ANA", "BO", "CÉ", "DI", "ÉVA", "Z")
IDS = ("1", "2", "9", "10", "100", "007", "A", "a", "ab", "b-1", "Ä", "x:3", "12:x")


@st.composite
def items_of(draw: st.DrawFn, *, most: int = 12, least: int = 0, wide: bool = True) -> list[Item]:
    """Up to *most* obligations, with *least* circuits of three beside them.

    In some networks, if *wide*, the amounts of each currency fill int64.
    """
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=most))
    items = [draw(_item(id)) for id in ids]
    amount = draw(st.integers(1, 12))
    for debtor, creditor in (("ANA", "BO"), ("BO", "CÉ"), ("CÉ", "ANA")) * least:
        items.append(Item(f"circuit {debtor}", debtor, creditor, amount))
    if not wide or draw(st.booleans()):
        return items
    gross = {currency: sum(item.amount for item in items if item.currency == currency) for currency in ("EUR", "USD", "XXX")}
    return [replace(item, amount=item.amount * (INT64_MAX // gross[item.currency])) for item in items]


@st.composite
def _item(draw: st.DrawFn, id: str) -> Item:
    debtor, creditor = draw(st.lists(st.sampled_from(MEMBERS), min_size=2, max_size=2, unique=True))
    return Item(
        id,
        debtor,
        creditor,
        draw(st.integers(1, 12)),
        currency=draw(st.sampled_from(("EUR", "EUR", "EUR", "USD", "XXX"))),
        due=draw(st.sampled_from((None, date(1, 1, 1), date(2026, 3, 31), date(9999, 12, 31)))),
        kind=draw(st.sampled_from((None, "food"))),
        excluded=draw(st.sampled_from((None, None, None, None, "indivisible", "below_minimum", "not_yet_due"))),
        reference=draw(st.sampled_from((None, "ordre nº 7"))),
        weight=draw(st.sampled_from((1, 1, 1, 1, 2, 100))),
    )


@st.composite
def cash_of(draw: st.DrawFn, items: list[Item]) -> dict[tuple[str, str], int]:
    """Lines of members and funds, in some of the currencies whose sums leave room for them."""
    gross = {code: sum(item.amount for item in items if item.currency == code) for code in {item.currency for item in items}}
    who = sorted({(item.currency, party) for item in items for party in (item.debtor, item.creditor, "*") if gross[item.currency] < 10**6})
    return draw(st.dictionaries(st.sampled_from(who), st.integers(1, 30), max_size=4)) if who else {}


methods = st.sampled_from(("set-off", "net", "set-off-then-net"))
rules = st.sampled_from(("oldest", "pro-rata"))
