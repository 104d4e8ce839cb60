"""The states of a cycle and what leads from one to the next: one table, from which the docs are drawn.

A cycle is in one state at any instant. An act that the table does not allow there is refused
(`out_of_turn`); nothing leads back, so finality only grows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

__all__ = ["TABLE", "State", "Transition", "as_markdown", "as_mermaid", "follows"]


class State(Enum):
    """Where a cycle stands; the value is what people read."""

    OPEN = "open"
    CUT_OFF = "cut off"
    PRELIMINARY = "cleared (preliminary)"
    CORRECTED = "corrected"
    FINAL = "cleared (final)"
    FUNDED = "funded"
    SETTLED = "settled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Transition:
    """In *source* (None: before the cycle is) the act *kind* leads to *target*, under a *condition* told in words.

    *verb*: the command. *records*: what the act makes final or promises.
    """

    source: State | None
    kind: str
    target: State
    verb: str
    condition: str
    records: str


_OPEN, _PRELIMINARY, _FINAL = State.OPEN, State.PRELIMINARY, State.FINAL
_PAID_IN: Final = "each pay-in, with what it was taken for"

TABLE: Final = (
    Transition(None, "cycle_opened", _OPEN, "cycle open", "the cycle before is cut off", "dates, digits, holidays and rules are frozen"),
    Transition(_OPEN, "submitted", _OPEN, "submit", "from the day intake opens, before the cut-off", "obligations of one member"),
    Transition(_OPEN, "withdrawn", _OPEN, "withdraw", "before the cut-off", "its submitter takes obligations back"),
    Transition(_OPEN, "answered", _OPEN, "answer", "before the cut-off", "a counterparty confirms or rejects"),
    Transition(_OPEN, "cut_off", State.CUT_OFF, "cycle cut-off", "at the cut-off or later", "the set of obligations, under one root"),
    Transition(State.CUT_OFF, "cleared", _PRELIMINARY, "cycle clear", "there is a correction window", "a result that may still change"),
    Transition(State.CUT_OFF, "cleared", _FINAL, "cycle clear", "there is none; approved", "set-off is final and posted"),
    Transition(_PRELIMINARY, "submitted", _PRELIMINARY, "submit", "in the correction window", "further obligations"),
    Transition(_PRELIMINARY, "withdrawn", _PRELIMINARY, "withdraw", "in the correction window", "obligations that were wrong"),
    Transition(_PRELIMINARY, "answered", _PRELIMINARY, "answer", "in the correction window", "a counterparty confirms or rejects"),
    Transition(_PRELIMINARY, "corrected", State.CORRECTED, "cycle correct", "the window ended", "the corrected set, under a new root"),
    Transition(State.CORRECTED, "cleared", _FINAL, "cycle clear", "approved", "set-off is final and posted"),
    Transition(_FINAL, "called", _FINAL, "cycle fund", "something is to be paid", "who pays in and is paid out; late members are carried"),
    Transition(_FINAL, "paired", _FINAL, "cycle fund", "pairs, covered or past the day", "which pairs pass the tests, which wait and why"),
    Transition(_FINAL, "funded", State.FUNDED, "cycle fund", "every call is covered", "each debtor's position is earmarked"),
    Transition(State.FUNDED, "settled", State.SETTLED, "cycle settle", "approved", "the net of the rest is final and posted"),
    Transition(_FINAL, "closed", State.CLOSED, "cycle close", "nothing is to be paid", "fees, figures, what is carried over"),
    Transition(State.SETTLED, "closed", State.CLOSED, "cycle close", "", "fees, figures, what is carried over"),
    *(Transition(state, "paid_in", state, "cycle fund FILE", "money came in, called or not", _PAID_IN) for state in State),
)  # fmt: skip


def follows(state: State | None, kind: str, body: Mapping[str, Any]) -> State | None:
    """The state that an act leads to; None where the table does not allow it."""
    for transition in TABLE:
        if transition.source is state and transition.kind == kind and _fits(transition, body):
            return transition.target
    return None


def _fits(transition: Transition, body: Mapping[str, Any]) -> bool:
    return transition.kind != "cleared" or (transition.target is State.FINAL) == bool(body["is_final"])


def as_markdown() -> Iterator[str]:
    """The table, a line each, for `docs/UNION.md`."""
    yield "| from | act | to | command | when | what it records |"
    yield "|---|---|---|---|---|---|"
    for row in TABLE:
        source = row.source.value if row.source else "(not yet)"
        yield f"| {source} | `{row.kind}` | {row.target.value} | `{row.verb}` | {row.condition} | {row.records} |"


def as_mermaid() -> Iterator[str]:
    """The same as a picture: only what leads from one state to another."""
    yield "stateDiagram-v2"
    for row in TABLE:
        if row.source is not row.target:
            source = f"{row.source.name}" if row.source else "[*]"
            yield f"    {source} --> {row.target.name}: {row.verb.removeprefix('cycle ')}"
    yield f"    {State.CLOSED.name} --> [*]"
    for state in State:
        yield f"    {state.name}: {state.value}"
