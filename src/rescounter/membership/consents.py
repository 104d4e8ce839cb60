"""Consents of members that have a key: to a change of that key, or of who represents them. Each is used once.

A consent is an act (`consented`) that names the act which it is given to, whole. What may be signed is told by `cycle/consenting.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.terms.acts import Act, canonical

__all__ = ["CONSENTED_KINDS", "Consents", "consent_text", "digest_of_wanted"]

CONSENTED_KINDS: Final = ("representative_named", "member_changed", "person_changed", "person_removed")
"""Kinds of acts that can change with what a member signs, or who speaks for it."""
_BROUGHT_ALONG: Final = frozenset({"approval", "decision"})


@dataclass(frozen=True, slots=True)
class Consents:
    """What members consented to. *open*: by member, the digest that waits for its act, that of its last consent; *turns*: how many it gave.

    *is_asked*: whether a history is held to them: from the founding, or in a union of an earlier release from the first that was given.
    """

    open: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    turns: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    is_asked: bool = False

    def has(self, member: str, kind: str, body: Mapping[str, Any]) -> bool:
        """True where a member consented to this very act, to nothing else since, and it was not done."""
        return self.open.get(member) == digest_of_wanted(kind, body)

    def after(self, act: Act) -> Consents:
        """The consents with one more act: one that is given waits in the place of the one before, and is used up by its act."""
        if act.kind == "founded":
            return replace(self, is_asked=bool(act.body.get("consents")))
        if act.kind == "consented":
            member, digest = act.body["member"], digest_of_wanted(act.body["kind"], act.body["body"])
            return Consents(
                open=MappingProxyType({**self.open, member: digest}),
                turns=MappingProxyType({**self.turns, member: self.turns.get(member, 0) + 1}),
                is_asked=True,
            )
        if act.kind not in CONSENTED_KINDS or not self.open:
            return self
        used = digest_of_wanted(act.kind, act.body)
        return replace(self, open=MappingProxyType({member: found for member, found in self.open.items() if found != used}))


def digest_of_wanted(kind: str, body: Mapping[str, Any]) -> str:
    """The SHA-256 of an act as it is wanted: kind and body, without the number of the proposal that brings it about."""
    plain = {name: value for name, value in body.items() if name not in _BROUGHT_ALONG}
    return hashlib.sha256(canonical({"kind": kind, "body": plain})).hexdigest()


def consent_text(log: str, member: str, turn: int, kind: str, body: Mapping[str, Any]) -> bytes:
    """What a member signs. *log*: the name of the union's log; *turn*: 1 for its first consent, so that none can be handed in again."""
    return f"rescounter/consent/1\n{log}\n{member}\n{turn}\n{kind}\n{canonical(dict(body)).decode()}\n".encode()
