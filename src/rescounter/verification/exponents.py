"""How many digits a currency has: ISO 4217 decides, else what the run declares; nobody may move a decimal point."""

from __future__ import annotations

from collections.abc import Mapping

from rescounter.terms import Exponents
from rescounter.terms.refusals import shown
from rescounter.verification.verdict import Finding, told

__all__ = ["check_exponents"]


def check_exponents(summary: Mapping[str, object]) -> list[Finding]:
    """Each currency's exponent is that of ISO 4217, or the declared one where ISO 4217 gives none."""
    currencies = summary.get("currencies")
    findings = []
    for code, entry in (currencies if isinstance(currencies, Mapping) else {}).items():
        found = entry.get("exponent") if isinstance(entry, Mapping) else None
        expected = _expected(str(code), _declared(summary))
        if type(found) is not int or found != expected:
            findings.append(Finding("exponents", shown(str(code)), told(found), told(expected)))
    return findings


def _expected(code: str, declared: Mapping[str, object]) -> object:
    standard = Exponents().of(code)
    return declared.get(code, standard) if standard is None or code == "XXX" else standard


def _declared(summary: Mapping[str, object]) -> Mapping[str, object]:
    """What the options of the run declare, empty where they cannot be read."""
    found: object = summary
    for name in ("input", "options", "exponents"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
