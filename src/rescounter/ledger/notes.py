"""Signed notes: a text, an empty line, and Ed25519 signatures, as C2SP signed-note defines them.

Keys are handed in as bytes; nothing here reads or makes one. Source: C2SP signed-note, v1.0.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.terms import CallerFault, holds

__all__ = ["SIGNATURES_MAX", "SigningKey", "Verifier", "opened", "signed"]

SIGNATURES_MAX: Final = 100
"""Most signature lines that are looked at; the standard asks for at least 16."""

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_DASH: Final = "\u2014 "


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and name.isprintable() and not any(character.isspace() for character in name)


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: checks signatures, and may be handed to anybody."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        holds(_is_name(self.name), "a_key_name_has_no_space_or_plus", name=self.name)
        holds(len(self.public) == _KEY_BYTES, "a_public_key_has_32_bytes", bytes=len(self.public))

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the hash of name, type and key."""
        return _key_id(self.name, self.public)

    def text(self) -> str:
        """``name+hex id+base64(type, key)``, as verifier keys are written down."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def of_text(cls, text: str) -> Verifier:
        """What `text` wrote. Raises: CallerFault ``verifier_unreadable``."""
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        key = _decoded(encoded)
        if (
            key is None
            or len(key) != 1 + _KEY_BYTES
            or key[:1] != _ED25519
            or not _is_name(name)
            or identity != _key_id(name, key[1:]).hex()
        ):
            raise CallerFault("verifier_unreadable", f"{text[:80]!r} is no Ed25519 verifier key")
        return cls(name, key[1:])

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """True when *signature* over *text* is of this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret Ed25519 seed of 32 bytes with its name; its text never shows it."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        holds(_is_name(self.name), "a_key_name_has_no_space_or_plus", name=self.name)
        holds(len(self.seed) == _KEY_BYTES, "a_signing_key_has_32_bytes", bytes=len(self.seed))

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """The signature over *text*: 64 bytes, the same for the same text. Cost: 50 us."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)

    def __call__(self, text: bytes) -> tuple[str, ...]:
        """One signature line: this key is a `ports.Signer`."""
        identity = self.verifier.key_id
        return (f"{_DASH}{self.name} {base64.b64encode(identity + self.sign(text)).decode()}",)


def signed(text: str, lines: Sequence[str]) -> str:
    """The note of *text*, which ends with a line end, and its signature lines.

    Law: the note holds no control character but line ends, and at least one signature.
    """
    holds(text.endswith("\n") and all(character == "\n" or character >= " " for character in text), "a_note_is_lines_of_text")
    holds(bool(lines), "a_note_is_signed")
    return text + "\n" + "".join(line + "\n" for line in lines)


def opened(note: str, verifiers: Sequence[Verifier]) -> str:
    """The text of a note that one of *verifiers* signed, its last line end included.

    Raises: CallerFault ``note_unreadable`` where it is no signed note; ``note_untrusted`` where a
    signature of a known key is wrong, or none is of a known key. Others are ignored.
    """
    body, separator, tail = note.rpartition("\n\n")
    text = body + "\n"
    lines = tail.split("\n")
    readable = separator and body and lines.pop() == "" and 0 < len(lines) <= SIGNATURES_MAX
    if not readable or any(character < " " and character != "\n" for character in note):
        raise CallerFault("note_unreadable", "this is no signed note: text, an empty line, signature lines")
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found = 0
    for line in lines:
        name, identity, signature = _signature_of(line)
        verifier = known.get((name, identity))
        if verifier is None:
            continue
        if not verifier.verifies(text.encode(), signature):
            raise CallerFault("note_untrusted", f"the signature of {name} is not of its key over this text")
        found += 1
    if not found:
        raise CallerFault("note_untrusted", "no signature is of a key that is trusted here")
    return text


def _signature_of(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    content = _decoded(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or content is None or len(content) <= _ID_BYTES:
        raise CallerFault("note_unreadable", f"{line[:80]!r} is no signature line")
    return name, content[:_ID_BYTES], content[_ID_BYTES:]
