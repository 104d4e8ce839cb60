"""The keys of a ledger, in files of their own outside the database.

`ledger.key` and `signing.key` hold 32 secret bytes each as 64 hexadecimal digits, readable by their owner alone; `verifiers` holds
the public verifier key of every signing key there was, one a line, in order. Where a passphrase is set (`RESCOUNTER_PASSPHRASE`), new
secrets are written encrypted (PKCS#8, PEM); one that is encrypted is opened with it, or with what is typed at a terminal. A rotation
writes `signing.next` first and renames it when the log has announced it, so that a crash in between is finished by the next run.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rescounter.formats.passphrases import chosen, is_locked, locked, unlocked
from rescounter.ledger.notes import SigningKey, Verifier
from rescounter.terms import CallerFault, EnvironmentFault

__all__ = ["Keys", "create_keys", "create_signing_key", "finish_rotation", "next_key", "protect_keys", "read_keys", "read_signing_key"]

_BYTES: Final = 32
_LEDGER, _SIGNING, _NEXT, _VERIFIERS = "ledger.key", "signing.key", "signing.next", "verifiers"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """*ledger_key*: salts the leaves; *signing*: signs checkpoints; *verifiers*: public, the first one first."""

    ledger_key: bytes
    signing: SigningKey
    verifiers: tuple[Verifier, ...]


def create_keys(folder: Path, origin: str) -> Keys:
    """New keys from the system's random numbers. Raises: CallerFault ``output_exists``; a key is never overwritten."""
    if folder.exists() and any(folder.iterdir()):
        raise CallerFault("output_exists", f"{folder} holds files already; keys are never overwritten")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = Keys(os.urandom(_BYTES), SigningKey(origin, os.urandom(_BYTES)), ())
    verifier = keys.signing.verifier
    _write(folder / _LEDGER, locked(keys.ledger_key))
    _write(folder / _SIGNING, locked(keys.signing.seed))
    _write(folder / _VERIFIERS, verifier.text(), mode=0o644)
    return Keys(keys.ledger_key, keys.signing, (verifier,))


def read_keys(folder: Path, origin: str) -> Keys:
    """The keys of a ledger.

    Raises: CallerFault ``key_unreadable``; EnvironmentFault ``key_exposed`` where others may read a secret one.
    """
    ledger_key, seed = _secret(folder / _LEDGER), _secret(folder / _SIGNING)
    lines = _text(folder / _VERIFIERS).split()
    return Keys(ledger_key, SigningKey(origin, seed), tuple(Verifier.of_text(line) for line in lines))


def create_signing_key(path: Path, name: str) -> SigningKey:
    """A new key for a member, in a file of its own. Raises: CallerFault ``output_exists``; a key is never overwritten."""
    if path.exists():
        raise CallerFault("output_exists", f"{path} exists already; keys are never overwritten")
    key = SigningKey(name, os.urandom(_BYTES))
    try:
        _write(path, locked(key.seed))
    except OSError as fault:
        raise EnvironmentFault("output_unwritable", f"{path} cannot be written ({fault.strerror})") from fault
    return key


def read_signing_key(path: Path, name: str) -> SigningKey:
    """What `create_signing_key` wrote, under the *name* by which its verifier is known. Raises: as `read_keys`."""
    return SigningKey(name, _secret(path))


def next_key(folder: Path, origin: str, *, create: bool) -> SigningKey | None:
    """The key that a rotation has begun with, or a new one; None where there is none and none is wanted."""
    path = folder / _NEXT
    if path.exists():
        return SigningKey(origin, _secret(path))
    if not create:
        return None
    key = SigningKey(origin, os.urandom(_BYTES))
    _write(path, locked(key.seed))
    return key


def protect_keys(folder: Path) -> None:
    """Write the secret keys again, encrypted; each is there in the old form or in the new one. Raises: CallerFault ``key_locked``."""
    passphrase = chosen()
    for path in (folder / _LEDGER, folder / _SIGNING):
        text = locked(_secret(path), passphrase)
        new = path.with_name(path.name + ".new")
        _write(new, text)
        new.replace(path)
    _flush(folder)


def finish_rotation(folder: Path, key: SigningKey) -> None:
    """*key* signs from now on: the log has announced it. The old secret is gone; its verifier stays in the list."""
    lines = _text(folder / _VERIFIERS).split()
    if key.verifier.text() not in lines:
        _write(folder / (_VERIFIERS + ".new"), "\n".join([*lines, key.verifier.text()]), mode=0o644)
        (folder / (_VERIFIERS + ".new")).replace(folder / _VERIFIERS)
    (folder / _NEXT).replace(folder / _SIGNING)
    _flush(folder)


def _write(path: Path, text: str, *, mode: int = 0o600) -> None:
    path.unlink(missing_ok=True) if path.suffix == ".new" else None
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    _flush(path.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as fault:
        raise CallerFault("key_unreadable", f"the key file {path} cannot be read ({fault})") from fault


def _secret(path: Path) -> bytes:
    text = _text(path).strip()
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise EnvironmentFault("key_exposed", f"others may read the secret key {path} (mode {mode:04o})", path=str(path))
    if is_locked(text):
        return unlocked(text, path)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise CallerFault("key_unreadable", f"the key file {path} holds {len(text)} characters that are no key")
    return key
