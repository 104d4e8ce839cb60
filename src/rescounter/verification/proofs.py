#!/usr/bin/env python3
"""Check a proof that a ledger handed out. Nothing but Python 3.9 is needed.

    python check_proof.py proof.json [--verifier KEY] [--checkpoint FILE]

A proof says that a transfer or a record stands in the log of a ledger, or that the log continues an earlier one. It ends at a checkpoint,
which the union's key signs. Name the key as it was published and the checkpoint that you kept: what the proof says of them counts
for nothing. This file shares no code with the programs that made the proof. Bytes: `docs/LEDGER.md`, sections 3 and 4.
Sources: RFC 9162, 2.1.3.2 and 2.1.4.2; RFC 8032, 5.1.7; C2SP signed-note and tlog-checkpoint.

Exit codes: 0 the proof holds, 1 something is wrong (each finding is printed), 2 no readable file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["FORMAT", "Finding", "Report", "check", "fields_of_record", "main", "signs"]

FORMAT = "rescounter-proof/1"
TRANSFER = "id debit credit amount_minor kind cycle flag pending_id expires_at_us reverses effective_at_us currency memo_digest"
RECORD = "number kind by body_digest"
ENTRY = "sequence kind outcome policy rulebook_version rows accepted tree_rows root request_seal at_us"
INCLUSION = {"leaf": str, "place": int, "rows": int, "batch_path": list, "entry": str, "sequence": int, "log_path": list, "log_size": int}
CONSISTENCY = {"first": int, "first_root": str, "second": int, "path": list}
ENTRY_MARK = b"rescounter/entry/1\n"
SALT_BYTES = 16
STEPS_MAX = 128
DASH = "\u2014 "


class Finding(NamedTuple):
    """One thing that is wrong: which check saw it, where, what stands there, what should."""

    check: str
    where: str
    found: str
    expected: str


class Report(NamedTuple):
    """All findings; *proven* is empty as soon as anything is wrong."""

    findings: list[Finding]
    proven: list[str]
    not_proven: list[str]


class _Head(NamedTuple):
    """A checkpoint: the name of the log, its entries, its root, and the lines that sign it."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: list[str]


class Point(NamedTuple):
    """A point of the curve in extended coordinates: t = x * y / z."""

    x: int
    y: int
    z: int
    t: int


