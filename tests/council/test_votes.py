"""Votes under every rule that ships, as tables that an accountant can read, and the laws of counting."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.council.counting import count, silence_from_us
from rescounter.council.named import BASIC_VOTES_SHARE, NAMED_RULES, weights_with_basic_votes
from rescounter.council.voting import Ballot, Base, Choice, Polarity, Silence, Tally, Voter, VotingRule
from rescounter.terms import BrokenLaw
from rescounter.terms.calendar import instant_us

OPENS, CLOSES = 1_000, 2_000
DAY_US = 86_400_000_000
SIGNS = {"+": Choice.YES, "-": Choice.NO, "0": Choice.ABSTAIN}


def voters(text: str) -> list[Voter]:
    """``ANA BO:3 CY/chair``: code, weight, office."""
    found = []
    for word in text.split():
        word, _, office = word.partition("/")
        code, _, weight = word.partition(":")
        found.append(Voter(code, int(weight or 1), office))
    return found


def ballots(text: str) -> list[Ballot]:
    """``ANA+ BO- CY0 DAN>ANA M01..05+``: yes, no, abstain, delegated, five times yes; one after the other."""
    words = [each for word in text.split() for each in (_spread(word) if ".." in word else [word])]
    found = []
    for number, word in enumerate(words, 1):
        at_us = OPENS + number
        if ">" in word:
            member, _, to = word.partition(">")
            found.append(Ballot(number, member, Choice.DELEGATE, at_us, to))
        else:
            found.append(Ballot(number, word[:-1], SIGNS[word[-1]], at_us))
    return found


def _spread(word: str) -> list[str]:
    first, _, last = word[1:-1].partition("..")
    return many(word[-1], int(first), int(last)).split()


def vote(rule: str | VotingRule, members: str, cast: str, *, interested: str = "", closes: int = CLOSES) -> Tally:
    known = NAMED_RULES[rule] if isinstance(rule, str) else rule
    return count(known, voters(members), ballots(cast), interested=set(interested.split()), opens_at_us=OPENS, closes_at_us=closes)


def many(sign: str, first: int, last: int) -> str:
    return " ".join(f"M{number:02d}{sign}" for number in range(first, last + 1))


NINE = "A/chair B/vice-chair C D E F G H I"
COUNCIL = "CN FR GB RU US " + many("", 1, 10)
THREE = "A B C"
FIVE = "A B C D E"

TABLE = """
rule                        | members             | cast                                  | not asked | +  -  0  absent| base need | adopted
one-member-one-vote         | FIVE                | A+ B+ C-                              |           | 2 1 0 2        | 3 2       | yes
one-member-one-vote         | FIVE                | A+ B- C0                              |           | 1 1 1 2        | 2 2       | no
one-member-one-vote         | FIVE                | A+ B+                                 |           | 2 0 0 3        | 2 2       | quorum
one-member-one-vote         | FIVE                | A0 B0 C0                              |           | 0 0 3 2        | 0 1       | no vote
acu-majority                | NINE                | A+ B+ C+ D+ E+ F-                     |           | 5 1 0 3        | 9 5       | yes
acu-majority                | NINE                | A+ B+ C+ D+ E- F0                     |           | 4 1 1 3        | 9 5       | no
acu-majority                | NINE                | A+ B+ C+ D+ E+                        |           | 5 0 0 4        | 9 5       | quorum
acu-majority                | NINE                | C+ D+ E+ F+ G+ H+ I+                  |           | 7 0 0 2        | 9 5       | quorum
acu-majority                | NINE                | B0 D+ E+ F+ G+ H+                     |           | 5 0 1 3        | 9 5       | yes
acu-two-thirds              | NINE                | A+ B+ C+ D+ E+ F+                     |           | 6 0 0 3        | 9 6       | yes
acu-two-thirds              | NINE                | A+ B+ C+ D+ E+ F- G0 H0 I0            |           | 5 1 3 0        | 9 6       | no
acu-unanimous               | NINE                | A+ B+ C+ D+ E+ F+ G+ H+ I+            |           | 9 0 0 0        | 9 9       | yes
acu-unanimous               | NINE                | A+ B+ C+ D+ E+ F+ G+ H+ I0            |           | 8 0 1 0        | 9 9       | no
un-council                  | COUNCIL             | CN+ RU+ M01..02+ FR- GB- US- M03..10- |           | 4 11 0 0       | 15 9      | veto
un-council                  | COUNCIL             | CN0 FR+ GB+ RU0 US+ M01..06+          |           | 9 0 2 4        | 15 9      | yes
un-council                  | COUNCIL             | FR+ GB+ US+ M01..05+                  |           | 8 0 0 7        | 15 9      | no
un-council                  | COUNCIL             | RU- FR+ GB+ US+ M01..07+              |           | 10 1 0 4       | 15 9      | veto
wto-reverse-consensus       | THREE               | A- B-                                 |           | 0 2 0 1        | 3 3       | yes
wto-reverse-consensus       | THREE               | A- B- C-                              |           | 0 3 0 0        | 3 3       | no
wto-reverse-consensus       | THREE               | A- B- C0                              |           | 0 2 1 0        | 3 3       | yes
consensus                   | THREE               |                                       |           | 0 0 0 3        | 3 1       | yes
consensus                   | THREE               | A+ B0                                 |           | 1 0 1 1        | 3 1       | yes
consensus                   | THREE               | A+ B+ C-                              |           | 2 1 0 0        | 3 1       | no
consensus-without-the-party | THREE               | A+ B+ C-                              | C         | 2 0 0 0        | 2 1       | yes
consensus-without-the-party | THREE               | A+ B- C+                              | C         | 1 1 0 0        | 2 1       | no
unanimous-of-all            | THREE               | A+ B+ C+                              |           | 3 0 0 0        | 3 3       | yes
unanimous-of-all            | THREE               | A+ B+                                 |           | 2 0 0 1        | 3 3       | no
epu-board                   | FIVE                | A+ B+ C-                              |           | 2 1 0 2        | 3 2       | yes
epu-board                   | FIVE                | A+ B+ C- D0                           |           | 2 1 1 1        | 4 3       | no
weighted-70                 | A:40 B:30 C:20 D:10 | A+ B+ C-                              |           | 70 20 0 10     | 100 70    | yes
weighted-70                 | A:41 B:29 C:20 D:11 | A+ B+ C-                              |           | 70 20 0 11     | 101 71    | no
weighted-85                 | A:40 B:30 C:20 D:10 | A+ B+ D+                              |           | 80 0 0 20      | 100 85    | no
weighted-85                 | A:45 B:30 C:15 D:10 | A+ B+ D+                              |           | 85 0 0 15      | 100 85    | yes
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]
GROUPS = {"NINE": NINE, "COUNCIL": COUNCIL, "THREE": THREE, "FIVE": FIVE}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[2]}"[:60])
def test_each_rule_counts_as_the_table_says(row):
    rule, members, cast, interested, figures, base, adopted = row
    tally = vote(rule, GROUPS.get(members, members), cast, interested=interested)
    assert [tally.for_it, tally.against, tally.abstaining, tally.absent] == [int(each) for each in figures.split()]
    assert [tally.base, tally.needed] == [int(each) for each in base.split()]
    assert tally.is_adopted is (adopted == "yes")
    if adopted not in ("yes", "no"):
        assert {"quorum": "no quorum", "no vote": "there is no vote", "veto": "veto of"}[adopted] in tally.reason
    assert tally.reason.startswith("adopted" if tally.is_adopted else "not adopted")
    assert tally.entitled == tally.for_it + tally.against + tally.abstaining + tally.absent


