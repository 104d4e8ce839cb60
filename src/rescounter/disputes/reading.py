"""Read a template of disputes: every fault at once, each with its line, or the template.

The text is TOML: `[template]`, `[[stages]]`, and `[vote]` and `[sunset]` where the template has them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rescounter.disputes.periods import UNITS, Period
from rescounter.disputes.states import State, Who
from rescounter.disputes.templates import POLARITIES, SHIPPED, STAGE_STATES, Extension, Stage, Sunset, Template, Vote, template_text
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.terms import Refusal, holds
from rescounter.terms.faults import there
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["TemplateReading", "read_template", "shipped_template"]

_ENDS: Final = {"as its day begins": True, "as its day ends": False}
_EXTENDERS: Final = {"all": Who.ALL, "both": Who.BOTH, "panel": Who.PANEL}
_NUMBER_MAX: Final = 1000
_YEARS_MAX: Final = 100
_STAGES_MAX: Final = 20
_SYNTAX_LINE: Final = re.compile(r"\(at line (\d+),")
_PERIOD: Final = (
    f"one of {', '.join(UNITS)} with a whole number from 1 to {_NUMBER_MAX}, such as {{ days = 15 }}; at most {_YEARS_MAX} years"
)


@dataclass(frozen=True, slots=True)
class TemplateReading:
    """What became of a text: *refusals* in order of line (row = line, id = where it stands), or a *template*, never both."""

    refusals: tuple[Refusal, ...]
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class _Fault:
    path: tuple[str, ...]
    code: str
    found: str
    allowed: str


class _Unusable(ValueError):
    """A value that its key does not take; the message says what is allowed."""


def shipped_template(name: str) -> Template:
    """A template that ships. Law: *name* is one of `SHIPPED`, and its text has no faults."""
    holds(name in SHIPPED, "a_template_ships", name=name)
    reading = read_template(template_text(name))
    return there(reading.template, "a_shipped_template_has_no_faults", name=name, first=reading.refusals[:1])


def read_template(text: str) -> TemplateReading:
    """Read a text; every fault at once."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX_LINE.search(str(error))
        line = int(match[1]) if match else max(len(text.splitlines()), 1)
        return TemplateReading((_refusal(_Fault((), "template_unreadable", str(error), "TOML 1.0"), line),))
    except RecursionError:
        return TemplateReading((_refusal(_Fault((), "template_unreadable", "brackets within brackets beyond measure", "TOML 1.0"), 1),))
    faults: list[_Fault] = []
    template = _template(table, faults)
    if faults or template is None:
        lines = lines_of(text)
        found = [_refusal(fault, line_of(lines, *fault.path)) for fault in faults]
        return TemplateReading(tuple(sorted(found, key=lambda each: (each.row, UNION_REFUSALS[each.code].precedence))))
    return TemplateReading((), template)


def _template(table: Mapping[str, Any], faults: list[_Fault]) -> Template | None:
    for key in table:
        if key not in ("template", "stages", "vote", "sunset"):
            faults.append(_Fault((key,), "template_key_unknown", key, "one of: template, stages, vote, sunset"))
    head = _read(table.get("template"), ("template",), _HEAD, faults)
    stages = list(_stages(table.get("stages"), faults))
    vote = _read(table["vote"], ("vote",), _VOTE, faults) if "vote" in table else None
    sunset = _read(table["sunset"], ("sunset",), _SUNSET, faults) if "sunset" in table else None
    faults += _disagreements(stages, vote)
    if faults:
        return None
    return Template(
        **head,
        stages=tuple(Stage(**stage) for stage in stages),
        vote=None if vote is None else Vote(**vote),
        sunset=None if sunset is None else Sunset(**sunset),
    )


def _stages(found: object, faults: list[_Fault]) -> Iterator[dict[str, Any]]:
    if not isinstance(found, list) or not 1 <= len(found) <= _STAGES_MAX:
        code = "template_key_missing" if not found else "template_value_unusable"
        faults.append(_Fault(("stages",), code, shown(found), f"1 to {_STAGES_MAX} tables [[stages]]"))
        return
    for place, stage in enumerate(found):
        yield _read(stage, ("stages", str(place)), _STAGE, faults)


