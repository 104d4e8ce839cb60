"""Whether an obligation stands in the cut-off set of a cycle: a row, its salt and a path, against the root that the union published.

Source: RFC 9162, 2.1.1 and 2.1.3.2; `docs/ADMISSION.md` section 4.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rescounter.terms.union_tables import FROZEN
from rescounter.verification.verdict import Finding, Verdict, told

__all__ = ["verify_frozen"]

_FORMAT: Final = "rescounter-cut-off-proof/1"
_PARTS: Final = frozenset(("format", "row", "salt", "place", "size", "path", "root"))
_HASH: Final = re.compile("[0-9a-f]{64}")
_SALT: Final = re.compile("[0-9a-f]{32}")
_SIZE_MAX: Final = 2**62


def verify_frozen(proof: object, *, root: str) -> Verdict:
    """Check a proof, of any shape, against *root* (hex), which the union published at the cut-off."""
    findings = _misshapen(proof)
    if not findings and isinstance(proof, Mapping):
        findings = _wrong(proof, root)
    if findings:
        return Verdict(tuple(findings), (), ())
    proven = "this obligation stands in the cut-off set, with this amount and as it is shown here"
    return Verdict((), (proven,), ("that no other obligation was left out of the set",))


def _misshapen(proof: object) -> list[Finding]:
    if not isinstance(proof, Mapping) or proof.keys() != _PARTS:
        return [
            Finding("shape", "proof", told(sorted(map(str, proof)) if isinstance(proof, Mapping) else proof), ", ".join(sorted(_PARTS)))
        ]
    row, path = proof["row"], proof["path"]
    checks: dict[str, tuple[bool, str]] = {
        "format": (proof["format"] == _FORMAT, _FORMAT),
        "row": (_is_row(row), f"texts: {', '.join(FROZEN.names)}"),
        "salt": (_is_hex(proof["salt"], _SALT), "16 bytes as lower-case hexadecimal digits"),
        "place": (_is_number(proof["place"]), "a whole number from 0"),
        "size": (_is_number(proof["size"]), "a whole number from 0"),
        "path": (
            isinstance(path, list) and all(_is_hex(step, _HASH) for step in path),
            "a list of hashes as lower-case hexadecimal digits",
        ),
        "root": (_is_hex(proof["root"], _HASH), "a hash as lower-case hexadecimal digits"),
    }
    return [Finding("shape", name, told(proof[name]), expected) for name, (is_right, expected) in checks.items() if not is_right]


def _is_row(row: object) -> bool:
    if not isinstance(row, Mapping) or set(row) != set(FROZEN.names):
        return False
    return all(isinstance(text, str) and not re.search("[\ud800-\udfff]", text) for text in row.values())


def _is_hex(text: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _SIZE_MAX


def _wrong(proof: Mapping[str, Any], root: str) -> list[Finding]:
    if proof["root"] != root:
        return [Finding("root", "proof", proof["root"], f"{told(root)}, as the union published it")]
    leaf = _leaf(proof["row"], bytes.fromhex(proof["salt"]))
    reached = _climbed(leaf, [bytes.fromhex(step) for step in proof["path"]], place=proof["place"], size=proof["size"])
    if reached is None:
        return [Finding("path", "proof", f"{len(proof['path'])} steps", f"a path of place {proof['place']} among {proof['size']}")]
    if reached.hex() != root:
        return [Finding("path", "proof", f"a path that ends at {reached.hex()}", root)]
    return []


def _leaf(row: Mapping[str, str], salt: bytes) -> bytes:
    """SHA-256 of a zero byte, the salt, and each field as length, colon and text."""
    texts = [row[name].encode() for name in FROZEN.names]
    return hashlib.sha256(b"\x00" + salt + b"".join(b"%d:%s" % (len(text), text) for text in texts)).digest()


def _climbed(leaf: bytes, path: Sequence[bytes], *, place: int, size: int) -> bytes | None:
    """The root to which *path* leads, None where no leaf of that place has such a path."""
    if place >= size:
        return None
    folded, here, last = leaf, place, size - 1
    for step in path:
        if last == 0:
            return None
        if here % 2 or here == last:
            folded = hashlib.sha256(b"\x01" + step + folded).digest()
            while here and not here % 2:
                here, last = here // 2, last // 2
        else:
            folded = hashlib.sha256(b"\x01" + folded + step).digest()
        here, last = here // 2, last // 2
    return folded if last == 0 else None
