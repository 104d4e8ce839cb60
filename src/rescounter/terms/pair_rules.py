"""Why a union refuses what is done with pairs of payments and with collateral: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["PAIR_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

PAIR_RULES: Final[tuple[_Row, ...]] = (
    (
        "plan_overtaken",
        "F1",
        8810,
        "members have less cash, or lower limits, than when it was reckoned which pairs settle",
        "a plan whose pairs still pass all tests",
        "Refuse the proposal and run rescounter cycle fund again: the pairs are reckoned anew.",
        "ANA was paid back 500.00 EUR while the plan waited for its approval",
    ),
    (
        "collateral_malformed",
        "F2",
        8820,
        "a pledge, a release or a price cannot be used as it stands",
        "an asset of 1 to 64 visible characters, whole pieces above zero, prices as decimals, haircuts from 0 to 100 per cent",
        "Correct what was found.",
        "a haircut of 120 per cent",
    ),
    (
        "collateral_reference_taken",
        "F3",
        8830,
        "the reference was used before, for another pledge or release",
        "a reference that is used once",
        "Give it a reference of its own.",
        "reference P-7 for 10 pieces of BOND, and before for 20",
    ),
    (
        "collateral_not_there",
        "F4",
        8840,
        "there is less than is to be pledged or released",
        "at most what the member has on its cash, or has pledged",
        "Ask for less, or wait for the member's pay-in.",
        "500.00 EUR of cash to be pledged, where 300.00 are there",
    ),
    (
        "collateral_needed",
        "F5",
        8850,
        "what would be left does not cover what the member needs",
        "a release that leaves enough at the prices in force",
        "Release less, or have something else pledged first.",
        "BOND released, with 1,000.00 EUR needed and 400.00 left",
    ),
)
