"""``rescounter verify``, ``explain`` and ``extract``: what can be asked of a result."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rescounter.cli.door import CHECK_FAILED
from rescounter.cli.proof import pack_in, proof_in, verify_pack_in, verify_proof_in, verify_vote_in, vote_in
from rescounter.cli.voice import console, stages
from rescounter.cli.words import read_key
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.verification import Verdict

__all__ = ["explain_path", "extract_path", "verify_path"]


def verify_path(
    path: Path,
    *,
    input: str | None,
    liquidity: str | None,
    root: str | None,
    key_file: Path | None,
    verifier: str | None = None,
    checkpoint: Path | None = None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Check a result folder, a bundle or a proof and tell what was proven; exit code 1 when something is wrong."""
    with stages(quiet=quiet or as_json) as progress:
        progress("verifying")
        proof = proof_in(path)
        if proof is not None:
            verdict = verify_proof_in(proof, verifier=verifier, checkpoint=checkpoint)
        elif (vote := vote_in(path)) is not None:
            verdict = verify_vote_in(vote, verifier=verifier)
        elif (pack := pack_in(path)) is not None:
            verdict = verify_pack_in(path, pack, verifier=verifier)
        elif verifier is not None or checkpoint is not None:
            raise CallerFault("option_invalid", "--verifier and --checkpoint belong to a proof of a ledger")
        else:
            verdict = _verdict(path, input=input, liquidity=liquidity, root=root, key_file=key_file)
    if as_json:
        typer.echo(json.dumps({"sound": verdict.sound, **dataclasses.asdict(verdict)}, ensure_ascii=False))
    elif verdict.sound and not quiet:
        _tell_sound(verdict)
    elif not verdict.sound:
        _tell_findings(verdict, has_key=key_file is not None)
    if not verdict.sound:
        raise typer.Exit(CHECK_FAILED)


def _verdict(path: Path, *, input: str | None, liquidity: str | None, root: str | None, key_file: Path | None) -> Verdict:
    bundle = path / "bundle.json" if path.is_dir() else path
    if (path / "summary.json").is_file() or not bundle.is_file():
        from rescounter.facade.folder import verify_folder

        if root is not None:
            raise CallerFault("option_invalid", "--root belongs to a member's bundle; a result folder recomputes its roots")
        return verify_folder(path, input=input, liquidity=liquidity, cycle_key=read_key(key_file))
    from rescounter.verification import verify_bundle

    if input is not None or liquidity is not None or key_file is not None:
        raise CallerFault("option_invalid", "--input, --liquidity and --key-file belong to a result folder; a bundle carries what it needs")
    try:
        content = json.loads(bundle.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise CallerFault("result_damaged", f"{bundle} cannot be read ({fault})") from fault
    return verify_bundle(content, root=root)


def _tell_sound(verdict: Verdict) -> None:
    out = console()
    out.print(f"Proven: {'; '.join(verdict.proven)}.", markup=False, style="green")
    for sentence in verdict.not_proven:
        out.print(f"Not proven: {sentence}.", markup=False)


def _tell_findings(verdict: Verdict, *, has_key: bool) -> None:
    out = console(to_stderr=True)
    out.print(f"NOT SOUND: {len(verdict.findings)} findings.", style="bold red")
    for finding in verdict.findings:
        out.print(f"  {finding}", markup=False)
    if not has_key and all(finding.check == "roots" for finding in verdict.findings):
        out.print("Only the roots differ: if the result was sealed with a key, as a union's are, name it with --key-file.")
    out.print("Do not rely on this result: run rescounter clear again, and ask who changed it.")


def explain_path(path: Path, *, id: str | None, member: str | None, liquidity: bool, as_json: bool) -> None:
    """Tell why an obligation or a member cleared as far as it did, or what cash frees."""
    from rescounter.facade.folder import read_result
    from rescounter.facade.result import explain

    if liquidity:
        return _explain_liquidity(path, alone=id is None and member is None, as_json=as_json)
    stored = read_result(path)
    explanation = explain(stored.tables, stored.summary, id=id, member=member)
    typer.echo(json.dumps(dataclasses.asdict(explanation), ensure_ascii=False, default=str) if as_json else str(explanation))
    return None


def _explain_liquidity(path: Path, *, alone: bool, as_json: bool) -> None:
    """Tell what cash freed, where the next unit frees most, and what clears with how much."""
    from rescounter.clearing.prices import price_of_tables
    from rescounter.facade.folder import read_result

    if not alone:
        raise CallerFault("option_invalid", "--liquidity tells of a whole result: leave --id and --member out")
    stored = read_result(path)
    price = price_of_tables(stored.tables, stored.summary)
    typer.echo(json.dumps(price.as_json(), ensure_ascii=False) if as_json else str(price))


def extract_path(path: Path, member: str, output: Path | None, *, key_file: Path | None, force: bool, quiet: bool) -> None:
    """Write one member's bundle and the program that checks it."""
    from rescounter.facade.folder import extract_member

    target = output or Path(f"{_file_name(member)}-bundle")
    with stages(quiet=quiet) as progress:
        progress("cutting out")
        extract_member(path, member, target, cycle_key=read_key(key_file), force=force)
    if not quiet:
        typer.echo(f"Written to {target}/: hand both files to {member}, who checks them with Python alone:")
        typer.echo(f"  python3 {target}/verify.py {target}/bundle.json")


def _file_name(member: str) -> str:
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in member).strip(".") or "member"
