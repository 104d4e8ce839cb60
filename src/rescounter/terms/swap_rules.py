"""Why a union refuses swaps: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["SWAP_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

SWAP_RULES: Final[tuple[_Row, ...]] = (
    (
        "swap_not_granted",
        "W1",
        8910,
        "the rulebook grants no swaps",
        "swaps where exchange.unit names a unit and exchange.swap_share is above zero",
        "Change the rulebook first: rescounter rulebook change.",
        "swap draw ANA 500.00 in a union in which every currency settles by itself",
    ),
    (
        "swap_malformed",
        "W2",
        8920,
        "the amount of a swap is not above zero or smaller than its number of partners, or its reference is empty",
        "an amount of at least one minor unit from each partner, a reference of 1 to 128 visible characters",
        "Correct the amount or the reference.",
        "swap draw ANA 0.00 --reference S-1",
    ),
    (
        "swap_reference_taken",
        "W3",
        8930,
        "the reference stands for another swap",
        "a reference of its own for each swap",
        "Give the swap another reference; rescounter swap show lists those that were used.",
        "--reference S-1, twice, with other amounts",
    ),
    (
        "swap_not_in_deficit",
        "W4",
        8940,
        "the member is in no net deficit that a swap could pay",
        "a member that owes in all currencies together, in a cycle that called and is not funded",
        "Ask when the cycle has called; rescounter statement MEMBER tells the position in the unit.",
        "swap draw BO 500.00, which is paid 500.00 by the cycle",
    ),
    (
        "swap_beyond_deficit",
        "W5",
        8950,
        "swaps of the member for this cycle come to more than it owes in it",
        "at most its net deficit, with what it drew for the same cycle before",
        "Ask for less.",
        "swap draw ANA 500.00 with a deficit of 400.00",
    ),
    (
        "swap_beyond_entitlement",
        "W6",
        8960,
        "more is asked of a partner than the member is entitled to",
        "of each partner exchange.swap_share of the average yearly gross payments, less what is drawn from it and not repaid",
        "Ask for less, or of more partners; rescounter swap show MEMBER tells the entitlement.",
        "500.00 of BO, with gross payments of 2,000.00 a year and a share of 0.2",
    ),
    (
        "swap_too_often",
        "W7",
        8970,
        "the member drew as many swaps in the calendar year as the rulebook allows",
        "at most exchange.swap_times swaps of one member with a settlement day in one calendar year",
        "Pay in, or wait for the next year.",
        "swap draw ANA, a third time in 2027, where swap_times is 2",
    ),
    (
        "swap_overdue",
        "W8",
        8980,
        "a swap that the member drew before has fallen due and is not repaid",
        "a member that has repaid what has fallen due",
        "rescounter swap repay REFERENCE comes first.",
        "swap draw ANA while S-1 was due on 2027-05-04",
    ),
    (
        "swap_partner_wrong",
        "W9",
        8990,
        "nobody can give a swap who is no active direct member, or the member itself; and nobody else can draw one",
        "active members that settle by themselves, each named once, other than the one that draws",
        "Name other partners, or none: then every other one is asked.",
        "--from ANA, for a swap of ANA",
    ),
    (
        "swap_cash_missing",
        "W10",
        9010,
        "the cash that is to move does not lie on the account from which it moves",
        "at most what the member has paid in and not used",
        "Pay in first: rescounter cycle fund FILE books money that was not called, too.",
        "a share of 500.00 of BO, whose cash is 0.00",
    ),
    (
        "swap_not_open",
        "W11",
        9020,
        "there is no swap of that reference that is open",
        "a swap that was drawn and is not repaid",
        "rescounter swap show lists the swaps.",
        "swap repay S-9, which nobody drew",
    ),
)
