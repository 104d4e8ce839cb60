"""The states of a default and what leads from one to the next: one table, from which the docs are drawn.

Where a default stands follows from the losses that were borne of its member and what of them came back; only its end is an act of its
own. What the table does not allow is refused (`default_over`), and is a broken law where it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["CLOSED", "REINSTATED", "TABLE", "State", "Transition", "as_markdown", "as_mermaid", "leads"]


class State(Enum):
    """Where a default stands; the value is what people read."""

    DECLARED = "declared"
    BORNE = "loss borne"
    REPAID = "repaid whole"
    REINSTATED = "reinstated"
    CLOSED = "closed"


REINSTATED: Final = State.REINSTATED.value
CLOSED: Final = State.CLOSED.value
"""How a default ends, as its act says it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """In *source* (None: before the default is) the act *kind* leads to *target*. *verb*: the command; *condition*: when, in words."""

    source: State | None
    kind: str
    target: State
    verb: str
    condition: str


_SETTLED: Final = "no cycle with its position waits, and it owes nothing, in no swap either; approved"
_WHOLE: Final = "all that was borne came back"

TABLE: Final = (
    Transition(None, "default_declared", State.DECLARED, "declare", "approved"),
    Transition(State.DECLARED, "loss_borne", State.BORNE, "bear", "no cycle with its position waits; approved"),
    Transition(State.BORNE, "loss_borne", State.BORNE, "bear", "it came to owe more"),
    Transition(State.REPAID, "loss_borne", State.BORNE, "bear", "it came to owe more"),
    Transition(State.BORNE, "recovered", State.BORNE, "recover", "a part came back"),
    Transition(State.BORNE, "recovered", State.REPAID, "recover", _WHOLE),
    Transition(State.REPAID, "recovered", State.REPAID, "recover", "what is more is the defaulter's"),
    Transition(State.DECLARED, "default_ended", State.REINSTATED, "end --reinstated", _SETTLED),
    Transition(State.REPAID, "default_ended", State.REINSTATED, "end --reinstated", _SETTLED),
    Transition(State.DECLARED, "default_ended", State.CLOSED, "end --closed", "it owes nothing; approved"),
    Transition(State.REPAID, "default_ended", State.CLOSED, "end --closed", "approved"),
    Transition(State.BORNE, "default_ended", State.CLOSED, "end --closed", "recoveries are closed by guarantee.recovery_days; approved"),
    Transition(State.CLOSED, "recovered", State.CLOSED, "recover", "given back in reverse order as ever"),
    Transition(State.REINSTATED, "recovered", State.REINSTATED, "recover", "all of it is the member's"),
)


def leads(source: State | None, kind: str) -> frozenset[State]:
    """Where an act of this kind may lead from a state; nothing where it is not allowed."""
    return frozenset(row.target for row in TABLE if (row.source, row.kind) == (source, kind))


def as_markdown() -> Iterator[str]:
    """The table, line by line."""
    yield "| from | act | to | command | when |"
    yield "|---|---|---|---|---|"
    for row in TABLE:
        source = row.source.value if row.source else "(not yet)"
        yield f"| {source} | `{row.kind}` | {row.target.value} | `default {row.verb}` | {row.condition} |"


def as_mermaid() -> Iterator[str]:
    """The same as a picture: only what leads from one state to another."""
    yield "stateDiagram-v2"
    for row in TABLE:
        if row.source is not row.target:
            yield f"    {row.source.name if row.source else '[*]'} --> {row.target.name}: {row.verb.replace('--', '')}"
    yield from (f"    {state.name} --> [*]" for state in (State.REINSTATED, State.CLOSED))
    yield from (f"    {state.name}: {state.value}" for state in State)
