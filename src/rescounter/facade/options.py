"""The options of one run, checked once, as they are written into the summary of its result."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from rescounter.terms import CallerFault, Exponents
from rescounter.terms.currencies import EXPONENT_MAX, NO_CURRENCY

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a run reads, admits and clears.

    Args:
        method: set-off, net or set-off-then-net. allocation: oldest or pro-rata.
        columns: canonical column name to the name in the file.
        decimal: "." or ","; allows separators between thousands. encoding, sheet: of the file.
        exponents: decimal digits for currencies that ISO 4217 gives none.
        minimum: major units. due_by: a date.
    """

    method: str = "set-off"
    allocation: str = "oldest"
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    exponents: Mapping[str, int] = field(default_factory=dict)
    minimum: Decimal | None = None
    due_by: datetime.date | None = None

    def __post_init__(self) -> None:
        from rescounter.clearing.allocation import ALLOCATIONS
        from rescounter.clearing.clear import METHODS

        faults = []
        if self.method not in METHODS:
            faults.append(f"method {self.method!r} is unknown; allowed: {', '.join(METHODS)}")
        if self.allocation not in ALLOCATIONS:
            faults.append(f"allocation {self.allocation!r} is unknown; allowed: {', '.join(ALLOCATIONS)}")
        if self.decimal not in (None, ".", ","):
            faults.append(f"decimal sign {self.decimal!r} is unknown; allowed: . or ,")
        if self.minimum is not None and not (self.minimum.is_finite() and self.minimum >= 0):
            faults.append(f"minimum {self.minimum} is not allowed; it must be zero or more")
        for code, digits in self.exponents.items():
            if not isinstance(digits, int) or not 0 <= digits <= EXPONENT_MAX or not code:
                faults.append(f"exponent {code}={digits} is not allowed; digits go from 0 to {EXPONENT_MAX}")
            elif code != NO_CURRENCY and Exponents().of(code) not in (None, digits):
                faults.append(f"exponent {code}={digits} contradicts ISO 4217, which gives {code} {Exponents().of(code)} digits")
        if faults:
            raise CallerFault("option_invalid", "; ".join(faults))

    def as_json(self) -> dict[str, Any]:
        """What is needed to read the same input again; method and allocation stand elsewhere."""
        return {
            "columns": dict(sorted(self.columns.items())),
            "decimal": self.decimal,
            "encoding": self.encoding,
            "sheet": self.sheet,
            "exponents": dict(sorted(self.exponents.items())),
            "minimum": None if self.minimum is None else str(self.minimum),
            "due_by": None if self.due_by is None else self.due_by.isoformat(),
        }

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any]) -> Options:
        """The options that a result was made with.

        Raises: CallerFault ``result_damaged`` when the summary does not hold them.
        """
        try:
            stored = summary["input"]["options"]
            return cls(
                method=summary["method"],
                allocation=summary["allocation"],
                columns=dict(stored["columns"]),
                decimal=stored["decimal"],
                encoding=stored["encoding"],
                sheet=stored["sheet"],
                exponents={str(code): int(digits) for code, digits in stored["exponents"].items()},
                minimum=None if stored["minimum"] is None else Decimal(stored["minimum"]),
                due_by=None if stored["due_by"] is None else datetime.date.fromisoformat(stored["due_by"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as fault:
            raise CallerFault("result_damaged", f"the options in summary.json cannot be read ({fault})") from fault

    @property
    def known_exponents(self) -> Exponents:
        """ISO 4217 with what this run declares."""
        return Exponents(declared=dict(self.exponents))
