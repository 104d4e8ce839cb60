"""Records that an export brings along, held against their proofs on the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from rescounter.verification import proofs
from rescounter.verification.verdict import Finding

__all__ = ["faults_of_proof", "faults_of_records"]


def faults_of_records(export: Mapping[str, Any], verifier: str | None, *, check: str) -> Iterator[Finding]:
    """What is wrong with *records* of an export: each is the one that the log holds; they stand in their order, each once.

    Args: *export* with *records*, *checkpoint* and *verifiers*; *check*: the name under which a fault is told.
    """
    before = 0
    for record in export["records"]:
        where = f"record {record['number']}"
        yield from faults_of_proof(export, record["proof"], verifier)
        wanted = {
            "number": str(record["number"]),
            "kind": record["kind"],
            "by": record["by"],
            "body_digest": hashlib.sha256(record["body"].encode()).hexdigest(),
            "at_us": str(record["at_us"]),
        }
        held = proofs.fields_of_record(record["proof"])
        for name, value in wanted.items():
            if held.get(name) != value:
                yield Finding(check, f"{where}, {name}", proofs.shown(value), proofs.shown(held.get(name, "(nothing)")))
        if record["number"] <= before:
            yield Finding(check, where, "out of order", f"a number above {before}")
        before = record["number"]


def faults_of_proof(export: Mapping[str, Any], proof: Mapping[str, Any], verifier: str | None) -> Iterator[Finding]:
    """What is wrong with one proof, held against the checkpoint that the export brings."""
    whole = {"format": proofs.FORMAT, **proof, "checkpoint": export["checkpoint"], "verifiers": export["verifiers"]}
    yield from (Finding(*finding) for finding in proofs.check(whole, verifier).findings)
