"""Files of the insurance pool: exposures and scenarios that come in, statements and projections that go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from rescounter.facade.union_tables import rows_of, unreadable_rows
from rescounter.formats.folder import new_folder
from rescounter.formats.header import EXPOSURE_COLUMNS, SCENARIO_COLUMNS
from rescounter.formats.reading import read_columns
from rescounter.insurance.projection import Scenario
from rescounter.terms import Refusal, parse_minor
from rescounter.terms.money import read_decimal
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["read_exposures", "read_scenarios", "write_folder"]

_RATIO_MAX: Final = 10_000


def read_exposures(source: Path, exponent: int) -> tuple[list[tuple[int, dict[str, Any]]], tuple[Refusal, ...]]:
    """Rows of `insurance.tables.EXPOSURES`, each with its number, and a refusal for each that cannot be read; amounts in major units."""
    submitted = read_columns(source, EXPOSURE_COLUMNS)
    rows: list[tuple[int, dict[str, Any]]] = []
    refusals = list(unreadable_rows(submitted))
    for number, cells in rows_of(submitted, EXPOSURE_COLUMNS):
        row: dict[str, Any] = {"member": cells.get("member") or "", "class": cells.get("class") or ""}
        for name in EXPOSURE_COLUMNS[2:]:
            text = cells.get(name) or ("" if name == "exposure" else "0")
            try:
                row[f"{name}_minor"] = parse_minor(text, exponent)
            except ValueError:
                refusals.append(_refusal("exposure_unusable", number, row["member"], f"{name} {shown(text)}"))
                break
        else:
            rows.append((number, row))
    return rows, tuple(sorted(refusals, key=lambda each: each.row))


def read_scenarios(source: Path, exponent: int) -> tuple[list[Scenario], tuple[Refusal, ...]]:
    """Scenarios of a file: name, loss_ratio_percent and, where there is one, large_claim in major units."""
    submitted = read_columns(source, SCENARIO_COLUMNS)
    found: list[Scenario] = []
    refusals = list(unreadable_rows(submitted))
    for number, cells in rows_of(submitted, SCENARIO_COLUMNS):
        name, ratio = cells.get("name") or "", cells.get("loss_ratio_percent") or ""
        try:
            large = parse_minor(cells.get("large_claim") or "0", exponent)
        except ValueError:
            large = -1
        parts = read_decimal(ratio)
        is_ratio = parts is not None and not parts[0] and Fraction(ratio) <= _RATIO_MAX
        if not name or not is_ratio or large < 0 or name in {each.name for each in found}:
            refusals.append(_refusal("scenario_unusable", number, name, f"{name}, {ratio}, {cells.get('large_claim') or '0'}"))
        else:
            found.append(Scenario(name, Fraction(ratio) / 100, large))
    return found, tuple(refusals)


def _refusal(code: str, number: int, what: str, found: str) -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(number, shown(what), code, shown(found), rule.allowed, rule.what_to_do)


def write_folder(target: Path, name: str, page: str, text: str, content: Mapping[str, Any], *, force: bool) -> None:
    """A page, its text and its JSON as a folder, complete or not there at all."""
    with new_folder(target, force=force) as folder:
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
