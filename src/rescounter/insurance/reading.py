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
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.terms import Exponents, Refusal, parse_minor
from rescounter.terms.faults import there
from rescounter.terms.identity import is_text
from rescounter.terms.money import read_decimal
from rescounter.terms.names import NAME_LENGTH_MAX
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["TermsReading", "read_terms", "terms_of"]

_SYNTAX_LINE: Final = re.compile(r"\(at line (\d+),")
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


@dataclass(frozen=True, slots=True)
class _Fault:
    path: tuple[str, ...]
    code: str
    found: str
    allowed: str


class _Unusable(ValueError):
    """A value that its key does not take; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class _Key:
    """How the value of a key is read, and what stands for it where it is left out (... = required)."""

    read: Callable[[object], object]
    default: object = ...


def terms_of(text: str, exponent: int) -> YearTerms:
    """The terms of a text that was recorded, with the digits of its currency as they were then. Law: it has no faults."""
    declared = _currency_of(text)
    reading = read_terms(text, Exponents({declared: exponent}))
    return there(reading.terms, "recorded_terms_have_no_faults", first=reading.refusals[:1])


def _currency_of(text: str) -> str:
    return str(tomllib.loads(text).get("year", {}).get("currency", ""))


def read_terms(text: str, exponents: Exponents) -> TermsReading:
    """Read a text; every fault at once."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX_LINE.search(str(error))
        line = int(match[1]) if match else max(len(text.splitlines()), 1)
        return TermsReading((_refusal(_Fault((), "terms_unreadable", str(error), "TOML 1.0"), line),))
    except RecursionError:
        return TermsReading((_refusal(_Fault((), "terms_unreadable", "brackets within brackets beyond measure", "TOML 1.0"), 1),))
    faults: list[_Fault] = []
    terms = _terms(table, exponents, faults)
    if terms is None:
        lines = lines_of(text)
        found = [_refusal(fault, line_of(lines, *fault.path)) for fault in faults]
        return TermsReading(tuple(sorted(found, key=lambda each: (each.row, UNION_REFUSALS[each.code].precedence))))
    return TermsReading((), terms)


def _terms(table: Mapping[str, Any], exponents: Exponents, faults: list[_Fault]) -> YearTerms | None:
    for key in table:
        if key not in _TABLES:
            faults.append(_Fault((key,), "terms_key_unknown", key, "one of: " + ", ".join(_TABLES)))
    head = _read(table.get("year"), ("year",), _YEAR, faults)
    digits = exponents.of(head.get("currency", ""))
    if "currency" in head and digits is None:
        faults.append(_Fault(("year", "currency"), "terms_value_unusable", head["currency"], "a currency with decimal digits"))
    money = _money_of(digits or 0)
    cover = _read(table.get("cover"), ("cover",), _COVER, faults)
    layers = _read(table.get("layers"), ("layers",), {"retention": _Key(money), "pool": _Key(money)}, faults)
    reinsurance = tuple(_reinsurance(table.get("reinsurance", []), money, faults))
    overspill_keys = {"limit": _Key(money, None), "cap_per_mille": _Key(_per(1000))}
    overspill = _read(table["overspill"], ("overspill",), overspill_keys, faults) if "overspill" in table else None
    paid = _read(table.get("contributions"), ("contributions",), _CONTRIBUTIONS, faults)
    record = _read(table.get("record"), ("record",), _RECORD, faults)
    solvency = {"contributions_percent": _Key(_per(100)), "reserves_percent": _Key(_per(100)), "least": _Key(money, 0)}
    margin = _read(table.get("solvency"), ("solvency",), solvency, faults)
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


def _reinsurance(found: object, money: Callable[[object], int], faults: list[_Fault]) -> Iterator[dict[str, Any]]:
    if not isinstance(found, list) or len(found) > _LAYERS_MAX:
        faults.append(_Fault(("reinsurance",), "terms_value_unusable", shown(found), f"up to {_LAYERS_MAX} tables [[reinsurance]]"))
        return
    keys = {"name": _Key(_text), "limit": _Key(money), "borne_by": _Key(_weights)}
    for place, layer in enumerate(found):
        yield _read(layer, ("reinsurance", str(place)), keys, faults)


def _disagreements(
    head: Mapping[str, Any], cover: Mapping[str, Any], record: Mapping[str, Any], reinsurance: tuple[Mapping[str, Any], ...]
) -> Iterator[_Fault]:
    """What is right alone and wrong together."""
    begins, ends, closes = (head.get(name) for name in ("begins", "ends", "closes_from"))
    if begins and ends and ends <= begins:
        yield _Fault(("year", "ends"), "terms_disagree", str(ends), f"a day after {begins}, on which the year begins")
    if ends and closes and closes < ends:
        yield _Fault(("year", "closes_from"), "terms_disagree", str(closes), f"{ends}, on which the year ends, or later")
    if both := sorted(set(cover.get("covers", ())) & set(cover.get("excludes", ()))):
        yield _Fault(("cover", "excludes"), "terms_disagree", both[0], "a cover that is not covered as well")
    bounds = [step.up_to for step in record.get("steps", ())]
    closed = [bound for bound in bounds if bound is not None]
    if bounds and (bounds[-1] is not None or None in bounds[:-1] or closed != sorted(set(closed))):
        allowed = "steps that rise, the last one, and no other, without up_to_percent"
        yield _Fault(("record", "steps"), "terms_disagree", f"{len(bounds)} steps", allowed)
    names = [each.get("name") for each in reinsurance]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield _Fault(("reinsurance", str(place), "name"), "terms_disagree", str(name), "a name that no other layer has")


