"""Nothing is created: what a cycle clears equals what it posts, member by member, in each currency."""

from __future__ import annotations

from collections.abc import Mapping

from rescounter.ledger.effects import Effects
from rescounter.terms import holds

__all__ = ["posts_what_was_cleared"]


def posts_what_was_cleared(effects: Effects, *, debits_minor: Mapping[str, int], credits_minor: Mapping[str, int]) -> None:
    """Law: a posting moves exactly what the cycle found.

    Args: *debits_minor*, *credits_minor*: by account, what the cleared tables say it owed and was owed of what the posting
    discharges; accounts of zero on both sides may be left out.
    """
    holds(sum(debits_minor.values()) == sum(credits_minor.values()), "nothing_created", debits=sum(debits_minor.values()))
    for side, expected, found in (("debits", debits_minor, effects.posted_debits), ("credits", credits_minor, effects.posted_credits)):
        posted = {identity: amount for identity, amount in zip(effects.ids.to_pylist(), found.tolist(), strict=True) if amount}
        cleared = {identity: amount for identity, amount in expected.items() if amount}
        for identity in posted.keys() | cleared.keys() if posted != cleared else ():
            holds(posted.get(identity, 0) == cleared.get(identity, 0), "nothing_created", account=identity, side=side)
