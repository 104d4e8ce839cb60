"""What a vote is made of: the rule as data, those entitled, ballots, and the tally.

Source: rule R16, "Votes and quorums".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from rescounter.terms.faults import holds

__all__ = ["Ballot", "Base", "Choice", "Counted", "PassedOver", "Polarity", "Silence", "Tally", "Voter", "VotingRule"]


class Choice(Enum):
    """What a ballot says. DELEGATE: another member votes for this one."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    DELEGATE = "delegate"


class Base(Enum):
    """Of what the threshold is a part; those who are interested are never in it where the rule excludes them."""

    ALL = "all members"
    PRESENT = "members present"
    VOTING = "members present and voting yes or no"
    WEIGHT = "the weight of all members"


class Polarity(Enum):
    """Which side has to reach the threshold."""

    FOR = "adopted if enough are for it"
    AGAINST = "adopted unless enough are against it"


class Silence(Enum):
    """How a member counts that cast no ballot."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingRule:
    """How votes are counted.

    *threshold*: part of the *base*, 0 to 1, which the side of *polarity* has to reach, or to pass where *is_to_be_passed*. *quorum*: part
    of the members entitled that must be present, and of *quorum_offices* at least one. *veto*: codes whose no defeats it. *silence* counts
    once *silence_days* have passed in full before the close; until then the silent are absent. *is_first_counted*: the first ballot of a
    member counts, else the last before the close. *delegations_max*: how many others one member may vote for.
    Laws: threshold and quorum lie from 0 to 1; a threshold of nothing is passed, not reached.
    """

    name: str
    about: str
    base: Base
    threshold: Fraction
    is_to_be_passed: bool = False
    polarity: Polarity = Polarity.FOR
    quorum: Fraction = Fraction(0)
    quorum_offices: frozenset[str] = frozenset()
    veto: frozenset[str] = frozenset()
    excludes_interested: bool = False
    silence: Silence = Silence.ABSENT
    silence_days: int = 0
    is_first_counted: bool = False
    delegations_max: int = 1

    def __post_init__(self) -> None:
        holds(0 <= self.threshold <= 1 and 0 <= self.quorum <= 1, "parts_lie_from_nothing_to_all", rule=self.name)
        holds(self.threshold > 0 or self.is_to_be_passed, "a_threshold_of_nothing_is_passed", rule=self.name)
        holds(self.silence_days >= 0 and self.delegations_max >= 0, "days_and_delegations_are_counted", rule=self.name)


@dataclass(frozen=True, slots=True)
class Voter:
    """A member entitled to vote. *weight*: 1 or more; *office*: such as chair, empty for none."""

    code: str
    weight: int = 1
    office: str = ""

    def __post_init__(self) -> None:
        holds(self.weight > 0, "a_vote_weighs_something", member=self.code)


@dataclass(frozen=True, slots=True)
class Ballot:
    """One ballot on record. *number*: of its record, which no other has; *to*: the delegate, for `Choice.DELEGATE` alone."""

    number: int
    member: str
    choice: Choice
    at_us: int
    to: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """How one member counted. *choice*: None where it is absent or excluded; *how*: by which ballot, or why not."""

    member: str
    weight: int
    choice: Choice | None
    is_present: bool
    how: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A ballot that did not count, and why."""

    number: int
    member: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The result with every number. In heads, or in weight where the *base* is weight: *unit* says which.

    *needed*: the least of the side that decides (*for_it* or *against*) that reaches the threshold; *present_needed*: in heads.
    """

    rule: str
    unit: str
    entitled: int
    excluded: int
    present: int
    present_needed: int
    has_quorum: bool
    for_it: int
    against: int
    abstaining: int
    absent: int
    base: int
    needed: int
    vetoes: tuple[str, ...]
    is_adopted: bool
    reason: str
    counted: tuple[Counted, ...]
    passed_over: tuple[PassedOver, ...]
