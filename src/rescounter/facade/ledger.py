"""A ledger in a folder: made, opened, filled from files, audited, its keys changed.

`ledger.json` says what it is (origin, which database, digits of currencies that ISO 4217 gives none, a fingerprint of the ledger key),
`ledger.db` is the database (or an address of PostgreSQL stands in `ledger.json`), and `keys/` holds the keys. All but the database is
readable by its owner alone.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from rescounter.formats.key_files import Keys, create_keys, finish_rotation, next_key, read_keys
from rescounter.ledger import Account, Answer, Batch, Policy, Store
from rescounter.ledger.audit import Audited, Evidence, audit
from rescounter.ledger.audit_notes import Kept
from rescounter.ledger.checkpoints import Checkpoint, rotation
from rescounter.ledger.notes import Verifier, signed
from rescounter.terms import CallerFault, EnvironmentFault, Exponents, Refusal

__all__ = [
    "DATABASE",
    "DESCRIPTION",
    "KEYS",
    "Ledger",
    "Posted",
    "describe",
    "init_ledger",
    "ledger_folder",
    "now_us",
    "open_ledger",
    "post_transfers",
]

DESCRIPTION: Final = "ledger.json"
DATABASE: Final = "ledger.db"
KEYS: Final = "keys"
_FORMAT: Final = 1


def now_us() -> int:
    """The clock of this machine: microseconds since 1970 UTC."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger: its *folder*, *store*, *keys*, and the digits of its currencies."""

    folder: Path
    origin: str
    store: Store
    keys: Keys
    exponents: Exponents
    dsn: str | None = None

    def open_accounts(self, accounts: Sequence[Account], *, key: str | None = None) -> Answer:
        """Open accounts, all or none; the key is made of their content unless one is given."""
        from rescounter.ledger.entries import EntryKind
        from rescounter.ledger.sealing import account_fields, digest_of_leaves

        digest = digest_of_leaves(EntryKind.ACCOUNTS, [account_fields(account) for account in accounts])
        return self.store.open_accounts(key or f"accounts/{digest.hex()}", accounts)

    def audit(
        self,
        *,
        checkpoints: Sequence[Path] = (),
        first: Verifier | None = None,
        progress: Callable[[int, int], None] = lambda entries, transfers: None,
    ) -> Audited:
        """Read everything again; *checkpoints*: files that were kept outside; *first*: the verifier key as it was published."""
        kept = tuple(Kept(f"checkpoint {path}", _note(path)) for path in checkpoints)
        with self.store.audit_view() as view:
            evidence = Evidence(
                ledger_key=self.keys.ledger_key,
                first=first or self.keys.verifiers[0],
                in_force=self.keys.signing.verifier,
                head=view.audit_head,
                balances=view.balances,
                stored=view.checkpoints(),
                documents=view.audit_documents,
                kept=kept,
            )
            return audit(view.audit_stream(), evidence, progress=progress)

    def signed_head(self) -> str:
        """The checkpoint of this instant, the very bytes that the store would keep, without the writer's lock: another may write."""
        head = self.store.audit_head()
        text = Checkpoint(self.origin, head.entries, head.root).text()
        return signed(text, self.keys.signing(text.encode()))

    def rotate_key(self) -> Verifier:
        """Another key signs from now on, announced in the log under the old one. A run that was interrupted is finished."""
        folder = self.folder / KEYS
        new = next_key(folder, self.origin, create=True)
        if new is None:
            raise CallerFault("key_unreadable", f"{folder} holds no next key")
        self.store.announce_key(_rotation_key(new.verifier), rotation(self.origin, self.keys.signing, new.verifier))
        finish_rotation(folder, new)
        return new.verifier


def _rotation_key(verifier: Verifier) -> str:
    return f"rotation/{verifier.public.hex()}"


