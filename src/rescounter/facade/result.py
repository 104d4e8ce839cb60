"""What a run returns: the tables, the summary, and what can be done with them."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rescounter.terms import CallerFault, format_minor

if TYPE_CHECKING:
    from rescounter.clearing.clear import Cleared
    from rescounter.clearing.explanation import Explanation
    from rescounter.clearing.prices import Price, PriceOfLiquidity
    from rescounter.facade.what_if import WhatIf
    from rescounter.verification import Verdict

__all__ = ["CIRCUITS_OBLIGATIONS_MAX", "PRICED_UNASKED_MAX", "Result", "explain", "prices_shown", "shown_in_report", "thawed"]

CIRCUITS_OBLIGATIONS_MAX = 100_000
"""Above this, circuits are written on demand only."""

PRICED_UNASKED_MAX = 50_000
"""Above this, the page of a run without cash leaves the price of liquidity out: `rescounter explain` tells it."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Result:
    """A cleared run: frozen tables (Arrow) and a summary, as `docs/CERTIFICATE.md` describes them.

    It is a calculation; it discharges debts only under the union's set-off agreement or law.
    """

    cleared: Cleared
    tables: Mapping[str, pa.Table]
    summary: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    cycle_key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "summary", _frozen(self.summary))

    @property
    def obligations(self) -> pa.Table:
        """Every admitted obligation, with what of it is cleared and what remains."""
        return self.tables["obligations"]

    @property
    def members(self) -> pa.Table:
        """What each member owes and is owed, before and after."""
        return self.tables["members"]

    @property
    def potentials(self) -> pa.Table:
        """The certificate of the optimum."""
        return self.tables["potentials"]

    @property
    def liquidity(self) -> pa.Table | None:
        """The cash that was there, was drawn and was received; None in a run without liquidity."""
        return self.tables.get("liquidity")

    @property
    def refusals(self) -> pa.Table:
        """Rows that were not taken, each with its reason."""
        return self.tables["refusals"]

    @property
    def circuits(self) -> pa.Table:
        """The set-off as closed chains of debt, and open ones where cash passes; reckoned anew at each call."""
        from rescounter.clearing.tables import circuits_table

        return circuits_table(self.cleared)

    def explain(self, *, id: str | None = None, member: str | None = None) -> Explanation:
        """Why an obligation, or a member's obligations, cleared as far as they did.

        Raises: CallerFault when neither or both are named, or the name is unknown.
        """
        return explain(self.tables, self.summary, id=id, member=member)

    def what_if(self, *, add: object = None, remove: Sequence[str] = ()) -> WhatIf:
        """What would clear if the obligations *add* joined and those with the ids *remove* were left out.

        Args: *add*: a list of mappings or any Arrow table with the columns of `clear`; rows without id
        become ``added-1`` and so on. The conditions of the run hold for them too.
        Cost: a large run is resumed from its optimum, many times faster than clearing anew; runs with
        weights or cash are solved anew. Raises: CallerFault for an unknown id, or one that is there already.
        """
        from rescounter.facade.what_if import what_if

        return what_if(self, add=add, remove=remove)

    def price_of_liquidity(self) -> PriceOfLiquidity:
        """What cash freed, where the next unit frees most, and what clears with how much: for each currency.

        Advice, reckoned anew at each call; what one unit frees is certified by the potentials.
        Raises: CallerFault ``option_invalid`` for the method net.
        """
        from rescounter.clearing.prices import price_of_cleared

        return price_of_cleared(self.cleared)

    def verify(self) -> Verdict:
        """Check this result from outside, as `rescounter verify` does for a folder."""
        from rescounter.verification import verify_result

        return verify_result(self.tables, self.summary, cycle_key=self.cycle_key)

    def report_html(self) -> str:
        """The page to read: one self-contained document."""
        from rescounter.statements.report import report_html

        few = len(self.obligations) <= CIRCUITS_OBLIGATIONS_MAX
        tables = {**self.tables, **({"circuits": self.circuits} if few else {})}
        return report_html(shown_in_report(self.summary, {}), tables, prices_shown(self))

    def write(self, folder: str | os.PathLike[str], *, format: str = "parquet", circuits: bool | None = None, force: bool = False) -> Path:
        """Write the result folder, complete or not at all.

        Args: *format* parquet, csv or xlsx; *circuits* True or False, None for up to 100,000
        obligations; *force* replaces an earlier result.
        Raises: CallerFault when the folder exists; EnvironmentFault when it cannot be written.
        """
        from rescounter.facade.folder import write_result

        return write_result(self, Path(folder), format=format, circuits=circuits, force=force)

    def with_seconds(self, *, write: float) -> Mapping[str, Any]:
        """The summary with the time that writing took."""
        seconds = self.summary["seconds"]
        return {**self.summary, "seconds": {**seconds, "write": round(write, 3), "total": round(seconds["total"] + write, 3)}}

    def __repr__(self) -> str:
        lines = [f"<rescounter.Result {self.summary['method']}, {len(self.obligations):,} obligations, {self.summary['refused']:,} refused"]
        for code, currency in self.summary["currencies"].items():
            lines.append(f"  {code}: {_told(currency)}")
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(code)}</th>"
            + "".join(
                f"<td style='text-align:right'>{format_minor(currency[name], currency['exponent'], group=',')}</td>"
                for name in ("gross_minor", "cleared_minor", "residual_minor", "pay_in_minor")
            )
            + f"<td style='text-align:right'>{_percent(currency['cleared_share'])}</td></tr>"
            for code, currency in self.summary["currencies"].items()
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "owed", "cleared", "remains", "pay-ins", "share cleared"))
        told = f"{html.escape(self.summary['method'])}, {len(self.obligations):,} obligations, {self.summary['refused']:,} rows refused"
        return f"<table><caption>Rescounter: {told}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def prices_shown(result: Result) -> Mapping[str, Price]:
    """The prices of liquidity that the page tells: in every run with cash, in others while they cost nearly nothing."""
    if result.summary["method"] == "net" or not (result.liquidity or len(result.obligations) <= PRICED_UNASKED_MAX):
        return {}
    return result.price_of_liquidity().currencies