def _read(found: object, path: tuple[str, ...], keys: Mapping[str, _Key], faults: list[_Fault]) -> dict[str, Any]:
    """The values of a table; what is wrong goes to *faults*, and its value is left out."""
    if not isinstance(found, Mapping):
        code = "terms_key_missing" if found is None else "terms_value_unusable"
        faults.append(_Fault(path, code, shown(found), f"a table {path[0]}"))
        return {}
    for key in found:
        if key not in keys:
            faults.append(_Fault((*path, key), "terms_key_unknown", key, "one of: " + ", ".join(keys)))
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name in found:
            try:
                values[name] = key.read(found[name])
            except _Unusable as error:
                faults.append(_Fault((*path, name), "terms_value_unusable", shown(found[name]), str(error)))
        elif key.default is ...:
            faults.append(_Fault((*path, name), "terms_key_missing", "(nothing)", f"{name} in {path[0]}"))
        else:
            values[name] = key.default
    return values


def _text(value: object) -> str:
    if not (isinstance(value, str) and is_text(value, NAME_LENGTH_MAX)):
        raise _Unusable(f"a text of 1 to {NAME_LENGTH_MAX} visible characters")
    return value


def _year_code(value: object) -> str:
    if not (isinstance(value, str) and _CODE.fullmatch(value)):
        raise _Unusable('four digits, with a part behind them where a year has several, such as "2026" or "2026-hull"')
    return value


def _date(value: object) -> datetime.date:
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        raise _Unusable("a date such as 2026-02-20")
    return value


def _surplus(value: object) -> str:
    if value not in SURPLUS:
        raise _Unusable("one of: " + ", ".join(SURPLUS))
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len({str(each) for each in value}) != len(value):
        raise _Unusable("a list of texts, each once")
    return tuple(_text(each) for each in value)


def _covers(value: object) -> tuple[str, ...]:
    if not (found := _texts(value)):
        raise _Unusable("at least one cover")
    return found


def _money_of(exponent: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        try:
            minor = parse_minor(value, exponent) if isinstance(value, str) else -1
        except ValueError as error:
            raise _Unusable(f'an amount such as "1000"; {error}') from error
        if minor < 0:
            raise _Unusable('an amount of zero or more as a text, such as "1000.00"')
        return minor

    return read


def _per(whole: int) -> Callable[[object], Fraction]:
    def read(value: object) -> Fraction:
        parts = read_decimal(value) if isinstance(value, str) else None
        if parts is None or parts[0] or Fraction(str(value)) > _SHARE_MAX:
            raise _Unusable(f'a decimal number of 0 to {_SHARE_MAX} as a text, such as "12.5"')
        return Fraction(str(value)) / whole

    return read


def _rates(value: object) -> Mapping[str, Fraction]:
    if not isinstance(value, Mapping) or not value:
        raise _Unusable('a table of classes with their rates, such as { coastal = "4.5" }')
    return MappingProxyType({_text(name): _per(1000)(rate) for name, rate in sorted(value.items())})


def _weights(value: object) -> Mapping[str, int]:
    if not isinstance(value, Mapping) or not value or not all(type(each) is int and 0 < each <= _WEIGHT_MAX for each in value.values()):
        raise _Unusable(f'reinsurers with whole weights from 1 to {_WEIGHT_MAX}, such as {{ "Market Re" = 1 }}')
    return MappingProxyType({_text(name): weight for name, weight in sorted(value.items())})


def _years(value: object) -> int:
    if type(value) is not int or not 1 <= value <= _YEARS_MAX:
        raise _Unusable(f"a whole number from 1 to {_YEARS_MAX}")
    return value


def _steps(value: object) -> tuple[RecordStep, ...]:
    allowed = 'a list such as [{ up_to_percent = "50", factor_percent = "90" }, { factor_percent = "120" }]'
    if not isinstance(value, list) or not value:
        raise _Unusable(allowed)
    steps = []
    for each in value:
        if not isinstance(each, Mapping) or not {"factor_percent"} <= set(each) <= {"up_to_percent", "factor_percent"}:
            raise _Unusable(allowed)
        up_to = _per(100)(each["up_to_percent"]) if "up_to_percent" in each else None
        steps.append(RecordStep(up_to, _per(100)(each["factor_percent"])))
    return tuple(steps)


_TABLES: Final = ("year", "cover", "layers", "reinsurance", "overspill", "contributions", "record", "solvency")
_YEAR: Final = {
    "code": _Key(_year_code),
    "name": _Key(_text),
    "currency": _Key(_text),
    "begins": _Key(_date),
    "ends": _Key(_date),
    "closes_from": _Key(_date),
    "surplus": _Key(_surplus),
}
_COVER: Final = {"covers": _Key(_covers), "excludes": _Key(_texts, ())}
_CONTRIBUTIONS: Final = {"rates_per_mille": _Key(_rates), "advance_percent": _Key(_per(100)), "release_percent": _Key(_per(100))}
_RECORD: Final = {"years": _Key(_years), "steps": _Key(_steps)}


def _refusal(fault: _Fault, line: int) -> Refusal:
    rule = UNION_REFUSALS[fault.code]
    return Refusal(line, ".".join(fault.path) or "terms", fault.code, shown(fault.found), fault.allowed, rule.what_to_do)
