"""What a page and a statement tell of one dispute: plain values, every instant told already."""

from __future__ import annotations

from dataclasses import dataclass

from rescounter.statements.facts import UnionNote

__all__ = ["DisputeFacts", "Document", "Happening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One step on the way. *kind*: ``act`` (somebody did it), ``clock`` (a clock ended), or ``ahead`` (comes if nothing is done)."""

    at: str
    what: str
    who: str
    leads_to: str
    kind: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was handed in: by whom, when, what it is called, its digest."""

    member: str
    at: str
    title: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFacts:
    """One dispute at an instant. *ends*: when it ended, or ends if nothing is done; *due*: who may do what until when, in sentences."""

    union: UnionNote
    number: int
    at: str
    template: str
    modelled_on: str
    polarity: str
    complainant: str
    respondent: str
    subject: tuple[str, ...]
    reason: str
    state: str
    is_over: bool
    ends: str
    meaning: str
    zone: str
    way: tuple[Happening, ...]
    due: tuple[str, ...]
    evidence: tuple[Document, ...]
