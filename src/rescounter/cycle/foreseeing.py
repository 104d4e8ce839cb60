"""What the settlement of a cycle would do to the union's reserves, from its first clearing on, before anybody is called."""

from __future__ import annotations

import pyarrow as pa

from rescounter.cycle.office import Office
from rescounter.cycle.reckoning import Projection, follows_on, is_on_the_scale, projections, reckoned
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.settlement.calls import positions
from rescounter.settlement.funding import LATE

__all__ = ["foreseen"]


def foreseen(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> tuple[Projection, ...]:
    """By currency, the projection of what is called; before that, of what is cleared, as if everybody paid. Nothing is kept.

    Returns: nothing where there is no sliding scale, the cycle before is not closed yet, or rates are not frozen yet.
    """
    rules, cleared = union.rules_of(cycle), cycle.last("cleared")
    if not is_on_the_scale(rules) or cleared is None or cycle.state is State.CORRECTED:
        return ()
    if cycle.last("called") is not None:
        return projections(union, cycle, office, at_us=at_us)
    if follows_on(union, cycle) or (rules.exchange.unit and cycle.final is None):
        return ()
    obligations = office.table(cleared.body["tables"]["obligations"])
    participants = union.register.participants(cleared.at_us)
    by = pa.table({"member": participants["code"], "settles_by": participants["settles_by"]})
    net = positions(obligations, by)
    return reckoned(union, cycle, office, net, obligations, by, late=LATE.empty_table(), at_us=at_us).projections
