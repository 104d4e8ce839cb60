"""Calls and claims of the insurance pool as obligations of a cycle: handed in by the union itself at the cut-off, recorded at the close.

Where the rule ``pool.member`` names a member that stands for the pool, the cut-off takes what the pool is owed and owes, agreed by
construction; the act names what entered, and the close names what of it was set off or settled. What is left is open in the pool as
before, and enters again; so a cycle never carries it over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.office import Office
from rescounter.cycle.pool_claims import settles_claim
from rescounter.cycle.union import Cycle, Union
from rescounter.insurance.entering import entering, sums_entered
from rescounter.insurance.postings import batch_with_pool, entered_moves, left_moves
from rescounter.insurance.tables import ENTERED, LEFT
from rescounter.intake.keys import names_of
from rescounter.ledger import Batch
from rescounter.settlement.postings import batch_key
from rescounter.terms.union_tables import FROZEN

__all__ = ["entered_in", "obligations_of_pool", "told_at_close", "told_at_cut_off", "with_pool", "without_pool"]

_AGREED = "confirmed"
"""How a row of the pool is agreed: its calls and claims are approved acts, on record with both parties."""


def entered_in(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    """What of the pool is in a cycle (`tables.ENTERED`): as its cut-off took it; before, what would enter now."""
    cut_off, member = cycle.last("cut_off"), union.rules_of(cycle).pool.member
    if cut_off is not None:
        return office.table(cut_off.body["pool"]) if "pool" in cut_off.body else ENTERED.empty_table()
    if not member:
        return ENTERED.empty_table()
    participants = union.register.participants(cycle.dates.cut_off_at_us)
    active = participants.filter(participants["takes_part"])["code"].to_pylist()
    rows = entering(union.pool, office.table, takes_part=set(active), currencies=set(cycle.opened.body["frozen"]["exponents"]))
    origins = _origins(union, cycle, office)
    return pa.Table.from_pylist([{**row, "origin": origins.get(row["id"], cycle.code)} for row in rows], schema=ENTERED)


def _origins(union: Union, cycle: Cycle, office: Office) -> dict[str, str]:
    """By id, since when what was in one of the two cycles before enters: of a cycle that runs, what is left skips the next one."""
    codes = list(union.cycles)
    before = [union.cycles[code].last("cut_off") for code in codes[: codes.index(cycle.code)][-2:]]
    tables = [office.table(act.body["pool"]) for act in before if act is not None and "pool" in act.body]
    return {row["id"]: row["origin"] for table in tables for row in table.select(["id", "origin"]).to_pylist()}


def obligations_of_pool(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    """The same as obligations (`FROZEN`): agreed, and handed in by the member that stands for the pool."""
    member = union.rules_of(cycle).pool.member
    rows = [
        {
            "submitter": member,
            "id": row["id"],
            "debtor": row["member"] if row["call"] else member,
            "creditor": member if row["call"] else row["member"],
            "currency": row["currency"],
            "amount_minor": row["amount_minor"],
            "due": None,
            "class": "pool-call" if row["call"] else "pool-claim",
            "weight": 1,
            "divisible": True,
            "reference": row["reference"],
            "origin": row["origin"],
            "matched": _AGREED,
            "excluded": "",
        }
        for row in entered_in(union, cycle, office).to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=FROZEN)


def told_at_cut_off(union: Union, cycle: Cycle, office: Office) -> dict[str, Any]:
    """What the act that cuts off says of it; nothing where nothing enters.

    Returns: *pool_member*; the document *pool* (`tables.ENTERED`); *pool_sums*, by call and claim, for the fold of the pool.
    """
    table = entered_in(union, cycle, office)
    if not table.num_rows:
        return {}
    member = union.rules_of(cycle).pool.member
    return {"pool_member": member, "pool": office.keep_table(table), "pool_sums": sums_entered(table.to_pylist())}


def told_at_close(union: Union, cycle: Cycle, office: Office, outcome: pa.Table) -> dict[str, Any]:
    """What the act that closes says of it; nothing where nothing entered.

    Args: *outcome*: obligations of the cycle as they came out (`outcome.outcome_of`).
    Returns: as `told_at_cut_off`, the document as `tables.LEFT`, the sums with what was paid and whether it settles a claim.
    """
    cut_off = cycle.known("cut_off")
    if "pool" not in cut_off.body:
        return {}
    member, entered = cut_off.body["pool_member"], office.table(cut_off.body["pool"])
    names = names_of(pa.repeat(pa.scalar(member, pa.string()), entered.num_rows), entered["id"].combine_chunks())
    rows = outcome.filter(pc.is_in(outcome["id"], value_set=names)).to_pylist()
    done = {row["id"]: row["cleared_minor"] + row.get("replaced_minor", 0) for row in rows}
    left = [{**row, "paid_minor": done.get(name, 0)} for row, name in zip(entered.to_pylist(), names.to_pylist(), strict=True)]
    sums = [each if "call" in each else {**each, "settles": _settles(union, office, each)} for each in sums_entered(left)]
    return {"pool_member": member, "pool": office.keep_table(pa.Table.from_pylist(left, schema=LEFT)), "pool_sums": sums}


def _settles(union: Union, office: Office, told: Mapping[str, Any]) -> bool:
    claim, year = union.pool.claims[told["claim"]], union.pool.years[told["year"]]
    return told["paid_minor"] > 0 and settles_claim(claim, year, office, told["paid_minor"])


def without_pool(carried: pa.Table, before: Cycle) -> pa.Table:
    """What a cycle carries over, but for what of the pool was in it: that enters the next one from the pool's own books."""
    cut_off = before.last("cut_off")
    if cut_off is None or "pool" not in cut_off.body:
        return carried
    return carried.filter(pc.not_equal(carried["submitter"], cut_off.body["pool_member"]))


def with_pool(
    union: Union, cycle: Cycle, batch: Batch | None, told: Mapping[str, Any], office: Office, *, step: str, rulebook_version: str
) -> Batch | None:
    """The batch of a final clearing or of a close, with what moves for the pool behind it.

    Args: *told*: the body of the act that names the document *pool*: the cut-off's for the clearing, the close's own.
    """
    if "pool" not in told:
        return batch
    rows, member = office.table(told["pool"]).to_pylist(), told["pool_member"]
    moved = (entered_moves if step == "set-off" else left_moves)(union.pool, rows, member)
    return batch_with_pool(batch, moved, key=batch_key(cycle.code, step), cycle=cycle.code, rulebook_version=rulebook_version)
