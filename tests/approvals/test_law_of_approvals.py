"""The law over whole histories: an honest one holds; one approval removed, swapped or used twice breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.approvals.approvals import needs_approval
from rescounter.approvals.laws import no_act_without_its_approval, unapproved
from rescounter.rulebook.reading import read_rulebook
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act
from tests.approvals.histories import EXPIRES_US, approved_histories, decided, numbered, proposed
from tests.membership.acts import person
from tests.rulebook.texts import SMALL, small

JOIN = {"members": [{"code": "ANA", "name": "Ana"}]}
OTHER = {"members": [{"code": "BO", "name": "Bo"}]}
WANT = proposed(10, "op", "members_joined", JOIN)
DONE = (30, "op", "members_joined", {**JOIN, "approval": 2})
RULES = read_rulebook(SMALL).rules

SINGLE = small(union__single_person="true")


def found(acts: list[Act]) -> list[tuple[int, str]]:
    return [(each.act, each.found) for each in unapproved(acts)]


@pytest.mark.parametrize(
    "acts",
    [
        numbered(),
        numbered(WANT, decided(20, "ann", 2), DONE),
        numbered(WANT, decided(10 + EXPIRES_US - 1, "ann", 2), (99_999, *DONE[1:])),  # it may be done later
        numbered(WANT, decided(20, "ann", 2, is_approved=False)),
        numbered((10, "op", "submitted", {"cycle": "c"}), (20, "op", "cleared", {"cycle": "c", "is_final": False})),
        numbered((10, "op", "members_joined", {**JOIN, "approval": 0}), text=SINGLE),
        numbered((10, "op", "members_joined", JOIN), (20, "op", "settled", {"cycle": "c", "approval": 0}), text=SINGLE),
        numbered((10, "", "member_suspended", {"code": "ANA", "reason": "late"}), text=small(settlement__late='"suspend"')),
    ],
)
def test_an_honest_history_holds(acts):
    no_act_without_its_approval(acts)


@pytest.mark.parametrize(
    ("steps", "act", "why"),
    [
        ([(30, "op", "members_joined", JOIN)], 2, "no approval"),
        ([(30, "op", "members_joined", {**JOIN, "approval": 0})], 2, "no approval"),
        ([(30, "op", "cleared", {"cycle": "c", "is_final": True})], 2, "no approval"),
        ([(30, "", "member_suspended", {"code": "ANA", "reason": "late"})], 2, "no approval"),  # no rule says so
        ([WANT, DONE], 3, "proposal 2 was not approved"),
        ([WANT, decided(20, "ann", 2, is_approved=False), DONE], 4, "proposal 2 was not approved"),
        ([WANT, decided(20, "ann", 2), (30, "op", "members_joined", {**OTHER, "approval": 2})], 4, "proposal 2 wanted something else"),
        ([WANT, decided(20, "ann", 2), (30, "op", "settled", {**JOIN, "approval": 2})], 4, "proposal 2 wanted something else"),
        ([WANT, decided(20, "ann", 2), (30, "ann", *DONE[2:])], 4, "proposal 2 wanted something else"),
        ([WANT, decided(20, "ann", 2), DONE, DONE], 5, "the approval of proposal 2 was used before"),
        ([WANT, decided(20, "op", 2), DONE], 3, "op decided an own proposal"),
        ([WANT, decided(20, "eve", 2), DONE], 3, "eve was not active with the role approver"),
        ([WANT, decided(20, "nobody", 2), DONE], 3, "nobody was not active with the role approver"),
        ([WANT, decided(10 + EXPIRES_US, "ann", 2), DONE], 3, "proposal 2 had lapsed"),
        ([WANT, decided(20, "ann", 7), DONE], 3, "no proposal 7"),
        ([WANT, decided(20, "ann", 2), decided(20, "art", 2), DONE], 4, "proposal 2 was decided by act 3"),
        ([(30, "op", "members_joined", {**JOIN, "approval": 9})], 2, "proposal 9 was not approved"),
    ],
)
def test_each_way_round_the_law_is_found(steps, act, why):
    assert found(numbered(*steps))[0] == (act, why)
    with pytest.raises(BrokenLaw, match="no_act_without_its_approval"):
        no_act_without_its_approval(numbered(*steps))


def test_who_was_removed_cannot_approve_and_who_was_added_can():
    out = proposed(10, "op", "person_removed", {"code": "ann"})
    removed = [out, decided(10, "art", 2), (10, "op", "person_removed", {"code": "ann", "approval": 2})]
    joining = proposed(10, "op", "members_joined", JOIN)
    done = (30, "op", "members_joined", {**JOIN, "approval": 5})
    assert found(numbered(*removed, joining, decided(20, "ann", 5), done))[0] == (6, "ann was not active with the role approver")
    assert found(numbered(*removed, joining, decided(20, "art", 5), done)) == []
    comes = proposed(10, "op", "person_added", person("neo", "approver"))
    added = [comes, decided(10, "art", 2), (10, "op", "person_added", {**person("neo", "approver"), "approval": 2})]
    assert found(numbered(*added, joining, decided(20, "neo", 5), done)) == []


def test_a_change_of_the_rulebook_is_judged_by_the_rules_before_it():
    """Nobody makes the union a single person's by an act that a second person never saw."""
    body = read_rulebook(SINGLE).known.as_body()
    alone = (10, "op", "rulebook_changed", {**body, "approval": 0})
    assert found(numbered(alone)) == [(2, "no approval")]
    asked = [proposed(10, "op", "rulebook_changed", body), decided(20, "ann", 2), (20, "op", "rulebook_changed", {**body, "approval": 2})]
    assert found(numbered(*asked, (30, "op", "members_joined", {**JOIN, "approval": 0}))) == []


