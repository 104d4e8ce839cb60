"""The packs that ship: whole rulebooks to begin with, and a way to put one's own values into their text."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from rescounter.rulebook.lines import lines_of, statements
from rescounter.terms.faults import holds

__all__ = ["PACKS", "pack_text", "with_values"]

PACKS: Final = (
    *("trade-credit", "corporate-netting", "deferred-net", "payment-versus-payment", "payments-union"),
    *("sliding-scale-1950", "sliding-scale-1954"),
)


def pack_text(name: str) -> str:
    """The text of a pack. Law: *name* is one of `PACKS`."""
    holds(name in PACKS, "a_pack_ships", name=name)
    return files("rescounter.rulebook").joinpath("packs").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with rules set to other values, its comments kept.

    Args: *values*: for the id of a rule (or ``rulebook.name``) what stands behind the equals sign: ``{"union.name": '"Circle"'}``.
    A rule that is not there is put at the head of its chapter. *text*: TOML with one statement for each rule, as in the packs.
    """
    for rule, value in values.items():
        chapter, _, key = rule.partition(".")
        text = _with_value(text, chapter, key, value)
    return text


def _with_value(text: str, chapter: str, key: str, value: str) -> str:
    lines, known = text.split("\n"), lines_of(text)
    begins = [number for number, _ in statements(text)]
    statement = [f"{key} = {value}"]
    if (chapter, key) in known:
        first = known[chapter, key]
        behind = min((number for number in begins if number > first), default=len(lines) + 1)
        return "\n".join([*lines[: first - 1], *statement, *lines[behind - 1 :]])
    if (chapter,) in known:
        head = known[(chapter,)]
        return "\n".join([*lines[:head], *statement, *lines[head:]])
    return "\n".join([*lines, f"[{chapter}]", *statement, ""])