class _Wrong(Exception):
    """Ends a check at its first finding: what follows would be reckoned from it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding


def check(proof: object, verifier: str | None = None, kept: str | None = None) -> Report:
    """All findings of a proof, of whatever shape it is.

    Args: *proof*: the parsed JSON. *verifier*: the published key, as text. *kept*: an earlier checkpoint, as it was received.
    """
    not_proven: list[str] = []
    try:
        shape = _shape(proof)
        head = _head(shape["checkpoint"], "checkpoint")
        _signed(head, verifier, shape["verifiers"], not_proven)
        if kept is not None and "leaf" in shape:
            _expect("consistency", "the checkpoint that you kept", "a proof of inclusion", "a proof made with --since and that checkpoint")
        proven = _inclusion(shape, head) if "leaf" in shape else _consistency(shape, head, kept, not_proven)
    except _Wrong as wrong:
        return Report([wrong.finding], [], ["anything: see what is wrong"])
    return Report([], [proven], not_proven)


def _expect(name: str, where: str, found: object, expected: object) -> None:
    if found != expected:
        raise _Wrong(Finding(name, where, shown(found), shown(expected)))


def _shape(proof: object) -> dict[str, Any]:
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise _Wrong(Finding("shape", "format", shown(proof.get("format") if isinstance(proof, dict) else proof), FORMAT))
    kinds: dict[str, type] = {**(INCLUSION if "leaf" in proof else CONSISTENCY), "checkpoint": str, "verifiers": list}
    for name, kind in kinds.items():
        value: Any = proof.get(name)
        is_kind = isinstance(value, kind) and not isinstance(value, bool)
        if not is_kind or (kind is int and not 0 <= value < 2**63):
            raise _Wrong(Finding("shape", name, shown(value), f"a value of type {kind.__name__}"))
        if kind is list and not (len(value) <= STEPS_MAX and all(isinstance(each, str) for each in value)):
            raise _Wrong(Finding("shape", name, "a list of other things", f"at most {STEPS_MAX} texts"))
    return proof


def _bytes(name: str, text: str, size: int | None = None) -> bytes:
    if not re.fullmatch(r"([0-9a-f]{2})*", text) or (size is not None and len(text) != 2 * size):
        raise _Wrong(Finding("shape", name, shown(text), f"{size or 'some'} bytes in hex"))
    return bytes.fromhex(text)


def _steps(name: str, texts: list[str]) -> list[bytes]:
    return [_bytes(f"{name}[{place}]", text, 32) for place, text in enumerate(texts)]


# What is proven.


def _inclusion(proof: dict[str, Any], head: _Head) -> str:
    """The transfer or record stands in its batch, the batch in its entry, the entry in the log that the checkpoint tells."""
    leaf, payload = _bytes("leaf", proof["leaf"]), _bytes("entry", proof["entry"])
    told = _record_told(leaf) if leaf[1 + SALT_BYTES :][:1] == b"U" else _transfer_told(leaf)
    entry = _fields("entry", payload, ENTRY_MARK, 0, b"", ENTRY)
    _expect("entry", "outcome", entry["outcome"], "posted")
    for name, own in (("sequence", "sequence"), ("tree_rows", "rows")):
        _expect("entry", name, entry[name], str(proof[own]))
    _expect("checkpoint", "entries", head.size, proof["log_size"])
    root = _folded(hashlib.sha256(leaf).digest(), _steps("batch_path", proof["batch_path"]), proof["place"], proof["rows"])
    _expect("batch", f"row {proof['place']} of {proof['rows']}", root and root.hex(), entry["root"])
    root = _folded(_leaf_hash(payload), _steps("log_path", proof["log_path"]), proof["sequence"], proof["log_size"])
    _expect("log", f"entry {proof['sequence']} of {proof['log_size']}", root and root.hex(), head.root.hex())
    return f"{told}; it stands in entry {proof['sequence']} of the {head.size} entries of {shown(head.origin)}"


def _record_told(leaf: bytes) -> str:
    record = _fields("leaf", leaf, b"\0", SALT_BYTES, b"U", RECORD)
    return f"record {shown(record['number'])}: {shown(record['kind'])} by {shown(record['by'] or 'the union')}"


def _transfer_told(leaf: bytes) -> str:
    transfer = _fields("leaf", leaf, b"\0", SALT_BYTES, b"T", TRANSFER)
    kind = {"0": "", "1": " (pending)", "2": " (post)", "3": " (void)", "4": " (expiry)"}.get(transfer["flag"], " (of another flag)")
    return (
        f"transfer {shown(transfer['id'])}{kind}: {shown(transfer['debit'])} is debited and {shown(transfer['credit'])} credited with "
        f"{shown(transfer['amount_minor'])} minor units of {shown(transfer['currency'])}"
    )


def fields_of_record(proof: dict[str, Any]) -> dict[str, str]:
    """Number, kind, by and digest of the body of the record that a proof is about, and *at_us* of its entry; empty where it is of none."""
    try:
        record = _fields("leaf", _bytes("leaf", proof["leaf"]), b"\0", SALT_BYTES, b"U", RECORD)
        return {**record, "at_us": _fields("entry", _bytes("entry", proof["entry"]), ENTRY_MARK, 0, b"", ENTRY)["at_us"]}
    except (_Wrong, KeyError, TypeError):
        return {}


def _consistency(proof: dict[str, Any], head: _Head, kept: str | None, not_proven: list[str]) -> str:
    """The log of the checkpoint begins with all entries of the earlier one."""
    _expect("checkpoint", "entries", head.size, proof["second"])
    first_root = _bytes("first_root", proof["first_root"], 32)
    if kept is None:
        not_proven.append("that the earlier checkpoint is yours: name the one that you kept with --checkpoint")
    else:
        earlier = _head(kept, "the checkpoint that you kept")
        _expect("consistency", "origin", head.origin, earlier.origin)
        _expect("consistency", "entries of the checkpoint that you kept", proof["first"], earlier.size)
        _expect("consistency", "root of the checkpoint that you kept", first_root.hex(), earlier.root.hex())
    if not _continues(_steps("path", proof["path"]), proof["first"], proof["second"], first_root, head.root):
        raise _Wrong(Finding("consistency", f"{proof['first']} to {proof['second']} entries", "a path that leads elsewhere", "both roots"))
    return f"the log of {head.size} entries of {shown(head.origin)} begins with the {proof['first']} entries of the earlier checkpoint"


def _fields(name: str, content: bytes, mark: bytes, salt: int, tag: bytes, fields: str) -> dict[str, str]:
    """The fields of a leaf: each is its length in bytes, a colon, its bytes; nothing stands before, between or behind."""
    rest, names = content[len(mark) + salt + len(tag) :], fields.split()
    if content[: len(mark)] != mark or content[len(mark) + salt :][: len(tag)] != tag:
        raise _Wrong(Finding(name, "its first bytes", shown(content[: len(mark) + salt + len(tag)].hex()), f"the mark of this {name}"))
    values = []
    while rest:
        found = re.match(rb"(0|[1-9][0-9]{0,9}):", rest)
        end = found.end() + int(found[1]) if found else len(rest) + 1
        if not found or end > len(rest):
            break
        values.append(rest[found.end() : end].decode("utf-8", "backslashreplace"))
        rest = rest[end:]
    if rest or len(values) != len(names):
        raise _Wrong(Finding(name, "its fields", f"{len(values)} and {len(rest)} bytes behind", f"{len(names)} and nothing behind"))
    return {field: values[place] for place, field in enumerate(names)}


# Trees.


def _leaf_hash(payload: bytes) -> bytes:
    return hashlib.sha256(b"\0" + payload).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _folded(leaf: bytes, path: list[bytes], place: int, size: int) -> bytes | None:
    """The root that the path leads to, or None where it is no path of this place. Source: RFC 9162, 2.1.3.2."""
    if not 0 <= place < size:
        return None
    here, last = place, size - 1
    for step in path:
        if last == 0:
            return None
        if here % 2 or here == last:
            leaf = _node(step, leaf)
            while not here % 2 and here:
                here, last = here >> 1, last >> 1
        else:
            leaf = _node(leaf, step)
        here, last = here >> 1, last >> 1
    return leaf if last == 0 else None


def _continues(path: list[bytes], first: int, second: int, first_root: bytes, second_root: bytes) -> bool:
    """True when the path shows that the second tree continues the first. Source: RFC 9162, 2.1.4.2."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    here, last = first - 1, second - 1
    while here % 2:
        here, last = here >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here % 2 or here == last:
            old, new = _node(step, old), _node(step, new)
            while not here % 2 and here:
                here, last = here >> 1, last >> 1
        else:
            new = _node(new, step)
        here, last = here >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


