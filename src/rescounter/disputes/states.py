"""The states of a dispute and what leads from one to the next: one table, from which the docs are drawn.

A dispute is in one state at any instant. In each open state exactly one clock runs beside the sunset, and the table has an edge for what
happens when it ends and nobody did anything: the default. Which of several edges is taken depends on conditions (`When`) that the
template and the event decide; no two of them hold at once. Nothing leads out of an outcome. Source: rule R15.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

__all__ = [
    "ACTS",
    "LAPSED",
    "OPEN",
    "OUTCOMES",
    "STAGES",
    "SUNSET",
    "TABLE",
    "WORDS",
    "Clock",
    "Edge",
    "State",
    "When",
    "Who",
    "follows",
]


class State(Enum):
    """Where a dispute stands; the value is what people read."""

    RAISED = "raised"
    LEVEL = "at a level"
    MEDIATION = "in mediation"
    OPINION = "before a panel"
    FINAL = "at the final level"
    UNRESOLVED = "unresolved"
    NOTIFIED = "notified"
    TABLED = "tabled"
    VOTED = "voted down"
    CONTINUED = "continued"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    SUNSET = "ended by sunset"


class Who(Enum):
    """In which capacity somebody acts."""

    COMPLAINANT = "the complainant"
    RESPONDENT = "the respondent"
    BOTH = "both parties together"
    ALL = "all participants together"
    MEMBER = "any member of the council"
    COUNCIL = "the council"
    MEDIATOR = "the mediator"
    PANEL = "the panel or tribunal"
    CLOCK = "nobody: the clock"


class Clock(Enum):
    """Which of a dispute's clocks ends."""

    STAGE = "of the stage"
    NOTICE = "of the notice"
    TABLING = "of the tabling"
    VOTE = "of the vote"
    SUNSET = "of the sunset"


class When(Enum):
    """A condition of an edge, in words."""

    ANSWER_NEXT = "an answer comes first"
    LEVEL_NEXT = "a level comes next"
    OPINION_NEXT = "a panel comes next"
    FINAL_NEXT = "the final level comes next"
    MEDIATED = "the level knows mediation"
    ADVISED = "the level knows an opinion beside it"
    PROPOSED = "the mediator has proposed"
    EXTENDABLE = "the template allows it"
    NOTICE = "the template asks for a notice"
    CIRCULATED = "the template puts it to the vote by itself"
    DECIDED = "the template has a decision, and no vote"
    RESTORE = "the default is RESTORE"
    CONTINUE = "the default is CONTINUE"
    ADOPTED = "the draft is adopted"
    REJECTED = "the draft is not adopted"
    TO_RESTORE = "it is decided to restore"
    TO_CONTINUE = "it is decided to continue"


LAPSED: Final = "lapsed"
"""The act of a clock: nobody did anything."""
SUNSET: Final = "sunset"
"""The act of the calendar: the agreement itself has ended."""

OUTCOMES: Final = frozenset({State.CONTINUED, State.RESTORED, State.WITHDRAWN, State.SETTLED, State.SUNSET})
OPEN: Final = tuple(state for state in State if state not in OUTCOMES)
STAGES: Final = (State.RAISED, State.LEVEL, State.MEDIATION, State.OPINION, State.FINAL)
"""States in which the clock of a stage runs."""


@dataclass(frozen=True, slots=True)
class Edge:
    """In *source* (None: before the dispute is) *act*, done by one of *who*, leads to *target* if every condition of *when* holds.

    *clock*: the clock that ends, for what happens by default; None for what somebody does.
    """

    source: State | None
    act: str
    target: State
    who: tuple[Who, ...]
    when: tuple[When, ...] = ()
    clock: Clock | None = None

    @property
    def is_default(self) -> bool:
        """True for what happens if nothing is done."""
        return self.clock is not None


_PARTIES: Final = (Who.COMPLAINANT, Who.RESPONDENT)
_NOBODY: Final = (Who.CLOCK,)
_NEXT: Final = ((State.LEVEL, When.LEVEL_NEXT), (State.OPINION, When.OPINION_NEXT), (State.FINAL, When.FINAL_NEXT))
_UP: Final = (
    (State.RAISED, "answered", (Who.RESPONDENT,)),
    (State.LEVEL, "referred", _PARTIES),
    (State.OPINION, "opinion_given", (Who.PANEL,)),
)
_BY_POLARITY: Final = ((State.RESTORED, When.RESTORE), (State.CONTINUED, When.CONTINUE))


def _stages() -> tuple[Edge, ...]:
    """From one stage to the next: somebody goes up, or the clock does."""
    return (
        *(Edge(source, act, target, who, (when,)) for source, act, who in _UP for target, when in _NEXT),
        *(
            Edge(source, LAPSED, target, _NOBODY, (when,), Clock.STAGE)
            for source in (State.RAISED, State.LEVEL, State.MEDIATION, State.OPINION)
            for target, when in _NEXT
        ),
    )


