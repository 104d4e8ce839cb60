"""Credit of a whole settlement: what the rules on credit mean, and each member's net as a transfer in reserves and a change of credit.

Where members stand is the fold of what was settled: a `SCALE` holds, row by row, where a member stood before and stands after, and the
next one begins where the last ended. It is never reckoned back from balances. Source: rule R1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import pyarrow as pa

from rescounter.rulebook.credit_agreement import NAMED_CHARGES
from rescounter.rulebook.credit_texts import read_slices, read_step
from rescounter.rulebook.rules import CreditRules
from rescounter.settlement.calls import POSITIONS
from rescounter.settlement.charges import CHARGES_1943, WATCHES_1943, ChargeStep, Watch
from rescounter.settlement.sliding_scale import CreditPosition, ScaleSettled, ScaleTerms, settle, without_position
from rescounter.settlement.tranches import TRANCHE_TABLES, TrancheTable, tranches
from rescounter.terms import holds

__all__ = ["SCALE", "Key", "on_the_scale", "scale_table", "standing_after", "steps_of", "table_of", "transfers", "watches_of"]

Key: TypeAlias = tuple[str, str]
"""Currency and member."""

_text, _minor = pa.string(), pa.int64()

SCALE: Final = pa.schema(
    [
        *((name, _text) for name in ("currency", "member")),
        *((name, _minor) for name in ("quota_minor", "net_minor", "transfer_minor", "credit_change_minor")),
        *((name, _minor) for name in ("position_before_minor", "reserve_before_minor", "position_minor", "reserve_minor")),
    ]
)
"""By currency and member, everybody who has a position or a net; positive = the union owes the member, or pays it. Position less reserve is
the credit outstanding, before as after; net = transfer + change of credit."""


def table_of(rules: CreditRules) -> TrancheTable:
    """The tranche table that the rules name, or spell out."""
    if rules.table != "own":
        return TRANCHE_TABLES[rules.table]
    return TrancheTable(debtor=tranches(*read_slices(rules.debtor)), creditor=tranches(*read_slices(rules.creditor)))


def steps_of(rules: CreditRules) -> tuple[ChargeStep, ...]:
    """The steps of the charge; none where nothing is charged."""
    if rules.charges == (NAMED_CHARGES,):
        return CHARGES_1943
    return tuple(ChargeStep(*step) for text in rules.charges if (step := read_step(text)) is not None)


def watches_of(rules: CreditRules) -> tuple[Watch, ...]:
    """Which balances are watched."""
    return WATCHES_1943 if rules.watches == "1943" else ()


def standing_after(scale: pa.Table | None) -> dict[Key, CreditPosition]:
    """Where members stand after a settlement; nobody has a position before the first."""
    if scale is None:
        return {}
    return {
        (row["currency"], row["member"]): CreditPosition(position_minor=row["position_minor"], reserve_minor=row["reserve_minor"])
        for row in scale.to_pylist()
    }


_NOBODY: Final[Mapping[Key, int]] = MappingProxyType({})


def on_the_scale(
    net: pa.Table,
    standing: Mapping[Key, CreditPosition],
    quotas: Mapping[Key, int],
    table: TrancheTable,
    *,
    payable: Mapping[Key, int] = _NOBODY,
) -> dict[Key, ScaleSettled]:
    """Settle every member that has a net or a position, in order of currency and member; without a net it settles zero, so that a changed
    quota or table is settled too.

    Args: *net* `calls.POSITIONS`; *quotas* minor units, none = 0; *payable*: of members that are late, the most that they can pay in
    reserves: what a change of terms asks beyond it waits for the next settlement.
    """
    holds(net.schema.equals(POSITIONS), "positions_have_their_schema", found=net.schema.names)
    nets = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist()}
    settled = {}
    for key in sorted({*nets, *standing}):
        terms = ScaleTerms(quotas.get(key, 0), table)
        settled[key] = settle(standing.get(key, without_position()), nets.get(key, 0), terms, payable_minor=payable.get(key))
    return settled


def scale_table(settled: Mapping[Key, ScaleSettled], quotas: Mapping[Key, int]) -> pa.Table:
    """The document of a settlement, as `SCALE`."""
    rows = [
        {
            "currency": key[0],
            "member": key[1],
            "quota_minor": quotas.get(key, 0),
            "net_minor": each.net_minor,
            "transfer_minor": each.transfer_minor,
            "credit_change_minor": each.credit_change_minor,
            "position_before_minor": each.before.position_minor,
            "reserve_before_minor": each.before.reserve_minor,
            "position_minor": each.after.position_minor,
            "reserve_minor": each.after.reserve_minor,
        }
        for key, each in settled.items()
    ]
    return pa.Table.from_pylist(rows, schema=SCALE)


def transfers(settled: Mapping[Key, ScaleSettled]) -> pa.Table:
    """What is settled in reserves, as `calls.POSITIONS`: this alone is called, earmarked and paid out."""
    rows = [{"currency": currency, "member": member, "net_minor": each.transfer_minor} for (currency, member), each in settled.items()]
    return pa.Table.from_pylist(rows, schema=POSITIONS)
