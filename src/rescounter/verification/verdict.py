"""What verification answers: findings, what was proven, and what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.verification import desk

__all__ = ["SHOWN_MAX", "Finding", "Verdict", "at", "capped", "told"]

SHOWN_MAX: Final = 5
"""Findings of one check that are told one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: which check saw it, where, what stands there, what should."""

    check: str
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings at once; *proven* is empty as soon as anything is wrong."""

    findings: tuple[Finding, ...]
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings


def capped(check: str, count: int, findings: Iterable[Finding]) -> list[Finding]:
    """The first `SHOWN_MAX` of *count* findings, and one more that counts the rest."""
    shown = list(islice(findings, SHOWN_MAX))
    if count > len(shown):
        shown.append(Finding(check, "elsewhere", f"{count - len(shown)} more of this kind", "none"))
    return shown


def at(check: str, wrong: NDArray[np.bool_] | list[bool], tell: Callable[[int], tuple[str, str, str]]) -> list[Finding]:
    """One finding for each place where *wrong* is true; *tell* gives where, found and expected."""
    places = np.flatnonzero(wrong)
    return capped(check, len(places), (Finding(check, *tell(int(place))) for place in places))


def told(value: object) -> str:
    """A value of a summary as it may be printed: texts in quotes, nothing long, deep or invisible."""
    return f"'{desk.shown(value)}'" if isinstance(value, str) else desk.shown(value)
