"""Whole histories of a small union in which everything that needs a second person has one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rescounter.rulebook.reading import read_rulebook
from rescounter.terms.acts import Act
from tests.membership.acts import limit, person
from tests.rulebook.texts import JANUARY_US, SMALL

START_US = JANUARY_US
PEOPLE = [person("op", "operator"), person("ann", "approver"), person("art", "approver"), person("eve", "overseer")]
EXPIRES_US = 1_000


def founding(text: str = SMALL, people: list[dict[str, Any]] | None = None) -> Act:
    """The act that founds the union with its first people."""
    body = {**read_rulebook(text).known.as_body(), "people": people or PEOPLE}
    return Act(number=1, at_us=START_US, by="op", kind="founded", body=body)


def numbered(*steps: tuple[int, str, str, dict[str, Any]], text: str = SMALL) -> list[Act]:
    """The founding, then these steps: microseconds after it, by whom, kind, body."""
    acts = [
        Act(number=number, at_us=START_US + at_us, by=by, kind=kind, body=body) for number, (at_us, by, kind, body) in enumerate(steps, 2)
    ]
    return [founding(text), *acts]


def proposed(at_us: int, by: str, kind: str, body: dict[str, Any], *, lasts_us: int = EXPIRES_US) -> tuple[int, str, str, dict[str, Any]]:
    """A proposal that lapses after so many microseconds."""
    return at_us, by, "proposed", {"kind": kind, "body": body, "expires_at_us": START_US + at_us + lasts_us}


def decided(at_us: int, by: str, proposal: int, *, is_approved: bool = True) -> tuple[int, str, str, dict[str, Any]]:
    """A decision on the proposal of a number."""
    return at_us, by, "approved" if is_approved else "refused", {"proposal": proposal, "reason": "seen"}


WANTED = [
    ("members_joined", lambda number: {"members": [{"code": f"M{number}", "name": "M"}]}),
    ("limits_set", lambda number: {"limits": [limit("M", number)]}),
    ("person_added", lambda number: person(f"p{number}", "overseer")),
    ("cleared", lambda number: {"cycle": f"c{number}", "is_final": True}),
    ("settled", lambda number: {"cycle": f"c{number}"}),
]


@st.composite
def approved_histories(draw: st.DrawFn) -> list[Act]:
    """Acts that were proposed, approved by another, and done; in between proposals that are refused or left to lapse, and plain acts."""
    acts, now = [founding()], START_US

    def append(by: str, kind: str, body: dict[str, Any]) -> int:
        acts.append(Act(number=len(acts) + 1, at_us=now, by=by, kind=kind, body=body))
        return len(acts)

    for _ in range(draw(st.integers(1, 5))):
        now += draw(st.integers(0, 5))
        kind, body_of = draw(st.sampled_from(WANTED))
        body, by = body_of(len(acts)), draw(st.sampled_from(["op", "ann"]))
        number = append(by, "proposed", {"kind": kind, "body": body, "expires_at_us": now + EXPIRES_US})
        ending = draw(st.sampled_from(["done", "done", "refused", "left"]))
        if draw(st.booleans()):
            append("op", "submitted", {"cycle": "c", "rows": 1})
        now += draw(st.integers(0, EXPIRES_US - 1))
        if ending != "left":
            append("art", "approved" if ending == "done" else "refused", {"proposal": number, "reason": ""})
        if ending == "done":
            append(by, kind, {**body, "approval": number})
    return acts
