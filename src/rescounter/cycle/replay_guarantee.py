"""The acts of the guarantee, and swaps, done again from what is on record: losses, recoveries and swaps are reckoned anew, all postings
must stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from rescounter.cycle.defaulting import bearing, recovering
from rescounter.cycle.drawing import SWAP_KINDS, drawing, repaying_swap, swap_posting
from rescounter.cycle.ending import ending
from rescounter.cycle.guaranteeing import GUARANTEE_KINDS, guarantee_batch
from rescounter.cycle.office import Office, Step
from rescounter.cycle.replay import Records
from rescounter.cycle.union import Union
from rescounter.terms.acts import Act
from rescounter.verification import Finding

__all__ = ["replay_guarantee"]

_CHECK = "replay"
_NOT_RECKONED = ("approval", "decision")
_KINDS = (*GUARANTEE_KINDS, *SWAP_KINDS, "default_ended")


def replay_guarantee(acts: Iterable[Act], office_before: Callable[[Act], Records]) -> tuple[Finding, ...]:
    """Reckon every loss, every recovery and every swap of a union again. Args and result as `cycle.replay.replay`.

    What was approved was reckoned when it was proposed, and must have been so still when it was posted.
    """
    union, findings, proposed = Union(), list[Finding](), dict[int, tuple[Union, Act]]()
    for act in acts:
        if act.kind in _KINDS:
            before, reckoned = proposed.get(act.body.get("approval", 0), (union, act))
            office = office_before(reckoned)
            findings += _compared(before, act, office, at_us=reckoned.at_us)
            if act.kind == "default_ended":
                union = union.after(act)
                continue
            batch = (swap_posting if act.kind in SWAP_KINDS else guarantee_batch)(act.kind, act.body)
            if not office.stands(batch):
                findings.append(Finding(_CHECK, f"act {act.number} ({act.kind})", "no posting, or another one", f"the batch {batch.key}"))
        if act.kind == "proposed" and act.body["kind"] in _KINDS:
            proposed[act.number] = union, act
        union = union.after(act)
    return tuple(findings)


def _compared(union: Union, act: Act, office: Office, *, at_us: int) -> Iterator[Finding]:
    where, step = f"act {act.number} ({act.kind})", _again(union, act, office, at_us=at_us)
    if step is None:
        return
    if step.wanted is None:
        why = "; ".join(refusal.code for refusal in step.refusals) or step.told
        yield Finding(_CHECK, where, "the act on record", f"what comes out today: {why}")
        return
    for name in sorted({*act.body, *step.wanted.body} - {*_NOT_RECKONED}):
        recorded, reckoned = act.body.get(name), step.wanted.body.get(name)
        if recorded != reckoned:
            yield Finding(_CHECK, f"{where}, {name}", str(recorded)[:80], str(reckoned)[:80])


def _again(union: Union, act: Act, office: Office, *, at_us: int) -> Step | None:
    body = act.body
    match act.kind:
        case "loss_borne":
            return bearing(union, office, body["member"], body["currency"], at_us=at_us)
        case "recovered":
            words = (body["member"], body["currency"], body["amount_minor"])
            return recovering(union, office, *words, reference=body["reference"], at_us=at_us)
        case "default_ended":
            return ending(union, office, body["code"], body["outcome"], body["reason"], at_us=at_us)
        case "swap_drawn":
            asked = (body["member"], body["amount_minor"])
            return drawing(union, office, *asked, reference=body["reference"], partners=body["asked"], at_us=at_us)
        case "swap_repaid":
            return repaying_swap(union, office, body["reference"], at_us=at_us, day=date.fromisoformat(body["day"]))
    return None