TABLE: Final = (
    Edge(None, "raised", State.RAISED, (Who.COMPLAINANT,), (When.ANSWER_NEXT,)),
    Edge(None, "raised", State.LEVEL, (Who.COMPLAINANT,), (When.LEVEL_NEXT,)),
    Edge(None, "raised", State.FINAL, (Who.COMPLAINANT,), (When.FINAL_NEXT,)),
    *_stages(),
    Edge(State.LEVEL, "mediation_opened", State.MEDIATION, _PARTIES, (When.MEDIATED,)),
    Edge(State.MEDIATION, "proposed", State.MEDIATION, (Who.MEDIATOR,)),
    Edge(State.MEDIATION, "accepted", State.SETTLED, (Who.BOTH,), (When.PROPOSED,)),
    Edge(State.MEDIATION, "mediation_ended", State.LEVEL, (*_PARTIES, Who.MEDIATOR)),
    Edge(State.LEVEL, "opinion_asked", State.OPINION, _PARTIES, (When.ADVISED,)),
    *(Edge(state, "extended", state, (Who.ALL, Who.BOTH, Who.PANEL), (When.EXTENDABLE,)) for state in STAGES),
    Edge(State.FINAL, "decided", State.RESTORED, (Who.PANEL,), (When.DECIDED, When.TO_RESTORE)),
    Edge(State.FINAL, "decided", State.CONTINUED, (Who.PANEL,), (When.DECIDED, When.TO_CONTINUE)),
    Edge(State.FINAL, LAPSED, State.UNRESOLVED, _NOBODY, (When.NOTICE,), Clock.STAGE),
    Edge(State.FINAL, LAPSED, State.TABLED, _NOBODY, (When.CIRCULATED,), Clock.STAGE),
    *(Edge(State.FINAL, LAPSED, target, _NOBODY, (When.DECIDED, when), Clock.STAGE) for target, when in _BY_POLARITY),
    Edge(State.UNRESOLVED, "notified", State.NOTIFIED, (Who.COMPLAINANT,)),
    Edge(State.UNRESOLVED, LAPSED, State.CONTINUED, _NOBODY, (), Clock.NOTICE),
    Edge(State.NOTIFIED, "tabled", State.TABLED, (Who.MEMBER,)),
    Edge(State.NOTIFIED, LAPSED, State.TABLED, _NOBODY, (), Clock.TABLING),
    Edge(State.TABLED, "voted", State.CONTINUED, (Who.COUNCIL,), (When.RESTORE, When.ADOPTED)),
    Edge(State.TABLED, "voted", State.RESTORED, (Who.COUNCIL,), (When.CONTINUE, When.ADOPTED)),
    Edge(State.TABLED, "voted", State.VOTED, (Who.COUNCIL,), (When.REJECTED,)),
    Edge(State.VOTED, "tabled", State.TABLED, (Who.MEMBER,)),
    *(Edge(state, LAPSED, target, _NOBODY, (when,), Clock.VOTE) for state in (State.TABLED, State.VOTED) for target, when in _BY_POLARITY),
    *(Edge(state, "withdrawn", State.WITHDRAWN, (Who.COMPLAINANT,)) for state in OPEN),
    *(Edge(state, "settled", State.SETTLED, (Who.BOTH,)) for state in OPEN),
    *(Edge(state, SUNSET, State.SUNSET, _NOBODY, (), Clock.SUNSET) for state in OPEN),
)  # fmt: skip

ACTS: Final = tuple(dict.fromkeys(edge.act for edge in TABLE if not edge.is_default))
"""What somebody can do, in the order of the table."""

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "raised": "raise it",
        "answered": "answer",
        "referred": "refer it on",
        "opinion_given": "give its opinion",
        "mediation_opened": "ask for mediation",
        "proposed": "propose a settlement",
        "accepted": "accept what the mediator proposes",
        "mediation_ended": "end the mediation",
        "opinion_asked": "ask for an opinion",
        "extended": "put the last day off",
        "decided": "decide",
        "notified": "notify that it is unresolved",
        "tabled": "table a draft",
        "voted": "vote",
        "withdrawn": "withdraw it",
        "settled": "settle it",
    }
)
"""Each act as what somebody may do."""


def follows(state: State | None, act: str, facts: Set[When]) -> Edge | None:
    """The edge that *act* takes where *facts* hold; None where the table has none. Law: there is never more than one."""
    for edge in TABLE:
        if edge.source is state and edge.act == act and facts >= set(edge.when):
            return edge
    return None
