"""Read the terms of a policy year: every fault at once, each with its line, or the terms.

The text is TOML; `docs/INSURANCE.md` lists the tables and keys. Amounts are texts in major units, shares texts in per cent or per mille.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from rescounter.insurance.terms import SURPLUS, RecordStep, ReinsuranceLayer, YearTerms
from rescounter.rulebook.texts import Key, TextFault, Unreadable, Unusable, parsed, read_table, refusals_of_text, unknown_tables
from rescounter.terms import Exponents, Refusal, parse_minor
from rescounter.terms.faults import there
from rescounter.terms.identity import is_text
from rescounter.terms.money import read_decimal
from rescounter.terms.names import NAME_LENGTH_MAX
from rescounter.terms.refusals import shown

__all__ = ["TermsReading", "read_terms", "terms_of"]

_TEXT: Final = "terms"
_CODE: Final = re.compile(r"[0-9]{4}(-[0-9a-z]{1,11})?")
_SHARE_MAX: Final = 10_000
_YEARS_MAX: Final = 20
_WEIGHT_MAX: Final = 1_000_000
_LAYERS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class TermsReading:
    """What became of a text: *refusals* in order of line (row = line, id = where it stands), or *terms*, never both."""

    refusals: tuple[Refusal, ...]
    terms: YearTerms | None = None


def terms_of(text: str, exponent: int) -> YearTerms:
    """The terms of a text that was recorded, with the digits of its currency as they were then. Law: it has no faults."""
    declared = _currency_of(text)
    reading = read_terms(text, Exponents({declared: exponent}))
    return there(reading.terms, "recorded_terms_have_no_faults", first=reading.refusals[:1])


def _currency_of(text: str) -> str:
    return str(tomllib.loads(text).get("year", {}).get("currency", ""))


def read_terms(text: str, exponents: Exponents) -> TermsReading:
    """Read a text; every fault at once."""
    table = parsed(text)
    if isinstance(table, Unreadable):
        return TermsReading(refusals_of_text(table, text, of=_TEXT))
    faults: list[TextFault] = []
    terms = _terms(table, exponents, faults)
    if terms is None:
        return TermsReading(refusals_of_text(faults, text, of=_TEXT))
    return TermsReading((), terms)


def _terms(table: Mapping[str, Any], exponents: Exponents, faults: list[TextFault]) -> YearTerms | None:
    faults += unknown_tables(table, _TABLES, of=_TEXT)
    head = read_table(table.get("year"), ("year",), _YEAR, faults, of=_TEXT)
    digits = exponents.of(head.get("currency", ""))
    if "currency" in head and digits is None:
        faults.append(TextFault(("year", "currency"), "terms_value_unusable", head["currency"], "a currency with decimal digits"))
    money = _money_of(digits or 0)
    cover = read_table(table.get("cover"), ("cover",), _COVER, faults, of=_TEXT)
    layers = read_table(table.get("layers"), ("layers",), {"retention": Key(money), "pool": Key(money)}, faults, of=_TEXT)
    reinsurance = tuple(_reinsurance(table.get("reinsurance", []), money, faults))
    overspill_keys = {"limit": Key(money, None), "cap_per_mille": Key(_per(1000))}
    overspill = read_table(table["overspill"], ("overspill",), overspill_keys, faults, of=_TEXT) if "overspill" in table else None
    paid = read_table(table.get("contributions"), ("contributions",), _CONTRIBUTIONS, faults, of=_TEXT)
    record = read_table(table.get("record"), ("record",), _RECORD, faults, of=_TEXT)
    solvency = {"contributions_percent": Key(_per(100)), "reserves_percent": Key(_per(100)), "least": Key(money, 0)}
    margin = read_table(table.get("solvency"), ("solvency",), solvency, faults, of=_TEXT)
    faults += _disagreements(head, cover, record, reinsurance)
    if faults:
        return None
    return YearTerms(
        **head,
        **cover,
        exponent=digits or 0,
        retention_minor=layers["retention"],
        pool_minor=layers["pool"],
        reinsurance=tuple(ReinsuranceLayer(each["name"], each["limit"], each["borne_by"]) for each in reinsurance),
        overspill_limit_minor=None if overspill is None else overspill["limit"],
        overspill_cap=Fraction() if overspill is None else overspill["cap_per_mille"],
        rates=paid["rates_per_mille"],
        advance_share=paid["advance_percent"],
        release_share=paid["release_percent"],
        record_years=record["years"],
        record=record["steps"],
        margin_of_contributions=margin["contributions_percent"],
        margin_of_reserves=margin["reserves_percent"],
        margin_least_minor=margin["least"],
    )


def _reinsurance(found: object, money: Callable[[object], int], faults: list[TextFault]) -> Iterator[dict[str, Any]]:
    if not isinstance(found, list) or len(found) > _LAYERS_MAX:
        faults.append(TextFault(("reinsurance",), "terms_value_unusable", shown(found), f"up to {_LAYERS_MAX} tables [[reinsurance]]"))
        return
    keys = {"name": Key(_text), "limit": Key(money), "borne_by": Key(_weights)}
    for place, layer in enumerate(found):
        yield read_table(layer, ("reinsurance", str(place)), keys, faults, of=_TEXT)


def _disagreements(
    head: Mapping[str, Any], cover: Mapping[str, Any], record: Mapping[str, Any], reinsurance: tuple[Mapping[str, Any], ...]
) -> Iterator[TextFault]:
    """What is right alone and wrong together."""
    begins, ends, closes = (head.get(name) for name in ("begins", "ends", "closes_from"))
    if begins and ends and ends <= begins:
        yield TextFault(("year", "ends"), "terms_disagree", str(ends), f"a day after {begins}, on which the year begins")
    if ends and closes and closes < ends:
        yield TextFault(("year", "closes_from"), "terms_disagree", str(closes), f"{ends}, on which the year ends, or later")
    if both := sorted(set(cover.get("covers", ())) & set(cover.get("excludes", ()))):
        yield TextFault(("cover", "excludes"), "terms_disagree", both[0], "a cover that is not covered as well")
    bounds = [step.up_to for step in record.get("steps", ())]
    closed = [bound for bound in bounds if bound is not None]
    if bounds and (bounds[-1] is not None or None in bounds[:-1] or closed != sorted(set(closed))):
        allowed = "steps that rise, the last one, and no other, without up_to_percent"
        yield TextFault(("record", "steps"), "terms_disagree", f"{len(bounds)} steps", allowed)
    names = [each.get("name") for each in reinsurance]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield TextFault(("reinsurance", str(place), "name"), "terms_disagree", str(name), "a name that no other layer has")


def _text(value: object) -> str:
    if not (isinstance(value, str) and is_text(value, NAME_LENGTH_MAX)):
        raise Unusable(f"a text of 1 to {NAME_LENGTH_MAX} visible characters")
    return value


def _year_code(value: object) -> str:
    if not (isinstance(value, str) and _CODE.fullmatch(value)):
        raise Unusable('four digits, with a part behind them where a year has several, such as "2026" or "2026-hull"')
    return value


def _date(value: object) -> datetime.date:
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        raise Unusable("a date such as 2026-02-20")
    return value


def _surplus(value: object) -> str:
    if value not in SURPLUS:
        raise Unusable("one of: " + ", ".join(SURPLUS))
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len({str(each) for each in value}) != len(value):
        raise Unusable("a list of texts, each once")
    return tuple(_text(each) for each in value)


def _covers(value: object) -> tuple[str, ...]:
    if not (found := _texts(value)):
        raise Unusable("at least one cover")
    return found


def _money_of(exponent: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        try:
            minor = parse_minor(value, exponent) if isinstance(value, str) else -1
        except ValueError as error:
            raise Unusable(f'an amount such as "1000"; {error}') from error
        if minor < 0:
            raise Unusable('an amount of zero or more as a text, such as "1000.00"')
        return minor

    return read


def _per(whole: int) -> Callable[[object], Fraction]:
    def read(value: object) -> Fraction:
        parts = read_decimal(value) if isinstance(value, str) else None
        if parts is None or parts[0] or Fraction(str(value)) > _SHARE_MAX:
            raise Unusable(f'a decimal number of 0 to {_SHARE_MAX} as a text, such as "12.5"')
        return Fraction(str(value)) / whole

    return read


def _rates(value: object) -> Mapping[str, Fraction]:
    if not isinstance(value, Mapping) or not value:
        raise Unusable('a table of classes with their rates, such as { coastal = "4.5" }')
    return MappingProxyType({_text(name): _per(1000)(rate) for name, rate in sorted(value.items())})


def _weights(value: object) -> Mapping[str, int]:
    if not isinstance(value, Mapping) or not value or not all(type(each) is int and 0 < each <= _WEIGHT_MAX for each in value.values()):
        raise Unusable(f'reinsurers with whole weights from 1 to {_WEIGHT_MAX}, such as {{ "Market Re" = 1 }}')
    return MappingProxyType({_text(name): weight for name, weight in sorted(value.items())})


def _years(value: object) -> int:
    if type(value) is not int or not 1 <= value <= _YEARS_MAX:
        raise Unusable(f"a whole number from 1 to {_YEARS_MAX}")
    return value


def _steps(value: object) -> tuple[RecordStep, ...]:
    allowed = 'a list such as [{ up_to_percent = "50", factor_percent = "90" }, { factor_percent = "120" }]'
    if not isinstance(value, list) or not value:
        raise Unusable(allowed)
    steps = []
    for each in value:
        if not isinstance(each, Mapping) or not {"factor_percent"} <= set(each) <= {"up_to_percent", "factor_percent"}:
            raise Unusable(allowed)
        up_to = _per(100)(each["up_to_percent"]) if "up_to_percent" in each else None
        steps.append(RecordStep(up_to, _per(100)(each["factor_percent"])))
    return tuple(steps)


_TABLES: Final = ("year", "cover", "layers", "reinsurance", "overspill", "contributions", "record", "solvency")
_YEAR: Final = {
    "code": Key(_year_code),
    "name": Key(_text),
    "currency": Key(_text),
    "begins": Key(_date),
    "ends": Key(_date),
    "closes_from": Key(_date),
    "surplus": Key(_surplus),
}
_COVER: Final = {"covers": Key(_covers), "excludes": Key(_texts, ())}
_CONTRIBUTIONS: Final = {"rates_per_mille": Key(_rates), "advance_percent": Key(_per(100)), "release_percent": Key(_per(100))}
_RECORD: Final = {"years": Key(_years), "steps": Key(_steps)}
