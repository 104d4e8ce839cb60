"""The ledger as tables in files, written chunk by chunk: memory does not grow with the journal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from rescounter.ledger.transfers import TRANSFERS

__all__ = ["LEDGER_FORMATS", "LEDGER_TABLES", "LedgerTables"]

LEDGER_FORMATS: Final = ("parquet", "csv")

LEDGER_TABLES: Final = {
    "accounts": pa.schema([(name, pa.string()) for name in ("id", "member", "purpose", "currency")] + [
        (name, pa.int64())
        for name in ("limit_minor", "state", "posted_debits", "posted_credits", "pending_debits", "pending_credits", "balance_minor")
    ]),
    "entries": pa.schema([("sequence", pa.int64()), ("key", pa.string()), ("kind", pa.string()), ("outcome", pa.string()),
                          ("policy", pa.string()), ("cycle", pa.string()), ("rulebook_version", pa.string()), ("rows", pa.int64()),
                          ("accepted", pa.int64()), ("tree_root", pa.string()), ("leaf", pa.string()), ("log_root", pa.string()),
                          ("at_us", pa.int64())]),
    "refusals": pa.schema([("sequence", pa.int64()), ("row", pa.int64()), ("id", pa.string()), ("code", pa.string())]),
    "transfers": pa.schema([("sequence", pa.int64()), ("row", pa.int64()), ("at_us", pa.int64()), ("currency", pa.string()), *TRANSFERS]),
}  # fmt: skip
"""Columns of each table. *limit_minor* is null where there is none; *state* as in `AccountState`; hashes in hexadecimal digits."""


class LedgerTables:
    """Writers of `LEDGER_TABLES` in a folder, in one of `LEDGER_FORMATS`; a context that closes them."""

    def __init__(self, folder: Path, format: str) -> None:
        self._folder, self._format = folder, format
        self._stack, self._writers = ExitStack(), dict[str, Any]()

    def __enter__(self) -> LedgerTables:
        for name, schema in LEDGER_TABLES.items():
            path = str(self._folder / f"{name}.{self._format}")
            self._writers[name] = self._stack.enter_context(self._writer()(path, schema))
        return self

    def __exit__(self, *fault: object) -> None:
        self._stack.close()

    def _writer(self) -> Callable[[str, pa.Schema], Any]:
        import pyarrow.csv as csv
        import pyarrow.parquet as parquet

        made: Any = parquet.ParquetWriter if self._format == "parquet" else csv.CSVWriter
        return lambda path, schema: made(path, schema)

    def write(self, name: str, table: pa.Table) -> None:
        """Rows behind those that are there, in the schema of the table."""
        if table.num_rows:
            self._writers[name].write_table(table.cast(LEDGER_TABLES[name]))
