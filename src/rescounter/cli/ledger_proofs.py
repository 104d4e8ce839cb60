"""``rescounter ledger`` towards members: checkpoints, proofs, keys, and the erasing of personal data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rescounter.terms import CallerFault, EnvironmentFault, holds

if TYPE_CHECKING:
    from rescounter.facade.ledger import Ledger
    from rescounter.ledger.checkpoints import Checkpoint

__all__ = ["erase_memos", "print_checkpoint", "print_proof", "protect", "rotate"]


def print_checkpoint(folder: Path, output: Path | None) -> None:
    """The signed note, to a file or to standard output."""
    from rescounter.facade.ledger import open_ledger

    with open_ledger(folder) as ledger:
        try:
            note = ledger.store.checkpoint()
        except EnvironmentFault as fault:  # another process writes: the note is the same, it is only not kept
            if fault.code != "database_busy":
                raise
            note = ledger.signed_head()
    if output is None:
        typer.echo(note, nl=False)
    elif output.exists():
        raise CallerFault("output_exists", f"{output} exists already")
    else:
        output.write_text(note, encoding="utf-8")


def print_proof(folder: Path, *, id: str | None, since: Path | None, output: Path | None) -> None:
    """One JSON object, or a folder with it and its checker; it was verified before it is handed out."""
    from rescounter.cli.proof import write_proof
    from rescounter.facade.ledger import open_ledger
    from rescounter.ledger.checkpoints import Checkpoint
    from rescounter.ledger.notes import opened
    from rescounter.verification.proofs import FORMAT

    if (id is None) == (since is None):
        raise CallerFault("option_invalid", "name either --id of a transfer or --since a checkpoint")
    with open_ledger(folder) as ledger:
        note = ledger.signed_head()
        head = Checkpoint.of_text(opened(note, ledger.keys.verifiers))
        proof = _inclusion(ledger, str(id), head) if since is None else _consistency(ledger, since, head)
    verifiers = [verifier.text() for verifier in ledger.keys.verifiers]
    whole = {"format": FORMAT, **proof, "checkpoint": note, "verifiers": verifiers}
    if output is None:
        typer.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    write_proof(whole, output)
    typer.echo(f"Written to {output}/: hand both files over; they are checked with Python alone:")
    typer.echo(f"  python3 {output}/check_proof.py {output}/proof.json --verifier {verifiers[-1]}")


def _inclusion(ledger: Ledger, id: str, head: Checkpoint) -> dict[str, Any]:
    from rescounter.ledger.merkle import inclusion_verified

    proof = ledger.store.prove_inclusion(id, log_size=head.size)
    entry = proof.entry
    in_batch = inclusion_verified(
        hashlib.sha256(proof.leaf).digest(), proof.batch_path, place=proof.place, size=entry.tree_rows, root=entry.tree_root
    )
    in_log = inclusion_verified(entry.leaf(), proof.log_path, place=entry.sequence, size=proof.log_size, root=head.root)
    holds(in_batch and in_log, "a_proof_proves", id=id)
    return {
        "proves": f"transfer {id} stands in the log",
        **proof.as_body(),
    }


def _consistency(ledger: Ledger, since: Path, head: Checkpoint) -> dict[str, Any]:
    from rescounter.ledger.checkpoints import Checkpoint
    from rescounter.ledger.merkle import consistency_verified
    from rescounter.ledger.notes import opened

    try:
        earlier = Checkpoint.of_text(opened(since.read_text(encoding="utf-8"), ledger.keys.verifiers))
    except (OSError, UnicodeDecodeError) as fault:
        raise CallerFault("checkpoint_unreadable", f"{since} cannot be read ({fault})") from fault
    if not 0 < earlier.size <= head.size:
        raise CallerFault(
            "log_size_unknown", f"{since} speaks of {earlier.size} entries, the log has {head.size}: it was rolled back or cut"
        )
    path = ledger.store.prove_consistency(earlier.size, head.size)
    if not consistency_verified(path, first=earlier.size, second=head.size, first_root=earlier.root, second_root=head.root):
        raise CallerFault("note_untrusted", f"the log does not continue {since}: it was rewritten after that checkpoint was signed")
    proves = f"the log of {head.size} entries continues that of {earlier.size}"
    return {
        "proves": proves,
        "first": earlier.size,
        "first_root": earlier.root.hex(),
        "second": head.size,
        "path": [step.hex() for step in path],
    }


def rotate(folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Another signing key; its verifier key is printed for publication."""
    from rescounter.facade.ledger import open_ledger

    with open_ledger(folder) as ledger:
        old, new = ledger.keys.signing.verifier, ledger.rotate_key()
    if as_json:
        typer.echo(json.dumps({"old": old.text(), "verifier": new.text()}))
    elif not quiet:
        typer.echo(f"From now on key {new.key_id.hex()} signs; the log announces it under {old.key_id.hex()}, whose secret is deleted.")
        typer.echo("Publish the verifier key, and bring the copy of keys/ up to date:")
        typer.echo(f"  {new.text()}")


def protect(folder: Path, *, quiet: bool) -> None:
    """The secret keys, encrypted; the next command that opens the ledger needs the passphrase."""
    from rescounter.facade.ledger import KEYS, open_ledger
    from rescounter.formats.key_files import protect_keys

    with open_ledger(folder):  # these are its keys, and they can be read
        protect_keys(folder / KEYS)
    if not quiet:
        typer.echo(f"The secret keys in {folder}/{KEYS} are encrypted. Without the passphrase nothing can be posted, audited or proven:")
        typer.echo("keep it apart from the keys and from every backup, and destroy copies of the keys made before.")


def erase_memos(folder: Path, ids: Sequence[str], *, quiet: bool) -> None:
    """Delete memo and salt of transfers, and record that it was done."""
    from rescounter.facade.ledger import open_ledger
    from rescounter.ledger.entries import EntryKind
    from rescounter.ledger.sealing import digest_of_leaves, erasure_fields

    wanted = list(dict.fromkeys(ids))
    with open_ledger(folder) as ledger:
        unknown = [name for name in wanted if ledger.store.transfer(name) is None]
        if unknown:
            raise CallerFault("transfer_unknown", f"there is no transfer {', '.join(unknown[:5])}; nothing was erased")
        digest = digest_of_leaves(EntryKind.ERASURE, [erasure_fields(name) for name in wanted])
        answer = ledger.store.erase_memos(f"erasure/{digest.hex()}", wanted)
    if not quiet:
        done = "was erased before" if answer.is_repeat else "is erased"
        typer.echo(f"The personal data of {len(wanted):,} transfers {done}; their digests and every proof stay.")
