"""Acts: what was done in a union, one after the other; a union is the fold of its acts.

An act is recorded on the ledger's log before anybody hears of it. Its body is plain data, written
as canonical JSON: keys sorted, no white space, UTF-8, no binary floating-point numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rescounter.terms.faults import holds

__all__ = ["Act", "body_of", "canonical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act as it stands on the log.

    *number*: 1, 2, 3, ... without gap. *at_us*: microseconds since 1970 UTC, stamped by the one writer,
    never before the act that precedes it. *by*: code of the person; empty for the union itself.
    *kind*: one of those in `docs/UNION.md`, which says what *body* holds.
    """

    number: int
    at_us: int
    by: str
    kind: str
    body: Mapping[str, Any]


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body, the same on every machine. Law: no floats, and reading them gives the body again."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_refuse)
    holds(not _holds_float(body), "no_floats_in_acts")
    return text.encode()


def body_of(content: bytes) -> dict[str, Any]:
    """The body that `canonical` wrote."""
    body = json.loads(content)
    holds(isinstance(body, dict), "a_body_is_an_object")
    return dict(body)


def _refuse(value: object) -> object:
    holds(False, "acts_hold_plain_data", type=type(value).__name__)
    return None


def _holds_float(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_float(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_float(part) for part in value)
    return isinstance(value, float)
