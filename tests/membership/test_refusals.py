"""Every code with which an act of membership is refused, once; and all of them at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.membership.grounds import Conditions
from rescounter.membership.members import Role
from rescounter.membership.register import Register, refusals
from rescounter.terms import Exponents
from rescounter.terms.member_rules import MEMBER_RULES
from rescounter.terms.refusals import UNION_REFUSALS
from tests.membership.acts import acts_of, joined, limit, person, register_of
from tests.terms.test_identity import KEY

REGISTER = register_of(
    (1, "founded", {"people": [person("op", "operator"), person("ap", "approver")]}),
    joined(1, "ANA", country="SI"),
    joined(1, "SUB", under="ANA"),
    joined(1, "BO"),
    joined(1, "SUS"),
    joined(1, "OUT"),
    joined(1, "GOING"),
    (2, "member_suspended", {"code": "SUS", "reason": "late"}),
    (2, "member_withdrew", {"code": "OUT", "leaves_at_us": 3}),
    (2, "member_withdrew", {"code": "GOING", "leaves_at_us": 900}),
    (2, "person_added", person("mia", "member", member="ANA")),
    (2, "person_added", person("zoe", "overseer")),
    (3, "person_removed", {"code": "zoe"}),
)
NOW = 100
ALPHA, BETA = {"code": "ALPHA", "name": "Alpha"}, {"code": "BETA", "name": "Beta"}


def member(**details: object) -> dict[str, object]:
    return {"members": [{**ALPHA, **details}]}


def limits(**details: object) -> dict[str, object]:
    return {"limits": [{**limit("ANA", 100), **details}]}


ONE_FAULT = [
    # code, kind, body
    ("detail_unknown", "members_joined", member(colour="red")),
    ("detail_unknown", "member_suspended", {"code": "ANA", "reason": "x", "until": 5}),
    ("detail_unknown", "limits_set", limits(note="x")),
    ("detail_missing", "members_joined", {"members": [{"code": "ALPHA"}]}),
    ("detail_missing", "members_joined", {"members": [{"name": "Alpha"}]}),
    ("detail_missing", "members_joined", member(lei=5)),
    ("detail_missing", "members_joined", {"members": "ALPHA"}),
    ("detail_missing", "member_suspended", {"code": "ANA"}),
    ("detail_missing", "member_expelled", {"code": "ANA", "leaves_at_us": 500}),
    ("detail_missing", "member_changed", {"code": "ANA", "name": ""}),
    ("detail_missing", "person_added", {"code": "eva", "roles": []}),
    ("code_unusable", "members_joined", member(code="*")),
    ("code_unusable", "person_added", {**person("eva", "operator"), "code": "e\u200bva"}),
    ("text_malformed", "members_joined", member(name="Al\npha")),
    ("text_malformed", "members_joined", member(group="G" * 257)),
    ("text_malformed", "member_reinstated", {"code": "SUS", "reason": "Mu\u0308ller"}),
    ("rows_too_many", "members_joined", {"members": []}),
    ("rows_too_many", "limits_set", {"limits": [limit("ANA", 1, kind="quota")] * 1001}),
    ("member_code_taken", "members_joined", member(code="OUT")),
    ("member_code_twice", "members_joined", {"members": [ALPHA, BETA, ALPHA]}),
    ("lei_malformed", "members_joined", member(lei="5493001KJTIIGC8Y1R13")),
    ("bic_malformed", "members_joined", member(bic="LJBASI2")),
    ("account_malformed", "members_joined", member(account="SI56192001234567893")),
    ("country_unknown", "members_joined", member(country="UK")),
    ("key_malformed", "members_joined", member(key=KEY[:-1])),
    ("key_malformed", "person_changed", {"code": "mia", "key": "mia"}),
    ("direct_member_unknown", "members_joined", member(under="ZETA")),
    ("direct_member_unknown", "members_joined", member(under="OUT")),
    ("direct_member_unknown", "members_joined", member(under="ALPHA")),
    ("direct_member_unknown", "member_changed", {"code": "BO", "under": "BO"}),
    ("direct_member_is_indirect", "members_joined", member(under="SUB")),
    ("direct_member_is_indirect", "members_joined", {"members": [{**ALPHA, "under": "BETA"}, {**BETA, "under": "BO"}]}),
    ("has_indirect_members", "member_changed", {"code": "ANA", "under": "BO"}),
    ("member_not_known", "member_suspended", {"code": "ANNA", "reason": "x"}),
    ("member_not_known", "limits_set", limits(member="ANNA")),
    ("member_has_left", "member_changed", {"code": "OUT", "name": "Out"}),
    ("member_has_left", "limits_set", limits(member="OUT")),
    ("standing_unchanged", "member_suspended", {"code": "SUS", "reason": "x"}),
    ("standing_unchanged", "member_reinstated", {"code": "ANA", "reason": "x"}),
    ("standing_unchanged", "member_withdrew", {"code": "GOING", "leaves_at_us": 500}),
    ("leaves_too_early", "member_withdrew", {"code": "ANA", "leaves_at_us": NOW - 1}),
    ("leaves_too_early", "member_withdrew", {"code": "ANA"}),
    ("nothing_changes", "member_changed", {"code": "ANA", "country": "SI"}),
    ("nothing_changes", "person_changed", {"code": "op", "roles": ["operator"]}),
    ("limit_kind_unknown", "limits_set", limits(kind="overdraft")),
    ("limit_currency_unknown", "limits_set", limits(currency="EURO")),
    ("limit_currency_unknown", "limits_set", limits(currency="XDR")),
    ("limit_not_a_number", "limits_set", limits(amount_minor=-1)),
    ("limit_not_a_number", "limits_set", limits(amount_minor=2**63)),
    ("limit_not_a_number", "limits_set", limits(amount_minor=True)),
    ("limit_in_the_past", "limits_set", limits(from_us=NOW - 1)),
    ("limit_twice", "limits_set", {"limits": [limit("ANA", 1), limit("BO", 1), limit("ANA", 2)]}),
    ("person_code_taken", "person_added", person("zoe", "overseer")),
    ("person_unknown", "person_removed", {"code": "nobody"}),
    ("person_removed", "person_changed", {"code": "zoe", "name": "Zoe"}),
    ("role_unknown", "person_added", person("eva", "boss")),
    ("person_without_member", "person_added", person("eva", "member")),
    ("person_without_member", "person_added", person("eva", "member", member="OUT")),
    ("person_without_member", "person_added", person("eva", "operator", member="ANA")),
    ("last_of_its_role", "person_removed", {"code": "ap"}),
    ("last_of_its_role", "person_changed", {"code": "op", "roles": ["overseer"]}),
    ("last_of_its_role", "founded", {"people": [person("ap", "approver")]}),
    ("person_code_taken", "founded", {"people": [person("op", "operator"), person("op", "operator")]}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind", "body"), ONE_FAULT, ids=[f"{row[0]}-{row[1]}" for row in ONE_FAULT])
def test_an_act_with_one_fault_is_refused_under_its_code(code, kind, body):
    found = refusals(REGISTER, kind, body, NOW)
    assert {refusal.code for refusal in found} == {code}
    rule = UNION_REFUSALS[code]
    for refusal in found:
        assert (refusal.rule, refusal.what_to_do) == (rule.rule, rule.what_to_do)
        assert refusal.found and refusal.allowed


def test_a_legal_entity_identifier_is_missing_only_where_the_rulebook_asks_for_it():
    conditions = Conditions(lei_required=True)
    assert [each.code for each in refusals(REGISTER, "members_joined", member(), NOW, conditions)] == ["lei_missing"]
    assert [each.code for each in refusals(REGISTER, "member_changed", {"code": "ANA", "name": "A"}, NOW, conditions)] == ["lei_missing"]
    assert refusals(REGISTER, "members_joined", member(lei="5493001KJTIIGC8Y1R12"), NOW, conditions) == ()


def test_limits_have_currencies_of_the_union():
    conditions = Conditions(currencies=("EUR", "XDR"), exponents=Exponents({"XDR": 2}))
    table = {"EUR": [], "XDR": [], "USD": ["limit_currency_unknown"]}
    assert {
        code: [each.code for each in refusals(REGISTER, "limits_set", limits(currency=code), NOW, conditions)] for code in table
    } == table


def test_each_code_of_membership_is_given():
    given_here = {row[0] for row in ONE_FAULT} | {"lei_missing"}
    of_approvals = {
        "proposal_unknown",
        "proposal_decided",
        "proposal_lapsed",
        "own_proposal",
        "not_an_approver",
        "approval_begun",
        "proposal_outdated",
    }
    of_persons_in_general = {"person_unknown"}
    assert {row[0] for row in MEMBER_RULES} == (given_here | of_approvals) - of_persons_in_general


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("founded", {"people": [person("op", "operator"), person("mia", "member", member="ANA")]}),
        ("members_joined", member(country="SI", bic="LJBASI2X", account="SI56192001234567892", key=KEY, group="G", under="BO")),
        ("members_joined", {"members": [{**ALPHA, "under": "BETA"}, BETA], "approval": 3}),
        ("member_changed", {"code": "SUB", "under": ""}),
        ("member_changed", {"code": "GOING", "name": "Going, going"}),
        ("member_suspended", {"code": "GOING", "reason": "late"}),
        ("member_reinstated", {"code": "SUS", "reason": "paid"}),
        ("member_withdrew", {"code": "ANA", "leaves_at_us": NOW}),
        ("member_expelled", {"code": "GOING", "reason": "fraud", "leaves_at_us": NOW}),
        ("member_expelled", {"code": "ANA", "reason": "fraud", "leaves_at_us": NOW - 50, "approval": 3}),  # approved after its day
        ("limits_set", limits(from_us=NOW)),
        ("limits_set", limits(from_us=NOW - 50) | {"approval": 3}),
        ("limits_set", {"limits": [limit("ANA", 0), limit("ANA", 2**63 - 1, kind="quota"), limit("ANA", 1, currency="USD")]}),
        ("person_added", person("eva", "operator", "approver")),
        ("person_changed", {"code": "ap", "roles": ["approver", "overseer"]}),
        ("person_removed", {"code": "mia", "reason": "left the firm"}),
        ("settled", {"cycle": "x"}),
    ],
)
def test_what_is_right_is_not_refused(kind, body):
    assert refusals(REGISTER, kind, body, NOW) == ()


def test_another_approver_takes_the_place_of_the_last():
    two = REGISTER.after(acts_of((4, "person_added", person("eva", "approver")))[0])
    assert refusals(two, "person_removed", {"code": "ap"}, NOW) == ()
    assert refusals(REGISTER, "person_removed", {"code": "ap"}, NOW, Conditions(approver=Role.OPERATOR)) == ()


def test_everything_that_is_wrong_is_told_at_once_by_row_and_precedence():
    bad = {"code": "ANA", "lei": "x", "bic": "x", "country": "xx", "colour": "red", "under": "ZETA"}
    found = refusals(REGISTER, "members_joined", {"members": [ALPHA, bad, {**ALPHA, "account": "x"}]}, NOW)
    assert [(each.row, each.id, each.code) for each in found] == [
        (1, "ALPHA", "member_code_twice"),
        (2, "ANA", "detail_unknown"),
        (2, "ANA", "detail_missing"),
        (2, "ANA", "member_code_taken"),
        (2, "ANA", "lei_malformed"),
        (2, "ANA", "bic_malformed"),
        (2, "ANA", "country_unknown"),
        (2, "ANA", "direct_member_unknown"),
        (3, "ALPHA", "member_code_twice"),
        (3, "ALPHA", "account_malformed"),
    ]


def test_a_mistyped_code_is_answered_with_those_that_are_near():
    assert refusals(REGISTER, "member_suspended", {"code": "ANNA", "reason": "x"}, NOW)[0].allowed.endswith("did you mean 'ANA'?")


KEYS = st.sampled_from(
    ["code", "name", "roles", "member", "members", "limits", "kind", "reason", "under", "from_us", "leaves_at_us", "people"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["ANA", "op", "member", "*", "EUR", "quota"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted({row[1] for row in ONE_FAULT})), st.dictionaries(KEYS, anything, max_size=6))
def test_no_body_makes_the_check_fail_and_what_it_passes_can_be_folded(kind, body):
    if not refusals(REGISTER, kind, body, NOW) and kind != "founded":
        assert isinstance(REGISTER.after(acts_of((NOW, kind, body))[0]), Register)
