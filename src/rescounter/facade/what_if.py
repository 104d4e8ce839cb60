"""What if: obligations that join a result or leave it, and what would clear then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.facade.clearing import admit_input
from rescounter.facade.options import Options
from rescounter.terms import CallerFault, format_minor
from rescounter.terms.names import closest

if TYPE_CHECKING:
    from rescounter.facade.result import Result
    from rescounter.intake.admitted import Admitted

__all__ = ["WhatIf", "what_if"]

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class WhatIf:
    """What would clear if some obligations were added to a result and others left out of it.

    Args: *obligations*, *members*: what differs (`clearing.changes`); *currencies*: totals before and
    after; *refusals*: rows to add that were not taken. The amounts are proven like those of a
    result; where several optima exist, the rows are those of one of them.
    """

    obligations: pa.Table
    members: pa.Table
    currencies: Mapping[str, Mapping[str, int]]
    refusals: pa.Table

    def cleared_change_minor(self, currency: str) -> int:
        """How much more would clear in *currency*, in minor units; negative = less."""
        totals = self.currencies[currency]
        return totals["cleared_after_minor"] - totals["cleared_before_minor"]

    def __repr__(self) -> str:
        lines = [f"<rescounter.WhatIf {len(self.obligations):,} obligations differ, {len(self.refusals):,} refused"]
        for code, totals in self.currencies.items():
            before, after = (format_minor(totals[f"cleared_{when}_minor"], totals["exponent"], group=",") for when in ("before", "after"))
            lines.append(f"  {code}: cleared {before} before, {after} after")
        return "\n".join(lines) + ">"


def what_if(result: Result, *, add: object = None, remove: Sequence[str] = ()) -> WhatIf:
    """See `Result.what_if`."""
    from rescounter.clearing.changes import changes_of

    admitted = result.cleared.admitted
    gone = _rows_of(admitted.id, remove)
    table = None if add is None else _table_of(add)
    if table is None or table.num_rows == 0:
        added, refusals = _nothing_of(admitted), result.refusals.schema.empty_table()
    else:
        admission = admit_input(table, _options_for(table, result))
        added, refusals = admission.admitted, admission.refusals
        _refuse_known(added.id, admitted.id, gone)
    changes = changes_of(result.cleared, gone, added)
    frozen = MappingProxyType({code: MappingProxyType(dict(totals)) for code, totals in changes.currencies.items()})
    return WhatIf(obligations=changes.obligations, members=changes.members, currencies=frozen, refusals=refusals)


def _rows_of(ids: pa.StringArray, remove: Sequence[str]) -> NDArray[np.int64]:
    """Rows of the ids in *remove*, ascending; every id must be there, once."""
    if isinstance(remove, str):
        raise CallerFault("option_invalid", f"remove is the text {remove!r}; it must be a list of ids, such as [{remove!r}]")
    wanted = pc.unique(pa.array([str(each) for each in remove], pa.string()))
    rows = _rows_holding(ids, wanted)
    if len(rows) < len(wanted):
        found = set(ids.take(pa.array(rows)).to_pylist())
        unknown = [each for each in wanted.to_pylist() if each not in found]
        hint = closest(unknown[0], ids.to_pylist()) if len(unknown) == 1 else ""
        more = f" and {len(unknown) - _SHOWN_MAX} more" if len(unknown) > _SHOWN_MAX else ""
        told = ", ".join(repr(each) for each in unknown[:_SHOWN_MAX])
        raise CallerFault("id_unknown", f"no admitted obligation has the id {told}{more}{hint}")
    return rows


def _rows_holding(texts: pa.StringArray, wanted: pa.Array) -> NDArray[np.int64]:
    """Rows of *texts* that are among *wanted*, ascending. Cost: one pass, with a small table to look up."""
    return np.flatnonzero(np.asarray(pc.is_in(texts, value_set=wanted)))


def _table_of(add: object) -> pa.Table:
    """Rows to add as an Arrow table with ids: from a list of mappings, or anything with the PyCapsule interface."""
    if isinstance(add, list | tuple):
        try:
            table = pa.Table.from_pylist([dict(row) for row in add])
        except (pa.ArrowException, TypeError, ValueError) as fault:
            raise CallerFault("option_invalid", f"the rows to add are no table: {fault}") from fault
    elif hasattr(add, "__arrow_c_stream__"):
        table = pa.table(add)
    else:
        raise CallerFault("option_invalid", f"add is {type(add).__name__}; it must be a list of rows or an Arrow table")
    named = table["id"].cast(pa.string()) if "id" in table.column_names else pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
    ids = pc.coalesce(named, pa.array([f"added-{row}" for row in range(1, table.num_rows + 1)], pa.string()))
    rest = table.drop_columns(["id"]) if "id" in table.column_names else table
    return rest.append_column("id", ids)


def _options_for(table: pa.Table, result: Result) -> Options:
    """The conditions of the run; its names of columns only where the rows to add use them."""
    options = Options.from_summary(result.summary)
    return replace(options, columns={name: used for name, used in options.columns.items() if used in table.column_names and name != "id"})


def _refuse_known(added: pa.StringArray, known: pa.StringArray, gone: NDArray[np.int64]) -> None:
    taken = set(_rows_holding(known, added).tolist()) - set(gone.tolist())
    if taken:
        told = ", ".join(repr(known[row].as_py()) for row in sorted(taken)[:_SHOWN_MAX])
        raise CallerFault("option_invalid", f"the run has obligations with the id {told} already; remove them too, or give other ids")


def _nothing_of(admitted: Admitted) -> Admitted:
    none = {name: getattr(admitted, name)[:0] for name in ("currency", "debtor", "creditor", "amount", "due", "excluded")}
    texts = {name: getattr(admitted, name).slice(0, 0) for name in ("members", "id", "kind")}
    return replace(admitted, currencies=(), exponents=(), reference=None, weight=None, **none, **texts)
