"""On which line of a TOML text each key stands. `tomllib` reads values, and tells no lines of them.

Strings and comments are blanked out first; then a statement begins wherever no bracket is open. Only texts
that `tomllib` has accepted are looked at, so that nothing here needs to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["line_of", "lines_of", "statements"]

_BLANKED: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # several lines
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*",
    re.DOTALL,
)
_NOT_A_LINE_END: Final = re.compile(r"[^\n]")
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*=""")
_PART: Final = re.compile(r"""[\w-]+|"[^"\n]*"|'[^'\n]*'""")


def lines_of(text: str) -> Mapping[tuple[str, ...], int]:
    """For the path of each header and key its line, from 1. Entries of an array of tables are numbered: ``("temporary", "0", "rule")``."""
    found: dict[tuple[str, ...], int] = {}
    entries: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    for number, line in statements(text):
        if match := _HEADER.match(line):
            header = _path(match[2])
            if match[1] == "[[":
                entries[header] = entries.get(header, -1) + 1
                header = (*header, str(entries[header]))
            found.setdefault(header, number)
        elif match := _KEY.match(line):
            found.setdefault((*header, *_path(match[1])), number)
    return found


def line_of(lines: Mapping[tuple[str, ...], int], *path: str) -> int:
    """The line of a key; else of the first key within it, of what it stands in, or the first line."""
    if path in lines:
        return lines[path]
    within = [line for other, line in lines.items() if path and other[: len(path)] == path]
    return min(within) if within else line_of(lines, *path[:-1]) if path else 1


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line on which a statement begins."""
    blanked = _BLANKED.sub(lambda match: _NOT_A_LINE_END.sub(" ", match[0]), text)
    depth, continues = 0, _continued(text)
    for number, (line, bare) in enumerate(zip(text.split("\n"), blanked.split("\n"), strict=True), 1):
        if depth == 0 and number not in continues:
            yield number, line
        depth += sum(bare.count(sign) for sign in "[{") - sum(bare.count(sign) for sign in "]}")


def _continued(text: str) -> frozenset[int]:
    """Lines that begin inside a string of several lines."""
    numbers: set[int] = set()
    for match in _BLANKED.finditer(text):
        first = text.count("\n", 0, match.start()) + 1
        numbers.update(range(first + 1, first + 1 + match[0].count("\n")))
    return frozenset(numbers)