def test_every_rule_that_ships_stands_in_the_table():
    assert {row[0] for row in ROWS} == set(NAMED_RULES)
    assert {row[0] for row in ROWS if row[-1] == "yes"} == {row[0] for row in ROWS if row[-1] != "yes"} == set(NAMED_RULES)


@pytest.mark.parametrize(
    ("rule", "members", "cast", "reason"),
    [
        ("acu-majority", NINE, "A+ B+ C+ D+ E+ F-", "adopted: 5 of 9 for, 5 needed (more than 1/2 of all members)"),
        ("acu-majority", NINE, "A+", "not adopted: no quorum: 1 present, 6 needed"),
        ("acu-majority", NINE, "C+ D+ E+ F+ G+ H+", "not adopted: no quorum: none of chair, vice-chair is present"),
        ("wto-reverse-consensus", THREE, "A-", "adopted: 1 of 3 against, 3 needed (at least 1 of all members)"),
        ("un-council", COUNCIL, "US- CN-", "not adopted: veto of CN, US"),
        ("weighted-70", "A:3 B:7", "B+", "adopted: 7 of 10 for, 7 needed (at least 7/10 of the weight of all members)"),
        ("consensus", "", "", "not adopted: there is no vote in all members"),
    ],
)
def test_the_reason_is_told_with_its_figures(rule, members, cast, reason):
    assert vote(rule, members, cast).reason == reason


