"""A union is the same on SQLite and on PostgreSQL, to the last byte: acts, documents, balances, statements and the root of its log."""

from __future__ import annotations

from typing import Any

from rescounter.facade.union_statement import facts_of
from rescounter.statements.member_statement import statement
from rescounter.statements.statement_files import as_json
from tests.cycle.mortal import fresh
from tests.cycle.test_interrupted import played
from tests.cycle.world import World

MEMBERS = ("ana", "bo", "cy", "dee")


def everything(kind: str) -> dict[str, Any]:
    store, clock = fresh(kind)
    world = played(World(store, clock))
    (cycle,) = world.desk.union.cycles.values()
    found = {
        "acts": store.records(rows_max=10_000),
        "documents": list(store.documents()),
        "balances": store.balances().rows(),
        "root": (store.audit_head().entries, store.audit_head().root.hex()),
        "checkpoint": store.checkpoint(),
        "statements": {member: as_json(statement(facts_of(world.desk, cycle, member))) for member in MEMBERS},
    }
    store.close()
    return found


def test_a_month_is_the_same_on_both_databases():
    one, other = everything("sqlite"), everything("postgresql")
    assert one.keys() == other.keys()
    for name in one:
        assert one[name] == other[name], name
