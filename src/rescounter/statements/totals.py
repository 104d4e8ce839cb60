"""What a member's items add up to, by currency, and the laws that they keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.exchange_parts import check_exchange
from rescounter.statements.facts import ITEMS, StatementFacts
from rescounter.terms.faults import holds

__all__ = ["Totals", "check", "totals_of"]

_AMOUNTS: Final = ("amount_minor", "cleared_minor", "replaced_minor", "residual_minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """One currency of a member: sums of its *items*, minor units, those as debtor and those as creditor.

    *open*: what is neither set off nor replaced, excluded items among it.
    """

    currency: str
    items: int
    owes_minor: int
    is_owed_minor: int
    cleared_debts_minor: int
    cleared_claims_minor: int
    replaced_debts_minor: int
    replaced_claims_minor: int
    open_debts_minor: int
    open_claims_minor: int
    excluded_debts_minor: int
    excluded_claims_minor: int

    @property
    def net_minor(self) -> int:
        """Is owed less owes."""
        return self.is_owed_minor - self.owes_minor

    @property
    def position_minor(self) -> int:
        """Towards the union, by novation."""
        return self.replaced_claims_minor - self.replaced_debts_minor


def totals_of(items: pa.Table) -> tuple[Totals, ...]:
    """By currency, in order of code. Law: every item keeps the rules of `ITEMS`."""
    _check_items(items)
    codes = sorted(pc.unique(items["currency"]).to_pylist())
    return tuple(_of_currency(code, items.filter(pc.equal(items["currency"], code))) for code in codes)


def check(facts: StatementFacts, totals: tuple[Totals, ...]) -> None:
    """Laws: debts and claims are set off alike where no cash took part; the items give the members table's sums, the positions
    that are called, and what the circuits say."""
    by_currency = {each.currency: each for each in totals}
    for each in totals:
        alike = each.cleared_debts_minor == each.cleared_claims_minor
        holds(alike or facts.has_liquidity, "debts_and_claims_are_set_off_alike", member=facts.member, currency=each.currency)
        holds(each.currency in facts.exponents, "every_currency_has_its_digits", currency=each.currency)
    for row in facts.members.to_pylist() if facts.members is not None else ():
        _check_member(facts.member, row, by_currency.get(row["currency"]))
    check_exchange(facts, {each.currency: each.position_minor for each in totals})
    for call in facts.calls if facts.exchange is None else ():
        own = by_currency.get(call.currency)
        position = call.through_minor + (own.position_minor if own else 0)
        holds(
            call.position_minor == position, "items_sum_to_the_position", currency=call.currency, called=call.position_minor, items=position
        )
    if not facts.circuits_left_out and facts.circuits.num_rows:
        _check_circuits(facts, by_currency)


def _check_items(items: pa.Table) -> None:
    holds(items.schema.names == ITEMS.names, "items_have_their_columns")
    columns = {name: items[name].to_numpy().astype(np.int64, copy=False) for name in _AMOUNTS}
    amount, cleared, replaced, residual = (columns[name] for name in _AMOUNTS)
    holds(bool((residual == amount - cleared).all()), "residual_is_amount_less_cleared")
    holds(bool(((cleared >= 0) & (replaced >= 0) & (replaced <= residual)).all()), "no_part_exceeds_its_item")
    excluded = pc.not_equal(items["excluded"].fill_null(""), "").to_numpy()
    holds(not (excluded & ((cleared != 0) | (replaced != 0))).any(), "what_is_excluded_is_not_cleared")
    holds(bool(pc.all(pc.is_in(items["side"], value_set=pa.array(["owes", "is_owed"])), min_count=0).as_py()), "an_item_is_owed_or_owes")


def _of_currency(code: str, rows: pa.Table) -> Totals:
    sums: dict[str, int] = {}
    for side, part in (("owes", "debts"), ("is_owed", "claims")):
        own = rows.filter(pc.equal(rows["side"], side))
        amount, cleared, replaced, _ = (int(pc.sum(own[name]).as_py() or 0) for name in _AMOUNTS)
        kept_out = own.filter(pc.not_equal(own["excluded"].fill_null(""), ""))
        sums |= {
            f"{side}_minor": amount,
            f"cleared_{part}_minor": cleared,
            f"replaced_{part}_minor": replaced,
            f"open_{part}_minor": amount - cleared - replaced,
            f"excluded_{part}_minor": int(pc.sum(kept_out["amount_minor"]).as_py() or 0),
        }
    return Totals(currency=code, items=rows.num_rows, **sums)


def _check_member(member: str, row: Mapping[str, int | str], own: Totals | None) -> None:
    found = {
        "owes_minor": own.owes_minor if own else 0,
        "is_owed_minor": own.is_owed_minor if own else 0,
        "cleared_minor": own.cleared_debts_minor if own else 0,
        "pay_in_minor": max(0, -own.position_minor) if own else 0,
        "pay_out_minor": max(0, own.position_minor) if own else 0,
    }
    wrong = {name: minor for name, minor in found.items() if name in row and row[name] != minor}
    holds(row["member"] == member and not wrong, "items_sum_to_the_members_table", member=member, currency=row["currency"], **wrong)


def _check_circuits(facts: StatementFacts, by_currency: Mapping[str, Totals]) -> None:
    for code in pc.unique(facts.circuits["currency"]).to_pylist():
        own = facts.circuits.filter(pc.equal(facts.circuits["currency"], code))
        paid = int(pc.sum(own.filter(pc.equal(own["debtor"], facts.member))["amount_minor"]).as_py() or 0)
        cleared = by_currency[code].cleared_debts_minor if code in by_currency else 0
        holds(paid == cleared, "circuits_are_what_was_set_off", currency=code, circuits=paid, items=cleared)
