"""Read a template of disputes: every fault at once, each with its line, or the template.

The text is TOML: `[template]`, `[[stages]]`, and `[vote]` and `[sunset]` where the template has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rescounter.disputes.periods import UNITS, Period
from rescounter.disputes.states import State, Who
from rescounter.disputes.templates import POLARITIES, SHIPPED, STAGE_STATES, Extension, Stage, Sunset, Template, Vote, template_text
from rescounter.rulebook.texts import Key, TextFault, Unreadable, Unusable, parsed, read_table, refusals_of_text, unknown_tables
from rescounter.terms import Refusal, holds
from rescounter.terms.faults import there
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX
from rescounter.terms.refusals import shown

__all__ = ["TemplateReading", "read_template", "shipped_template"]

_TEXT: Final = "template"
_TABLES: Final = ("template", "stages", "vote", "sunset")
_ENDS: Final = {"as its day begins": True, "as its day ends": False}
_EXTENDERS: Final = {"all": Who.ALL, "both": Who.BOTH, "panel": Who.PANEL}
_NUMBER_MAX: Final = 1000
_YEARS_MAX: Final = 100
_STAGES_MAX: Final = 20
_PERIOD: Final = (
    f"one of {', '.join(UNITS)} with a whole number from 1 to {_NUMBER_MAX}, such as {{ days = 15 }}; at most {_YEARS_MAX} years"
)


@dataclass(frozen=True, slots=True)
class TemplateReading:
    """What became of a text: *refusals* in order of line (row = line, id = where it stands), or a *template*, never both."""

    refusals: tuple[Refusal, ...]
    template: Template | None = None


def shipped_template(name: str) -> Template:
    """A template that ships. Law: *name* is one of `SHIPPED`, and its text has no faults."""
    holds(name in SHIPPED, "a_template_ships", name=name)
    reading = read_template(template_text(name))
    return there(reading.template, "a_shipped_template_has_no_faults", name=name, first=reading.refusals[:1])


def read_template(text: str) -> TemplateReading:
    """Read a text; every fault at once."""
    table = parsed(text)
    if isinstance(table, Unreadable):
        return TemplateReading(refusals_of_text(table, text, of=_TEXT))
    faults: list[TextFault] = []
    template = _template(table, faults)
    if faults or template is None:
        return TemplateReading(refusals_of_text(faults, text, of=_TEXT))
    return TemplateReading((), template)


def _template(table: Mapping[str, Any], faults: list[TextFault]) -> Template | None:
    faults += unknown_tables(table, _TABLES, of=_TEXT)
    head = read_table(table.get("template"), ("template",), _HEAD, faults, of=_TEXT)
    stages = list(_stages(table.get("stages"), faults))
    vote = read_table(table["vote"], ("vote",), _VOTE, faults, of=_TEXT) if "vote" in table else None
    sunset = read_table(table["sunset"], ("sunset",), _SUNSET, faults, of=_TEXT) if "sunset" in table else None
    faults += _disagreements(stages, vote)
    if faults:
        return None
    return Template(
        **head,
        stages=tuple(Stage(**stage) for stage in stages),
        vote=None if vote is None else Vote(**vote),
        sunset=None if sunset is None else Sunset(**sunset),
    )


def _stages(found: object, faults: list[TextFault]) -> Iterator[dict[str, Any]]:
    if not isinstance(found, list) or not 1 <= len(found) <= _STAGES_MAX:
        code = "template_key_missing" if not found else "template_value_unusable"
        faults.append(TextFault(("stages",), code, shown(found), f"1 to {_STAGES_MAX} tables [[stages]]"))
        return
    for place, stage in enumerate(found):
        yield read_table(stage, ("stages", str(place)), _STAGE, faults, of=_TEXT)


def _disagreements(stages: Sequence[Mapping[str, Any]], vote: Mapping[str, Any] | None) -> Iterator[TextFault]:
    """What is wrong with the stages among each other, and with the vote."""
    names: set[str] = set()
    for place, stage in enumerate(stages):
        path = ("stages", str(place))
        state, name, after = stage.get("state"), stage.get("name"), stage.get("after", "")
        if name in names:
            yield TextFault((*path, "name"), "template_disagrees", str(name), "a name that no other stage has")
        if after and after not in names:
            yield TextFault((*path, "after"), "template_disagrees", after, "the name of a stage that stands before this one")
        if state is not None and (state is State.FINAL) != (place == len(stages) - 1):
            yield TextFault((*path, "kind"), "template_disagrees", state.value, "one final stage, the last")
        if state is State.RAISED and place > 0:
            yield TextFault((*path, "kind"), "template_disagrees", "an answer that comes later", "an answer as the first stage alone")
        if state is State.OPINION and place == 0:
            yield TextFault(
                (*path, "kind"), "template_disagrees", "a panel as the first stage", "an answer, a level or the final stage first"
            )
        if state is not State.LEVEL and (stage.get("has_mediation") or stage.get("has_opinion")):
            yield TextFault(path, "template_disagrees", "mediation or opinion", "mediation and opinion beside a level alone")
        names.add(str(name))
    if vote is not None and (vote.get("notice") is None) != (vote.get("tabled_within") is None):
        yield TextFault(("vote",), "template_disagrees", "one of notice and tabled_within", "both of them, or neither")


def _text(value: object) -> str:
    if not (isinstance(value, str) and is_text(value, TEXT_LENGTH_MAX)):
        raise Unusable(f"a text of 1 to {TEXT_LENGTH_MAX} visible characters")
    return value


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unusable("true or false")
    return value


def _period(value: object) -> Period:
    items = list(value.items()) if isinstance(value, Mapping) else []
    if len(items) != 1 or items[0][0] not in UNITS or type(items[0][1]) is not int or not 1 <= items[0][1] <= _NUMBER_MAX:
        raise Unusable(_PERIOD)
    if items[0][0] == "years" and items[0][1] > _YEARS_MAX:
        raise Unusable(_PERIOD)
    return Period(items[0][1], items[0][0])


def _one_of(values: Mapping[str, Any]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, str) or value not in values:
            raise Unusable("one of: " + ", ".join(values))
        return values[value]

    return read


def _extensions(value: object) -> tuple[Extension, ...]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and {"by"} <= set(each) <= {"by", "at_most"} for each in value):
        raise Unusable('a list such as [{ by = "all" }, { by = "panel", at_most = { months = 9 } }]')
    by = _one_of(_EXTENDERS)
    read = tuple(Extension(Who(by(each["by"])), _period(each["at_most"]) if "at_most" in each else None) for each in value)
    if len({each.by for each in read}) != len(read):
        raise Unusable("each of " + ", ".join(_EXTENDERS) + " once")
    return read


_HEAD: Final = {
    **{key: Key(_text) for key in ("name", "about", "modelled_on", "continued", "restored")},
    "polarity": Key(_one_of({each: each for each in POLARITIES})),
}
_STAGE: Final = {
    "name": Key(_text),
    "title": Key(_text),
    "kind": Key(_one_of(STAGE_STATES), field="state"),
    "lasts": Key(_period),
    "after": Key(_text, ""),
    "ends": Key(_one_of(_ENDS), False, field="ends_as_day_begins"),
    "mediation": Key(_yes, False, field="has_mediation"),
    "opinion": Key(_yes, False, field="has_opinion"),
    "extensions": Key(_extensions, ()),
}
_VOTE: Final = {
    "rule": Key(_text),
    "lasts": Key(_period),
    "notice": Key(_period, None),
    "tabled_within": Key(_period, None),
}
_SUNSET: Final = {"adopted_after": Key(_period), "ends_after": Key(_period)}
