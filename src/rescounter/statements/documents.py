"""Documents: what statements, the page of a cycle and the like have in common, before they become text or HTML.

A document is a headline, what must be said about the union, a few large figures, and sections. It knows no member and
no cycle; `plain.py` prints it on a terminal, `pages.py` as a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rescounter.statements.facts import UnionNote
from rescounter.statements.figures import exact, unit
from rescounter.statements.section import Section
from rescounter.terms.money import Money

__all__ = ["Document", "Headline", "Part", "amount", "marks_of"]


@dataclass(frozen=True, slots=True)
class Headline:
    """One large figure, and in words what it is. *name*: its key for readers of the page's source."""

    name: str
    label: str
    money: Money
    words: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a whole, drawn to length. *kind*: ``cleared``, ``netted`` or ``left``."""

    kind: str
    label: str
    money: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page or a print.

    *union* and *what* stand at its head, *title* is the answer in one sentence, *deck* says more; *marks*: what must be said, each a
    sentence. *whole*: parts that make up one amount, drawn as a bar. *exponents*: digits of every currency that occurs; where it is only
    one, amounts stand without its code, and the document says so once.
    """

    union: str
    what: str
    title: str
    deck: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    headlines: tuple[Headline, ...] = ()
    whole: tuple[Part, ...] = ()
    sections: tuple[Section, ...] = ()
    exponents: Mapping[str, int]
    colophon: str = ""

    @property
    def currency(self) -> str:
        """The one currency of the document, empty where there are several or none has a code."""
        return unit(next(iter(self.exponents))) if len(self.exponents) == 1 else ""


def amount(money: Money, exponents: Mapping[str, int], *, alone: bool = False) -> str:
    """Exact, with its currency where the document has several, or where it stands *alone* in a sentence."""
    code = unit(money.currency) if alone or len(exponents) > 1 else ""
    return exact(money.minor, exponents[money.currency]) + (f" {code}" if code else "")


def marks_of(union: UnionNote) -> tuple[str, ...]:
    """What every page of a union must say: demonstration, one person, what was assumed, the opinion on its law."""
    found = []
    if union.is_demonstration:
        found.append("A demonstration: nothing on this page is owed, paid or discharged.")
    if union.assumed:
        found.append(f"Assumed, not done by anybody: {', '.join(union.assumed)}.")
    if union.is_single_person:
        found.append("In this union one person may do alone what else needs a second.")
    if union.legal_opinion:
        found.append(f"Finality and set-off in insolvency: see {union.legal_opinion}.")
    else:
        found.append("No legal opinion is named: whether set-off and finality hold in an insolvency is not confirmed.")
    return tuple(found)
