"""``rescounter dispute`` at work: the dates of a clock, told to people and to machines."""

from __future__ import annotations

import datetime
import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.terms import CallerFault
from rescounter.terms.names import closest

if TYPE_CHECKING:
    from rescounter.disputes.clock import Deadline
    from rescounter.disputes.templates import Template
    from rescounter.terms.calendar import BusinessDays

__all__ = ["list_templates", "tell_clock"]

_WIDTH: Final = 100
_YEARS: Final = 10
"""For so many years holidays are looked up."""


def list_templates(*, as_json: bool) -> None:
    """Name, polarity, what each is about and modelled on."""
    from rescounter.disputes.reading import shipped_template
    from rescounter.disputes.templates import SHIPPED

    found = [shipped_template(name) for name in SHIPPED]
    if as_json:
        typer.echo(json.dumps({"templates": [_head(each) for each in found]}, ensure_ascii=False))
        return
    for each in found:
        typer.echo("\n".join([each.name, *_wrapped(each.about), *_wrapped(f"Modelled on: {each.modelled_on}. Default: {each.polarity}.")]))


def tell_clock(
    template: str, raised: str, zone: str, *, notified: str | None, endorsed: str | None, holidays: tuple[str, ...], as_json: bool
) -> None:
    """Every deadline of a template from a day."""
    from rescounter.disputes.clock import agreement_days, deadlines

    known, first = _template(template), _day("--from", raised)
    business = _business(holidays, first)
    _check_zone(zone)
    notice = None if notified is None else _day("--notified", notified)
    sunset = None
    if endorsed is not None:
        if known.sunset is None:
            raise CallerFault("option_invalid", f"--endorsed: {known.name} has no sunset")
        sunset = agreement_days(known, _day("--endorsed", endorsed), business)[1]
    found = deadlines(known, first, zone, business, sunset=sunset)
    if notice is not None:
        _check_notice(known, found, notice)
        found = deadlines(known, first, zone, business, notified=notice, sunset=sunset)
    if as_json:
        body = {**_head(known), "raised": first.isoformat(), "zone": zone, "deadlines": [_plain(each) for each in found]}
        typer.echo(json.dumps(body, ensure_ascii=False))
        return
    typer.echo("\n".join(_lines(known, first, zone, found)))


def _lines(template: Template, raised: datetime.date, zone: str, found: tuple[Deadline, ...]) -> Iterator[str]:
    yield f"{template.name}, raised on {raised} in {zone}. Default: {template.polarity}."
    yield from textwrap.wrap(template.about, _WIDTH)
    for each in found:
        yield ""
        foreseen = " (if the notice is given on the first day possible)" if each.is_foreseen else ""
        yield f"{each.day}  {each.title} ({each.name}){foreseen}"
        yield f"    from {each.opens}, until {each.at}"
        for may in _grouped(each):
            yield from _wrapped(may)
        yield from _wrapped(f"If nothing is done: {each.default}.")


def _grouped(deadline: Deadline) -> Iterator[str]:
    """Who may do what, a line for each combination of people."""
    from rescounter.disputes.states import WORDS

    by_who: dict[str, list[str]] = {}
    for may in deadline.may:
        by_who.setdefault(" or ".join(each.value for each in may.who), []).append(WORDS[may.act])
    for who, acts in by_who.items():
        yield f"{who[0].upper()}{who[1:]} may: {', '.join(acts)}."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")


def _head(template: Template) -> dict[str, Any]:
    return {
        "template": template.name,
        "about": template.about,
        "modelled_on": template.modelled_on,
        "polarity": template.polarity,
        "continued": template.continued,
        "restored": template.restored,
    }


def _plain(deadline: Deadline) -> dict[str, Any]:
    return {
        "name": deadline.name,
        "title": deadline.title,
        "state": deadline.state.value,
        "opens": deadline.opens.isoformat(),
        "day": deadline.day.isoformat(),
        "at": deadline.at,
        "at_us": deadline.at_us,
        "may": [{"act": may.act, "who": [each.value for each in may.who]} for may in deadline.may],
        "if_nothing": deadline.default,
        "leads_to": deadline.otherwise.value,
        "foreseen": deadline.is_foreseen,
    }


def _template(name: str) -> Template:
    from rescounter.disputes.reading import shipped_template
    from rescounter.disputes.templates import SHIPPED

    if name not in SHIPPED:
        raise CallerFault("template_unknown", f"there is no template {name!r}; there are {', '.join(SHIPPED)}{closest(name, SHIPPED)}")
    return shipped_template(name)


def _day(option: str, text: str) -> datetime.date:
    from rescounter.disputes.periods import DAY_MAX

    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise CallerFault("option_invalid", f"{option}: {text!r} is no date such as 2026-01-14") from None
    if not datetime.date(1900, 1, 1) <= day <= DAY_MAX:
        raise CallerFault("option_invalid", f"{option}: {day} is not from 1900-01-01 to {DAY_MAX}")
    return day


def _check_zone(zone: str) -> None:
    from rescounter.terms.calendar import knows_zone

    if not knows_zone(zone):
        raise CallerFault("option_invalid", f"--zone: {zone!r} is no time zone of the IANA data, such as Europe/Ljubljana")


def _check_notice(template: Template, found: tuple[Deadline, ...], day: datetime.date) -> None:
    notice = next((each for each in found if each.name == "notice"), None)
    if notice is None:
        raise CallerFault("option_invalid", f"--notified: {template.name} has no notice")
    if not notice.opens <= day <= notice.day:
        raise CallerFault("option_invalid", f"--notified: {day} is not from {notice.opens} to {notice.day}")


def _business(holidays: tuple[str, ...], first: datetime.date) -> BusinessDays:
    from rescounter.terms.calendar import BusinessDays, business_days, knows_calendar

    unknown = [each for each in holidays if not knows_calendar(each)]
    if unknown:
        raise CallerFault("option_invalid", f"--holidays: {unknown[0]!r} is no calendar such as XECB, US or DE-BY")
    return business_days(holidays, (), first.year, first.year + _YEARS) if holidays else BusinessDays()
