"""Why an act of membership may not be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rescounter.terms import Refusal

if TYPE_CHECKING:
    from rescounter.membership.register import Register

__all__ = ["refusals"]


def refusals(register: Register, kind: str, body: Mapping[str, Any], at_us: int) -> tuple[Refusal, ...]:
    """Everything that is wrong with an act of membership before it is recorded, at once; nothing for other acts."""
    return ()
