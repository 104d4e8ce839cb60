"""A clearing result as transfers: what the ledger posts of it, in one atomic batch.

For every currency the union has the account ``*/clearing/CODE``, and a member up to three: ``M/set-off/CODE`` ends every batch at zero,
``M/position/CODE`` shows what the member must pay in (below zero) or is paid out, ``M/loan/CODE`` what the fund lent it. A `/` cannot make
two accounts one: currency and purpose come last, and hold none.

=================  ===================  ===================  ============================================================
kind               debit                credit               amount
=================  ===================  ===================  ============================================================
debt_discharged    M/set-off            clearing             what M cleared as debtor
claim_discharged   clearing             M/set-off            what M cleared as creditor
cash_drawn         M/position           M/set-off            own cash that set-off drew
loan_drawn         M/loan               M/set-off            cash that the fund lent for it
cash_received      M/set-off            M/position           cash that came out of it
pay_in             M/position           clearing             net of what novation replaced, where M owes
pay_out            clearing             M/position           the same, where M is owed
=================  ===================  ===================  ============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rescounter.ledger import Account, Batch, Policy
from rescounter.ledger.laws.nothing_created import posts_what_was_cleared
from rescounter.settlement.accounts import CLEARING, SET_OFF, account_name, account_of
from rescounter.settlement.legs import Leg, discharge_legs, discharged, effects_of, leg, sums_by_member, transfers_of
from rescounter.terms import CallerFault
from rescounter.terms.names import FUND_NAME

__all__ = ["Posting", "posting_of"]

_POSITION, _LOAN = "position", "loan"


@dataclass(frozen=True, slots=True)
class Posting:
    """The accounts that a result needs, as they are opened where they are not there, and its batch."""

    accounts: tuple[Account, ...]
    batch: Batch


def posting_of(tables: Mapping[str, pa.Table], result_root: str, *, cycle: str) -> Posting:
    """What a result posts, under a key made of its root: the same result is posted once.

    Law: nothing is created: by account, the batch moves what the obligations and the cash of the result say.
    Raises: CallerFault ``result_has_nothing`` where nothing was cleared or netted.
    """
    key = f"result/{result_root.removeprefix('sha256:')}"
    transfers = transfers_of(_legs(tables["members"]), key=key, cycle=cycle)
    if transfers is None:
        raise CallerFault("result_has_nothing", "the result clears nothing, so there is nothing to post")
    effects = effects_of(transfers)
    posts_what_was_cleared(effects, debits_minor=_sums(tables, of_debits=True), credits_minor=_sums(tables, of_debits=False))
    accounts = tuple(account_of(name) for name in effects.ids.to_pylist())
    return Posting(accounts, Batch(key=key, transfers=transfers, policy=Policy.CYCLE_NET, cycle=cycle))


def _legs(members: pa.Table) -> tuple[Leg, ...]:
    """What each row of the members table moves, in the order of the table above; who opens positions and loans bounds them."""
    further = (
        (("member", _POSITION), ("member", SET_OFF), "injected_minor", "cash_drawn"),
        (("member", _LOAN), ("member", SET_OFF), "loan_minor", "loan_drawn"),
        (("member", SET_OFF), ("member", _POSITION), "received_minor", "cash_received"),
        (("member", _POSITION), (FUND_NAME, CLEARING), "pay_in_minor", "pay_in"),
        ((FUND_NAME, CLEARING), ("member", _POSITION), "pay_out_minor", "pay_out"),
    )
    return (*discharge_legs(members), *(leg(members, *each) for each in further if each[2] in members.column_names))


_OF_CASH: Final = {  # column: account that is debited, account that is credited
    "injected_minor": (_POSITION, SET_OFF),
    "loan_minor": (_LOAN, SET_OFF),
    "received_minor": (SET_OFF, _POSITION),
}


def _sums(tables: Mapping[str, pa.Table], *, of_debits: bool) -> dict[str, int]:
    """What each account must be debited, or credited, reckoned from obligations and cash, not from the members table."""
    obligations = tables["obligations"]
    sums = discharged(obligations, of_debits=of_debits)
    net: dict[tuple[str, str], int] = {}

    def add(name: str, amount: int) -> None:
        sums[name] = sums.get(name, 0) + amount

    for side, sign in (("debtor", -1), ("creditor", 1)) if "replaced_minor" in obligations.column_names else ():
        for member, currency, replaced in sums_by_member(obligations, side, "replaced_minor"):
            net[member, currency] = net.get((member, currency), 0) + sign * replaced
    for row in tables["liquidity"].to_pylist() if "liquidity" in tables else ():
        for column, (debited, credited) in _OF_CASH.items():
            if row[column] and row["member"] != FUND_NAME:
                add(account_name(row["member"], debited if of_debits else credited, row["currency"]), row[column])
    for (member, currency), amount in net.items():
        if amount:
            on_position = (amount < 0) == of_debits
            add(account_name(member, _POSITION, currency) if on_position else account_name(FUND_NAME, CLEARING, currency), abs(amount))
    return sums
