"""The frozen set: who stands in it, who is kept out, who does not stand; and that only the set of rows decides."""

import dataclasses

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.intake.cut_off import corrected, freeze
from rescounter.terms import EXCLUSIONS
from rescounter.terms.intake_tables import ACT, ANSWERS, CHANGES, KEPT_OUT, OUTSIDE, WHYS, WITHDRAWALS
from rescounter.terms.refusals import UNION_REFUSALS
from rescounter.terms.tables import REFUSALS_TABLE
from rescounter.terms.union_tables import FROZEN
from tests.intake.union_rows import KEY, cut, handed, outside, owed, stands

ONE_KEPT_OUT = {
    "indivisible": {"text": "ANA 1 ANA BO 100 divisible=no"},
    "below_minimum": {"text": "ANA 1 ANA BO 100", "minimum_minor": {"EUR": 101}},
    "not_yet_due": {"text": "ANA 1 ANA BO 100 due=2026-04-01", "due": "by-cut-off"},
    "exempt_class": {"text": "ANA 1 ANA BO 100 class=factored", "exempt_classes": ("secured", "factored")},
    "related": {"text": "ANA 1 ANA BO 100", "members": "ANA@DE:one BO@FR:one", "exempt_related": True},
    "netting_forbidden": {"text": "ANA 1 ANA BO 100", "members": "ANA@DE BO@BR", "netting_forbidden_in": ("BR",)},
    "disputed": {"text": "ANA 1 ANA BO 100", "kept_out": "ANA 1 disputed"},
    "held": {"text": "ANA 1 ANA BO 100", "confirmation": True, "silence": "hold"},
    "suspended": {"text": "ANA 1 ANA BO 100", "members": "ANA -BO"},
    "unpaired": {"text": "ANA 1 ANA BO 100", "is_of_pairs": True},
}


@pytest.mark.parametrize("code", EXCLUSIONS)
def test_what_breaks_one_rule_of_participation_is_kept_out_under_its_code(code):
    assert stands(cut(**ONE_KEPT_OUT[code])) == [f"ANA 1 100 {code}"]


def test_the_first_exclusion_that_applies_is_written():
    expected = list(EXCLUSIONS)
    rules = {name: value for each in ONE_KEPT_OUT.values() for name, value in each.items() if name not in ("text", "members")}
    members, text = "ANA@DE:one -BO@BR:one", "ANA 1 ANA BO 100 divisible=no due=2026-04-01 class=factored"
    mended = {
        "indivisible": lambda: text.replace("divisible=no", "divisible=yes"),
        "not_yet_due": lambda: text.replace("due=2026-04-01", "due=2026-03-31"),
        "exempt_class": lambda: text.replace("class=factored", "class=open"),
    }
    for code in expected:
        assert stands(cut(text, members=members, **rules)) == [f"ANA 1 100 {code}"]
        text = mended[code]() if code in mended else text
        if code == "netting_forbidden":
            members = members.replace("@BR", "@FR")
        if code == "suspended":
            members = members.replace("-BO", "BO")
        for name in ONE_KEPT_OUT[code].keys() - {"text", "members"}:
            rules.pop(name)
    assert stands(cut(text, members="ANA BO", **rules)) == ["ANA 1 100"]


def test_a_leg_whose_partner_is_kept_out_is_kept_out_too():
    pair = "ANA 1 ANA BO 100 reference=X\n BO 1 BO ANA 90 currency=USD reference=X"
    assert stands(cut(pair, is_of_pairs=True)) == ["ANA 1 100", "BO 1 90"]
    assert stands(cut(pair, is_of_pairs=True, minimum_minor={"USD": 91})) == ["ANA 1 100 unpaired", "BO 1 90 below_minimum"]


def test_none_of_these_rules_applies_where_the_rulebook_does_not_name_it():
    text = "ANA 1 ANA BO 1 due=2027-01-01 class=factored"
    assert stands(cut(text, members="ANA@DE:one BO@DE:one")) == ["ANA 1 1"]
    assert stands(cut("ANA 1 ANA BO 1", members="ANA@DE: BO@DE:", exempt_related=True)) == ["ANA 1 1"]


def test_who_has_left_takes_no_part():
    assert stands(cut("ANA 1 ANA EVE 100")) == ["ANA 1 100 suspended"]


def test_a_dispute_is_found_by_the_row_of_either_party():
    text = "ANA 1 ANA BO 100 reference=R\n BO 7 ANA BO 100 reference=R"
    assert stands(cut(text, driven_by="either", kept_out="BO 7 disputed")) == ["ANA 1 100 7 disputed"]
    assert stands(cut(text, driven_by="either", kept_out="ANA 1 disputed")) == ["ANA 1 100 7 disputed"]


