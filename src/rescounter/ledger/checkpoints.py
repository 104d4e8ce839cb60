"""Checkpoints: the size and root of the log in a signed note, and the rotation of the key that signs.

Source: C2SP tlog-checkpoint; RFC 6962 hashing, which RFC 9162 keeps. A member keeps its last checkpoint; a log that does
not continue it has been rewritten.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rescounter.ledger.notes import SigningKey, Verifier
from rescounter.terms import CallerFault, holds

__all__ = ["Checkpoint", "Rotation", "keys_in_force", "rotation"]

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ROOT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: *origin* names it, *size* counts its entries, *root* is their tree hash.

    *extensions*: further lines, opaque; we write none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        holds(all(line and not re.search(r"[\x00-\x1f]", line) for line in lines), "checkpoint_lines_are_text", lines=len(lines))
        holds(self.size >= 0 and len(self.root) == _ROOT_BYTES, "a_checkpoint_has_size_and_root", size=self.size)

    def text(self) -> str:
        """The note's text: a line each, ending with a line end."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64.b64encode(self.root).decode(), *self.extensions))

    @classmethod
    def of_text(cls, text: str) -> Checkpoint:
        """What `text` wrote. Raises: CallerFault ``checkpoint_unreadable``."""
        lines = text.split("\n")
        if len(lines) >= 4 and lines.pop() == "" and all(lines) and _SIZE.fullmatch(lines[1]):
            try:
                root = base64.b64decode(lines[2], validate=True)
            except (binascii.Error, ValueError):
                root = b""
            if len(root) == _ROOT_BYTES and not re.search(r"[\x00-\x09\x0b-\x1f]", text):
                return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))
        raise CallerFault("checkpoint_unreadable", "this is no checkpoint: origin, size and root, a line each")


@dataclass(frozen=True, slots=True)
class Rotation:
    """That *new* signs from here on, signed with the key of *old*."""

    old: Verifier
    new: Verifier
    signature: bytes

    def values(self) -> tuple[str, str, str]:
        """The fields of its leaf (`canonical.leaf_of`, tag ``K``)."""
        return self.old.text(), self.new.text(), self.signature.hex()

    def is_signed(self, origin: str) -> bool:
        """True when the old key signed this change for the log *origin*."""
        return self.old.verifies(_announcement(origin, self.old, self.new), self.signature)


def _announcement(origin: str, old: Verifier, new: Verifier) -> bytes:
    return f"rescounter/rotation/1\n{origin}\n{old.text()}\n{new.text()}\n".encode()


def rotation(origin: str, old: SigningKey, new: Verifier) -> Rotation:
    """The announcement that *new* follows *old* in the log *origin*."""
    return Rotation(old.verifier, new, old.sign(_announcement(origin, old.verifier, new)))


def keys_in_force(origin: str, first: Verifier, announced: Iterable[Rotation]) -> list[Verifier]:
    """The keys of a log in order of their time, the last one in force.

    Raises: CallerFault ``rotation_untrusted`` where a link is not signed by the key before it.
    """
    keys = [first]
    for link in announced:
        if link.old != keys[-1] or not link.is_signed(origin):
            raise CallerFault("rotation_untrusted", f"the change to key {link.new.key_id.hex()} is not signed by {keys[-1].key_id.hex()}")
        keys.append(link.new)
    return keys
