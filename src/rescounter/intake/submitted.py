"""Rows as a member handed them in: cells by column, nothing checked yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["COLUMNS", "COLUMN_REQUIRED", "LINE_COLUMNS", "Submitted"]

COLUMNS: Final = (
    "debtor",
    "creditor",
    "amount",
    "amount_minor",
    "currency",
    "id",
    "due",
    "class",
    "weight",
    "divisible",
    "reference",
)
"""Every column that intake reads; others are ignored and named in a note."""

LINE_COLUMNS: Final = ("member", "amount", "amount_minor", "currency")
"""Every column of a file of liquidity."""

COLUMN_REQUIRED: Final = ("debtor", "creditor", "member")
"""Columns that a table must have, if it is of the kind that has them."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A table of cells, one array for each column that was found, all of one length.

    Cells are text (string or large_string), integers, decimal128, float64, bool, date32 or
    timestamp; null is an empty cell. Columns of mixed cells (spreadsheets) are text, with
    *float_cells* marking those that were binary floating-point numbers, written as their shortest
    round-trip decimal (Python's ``repr``).

    Args:
        columns: Arrow arrays by canonical column name, a subset of `COLUMNS` or of `LINE_COLUMNS`.
        row_numbers: int64, the 1-based data row of each row; None where they are 1, 2, 3, ...
        unreadable: data row and text of each row that could not be split into cells; these rows
            are not in *columns*.
        float_cells: bool mask for each mixed column.
        notes: what the reader did or ignored, for the person who runs it.
    """

    columns: Mapping[str, pa.Array]
    row_numbers: NDArray[np.int64] | None = None
    unreadable: tuple[tuple[int, str], ...] = ()
    float_cells: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0
