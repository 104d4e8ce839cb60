"""A proof of a ledger, a vote, or an evidence pack, on the command line: written for a member, found among files, checked."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.verification import Verdict

__all__ = ["pack_in", "proof_in", "verify_pack_in", "verify_proof_in", "verify_vote_in", "vote_in", "write_proof"]

_PROOF: Final = "proof.json"
_CHECKER: Final = "check_proof.py"
_VOTE: Final = "vote.json"


def write_proof(proof: dict[str, Any], target: Path) -> None:
    """Write a proof, and the one-file program that checks it. Raises: CallerFault ``output_exists``."""
    from rescounter.formats.folder import new_folder
    from rescounter.verification import proofs

    if target.exists():
        raise CallerFault("output_exists", f"{target} exists already")
    with new_folder(target, force=False) as new:
        (new / _PROOF).write_text(json.dumps(proof, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (new / _CHECKER).write_text(inspect.getsource(proofs), encoding="utf-8")


def proof_in(path: Path) -> object | None:
    """What stands in the proof at *path*, a folder or a file; None where there is something else."""
    from rescounter.verification.proofs import FORMAT

    file = path / _PROOF if path.is_dir() else path
    if not file.is_file() or file.name == "bundle.json":
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and (path.is_dir() or str(found.get("format")).startswith(FORMAT.partition("/")[0])) else None


def verify_proof_in(proof: object, *, verifier: str | None, checkpoint: Path | None) -> Verdict:
    """Check it against the published key and the checkpoint that was kept."""
    from rescounter.verification import verify_proof

    try:
        kept = None if checkpoint is None else checkpoint.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CallerFault("checkpoint_unreadable", f"the checkpoint {checkpoint} cannot be read ({fault})") from fault
    return verify_proof(proof, verifier=verifier, kept=kept)


def vote_in(path: Path) -> object | None:
    """What stands in the exported vote in the folder at *path*; None where there is none."""
    return _json_in(path / _VOTE)


def _json_in(file: Path) -> object | None:
    """What stands in a file; None where there is none. Raises: CallerFault ``result_damaged``."""
    if not file.is_file():
        return None
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise CallerFault("result_damaged", f"{file} cannot be read ({fault})") from fault
    return found


def verify_vote_in(vote: object, *, verifier: str | None) -> Verdict:
    """Count a vote again, with the published key of the union's log."""
    from rescounter.verification import verify_vote

    return verify_vote(vote, verifier=verifier)


def pack_in(path: Path) -> object | None:
    """What stands in the manifest of an evidence pack at *path*; None where there is none."""
    from rescounter.verification.packs import MANIFEST

    return _json_in(path / MANIFEST)


def verify_pack_in(path: Path, pack: object, *, verifier: str | None) -> Verdict:
    """Check an evidence pack with every file in its folder, and the published key of the union's log."""
    from rescounter.verification import verify_pack
    from rescounter.verification.packs import MANIFEST

    try:
        files = {each.relative_to(path).as_posix(): each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file()}
    except OSError as fault:
        raise CallerFault("result_damaged", f"{path} cannot be read ({fault})") from fault
    return verify_pack(pack, {name: content for name, content in files.items() if name != MANIFEST}, verifier=verifier)
