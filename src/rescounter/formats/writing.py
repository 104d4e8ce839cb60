"""The tables of a result become files, and are read back exactly.

The bytes of a file depend on its table and the versions of the libraries only: no time stamps, no
trace of how the columns were cut into chunks. Text is written as it is, also where it begins with
``=``: a result is data, and a changed name would be another name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import pyarrow as pa

from rescounter.formats.cells import one_array
from rescounter.terms import CallerFault, EnvironmentFault
from rescounter.terms import tables as known
from rescounter.terms.refusals import shown

__all__ = ["FORMATS", "Format", "read_tables", "write_tables"]

Format: TypeAlias = Literal["parquet", "csv", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = ("parquet", "csv", "xlsx")

_SCHEMAS: Final[Mapping[str, tuple[pa.Schema, ...]]] = MappingProxyType(
    {
        "obligations": tuple(
            known.obligations_schema(netting=netting, reference=reference, weight=weight)
            for netting, reference, weight in product((False, True), repeat=3)
        ),
        "members": tuple(known.members_schema(netting=netting, liquidity=cash) for netting, cash in product((False, True), repeat=2)),
        "potentials": (known.POTENTIALS,),
        "liquidity": (known.LIQUIDITY,),
        "circuits": (known.CIRCUITS,),
        "refusals": (known.REFUSALS_TABLE,),
    }
)


def write_tables(tables: Mapping[str, pa.Table], folder: Path, *, format: Format) -> dict[str, str]:
    """Write each table as ``<name>.<format>`` into *folder*.

    Returns: the digest ``sha256:<hex>`` of each file, by file name.
    Refuses: what a sheet cannot hold (before anything is written). Raises: EnvironmentFault when
    the folder cannot be written.
    """
    if format not in FORMATS:
        raise CallerFault("option_invalid", f"the format {shown(format)} is unknown; allowed: {', '.join(FORMATS)}")
    whole = {name: _in_one_piece(table) for name, table in tables.items()}
    write = _writer(format, whole)
    digests = {}
    try:
        for name, table in whole.items():
            path = folder / f"{name}.{format}"
            write(table, path)
            digests[path.name] = _digest(path)
    except OSError as error:
        raise EnvironmentFault("output_unwritable", f"{folder} cannot be written: {error.strerror or error}", folder=str(folder)) from error
    return digests


def read_tables(folder: Path, names: Iterable[str]) -> dict[str, pa.Table]:
    """Read tables of a result, in whichever format they were written, with the schemas of `terms.tables`.

    Refuses: a table that is not there (result_not_found), or is not what was written (result_damaged).
    """
    return {name: _read_table(folder, name) for name in names}


def _in_one_piece(table: pa.Table) -> pa.Table:
    """One chunk for each column, without an offset: Parquet cuts its pages where chunks end."""
    arrays = [one_array(column) if column.num_chunks else pa.array([], column.type) for column in table.columns]
    return pa.table(arrays, schema=table.schema.remove_metadata())


def _writer(format: Format, tables: Mapping[str, pa.Table]) -> Callable[[pa.Table, Path], None]:
    if format == "parquet":
        return _write_parquet
    if format == "csv":
        from rescounter.formats.csv_files import write_csv

        return write_csv
    from rescounter.formats.xlsx_files import refuse_what_no_sheet_holds, write_xlsx

    for name, table in tables.items():
        refuse_what_no_sheet_holds(name, table)
    return write_xlsx


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as parquet

    # Snappy wrote 1,000,000 obligations in three quarters of the time that zstd took.
    parquet.write_table(table, path, compression="snappy", row_group_size=1 << 20)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _read_table(folder: Path, name: str) -> pa.Table:
    present = [kind for kind in FORMATS if (folder / f"{name}.{kind}").is_file()]
    if not present:
        raise CallerFault("result_not_found", f"{folder} holds no table {name}", folder=str(folder), table=name)
    if len(present) > 1:
        raise CallerFault("result_damaged", f"{folder} holds the table {name} in {len(present)} formats: {', '.join(present)}", table=name)
    path = folder / f"{name}.{present[0]}"
    try:
        return _readers()[present[0]](path, _SCHEMAS[name])
    except CallerFault as error:
        raise _damaged(path, error.message) from error
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise _damaged(path, str(error)) from error


def _readers() -> Mapping[str, Callable[[Path, tuple[pa.Schema, ...]], pa.Table]]:
    from rescounter.formats.csv_files import read_csv
    from rescounter.formats.xlsx_files import read_xlsx

    return {"parquet": _read_parquet, "csv": read_csv, "xlsx": read_xlsx}


def _read_parquet(path: Path, schemas: tuple[pa.Schema, ...]) -> pa.Table:
    import pyarrow.parquet as parquet

    from rescounter.formats.csv_files import schema_of

    with pa.OSFile(str(path)) as file:
        table: Any = parquet.ParquetFile(file).read()
    table = table.cast(schema_of(table.column_names, schemas))
    table.validate(full=True)
    return _in_one_piece(table)


def _damaged(path: Path, why: str) -> CallerFault:
    return CallerFault("result_damaged", f"{path} cannot be read as a table of a result: {shown(why)}", path=str(path))
