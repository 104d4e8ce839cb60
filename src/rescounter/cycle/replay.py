"""A cycle done again from what is on record: the stored flow is verified, everything else is reckoned anew and compared.

What depends on the world outside (dates, digits, holidays, the texts of rules) was frozen when it was recorded and is taken from
there, so a later release of a library, of the time-zone data, or another clock changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.approvals.laws import unapproved
from rescounter.cycle.closing import closing
from rescounter.cycle.cutting import correcting, cutting_off
from rescounter.cycle.disputes_again import replay_disputes
from rescounter.cycle.exchanging import frozen_rates
from rescounter.cycle.motions_again import replay_council
from rescounter.cycle.office import Office, Step
from rescounter.cycle.paying import calling, funding, paying_in, settling
from rescounter.cycle.perform import batch_of
from rescounter.cycle.union import Cycle, Union
from rescounter.ledger import Batch
from rescounter.terms import CallerFault, EnvironmentFault
from rescounter.terms.acts import Act
from rescounter.terms.tables import REFUSALS_TABLE
from rescounter.terms.union_tables import PAY_INS
from rescounter.verification import Finding, verify_result

__all__ = ["DOCUMENTS", "Records", "replay"]

_CHECK = "replay"
DOCUMENTS: Final = frozenset(
    {
        *("document", "refusals", "ids", "answers", "frozen", "outside", "changes", "subtrees", "summary"),
        *("calls", "net", "late", "carried", "items", "lines", "funded", "fees", "positions"),
        *("rates", "settles_in", "conversions", "centre"),
        *("scale", "interest", "owed", "charges"),
        *("pairs", "queued", "opening", "balances"),
        "pool",
    }
)
"""Names under which bodies of acts name documents, besides the tables of a result."""
_NOT_RECKONED = ("approval",)
_OF_TODAY = "exponents"
"""A check of `verify_result` against the ISO 4217 of today; a cycle has the digits that it froze."""


class Records(Office, Protocol):
    """The office as it stood before an act, and what the ledger holds of batches."""

    def stands(self, batch: Batch) -> bool:
        """True where the ledger holds this very batch under its key."""


def replay(acts: Iterable[Act], code: str, office_before: Callable[[Act], Records]) -> tuple[Finding, ...]:
    """Do the cycle *code* again.

    Args: *acts* of the union, all of them, in order; *office_before*: documents and balances as they stood before an act.
    Returns: what is not as it would come out today; nothing where all agrees. Behind a document that is lost nothing is reckoned.
    """
    union, findings, lost = Union(), list[Finding](), list[Finding]()
    history, proposed = list(acts), dict[int, tuple[Union, Act]]()
    for act in history:
        if act.body.get("cycle") == code and act.kind != "cycle_opened":
            # What was approved was reckoned when it was proposed.
            before, reckoned = proposed.get(act.body.get("approval", 0), (union, act))
            office = office_before(reckoned)
            lost += _lost_documents(act, office)
            if not lost:
                findings += _compared(before, before.cycles[code], replace(act, at_us=reckoned.at_us), office)
        if act.kind == "proposed" and act.body["body"].get("cycle") == code:
            proposed[act.number] = union, act
        union = union.after(act)
    findings += (
        Finding(_CHECK, f"act {each.act} ({each.kind})", each.found, "an approval by another person") for each in unapproved(history)
    )
    findings += replay_council(history)
    findings += replay_disputes(history)
    return (*findings, *lost)


def _lost_documents(act: Act, office: Office) -> Iterator[Finding]:
    """Documents that the act names and nobody holds any more, or that are not what they were."""
    for name, value in act.body.items():
        for part, digest in value.items() if name == "tables" else [(name, value)] if name in DOCUMENTS else []:
            try:
                _ = digest and office.document(digest)
            except (CallerFault, EnvironmentFault) as fault:
                yield Finding(_CHECK, f"act {act.number} ({act.kind}), {part}", fault.message, f"the document {digest}")


def _compared(union: Union, cycle: Cycle, act: Act, office: Records) -> Iterator[Finding]:
    """One act of the cycle against what its step comes to."""
    if act.kind == "cleared":
        yield from _of_result(cycle, act, office)
        yield from _of_rates(union, cycle, act, office)
        yield from _of_posting(union, cycle, act, office)
        return
    step = _again(union, cycle, act, office)
    if step is None:
        return
    where = f"act {act.number} ({act.kind})"
    if step.wanted is None or step.wanted.kind != act.kind:
        why = "; ".join(refusal.code for refusal in step.refusals) or step.told or "another step"
        yield Finding(_CHECK, where, "the act on record", f"what comes out today: {why}")
        return
    for name in sorted({*act.body, *step.wanted.body} - {*_NOT_RECKONED}):
        recorded, reckoned = act.body.get(name), step.wanted.body.get(name)
        if not _agree(recorded, reckoned, office):
            yield Finding(_CHECK, f"{where}, {name}", str(recorded)[:80], str(reckoned)[:80])
    yield from _of_posting(union, cycle, act, office)


def _again(union: Union, cycle: Cycle, act: Act, office: Office) -> Step | None:
    """The step of an act, done again; None for what members handed in, which is what it is."""
    match act.kind:
        case "cut_off":
            return cutting_off(union, cycle, office, at_us=act.at_us)
        case "corrected":
            return correcting(union, cycle, office, at_us=act.at_us)
        case "called":
            late = office.table(act.body["late"])
            return calling(union, cycle, office, late=late if late.num_rows else None, at_us=act.body["reckoned_at_us"])
        case "paid_in":
            lines = office.table(act.body["lines"]).select(PAY_INS.names)
            return paying_in(union, cycle, office, lines, file=act.body["file"], at_us=act.at_us)[0]
        case "paired":
            return funding(union, cycle, office, at_us=act.body["reckoned_at_us"])
        case "funded":
            return funding(union, cycle, office, at_us=act.at_us)
        case "settled":
            return settling(union, cycle, office, at_us=max(act.at_us, cycle.dates.settles_at_us))
        case "closed":
            return closing(union, cycle, office)
    return None


def _agree(recorded: Any, reckoned: Any, office: Office) -> bool:
    """Equal, or two documents that hold the same table."""
    if recorded == reckoned:
        return True
    if not (isinstance(recorded, str) and isinstance(reckoned, str) and recorded.startswith("sha256:") and reckoned.startswith("sha256:")):
        return False
    try:
        return bool(office.table(recorded).equals(office.table(reckoned)))
    except pa.ArrowInvalid:
        return False


def _of_result(cycle: Cycle, act: Act, office: Office) -> Iterator[Finding]:
    """The stored result: its mathematics, its seal, and that it cleared exactly what was frozen."""
    tables = {name: office.table(digest) for name, digest in act.body["tables"].items()} | {"refusals": REFUSALS_TABLE.empty_table()}
    summary: Mapping[str, Any] = json.loads(office.document(act.body["summary"]))
    found = verify_result(tables, summary, cycle_key=office.cycle_key(cycle.code)).findings
    yield from (finding for finding in found if finding.check != _OF_TODAY)
    for code, facts in summary["currencies"].items():
        if facts["exponent"] != cycle.exponents.of(code):
            yield Finding(
                _CHECK, f"act {act.number} (cleared), digits of {code}", str(facts["exponent"]), f"{cycle.exponents.of(code)}, as frozen"
            )
    if summary["result_root"] != act.body["result_root"]:
        yield Finding(_CHECK, f"act {act.number} (cleared), result_root", act.body["result_root"], summary["result_root"])
    frozen = cycle.known("cut_off", "corrected")
    rows = office.table(frozen.body["frozen"])
    told = (tables["obligations"].num_rows, pc.sum(tables["obligations"]["amount_minor"]).as_py() or 0)
    cut = (rows.num_rows, pc.sum(rows["amount_minor"]).as_py() or 0)
    if told != cut or act.body["frozen_root"] != frozen.body["root"]:
        yield Finding(_CHECK, f"act {act.number} (cleared)", f"{told[0]} obligations of {told[1]}", f"{cut[0]} of {cut[1]}, as frozen")


def _of_rates(union: Union, cycle: Cycle, act: Act, office: Records) -> Iterator[Finding]:
    """The rates that a final result froze are those that held at the end of its corrections."""
    frozen, _ = frozen_rates(union, cycle, office) if act.body["is_final"] else ({}, ())
    for name in ("rates", "settles_in"):
        if not _agree(act.body.get(name), frozen.get(name), office):
            yield Finding(_CHECK, f"act {act.number} (cleared), {name}", str(act.body.get(name))[:80], str(frozen.get(name))[:80])


def _of_posting(union: Union, cycle: Cycle, act: Act, office: Records) -> Iterator[Finding]:
    """What the act posted stands in the ledger under its key, the same."""
    batch = batch_of(union, cycle, act.kind, act.body, office)
    if batch is not None and not office.stands(batch):
        yield Finding(_CHECK, f"act {act.number} ({act.kind})", "no posting, or another one", f"the batch {batch.key}")