def _note(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CallerFault("checkpoint_unreadable", f"the checkpoint {path} cannot be read ({fault})") from fault


def init_ledger(folder: Path, *, origin: str | None = None, exponents: dict[str, int] | None = None, dsn: str | None = None) -> Verifier:
    """A new ledger with new keys in *folder*, complete or not at all. Returns: the verifier key, to be published.

    Args: *origin*: names the log in checkpoints, for ever; *dsn*: of PostgreSQL, else SQLite. Raises: CallerFault ``output_exists``.
    """
    name = origin or f"rescounter/{_slug(folder.resolve().name)}-{os.urandom(4).hex()}"
    if not re.fullmatch(r"[^\s+\x00-\x1f]{1,128}", name) or not name.isprintable():
        raise CallerFault("option_invalid", f"origin {name!r} is no name of a log: no white space, no plus sign, at most 128 characters")
    with ledger_folder(folder) as new:
        keys = create_keys(new / KEYS, name)
        describe(new, keys, origin=name, exponents=exponents or {}, dsn=dsn)
        _store(new, keys, name, dsn, create=True).close()
    return keys.verifiers[0]


@contextmanager
def ledger_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which becomes *folder* when the block ends well. Raises: CallerFault ``output_exists``."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallerFault("output_exists", f"{folder} exists already; a ledger is never overwritten")
    target = folder.resolve()
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True, mode=0o700)
        yield partial
        if target.exists():
            target.rmdir()
        partial.rename(target)
    except OSError as fault:
        raise EnvironmentFault("output_unwritable", f"{folder} cannot be written ({fault.strerror})") from fault
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def describe(folder: Path, keys: Keys, *, origin: str, exponents: Mapping[str, int], dsn: str | None) -> None:
    """Write what `open_ledger` must know; an address of PostgreSQL may hold a password, so only the owner reads it."""
    description = {
        "format": _FORMAT,
        "origin": origin,
        "database": "sqlite" if dsn is None else dsn,
        "exponents": dict(exponents),
        "ledger_key_fingerprint": _fingerprint(keys.ledger_key),
    }
    handle = os.open(folder / DESCRIPTION, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(description, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-") or "ledger"


def _fingerprint(ledger_key: bytes) -> str:
    """Tells one ledger key from another and tells nothing else."""
    return hmac.digest(ledger_key, b"rescounter/ledger-key-fingerprint/1", "sha256").hex()[:16]


def _store(folder: Path, keys: Keys, origin: str, dsn: str | None, *, create: bool = False, clock: Callable[[], int] = now_us) -> Store:
    from rescounter.store import open_postgresql, open_sqlite

    if dsn is not None:
        return open_postgresql(dsn, ledger_key=keys.ledger_key, signer=keys.signing, create=create, origin=origin, clock=clock)
    return open_sqlite(folder / DATABASE, ledger_key=keys.ledger_key, signer=keys.signing, create=create, origin=origin, clock=clock)


@contextmanager
def open_ledger(folder: Path, *, clock: Callable[[], int] = now_us) -> Iterator[Ledger]:
    """The ledger in *folder*; a rotation that was interrupted after it was announced is finished.

    Args: *clock*: microseconds since 1970 UTC, by which entries are stamped.
    Raises: CallerFault ``ledger_not_found``, ``key_unreadable``; EnvironmentFault ``key_foreign`` where the keys are another ledger's.
    """
    description = _description(folder)
    origin, database = description["origin"], description["database"]
    dsn = None if database == "sqlite" else database
    keys = read_keys(folder / KEYS, origin)
    if _fingerprint(keys.ledger_key) != description["ledger_key_fingerprint"]:
        raise EnvironmentFault("key_foreign", f"{folder / KEYS} holds the ledger key of another ledger")
    store = _store(folder, keys, origin, dsn, clock=clock)
    try:
        begun = next_key(folder / KEYS, origin, create=False)
        if begun is not None and store.answer_of(_rotation_key(begun.verifier)) is not None:
            finish_rotation(folder / KEYS, begun)
            store.close()
            keys = read_keys(folder / KEYS, origin)
            store = _store(folder, keys, origin, dsn, clock=clock)
        yield Ledger(folder, origin, store, keys, Exponents(description["exponents"]), dsn)
    finally:
        store.close()


def _description(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise CallerFault("ledger_not_found", f"{folder} holds no {DESCRIPTION}")
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        if int(description["format"]) > _FORMAT:
            raise EnvironmentFault("database_foreign", f"{path} was written by a later release")
        kinds = {"origin": str, "database": str, "exponents": dict, "ledger_key_fingerprint": str}
        if all(isinstance(description[name], kind) for name, kind in kinds.items()):
            return dict(description)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise CallerFault("ledger_damaged", f"{path} cannot be read ({fault})") from fault
    raise CallerFault("ledger_damaged", f"{path} does not describe a ledger")


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a file of transfers: *answers* of its batches, *refusals* with rows of the file, of cells and of the ledger."""

    rows: int
    accepted: int
    repeated: int
    refusals: tuple[Refusal, ...]
    breaches: tuple[Refusal, ...]
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()


def post_transfers(
    ledger: Ledger,
    source: str | BinaryIO,
    *,
    atomic: bool,
    key: str | None = None,
    decimal: str | None = None,
    policy: Policy = Policy.CYCLE_NET,
    cycle: str = "",
) -> Posted:
    """Post a file: all of it or nothing (*atomic*), or each row with an answer of its own.

    The key is made of the content, unless one is given: the same file is posted once. With a bad cell anywhere an atomic file is not
    handed to the ledger at all; of the other kind the rows that can be read are posted.
    """
    from rescounter.facade.ledger_tables import read_transfers, renumbered
    from rescounter.ledger.entries import EntryKind
    from rescounter.ledger.sealing import digest_of_batch
    from rescounter.ledger.transfers import CHUNK_ROWS

    standings = ledger.store.balances()
    currency_of = dict(zip(standings.text("id").to_pylist(), standings.text("currency").to_pylist(), strict=True))
    file = read_transfers(source, currency_of, ledger.exponents, decimal=decimal)
    count = len(file.transfers) + len(file.refusals)
    if (atomic and file.refusals) or not len(file.transfers):
        return Posted(count, 0, 0, file.refusals, (), (), file.notes)
    whole = Batch(key="-", transfers=file.transfers, policy=policy, cycle=cycle)
    digest = digest_of_batch(whole, EntryKind.ATOMIC if atomic else EntryKind.EACH).hex()
    name = key or f"{'atomic' if atomic else 'each'}/{digest}"
    if atomic:
        answers = [(ledger.store.post_atomic(replace(whole, key=name)), file.rows)]
    else:
        many = len(file.transfers) > CHUNK_ROWS
        answers = [
            (
                ledger.store.post_each(replace(whole, key=f"{name}/{first // CHUNK_ROWS}" if many else name, transfers=chunk)),
                file.rows[first : first + CHUNK_ROWS],
            )
            for first, chunk in zip(range(0, max(len(file.transfers), 1), CHUNK_ROWS), whole.transfers.chunks(), strict=True)
        ]
    told = [refusal for answer, rows in answers for refusal in renumbered(answer.refusals, rows)]
    return Posted(
        rows=count,
        accepted=sum(int(answer.accepted.sum()) for answer, _ in answers),
        repeated=sum(
            int(answer.accepted.sum()) if answer.is_repeat else int((answer.repeated & answer.accepted).sum()) for answer, _ in answers
        ),
        refusals=tuple(sorted([*file.refusals, *told], key=lambda refusal: refusal.row)),
        breaches=tuple(breach for answer, _ in answers for breach in answer.breaches),
        answers=tuple(answer for answer, _ in answers),
        notes=file.notes,
    )
