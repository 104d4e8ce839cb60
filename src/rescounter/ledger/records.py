"""Records: the acts of a union, one after the other, in the same log as the postings.

What a record says stands in its body, which the ledger does not read. Its number must follow the last one that
is stored: of two who act at once on what they read, one is refused and reads again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from unicodedata import is_normalized

from rescounter.ledger.rulings import refused
from rescounter.ledger.sealing import LeafFields
from rescounter.ledger.transfers import RECORD_KEY
from rescounter.terms import INT64_MAX, Refusal
from rescounter.terms.names import ID_LENGTH_MAX, NAME_LENGTH_MAX, has_hidden_characters
from rescounter.terms.refusals import shown

__all__ = ["BODY_BYTES_MAX", "Record", "StoredRecord", "judge_number", "judge_records", "record_fields", "record_key"]

BODY_BYTES_MAX: Final = 1 << 20
"""Longest body of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is handed in.

    *number*: 1, 2, 3, ... without gap over the life of the ledger. *kind*: 1 to 64 visible characters. *by*: who did it, up to
    128 visible characters, empty for the union itself. *body*: canonical JSON, at most `BODY_BYTES_MAX`; opaque to the ledger.
    """

    number: int
    kind: str
    by: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it stands: *at_us* as the writer stamped it, *entry*: its sequence in the log."""

    number: int
    kind: str
    by: str
    body: bytes
    at_us: int
    entry: int


def record_key(number: int) -> str:
    """The key of the batch of records whose first has this number."""
    return f"{RECORD_KEY}{number}"


def record_fields(record: Record) -> LeafFields:
    """The leaf of a record: its body stands there as a digest, so that a proof shows no more than is handed out."""
    return "U", (record.number, record.kind, record.by, hashlib.sha256(record.body).hexdigest())


def judge_records(records: Sequence[Record]) -> tuple[Refusal, ...]:
    """What is wrong with records by themselves: each that is malformed, else the first that does not follow the one before it."""
    if not records:
        return (refused("record_invalid", row=0, subject=shown(""), found="no record"),)
    faults = [(row, record, _malformed(record)) for row, record in enumerate(records, 1)]
    refusals = [refused("record_invalid", row=row, subject=str(record.number), found=fault) for row, record, fault in faults if fault]
    if refusals:
        return tuple(refusals)
    for row, (before, record) in enumerate(pairwise(records), 2):
        if record.number != before.number + 1:
            found = f"record {record.number:,} behind record {before.number:,}"
            return (refused("record_number_gap", row=row, subject=str(record.number), found=found),)
    return ()


def judge_number(first: Record, *, last: int, stands: Record | None) -> Refusal | None:
    """Whether records may be stored behind record *last*; *stands*: what is stored under the first number.

    Law: numbers have no gap, and each is given once.
    """
    if stands is not None:
        found = f"record {stands.number:,} is {stands.kind} by {stands.by or 'the union'}"
        return refused("record_number_taken", row=1, subject=str(first.number), found=found, allowed=f"record {last + 1:,}")
    if first.number != last + 1:
        found = f"record {first.number:,}, the last one that stands is {last:,}"
        return refused("record_number_gap", row=1, subject=str(first.number), found=found, allowed=f"record {last + 1:,}")
    return None


def _malformed(record: Record) -> str:
    if not 1 <= record.number <= INT64_MAX:
        return f"number {record.number}"
    for name, text, length_min, length_max in (("kind", record.kind, 1, NAME_LENGTH_MAX), ("by", record.by, 0, ID_LENGTH_MAX)):
        if not length_min <= len(text) <= length_max or not _is_visible(text):
            return f"{name} {shown(text)}"
    if len(record.body) > BODY_BYTES_MAX:
        return f"a body of {len(record.body):,} bytes"
    return ""


def _is_visible(text: str) -> bool:
    is_text = not any("\ud800" <= character <= "\udfff" for character in text)
    return is_text and not has_hidden_characters(text) and is_normalized("NFC", text)
