"""What became of the obligations of a cycle."""

from __future__ import annotations

import pyarrow as pa

from rescounter.cycle.office import Office
from rescounter.cycle.union import Cycle

__all__ = ["outcome_of"]


def outcome_of(cycle: Cycle, office: Office) -> pa.Table:
    """The obligations of the final result; after rounds of calls with what was replaced in the last of them, and *carried_minor*."""
    called = next((act for act in (cycle.last("funded"), cycle.last("called")) if act is not None and "carried" in act.body), None)
    if called is not None:
        return office.table(called.body["carried"])
    return office.table(cycle.known("cleared").body["tables"]["obligations"])