# Checkpoints and their signatures.


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _head(note: str, where: str) -> _Head:
    body, _, tail = note.rpartition("\n\n")
    lines = body.split("\n")
    root = _decoded(lines[2]) if len(lines) > 2 else b""
    if len(lines) < 3 or not all(lines) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) or len(root) != 32:
        raise _Wrong(Finding("checkpoint", where, shown(note), "origin, entries and root, an empty line, signatures"))
    return _Head(lines[0], int(lines[1]), root, body + "\n", tail.split("\n")[:100])


def _key(text: str) -> tuple[str, bytes, bytes]:
    """Name, id and public key of a verifier key as it is published. Source: C2SP signed-note."""
    name, identity, encoded = [*text.strip().split("+", 2), "", ""][:3]
    key = _decoded(encoded)
    own = hashlib.sha256(name.encode("utf-8", "replace") + b"\n" + key).digest()[:4]
    if len(key) != 33 or key[:1] != b"\1" or identity != own.hex():
        raise _Wrong(Finding("key", "the verifier key", shown(text), "name+id+key, as the union published it"))
    return name, own, key[1:]


def _signed(head: _Head, verifier: str | None, own: list[str], not_proven: list[str]) -> None:
    """The key that the member trusts, else the last one that the proof names, signs the checkpoint."""
    if verifier is None and not own:
        raise _Wrong(Finding("key", "verifiers", "none", "the key that signs"))
    if verifier is None:
        not_proven.append("that the key is the union's: name the one that was published with --verifier")
    name, identity, public = _key(own[-1] if verifier is None else verifier)
    _expect("checkpoint", "origin", head.origin, name)
    for line in head.signatures:
        signer, _, encoded = line[len(DASH) :].partition(" ") if line.startswith(DASH) else ("", "", "")
        content = _decoded(encoded)
        if signer == name and content[:4] == identity:
            if not _is_signed(public, head.text.encode("utf-8", "replace"), content[4:]):
                raise _Wrong(Finding("signature", shown(name), "a signature over something else", "one over this checkpoint"))
            return
    raise _Wrong(Finding("signature", shown(name), "none of this key", f"one of key {identity.hex()}"))


