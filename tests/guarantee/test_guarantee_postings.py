"""Every loss, call and recovery over random members: the acts, the postings and the fold against plain sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import assume
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.guarantee.at_risk import most_at_risk
from rescounter.guarantee.defaults import Guarantee, recovery_of, step_body
from rescounter.guarantee.layers import Kind, Resources
from rescounter.guarantee.losses import OWN_PURPOSES, taken_over
from rescounter.guarantee.reading import layers_of
from rescounter.guarantee.waterfall import waterfall
from rescounter.ledger import Batch
from rescounter.rulebook.guarantee_texts import LAYER_WORDS, guarantee_misfits, read_layer
from rescounter.rulebook.rules import GuaranteeRules
from rescounter.settlement.accounts import account_of
from rescounter.settlement.guarantee_postings import loss_batch, movement_batch, recovery_batch
from rescounter.terms.acts import Act, body_of, canonical

OTHERS = ("ana", "bo", "cy")
amounts = st.integers(0, 300)
by_member = st.dictionaries(st.sampled_from(OTHERS), amounts)
own = st.fixed_dictionaries({purpose: st.integers(-300, 300) for purpose in OWN_PURPOSES if purpose != "assessments"})
"""Calls of earlier losses are told by the tests of a whole union."""
sets_of_layers = st.sampled_from(
    (
        (
            "defaulter_collateral",
            "defaulter_fund",
            "operator_capital",
            "survivor_funds",
            "assessment_calls 1.5",
            "residual_to_counterparties_by_exposure",
        ),
        ("fund", "creditors"),
        ("defaulter_fund", "survivor_funds", "assessment_calls 0.5"),
        ("operator_capital",),
        (),
    )
)


class Books:
    """Balances by account; never below zero where the ledger would not allow it."""

    def __init__(self, balances: Mapping[str, int]) -> None:
        self.balances = dict(balances)

    def post(self, batch: Batch) -> None:
        for each in batch.transfers.rows():
            self.balances[each.debit] = self.balances.get(each.debit, 0) - each.amount_minor
            self.balances[each.credit] = self.balances.get(each.credit, 0) + each.amount_minor
        for name, balance in self.balances.items():
            assert balance >= 0 or account_of(name).limit_minor is None or "/cash/" in name, name

    def there(self) -> dict[str, int]:
        return {name: balance for name, balance in self.balances.items() if balance}


def act(number: int, kind: str, **body: Any) -> Act:
    return Act(number=number, at_us=number, by="op", kind=kind, body=body_of(canonical(body)))


@over(
    own=own,
    funds=by_member,
    own_fund=amounts,
    collateral=amounts,
    capital=amounts,
    exposures=by_member,
    texts=sets_of_layers,
    paid=st.lists(st.tuples(st.sampled_from(OTHERS), amounts), max_size=4),
    shares=st.lists(st.integers(1, 400), max_size=4),
)
def test_a_loss_is_borne_whole_and_recoveries_undo_it_exactly(
    own: dict[str, int],
    funds: dict[str, int],
    own_fund: int,
    collateral: int,
    capital: int,
    exposures: dict[str, int],
    texts: tuple[str, ...],
    paid: list[tuple[str, int]],
    shares: list[int],
):
    rules = GuaranteeRules(layers=texts, fund_threshold_minor={"EUR": 120} if "fund" in texts else {})
    behind = Resources(
        collateral={"dee": collateral},
        fund_shares={**funds, "dee": own_fund},
        operator_capital_minor=capital,
        union_fund_minor=capital,
        exposures={"dee": exposures},
    )
    books = Books(
        {
            **{f"dee/{purpose}/EUR": balance for purpose, balance in own.items()},
            **{f"{member}/fund/EUR": amount for member, amount in behind.fund_shares.items()},
            "dee/collateral/EUR": collateral,
            "*/guarantee/EUR": capital,
        }
    )
    before = books.there()
    taken = taken_over(own)
    assert taken.loss_minor == max(0, -sum(own.values()))
    assume(taken.loss_minor)  # nothing is borne where nothing is lost
    borne = waterfall("dee", taken.loss_minor, layers_of(rules, "EUR"), behind)
    guarantee = Guarantee()
    guarantee = guarantee.after(act(1, "default_declared", code="dee", reason="x"))
    body = {
        "member": "dee",
        "currency": "EUR",
        "default": 1,
        "turn": 1,
        "loss_minor": borne.loss_minor,
        "taken": dict(taken.moved),
        "steps": [step_body(step) for step in borne.steps],
        "unallocated_minor": borne.unallocated_minor,
        "call_days": 5,
        "rulebook": "1/x",
    }
    books.post(loss_batch(body))
    guarantee = guarantee.after(act(2, "loss_borne", **body))

    # steps and what is left are the loss; the ledger has them; nobody is told less beforehand than it bears
    assert sum(step.amount_minor for step in borne.steps) + borne.unallocated_minor == borne.loss_minor
    assert books.balances.get("dee/default/EUR", 0) == 0
    assert books.balances.get("*/losses/EUR", 0) == -borne.unallocated_minor
    for member in OTHERS:
        bears = sum(step.amount_minor for step in borne.steps if step.payer == member)
        assert guarantee.open_calls(member, "EUR") == -books.balances.get(f"{member}/assessments/EUR", 0)
        assert bears <= most_at_risk(member, {"dee": borne.loss_minor}, layers_of(rules, "EUR"), behind).total_minor

    number = 3
    for member, amount in paid:
        pays = min(amount, guarantee.open_calls(member, "EUR"))
        if pays:
            call = {"member": member, "currency": "EUR", "amount_minor": pays, "reference": f"C{number}", "rulebook": "1/x"}
            books.post(movement_batch("assessment_paid", call))
            guarantee = guarantee.after(act(number, "assessment_paid", **call))
            number += 1
    came = 0
    for share in (*shares, borne.loss_minor):
        amount = min(share, borne.loss_minor - came)
        if not amount:
            continue
        found = recovery_of(guarantee, "dee", "EUR", amount)
        recovered = {
            "member": "dee",
            "currency": "EUR",
            "amount_minor": amount,
            "reference": f"X{number}",
            "repaid": [
                {
                    "loss": each.loss,
                    "step": each.repayment.step.number,
                    "kind": each.repayment.step.kind.value,
                    "payer": each.repayment.step.payer,
                    "amount_minor": each.repayment.amount_minor,
                    "to_call_minor": each.to_call_minor,
                    "reason": each.repayment.reason,
                }
                for each in found.repaid
            ],
            "unallocated": [{"loss": loss, "amount_minor": part} for loss, part in found.unallocated],
            "surplus_minor": found.surplus_minor,
            "rulebook": "1/x",
        }
        books.post(recovery_batch(recovered))
        guarantee = guarantee.after(act(number, "recovered", **recovered))
        number, came = number + 1, came + amount
        for member in OTHERS:
            assert guarantee.open_calls(member, "EUR") == -books.balances.get(f"{member}/assessments/EUR", 0)

    # all came back: the others stand as before, and what dee owed was paid by what came back and by what it had itself
    undone = {**before, **{f"dee/{purpose}/EUR": own[purpose] + amount for purpose, amount in taken.moved.items()}}
    undone["*/settlement/EUR"] = -borne.loss_minor
    assert books.there() == {name: balance for name, balance in undone.items() if balance}


def test_the_words_of_the_rulebook_are_the_kinds_of_the_waterfall():
    assert {kind.value for kind in Kind} == set(LAYER_WORDS)
    assert all(read_layer(word) == (word, 1) for word in LAYER_WORDS)
    assert [read_layer(text) for text in ("assessment_calls x", "fund 2", "survivors", "assessment_calls 1/2", "")] == [None] * 5


def test_layers_that_contradict_each_other_are_told():
    def found(*layers: str, threshold: bool = False) -> list[str]:
        values = {"guarantee.layers": layers, "guarantee.fund_threshold": {"EUR": 1} if threshold else {}}
        return [code for _, code, *_ in guarantee_misfits(values)]

    assert found("defaulter_fund", "survivor_funds", "assessment_calls 2") == []
    assert found("defaulter_funds") == ["layer_unknown"]
    assert found("assessment_calls 1", "assessment_calls 2") == ["layers_do_not_fit"]
    assert found("operator_capital", "fund") == ["layers_do_not_fit"]
    assert found("residual_to_counterparties_by_exposure", "creditors") == ["layers_do_not_fit"]
    assert found("creditors", threshold=True) == ["layers_do_not_fit"]
