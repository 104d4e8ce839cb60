"""The commands of ``rescounter ledger``: each reads its words here and works in `ledger_work.py` or `ledger_proofs.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ledger_app"]

ledger_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keep accounts and transfers that nobody can change unseen: open, post, audit, prove.",
    epilog="A ledger is a folder with ledger.db and keys/. Name it with --ledger DIR, or once with RESCOUNTER_LEDGER.",
)

Folder = Annotated[Path, typer.Option("--ledger", "-l", envvar="RESCOUNTER_LEDGER", help="The folder of the ledger.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but faults.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Exponent = Annotated[list[str] | None, typer.Option(help="Digits of a currency that ISO 4217 gives none: XAU=3.")]
Decimal = Annotated[str | None, typer.Option(help="Decimal sign . or , ; then thousands may be separated.")]
Strict = Annotated[bool, typer.Option(help="Leave with exit code 3 when any row was refused.")]
Kept = Annotated[list[Path] | None, typer.Option("--checkpoint", help="A checkpoint that was kept outside; may stand several times.")]
Key = Annotated[
    str | None, typer.Option("--key", help="Makes the batch unique; default: made of its content, so the same file posts once.")
]


@ledger_app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    origin: Annotated[str | None, typer.Option(help="Name of the log in checkpoints, for ever; best an address of yours.")] = None,
    exponent: Exponent = None,
    postgresql: Annotated[str | None, typer.Option(help="Address of a PostgreSQL database, as libpq reads it; default: SQLite.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a new ledger with keys of its own, and print the verifier key to publish.

    \b
    rescounter ledger init books --origin union.example/books
    """
    from rescounter.cli.ledger_work import make

    make(folder, origin=origin, exponent=exponent, dsn=postgresql, quiet=quiet, as_json=as_json)


