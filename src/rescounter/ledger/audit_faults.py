"""What an audit answers with when something is wrong: one value that names it."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["AuditFault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """The first thing that is wrong.

    *check*: which check saw it. *sequence*, *key*: of the entry and its batch, -1 and empty where it is none's. *row*: from 1
    in the batch, 0 where it is none's; *row_last*: where only a range of rows is known. *subject*: account, transfer or
    checkpoint. *found*, *expected*: in words.
    """

    check: str
    found: str
    expected: str
    subject: str = ""
    sequence: int = -1
    key: str = ""
    row: int = 0
    row_last: int = 0

    def at(self, sequence: int, key: str) -> AuditFault:
        """The same, with its place."""
        return self if self.sequence >= 0 else replace(self, sequence=sequence, key=key)

    @property
    def where(self) -> str:
        """The place in words: batch, row, subject."""
        parts = [f"entry {self.sequence}, batch {self.key}"] if self.sequence >= 0 else []
        if self.row_last > self.row:
            parts.append(f"one of rows {self.row:,} to {self.row_last:,}")
        elif self.row:
            parts.append(f"row {self.row:,}")
        return ", ".join([*parts, *([self.subject] if self.subject else [])]) or "the ledger"

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: found {self.found}; it should be {self.expected}"
