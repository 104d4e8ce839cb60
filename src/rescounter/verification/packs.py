"""The evidence pack of a dispute, checked: every document, record and posting in it is the one that the union's log holds.

Nothing here is shared with what wrote it. Source: rule R15, `docs/DISPUTES.md`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rescounter.verification import proofs
from rescounter.verification.records import faults_of_records
from rescounter.verification.verdict import Finding, Verdict

__all__ = ["FORMAT", "MANIFEST", "verify_pack"]

FORMAT: Final = "rescounter-dispute/1"
MANIFEST: Final = "manifest.json"
_MALFORMED: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
_OF_A_DISPUTE: Final = ("dispute_raised", "dispute_moved", "dispute_decided", "dispute_agreed", "evidence_handed_in")
_MOVES: Final = ("dispute_moved", "dispute_decided")
_FIXES_MORE: Final = ("notified",)


def verify_pack(pack: object, files: Mapping[str, bytes], *, verifier: str | None = None) -> Verdict:
    """Everything that is wrong with a pack, of whatever shape it is.

    Args: *pack*: what stands in the manifest; *files*: every other file by its path in the pack. *verifier*: the key of the union's log
    as it was published; without it, the one that the pack names is taken.
    """
    if not isinstance(pack, Mapping) or pack.get("format") != FORMAT:
        return _verdict([Finding("shape", "format", proofs.shown(pack.get("format") if isinstance(pack, Mapping) else pack), FORMAT)])
    try:
        found = [*_files(pack, files), *faults_of_records(pack, verifier, check="records"), *_postings(pack, verifier)]
        found = found or [*_dispute(pack)] or [*_dates(pack), *_timeline(pack)]
    except _MALFORMED as fault:
        told = f"something else ({type(fault).__name__})"
        found = [Finding("shape", MANIFEST, told, "a manifest as rescounter dispute export writes it")]
    return _verdict(found) if found else _sound(pack, verifier)


def _verdict(findings: list[Finding]) -> Verdict:
    return Verdict(tuple(findings), (), ("anything: see what is wrong",))


def _sound(pack: Mapping[str, Any], verifier: str | None) -> Verdict:
    proven = [
        f"{len(pack['records'])} records of dispute {pack['dispute']} stand on the log, and no date in them moved but by an extension",
        f"{len(pack['documents'])} documents are those that were handed in",
        f"{len(pack['postings'])} postings of the parties stand on the log",
    ]
    not_proven = [
        "that no record or document was left out of the pack: each party compares it with what it handed in",
        "that dispute.html says what the records say: it is told for people",
    ]
    if verifier is None:
        not_proven.append("that the log is the union's: name the key that was published with --verifier")
    return Verdict((), tuple(proven), tuple(not_proven))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _files(pack: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Each file is there and is what the manifest names; nothing else is."""
    for name, digest in pack["files"].items():
        found = _digest(files[name]) if name in files else "no such file"
        if found != digest:
            yield Finding("files", str(name), found, str(digest))
    for name in sorted(set(files) - set(pack["files"])):
        yield Finding("files", name, "a file", "nothing: the manifest does not name it")


def _postings(pack: Mapping[str, Any], verifier: str | None) -> Iterator[Finding]:
    """Each posting stands on the log under its id."""
    for posting in pack["postings"]:
        whole = {"format": proofs.FORMAT, **posting["proof"], "checkpoint": pack["checkpoint"], "verifiers": pack["verifiers"]}
        report = proofs.check(whole, verifier)
        yield from (Finding(*finding) for finding in report.findings)
        for told in report.proven:
            if not told.startswith((f"transfer {posting['id']}:", f"transfer {posting['id']} (")):
                yield Finding("postings", str(posting["id"]), proofs.shown(told), f"transfer {posting['id']}")


def _bodies(pack: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The records of the dispute itself with their bodies, in order."""
    return [(record, json.loads(record["body"])) for record in pack["records"] if record["kind"] in _OF_A_DISPUTE]


def _dispute(pack: Mapping[str, Any]) -> Iterator[Finding]:
    """The records are those of this dispute, and its documents those that they name."""
    acts = _bodies(pack)
    if not acts or acts[0][0]["kind"] != "dispute_raised":
        yield Finding("dispute", "records", "no raising", "the act that raised it first")
        return
    for record, body in acts:
        if body["dispute"] != pack["dispute"]:
            yield Finding("dispute", f"record {record['number']}", f"dispute {body['dispute']}", f"dispute {pack['dispute']}")
    raised = acts[0][1]
    if raised["template_digest"] != _digest(raised["template_text"].encode()):
        yield Finding("dispute", "template", raised["template_digest"], _digest(raised["template_text"].encode()))
    others = {record["number"] for record in pack["records"]} - {record["number"] for record, _ in acts}
    if others != ({raised["measure"]} if "measure" in raised else set()):
        yield Finding("dispute", "records", f"also {sorted(others)}", "the dispute's own, and the measure that it is about")
    named = sorted({body["document"] for _, body in acts if body.get("document")})
    kept = [f"documents/{digest.removeprefix('sha256:')}" for digest in named]
    if pack["documents"] != named:
        yield Finding("documents", "list", ", ".join(pack["documents"]) or "none", ", ".join(named) or "none")
    if sorted(pack["files"]) != sorted([*kept, "dispute.html"]):
        yield Finding("documents", "files", ", ".join(sorted(pack["files"])), ", ".join(sorted([*kept, "dispute.html"])))
    for digest, name in zip(named, kept, strict=True):
        if pack["files"].get(name) != digest:
            yield Finding("documents", name, str(pack["files"].get(name)), digest)


def _dates(pack: Mapping[str, Any]) -> Iterator[Finding]:
    """No date moves from one act to the next but by an extension, which brings nothing forward; a notice adds dates."""
    acts = _bodies(pack)
    known = acts[0][1]["deadlines"]
    for record, body in acts[1:]:
        if record["kind"] not in _MOVES:
            continue
        dates, where = body["deadlines"], f"record {record['number']}"
        is_longer = len(dates) > len(known)
        if len(dates) < len(known) or (is_longer and body["event"] not in _FIXES_MORE):
            yield Finding("dates", where, f"{len(dates)} deadlines", f"{len(known)}")
            continue
        for before, after in zip(known, dates, strict=False):
            moved = after["at_us"] > before["at_us"] and body["event"] == "extended"
            if before["name"] != after["name"] or (before != after and not moved):
                yield Finding(
                    "dates", f"{where}, {after['name']}", f"{after['day']}, {after['at_us']}", f"{before['day']}, {before['at_us']}"
                )
        known = dates


def _timeline(pack: Mapping[str, Any]) -> Iterator[Finding]:
    """Each step of the timeline is at the instant of a record or at the end of a clock as it was fixed; the last is where it stands."""
    acts = _bodies(pack)
    done = {(record["at_us"], body.get("event", "raised")) for record, body in acts}
    ends = {each["at_us"] for _, body in acts for each in body.get("deadlines", ())}
    before = 0
    for step in pack["timeline"]:
        by_clock = step["event"] in ("lapsed", "sunset")
        is_known = (step["at_us"] in ends or step["at_us"] == before) if by_clock else (step["at_us"], step["event"]) in done
        if not is_known or step["at_us"] < before:
            yield Finding(
                "timeline", f"{step['event']}, {step['state']}", str(step["at_us"]), "the instant of a record, or the end of a clock"
            )
        before = step["at_us"]
    if pack["timeline"][-1]["state"] != pack["state"]:
        yield Finding("timeline", "state", str(pack["state"]), str(pack["timeline"][-1]["state"]))
