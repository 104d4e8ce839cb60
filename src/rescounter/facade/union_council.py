"""The work of a council: steps done at a desk, ballots signed, a vote exported for anybody who counts it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rescounter.council.motions import Motion, ballot_text
from rescounter.council.states import State
from rescounter.cycle.balloting import closing_vote, opening_vote, voting
from rescounter.cycle.motions import amending, circulating, midnight_after, tabling, withdrawing_motion
from rescounter.cycle.motions_again import replay_council
from rescounter.cycle.office import Step
from rescounter.cycle.representing import naming, represented_by
from rescounter.cycle.voted_disputes import too_late
from rescounter.facade.union import Desk, Done
from rescounter.ledger.checkpoints import Checkpoint
from rescounter.ledger.notes import SigningKey, opened
from rescounter.ledger.records import StoredRecord
from rescounter.terms import CallerFault
from rescounter.terms.acts import Act, body_of
from rescounter.verification import Finding

__all__ = [
    "VOTE_FILE",
    "VOTE_FORMAT",
    "amend",
    "ballot_of",
    "cast",
    "check_council",
    "circulate",
    "close_vote",
    "export_vote",
    "is_late_for_dispute",
    "motion_named",
    "name_representative",
    "open_vote",
    "table",
    "withdraw_motion",
]

VOTE_FORMAT: Final = "rescounter-vote/1"
VOTE_FILE: Final = "vote.json"


def motion_named(desk: Desk, number: int) -> Motion:
    """The motion of a number. Raises: CallerFault ``motion_unknown``."""
    motion = desk.union.council.motions.get(number)
    if motion is None:
        raise CallerFault("motion_unknown", f"there is no motion {number}; there are {len(desk.union.council.motions)}")
    return motion


def is_late_for_dispute(desk: Desk, number: int) -> str:
    """A warning where the vote on a motion that circulates or is open ends when its dispute has ended by the clock; empty where not."""
    motion = motion_named(desk, number)
    circulated = motion.known("motion_circulated").body
    from_us = max(circulated["opens_from_us"], desk.at_us)
    ends = motion.closes_at_us if motion.state is State.OPEN else midnight_after(from_us, circulated["voting_days"], motion.zone)
    return too_late(desk.union, motion, ends_at_us=ends, at_us=desk.at_us)


def _done(desk: Desk, by: str, reckon: Callable[[], Step]) -> Done:
    """Do a step, reckoned again where somebody acted meanwhile."""
    while True:
        done = desk.do(reckon(), by=by)
        if not desk.was_overtaken(done):
            return done


def name_representative(desk: Desk, by: str, member: str, person: str, *, office: str = "", from_us: int = 0) -> Done:
    """Name who represents a member; a second person agrees."""
    return _done(desk, by, lambda: naming(desk.union, member, person, office=office, from_us=from_us, at_us=desk.at_us))


def table(desk: Desk, by: str, kind: str, body: Mapping[str, Any], *, title: str, text: str = "", interested: Sequence[str] = ()) -> Done:
    """Table a motion."""
    return _done(
        desk,
        by,
        lambda: tabling(desk.union, by, kind=kind, body=body, title=title, text=text, interested=interested, at_us=desk.at_us),
    )


def amend(desk: Desk, by: str, number: int, content: Mapping[str, Any]) -> Done:
    """Amend a motion. Args: *content*: kind, body, title, text, interested; what is left out stays as it is."""
    old = motion_named(desk, number).content
    new = {name: content.get(name, old[name]) for name in ("kind", "body", "title", "text", "interested")}
    return _done(desk, by, lambda: amending(desk.union, by, number, **new, at_us=desk.at_us))


def circulate(desk: Desk, by: str, number: int) -> Done:
    """Circulate a motion."""
    return _done(desk, by, lambda: circulating(desk.union, by, number, at_us=desk.at_us))


def open_vote(desk: Desk, by: str, number: int) -> Done:
    """Open the vote on a motion."""
    return _done(desk, by, lambda: opening_vote(desk.union, by, number, log=desk.ledger.origin, at_us=desk.at_us))


def ballot_of(desk: Desk, by: str, number: int, choice: str, to: str = "") -> bytes:
    """What the representative signs for its next ballot. Raises: CallerFault ``motion_unknown``, ``vote_not_open``."""
    motion, member = motion_named(desk, number), represented_by(desk.union, by, desk.at_us)
    if motion.state is not State.OPEN or not member:
        raise CallerFault("vote_not_open", f"motion {number} is {motion.state.value}, and {by} represents {member or 'nobody'}")
    digest = motion.known("motion_circulated").body["digest"]
    return ballot_text(motion.known("motion_opened").body["log"], number, digest, member, motion.turn_of(member), choice, to)


def cast(desk: Desk, by: str, number: int, choice: str, *, to: str = "", key: SigningKey | None = None, signature: str = "") -> Done:
    """Cast a ballot. Args: *signature*: a line over `ballot_of`, or *key* to make it with."""

    def reckon() -> Step:
        line = key(ballot_of(desk, by, number, choice, to))[0] if key is not None else signature
        return voting(desk.union, by, number, choice=choice, to=to, signature=line, at_us=desk.at_us)

    return _done(desk, by, reckon)


def close_vote(desk: Desk, by: str, number: int) -> Done:
    """Close a vote; what it adopts is done by the same append."""
    return _done(desk, by, lambda: closing_vote(desk.union, by, number, keep=desk.office.keep, at_us=desk.at_us))


def withdraw_motion(desk: Desk, by: str, number: int, *, reason: str) -> Done:
    """Take a motion back."""
    return _done(desk, by, lambda: withdrawing_motion(desk.union, by, number, reason=reason, at_us=desk.at_us))


def check_council(desk: Desk) -> tuple[Finding, ...]:
    """Everything that was done in council, done again from the first act on; nothing where all agrees."""
    return replay_council(
        Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body)) for each in _records(desk)
    )


def _records(desk: Desk) -> list[StoredRecord]:
    found: list[StoredRecord] = []
    while records := desk.ledger.store.records(after=found[-1].number if found else 0):
        found += records
    return found


def export_vote(desk: Desk, number: int, target: Path, *, force: bool = False) -> dict[str, Any]:
    """Write what anybody needs to count a vote again: its records with their proofs on the log, and the checkpoint at which these end.

    Raises: CallerFault ``motion_unknown``, ``vote_not_open`` where the vote has not been closed.
    """
    from rescounter.formats.folder import new_folder

    motion = motion_named(desk, number)
    if motion.last("motion_closed") is None:
        raise CallerFault("vote_not_open", f"motion {number} is {motion.state.value}: there is no count to export before its close")
    note = desk.ledger.signed_head()
    size = Checkpoint.of_text(opened(note, desk.ledger.keys.verifiers)).size
    numbers = [act.number for act in motion.acts]
    done = desk.union.council.executed.get(motion.decision)
    wanted = {*numbers, *([done] if done else [])}
    closed = motion.known("motion_closed").body
    vote = {
        "format": VOTE_FORMAT,
        "union": desk.union.rules(desk.at_us).union.name,
        "motion": number,
        "records": [
            _exported(desk, each, size) for number in sorted(wanted) for each in desk.ledger.store.records(after=number - 1, rows_max=1)
        ],
        "sources": [_exported(desk, each, size) for each in _sources(desk, motion)],
        "counted": desk.office.document(closed["counted"]).decode(),
        "checkpoint": note,
        "verifiers": [verifier.text() for verifier in desk.ledger.keys.verifiers],
    }
    with new_folder(target, force=force) as new:
        (new / VOTE_FILE).write_text(json.dumps(vote, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return vote


def _exported(desk: Desk, record: StoredRecord, size: int) -> dict[str, Any]:
    return {
        "number": record.number,
        "kind": record.kind,
        "by": record.by,
        "at_us": record.at_us,
        "body": record.body.decode(),
        "proof": desk.ledger.store.prove_record(record.number, log_size=size).as_body(),
    }


def _sources(desk: Desk, motion: Motion) -> list[StoredRecord]:
    """The records from which the votes of a motion were weighed, in order: the rulebook's text, and quotas or contributions until then."""
    opened = motion.known("motion_opened")
    weighed = opened.body.get("weighed")
    if weighed is None:
        return []
    kinds = {"quotas": ("limits_set",), "fund": ("fund_contributed", "fund_returned")}.get(weighed["by"], ())
    before = (each for each in _records(desk) if each.number < opened.number)
    return [each for each in before if each.number == weighed["rulebook"] or (each.kind in kinds and _weighs(each, weighed["currency"]))]


def _weighs(record: StoredRecord, currency: str) -> bool:
    body = body_of(record.body)
    return any(each["currency"] == currency and each.get("kind", "quota") == "quota" for each in body.get("limits", (body,)))
