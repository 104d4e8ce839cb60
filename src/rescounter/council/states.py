"""The states of a motion and what leads from one to the next: one table, from which the docs are drawn.

An act that the table does not allow is refused (`motion_out_of_turn`). What is decided stays decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

__all__ = ["TABLE", "State", "Transition", "as_markdown", "as_mermaid", "follows"]


class State(Enum):
    """Where a motion stands; the value is what people read."""

    TABLED = "tabled"
    CIRCULATED = "circulated"
    OPEN = "open"
    ADOPTED = "adopted"
    REJECTED = "not adopted"
    VOID = "adopted, and void"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Transition:
    """In *source* (None: before the motion is) the act *kind*, with this *outcome* where it has one, leads to *target*.

    *verb*: the command; *who*: may do it; *condition*: when; *records*: what the act fixes. All in words but the first four.
    """

    source: State | None
    kind: str
    target: State
    outcome: str
    verb: str
    who: str
    condition: str
    records: str


_MOVER: Final = "the mover"
_ANYBODY: Final = "an operator, or any representative"
_CLOSING: Final = "the vote has ended"

TABLE: Final = (
    Transition(None, "motion_tabled", State.TABLED, "", "table", "any representative", "", "the act that is wanted, title, text"),
    Transition(State.TABLED, "motion_amended", State.TABLED, "", "amend", _MOVER, "", "the act that is wanted, title, text anew"),
    Transition(State.TABLED, "motion_circulated", State.CIRCULATED, "", "circulate", _ANYBODY, "", "voting rule, first instant, days"),
    Transition(State.CIRCULATED, "motion_amended", State.TABLED, "", "amend", _MOVER, "", "the motion anew; it circulates again"),
    Transition(State.CIRCULATED, "motion_opened", State.OPEN, "", "open", _ANYBODY, "its days have passed", "electorate, end of the vote"),
    Transition(State.OPEN, "voted", State.OPEN, "", "vote", "representatives of the electorate", "before the end", "one ballot"),
    Transition(State.OPEN, "motion_closed", State.ADOPTED, "adopted", "close", _ANYBODY, _CLOSING, "tally and decision; the act follows"),
    Transition(State.OPEN, "motion_closed", State.REJECTED, "rejected", "close", _ANYBODY, _CLOSING, "tally"),
    Transition(State.OPEN, "motion_closed", State.VOID, "void", "close", _ANYBODY, _CLOSING, "tally and decision; why it cannot be done"),
    Transition(State.TABLED, "motion_withdrawn", State.WITHDRAWN, "", "withdraw", _MOVER, "", "the reason"),
    Transition(State.CIRCULATED, "motion_withdrawn", State.WITHDRAWN, "", "withdraw", _MOVER, "", "the reason"),
)


def follows(state: State | None, kind: str, body: Mapping[str, Any]) -> State | None:
    """The state that an act leads to; None where the table does not allow it."""
    for row in TABLE:
        if row.source is state and row.kind == kind and row.outcome == (body.get("outcome", "") if kind == "motion_closed" else ""):
            return row.target
    return None


def as_markdown() -> Iterator[str]:
    """The table, a line each, for `docs/COUNCIL.md`."""
    yield "| from | act | to | command | who | when | what it fixes |"
    yield "|---|---|---|---|---|---|---|"
    for row in TABLE:
        source = row.source.value if row.source else "(not yet)"
        yield f"| {source} | `{row.kind}` | {row.target.value} | `council {row.verb}` | {row.who} | {row.condition} | {row.records} |"


def as_mermaid() -> Iterator[str]:
    """The same as a picture: only what leads from one state to another."""
    yield "stateDiagram-v2"
    for row in TABLE:
        if row.source is not row.target:
            source = row.source.name if row.source else "[*]"
            yield f"    {source} --> {row.target.name}: {row.outcome or row.verb}"
    for state in State:
        if not any(row.source is state for row in TABLE):
            yield f"    {state.name} --> [*]"
    for state in State:
        yield f"    {state.name}: {state.value}"
