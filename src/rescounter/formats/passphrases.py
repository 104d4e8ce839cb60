"""Secret keys under a passphrase: 32 bytes as an encrypted PKCS#8 private key of Ed25519, in PEM.

The passphrase stands in `RESCOUNTER_PASSPHRASE`, or is typed where a terminal is there to ask at. It is never written down or shown.
Source: RFC 5958 and RFC 8410; the encryption is the best that `cryptography` knows for this form (AES-256).
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Final

from rescounter.terms import CallerFault

__all__ = ["VARIABLE", "chosen", "is_locked", "locked", "unlocked"]

VARIABLE: Final = "RESCOUNTER_PASSPHRASE"
_BEGIN: Final = "-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_locked(text: str) -> bool:
    """True for a key file that needs a passphrase."""
    return text.startswith(_BEGIN)


def chosen() -> str:
    """The passphrase that is set, or a new one that is typed. Raises: CallerFault ``key_locked``."""
    return os.environ.get(VARIABLE) or _typed("New passphrase of the keys: ", twice=True)


def locked(secret: bytes, passphrase: str | None = None) -> str:
    """32 secret bytes as they are written: encrypted where there is a *passphrase*, by default the one that is set, else in hexadecimal."""
    passphrase = os.environ.get(VARIABLE) if passphrase is None else passphrase
    if not passphrase:
        return secret.hex()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    key = Ed25519PrivateKey.from_private_bytes(secret)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())).decode("ascii").strip()


def unlocked(text: str, path: Path) -> bytes:
    """The secret bytes of a key file. Raises: CallerFault ``key_locked`` without the right passphrase; ``key_unreadable``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = os.environ.get(VARIABLE) or _typed(f"Passphrase of {path.name}: ")
    try:
        key = load_pem_private_key(text.encode("ascii"), passphrase.encode())
    except ValueError as fault:
        raise CallerFault("key_locked", f"the passphrase does not open {path}") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise CallerFault("key_unreadable", f"{path} holds a key of another sort")
    return key.private_bytes_raw()


def _typed(prompt: str, *, twice: bool = False) -> str:
    """What somebody types. Raises: CallerFault ``key_locked`` where nobody can, or who types it says two different things."""
    if not sys.stdin.isatty():
        raise CallerFault("key_locked", f"a passphrase is needed, and {VARIABLE} is not set")
    typed = getpass.getpass(prompt)
    if not typed or (twice and getpass.getpass("Once more: ") != typed):
        raise CallerFault("key_locked", "no passphrase was typed, or two different ones")
    return typed
