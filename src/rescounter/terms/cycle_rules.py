"""Why a union refuses a step of a cycle: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["CYCLE_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

CYCLE_RULES: Final[tuple[_Row, ...]] = ()
