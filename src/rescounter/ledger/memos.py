"""Personal data and its salted digest: the log holds the digest, another table text and salt.

Erasing deletes text and salt. The digest stays, so every proof stays valid, and without the salt
nobody can test a guess against it. Salts are random and handed in; they derive from no key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from rescounter.terms import holds

__all__ = ["MEMO_LENGTH_MAX", "MEMO_SALT_BYTES", "SealedMemo", "memo_digest"]

MEMO_SALT_BYTES: Final = 16
MEMO_LENGTH_MAX: Final = 1024
"""Longest memo, in characters."""


def memo_digest(text: str, salt: bytes) -> bytes:
    """What the log holds of a memo; see `docs/LEDGER.md`, section 1."""
    holds(len(salt) == MEMO_SALT_BYTES, "a_memo_has_its_own_salt", bytes=len(salt))
    return hashlib.sha256(b"\x02" + salt + text.encode()).digest()


@dataclass(frozen=True, slots=True)
class SealedMemo:
    """Salt and digest of a memo that has not been erased."""

    salt: bytes
    digest: bytes

    def is_of(self, text: str | None) -> bool:
        """True when *text* is the memo."""
        return text is not None and memo_digest(text, self.salt) == self.digest
