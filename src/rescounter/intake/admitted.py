"""The values that intake hands on: admitted obligations in canonical order, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.terms import EXCLUSIONS

__all__ = ["EXCLUSION_CODES", "NO_DUE", "WEIGHT_MAX", "Admission", "Admitted"]

NO_DUE: Final = np.iinfo(np.int32).max
"""Due day of an obligation without one: sorts behind every date."""

WEIGHT_MAX: Final = 100
"""Heaviest weight of an obligation; one unit of it clears as gladly as a hundred units of weight 1."""

EXCLUSION_CODES: Final = ("", *EXCLUSIONS)
"""Texts of the column *excluded*; `Admitted.excluded` holds the place in this tuple, 0 = included."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Obligations admitted to a run, one row each, in canonical order.

    The order is currency, debtor, creditor, weight (heaviest first), due (none last), id: parallel
    obligations of one weight stand together in the order in which the rule *oldest first* serves them.
    All arrays are read-only.

    Args:
        members: distinct member codes in order of code point; debtor and creditor index it.
        currencies: distinct codes in order; `currency` indexes it. `exponents` are their digits.
        currency: int16[n]. debtor, creditor: int32[n]. amount: int64[n] minor units, > 0.
        due: int32[n], days since 1970-01-01 or `NO_DUE`.
        id: text, unique. kind: text of the column *class*, null where empty. reference: text or None.
        excluded: int8[n], place in `EXCLUSION_CODES`.
        weight: int8[n], 1 to `WEIGHT_MAX`; None where the input has no such column: then all weigh 1.
    """

    members: pa.StringArray
    currencies: tuple[str, ...]
    exponents: tuple[int, ...]
    currency: NDArray[np.int16]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    amount: NDArray[np.int64]
    due: NDArray[np.int32]
    id: pa.StringArray
    kind: pa.StringArray
    reference: pa.StringArray | None
    excluded: NDArray[np.int8]
    weight: NDArray[np.int8] | None

    def __len__(self) -> int:
        return len(self.amount)

    def due_dates(self) -> pa.Array:
        """The column *due* as Arrow dates, null where there is none."""
        return pa.array(self.due, type=pa.int32(), mask=self.due == NO_DUE).cast(pa.date32())


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer of intake: every row is admitted or stands in *refusals* (`terms.tables`)."""

    admitted: Admitted
    refusals: pa.Table
    notes: tuple[str, ...]