def shown_in_report(summary: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """The summary without the name of the input: the page's bytes depend on the rows alone."""
    return {**summary, "files": files, "input": {**summary["input"], "path": None, "liquidity": None}}


def _frozen(value: Any) -> Any:
    """Mappings inside mappings, read-only."""
    return MappingProxyType({name: _frozen(entry) for name, entry in value.items()}) if isinstance(value, Mapping) else value


def thawed(value: Any) -> Any:
    """A read-only summary as plain dictionaries, ready for JSON."""
    return {name: thawed(entry) for name, entry in value.items()} if isinstance(value, Mapping) else value


def explain(tables: Mapping[str, pa.Table], summary: Mapping[str, Any], *, id: str | None, member: str | None) -> Explanation:
    """`Result.explain` for tables that were read back from a folder."""
    from rescounter.clearing.explanation import explain_item, explain_member

    exponents = {code: currency["exponent"] for code, currency in summary["currencies"].items()}
    if (id is None) == (member is None):
        raise CallerFault("option_invalid", "name either an id or a member to explain")
    method = summary["method"]
    if member is not None:
        cash = tables.get("liquidity")
        return explain_member(tables["obligations"], tables["members"], exponents, member=member, method=method, liquidity=cash)
    _refuse_refused(tables["refusals"], str(id))
    return explain_item(tables["obligations"], exponents, id=str(id), method=method, liquidity=tables.get("liquidity"))


def _refuse_refused(refusals: pa.Table, id: str) -> None:
    """Tell of a row that was refused why it cannot be explained any further."""
    for row in refusals.to_pylist():
        if row["id"] == id and row["code"] != "repeated_row":
            found = f"data row {row['row']:,} with the id {id!r} was refused ({row['code']}: {row['found']}; {row['what_to_do']})"
            raise CallerFault("id_refused", found)


def _told(currency: Mapping[str, Any]) -> str:
    money = {
        name: format_minor(currency[name], currency["exponent"], group=",") for name in ("gross_minor", "cleared_minor", "pay_in_minor")
    }
    told = f"{money['gross_minor']} owed, {money['cleared_minor']} cleared ({_percent(currency['cleared_share'])})"
    return told + (f", {money['pay_in_minor']} to pay in" if currency["pay_in_minor"] else "")


def _percent(share: float) -> str:
    """A share that is already rounded down, with two digits that are rounded down again."""
    return f"{int(share * 1_000_000 + 0.5) // 100 / 100:.2f} %"
