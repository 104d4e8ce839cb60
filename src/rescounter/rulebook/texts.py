"""Texts in TOML that people hand in (rulebooks, terms of a policy year, templates of disputes), and the frame in which they are read.

A text is parsed; each of its tables is read key by key, every fault with the path at which it stands; faults become refusals with their
lines. What the keys mean is the business of who reads. The codes of a kind of text begin with its word: ``terms_key_unknown``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rescounter.rulebook.lines import line_of, lines_of
from rescounter.terms import Refusal
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["Key", "TextFault", "Unreadable", "Unusable", "parsed", "read_table", "refusals_of_text", "unknown_tables"]

_SYNTAX_LINE: Final = re.compile(r"\(at line (\d+),")
_TOML: Final = "TOML 1.0"


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong at *path*; *code* of the refusal."""

    path: tuple[str, ...]
    code: str
    found: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is no TOML, and the *line*, from 1, on which that shows."""

    line: int
    why: str
    allowed: str = _TOML


class Unusable(ValueError):
    """A value that its key does not take; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Key:
    """How the value of a key is read, what stands for it where it is left out (... = required), and the *field* it fills (empty: its own
    name)."""

    read: Callable[[object], object]
    default: object = ...
    field: str = ""


def parsed(text: str) -> dict[str, Any] | Unreadable:
    """The tables of a text."""
    try:
        text.encode()
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeEncodeError) as error:
        match = _SYNTAX_LINE.search(str(error))
        return Unreadable(int(match[1]) if match else max(len(text.splitlines()), 1), str(error))
    except RecursionError:
        return Unreadable(1, "brackets within brackets beyond measure")


def unknown_tables(table: Mapping[str, Any], known: Sequence[str], *, of: str) -> list[TextFault]:
    """A fault for each table of a text that none of *known* is."""
    return [TextFault((key,), f"{of}_key_unknown", key, "one of: " + ", ".join(known)) for key in table if key not in known]


def read_table(found: object, path: tuple[str, ...], keys: Mapping[str, Key], faults: list[TextFault], *, of: str) -> dict[str, Any]:
    """The fields of a table; what is wrong goes to *faults*, and its field is left out. Args: *of*: the word with which codes begin."""
    if not isinstance(found, Mapping):
        code = f"{of}_key_missing" if found is None else f"{of}_value_unusable"
        faults.append(TextFault(path, code, shown(found), f"a table {path[0]}"))
        return {}
    for key in found:
        if key not in keys:
            faults.append(TextFault((*path, key), f"{of}_key_unknown", key, "one of: " + ", ".join(keys)))
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name in found:
            try:
                values[key.field or name] = key.read(found[name])
            except Unusable as error:
                faults.append(TextFault((*path, name), f"{of}_value_unusable", shown(found[name]), str(error)))
        elif key.default is ...:
            faults.append(TextFault((*path, name), f"{of}_key_missing", "(nothing)", f"{name} in {path[0]}"))
        else:
            values[key.field or name] = key.default
    return values


def refusals_of_text(found: Unreadable | Sequence[TextFault], text: str, *, of: str) -> tuple[Refusal, ...]:
    """Faults as refusals in order of line (row = line, id = where it stands, *of* for the whole text), then of precedence."""
    if isinstance(found, Unreadable):
        return (_refusal(TextFault((), f"{of}_unreadable", found.why, found.allowed), found.line, of),)
    lines = lines_of(text)
    refusals = [_refusal(fault, line_of(lines, *fault.path), of) for fault in found]
    return tuple(sorted(refusals, key=lambda each: (each.row, UNION_REFUSALS[each.code].precedence)))


def _refusal(fault: TextFault, line: int, of: str) -> Refusal:
    rule = UNION_REFUSALS[fault.code]
    return Refusal(line, ".".join(fault.path) or of, fault.code, shown(fault.found), fault.allowed, rule.what_to_do)
