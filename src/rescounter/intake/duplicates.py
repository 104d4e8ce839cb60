"""Ids that stand more than once: the same obligation repeated, or several that claim one id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.rulings import CODE_OF, Codes

__all__ = ["read_duplicates"]


def read_duplicates(ids: pa.Array, named: NDArray[np.bool_], refused: Codes, content_of: Callable[[int], Hashable]) -> Codes:
    """Rulings for repeated ids.

    The first of several equal rows stands, the others are ``repeated_row``; as soon as one row of
    an id differs, or broke a rule of its own, none of them is taken (``duplicate_id``). A row without
    an id goes by its number; where another row has that number as its id, the nameless one is refused.

    Args: *ids* without nulls; *named* where the id was handed in; *refused* the rulings so far; *content_of* everything that row n says,
    the id apart.
    """
    codes = np.zeros(len(ids), np.int16)
    place = np.asarray(pc.dictionary_encode(ids).indices)
    shared = np.flatnonzero(np.bincount(place)[place] > 1) if len(place) else place
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row in shared.tolist():
        rows_of[int(place[row])].append(row)
    for shared_by in rows_of.values():
        rows = [row for row in shared_by if named[row]]
        codes[[row for row in shared_by if not named[row]]] = CODE_OF["duplicate_id"]
        same = len({content_of(row) for row in rows}) == 1 and not refused[rows].any()
        codes[rows[1:] if same else rows] = CODE_OF["repeated_row" if same else "duplicate_id"]
    return codes
