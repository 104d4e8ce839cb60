"""Words of the command line become options, every fault of theirs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rescounter.facade.clearing import options_of
from rescounter.facade.options import Options
from rescounter.terms import CallerFault

__all__ = ["read_digits", "read_key", "read_options", "read_pairs"]

_KEY_BYTES = 32


def read_options(words: Mapping[str, Any]) -> Options:
    """Options of a run from the words of ``rescounter clear``."""
    plain = {name: value for name, value in words.items() if name not in ("columns", "exponent")}
    return options_of(**plain, columns=read_pairs(words["columns"], "columns"), exponents=read_digits(words["exponent"]))


def read_pairs(text: str | None, option: str) -> dict[str, str]:
    """The pairs of an option such as ``--columns debtor=payer,creditor=payee``."""
    pairs = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, separator, value = part.partition("=")
        if not separator or not name.strip() or not value.strip():
            raise CallerFault("option_invalid", f"--{option} wants NAME=VALUE pairs divided by commas; found {part.strip()!r}")
        pairs[name.strip()] = value.strip()
    return pairs


def read_digits(words: Sequence[str] | None) -> dict[str, int]:
    """Digits of currencies from the words of ``--exponent CODE=DIGITS``."""
    pairs = read_pairs(",".join(words or ()), "exponent")
    wrong = [f"{code}={digits}" for code, digits in pairs.items() if not digits.isdecimal()]
    if wrong:
        raise CallerFault("option_invalid", f"--exponent wants CODE=DIGITS; found {', '.join(wrong)}")
    return {code: int(digits) for code, digits in pairs.items()}


def read_key(path: Path | None) -> bytes | None:
    """The 32 secret bytes of a key file, raw or as 64 hexadecimal digits."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise CallerFault("key_unreadable", f"the key file {path} cannot be read ({fault.strerror})") from fault
    if len(content) == _KEY_BYTES:
        return content
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise CallerFault("key_unreadable", f"the key file {path} has {len(content)} bytes that are no key")
    return key
