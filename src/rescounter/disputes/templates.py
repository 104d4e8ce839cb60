"""Templates: what a kind of dispute goes through, as data; those that ship lie as texts in `templates/`.

A template has stages with a clock each (an answer, levels, a panel, one final level at the end), then either a decision or a vote;
the vote comes after a notice, or by itself. Source: rule R15; each shipped text names what it is modelled on.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from rescounter.disputes.periods import Period
from rescounter.disputes.states import State, When, Who
from rescounter.rulebook.rules import DISPUTE_TEMPLATES
from rescounter.terms.faults import holds

__all__ = ["POLARITIES", "SHIPPED", "STAGE_STATES", "Extension", "Stage", "Sunset", "Template", "Vote", "template_text"]

SHIPPED: Final = DISPUTE_TEMPLATES
POLARITIES: Final = ("RESTORE", "CONTINUE")
STAGE_STATES: Final = {"answer": State.RAISED, "level": State.LEVEL, "panel": State.OPINION, "final": State.FINAL}

_NEXT: Final = {
    State.RAISED: When.ANSWER_NEXT,
    State.LEVEL: When.LEVEL_NEXT,
    State.OPINION: When.OPINION_NEXT,
    State.FINAL: When.FINAL_NEXT,
}


@dataclass(frozen=True, slots=True)
class Extension:
    """Who may put off the end of a stage; *at_most*: how long the stage may last in all, None: no bound."""

    by: Who
    at_most: Period | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. *after*: name of an earlier stage from whose last day its days are counted; empty: from the one before.

    *ends_as_day_begins*: it ends with the midnight that begins its last day, so that the next act is possible on that day; else
    with the midnight that ends it.
    """

    name: str
    title: str
    state: State
    lasts: Period
    after: str
    ends_as_day_begins: bool
    has_mediation: bool
    has_opinion: bool
    extensions: tuple[Extension, ...]

    def extension_by(self, who: Who) -> Extension | None:
        """The extension that *who* may decide, None where the template has none."""
        return next((each for each in self.extensions if each.by is who), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The vote at the end. *rule*: name of a voting rule of the council; *notice* and *tabled_within*: None where it comes by itself."""

    rule: str
    lasts: Period
    notice: Period | None
    tabled_within: Period | None


@dataclass(frozen=True, slots=True)
class Sunset:
    """When the agreement itself ends: so long after its adoption day, which comes so long after its endorsement."""

    adopted_after: Period
    ends_after: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A kind of dispute. *polarity*: the default of the last clock; *continued*, *restored*: what these outcomes mean, in words.

    Laws: the last stage is the final one and no other is; names of stages are unique.
    """

    name: str
    about: str
    modelled_on: str
    polarity: str
    continued: str
    restored: str
    stages: tuple[Stage, ...]
    vote: Vote | None
    sunset: Sunset | None

    def __post_init__(self) -> None:
        finals = [stage.state is State.FINAL for stage in self.stages]
        holds(finals == [False] * (len(finals) - 1) + [True], "the_last_stage_is_the_final_one", template=self.name)
        names = {stage.name for stage in self.stages}
        holds(len(names) == len(self.stages), "stages_have_names_of_their_own", template=self.name)

    def facts(self, place: int) -> frozenset[When]:
        """The conditions that this template makes true in the stage of *place*; -1 is before the first."""
        found = {When[self.polarity]}
        if self.vote is None:
            found.add(When.DECIDED)
        else:
            found.add(When.CIRCULATED if self.vote.notice is None else When.NOTICE)
        if place + 1 < len(self.stages):
            found.add(_NEXT[self.stages[place + 1].state])
        if place >= 0:
            stage = self.stages[place]
            flags = ((stage.has_mediation, When.MEDIATED), (stage.has_opinion, When.ADVISED), (bool(stage.extensions), When.EXTENDABLE))
            found |= {when for flag, when in flags if flag}
        return frozenset(found)


def template_text(name: str) -> str:
    """The text of a template. Law: *name* is one of `SHIPPED`."""
    holds(name in SHIPPED, "a_template_ships", name=name)
    return files("rescounter.disputes").joinpath("templates").joinpath(f"{name}.toml").read_text(encoding="utf-8")
