"""A member's consent at a desk: the text that it signs, and the act that records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rescounter.cycle.consenting import consenting, keys_of_member
from rescounter.facade.union import Desk, Done
from rescounter.ledger.notes import SigningKey
from rescounter.membership.consents import consent_text

__all__ = ["consent", "consent_text_of", "key_names"]


def consent_text_of(desk: Desk, member: str, kind: str, body: Mapping[str, Any]) -> bytes:
    """What a member signs for its next consent."""
    return consent_text(desk.ledger.origin, member, desk.union.consents.turns.get(member, 0) + 1, kind, body)


def key_names(desk: Desk, member: str) -> tuple[str, ...]:
    """Names of the keys by which a member consents, as the register has them."""
    return tuple(key.partition("+")[0] for key in keys_of_member(desk.union, member, at_us=desk.at_us))


def consent(
    desk: Desk, by: str, member: str, kind: str, body: Mapping[str, Any], *, key: SigningKey | None = None, signature: str = ""
) -> Done:
    """Record that a member consents to an act. Args: *signature*: a line over `consent_text_of`, or *key* to make it with."""
    while True:
        line = key(consent_text_of(desk, member, kind, body))[0] if key is not None else signature
        step = consenting(desk.union, by, member, kind=kind, body=body, signature=line, log=desk.ledger.origin, at_us=desk.at_us)
        done = desk.do(step, by=by, member=member)
        if not desk.was_overtaken(done):
            return done
