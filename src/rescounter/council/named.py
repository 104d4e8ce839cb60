"""Voting rules that ship, as data, and the weights of members that have basic votes.

Source: rules R3 and R16; what is called unverified there is modelled on the practice that it names, no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rescounter.council.voting import Base, Polarity, VotingRule
from rescounter.terms.faults import holds

__all__ = ["BASIC_VOTES_SHARE", "NAMED_RULES", "weights_with_basic_votes"]

BASIC_VOTES_SHARE: Final = Fraction(5502, 100_000)
"""Part of all votes that are basic votes, equal for all members (R16, unverified)."""

_HALF, _TWO_THIRDS, _ALL = Fraction(1, 2), Fraction(2, 3), Fraction(1)
_CHAIRS: Final = frozenset({"chair", "vice-chair"})
_PERMANENT: Final = frozenset({"CN", "FR", "GB", "RU", "US"})


def _directors(name: str, about: str, threshold: Fraction, *, is_to_be_passed: bool = False) -> VotingRule:
    """Of all directors, present or not; the chair or its deputy and two-thirds must be there (R3)."""
    return VotingRule(
        name=name,
        about=f"Modelled on the Asian Clearing Union: {about}; quorum: chair or vice-chair, and two-thirds.",
        base=Base.ALL,
        threshold=threshold,
        is_to_be_passed=is_to_be_passed,
        quorum=_TWO_THIRDS,
        quorum_offices=_CHAIRS,
    )


def _weighted(name: str, threshold: Fraction) -> VotingRule:
    return VotingRule(
        name=name,
        about=f"Modelled on the IMF's special majorities: {threshold} of the weight of all.",
        base=Base.WEIGHT,
        threshold=threshold,
    )


_RULES: Final = (
    VotingRule(
        name="one-member-one-vote",
        about="More yes than no; half of the members present.",
        base=Base.VOTING,
        threshold=_HALF,
        is_to_be_passed=True,
        quorum=_HALF,
    ),
    _directors("acu-majority", "majority of all directors", _HALF, is_to_be_passed=True),
    _directors("acu-two-thirds", "two-thirds of all directors, for amendments", _TWO_THIRDS),
    _directors("acu-unanimous", "all directors, for the unit of account", _ALL),
    VotingRule(
        name="un-council",
        about="Modelled on the Security Council: 9 of 15, and no veto of a permanent member.",
        base=Base.ALL,
        threshold=Fraction(9, 15),
        veto=_PERMANENT,
    ),
    VotingRule(
        name="wto-reverse-consensus",
        about="Modelled on the WTO: adopted unless all object.",
        base=Base.ALL,
        threshold=_ALL,
        polarity=Polarity.AGAINST,
    ),
    VotingRule(
        name="consensus",
        about="Modelled on the SCO: adopted without a vote if nobody objects.",
        base=Base.ALL,
        threshold=Fraction(0),
        is_to_be_passed=True,
        polarity=Polarity.AGAINST,
    ),
    VotingRule(
        name="consensus-without-the-party",
        about="Modelled on suspension in the SCO: adopted if nobody objects but the member it is about, who is not asked.",
        base=Base.ALL,
        threshold=Fraction(0),
        is_to_be_passed=True,
        polarity=Polarity.AGAINST,
        excludes_interested=True,
    ),
    VotingRule(name="unanimous-of-all", about="All members vote yes.", base=Base.ALL, threshold=_ALL),
    VotingRule(
        name="epu-board",
        about="Modelled on the board of the European Payments Union: majority of those present.",
        base=Base.PRESENT,
        threshold=_HALF,
        is_to_be_passed=True,
        quorum=_HALF,
    ),
    _weighted("weighted-70", Fraction(70, 100)),
    _weighted("weighted-85", Fraction(85, 100)),
)

NAMED_RULES: Final[Mapping[str, VotingRule]] = MappingProxyType({rule.name: rule for rule in _RULES})
"""The rules that ship, by name."""


def weights_with_basic_votes(quotas: Mapping[str, int], share: Fraction = BASIC_VOTES_SHARE) -> dict[str, int]:
    """Weights by quota, with an equal basic vote for each member, which come to *share* of all votes.

    Returns: whole numbers in exact proportion. Laws: quotas are above zero; the share is from 0 to below 1.
    """
    holds(all(quota > 0 for quota in quotas.values()) and 0 <= share < 1, "quotas_and_share_make_weights", share=share)
    # With Q the sum of quotas and n members, each has q + Q*s/((1-s)*n) votes; all times (1-s)*n and the denominator are whole.
    rest = (share.denominator - share.numerator) * len(quotas)
    basic = sum(quotas.values()) * share.numerator
    return {code: quota * rest + basic for code, quota in quotas.items()}
