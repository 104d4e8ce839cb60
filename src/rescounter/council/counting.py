"""Count a vote from its ballots alone, so that anybody can count it again.

The order in which ballots are handed in does not matter: a member's ballots are sorted by instant, then by record number. Whole numbers
and exact fractions only. Source: rule R16.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from typing import Final

from rescounter.council.voting import Ballot, Base, Choice, Counted, PassedOver, Polarity, Silence, Tally, Voter, VotingRule
from rescounter.terms.calendar import day_of, instant_us
from rescounter.terms.faults import holds

__all__ = ["count", "silence_from_us"]

_SILENT: Final = {Silence.YES: Choice.YES, Silence.NO: Choice.NO, Silence.ABSTAIN: Choice.ABSTAIN, Silence.ABSENT: None}
_NOBODY: Final[frozenset[str]] = frozenset()


def silence_from_us(rule: VotingRule, opens_at_us: int, zone: str) -> int:
    """The instant from which silence counts: the midnight that ends day N after the day of the opening; at once for no days."""
    if rule.silence_days == 0:
        return opens_at_us
    day = day_of(opens_at_us, zone) + datetime.timedelta(days=rule.silence_days + 1)
    return instant_us(day, datetime.time(), zone)


def count(
    rule: VotingRule,
    members: Sequence[Voter],
    ballots: Iterable[Ballot],
    *,
    interested: Set[str] = _NOBODY,
    opens_at_us: int,
    closes_at_us: int,
    zone: str = "UTC",
) -> Tally:
    """The tally of a vote.

    Args: *ballots*: in any order, with numbers of their own; one counts from the opening on, until before the close. *interested*: codes of
    members that have an interest of their own. Laws: no vote counts twice; every ballot is counted or passed over; parts add up.
    """
    voters = tuple(sorted(members, key=lambda each: each.code))
    holds(len({each.code for each in voters}) == len(voters), "each_member_is_entitled_once", rule=rule.name)
    cast = tuple(sorted(ballots, key=lambda each: (each.at_us, each.number)))
    holds(len({each.number for each in cast}) == len(cast), "ballots_have_numbers_of_their_own", rule=rule.name)
    barred = frozenset(each.code for each in voters if rule.excludes_interested and each.code in interested)
    entitled = {each.code: each for each in voters if each.code not in barred}
    valid, passed_over = _sorted_out(rule, entitled, barred, cast, opens_at_us=opens_at_us, closes_at_us=closes_at_us)
    silent = _SILENT[rule.silence] if closes_at_us >= silence_from_us(rule, opens_at_us, zone) else None
    counted = tuple(_counted(voter, barred, valid, silent) for voter in voters)
    mandates, refused = _mandates(rule, valid, counted)
    counted = tuple(mandates.get(each.member, each) for each in counted)
    passed = tuple(sorted((*passed_over, *refused), key=lambda each: each.number))
    holds(len({each.number for each in passed}) == len(passed), "a_ballot_is_passed_over_once", rule=rule.name)
    return _tally(rule, {each.code: each for each in voters}, barred, counted, passed)


def _sorted_out(
    rule: VotingRule, entitled: Mapping[str, Voter], barred: Set[str], cast: Sequence[Ballot], *, opens_at_us: int, closes_at_us: int
) -> tuple[dict[str, Ballot], list[PassedOver]]:
    """The one ballot of each member that counts, and why the others do not."""
    valid: dict[str, Ballot] = {}
    passed: list[PassedOver] = []
    for ballot in cast:
        why = _why_not(ballot, entitled, barred, opens_at_us, closes_at_us)
        if not why and rule.is_first_counted and ballot.member in valid:
            why = "the member had voted before"
        if why:
            passed.append(PassedOver(ballot.number, ballot.member, why))
            continue
        if ballot.member in valid:
            passed.append(PassedOver(valid[ballot.member].number, ballot.member, f"replaced by ballot {ballot.number}"))
        valid[ballot.member] = ballot
    return valid, passed


def _why_not(ballot: Ballot, entitled: Mapping[str, Voter], barred: Set[str], opens_at_us: int, closes_at_us: int) -> str:
    if ballot.member in barred:
        return "the member is interested"
    if ballot.member not in entitled:
        return "not entitled to vote"
    if not opens_at_us <= ballot.at_us < closes_at_us:
        return "cast before the opening" if ballot.at_us < opens_at_us else "cast at the close or later"
    if ballot.choice is Choice.DELEGATE and (ballot.to == ballot.member or ballot.to not in entitled):
        return "delegated to nobody who may vote"
    return ""


def _counted(voter: Voter, barred: Set[str], valid: Mapping[str, Ballot], silent: Choice | None) -> Counted:
    """How a member counts by its own ballot or silence; a delegation stands as absence until its delegate is looked at."""
    if voter.code in barred:
        return Counted(voter.code, voter.weight, None, False, "excluded: interested")
    ballot = valid.get(voter.code)
    if ballot is None:
        how = "absent" if silent is None else f"silent: counts as {silent.value}"
        return Counted(voter.code, voter.weight, silent, False, how)
    if ballot.choice is Choice.DELEGATE:
        return Counted(voter.code, voter.weight, None, False, f"absent: {ballot.to} did not vote for it")
    return Counted(voter.code, voter.weight, ballot.choice, True, f"ballot {ballot.number}")


def _mandates(rule: VotingRule, valid: Mapping[str, Ballot], counted: Sequence[Counted]) -> tuple[dict[str, Counted], list[PassedOver]]:
    """Members that vote through another: one step, the earliest delegations first, as many for one delegate as the rule allows."""
    own = {each.member: each for each in counted}
    carried: Counter[str] = Counter()
    found: dict[str, Counted] = {}
    refused: list[PassedOver] = []
    for ballot in sorted((each for each in valid.values() if each.choice is Choice.DELEGATE), key=lambda each: (each.at_us, each.number)):
        delegate = own[ballot.to]
        if not delegate.is_present:
            refused.append(PassedOver(ballot.number, ballot.member, f"{ballot.to} cast no ballot of its own"))
        elif carried[ballot.to] >= rule.delegations_max:
            refused.append(PassedOver(ballot.number, ballot.member, f"{ballot.to} votes for as many as the rule allows"))
        else:
            carried[ballot.to] += 1
            weight = own[ballot.member].weight
            found[ballot.member] = Counted(ballot.member, weight, delegate.choice, True, f"ballot {ballot.number}: through {ballot.to}")
    return found, refused


def _tally(
    rule: VotingRule, voters: Mapping[str, Voter], barred: Set[str], counted: Sequence[Counted], passed: tuple[PassedOver, ...]
) -> Tally:
    weighted = rule.base is Base.WEIGHT
    sums = {choice: sum(each.weight if weighted else 1 for each in counted if each.choice is choice) for choice in (*Choice, None)}
    everybody = sum(each.weight if weighted else 1 for each in counted)
    excluded = sum(each.weight if weighted else 1 for each in counted if each.member in barred)
    heads = sum(1 for each in counted if each.member not in barred)
    present = [each.member for each in counted if each.is_present]
    present_needed = _least(rule.quorum, heads, is_to_be_passed=False)
    offices = {voters[code].office for code in present}
    has_office = not rule.quorum_offices or bool(rule.quorum_offices & offices)
    base = _base(rule, everybody - excluded, sums)
    needed = _least(rule.threshold, base, is_to_be_passed=rule.is_to_be_passed)
    side = sums[Choice.YES if rule.polarity is Polarity.FOR else Choice.NO]
    vetoes = tuple(each.member for each in counted if each.member in rule.veto and each.choice is Choice.NO)
    absent = sums[None] - excluded
    holds(sum(sums.values()) == everybody and absent >= 0 and sums[Choice.DELEGATE] == 0, "parts_of_a_vote_add_up", rule=rule.name)
    has_quorum = len(present) >= present_needed and has_office
    is_adopted, reason = _decision(rule, side, needed, base, _why_no_quorum(rule, len(present), present_needed, has_office), vetoes)
    return Tally(
        rule=rule.name,
        unit="weight" if weighted else "heads",
        entitled=everybody - excluded,
        excluded=excluded,
        present=len(present),
        present_needed=present_needed,
        has_quorum=has_quorum,
        for_it=sums[Choice.YES],
        against=sums[Choice.NO],
        abstaining=sums[Choice.ABSTAIN],
        absent=absent,
        base=base,
        needed=needed,
        vetoes=vetoes,
        is_adopted=is_adopted,
        reason=reason,
        counted=tuple(counted),
        passed_over=passed,
    )


def _base(rule: VotingRule, entitled: int, sums: Mapping[Choice | None, int]) -> int:
    """Of how much the threshold is a part. Silence that counts as a vote is in it like a vote."""
    match rule.base:
        case Base.ALL | Base.WEIGHT:
            return entitled
        case Base.PRESENT:
            return sums[Choice.YES] + sums[Choice.NO] + sums[Choice.ABSTAIN]
        case Base.VOTING:
            return sums[Choice.YES] + sums[Choice.NO]


def _least(part: Fraction, base: int, *, is_to_be_passed: bool) -> int:
    """The least whole number that reaches, or passes, a part of *base*."""
    whole, rest = divmod(part.numerator * base, part.denominator)
    return whole + 1 if rest or is_to_be_passed else whole


def _why_no_quorum(rule: VotingRule, present: int, needed: int, has_office: bool) -> str:
    if present < needed:
        return f"no quorum: {present} present, {needed} needed"
    return "" if has_office else "no quorum: none of " + ", ".join(sorted(rule.quorum_offices)) + " is present"


def _decision(rule: VotingRule, side: int, needed: int, base: int, no_quorum: str, vetoes: tuple[str, ...]) -> tuple[bool, str]:
    """Whether it is adopted, and why; quorum before veto before numbers. Nobody entitled to vote adopts nothing."""
    if no_quorum:
        return False, f"not adopted: {no_quorum}"
    if vetoes:
        return False, "not adopted: veto of " + ", ".join(vetoes)
    if base == 0:
        return False, f"not adopted: there is no vote in {rule.base.value}"
    part = ("more than " if rule.is_to_be_passed else "at least ") + f"{rule.threshold} of {rule.base.value}"
    figures = f"{side} of {base} {'for' if rule.polarity is Polarity.FOR else 'against'}, {needed} needed ({part})"
    is_adopted = (side >= needed) is (rule.polarity is Polarity.FOR)
    return is_adopted, ("adopted: " if is_adopted else "not adopted: ") + figures
