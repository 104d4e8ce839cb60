"""Why a union refuses members, people, limits and approvals: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["MEMBER_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

MEMBER_RULES: Final[tuple[_Row, ...]] = ()
