"""A ruling for each row, as a small integer: 0 is admitted, else the most important broken rule."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rescounter.terms import REFUSALS

__all__ = ["CODES", "CODE_OF", "Codes", "first_broken_rule"]

Codes: TypeAlias = NDArray[np.int16]
"""int16[n]: places in `CODES`."""

CODES: Final = ("", *sorted(REFUSALS, key=lambda code: REFUSALS[code].precedence))
"""Codes of refusal in order of precedence, behind the empty ruling."""

CODE_OF: Final = MappingProxyType({code: place for place, code in enumerate(CODES)})


def first_broken_rule(rulings: Sequence[Codes]) -> Codes:
    """For each row the ruling of lowest precedence, 0 where no rule is broken."""
    broken = [ruling for ruling in rulings if ruling.any()]
    if not broken:
        return np.zeros(len(rulings[0]), np.int16)
    stacked = np.stack(broken)
    stacked[stacked == 0] = len(CODES)
    first: Codes = stacked.min(axis=0)
    first[first == len(CODES)] = 0
    return first
