"""What the guarantee of a union posts, under the keys of `docs/UNION.md` section 3.

=============  ==================  ===================  ===================  ===========================================
batch          kind of transfer    debit                credit               amount
=============  ==================  ===================  ===================  ===========================================
contribution   fund_contributed    M/cash               M/fund               what M adds to its fund share
return         fund_returned       M/fund               M/cash               what M takes back of it
capital        guarantee_paid_in   ``*/settlement``     ``*/guarantee``      the operator's capital, or the union's fund
loss           taken_over          M/default            M/cash, M/fees ...   what M owes on an account, which is filled up
loss           own_means           M/cash ...           M/default            what M has and is used first
loss           the layer           payer's account      M/default            one step of the waterfall
loss           unallocated         ``*/losses``         M/default            what no layer bears
call           assessment_paid     M/cash               M/assessments        what M pays of its calls
recovery       recovered           ``*/settlement``     M/default            money that came back
recovery       repaid, surplus     M/default            payer's account      what each has back
=============  ==================  ===================  ===================  ===========================================

M/default ends every batch where it began it: it shows what went through. The payer's account is M/collateral or M/fund of the defaulter,
``*/guarantee``, M/fund of a survivor, and M/assessments where a share is called. What came in is debited to ``*/unidentified`` where a
bank's file told of it before. The transfers of a batch are numbered under its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from rescounter.ledger import Batch, Policy, Transfer, Transfers
from rescounter.settlement.accounts import (
    ASSESSMENTS,
    CASH,
    COLLATERAL,
    DEFAULT,
    FUND,
    GUARANTEE,
    LOSSES,
    SETTLEMENT,
    UNIDENTIFIED,
    account_name,
)
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["loss_batch", "loss_key", "movement_batch", "movement_key", "payer_account", "recovery_batch"]

_PURPOSES: Final[Mapping[str, str]] = {
    "defaulter_collateral": COLLATERAL,
    "defaulter_fund": FUND,
    "operator_capital": GUARANTEE,
    "fund": GUARANTEE,
    "survivor_funds": FUND,
    "assessment_calls": ASSESSMENTS,
    "residual_to_counterparties_by_exposure": ASSESSMENTS,
    "creditors": ASSESSMENTS,
}
"""By kind of layer, the account that its payers pay from."""


@dataclass(frozen=True, slots=True)
class _Move:
    """One transfer before it has its number."""

    debit: str
    credit: str
    amount_minor: int
    kind: str
    memo: str | None = None


def payer_account(kind: str, payer: str, currency: str) -> str:
    """The account from which *payer* bears its part of a layer of *kind*; ``*`` is the union."""
    return account_name(payer, _PURPOSES[kind], currency)


def movement_key(kind: str, reference: str) -> str:
    """``guarantee/KIND/HASH`` of the operator's reference, so that no movement is posted twice."""
    return f"guarantee/{kind}/{sha256(reference.encode()).hexdigest()}"


def loss_key(default: int, currency: str, turn: int) -> str:
    """``default/ACT/CUR/TURN``: of the act that declared the default, and the how manyth loss in that currency it is."""
    return f"default/{default}/{currency}/{turn}"


def movement_batch(kind: str, body: Mapping[str, Any]) -> Batch:
    """A contribution, a return, capital or a call that is paid, of the body of its act."""
    currency, member = body["currency"], body.get("member", FUND_NAME)
    sides = {
        "fund_contributed": (account_name(member, CASH, currency), account_name(member, FUND, currency)),
        "fund_returned": (account_name(member, FUND, currency), account_name(member, CASH, currency)),
        "guarantee_paid_in": (_source(body), account_name(FUND_NAME, GUARANTEE, currency)),
        "assessment_paid": (account_name(member, CASH, currency), account_name(member, ASSESSMENTS, currency)),
    }
    return _batch(movement_key(kind, body["reference"]), [_Move(*sides[kind], body["amount_minor"], kind)], body["rulebook"])


def loss_batch(body: Mapping[str, Any]) -> Batch:
    """One loss, step by step, of the body of its act. Law: M/default ends where it began: all of the loss is borne, or said."""
    member, currency = body["member"], body["currency"]
    hole = account_name(member, DEFAULT, currency)
    moves = []
    for purpose, amount in body["taken"].items():
        own = account_name(member, purpose, currency)
        moves.append(_Move(hole, own, amount, "taken_over") if amount > 0 else _Move(own, hole, -amount, "own_means"))
    for step in body["steps"]:
        account = payer_account(step["kind"], step["payer"], currency)
        moves.append(_Move(account, hole, step["amount_minor"], step["kind"], step["reason"]))
    if body["unallocated_minor"]:
        moves.append(_Move(account_name(FUND_NAME, LOSSES, currency), hole, body["unallocated_minor"], "unallocated", "no layer bears it"))
    _ends_at_zero(moves, hole)
    return _batch(loss_key(body["default"], currency, body["turn"]), moves, body["rulebook"])


def recovery_batch(body: Mapping[str, Any]) -> Batch:
    """Money that came back, and who has it back. Law: M/default ends where it began."""
    member, currency = body["member"], body["currency"]
    hole = account_name(member, DEFAULT, currency)
    moves = [_Move(_source(body), hole, body["amount_minor"], "recovered")]
    for each in body["unallocated"]:
        moves.append(_Move(hole, account_name(FUND_NAME, LOSSES, currency), each["amount_minor"], "repaid", "what nobody bore"))
    for each in body["repaid"]:
        account = payer_account(each["kind"], each["payer"], currency)
        in_cash = each["amount_minor"] - each["to_call_minor"] if account.split("/")[-2] == ASSESSMENTS else 0
        for credit, amount in ((account, each["amount_minor"] - in_cash), (account_name(each["payer"], CASH, currency), in_cash)):
            moves += [_Move(hole, credit, amount, "repaid", each["reason"])] if amount else []
    if body["surplus_minor"]:
        moves.append(_Move(hole, account_name(member, CASH, currency), body["surplus_minor"], "surplus", "beyond what was borne"))
    _ends_at_zero(moves, hole)
    return _batch(movement_key("recovered", body["reference"]), moves, body["rulebook"])


def _source(body: Mapping[str, Any]) -> str:
    """Where money came in: as an unidentified pay-in that a bank's file told of, or on the settlement account before any did."""
    return account_name(FUND_NAME, UNIDENTIFIED if body.get("came_in") else SETTLEMENT, body["currency"])


def _ends_at_zero(moves: Iterable[_Move], hole: str) -> None:
    balance = sum((move.credit == hole) * move.amount_minor - (move.debit == hole) * move.amount_minor for move in moves)
    holds(balance == 0, "all_of_a_loss_is_borne_or_said", account=hole, left=balance)


def _batch(key: str, moves: Iterable[_Move], rulebook: str) -> Batch:
    transfers = [
        Transfer(
            id=f"{key}/{number:04d}",
            debit=move.debit,
            credit=move.credit,
            amount_minor=move.amount_minor,
            kind=move.kind,
            memo=move.memo,
        )
        for number, move in enumerate(moves, start=1)
    ]
    return Batch(key=key, transfers=Transfers.of(transfers), policy=Policy.CYCLE_NET, rulebook_version=rulebook)
