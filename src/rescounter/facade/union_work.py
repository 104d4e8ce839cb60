"""The work of an operator and of members: files handed in, steps done, and the run to the next decision."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from rescounter.cycle.clearance import clearing
from rescounter.cycle.closing import closing
from rescounter.cycle.cutting import correcting, cutting_off
from rescounter.cycle.next_step import Due, next_step
from rescounter.cycle.office import Step, refusal, refused
from rescounter.cycle.opening import opening
from rescounter.cycle.paying import funding, paying_in, settling, stands
from rescounter.cycle.rates_due import without_any_rate
from rescounter.cycle.rates_in_force import instant_of_rates
from rescounter.cycle.states import State
from rescounter.cycle.submitting import answering, submitting, withdrawing
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk, Done
from rescounter.formats.pay_ins import read_pay_ins
from rescounter.formats.reading import read_submission
from rescounter.ledger.notes import SigningKey, Verifier
from rescounter.membership.register import Register
from rescounter.rulebook.rules import IntakeRules
from rescounter.statements.moments import moment
from rescounter.terms import CallerFault, Refusal
from rescounter.terms.calendar import instant_us
from rescounter.terms.union_tables import PAY_INS

__all__ = ["HandedIn", "PaidIn", "answer", "cycle_named", "pay_in", "run", "step", "submission_text", "submit", "told_time", "withdraw"]


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of a file of obligations: *done*, and the rows that were taken, were there before, or were refused."""

    done: Done
    cycle: str
    rows: int = 0
    repeated: int = 0
    refusals: pa.Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidIn:
    """What became of a file of pay-ins: *lines* as `settlement.funding` tells them apart, *refusals* of single pay-ins."""

    done: Done
    lines: pa.Table | None = None
    refusals: tuple[Refusal, ...] = ()


def cycle_named(desk: Desk, code: str | None, *, states: Sequence[State] = ()) -> Cycle:
    """The cycle of a code; without one the earliest that is in one of *states*, else the latest. Raises: CallerFault ``cycle_unknown``."""
    cycles = desk.union.cycles
    if code is not None:
        if code not in cycles:
            known = ", ".join(list(cycles)[-5:]) or "none was opened yet"
            raise CallerFault("cycle_unknown", f"there is no cycle {code}; the latest are: {known}")
        return cycles[code]
    found = next((cycle for cycle in cycles.values() if cycle.state in states), desk.union.latest)
    if found is None:
        raise CallerFault("cycle_unknown", "no cycle was opened yet")
    return found


def submission_text(cycle: str, submitter: str, file: str) -> bytes:
    """What a member signs: that it hands in the file of this digest to this cycle."""
    return f"rescounter/submission/1\n{cycle}\n{submitter}\n{file}\n".encode()


