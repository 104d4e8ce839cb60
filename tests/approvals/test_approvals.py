"""Proposals: pending, decided by another, lapsed by the clock alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.approvals.approvals import Approvals, ProposalState, needs_approval, refusals_to_decide
from rescounter.membership.members import Role
from rescounter.membership.register import Register
from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.rules import APPROVED_KINDS
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act
from tests.approvals.histories import EXPIRES_US, START_US, approved_histories, decided, numbered, proposed
from tests.rulebook.texts import SMALL, small

JOIN = ("members_joined", {"members": [{"code": "ANA", "name": "Ana"}]})
RULES = read_rulebook(SMALL).rules


def approvals_of(acts: list[Act]) -> Approvals:
    approvals = Approvals()
    for act in acts:
        approvals = approvals.after(act)
    return approvals


def register_of(acts: list[Act]) -> Register:
    register = Register()
    for act in acts:
        register = register.after(act)
    return register


@pytest.mark.parametrize(
    ("steps", "table"),
    [
        ([], {10: "pending", 10 + EXPIRES_US - 1: "pending", 10 + EXPIRES_US: "lapsed"}),
        ([decided(20, "ann", 2)], {20: "approved", 99_999: "approved"}),
        ([decided(20, "ann", 2, is_approved=False)], {20: "refused", 99_999: "refused"}),
    ],
)
def test_a_proposal_waits_until_it_is_decided_or_lapses(steps, table):
    approvals = approvals_of(numbered(proposed(10, "op", *JOIN), *steps))
    proposal = approvals.proposal(2)
    assert {at_us: proposal.state_at(START_US + at_us).value for at_us in table} == table
    for at_us, state in table.items():
        assert [each.number for each in approvals.pending(START_US + at_us)] == ([2] if state == "pending" else [])


def test_what_waits_is_told_the_oldest_first():
    acts = numbered(proposed(10, "op", *JOIN), proposed(20, "ann", *JOIN), proposed(30, "op", *JOIN), decided(40, "art", 3))
    assert [(each.number, each.by, each.kind) for each in approvals_of(acts).pending(START_US + 40)] == [
        (2, "op", "members_joined"),
        (4, "op", "members_joined"),
    ]


def test_an_approval_is_marked_by_the_act_that_used_it():
    acts = numbered(proposed(10, "op", *JOIN), decided(20, "ann", 2), (20, "op", JOIN[0], {**JOIN[1], "approval": 2}))
    proposal = approvals_of(acts).proposal(2)
    assert (proposal.decision.by, proposal.decision.act, proposal.used_by) == ("ann", 3, 4)
    assert approvals_of(acts).proposal(3) is None


@pytest.mark.parametrize(
    ("law", "steps"),
    [
        ("nobody_decides_their_own", [decided(20, "op", 2)]),
        ("only_what_is_pending_is_decided", [decided(20, "ann", 2), decided(30, "art", 2)]),
        ("only_what_is_pending_is_decided", [decided(10 + EXPIRES_US, "ann", 2)]),
        ("a_decision_names_its_proposal", [decided(20, "ann", 1)]),
        ("an_approval_is_used_once", [(20, "op", JOIN[0], {**JOIN[1], "approval": 2})]),
        ("an_approval_is_used_once", [decided(20, "ann", 2, is_approved=False), (20, "op", JOIN[0], {**JOIN[1], "approval": 2})]),
        (
            "an_approval_is_used_once",
            [decided(20, "ann", 2), (20, "op", JOIN[0], {**JOIN[1], "approval": 2}), (20, "op", "settled", {"approval": 2})],
        ),
    ],
)
def test_a_decision_that_cannot_be_breaks_a_law(law, steps):
    with pytest.raises(BrokenLaw, match=law):
        approvals_of(numbered(proposed(10, "op", *JOIN), *steps))


WAITING = numbered(
    proposed(10, "ann", *JOIN),  # 2
    proposed(10, "op", *JOIN),  # 3
    decided(20, "ann", 3),  # 4
    proposed(20, "op", *JOIN, lasts_us=5),  # 5
    proposed(20, "op", *JOIN),  # 6
    (21, "op", "person_removed", {"code": "art"}),
)


@pytest.mark.parametrize(
    ("person", "number", "codes"),
    [
        ("ann", 6, []),
        ("ann", 99, ["proposal_unknown"]),
        ("ann", 4, ["proposal_unknown"]),
        ("ann", 3, ["proposal_decided"]),
        ("ann", 5, ["proposal_lapsed"]),
        ("ann", 2, ["own_proposal"]),
        ("op", 2, ["not_an_approver"]),
        ("eve", 6, ["not_an_approver"]),
        ("art", 6, ["not_an_approver"]),  # removed
        ("op", 6, ["own_proposal", "not_an_approver"]),
        ("op", 3, ["proposal_decided", "own_proposal", "not_an_approver"]),
    ],
)
def test_who_may_not_decide_is_told_every_reason(person, number, codes):
    approvals, register = approvals_of(WAITING), register_of(WAITING)
    found = refusals_to_decide(approvals, number, register.person(person), register, RULES, START_US + 100)
    assert [each.code for each in found] == codes
    assert all(each.id == str(number) and each.found and each.allowed and each.what_to_do for each in found)


def test_the_rulebook_names_the_role_that_approves():
    rules = read_rulebook(small(approvals__role='"operator"')).rules
    approvals, register = approvals_of(WAITING), register_of(WAITING)
    assert refusals_to_decide(approvals, 2, register.person("op"), register, rules, START_US + 100) == ()
    assert Role(rules.approvals.role) is Role.OPERATOR


def test_what_moves_money_or_changes_members_limits_keys_or_rules_needs_an_approval():
    more = read_rulebook(small(approvals__needed=str([*APPROVED_KINDS, "cut_off"]).replace("'", '"'))).rules
    table = {"settled": (True, True), "limits_set": (True, True), "cut_off": (False, True), "submitted": (False, False)}
    assert {kind: (needs_approval(kind, RULES), needs_approval(kind, more)) for kind in table} == table


@given(approved_histories(), st.integers(0, 6_000))
def test_a_proposal_is_what_a_scan_of_all_acts_finds(acts, later):
    """Scan: the decision that names it, else the clock."""
    approvals, at_us = approvals_of(acts), acts[-1].at_us + later
    for act in acts:
        if act.kind != "proposed":
            assert approvals.proposal(act.number) is None
            continue
        decisions = [each.kind for each in acts if each.body.get("proposal") == act.number]
        state = decisions[0] if decisions else "pending" if at_us < act.body["expires_at_us"] else "lapsed"
        assert approvals.proposal(act.number).state_at(at_us) is ProposalState(state)
        assert (approvals.proposal(act.number) in approvals.pending(at_us)) == (state == "pending")


@given(approved_histories(), st.sampled_from(["op", "ann", "art", "eve"]), st.integers(0, 1_500))
def test_nobody_is_let_decide_their_own_nor_anything_twice(acts, code, later):
    approvals, register, at_us = approvals_of(acts), register_of(acts), acts[-1].at_us + later
    for number, proposal in approvals.proposals.flat().items():
        allowed = not refusals_to_decide(approvals, number, register.person(code), register, RULES, at_us)
        assert allowed == (code in ("ann", "art") and code != proposal.by and proposal.state_at(at_us) is ProposalState.PENDING)
        act = Act(number=len(acts) + 1, at_us=at_us, by=code, kind="approved", body={"proposal": number, "reason": ""})
        if allowed:
            approvals.after(act)
        elif code != "eve" and code != "op":
            with pytest.raises(BrokenLaw):
                approvals.after(act)
