"""One value of a rulebook's text, read as the kind that its rule asks for; what is wrong comes back beside it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from rescounter.rulebook.fields import Kind, Rule
from rescounter.rulebook.rules import ANYBODY, COUNCIL_SUBJECTS
from rescounter.rulebook.voting_tables import table_faults
from rescounter.terms import Exponents, format_minor, parse_minor
from rescounter.terms.currencies import EXPONENT_MAX
from rescounter.terms.identity import is_text
from rescounter.terms.money import read_decimal
from rescounter.terms.names import NAME_LENGTH_MAX, TEXT_LENGTH_MAX

__all__ = ["Problem", "Read", "found_in_toml", "read_value", "told_value"]

_DAYS_MAX: Final = 366
_PER_MILLE_MAX: Final = 1000
_TEMPLATE_LENGTH_MAX: Final = 20_000
_WEIGHT_MAX: Final = 10**12
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value. *key*: the currency under which it stands, where it stands under one."""

    code: str
    found: str
    allowed: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A value, and what is wrong with it; the value counts only where nothing is."""

    value: Any
    problems: tuple[Problem, ...] = ()


def read_value(rule: Rule, found: Any, exponents: Exponents) -> Read:
    """*found*, as TOML gives it, as the value of *rule*: tuples, read-only mappings, minor units, exact decimals."""
    return _READERS[rule.kind](rule, found, exponents)


def found_in_toml(found: Any) -> str:
    """A value as TOML writes it, for texts without control characters: lists and tables in brackets, texts in quotes."""
    match found:
        case bool():
            return "true" if found else "false"
        case str():
            return '"' + found.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list() | tuple():
            return "[" + ", ".join(found_in_toml(each) for each in found) + "]"
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {found_in_toml(each)}" for key, each in found.items()) + " }" if found else "{}"
        case datetime.date() | datetime.time():
            return found.isoformat()
    return str(found)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else found_in_toml(key)


def told_value(rule: Rule, value: Any, exponents: Exponents) -> str:
    """A value as the text of a rulebook writes it, which `read_value` reads back: amounts in major units, texts in quotes."""
    if rule.kind is Kind.MONEY:
        value = {currency: format_minor(minor, exponents.of(currency) or 0) for currency, minor in value.items()}
    return f'"{value:f}"' if isinstance(value, Decimal) else found_in_toml(value)


def _wrong(rule: Rule, found: Any, key: str = "") -> Problem:
    return Problem("rule_of_another_kind", found_in_toml(found), rule.kind.value, key)


def _text(rule: Rule, found: Any, _: Exponents) -> Read:
    if not isinstance(found, str):
        return Read(None, (_wrong(rule, found),))
    if rule.allowed and found not in rule.allowed:
        return Read(None, (Problem("choice_unknown", found_in_toml(found), "one of: " + ", ".join(rule.allowed)),))
    if not is_text(found, TEXT_LENGTH_MAX) and (found or rule.is_required):
        return Read(None, (Problem("text_unusable_in_rule", found_in_toml(found), _VISIBLE),))
    return Read(found)


_VISIBLE: Final = f"1 to {TEXT_LENGTH_MAX} visible characters (Unicode normal form C), no white space at the ends"


def _yes_or_no(rule: Rule, found: Any, _: Exponents) -> Read:
    return Read(found) if isinstance(found, bool) else Read(None, (_wrong(rule, found),))


def _number(rule: Rule, found: Any, _: Exponents) -> Read:
    if type(found) is not int:
        return Read(None, (_wrong(rule, found),))
    least = 1 if rule.id in ("approvals.expires_days", "exchange.swap_months") else 0
    if not least <= found <= _DAYS_MAX:
        return Read(None, (Problem("number_out_of_range", str(found), f"{least} to {_DAYS_MAX}"),))
    return Read(found)


def _decimal(rule: Rule, found: Any, _: Exponents) -> Read:
    if not isinstance(found, str) or (parts := read_decimal(found)) is None:
        return Read(None, (_wrong(rule, found),))
    if parts[0] or Decimal(found) > _PER_MILLE_MAX:
        return Read(None, (Problem("number_out_of_range", found, f"0 to {_PER_MILLE_MAX}"),))
    return Read(Decimal(found))


def _date(rule: Rule, found: Any, _: Exponents) -> Read:
    is_date = isinstance(found, datetime.date) and not isinstance(found, datetime.datetime)
    return Read(found) if is_date else Read(None, (_wrong(rule, found),))


def _time(rule: Rule, found: Any, _: Exponents) -> Read:
    return Read(found) if isinstance(found, datetime.time) else Read(None, (_wrong(rule, found),))


def _list(one: Callable[[Rule, Any, Exponents], Read]) -> Callable[[Rule, Any, Exponents], Read]:
    def read(rule: Rule, found: Any, exponents: Exponents) -> Read:
        if not isinstance(found, list):
            return Read(None, (_wrong(rule, found),))
        parts = [one(rule, each, exponents) for each in found]
        problems = [problem for part in parts for problem in part.problems]
        twice = sorted({str(each) for each in found if found.count(each) > 1})
        problems += [Problem("value_named_twice", each, "each value once") for each in twice]
        if rule.is_required and not found:
            problems.append(Problem("rule_empty", "[]", rule.kind.value))
        return Read(tuple(part.value for part in parts), tuple(problems))

    return read


def _table(one: Callable[[Rule, Any, Exponents, str], Read]) -> Callable[[Rule, Any, Exponents], Read]:
    def read(rule: Rule, found: Any, exponents: Exponents) -> Read:
        if not isinstance(found, Mapping):
            return Read(None, (_wrong(rule, found),))
        parts = {key: one(rule, each, exponents, key) for key, each in found.items()}
        problems = tuple(Problem(each.code, each.found, each.allowed, key) for key, part in parts.items() for each in part.problems)
        return Read(MappingProxyType({key: part.value for key, part in parts.items()}), problems)

    return read


def _money(rule: Rule, found: Any, exponents: Exponents, currency: str) -> Read:
    if not isinstance(found, str):
        return Read(None, (_wrong(rule, found),))
    digits = exponents.of(currency)
    if digits is None:
        return Read(None)  # the currency itself is refused, where currencies are checked
    try:
        minor = parse_minor(found, digits)
    except ValueError as error:
        return Read(None, (Problem("amount_unusable", str(error), f"a plain decimal with at most {digits} decimal digits"),))
    return Read(minor) if minor >= 0 else Read(None, (Problem("amount_unusable", found_in_toml(found), "zero or more"),))


def _digits(rule: Rule, found: Any, _: Exponents, currency: str) -> Read:
    if type(found) is not int:
        return Read(None, (_wrong(rule, found),))
    return Read(found) if 0 <= found <= EXPONENT_MAX else Read(None, (Problem("number_out_of_range", str(found), f"0 to {EXPONENT_MAX}"),))


def _text_of(rule: Rule, found: Any, exponents: Exponents, currency: str) -> Read:
    return _text(rule, found, exponents)


def _texts_of(rule: Rule, found: Any, exponents: Exponents, currency: str) -> Read:
    return _list(_text)(rule, found, exponents)


def _text_of_subject(rule: Rule, found: Any, exponents: Exponents, subject: str) -> Read:
    if subject not in COUNCIL_SUBJECTS:
        return Read(None, (Problem("choice_unknown", subject, "one of: " + ", ".join(COUNCIL_SUBJECTS)),))
    return _text(rule, found, exponents)


def _weight(rule: Rule, found: Any, _: Exponents, member: str) -> Read:
    if member != ANYBODY and not is_text(member, NAME_LENGTH_MAX):
        return Read(None, (Problem("text_unusable_in_rule", found_in_toml(member), 'the code of a member, or "*"'),))
    if type(found) is not int:
        return Read(None, (_wrong(rule, found, member),))
    is_weight = 1 <= found <= _WEIGHT_MAX
    return Read(found) if is_weight else Read(None, (Problem("number_out_of_range", str(found), f"1 to {_WEIGHT_MAX:,}"),))


def _template(rule: Rule, found: Any, _: Exponents, name: str) -> Read:
    if not isinstance(found, str):
        return Read(None, (_wrong(rule, found),))
    if not 0 < len(found) <= _TEMPLATE_LENGTH_MAX or any(not (sign.isprintable() or sign in "\n\t") for sign in found):
        told = f"1 to {_TEMPLATE_LENGTH_MAX:,} visible characters"
        return Read(None, (Problem("text_unusable_in_rule", f"{len(found):,} characters", told),))
    return Read(found)


def _voting_rule(rule: Rule, found: Any, _: Exponents, name: str) -> Read:
    if not isinstance(found, Mapping):
        return Read(None, (_wrong(rule, found),))
    problems = tuple(Problem("voting_rule_unusable", told, allowed) for told, allowed in table_faults(name, found))
    return Read(MappingProxyType({key: tuple(each) if isinstance(each, list) else each for key, each in found.items()}), problems)


_READERS: Final[Mapping[Kind, Callable[[Rule, Any, Exponents], Read]]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.YES_OR_NO: _yes_or_no,
        Kind.NUMBER: _number,
        Kind.DECIMAL: _decimal,
        Kind.DATE: _date,
        Kind.TIME: _time,
        Kind.TEXTS: _list(_text),
        Kind.DATES: _list(_date),
        Kind.TIMES: _list(_time),
        Kind.MONEY: _table(_money),
        Kind.DIGITS: _table(_digits),
        Kind.TEXT_BY_CURRENCY: _table(_text_of),
        Kind.TEXTS_BY_CURRENCY: _table(_texts_of),
        Kind.TEXT_BY_SUBJECT: _table(_text_of_subject),
        Kind.WEIGHTS: _table(_weight),
        Kind.TEMPLATES: _table(_template),
        Kind.VOTING_RULES: _table(_voting_rule),
    }
)