@ledger_app.command(name="open")
def open_(
    file: Annotated[str, typer.Argument(help="Accounts: id, member, currency, limit (a number or none)[, purpose]; any format.")],
    ledger: Folder,
    key: Key = None,
    exponent: Exponent = None,
    decimal: Decimal = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Open the accounts of a file, all or none. An empty limit is 0: never overdrawn.

    \b
    rescounter ledger open accounts.csv --ledger books
    """
    from rescounter.cli.ledger_work import open_file

    open_file(ledger, file, key=key, exponent=exponent, decimal=decimal, quiet=quiet, as_json=as_json)


@ledger_app.command()
def post(
    file: Annotated[
        str, typer.Argument(help="Transfers: id, debit, credit, amount or amount_minor[, currency, kind, memo, ...]; or a result folder.")
    ],
    ledger: Folder,
    mode: Annotated[str, typer.Option(help="atomic: all or nothing; each: an answer for each row.")] = "atomic",
    policy: Annotated[
        str, typer.Option(help="Of atomic: limits hold at the end (cycle-net) or after every row (sequential).")
    ] = "cycle-net",
    cycle: Annotated[str, typer.Option(help="The settlement cycle, for the record.")] = "",
    key: Key = None,
    exponent: Exponent = None,
    decimal: Decimal = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", help="Of a result that was sealed with one.")] = None,
    strict: Strict = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Post transfers, or what a clearing result cleared. The same content posts once, however often it is sent.

    \b
    rescounter ledger post transfers.csv --mode each --ledger books
    rescounter ledger post obligations-cleared --cycle 2026-11 --ledger books
    """
    from rescounter.cli.ledger_work import post_path

    post_path(
        ledger, file, words={"mode": mode, "policy": policy, "cycle": cycle, "key": key, "exponent": exponent, "decimal": decimal},
        key_file=key_file, strict=strict, quiet=quiet, as_json=as_json,
    )  # fmt: skip


@ledger_app.command()
def balances(
    ledger: Folder,
    account: Annotated[list[str] | None, typer.Argument(help="Ids of accounts; default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what each account has: balance (above zero = is owed), what waits, and its limit.

    \b
    rescounter ledger balances --ledger books
    """
    from rescounter.cli.ledger_work import show_balances

    show_balances(ledger, account or [], as_json=as_json)


@ledger_app.command()
def audit(
    ledger: Folder,
    checkpoint: Kept = None,
    verifier: Annotated[str | None, typer.Option(help="The first verifier key as it was published; default: that of keys/.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Read everything again, hash it, add it up, and name the first thing that is wrong; exit code 1 then.

    \b
    rescounter ledger audit --ledger books
    rescounter ledger audit --ledger books --checkpoint ana-2026-10.txt
    """
    from rescounter.cli.ledger_work import audit_all

    audit_all(ledger, checkpoint or [], verifier=verifier, quiet=quiet, as_json=as_json)


@ledger_app.command()
def export(
    output: Annotated[Path, typer.Argument(help="A new folder (parquet, csv) or a new file (beancount, hledger).")],
    ledger: Folder,
    format: Annotated[str, typer.Option(help="parquet, csv, beancount or hledger.")] = "parquet",
    memos: Annotated[bool, typer.Option("--memos", help="Personal data goes along.")] = False,
    exponent: Exponent = None,
    quiet: Quiet = False,
) -> None:
    """Write all of it for other programs; journals end with assertions, so that these programs check every sum.

    \b
    rescounter ledger export books.beancount --format beancount --ledger books
    """
    from rescounter.cli.ledger_work import export_all

    export_all(ledger, output, format=format, memos=memos, exponent=exponent, quiet=quiet)


@ledger_app.command()
def backup(
    output: Annotated[Path, typer.Argument(help="A new folder.")], ledger: Folder, quiet: Quiet = False, as_json: AsJson = False
) -> None:
    """Copy the ledger while it is written to, without its keys, and audit the copy.

    \b
    rescounter ledger backup books-2026-11-22 --ledger books
    """
    from rescounter.cli.ledger_work import back_up_all

    back_up_all(ledger, output, quiet=quiet, as_json=as_json)


@ledger_app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="A folder that backup wrote.")],
    ledger: Folder,
    keys: Annotated[Path, typer.Option(help="The folder of keys, which is kept apart from backups.")],
    checkpoint: Kept = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a ledger of a backup and its keys, in a new folder, and audit it.

    \b
    rescounter ledger restore books-2026-11-22 --keys vault/keys --ledger books-again
    """
    from rescounter.cli.ledger_work import restore_all

    restore_all(backup, ledger, keys=keys, checkpoints=checkpoint or [], quiet=quiet, as_json=as_json)


@ledger_app.command()
def checkpoint(
    ledger: Folder, output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; default: standard output.")] = None
) -> None:
    """Sign how long the log is and what it holds. Who keeps a checkpoint can tell whether the log was rewritten.

    \b
    rescounter ledger checkpoint --ledger books > ana-2026-11.txt
    """
    from rescounter.cli.ledger_proofs import print_checkpoint

    print_checkpoint(ledger, output)


@ledger_app.command()
def prove(
    ledger: Folder,
    id: Annotated[str | None, typer.Option("--id", help="A transfer: prove that it stands in the log.")] = None,
    since: Annotated[Path | None, typer.Option("--since", help="A checkpoint: prove that the log continues it.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder for the proof and its checker; else printed.")] = None,
) -> None:
    """Print a proof (JSON) under a fresh checkpoint: that a transfer is in the log, or that the log only grew.

    \b
    rescounter ledger prove --id T-7 --ledger books -o T-7-proof
    rescounter ledger prove --since ana-2026-10.txt --ledger books
    """
    from rescounter.cli.ledger_proofs import print_proof

    print_proof(ledger, id=id, since=since, output=output)


@ledger_app.command(name="rotate-key")
def rotate_key(ledger: Folder, quiet: Quiet = False, as_json: AsJson = False) -> None:
    """Let another key sign from now on; the log announces it under the old one. Publish the verifier key that is printed.

    \b
    rescounter ledger rotate-key --ledger books
    """
    from rescounter.cli.ledger_proofs import rotate

    rotate(ledger, quiet=quiet, as_json=as_json)


@ledger_app.command(name="protect-keys")
def protect_keys(ledger: Folder, quiet: Quiet = False) -> None:
    """Encrypt the secret keys under a passphrase: that of RESCOUNTER_PASSPHRASE, or one that is typed.

    \b
    RESCOUNTER_PASSPHRASE="$(cat /run/secrets/books)" rescounter ledger protect-keys --ledger books
    """
    from rescounter.cli.ledger_proofs import protect

    protect(ledger, quiet=quiet)


@ledger_app.command()
def erase(id: Annotated[list[str], typer.Argument(help="Ids of transfers whose memo goes.")], ledger: Folder, quiet: Quiet = False) -> None:
    """Erase personal data: memo and salt go, digest and every proof stay. Copies elsewhere (backups, exports) are yours to erase.

    \b
    rescounter ledger erase T-7 T-8 --ledger books
    """
    from rescounter.cli.ledger_proofs import erase_memos

    erase_memos(ledger, id, quiet=quiet)
