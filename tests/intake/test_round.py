"""From the frozen set to clearing and on to the next cycle: unique ids, canonical order, and not a unit lost."""

import dataclasses

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.clearing.clear import METHODS, clear, solve
from rescounter.clearing.tables import obligations_table
from rescounter.intake import Submitted, admit
from rescounter.intake.cut_off import Handed, freeze
from rescounter.intake.keys import names_of
from rescounter.intake.round import carried, to_admitted, whereabouts
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms import BrokenLaw, Exponents
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS
from tests.intake.union_rows import DAY, KEY, cut, owed, participants, stands

TRIANGLE = "ANA 1 ANA BO 100\n BO 1 BO CY 80\n CY 1 CY ANA 30 divisible=no\n CY 2 CY ANA 60"


def cleared(frozen, method="set-off"):
    """The obligations of a result over the frozen set."""
    admitted = to_admitted(frozen, exponents=Exponents())
    return obligations_table(clear(admitted, solve(admitted, method=method), method=method, allocation="oldest"))


def left_of(table):
    return [f"{row['submitter']} {row['id']} {row['amount_minor']} {row['origin']}" for row in table.to_pylist()]


def test_the_frozen_set_enters_clearing_with_ids_that_name_the_submitter():
    frozen = cut(TRIANGLE).table
    assert cleared(frozen).select(["id", "amount_minor", "cleared_minor", "excluded"]).to_pylist() == [
        {"id": "ANA/1", "amount_minor": 100, "cleared_minor": 60, "excluded": ""},
        {"id": "BO/1", "amount_minor": 80, "cleared_minor": 60, "excluded": ""},
        {"id": "CY/1", "amount_minor": 30, "cleared_minor": 0, "excluded": "indivisible"},
        {"id": "CY/2", "amount_minor": 60, "cleared_minor": 60, "excluded": ""},
    ]


@given(st.lists(st.tuples(st.text("A/%2F", min_size=1, max_size=4), st.text("a/%2F", min_size=1, max_size=4)), unique=True, max_size=20))
def test_no_two_rows_share_an_id(rows):
    submitter, ids = (pa.array([row[place] for row in rows], pa.string()) for place in (0, 1))
    names = names_of(submitter, ids).to_pylist()
    assert len(set(names)) == len(rows)
    for name, (code, own) in zip(names, rows, strict=True):
        written, _, rest = name.partition("/")
        assert (written.replace("%2F", "/").replace("%25", "%"), rest) == (code, own)


def test_what_enters_clearing_is_what_admission_would_make_of_it():
    text = "ANA 9 ANA BO 100 due=2026-03-01 weight=3\n ANA 10 ANA BO 50 reference=R\n BO 1 BO ANA 5 class=food currency=CHF\n CY 1 CY BO 5"
    frozen = cut(text).table
    rows = frozen.append_column("name", names_of(*(frozen[name].combine_chunks() for name in ("submitter", "id"))))
    columns = {name: rows[name].combine_chunks() for name in SUBMISSIONS.names[2:]}
    admitted = admit(Submitted({**columns, "id": rows["name"].combine_chunks()})).admitted
    other = to_admitted(frozen, exponents=Exponents())
    for part in dataclasses.fields(admitted):
        one, two = getattr(admitted, part.name), getattr(other, part.name)
        assert one.equals(two) if isinstance(one, pa.Array) else list(one) == list(two), part.name


def test_what_remains_is_in_the_next_cycle_where_the_rulebook_carries_over():
    frozen = cut(TRIANGLE).table
    assert left_of(carried(frozen, cleared(frozen), IntakeRules(driven_by="debtor", carry_over=True))) == ["ANA 1 40 c1", "BO 1 20 c1"]
    assert left_of(carried(frozen, cleared(frozen), IntakeRules(driven_by="debtor"))) == []


KEPT_OUT = """
    ANA 1 ANA BO 10 divisible=no
    ANA 2 ANA BO 1
    ANA 3 ANA BO 30 due=2026-09-09
    ANA 4 ANA BO 40 class=secured
    ANA 5 ANA CY 50
    ANA 6 ANA BO 60
    ANA 7 ANA BO 70
    ANA 8 ANA DI 80
"""


