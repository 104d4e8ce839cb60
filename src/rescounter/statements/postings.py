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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rescounter.ledger import Account, Batch, Effects, Policy, Transfers
from rescounter.ledger.effects import COLUMNS
from rescounter.ledger.laws.nothing_created import posts_what_was_cleared
from rescounter.terms import CallerFault
from rescounter.terms.names import FUND_NAME

__all__ = ["Posting", "posting_of"]

_CLEARING, _SET_OFF, _POSITION, _LOAN = "clearing", "set-off", "position", "loan"


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
    root = result_root.removeprefix("sha256:")
    rows = list(_rows(tables["members"]))
    if not rows:
        raise CallerFault("result_has_nothing", "the result clears nothing, so there is nothing to post")
    debits, credits, amounts, kinds = (list(column) for column in zip(*rows, strict=True))
    transfers = Transfers.of_columns(
        {
            "id": [f"result/{root}/{number:07d}" for number in range(len(rows))],
            "debit": debits,
            "credit": credits,
            "amount_minor": amounts,
            "kind": kinds,
            "cycle": [cycle or None] * len(rows),
        }
    )
    posts_what_was_cleared(_effects(rows), debits_minor=_sums(tables, of_debits=True), credits_minor=_sums(tables, of_debits=False))
    accounts = tuple(_account(name) for name in sorted({*debits, *credits}))
    return Posting(accounts, Batch(key=f"result/{root}", transfers=transfers, policy=Policy.CYCLE_NET, cycle=cycle))


def _rows(members: pa.Table) -> Iterator[tuple[str, str, int, str]]:
    """Debit, credit, amount and kind of each transfer, member by member."""
    for row in members.to_pylist():
        member, currency = row["member"], row["currency"]
        set_off, position, loan = (_name(member, purpose, currency) for purpose in (_SET_OFF, _POSITION, _LOAN))
        clearing = _name(FUND_NAME, _CLEARING, currency)
        for debit, credit, column, kind in (
            (set_off, clearing, "cleared_minor", "debt_discharged"),
            (clearing, set_off, "cleared_claims_minor" if "cleared_claims_minor" in row else "cleared_minor", "claim_discharged"),
            (position, set_off, "injected_minor", "cash_drawn"),
            (loan, set_off, "loan_minor", "loan_drawn"),
            (set_off, position, "received_minor", "cash_received"),
            (position, clearing, "pay_in_minor", "pay_in"),
            (clearing, position, "pay_out_minor", "pay_out"),
        ):
            if row.get(column):
                yield debit, credit, row[column], kind


def _name(member: str, purpose: str, currency: str) -> str:
    return f"{member}/{purpose}/{currency}"


def _account(name: str) -> Account:
    """Set-off and clearing may not be left below zero; positions and loans are bounded by who opens them before, not by the posting."""
    member, purpose, currency = name.rsplit("/", 2)
    owner = "" if member == FUND_NAME else member
    return Account(id=name, owner=owner, purpose=purpose, currency=currency, limit_minor=0 if purpose in (_SET_OFF, _CLEARING) else None)


def _effects(rows: list[tuple[str, str, int, str]]) -> Effects:
    sums: dict[str, list[int]] = {}
    for debit, credit, amount, _ in rows:
        sums.setdefault(debit, [0, 0])[0] += amount
        sums.setdefault(credit, [0, 0])[1] += amount
    columns = {name: [0] * len(sums) for name in COLUMNS}
    columns["posted_debits"], columns["posted_credits"] = ([sides[place] for sides in sums.values()] for place in (0, 1))
    return Effects.of(list(sums), columns)


_OF_CASH: Final = {  # column: account that is debited, account that is credited
    "injected_minor": (_POSITION, _SET_OFF),
    "loan_minor": (_LOAN, _SET_OFF),
    "received_minor": (_SET_OFF, _POSITION),
}


def _sums(tables: Mapping[str, pa.Table], *, of_debits: bool) -> dict[str, int]:
    """What each account must be debited, or credited, reckoned from obligations and cash, not from the members table."""
    sums: dict[str, int] = {}
    net: dict[tuple[str, str], int] = {}

    def add(name: str, amount: int) -> None:
        sums[name] = sums.get(name, 0) + amount

    obligations = tables["obligations"]
    for member, currency, cleared in _grouped(obligations, "debtor" if of_debits else "creditor", "cleared_minor"):
        add(_name(member, _SET_OFF, currency), cleared)
        add(_name(FUND_NAME, _CLEARING, currency), cleared)
    for side, sign in (("debtor", -1), ("creditor", 1)) if "replaced_minor" in obligations.column_names else ():
        for member, currency, replaced in _grouped(obligations, side, "replaced_minor"):
            net[member, currency] = net.get((member, currency), 0) + sign * replaced
    for row in tables["liquidity"].to_pylist() if "liquidity" in tables else ():
        for column, (debited, credited) in _OF_CASH.items():
            if row[column] and row["member"] != FUND_NAME:
                add(_name(row["member"], debited if of_debits else credited, row["currency"]), row[column])
    for (member, currency), amount in net.items():
        if amount:
            add(_name(member, _POSITION, currency) if (amount < 0) == of_debits else _name(FUND_NAME, _CLEARING, currency), abs(amount))
    return sums


def _grouped(table: pa.Table, side: str, column: str) -> Iterator[tuple[str, str, int]]:
    """Member, currency and sum; a currency's obligations fit int64 together, so its parts do."""
    sums = table.group_by([side, "currency"]).aggregate([(column, "sum")])
    return zip(*(sums[name].to_pylist() for name in (side, "currency", f"{column}_sum")), strict=True)
