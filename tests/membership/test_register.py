"""The register is the fold of its acts: against a naive model, and by tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.membership.layers import Layers
from rescounter.membership.members import Role, Standing
from rescounter.membership.register import LIMITS, PARTICIPANTS, Register
from rescounter.terms import BrokenLaw
from tests.membership.acts import acts_of, joined, limit, person, register_of

SUSPEND, REINSTATE = "member_suspended", "member_reinstated"


def standings(register: Register, code: str, *instants: int) -> list[str]:
    return [register.standing_at(code, at_us).value for at_us in instants]


def test_members_are_told_by_code():
    register = register_of(joined(1, "BO", "ANA", country="SI"), (2, "member_changed", {"code": "BO", "name": "Bo & Sons", "approval": 7}))
    assert [(member.code, member.name, member.country, member.joined_at_us) for member in register.members] == [
        ("ANA", "Ana", "SI", 1),
        ("BO", "Bo & Sons", "SI", 1),
    ]
    assert register.member("CY") is None


def test_who_gives_notice_is_leaving_and_has_left_when_its_day_has_come():
    register = register_of(joined(1, "ANA"), (10, "member_withdrew", {"code": "ANA", "leaves_at_us": 50}))
    assert standings(register, "ANA", 10, 49, 50, 51) == ["leaving", "leaving", "left", "left"]


@pytest.mark.parametrize(
    ("steps", "table"),
    [
        # what happens at which instant; then instant, standing, may submit, takes part
        ([], [(5, "active", True, True)]),
        ([(10, SUSPEND, {"code": "ANA", "reason": "late"})], [(10, "suspended", False, False)]),
        (
            [(10, SUSPEND, {"code": "ANA", "reason": "late"}), (20, REINSTATE, {"code": "ANA", "reason": "paid"})],
            [(20, "active", True, True)],
        ),
        (
            [(10, "member_withdrew", {"code": "ANA", "leaves_at_us": 50})],
            [(49, "leaving", True, True), (50, "left", False, True)],  # its open items run off
        ),
        (
            [(10, "member_expelled", {"code": "ANA", "reason": "fraud", "leaves_at_us": 50})],
            [(49, "leaving", True, True), (50, "left", False, True)],
        ),
        (
            [(10, "member_withdrew", {"code": "ANA", "leaves_at_us": 50}), (20, SUSPEND, {"code": "ANA", "reason": "late"})],
            [(20, "suspended", False, False), (50, "left", False, False)],
        ),
        (
            [
                (10, "member_withdrew", {"code": "ANA", "leaves_at_us": 50}),
                (20, SUSPEND, {"code": "ANA", "reason": "late"}),
                (30, REINSTATE, {"code": "ANA", "reason": "paid"}),
            ],
            [(30, "leaving", True, True), (50, "left", False, True)],
        ),
        (
            [
                (10, "member_withdrew", {"code": "ANA", "leaves_at_us": 50}),
                (20, "member_expelled", {"code": "ANA", "reason": "fraud", "leaves_at_us": 30}),
            ],
            [(29, "leaving", True, True), (30, "left", False, True)],
        ),
        ([(60, "member_expelled", {"code": "ANA", "reason": "x", "leaves_at_us": 50, "approval": 9})], [(60, "left", False, True)]),
    ],
)
def test_a_standing_decides_who_submits_and_who_takes_part(steps, table):
    register = register_of(joined(1, "ANA"), *steps)
    for at_us, standing, may_submit, takes_part in table:
        row = register.participants(at_us).to_pylist()[0]
        assert (row["standing"], row["may_submit"], row["takes_part"]) == (standing, may_submit, takes_part)
        assert register.standing_at("ANA", at_us) is Standing(standing)


def test_an_indirect_member_settles_by_its_direct_one_and_shares_its_fate():
    register = register_of(joined(1, "ANA"), joined(2, "BO", under="ANA", group="G"), joined(3, "CY"))
    table = {row["code"]: row for row in register.participants(9).to_pylist()}
    assert {code: row["settles_by"] for code, row in table.items()} == {"ANA": "ANA", "BO": "ANA", "CY": "CY"}
    register = register.after(acts_of((10, SUSPEND, {"code": "ANA", "reason": "late"}))[0])
    fate = {row["code"]: (row["may_submit"], row["takes_part"], row["standing"]) for row in register.participants(10).to_pylist()}
    assert fate == {"ANA": (False, False, "suspended"), "BO": (False, False, "active"), "CY": (True, True, "active")}


def test_participants_have_their_schema_also_where_there_are_none():
    assert Register().participants(0).schema == PARTICIPANTS
    assert register_of(joined(1, "B", "A")).participants(5)["code"].to_pylist() == ["A", "B"]


def test_a_limit_holds_from_its_instant_on_and_gives_way_to_what_is_set_later():
    register = register_of(
        joined(1, "ANA"),
        (10, "limits_set", {"limits": [limit("ANA", 100)]}),
        (20, "limits_set", {"limits": [limit("ANA", 300, from_us=60)]}),
        (30, "limits_set", {"limits": [limit("ANA", 50, from_us=5), limit("ANA", 7, kind="quota")]}),
        (40, "limits_set", {"limits": [limit("ANA", 80, from_us=50)]}),
    )
    table = {9: None, 10: 100, 29: 100, 30: 50, 49: 50, 50: 80, 60: 80, 99: 80}
    assert {at_us: register.limit_of("ANA", "EUR", "net_debit_cap", at_us) for at_us in table} == table
    assert register.limit_of("ANA", "USD", "net_debit_cap", 99) is None
    assert register.limits_at(50).to_pylist() == [
        {"member": "ANA", "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 80, "from_us": 50},
        {"member": "ANA", "currency": "EUR", "kind": "quota", "amount_minor": 7, "from_us": 30},
    ]
    assert [(each.kind, each.from_us, each.amount_minor) for each in register.limits_of("ANA")] == [
        ("net_debit_cap", 10, 100),
        ("net_debit_cap", 30, 50),
        ("net_debit_cap", 50, 80),
        ("quota", 30, 7),
    ]
    assert Register().limits_at(0).schema == LIMITS


def test_people_come_with_the_founding_and_by_acts_and_stay_known():
    register = register_of(
        (1, "founded", {"people": [person("op", "operator"), person("ap", "approver")]}),
        (2, "person_added", person("mia", "member", member="ANA")),
        (3, "person_changed", {"code": "op", "roles": ["operator", "overseer"]}),
        (4, "person_removed", {"code": "ap"}),
    )
    assert [(each.code, sorted(role.value for role in each.roles), each.member, each.is_active) for each in register.people] == [
        ("ap", ["approver"], "", False),
        ("mia", ["member"], "ANA", True),
        ("op", ["operator", "overseer"], "", True),
    ]
    assert register.person("op").name == "Op"
    assert Role.OPERATOR in register.person("op").roles


@pytest.mark.parametrize(
    ("law", "steps"),
    [
        ("codes_are_never_used_again", [joined(1, "ANA"), joined(2, "ANA")]),
        ("codes_are_never_used_again", [joined(1, "ANA", "ANA")]),
        (
            "codes_are_never_used_again",
            [joined(1, "ANA"), (2, "member_withdrew", {"code": "ANA", "leaves_at_us": 3}), joined(9, "ANA")],
        ),
        ("codes_are_never_used_again", [(1, "person_added", person("op", "operator")), (2, "person_added", person("op", "operator"))]),
        ("only_who_is_there_changes", [(1, "person_removed", {"code": "op"})]),
        (
            "only_who_is_there_changes",
            [(1, "person_added", person("op", "operator")), (2, "person_removed", {"code": "op"}), (3, "person_removed", {"code": "op"})],
        ),
        ("who_left_stays_gone", [(1, SUSPEND, {"code": "ANA", "reason": "x"})]),
        (
            "who_left_stays_gone",
            [joined(1, "ANA"), (2, "member_withdrew", {"code": "ANA", "leaves_at_us": 3}), (3, SUSPEND, {"code": "ANA", "reason": "x"})],
        ),
    ],
)
def test_an_act_that_cannot_be_breaks_a_law(law, steps):
    with pytest.raises(BrokenLaw, match=law):
        register_of(*steps)


def test_acts_of_other_rooms_change_nothing():
    register = register_of(joined(1, "ANA"))
    assert register.after(acts_of((2, "closed", {"cycle": "x"}))[0]) is register


def test_the_standing_of_nobody_breaks_a_law():
    with pytest.raises(BrokenLaw, match="a_member_is_known"):
        Register().standing_at("ANA", 0)


@given(st.lists(st.dictionaries(st.integers(0, 40), st.integers(), max_size=30), max_size=8), st.integers(1, 50))
def test_layers_are_the_dictionary_that_they_stand_for(changes, most):
    layers, plain = Layers[int, int](), {}
    from rescounter.membership import layers as module

    kept, module._UPPER_MAX = module._UPPER_MAX, most
    try:
        for change in changes:
            before = (layers, dict(layers))
            layers, plain = layers.changed(change), {**plain, **change}
            assert dict(before[0]) == before[1]
    finally:
        module._UPPER_MAX = kept
    assert (dict(layers), layers.flat(), len(layers)) == (plain, plain, len(plain))
    assert [layers.find(key) for key in range(42)] == [plain.get(key) for key in range(42)]


CODES = st.sampled_from(["ANA", "BO", "CY"])
ACTS = st.one_of(
    st.tuples(st.just("suspend"), CODES),
    st.tuples(st.just("reinstate"), CODES),
    st.tuples(st.just("withdraw"), CODES, st.integers(0, 9)),
    st.tuples(st.just("limit"), CODES, st.integers(0, 5), st.none() | st.integers(0, 60)),
)


def as_step(at_us: int, wanted: tuple) -> tuple:
    match wanted:
        case "suspend", code:
            return at_us, SUSPEND, {"code": code, "reason": "x"}
        case "reinstate", code:
            return at_us, REINSTATE, {"code": code, "reason": "x"}
        case "withdraw", code, days:
            return at_us, "member_withdrew", {"code": code, "leaves_at_us": at_us + days}
    _, code, amount, start = wanted
    return at_us, "limits_set", {"limits": [limit(code, amount, from_us=start)]}


@given(st.lists(st.tuples(st.integers(0, 4), ACTS), max_size=14), st.integers(0, 70))
def test_the_register_is_what_a_scan_of_all_acts_finds(history, asked):
    """Scan: standing and limit reckoned from the whole list of acts at each question, with no state in between."""
    steps, at_us = [joined(0, "ANA", "BO", "CY")], 1
    for later, wanted in history:
        at_us += later
        step = as_step(at_us, wanted)
        code = step[2].get("code")
        if code is None or scanned_standing(steps, code, at_us) != "left":
            steps.append(step)
    register, asked = register_of(*steps), max(asked, at_us)
    for code in ("ANA", "BO", "CY"):
        assert register.standing_at(code, asked).value == scanned_standing(steps, code, asked)
        assert register.limit_of(code, "EUR", "net_debit_cap", asked) == scanned_limit(steps, code, asked)
    table = {row["member"]: row["amount_minor"] for row in register.limits_at(asked).to_pylist()}
    assert table == {code: amount for code in ("ANA", "BO", "CY") if (amount := scanned_limit(steps, code, asked)) is not None}


def scanned_standing(steps: list, code: str, at_us: int) -> str:
    own = [(kind, body) for _, kind, body in steps if body.get("code") == code]
    leaves = [body["leaves_at_us"] for kind, body in own if kind == "member_withdrew"]
    if leaves and at_us >= min(leaves):
        return "left"
    last = [kind for kind, _ in own if kind in (SUSPEND, REINSTATE)]
    if last and last[-1] == SUSPEND:
        return "suspended"
    return "leaving" if leaves else "active"


def scanned_limit(steps: list, code: str, at_us: int) -> int | None:
    amounts = [
        row["amount_minor"]
        for act_us, kind, body in steps
        if kind == "limits_set"
        for row in body["limits"]
        if row["member"] == code and max(row.get("from_us") or 0, act_us) <= at_us
    ]
    return amounts[-1] if amounts else None