def submit(
    desk: Desk,
    source: Path,
    *,
    submitter: str,
    by: str,
    cycle: str | None = None,
    signature: str = "",
    key: SigningKey | None = None,
    columns: dict[str, str] | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> HandedIn:
    """Hand a file in for a member, or (`intake.submissions.MANY`) for many.

    Args: *signature*: base64 over `submission_text`, or *key* to make it with.
    """
    chosen = cycle_named(desk, cycle, states=(State.PRELIMINARY, State.OPEN))
    content = _bytes_of(source)
    file = f"sha256:{hashlib.sha256(content).hexdigest()}"
    text = submission_text(chosen.code, submitter, file)
    if key is not None:
        signature = key(text)[0]
    if found := _against_signature(desk.union.register, desk.union.rules_of(chosen).intake, submitter, text, signature):
        return HandedIn(Done(refusals=found), chosen.code)
    while True:
        came, taken = submitting(
            desk.union,
            desk.union.cycles[chosen.code],
            desk.office,
            read_submission(source, columns=columns or {}, encoding=encoding, sheet=sheet),
            submitter=submitter,
            file=file,
            signature=signature,
            decimal=decimal,
            at_us=desk.at_us,
        )
        done = desk.do(came, by=by, member=submitter)
        if not desk.was_overtaken(done):
            break
    if taken is None:
        return HandedIn(done, chosen.code)
    notes = (*taken.notes, *_notes_on_rates(desk, chosen, taken.table))
    return HandedIn(done, chosen.code, taken.table.num_rows, taken.repeated, taken.refusals, notes)


def _notes_on_rates(desk: Desk, cycle: Cycle, taken: pa.Table) -> Iterator[str]:
    """A warning where nobody ever set a rate of a currency that the cycle must convert or value.

    No refusal: rates that count are those of the cut-off, which are not published yet when members hand in.
    """
    if found := without_any_rate(desk.union, cycle, taken["currency"].unique().to_pylist()):
        by = moment(instant_of_rates(cycle), desk.union.rules_of(cycle).union.zone).told
        yield f"no rate of {', '.join(found)} was ever set here: without one of {by} or shortly before, nothing of the cycle is cleared"


def _bytes_of(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except FileNotFoundError as fault:
        raise CallerFault("input_not_found", f"there is no file {source}") from fault
    except OSError as fault:
        raise CallerFault("input_unreadable", f"{source} cannot be read ({fault.strerror})") from fault


def _against_signature(register: Register, rules: IntakeRules, submitter: str, text: bytes, signature: str) -> tuple[Refusal, ...]:
    member = register.member(submitter)
    if member is None:
        return ()
    if not signature:
        wanted = rules.signature == "required" or (rules.signature == "if-key" and bool(member.key))
        return (refusal("signature_missing", submitter, found=f"no signature of {submitter}"),) if wanted else ()
    if not member.key or not _is_signed(Verifier.of_text(member.key), text, signature):
        return (refusal("signature_wrong", submitter, found=f"a signature that {submitter}'s key did not make over this file"),)
    return ()


def _is_signed(verifier: Verifier, text: bytes, line: str) -> bool:
    """True where *line*, as `SigningKey` writes it, is a signature over *text*."""
    from rescounter.ledger.notes import opened

    try:
        return bool(opened(text.decode() + "\n" + line + "\n", [verifier]))
    except CallerFault:
        return False


def withdraw(desk: Desk, ids: Sequence[str], *, submitter: str, by: str, cycle: str | None = None) -> Done:
    """Take obligations back."""
    while True:
        chosen = cycle_named(desk, cycle, states=(State.PRELIMINARY, State.OPEN))
        came = withdrawing(desk.union, chosen, desk.office, ids, submitter=submitter, at_us=desk.at_us)
        if not desk.was_overtaken(done := desk.do(came, by=by, member=submitter)):
            return done


def answer(desk: Desk, answers: Sequence[dict[str, str]], *, member: str, by: str, cycle: str | None = None) -> Done:
    """Confirm or reject what others handed in."""
    while True:
        chosen = cycle_named(desk, cycle, states=(State.PRELIMINARY, State.OPEN))
        came = answering(desk.union, chosen, desk.office, answers, member=member, at_us=desk.at_us)
        if not desk.was_overtaken(done := desk.do(came, by=by, member=member)):
            return done


_WAITS: Final = frozenset(("calls_not_covered", "too_early", "cycle_before_not_closed", "cycle_before_not_settled", "reserves_below_floor"))
"""Refusals with which a run ends, since time, money or another cycle must come first."""

_STATES: Final[dict[str, tuple[State, ...]]] = {
    "cut-off": (State.OPEN,),
    "clear": (State.CUT_OFF, State.CORRECTED),
    "correct": (State.PRELIMINARY,),
    "fund": (State.FINAL,),
    "settle": (State.FUNDED,),
    "close": (State.SETTLED, State.FINAL),
}


def step(desk: Desk, verb: str, *, by: str, cycle: str | None = None) -> Done:
    """One step of a cycle by its verb: open, cut-off, clear, correct, fund, settle, close. Done before: it says so."""
    if verb == "open":
        return desk.do(opening(desk.union, desk.office, at_us=desk.at_us), by=by)
    chosen = cycle_named(desk, cycle, states=_STATES[verb])
    is_due = cycle is None and chosen.state in _STATES[verb]
    if not is_due and (told := _done_before(chosen, verb)):
        return Done(is_repeat=True, told=told)
    done = desk.do(_reckoned(desk, verb, chosen), by=by)
    if done.kind == "paired" and not done.is_refused:
        # The plan is on record; what it posts follows at once, or is proposed.
        return desk.do(_reckoned(desk, verb, desk.union.cycles[chosen.code]), by=by)
    return done


def _reckoned(desk: Desk, verb: str, cycle: Cycle) -> Step:
    union, office, at_us = desk.union, desk.office, desk.at_us
    match verb:
        case "cut-off":
            return cutting_off(union, cycle, office, at_us=at_us)
        case "clear":
            return clearing(union, cycle, office)
        case "correct":
            return correcting(union, cycle, office, at_us=at_us)
        case "fund":
            return funding(union, cycle, office, at_us=at_us)
        case "settle":
            return settling(union, cycle, office, at_us=at_us)
        case "close":
            return closing(union, cycle, office)
    return refused(refusal("out_of_turn", cycle.code, found=f"step {verb}"))


def _done_before(cycle: Cycle, verb: str) -> str:
    """What to say where the step was done before; nothing where it was not."""
    kinds = {"cut-off": "cut_off", "correct": "corrected", "settle": "settled", "close": "closed"}
    if verb in kinds and cycle.last(kinds[verb]) is not None:
        return f"Cycle {cycle.code}: {verb} was done before; the cycle is {cycle.state.value}."
    if verb == "clear" and (cycle.final is not None or cycle.state is State.PRELIMINARY):
        return f"Cycle {cycle.code} was cleared before; it is {cycle.state.value}."
    if verb == "fund" and cycle.last("funded") is not None:
        return f"Cycle {cycle.code} was funded before; it is {cycle.state.value}."
    return ""


def pay_in(desk: Desk, source: Path, *, by: str, cycle: str | None = None) -> PaidIn:
    """Hand in what came on the settlement account: CSV, a sheet, camt.053 or camt.054."""
    chosen = cycle_named(desk, cycle, states=(State.FINAL, State.FUNDED)) if cycle else _cycle_to_pay(desk)
    content = _bytes_of(source)
    came = read_pay_ins(
        source,
        members=parties(desk),
        exponents=chosen.exponents,
        accounts=desk.union.rules_of(chosen).settlement.accounts,
    )
    file = f"sha256:{hashlib.sha256(content).hexdigest()}"
    done, lines, refusals = _book(desk, chosen, came.pay_ins, file=file, by=by)
    return PaidIn(done, lines, (*came.refusals, *refusals))


def _cycle_to_pay(desk: Desk) -> Cycle:
    """The earliest cycle that waits for money; where none does, the latest: money is booked whenever it comes."""
    waits = (cycle for cycle in desk.union.cycles.values() if cycle.state is State.FINAL and cycle.last("called") is not None)
    return next(waits, None) or cycle_named(desk, None)


def parties(desk: Desk) -> pa.Table:
    """By what a bank's statement may name a member: code, account, LEI, BIC."""
    members = desk.union.register.members
    columns = {"member": "code", "account": "account", "lei": "lei", "bic": "bic"}
    return pa.table({name: pa.array([getattr(each, detail) for each in members], pa.string()) for name, detail in columns.items()})


def _book(desk: Desk, cycle: Cycle, pay_ins: pa.Table, *, file: str, by: str) -> tuple[Done, pa.Table | None, tuple[Refusal, ...]]:
    came, lines, refusals = paying_in(desk.union, cycle, desk.office, pay_ins, file=file, at_us=desk.at_us)
    return desk.do(came, by=by), lines, refusals


def run(
    desk: Desk, *, by: str, cycle: str | None = None, assume: bool = False, told: Callable[[Due, Done], None] = lambda due, done: None
) -> Due | None:
    """Go on with a cycle until a person must decide or its time has not come. Returns: what comes next; None when it is closed.

    Args: *assume*: in a demonstration, money that was called is assumed to have come. Each step is told as it is done.
    Raises: CallerFault ``not_a_demonstration``; ``step_refused`` where a step was refused that its time had come for.
    """
    if assume and not desk.union.is_demonstration:
        raise CallerFault("not_a_demonstration", "only a union that was founded as a demonstration assumes anything")
    code = cycle_named(desk, cycle, states=tuple(State)[:-1]).code
    while True:
        chosen = desk.union.cycles[code]
        due = next_step(desk.union, chosen, at_us=desk.at_us)
        if due is None or due.verb.startswith("approval"):
            return due
        if due.verb.endswith("FILE"):
            if assume and (done := _assume_pay_ins(desk, chosen, by=by)) is not None:
                told(due, done)
            done = step(desk, "fund", by=by, cycle=code)
        elif desk.at_us < due.from_us:
            return due
        else:
            done = step(desk, due.verb.removeprefix("cycle "), by=by, cycle=code)
        if done.is_refused:
            if all(each.code in _WAITS for each in done.refusals):
                return due
            raise CallerFault(
                "step_refused", "; ".join(f"{each.code}: found {each.found}" for each in done.refusals), refusals=done.refusals
            )
        told(due, done)
        if done.proposal is not None:
            return next_step(desk.union, desk.union.cycles[code], at_us=desk.at_us)


def _assume_pay_ins(desk: Desk, cycle: Cycle, *, by: str) -> Done | None:
    """Book what is missing as if it had come; None where nothing is."""
    missing = [row for row in stands(desk.union, cycle, desk.office, at_us=desk.at_us).to_pylist() if row["missing_minor"]]
    if not missing:
        return None
    called = cycle.known("called")
    rows = [
        {
            "reference": f"assumed/{cycle.code}/{called.body['round']}/{row['member']}/{row['currency']}",
            "member": row["member"],
            "currency": row["currency"],
            "amount_minor": row["missing_minor"],
            "booked": datetime.date.fromisoformat(called.body["due_day"]),
            "payer": row["member"],
            "remittance": "assumed: this union is a demonstration",
        }
        for row in missing
    ]
    return _book(desk, cycle, pa.Table.from_pylist(rows, schema=PAY_INS), file="assumed", by=by)[0]


def told_time(text: str, zone: str) -> int:
    """Microseconds since 1970 UTC of a time as people write it: with an offset, or in *zone*. Raises: CallerFault ``option_invalid``."""
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"{text!r} is no time such as 2026-03-16T13:00") from fault
    if at.tzinfo is None:
        return instant_us(at.date(), at.time(), zone)
    return int(at.timestamp() * 1_000_000)
