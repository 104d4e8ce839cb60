"""The command tree. Each command reads its words here and works in the file of its name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter._version import __version__
from rescounter.cli.ledger_app import ledger_app
from rescounter.cli.union_app import add_union_commands

__all__ = ["app"]

_EXAMPLES = """Clear what members owe each other, exactly, and prove it.

Three ways to begin:

  rescounter demo                                 the world's trade of 1985, start to proof
  rescounter clear obligations.csv                your own file: debtor, creditor, amount
  rescounter verify obligations-cleared           check a result, or a member's bundle

rescounter init --help founds a union, which clears in cycles; rescounter status says what is due in it.
rescounter ledger --help shows the ledger, in which results are posted.
rescounter COMMAND --help teaches each command by example.
"""

app = typer.Typer(
    name="rescounter",
    no_args_is_help=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Clear what members owe each other, exactly, and prove it.",
    epilog="Exit codes: 0 done, 1 a check failed, 2 unusable input or wrong use, 3 rows refused under --strict, "
    "4 the environment failed, 130 interrupted.",
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but faults.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="32 secret bytes (or 64 hex digits) that salt the commitments."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier result.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rescounter {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Clear what members owe each other, exactly, and prove it."""
    if context.invoked_subcommand is None:
        typer.echo(_EXAMPLES, nl=False)


@app.command()
def clear(
    file: Annotated[str, typer.Argument(help="CSV, Parquet, Arrow, JSON Lines or XLSX, also .gz and .zst; - is standard input.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result folder; default: FILE's name with -cleared.")] = None,
    method: Annotated[str, typer.Option(help="set-off, net, or set-off-then-net.")] = "set-off",
    allocate: Annotated[str, typer.Option(help="Which obligations of a pair clear first: oldest or pro-rata.")] = "oldest",
    minimum: Annotated[str | None, typer.Option(help="Keep out obligations below this amount (major units).")] = None,
    due_by: Annotated[str | None, typer.Option(help="Keep out obligations that fall due after this date.")] = None,
    liquidity: Annotated[
        str | None, typer.Option(help="A file of cash that set-off may draw: member (* is the union's fund), amount, currency.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Map names: debtor=payer,creditor=payee.")] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal sign . or , ; then thousands may be separated.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file that is not Unicode, such as cp1252.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; default: the first visible one with the header.")] = None,
    exponent: Annotated[list[str] | None, typer.Option(help="Digits of a currency that ISO 4217 gives none: XAU=3.")] = None,
    format: Annotated[str, typer.Option(help="Tables as parquet, csv or xlsx.")] = "parquet",
    circuits: Annotated[
        bool | None, typer.Option("--circuits/--no-circuits", help="Write the circuits; default: up to 100,000 obligations.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Leave with exit code 3 when rows were refused.")] = False,
    key_file: KeyFile = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Clear a file of obligations into a folder with the result, its proof and a page to read.

    \b
    rescounter clear obligations.csv
    rescounter clear ledger.xlsx --columns debtor=payer,creditor=payee -o march
    rescounter clear export.csv --decimal , --method set-off-then-net
    rescounter clear obligations.csv --liquidity cash.csv
    zcat big.csv.gz | rescounter clear - -o big --format csv
    """
    from rescounter.cli.clear import clear_file

    clear_file(
        file, output,
        words={"method": method, "allocation": allocate, "minimum": minimum, "due_by": due_by, "columns": columns,
               "decimal": decimal, "encoding": encoding, "sheet": sheet, "exponent": exponent},
        liquidity=liquidity, format=format, circuits=circuits, strict=strict, key_file=key_file, force=force, quiet=quiet, as_json=as_json,
    )  # fmt: skip


@app.command()
def verify(
    result: Annotated[Path, typer.Argument(help="A result folder, a member's bundle or proof (a folder or its JSON).")],
    input: Annotated[str | None, typer.Option("--input", help="The file that was cleared; default: where the result says it lies.")] = None,
    liquidity: Annotated[str | None, typer.Option("--liquidity", help="The file of cash; default: where the result says it lies.")] = None,
    root_hash: Annotated[str | None, typer.Option("--root", help="The result_root that the union published (bundles).")] = None,
    key_file: KeyFile = None,
    verifier: Annotated[str | None, typer.Option("--verifier", help="The ledger's verifier key as it was published (proofs).")] = None,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", help="The earlier checkpoint that you kept (proofs).")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Check a result from outside: bytes, sums, allocation, circuits, and the proof that it is the largest. Or a proof of a ledger.

    \b
    rescounter verify obligations-cleared
    rescounter verify march --input ledger.xlsx
    rescounter verify ANA-bundle --root 5f0c...
    rescounter verify T-7-proof --verifier union.example/books+5d0c...
    """
    from rescounter.cli.check import verify_path

    verify_path(
        result,
        input=input,
        liquidity=liquidity,
        root=root_hash,
        key_file=key_file,
        verifier=verifier,
        checkpoint=checkpoint,
        quiet=quiet,
        as_json=as_json,
    )


@app.command()
def explain(
    result: Annotated[Path, typer.Argument(help="A result folder.")],
    id: Annotated[str | None, typer.Option("--id", help="An obligation.")] = None,
    member: Annotated[str | None, typer.Option("--member", help="A member.")] = None,
    liquidity: Annotated[bool, typer.Option("--liquidity", help="What cash frees: the next unit, and the curve.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say why an obligation cleared as far as it did: its circuits, and the cut behind what remains; or what cash frees.

    \b
    rescounter explain obligations-cleared --id INV-17
    rescounter explain obligations-cleared --member ANA
    rescounter explain obligations-cleared --liquidity
    """
    from rescounter.cli.check import explain_path

    explain_path(result, id=id, member=member, liquidity=liquidity, as_json=as_json)


@app.command()
def extract(
    result: Annotated[Path, typer.Argument(help="A result folder.")],
    member: Annotated[str, typer.Option("--member", help="Whose part to cut out.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default: MEMBER-bundle.")] = None,
    key_file: KeyFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write what one member may see, with proofs, and verify.py that checks it with Python alone.

    \b
    rescounter extract obligations-cleared --member ANA
    python3 ANA-bundle/verify.py ANA-bundle/bundle.json
    """
    from rescounter.cli.check import extract_path

    extract_path(result, member, output, key_file=key_file, force=force, quiet=quiet)


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the result.")] = Path("demo"),
    force: Force = False,
) -> None:
    """Clear the world's trade of 1985, prove it, and show a planted fault being caught.

    \b
    rescounter demo
    """
    from rescounter.cli.demo import demonstrate

    demonstrate(output, force=force)


app.add_typer(ledger_app, name="ledger")
add_union_commands(app)
