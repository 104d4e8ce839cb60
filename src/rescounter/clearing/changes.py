"""What would be different if some obligations were left out and others joined a run.

The numbers come from `what_if`; here they are shared out to obligations and told as two tables of what
differs and the totals of each currency. Only edges whose debts or flow changed are shared out anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.allocation import allocate
from rescounter.clearing.clear import Cleared, Outcome
from rescounter.clearing.engines import EngineFor, engine_for
from rescounter.clearing.network import Network
from rescounter.clearing.what_if import Alteration, Altered, altered, largest_again
from rescounter.intake.admitted import Admitted
from rescounter.terms import INT64_MAX, CallerFault, holds
from rescounter.terms.names import order_of_id

__all__ = ["CHANGED_MEMBERS", "CHANGED_OBLIGATIONS", "Changes", "changes_of"]

CHANGED_OBLIGATIONS: Final = pa.schema(
    [pa.field(name, pa.string()) for name in ("id", "debtor", "creditor", "currency", "change")]
    + [pa.field(name, pa.int64()) for name in ("amount_minor", "cleared_before_minor", "cleared_after_minor")]
)
"""Column *change*: ``added``, ``removed``, or ``cleared`` where only the cleared amount differs."""

CHANGED_MEMBERS: Final = pa.schema(
    [pa.field(name, pa.string()) for name in ("member", "currency")]
    + [pa.field(name, pa.int64()) for name in ("cleared_before_minor", "cleared_after_minor")]
)
"""What members clear as debtor, where it differs."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What would be different: rows that change, and the totals of each currency.

    Args: *obligations* by `CHANGED_OBLIGATIONS`, *members* by `CHANGED_MEMBERS`; *currencies*: for each
    code gross_before_minor, gross_after_minor, cleared_before_minor, cleared_after_minor, exponent.
    """

    obligations: pa.Table
    members: pa.Table
    currencies: Mapping[str, Mapping[str, int]]


def changes_of(cleared: Cleared, gone: NDArray[np.int64], added: Admitted, *, engine_for: EngineFor = engine_for) -> Changes:
    """What clears when the rows *gone* of a run are left out and the obligations *added* join it.

    Args: *gone* int64, rows of `Cleared.admitted`, ascending; *added* with ids that the run lacks.
    Raises: CallerFault for a run that set nothing off, or a currency that would pass int64.
    """
    if cleared.method == "net":
        raise CallerFault("option_invalid", "method net sets nothing off, so there is nothing to reckon anew; clear with set-off")
    place = _places(cleared.admitted.members, added.members)
    parts = [_Part.of(cleared, code, gone, added, place) for code in sorted({*cleared.admitted.currencies, *added.currencies})]
    tables = [part.reckon(cleared, added, engine_for) for part in parts]
    return Changes(
        obligations=pa.concat_tables([each[0] for each in tables] or [CHANGED_OBLIGATIONS.empty_table()]),
        members=pa.concat_tables([each[1] for each in tables] or [CHANGED_MEMBERS.empty_table()]),
        currencies={part.code: each[2] for part, each in zip(parts, tables, strict=True)},
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One currency: its outcome, the rows that go, the rows that come, members by local number."""

    code: str
    exponent: int
    before: Outcome
    gone: NDArray[np.int64]
    come: NDArray[np.int64]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    names: pa.StringArray

    @classmethod
    def of(cls, cleared: Cleared, code: str, gone: NDArray[np.int64], added: Admitted, place: NDArray[np.int64]) -> _Part:
        admitted = cleared.admitted
        before = next((each for each in cleared.outcomes if admitted.currencies[each.network.currency] == code), None)
        before = _nothing() if before is None else before
        network = before.network
        come = np.flatnonzero(added.currency == added.currencies.index(code)) if code in added.currencies else np.zeros(0, np.int64)
        ends = np.stack([added.debtor[come], added.creditor[come]]) if len(come) else np.zeros((2, 0), np.int32)
        known = np.searchsorted(network.members, place[ends])
        known = np.where((known < len(network.members)) & (place[ends] >= 0), known, 0)
        old = (place[ends] >= 0) & (network.members[known] == place[ends]) if len(network.members) else np.zeros(ends.shape, bool)
        fresh, number = np.unique(ends[~old], return_inverse=True)
        local = known.astype(np.int32)
        local[~old] = len(network.members) + number.reshape(-1)
        names = pa.concat_arrays([admitted.members.take(pa.array(network.members)), added.members.take(pa.array(fresh.astype(np.int64)))])
        exponent = (admitted.exponents[network.currency] if network.currency >= 0 else added.exponents[added.currencies.index(code)],)[0]
        mine = gone[(gone >= network.first_row) & (gone < network.last_row)]
        return cls(code, exponent, before, mine, come, local[0], local[1], names)

    def reckon(self, cleared: Cleared, added: Admitted, engine_for: EngineFor) -> tuple[pa.Table, pa.Table, dict[str, int]]:
        """Changed obligations, changed members, totals."""
        admitted, network, flow = cleared.admitted, self.before.network, self.before.flow
        gross = int(admitted.amount[network.first_row : network.last_row].sum())
        gross_after = gross - int(admitted.amount[self.gone].sum()) + sum(added.amount[self.come].tolist())
        if gross_after > INT64_MAX:
            raise CallerFault(
                "option_invalid", f"the obligations in {self.code} would sum to {gross_after}; at most {INT64_MAX} is allowed"
            )
        told = {"gross_before_minor": gross, "gross_after_minor": gross_after, "cleared_before_minor": int(flow.sum())}
        if not len(self.gone) and not len(self.come):
            same = {**told, "cleared_after_minor": told["cleared_before_minor"], "exponent": self.exponent}
            return CHANGED_OBLIGATIONS.empty_table(), CHANGED_MEMBERS.empty_table(), same
        left = self._left()
        less = np.zeros(len(flow), np.int64)
        np.add.at(less, network.edge_of_row[~left], admitted.amount[network.rows[~left]])
        inside = added.excluded[self.come] == 0
        after = altered(
            network,
            Alteration(
                less=less,
                tail=self.debtor[inside],
                head=self.creditor[inside],
                weight=_weights(added, self.come[inside]),
                amount=added.amount[self.come[inside]],
                newcomers=len(self.names) - len(network.members),
            ),
        )
        found = largest_again(self.before, after, engine_for=engine_for)
        touched = np.zeros(len(found), bool)
        touched[after.place] = (found[after.place] != flow) | (less > 0)
        touched[after.edge_of_added] = True
        obligations = self._obligations(cleared, added, after, found, touched, left)
        return (
            obligations,
            self._members(after.network, found),
            {**told, "cleared_after_minor": int(found.sum()), "exponent": self.exponent},
        )

    def _left(self) -> NDArray[np.bool_]:
        """Which of the network's rows stay."""
        return ~np.isin(self.before.network.rows, self.gone, assume_unique=True)

    def _obligations(
        self,
        cleared: Cleared,
        added: Admitted,
        after: Altered,
        found: NDArray[np.int64],
        touched: NDArray[np.bool_],
        left: NDArray[np.bool_],
    ) -> pa.Table:
        admitted, network = cleared.admitted, self.before.network
        kept = np.flatnonzero(left & touched[after.place][network.edge_of_row]) if len(left) else np.zeros(0, np.int64)
        old, inside = network.rows[kept], added.excluded[self.come] == 0
        new = self.come[inside]
        share = _shared(
            cleared.allocation,
            edge=np.concatenate([after.place[network.edge_of_row[kept]], after.edge_of_added]),
            amount=np.concatenate([admitted.amount[old], added.amount[new]]),
            due=np.concatenate([admitted.due[old], added.due[new]]),
            ids=admitted.id.take(pa.array(old)).to_pylist() + added.id.take(pa.array(new)).to_pylist(),
            flow=found,
        )
        holds(int(share.sum()) == int(found[touched].sum()), "what_clears_is_what_was_solved")
        before, now = cleared.cleared[old], share[: len(old)]
        differs = before != now
        none = np.zeros(len(added), np.int64)
        return pa.concat_tables(
            [
                _rows(admitted, self.code, "removed", self.gone, cleared.cleared[self.gone], np.zeros(len(self.gone), np.int64)),
                _rows(admitted, self.code, "cleared", old[differs], before[differs], now[differs]),
                _rows(added, self.code, "added", new, none[: len(new)], share[len(old) :]),
                _rows(added, self.code, "added", self.come[~inside], *(none[: len(self.come) - len(new)],) * 2),
            ]
        )

    def _members(self, network: Network, found: NDArray[np.int64]) -> pa.Table:
        sums = np.zeros((2, len(self.names)), np.int64)
        np.add.at(sums[0], self.before.network.tail, self.before.flow)
        np.add.at(sums[1], network.tail, found)
        moved = np.flatnonzero(sums[0] != sums[1])
        codes = pa.array([self.code] * len(moved), pa.string())
        return pa.table([self.names.take(pa.array(moved)), codes, *(pa.array(side[moved]) for side in sums)], schema=CHANGED_MEMBERS)