def test_the_last_ballot_before_the_close_counts_or_the_first():
    last = NAMED_RULES["unanimous-of-all"]
    tally = vote(last, "A", "A+ A- A+")
    assert (tally.for_it, tally.is_adopted) == (1, True)
    assert [(each.number, each.why) for each in tally.passed_over] == [(1, "replaced by ballot 2"), (2, "replaced by ballot 3")]
    tally = vote(replace(last, is_first_counted=True), "A", "A- A+ A+")
    assert (tally.against, tally.is_adopted) == (1, False)
    assert [(each.number, each.why) for each in tally.passed_over] == [
        (2, "the member had voted before"),
        (3, "the member had voted before"),
    ]


def test_a_ballot_counts_from_the_opening_until_before_the_close():
    cast = [Ballot(n, code, Choice.YES, at_us) for n, (code, at_us) in enumerate([("A", 999), ("B", 1000), ("C", 1999), ("D", 2000)], 1)]
    tally = count(NAMED_RULES["one-member-one-vote"], voters("A B C D"), cast, opens_at_us=OPENS, closes_at_us=CLOSES)
    assert [each.member for each in tally.counted if each.is_present] == ["B", "C"]
    assert [each.why for each in tally.passed_over] == ["cast before the opening", "cast at the close or later"]


def test_a_stranger_and_the_interested_do_not_vote():
    tally = vote("consensus-without-the-party", THREE, "A+ C- ZOE-", interested="C")
    assert tally.is_adopted and (tally.entitled, tally.excluded) == (2, 1)
    assert [(each.member, each.why) for each in tally.passed_over] == [("C", "the member is interested"), ("ZOE", "not entitled to vote")]
    assert tally.counted[2].how == "excluded: interested"
    assert not vote("consensus", THREE, "A+ C-", interested="C").is_adopted  # that rule excludes nobody


def test_a_veto_of_the_interested_does_not_count():
    rule = replace(NAMED_RULES["un-council"], excludes_interested=True)
    cast = "RU- FR+ GB+ US+ M01..06+"
    assert vote(rule, COUNCIL, cast, interested="RU").is_adopted
    assert vote(rule, COUNCIL, cast).vetoes == ("RU",)


@pytest.mark.parametrize(
    ("silence", "figures"),
    [(Silence.YES, (3, 0, 0, 0)), (Silence.NO, (1, 2, 0, 0)), (Silence.ABSTAIN, (1, 0, 2, 0)), (Silence.ABSENT, (1, 0, 0, 2))],
)
def test_silence_counts_as_the_rule_says_once_its_days_have_passed(silence, figures):
    rule = replace(NAMED_RULES["unanimous-of-all"], silence=silence, silence_days=5)
    tally = vote(rule, THREE, "A+", closes=6 * DAY_US)
    assert (tally.for_it, tally.against, tally.abstaining, tally.absent) == figures
    assert tally.present == 1
    early = vote(rule, THREE, "A+", closes=6 * DAY_US - 1)
    assert (early.for_it, early.absent) == (1, 2)


def test_days_of_silence_are_those_of_the_zone():
    rule = replace(NAMED_RULES["consensus"], silence=Silence.YES, silence_days=10)
    opens = instant_us(datetime.date(2026, 3, 20), datetime.time(23, 30), "Europe/Ljubljana")
    assert silence_from_us(rule, opens, "Europe/Ljubljana") == instant_us(datetime.date(2026, 3, 31), datetime.time(), "Europe/Ljubljana")
    assert silence_from_us(replace(rule, silence_days=0), opens, "UTC") == opens


def test_a_delegate_votes_for_another_one_step_and_as_often_as_the_rule_allows():
    rule = NAMED_RULES["one-member-one-vote"]
    tally = vote(rule, FIVE, "A>C B>C C+ D>E E>D")
    assert (tally.for_it, tally.absent, tally.present) == (2, 3, 2)
    how = {each.member: each.how for each in tally.counted}
    assert how == {
        "A": "ballot 1: through C",
        "B": "absent: C did not vote for it",
        "C": "ballot 3",
        "D": "absent: E did not vote for it",
        "E": "absent: D did not vote for it",
    }
    assert [(each.number, each.why) for each in tally.passed_over] == [
        (2, "C votes for as many as the rule allows"),
        (4, "E cast no ballot of its own"),
        (5, "D cast no ballot of its own"),
    ]
    assert vote(replace(rule, delegations_max=2), FIVE, "A>C B>C C+").for_it == 3
    assert vote(replace(rule, delegations_max=0), FIVE, "A>C C+").for_it == 1