def test_a_single_persons_union_that_becomes_one_of_several_asks_from_then_on():
    body = read_rulebook(SMALL).known.as_body()
    acts = numbered(
        (10, "op", "members_joined", {**JOIN, "approval": 0}),
        (20, "op", "rulebook_changed", {**body, "approval": 0}),
        (30, "op", "members_joined", {**OTHER, "approval": 0}),
        text=SINGLE,
    )
    assert found(acts) == [(4, "no approval")]


@given(approved_histories())
def test_a_history_in_which_everything_was_approved_holds(acts):
    assert unapproved(acts) == ()


@given(approved_histories(), st.data())
def test_one_approval_removed_breaks_the_law(acts, data):
    approvals = [act for act in acts if act.kind == "approved"]
    if approvals:
        gone = data.draw(st.sampled_from(approvals))
        assert found([act for act in acts if act is not gone]) == [
            (act.number, f"proposal {gone.body['proposal']} was not approved")
            for act in acts
            if act.body.get("approval") == gone.body["proposal"]
        ]


@given(approved_histories(), st.data())
def test_one_approval_swapped_breaks_the_law(acts, data):
    """Given to another proposal, turned into a refusal, or signed by somebody else."""
    approvals = [act for act in acts if act.kind == "approved"]
    if not approvals:
        return
    one = data.draw(st.sampled_from(approvals))
    proposals = [act.number for act in acts if act.kind == "proposed" and act.number != one.body["proposal"]]
    swaps = [replace(one, kind="refused"), replace(one, by="eve"), replace(one, by=acts[one.body["proposal"] - 1].by), replace(one, by="")]
    swaps += [replace(one, body={**one.body, "proposal": number}) for number in proposals]
    swapped = data.draw(st.sampled_from(swaps))
    assert unapproved([swapped if act is one else act for act in acts])


@given(approved_histories(), st.data())
def test_one_act_changed_behind_its_approval_breaks_the_law(acts, data):
    done = [act for act in acts if act.body.get("approval")]
    if not done:
        return
    one = data.draw(st.sampled_from(done))
    changes = [replace(one, by="eve"), replace(one, body={**one.body, "more": 1}), replace(one, body={**one.body, "approval": 0})]
    changed = data.draw(st.sampled_from(changes))
    assert needs_approval(one.kind, RULES)
    assert [number for number, _ in found([changed if act is one else act for act in acts])] == [one.number]