def _weights(admitted: Admitted, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.ones(len(rows), np.int32) if admitted.weight is None else admitted.weight[rows].astype(np.int32)


def _shared(
    rule: str, *, edge: NDArray[np.int64], amount: NDArray[np.int64], due: NDArray[np.int32], ids: list[str], flow: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What of each obligation is cleared, the obligations of whole edges standing in any order."""
    order = np.array(sorted(range(len(ids)), key=lambda row: (edge[row], due[row], order_of_id(ids[row]))), np.int64)
    edges, number = np.unique(edge[order], return_inverse=True)
    share = np.zeros(len(ids), np.int64)
    share[order] = allocate(rule, amount[order], number.reshape(-1), flow[edges])
    return share


def _rows(
    admitted: Admitted, code: str, change: str, rows: NDArray[np.int64], before: NDArray[np.int64], after: NDArray[np.int64]
) -> pa.Table:
    def said(text: str) -> pa.Array:
        return pa.array([text] * len(rows), pa.string())

    take = pa.array(rows)
    ends = [admitted.members.take(pa.array(side[rows])) for side in (admitted.debtor, admitted.creditor)]
    columns = [admitted.id.take(take), *ends, said(code), said(change), pa.array(admitted.amount[rows]), pa.array(before), pa.array(after)]
    return pa.table(columns, schema=CHANGED_OBLIGATIONS)


def _places(known: pa.StringArray, wanted: pa.StringArray) -> NDArray[np.int64]:
    """Where each of *wanted* stands among *known*, -1 where it does not."""
    number = pc.fill_null(pc.index_in(known, value_set=wanted), -1).to_numpy()
    hits = np.flatnonzero(number >= 0)
    places = np.full(len(wanted), -1, np.int64)
    places[number[hits]] = hits
    return places


def _nothing() -> Outcome:
    """The outcome of a currency that the run did not have."""
    none, places = np.zeros(0, np.int64), np.zeros(0, np.int32)
    network = Network(
        currency=-1,
        first_row=0,
        last_row=0,
        members=places,
        tail=places,
        head=places,
        weight=places,
        capacity=none,
        rows=none,
        edge_of_row=none,
    )
    return Outcome(network=network, flow=none, potential=none, pairs_only=0, greedy=0)