def test_who_votes_takes_its_delegation_back_and_who_delegates_to_nobody_is_told():
    tally = vote("one-member-one-vote", THREE, "A>B B+ A-")
    assert (tally.for_it, tally.against) == (1, 1)
    tally = vote("one-member-one-vote", THREE, "A>A B>ZOE")
    assert {each.why for each in tally.passed_over} == {"delegated to nobody who may vote"}


def test_weights_have_equal_basic_votes_that_come_to_their_share():
    quotas = {"A": 800, "B": 150, "C": 50}
    weights = weights_with_basic_votes(quotas)
    total = sum(weights.values())
    basic = Fraction(weights["A"] * 50 - weights["C"] * 800, 50 - 800)
    assert basic * 3 / total == BASIC_VOTES_SHARE
    assert (weights["A"] - weights["B"]) * (150 - 50) == (weights["B"] - weights["C"]) * (800 - 150)
    assert weights_with_basic_votes({"A": 1, "B": 2}, Fraction(0)) == {"A": 2, "B": 4}
    with pytest.raises(BrokenLaw):
        weights_with_basic_votes({"A": 0})


def test_a_rule_and_a_vote_are_lawful():
    rule = NAMED_RULES["consensus"]
    for changed in ({"threshold": Fraction(3, 2)}, {"is_to_be_passed": False}, {"quorum": Fraction(-1)}, {"silence_days": -1}):
        with pytest.raises(BrokenLaw):
            replace(rule, **changed)
    with pytest.raises(BrokenLaw, match="weighs_something"):
        Voter("A", 0)
    with pytest.raises(BrokenLaw, match="entitled_once"):
        vote(rule, "A A", "")
    with pytest.raises(BrokenLaw, match="numbers_of_their_own"):
        count(rule, voters("A"), ballots("A+") * 2, opens_at_us=OPENS, closes_at_us=CLOSES)


CODES = ["A", "B", "C", "D", "E", "Z"]
rules = st.builds(
    VotingRule,
    name=st.just("any"),
    about=st.just("any"),
    base=st.sampled_from(Base),
    threshold=st.fractions(0, 1, max_denominator=20),
    is_to_be_passed=st.just(True),
    polarity=st.sampled_from(Polarity),
    quorum=st.fractions(0, 1, max_denominator=5),
    veto=st.frozensets(st.sampled_from(CODES), max_size=2),
    excludes_interested=st.booleans(),
    silence=st.sampled_from(Silence),
    is_first_counted=st.booleans(),
    delegations_max=st.integers(0, 3),
)
one_ballot = st.tuples(st.sampled_from(CODES), st.sampled_from(Choice), st.integers(OPENS - 2, CLOSES), st.sampled_from(CODES))


@given(
    rule=rules,
    weights=st.lists(st.integers(1, 9), min_size=5, max_size=5),
    cast=st.lists(one_ballot, max_size=20),
    interested=st.frozensets(st.sampled_from(CODES)),
    data=st.data(),
)
def test_no_vote_counts_twice_and_the_order_of_ballots_does_not_matter(rule, weights, cast, interested, data):
    members = [Voter(code, weight) for code, weight in zip("ABCDE", weights, strict=True)]
    handed_in = [Ballot(number, who, choice, at_us, to) for number, (who, choice, at_us, to) in enumerate(cast, 1)]
    window = {"interested": interested, "opens_at_us": OPENS, "closes_at_us": CLOSES}
    tally = count(rule, members, handed_in, **window)
    assert tally == count(rule, data.draw(st.permutations(members)), data.draw(st.permutations(handed_in)), **window)
    assert [each.member for each in tally.counted] == list("ABCDE")
    by_ballot = [int(each.how.split()[1].rstrip(":")) for each in tally.counted if each.how.startswith("ballot ")]
    passed = [each.number for each in tally.passed_over]
    assert sorted(by_ballot + passed) == [each.number for each in handed_in]
    unit = sum(weights) if rule.base is Base.WEIGHT else 5
    assert tally.for_it + tally.against + tally.abstaining + tally.absent + tally.excluded == unit
    for each in tally.counted:
        own = {ballot.number: ballot for ballot in handed_in if ballot.member == each.member}
        if each.how.startswith("ballot "):
            assert int(each.how.split()[1].rstrip(":")) in own
    part = Fraction(tally.for_it if rule.polarity is Polarity.FOR else tally.against, tally.base) if tally.base else None
    if tally.has_quorum and not tally.vetoes and part is not None:
        assert tally.is_adopted is ((part > rule.threshold) is (rule.polarity is Polarity.FOR))
    else:
        assert not tally.is_adopted