ONE_REFUSED = {
    "nothing_to_withdraw": ({"text": "ANA 1 ANA BO 100", "withdrawals": "ANA 2"}, "ANA/2"),
    "nothing_to_answer": (
        {"text": "ANA 1 ANA BO 100", "answers": "ANA 2 BO confirmed", "confirmation": True},
        "BO answers confirmed to ANA/2",
    ),
    "not_the_counterparty": (
        {"text": "ANA 1 ANA BO 100", "answers": "ANA 1 CY confirmed", "confirmation": True},
        "CY answers confirmed to ANA/1",
    ),
    "not_an_answer": ({"text": "ANA 1 ANA BO 100", "answers": "ANA 1 BO perhaps", "confirmation": True}, "answer perhaps"),
    "answers_not_asked": ({"text": "ANA 1 ANA BO 100", "answers": "ANA 1 BO rejected"}, "BO answers rejected to ANA/1"),
    "rejected": ({"text": "ANA 1 ANA BO 100", "answers": "ANA 1 BO rejected why", "confirmation": True}, "BO: why"),
    "not_matched": ({"text": "ANA 1 ANA BO 100", "driven_by": "agreement"}, "1 of ANA, of which BO said nothing"),
    "not_confirmed": ({"text": "ANA 1 ANA BO 100", "confirmation": True, "silence": "reject"}, "1 of ANA, to which BO did not answer"),
    "id_twice": ({"text": "ANA 1 ANA BO 100\n ANA 1 ANA BO 110"}, "1 of ANA: ANA owes BO 1.00 EUR"),
    "differs": (
        {"text": "ANA 1 ANA BO 100\n BO 1 ANA BO 110", "driven_by": "agreement"},
        "ANA says 1.00 EUR, BO says 1.10 EUR",
    ),
    "already_carried": (
        {"text": "ANA 1 ANA BO 100", "carried": owed("ANA 1 ANA BO 60", schema=FROZEN)},
        "1 of ANA: ANA owes BO 1.00 EUR",
    ),
    "sum_beyond_int64": (
        {"text": f"ANA 1 ANA BO 100\n ANA 2 ANA BO {2**63 - 100}"},
        "2 of ANA: ANA owes BO 92,233,720,368,547,757.08 EUR",
    ),
}


@pytest.mark.parametrize("code", ONE_REFUSED)
def test_what_breaks_one_rule_at_the_cut_off_is_refused_under_its_code(code):
    given_in, found = ONE_REFUSED[code]
    rows = cut(**given_in).refusals.to_pylist()
    assert {row["code"] for row in rows} == {code}
    assert rows[0]["found"] == found
    assert rows[0]["rule"] == UNION_REFUSALS[code].rule
    assert all(rows[0][name] for name in ("row", "id", "allowed", "what_to_do"))


def test_every_rule_of_submission_is_met_by_a_test():
    from tests.intake.test_submissions import ONE_BAD_ROW

    listed = {code for code, rule in UNION_REFUSALS.items() if rule.rule.startswith("S") and rule.rule[1:].isdigit()}
    assert listed == ONE_BAD_ROW.keys() | ONE_REFUSED.keys()


def test_the_largest_rows_give_way_where_a_sum_would_leave_64_bits():
    most = 2**63 - 1
    carried = owed(f"ANA 0 ANA BO {most - 1000}", schema=FROZEN)
    assert stands(cut("ANA 1 ANA BO 600\n ANA 2 ANA BO 400\n ANA 3 ANA BO 600", carried=carried)) == [
        f"ANA 0 {most - 1000}", "ANA 1 600", "ANA 2 400"
    ]  # fmt: skip
    assert stands(cut(f"ANA 1 ANA BO {most}\n ANA 2 ANA BO 1 currency=CHF")) == [f"ANA 1 {most}", "ANA 2 1"]


def test_a_withdrawal_takes_back_what_came_before_it():
    taken_back = cut("ANA 1 ANA BO 100 act=1\n ANA 2 ANA BO 200 act=1\n ANA 1 ANA BO 150 act=3", withdrawals="ANA 1 2")
    assert stands(taken_back) == ["ANA 1 150", "ANA 2 200"]
    assert outside(taken_back) == ["ANA 1 withdrawn"]
    assert stands(cut("ANA 1 ANA BO 100\n ANA 2 ANA BO 200", withdrawals="ANA 1")) == ["ANA 2 200"]
    assert stands(cut("ANA 1 ANA BO 100 act=1", withdrawals="ANA 1 2\n ANA 1 3\n ANA 1 1")) == []


def test_what_was_carried_can_be_taken_back_and_handed_in_anew():
    carried = owed("ANA 1 ANA BO 60", schema=FROZEN)
    anew = cut("ANA 1 ANA BO 80 act=5", carried=carried, withdrawals="ANA 1 4", cycle="c9")
    assert (stands(anew), outside(anew), anew.table["origin"].to_pylist()) == (["ANA 1 80"], ["ANA 1 withdrawn"], ["c9"])


