"""Why a union refuses rules on credit, and steps that credit and reserves forbid: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["CREDIT_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

CREDIT_RULES: Final[tuple[_Row, ...]] = (
    (
        "credit_does_not_fit",
        "K1",
        8010,
        "a rule on credit, interest, charges or their collection does not go with another rule",
        "rules that agree: what each needs stands beside it",
        "Change one of the two rules, or leave one out.",
        'interest = "credit" with kind = "none"',
    ),
    (
        "credit_text_malformed",
        "K2",
        8020,
        "a slice of the quota or a step of a charge cannot be read, or the slices leave a gap",
        'slices such as "20% 0%" that ascend, the last "beyond 100%"; steps such as "25% 1%"',
        "Write where the slice ends and its part in reserves, or beyond which share of the quota which rate is charged.",
        'debtor = ["20% 0%", "10% 50%", "beyond 100%"]',
    ),
    (
        "reserves_below_floor",
        "K3",
        8110,
        "the settlement would take the union's convertible reserves below their floor",
        "convertible assets + paid in - paid out >= credit.floor",
        "Bring in capital (rescounter capital add), lower credit.floor by a change of the rulebook, or change quotas before the call.",
        "EUR: 40.00 would be left, the floor is 50.00; paid out to: cy",
    ),
    (
        "cycle_before_not_settled",
        "K4",
        8120,
        "credit, interest and what is collected follow from the cycle before, which is not closed",
        "one cycle after the other is called, where positions or dues go on from one to the next",
        "Settle and close the cycle before, then go on with this one.",
        "cycle 2026-01-22 is funded",
    ),
    (
        "capital_malformed",
        "K5",
        8130,
        "the movement of capital cannot be read",
        "a currency of the union, an amount above zero, in or out, a reference and a source of 1 to 128 visible characters each",
        "Correct the words of the command.",
        "amount 0",
    ),
    (
        "capital_reference_taken",
        "K6",
        8140,
        "this reference was used for another movement of capital",
        "each reference once",
        "Give this movement a reference of its own.",
        "K-1 stands in act 12 with other content",
    ),
    (
        "capital_not_free",
        "K7",
        8150,
        "the capital cannot be paid back: it is not there, or the reserves would fall below their floor",
        "at most the capital that was brought in, as far as convertible assets stay at or above credit.floor",
        "Pay back less, or wait until members have paid in.",
        "100.00 asked for, 60.00 free",
    ),
)
