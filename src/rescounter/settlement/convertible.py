"""The union's own convertible reserves: what the settlement agent holds for it, less what of that belongs to members or bears losses.

``convertible = -(*/settlement) - what is above zero on M/cash, M/due, M/collateral, M/fund, M/assessments, */unidentified, */guarantee
and the accounts of pools``

All accounts sum to zero, so the same is told by what the union has: capital, credit granted to it less credit drawn from it, and what it
earned in fees, interest and charges as far as that was collected. `docs/CREDIT.md` has the identity with an example.
"""

from __future__ import annotations

from typing import Final

from rescounter.ledger import Standings
from rescounter.settlement.accounts import ASSESSMENTS, CASH, COLLATERAL, DUE, FUND, GUARANTEE, POOL, SETTLEMENT, UNIDENTIFIED
from rescounter.terms.names import FUND_NAME

__all__ = ["convertible_of"]

_OF_MEMBERS: Final = (CASH, DUE, COLLATERAL, FUND, ASSESSMENTS)
_SET_ASIDE: Final = (UNIDENTIFIED, GUARANTEE)


def convertible_of(standings: Standings) -> dict[str, int]:
    """By currency, what of the settlement account is the union's own; below zero where members' money was lent on.

    Args: *standings* of all accounts. Cash below zero (a net debit cap in use) is a claim, and no reserve.
    """
    found: dict[str, int] = {}
    for name, used in zip(standings.values("id"), standings.used().tolist(), strict=True):
        owner, purpose, currency = name.rsplit("/", 2)
        if owner == FUND_NAME and purpose == SETTLEMENT:
            found[currency] = found.get(currency, 0) + used
        elif purpose in (_SET_ASIDE if owner == FUND_NAME else _OF_MEMBERS) or (owner == FUND_NAME and purpose.startswith(POOL)):
            found[currency] = found.get(currency, 0) + min(0, used)
    return found