def test_the_same_row_twice_stands_once():
    twice = cut("ANA 1 ANA BO 100 act=1\n ANA 1 ANA BO 100 act=2")
    assert (stands(twice), outside(twice), twice.refusals.num_rows) == (["ANA 1 100"], ["ANA 1 repeated"], 0)


def test_a_correction_says_what_it_changed():
    text = "ANA 1 ANA BO 100 act=1\n ANA 2 ANA BO 200 act=1\n BO 3 BO CY 300 act=2"
    first = cut(text)
    after = handed(f"{text}\n ANA 1 ANA BO 150 act=6\n CY 4 CY ANA 400 act=7", withdrawals="ANA 1 5\n BO 3 8")
    second = corrected(first, after, key=KEY)
    assert second.changes.to_pylist() == [
        {"submitter": "ANA", "id": "1", "change": "changed", "before_minor": 100, "after_minor": 150},
        {"submitter": "BO", "id": "3", "change": "removed", "before_minor": 300, "after_minor": None},
        {"submitter": "CY", "id": "4", "change": "added", "before_minor": None, "after_minor": 400},
    ]
    assert (second.table, second.root) == (freeze(after, key=KEY).table, freeze(after, key=KEY).root)
    assert second.root != first.root
    assert corrected(first, handed(text), key=KEY).changes.num_rows == 0


def test_an_empty_cycle_is_cut_off_too():
    nothing = cut("")
    assert (nothing.table.schema, nothing.outside.schema, nothing.refusals.schema) == (FROZEN, OUTSIDE, REFUSALS_TABLE)
    assert (nothing.changes.schema, nothing.table.num_rows) == (CHANGES, 0)


names, parties = st.sampled_from(["1", "2", "3"]), st.sampled_from(["ANA", "BO", "CY", "EVE"])
lines = st.builds(
    lambda who, side, other, name, amount, more, act: (
        f"{who} {name} {who if side else other} {other if side else who} {amount}{more} act={act}" if who != other else ""
    ),
    *(parties, st.booleans(), parties, names, st.sampled_from([1, 2, 2**62])),
    st.sampled_from(["", " reference=1", " due=2026-09-09", " class=factored", " divisible=no"]),
    st.integers(1, 4),
)
acts = st.integers(1, 5)
withdrawn = st.lists(st.builds(lambda who, name, act: f"{who} {name} {act}", parties, names, acts), max_size=3)
answered = st.lists(
    st.builds(
        lambda who, name, by, answer, act: f"{who} {name} {by} {answer} - {act}",
        *(parties, names, parties, st.sampled_from(["confirmed", "rejected", "perhaps"]), acts),
    ),
    max_size=4,
)
rules = st.fixed_dictionaries(
    {
        "driven_by": st.sampled_from(["debtor", "either", "agreement"]),
        "confirmation": st.booleans(),
        "silence": st.sampled_from(["accept", "reject", "hold"]),
        "exempt_classes": st.just(("factored",)),
    }
)


@given(st.lists(lines, max_size=12), withdrawn, answered, rules, st.randoms(), st.integers(0, 12))
def test_only_the_set_of_rows_decides_and_none_is_lost(rows, taken_back, answers, book, chance, piece):
    carried = owed("ANA 1 ANA BO 5\n BO 2 CY BO 6 matched=2", schema=FROZEN)
    first = handed("\n".join(rows), carried=carried, withdrawals="\n".join(taken_back), answers="\n".join(answers), **book)
    others = {}
    for name in ("submissions", "carried", "withdrawals", "answers", "participants"):
        given_in = getattr(first, name)
        order = list(range(given_in.num_rows))
        chance.shuffle(order)
        mixed = given_in.take(pa.array(order, pa.int64()))
        others[name] = pa.concat_tables([mixed.slice(piece), mixed.slice(0, piece)])
    one, other = freeze(first, key=KEY), freeze(dataclasses.replace(first, **others), key=KEY)
    assert (one.root, one.subtrees) == (other.root, other.subtrees)
    assert one.table.equals(other.table)
    assert one.outside.equals(other.outside)
    assert one.refusals.equals(other.refusals)
    why = one.outside["why"].to_pylist()
    assert one.table.num_rows + len(why) == first.submissions.num_rows + first.carried.num_rows
    of_rows = [code for code in one.refusals["code"].to_pylist() if code in WHYS]
    assert sorted(of_rows) == sorted(code for code in why if code not in ("withdrawn", "repeated", "matched"))


def test_withdrawals_and_answers_may_come_without_the_number_of_their_act():
    assert ACT.name not in {*WITHDRAWALS.names, *ANSWERS.names, *KEPT_OUT.names}
    assert stands(cut("ANA 1 ANA BO 100", answers="ANA 1 BO confirmed", confirmation=True, silence="reject")) == ["ANA 1 100 confirmed"]
