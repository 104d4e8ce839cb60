"""The tables of states: every edge leads where the page says, in the fold too, and nothing else does."""

from __future__ import annotations

import datetime
from itertools import product

import pytest

from rescounter.insurance.drawing import as_markdown, as_mermaid
from rescounter.insurance.pool import Pool
from rescounter.insurance.states import CLAIMS, FINAL, YEARS, ClaimState, When, YearState, follows
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act
from tests.insurance.pools import TERMS

ACTS = tuple(dict.fromkeys(edge.act for edge in CLAIMS))
PATHS: dict[ClaimState, tuple[tuple[str, int], ...]] = {
    ClaimState.NOTIFIED: (),
    ClaimState.RESERVED: (("claim_reserved", 500_000),),
    ClaimState.ADJUSTED: (("claim_reserved", 500_000), ("claim_adjusted", 500_000)),
    ClaimState.PAID: (("claim_reserved", 500_000), ("claim_adjusted", 500_000), ("claim_paid", 400_000)),
    ClaimState.REFUSED: (("claim_refused", 0),),
    ClaimState.DISPUTED: (("claim_refused", 0), ("claim_disputed", 0)),
}


class Told:
    """A pool that acts are told one after the other."""

    def __init__(self) -> None:
        self.pool, self.number = Pool(), 0

    def tell(self, act: str, /, **body: object) -> Told:
        self.number += 1
        self.pool = self.pool.after(Act(number=self.number, at_us=self.number, by="op", kind=act, body={"year": "2026", **body}))
        return self

    def start(self) -> Told:
        self.tell("pool_year_opened", text=TERMS, exponent=2, digest="sha256:1", currency="EUR")
        self.tell("pool_called", call="c", kind="advance", claim="", total_minor=500_000)
        self.tell("pool_paid", call="c", payment=1, total_minor=500_000)
        occurred = datetime.date(2026, 3, 1).isoformat()
        return self.tell("claim_notified", claim="C", member="ana", cover="cargo", occurred=occurred, amount_minor=500_000)

    def act(self, kind: str, amount: int, *, settles: bool = True) -> Told:
        return self.tell(kind, claim="C", amount_minor=amount, payment=1, settles=settles)

    @property
    def state(self) -> ClaimState:
        return self.pool.claims["C"].state


def at(state: ClaimState) -> Told:
    told = Told().start()
    for kind, amount in PATHS[state]:
        told.act(kind, amount)
    assert told.state is state
    return told


@pytest.mark.parametrize("edge", [edge for edge in CLAIMS if edge.source], ids=lambda edge: f"{edge.source.value}-{edge.act}")
def test_every_edge_of_a_claim_leads_where_the_table_says(edge):
    """The same table with the amounts that make each condition true, told to the fold."""
    if edge.when is When.SATISFIED:  # a part was paid, then the adjustment was disputed
        told = at(ClaimState.ADJUSTED).act("claim_paid", 100_000, settles=False).act("claim_disputed", 0)
        assert told.act("claim_resolved", 200_000).state is ClaimState.PAID
        return
    amount = {When.IN_PART: 100_000, When.IN_FULL: 400_000, When.GRANTED: 300_000, When.REJECTED: 0}.get(edge.when, 400_000)
    told = at(edge.source)
    assert told.act(edge.act, amount, settles=edge.when is not When.IN_PART).state is edge.target


@pytest.mark.parametrize(
    ("state", "act"), [each for each in product(ClaimState, ACTS) if not any((e.source, e.act) == each for e in CLAIMS)]
)
def test_what_the_table_has_not_breaks_a_law(state, act):
    with pytest.raises(BrokenLaw):
        at(state).act(act, 400_000)


def test_an_act_leads_to_one_state_at_most():
    for state, act in product((None, *ClaimState), ACTS):
        for when in When:
            targets = {e.target for e in CLAIMS if (e.source, e.act) == (state, act) and e.when in (None, when)}
            assert len(targets) <= 1
            assert follows(state, act, {when}) is (targets.pop() if targets else None)


def test_nothing_leads_out_of_paid_and_only_a_dispute_out_of_refused():
    assert sorted(state.value for state in FINAL) == ["paid", "refused"]
    assert {edge.act for edge in CLAIMS if edge.source in FINAL} == {"claim_disputed"}


@pytest.mark.parametrize("kind", [edge.act for edge in YEARS if edge.source is YearState.OPEN] + list(ACTS))
def test_nothing_happens_in_a_year_that_is_closed(kind):
    told = at(ClaimState.PAID).tell("pool_year_closed", total_minor=100_000, carried_to="")
    with pytest.raises(BrokenLaw, match="a_closed_year_stays_closed"):
        told.tell(kind, claim="C", amount_minor=1, total_minor=0, carried_to="", call="d", kind="advance")


@pytest.mark.parametrize(
    ("law", "kind", "body"),
    [
        ("a_policy_year_opens_once", "pool_year_opened", {"text": TERMS, "exponent": 2}),
        ("a_call_is_made_once", "pool_called", {"call": "c", "kind": "advance", "claim": "", "total_minor": 1}),
        ("nobody_pays_more_than_was_called", "pool_paid", {"call": "c", "payment": 2, "total_minor": 1}),
        ("claims_have_codes_of_their_own", "claim_notified", {"claim": "C"}),
        ("a_closed_year_gives_all_it_has", "pool_year_closed", {"total_minor": 99_999, "carried_to": ""}),
        ("a_claim_is_not_paid_above_its_layers", "claim_paid", {"claim": "C", "amount_minor": 400_001, "payment": 1, "settles": True}),
        ("a_claim_is_not_paid_above_its_layers", "claim_paid", {"claim": "C", "amount_minor": -1, "payment": 1, "settles": True}),
        ("payments_of_a_claim_are_numbered", "claim_paid", {"claim": "C", "amount_minor": 1, "payment": 2, "settles": True}),
    ],
)
def test_the_fold_keeps_its_laws(law, kind, body):
    told = at(ClaimState.ADJUSTED)
    with pytest.raises(BrokenLaw, match=law):
        told.pool.after(Act(number=99, at_us=99, by="op", kind=kind, body={"year": "2026", **body}))


def test_a_year_pays_out_of_its_own_money_alone():
    told = at(ClaimState.RESERVED).act("claim_adjusted", 1_500_000)
    with pytest.raises(BrokenLaw, match="a_year_pays_out_of_its_own_money"):
        told.act("claim_paid", 600_000, settles=False)


def test_the_drawing_has_every_edge():
    lines = list(as_markdown())
    assert sum("`claim_" in line for line in lines) == len(CLAIMS)
    assert sum(line.startswith(("| open", "| (not yet) | `pool")) for line in lines) == len(YEARS)
    assert "    ADJUSTED --> PAID: paid" in list(as_mermaid())