def signs(verifier: str, text: bytes, line: str) -> bool:
    """True when *line*, as a signed note has it, is a signature over *text* by the key that *verifier* tells."""
    try:
        name, identity, public = _key(verifier)
    except _Wrong:
        return False
    signer, _, encoded = line[len(DASH) :].partition(" ") if line.startswith(DASH) else ("", "", "")
    content = _decoded(encoded)
    return signer == name and content[:4] == identity and _is_signed(public, text, content[4:])


# Ed25519. Source: RFC 8032, 5.1.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def _added(p: Point, q: Point) -> Point:
    a, b = (p.y - p.x) * (q.y - q.x) % P, (p.y + p.x) * (q.y + q.x) % P
    c, d = 2 * p.t * q.t * D % P, 2 * p.z * q.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(factor: int, point: Point) -> Point:
    total = Point(0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _added(total, point)
        point, factor = _added(point, point), factor >> 1
    return total


def _point(content: bytes) -> Point | None:
    """The point that 32 bytes stand for, or None. Source: RFC 8032, 5.1.3."""
    y = int.from_bytes(content, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return Point(x, y, 1, x * y % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@lru_cache(maxsize=64)  # many proofs end at one checkpoint
def _is_signed(public: bytes, text: bytes, signature: bytes) -> bool:
    """True when the key of *public* signed *text*. Source: RFC 8032, 5.1.7."""
    if len(signature) != 64 or BASE is None:
        return False
    key, nonce = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= Q:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % Q
    left, right = _times(scalar, BASE), _added(nonce, _times(challenge, key))
    return bool((left.x * right.z - right.x * left.z) % P == 0 and (left.y * right.z - right.y * left.z) % P == 0)


# The command line.


def shown(value: object) -> str:
    """A value as it may be printed: nothing invisible, at most 80 characters."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text[:80])
    return text or "(empty)"


def main(arguments: list[str] | None = None) -> int:
    """Check the file that the command line names, tell the answer, return the exit code."""
    parser = argparse.ArgumentParser(description="Check a proof of a ledger.")
    parser.add_argument("proof", nargs="?", default="proof.json", help="the proof (default: proof.json)")
    parser.add_argument("--verifier", help="the verifier key as the union published it")
    parser.add_argument("--checkpoint", help="a file: the earlier checkpoint that you kept")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name must not stop a console that cannot show it
    try:
        with open(options.proof, "rb") as file:  # noqa: PTH123 (a room below floor 8 imports no pathlib)
            content = file.read()
        kept = None
        if options.checkpoint is not None:
            with open(options.checkpoint, encoding="utf-8") as file:  # noqa: PTH123 (a room below floor 8 imports no pathlib)
                kept = file.read()
    except (OSError, UnicodeDecodeError) as fault:
        sys.stderr.write(f"cannot read what you named: {fault}\n")
        return 2
    try:
        proof = json.loads(content)
    except (ValueError, RecursionError) as fault:
        proof = f"no JSON ({fault})"
    report = check(proof, options.verifier, kept)
    lines = [f"WRONG  {name}: {where}: found {found}, expected {expected}" for name, where, found, expected in report.findings]
    lines += [f"proven: {line}" for line in report.proven] + [f"not proven: {line}" for line in report.not_proven]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
