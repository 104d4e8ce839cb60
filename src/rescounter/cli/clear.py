"""``rescounter clear``: a file in, a result folder out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from rescounter.cli.door import REFUSED
from rescounter.cli.voice import stages, tell_result, tell_where
from rescounter.cli.words import read_key, read_options
from rescounter.terms import CallerFault

__all__ = ["clear_file", "default_folder"]


def clear_file(
    file: str,
    output: Path | None,
    *,
    words: Mapping[str, Any],
    liquidity: str | None,
    format: str,
    circuits: bool | None,
    strict: bool,
    key_file: Path | None,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Clear *file* and tell what came out; exit code 3 under *strict* when rows were refused."""
    from rescounter.facade.clearing import run
    from rescounter.formats.folder import check_target
    from rescounter.formats.writing import FORMATS

    options, key = read_options(words), read_key(key_file)
    if format not in FORMATS:
        raise CallerFault("option_invalid", f"format {format!r} is unknown; allowed: {', '.join(FORMATS)}")
    if file == "-" and output is None:
        raise CallerFault("output_unnamed", "standard input has no name to call the result after")
    target = output or default_folder(file)
    check_target(target, force=force)
    with stages(quiet=quiet or as_json) as progress:
        source = sys.stdin.buffer if file == "-" else file
        result = run(source, options, liquidity=liquidity, cycle_key=key, progress=progress)
        progress("writing")
        result.write(target, format=format, circuits=circuits, force=force)
    if as_json:
        typer.echo(json.dumps({"folder": str(target), **json.loads((target / "summary.json").read_text(encoding="utf-8"))}))
    elif not quiet:
        tell_result(result)
        tell_where(str(target))
    if strict and result.summary["refused"]:
        raise typer.Exit(REFUSED)


def default_folder(file: str) -> Path:
    """``trade.csv.gz`` clears into ``trade-cleared`` in the current folder."""
    name = Path(file).name
    for suffix in (".gz", ".zst"):
        name = name.removesuffix(suffix)
    return Path(f"{Path(name).stem}-cleared")
