"""Texts of rules for the tests: a whole small one, and ways to change it."""

from __future__ import annotations

from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.shipped import with_values
from rescounter.terms.acts import Act

SMALL = """\
[rulebook]
name = "Small circle"
[union]
name = "Circle"
zone = "Europe/Ljubljana"
currencies = ["EUR"]
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
[intake]
driven_by = "debtor"
minimum = { EUR = "250.00" }
[clearing]
method = "set-off"
[fees]
per_mille = "1.1"
"""
"""Seventeen lines; the tests name them."""

DAY_US = 86_400_000_000
JANUARY_US = 1_767_222_000_000_000
"""2026-01-01 00:00 in Ljubljana."""


def small(**rules: str) -> str:
    """The small text with rules set to other values; two underscores stand for the dot."""
    return with_values(SMALL, {name.replace("__", "."): value for name, value in rules.items()})


def temporary(rule: str, value: str, starts: str, ends: str) -> str:
    """An entry for the end of a text."""
    return f'[[temporary]]\nrule = "{rule}"\nvalue = {value}\nfrom = {starts}\nuntil = {ends}\n'


def founded(text: str, at_us: int = JANUARY_US, number: int = 1) -> Act:
    """The act that records a first text."""
    return Act(number=number, at_us=at_us, by="ana", kind="founded", body=read_rulebook(text).known.as_body())


def changed(text: str, at_us: int, number: int) -> Act:
    """The act that records a further one."""
    return Act(number=number, at_us=at_us, by="ana", kind="rulebook_changed", body=read_rulebook(text).known.as_body())
