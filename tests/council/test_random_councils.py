"""Random councils against a count written from the definitions: rules that change meanwhile, amendments, delegations, absence, interest."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.council.laws import undecided
from rescounter.council.states import State
from rescounter.cycle.motions_again import replay_council
from rescounter.facade.union_council import VOTE_FILE, export_vote
from rescounter.verification import verify_vote
from tests.council.chamber import chamber, rules
from tests.council.test_no_rule_without_a_decision import acts_of

CODES = ("ana", "bo", "cy", "dee", "eli", "fay")
PARTS = ("1/2", "2/3", "3/5", "1", "1/3")
tables = st.fixed_dictionaries(
    {"base": st.sampled_from(("all", "present", "voting", "weight")), "threshold": st.sampled_from(PARTS)},
    optional={
        "passed": st.booleans(),
        "polarity": st.sampled_from(("for", "against")),
        "quorum": st.sampled_from(PARTS),
        "quorum_offices": st.just(["chair"]),
        "veto": st.lists(st.sampled_from(CODES), max_size=1),
        "excludes_interested": st.booleans(),
        "silence": st.sampled_from(("yes", "no", "abstain", "absent")),
        "silence_days": st.integers(0, 2),
        "first_counted": st.booleans(),
        "delegations_max": st.integers(0, 3),
    },
)
ballots = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(("yes", "no", "abstain", "delegate")), st.sampled_from(CODES)), max_size=14
)


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


def counted(table: dict[str, Any], members: dict[str, int], out: set[str], cast: list[tuple[str, str, str]], opened_days: int) -> bool:
    """Whether it is adopted, from the definitions alone. *cast*: ballots that the desk took, in order."""
    voters = {code: weight for code, weight in members.items() if code not in out}
    last: dict[str, tuple[int, str, str]] = {}
    for place, (member, choice, to) in enumerate(cast):
        if not (table.get("first_counted") and member in last):
            last[member] = place, choice, to
    side = {member: choice for member, (_, choice, _) in last.items() if choice != "delegate"}
    present, used = set(side), dict.fromkeys(voters, 0)
    for _, member, to in sorted((place, member, to) for member, (place, choice, to) in last.items() if choice == "delegate"):
        if last.get(to, (0, "delegate", ""))[1] != "delegate" and used[to] < table.get("delegations_max", 1):
            used[to] += 1
            side[member] = last[to][1]
            present.add(member)
    if table.get("silence", "absent") != "absent" and table.get("silence_days", 0) <= opened_days:
        side |= {code: table["silence"] for code in voters if code not in last}
    weigh = voters if table["base"] == "weight" else dict.fromkeys(voters, 1)
    sums = {name: sum(weigh[code] for code in side if side[code] == name) for name in ("yes", "no", "abstain")}
    base = {
        "all": sum(weigh.values()),
        "weight": sum(weigh.values()),
        "present": sum(sums.values()),
        "voting": sums["yes"] + sums["no"],
    }[table["base"]]
    if Fraction(len(present), max(len(voters), 1)) < Fraction(table.get("quorum", "0")) and voters:
        return False
    if table.get("quorum_offices") and "ana" not in present:
        return False
    if any(side.get(code) == "no" for code in table.get("veto", ())) or not base:
        return False
    decides = Fraction(sums["yes" if table.get("polarity", "for") == "for" else "no"], base)
    line = Fraction(table["threshold"])
    reached = decides > line if table.get("passed") else decides >= line
    return reached is (table.get("polarity", "for") == "for")


@settings(max_examples=max(20, settings.default.max_examples // 5))
@given(
    table=tables,
    size=st.integers(2, 6),
    cast=ballots,
    interested=st.booleans(),
    amends=st.booleans(),
    changes=st.booleans(),
)
def test_a_random_council_decides_as_the_definitions_say(
    table: dict[str, Any], size: int, cast: list[tuple[str, str, str]], interested: bool, amends: bool, changes: bool
):
    own = ", ".join(f"{key} = {toml(value)}" for key, value in table.items())
    text = rules(
        'rule = "ours"', 'weight_currency = "EUR"', 'by_subject = { rulebook_changed = "consensus" }', f"own = {{ ours = {{ {own} }} }}"
    )
    codes = CODES[:size]
    world = chamber(
        " ".join(f"{code}:{100 * (place + 1)}{'/chair' if code == 'ana' else ''}" for place, code in enumerate(codes)), text=text
    )
    body = {"code": codes[-1], "reason": "did not pay"}
    named = ["ana"] if interested else []
    assert not world.table("member_suspended", {**body, "reason": "first"} if amends else body, by="r.ana", interested=named).refusals
    if amends:
        assert world.circulate(1).act
        assert world.amend(1, "member_suspended", body, by="r.ana").act
        named = []
    assert world.circulate(1).act
    if changes:
        harder = text.replace("voting_days = 2", "voting_days = 9").replace('rule = "ours"', 'rule = "unanimous-of-all"')
        assert world.decide_on("rulebook_changed", {"text": harder}, "").state is State.ADOPTED
    world.wait(4)
    assert world.open(1).act
    taken = []
    for member, choice, to in cast:
        if member not in codes:
            continue
        world.clock[0] += 1_000_000
        done = world.vote(1, member, choice, to=to if choice == "delegate" else "")
        if done.act:
            taken.append((member, choice, to))
    world.wait(3)
    assert world.close(1).act
    electorate = {code: weight for code, weight, _ in world.motion(1).known("motion_opened").body["electorate"]}
    out = {codes[-1], *named} if table.get("excludes_interested") else set()
    tally = world.motion(1).known("motion_closed").body["tally"]
    assert tally["is_adopted"] is counted(table, electorate, out, taken, 2), tally
    votes = tally["for_it"] + tally["against"] + tally["abstaining"] + tally["absent"]
    assert votes == tally["entitled"], "each member counts once"
    is_suspended = world.desk.union.register.by_code[codes[-1]].standing.value == "suspended"
    assert is_suspended is tally["is_adopted"]
    history = acts_of(world)
    assert undecided(history) == () and replay_council(history) == ()
    with tempfile.TemporaryDirectory() as folder:
        number = 1
        export_vote(world.desk, number, Path(folder) / "vote")
        assert verify_vote(json.loads((Path(folder) / "vote" / VOTE_FILE).read_text())).findings == ()
    world.store.close()