@pytest.mark.parametrize(
    ("carry_over", "expected"),
    [(False, ["ANA 6 60 c1", "ANA 7 70 c1"]), (True, ["ANA 3 30 c1", "ANA 6 60 c1", "ANA 7 70 c1", "ANA 8 80 c1"])],
)
def test_what_is_kept_out_for_good_returns_to_its_parties(carry_over, expected):
    frozen = cut(
        KEPT_OUT,
        members="ANA@DE:one BO@FR CY@IT:one -DI",
        kept_out="ANA 6 disputed\n ANA 7 held",
        minimum_minor={"EUR": 5},
        due="by-cut-off",
        exempt_classes=("secured",),
        exempt_related=True,
    )
    assert [line.split()[-1] for line in stands(frozen)] == [
        *("indivisible", "below_minimum", "not_yet_due", "exempt_class", "related", "disputed", "held", "suspended")
    ]
    rules = IntakeRules(driven_by="debtor", carry_over=carry_over)
    assert left_of(carried(frozen.table, cleared(frozen.table), rules)) == expected


def test_what_a_late_member_left_unpaid_is_carried_whatever_the_rulebook_says():
    frozen = cut("ANA 1 ANA BO 100\n BO 1 BO CY 80").table
    netted = cleared(frozen, "net")
    unpaid = netted.set_column(netted.schema.get_field_index("replaced_minor"), "replaced_minor", pa.array([25, 80]))
    unpaid = unpaid.append_column("carried_minor", pa.array([75, 0]))
    assert left_of(carried(frozen, unpaid, IntakeRules(driven_by="debtor"))) == ["ANA 1 75 c1"]
    assert left_of(carried(frozen, netted, IntakeRules(driven_by="debtor", carry_over=True))) == []


def test_a_result_of_another_set_carries_nothing():
    frozen, other = cut(TRIANGLE).table, cut("ANA 1 ANA BO 100\n BO 1 BO CY 81\n CY 1 CY ANA 30\n CY 2 CY ANA 60").table
    with pytest.raises(BrokenLaw, match="what_was_frozen_was_cleared"):
        carried(frozen, cleared(other), IntakeRules(driven_by="debtor"))
    with pytest.raises(BrokenLaw, match="every_frozen_obligation_was_cleared_or_left"):
        carried(frozen, cleared(frozen.slice(0, 3)), IntakeRules(driven_by="debtor"))


parties = st.sampled_from([("ANA", "BO"), ("BO", "CY"), ("CY", "ANA"), ("CY", "DI"), ("DI", "BO"), ("BO", "ANA")])
rows = st.lists(
    st.tuples(parties, st.integers(1, 1000), st.sampled_from(["", " divisible=no", " due=2026-09-09", " class=secured"])), max_size=12
)


@given(rows, st.booleans(), st.sampled_from(METHODS), st.sampled_from(["ANA BO CY DI", "ANA -BO CY DI"]))
def test_over_six_cycles_every_unit_is_cleared_replaced_carried_or_returned(handed_in, carry_over, method, members):
    """The debts of a member are those of before, less what was discharged, through any number of cycles."""
    rules = IntakeRules(driven_by="debtor", carry_over=carry_over, due="by-cut-off", exempt_classes=("secured",))
    carried_over, total, gone, returned = FROZEN.empty_table(), 0, 0, 0
    for cycle in range(6):
        lines = [
            f"{a} c{cycle}-{place} {a} {b} {amount}{more}" for place, ((a, b), amount, more) in enumerate(handed_in) if place % 6 >= cycle
        ]
        given_in = Handed(
            cycle=f"c{cycle}",
            day=DAY,
            rules=rules,
            participants=participants(members),
            submissions=owed("\n".join(lines)),
            carried=carried_over,
        )
        frozen = freeze(given_in, key=KEY).table
        assert frozen.num_rows == given_in.submissions.num_rows + carried_over.num_rows
        total += pc.sum(given_in.submissions["amount_minor"]).as_py() or 0
        obligations = cleared(frozen, method)
        went = whereabouts(frozen, obligations, rules)
        gone += int(went.cleared.sum() + went.replaced.sum())
        returned += int(went.returned.sum())
        carried_over = carried(frozen, obligations, rules)
        assert pc.all(pc.greater(carried_over["amount_minor"], 0)).as_py() in (True, None)
        assert gone + returned + (pc.sum(carried_over["amount_minor"]).as_py() or 0) == total
        assert sorted(zip(*carried_over.select(["submitter", "id"]).to_pydict().values(), strict=True)) == list(
            zip(*carried_over.select(["submitter", "id"]).to_pydict().values(), strict=True)
        )