def _disagreements(stages: Sequence[Mapping[str, Any]], vote: Mapping[str, Any] | None) -> Iterator[_Fault]:
    """What is wrong with the stages among each other, and with the vote."""
    names: set[str] = set()
    for place, stage in enumerate(stages):
        path = ("stages", str(place))
        state, name, after = stage.get("state"), stage.get("name"), stage.get("after", "")
        if name in names:
            yield _Fault((*path, "name"), "template_disagrees", str(name), "a name that no other stage has")
        if after and after not in names:
            yield _Fault((*path, "after"), "template_disagrees", after, "the name of a stage that stands before this one")
        if state is not None and (state is State.FINAL) != (place == len(stages) - 1):
            yield _Fault((*path, "kind"), "template_disagrees", state.value, "one final stage, the last")
        if state is State.RAISED and place > 0:
            yield _Fault((*path, "kind"), "template_disagrees", "an answer that comes later", "an answer as the first stage alone")
        if state is State.OPINION and place == 0:
            yield _Fault((*path, "kind"), "template_disagrees", "a panel as the first stage", "an answer, a level or the final stage first")
        if state is not State.LEVEL and (stage.get("has_mediation") or stage.get("has_opinion")):
            yield _Fault(path, "template_disagrees", "mediation or opinion", "mediation and opinion beside a level alone")
        names.add(str(name))
    if vote is not None and (vote.get("notice") is None) != (vote.get("tabled_within") is None):
        yield _Fault(("vote",), "template_disagrees", "one of notice and tabled_within", "both of them, or neither")


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of a table: the field it fills, how its value is read, and what stands for it where it is left out (... = required)."""

    field: str
    read: Callable[[object], object]
    default: object = ...


def _read(found: object, path: tuple[str, ...], keys: Mapping[str, _Key], faults: list[_Fault]) -> dict[str, Any]:
    """The fields of a table; what is wrong goes to *faults*, and its field is left out."""
    if not isinstance(found, Mapping):
        code = "template_key_missing" if found is None else "template_value_unusable"
        faults.append(_Fault(path, code, shown(found), f"a table {path[0]}"))
        return {}
    for key in found:
        if key not in keys:
            faults.append(_Fault((*path, key), "template_key_unknown", key, "one of: " + ", ".join(keys)))
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name in found:
            try:
                values[key.field] = key.read(found[name])
            except _Unusable as error:
                faults.append(_Fault((*path, name), "template_value_unusable", shown(found[name]), str(error)))
        elif key.default is ...:
            faults.append(_Fault((*path, name), "template_key_missing", "(nothing)", f"{name} in {path[0]}"))
        else:
            values[key.field] = key.default
    return values


def _text(value: object) -> str:
    if not (isinstance(value, str) and is_text(value, TEXT_LENGTH_MAX)):
        raise _Unusable(f"a text of 1 to {TEXT_LENGTH_MAX} visible characters")
    return value


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unusable("true or false")
    return value


def _period(value: object) -> Period:
    items = list(value.items()) if isinstance(value, Mapping) else []
    if len(items) != 1 or items[0][0] not in UNITS or type(items[0][1]) is not int or not 1 <= items[0][1] <= _NUMBER_MAX:
        raise _Unusable(_PERIOD)
    if items[0][0] == "years" and items[0][1] > _YEARS_MAX:
        raise _Unusable(_PERIOD)
    return Period(items[0][1], items[0][0])


def _one_of(values: Mapping[str, Any]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, str) or value not in values:
            raise _Unusable("one of: " + ", ".join(values))
        return values[value]

    return read


def _extensions(value: object) -> tuple[Extension, ...]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and {"by"} <= set(each) <= {"by", "at_most"} for each in value):
        raise _Unusable('a list such as [{ by = "all" }, { by = "panel", at_most = { months = 9 } }]')
    by = _one_of(_EXTENDERS)
    read = tuple(Extension(Who(by(each["by"])), _period(each["at_most"]) if "at_most" in each else None) for each in value)
    if len({each.by for each in read}) != len(read):
        raise _Unusable("each of " + ", ".join(_EXTENDERS) + " once")
    return read


_HEAD: Final = {
    **{key: _Key(key, _text) for key in ("name", "about", "modelled_on", "continued", "restored")},
    "polarity": _Key("polarity", _one_of({each: each for each in POLARITIES})),
}
_STAGE: Final = {
    "name": _Key("name", _text),
    "title": _Key("title", _text),
    "kind": _Key("state", _one_of(STAGE_STATES)),
    "lasts": _Key("lasts", _period),
    "after": _Key("after", _text, ""),
    "ends": _Key("ends_as_day_begins", _one_of(_ENDS), False),
    "mediation": _Key("has_mediation", _yes, False),
    "opinion": _Key("has_opinion", _yes, False),
    "extensions": _Key("extensions", _extensions, ()),
}
_VOTE: Final = {
    "rule": _Key("rule", _text),
    "lasts": _Key("lasts", _period),
    "notice": _Key("notice", _period, None),
    "tabled_within": _Key("tabled_within", _period, None),
}
_SUNSET: Final = {"adopted_after": _Key("adopted_after", _period), "ends_after": _Key("ends_after", _period)}


def _refusal(fault: _Fault, line: int) -> Refusal:
    rule = UNION_REFUSALS[fault.code]
    return Refusal(line, ".".join(fault.path) or "template", fault.code, shown(fault.found), fault.allowed, rule.what_to_do)
