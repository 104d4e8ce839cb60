"""What is written of a dispute: its page with the timeline, and the evidence pack that anybody can check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from rescounter.cycle.perform import batch_of
from rescounter.cycle.union import Cycle
from rescounter.disputes.register import Case
from rescounter.facade.dispute_facts import dispute_facts
from rescounter.facade.union import Desk
from rescounter.facade.union_disputes import case_named
from rescounter.formats.folder import new_folder
from rescounter.intake.keys import names_of
from rescounter.ledger.checkpoints import Checkpoint
from rescounter.ledger.notes import opened
from rescounter.statements.dispute_facts import DisputeFacts
from rescounter.statements.dispute_page import dispute_html
from rescounter.terms.acts import Act, canonical
from rescounter.verification.packs import FORMAT, MANIFEST

__all__ = ["export_dispute", "write_dispute"]


def write_dispute(facts: DisputeFacts, body: Mapping[str, Any], target: Path, *, force: bool) -> None:
    """The page with its picture, and the same as JSON, in a new folder."""
    with new_folder(target, force=force) as new:
        (new / "dispute.html").write_text(dispute_html(facts), encoding="utf-8")
        (new / "dispute.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def export_dispute(desk: Desk, number: int, target: Path, *, force: bool = False) -> dict[str, Any]:
    """Write the evidence pack: documents, records with their proofs, postings, the page, and one manifest that names them all.

    Returns: the manifest. Raises: CallerFault ``dispute_not_found``, ``output_exists``.
    """
    case = case_named(desk, number)
    note = desk.ledger.signed_head()
    size = Checkpoint.of_text(opened(note, desk.ledger.keys.verifiers)).size
    documents = {digest: desk.office.document(digest) for digest in _documents(case)}
    page = dispute_html(dispute_facts(desk, case)).encode()
    files = {f"documents/{digest.removeprefix('sha256:')}": content for digest, content in documents.items()} | {"dispute.html": page}
    pack = {
        "format": FORMAT,
        "union": desk.union.rules(desk.at_us).union.name,
        "dispute": number,
        "at_us": desk.at_us,
        "state": case.dispute.at(desk.at_us).state.value,
        "ends_at_us": case.ends_at_us,
        "timeline": [
            {"at_us": taken.at_us, "event": taken.edge.act, "state": taken.edge.target.value} for taken in case.dispute.at(desk.at_us).taken
        ],
        "documents": sorted(documents),
        "files": {name: f"sha256:{hashlib.sha256(content).hexdigest()}" for name, content in sorted(files.items())},
        "records": [_record(desk, act, size) for act in _acts(case)],
        "postings": [
            {"id": name, "proof": desk.ledger.store.prove_inclusion(name, log_size=size).as_body()} for name in _postings(desk, case)
        ],
        "checkpoint": note,
        "verifiers": [verifier.text() for verifier in desk.ledger.keys.verifiers],
    }
    with new_folder(target, force=force) as new:
        (new / "documents").mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        (new / MANIFEST).write_text(json.dumps(pack, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return pack


def _documents(case: Case) -> dict[str, None]:
    """Digests of everything that was handed in or went with an event, each once."""
    return {digest: None for act in case.acts if (digest := act.body.get("document", ""))}


def _acts(case: Case) -> list[int]:
    """Numbers of its acts, and of the measure that it is about."""
    measure = [case.raised["measure"]] if "measure" in case.raised else []
    return sorted({*measure, *(act.number for act in case.acts)})


def _record(desk: Desk, number: int, size: int) -> dict[str, Any]:
    record = desk.ledger.store.records(after=number - 1, rows_max=1)[0]
    return {
        "number": record.number,
        "kind": record.kind,
        "by": record.by,
        "at_us": record.at_us,
        "body": canonical(json.loads(record.body)).decode(),
        "proof": desk.ledger.store.prove_record(number, log_size=size).as_body(),
    }


def _postings(desk: Desk, case: Case) -> Iterator[str]:
    """Ids of the transfers of both parties in each cycle in which something of what is disputed was cleared or netted."""
    if not case.obligations:
        return
    for cycle in desk.union.cycles.values():
        if cycle.final is None:
            continue
        rows = desk.office.table(cycle.final.body["tables"]["obligations"])
        ours = rows.filter(pc.is_in(rows["id"], value_set=_ids(case)))
        moved = [pc.sum(ours[name]).as_py() or 0 for name in ("cleared_minor", "replaced_minor") if name in ours.column_names]
        if any(moved):
            for act in filter(None, (cycle.final, cycle.last("settled"))):
                yield from _transfers(desk, cycle, act, case.parties)


def _transfers(desk: Desk, cycle: Cycle, act: Act, parties: tuple[str, str]) -> Iterator[str]:
    batch = batch_of(desk.union, cycle, act.kind, act.body, desk.office)
    columns = [] if batch is None else [batch.transfers.column(name).to_pylist() for name in ("id", "debit", "credit")]
    for name, debit, credit in zip(*columns, strict=True):
        if {debit.rsplit("/", 2)[0], credit.rsplit("/", 2)[0]} & {*parties}:
            yield name


def _ids(case: Case) -> Any:
    import pyarrow as pa

    submitters, names = zip(*case.obligations, strict=True)
    return names_of(pa.array(submitters), pa.array(names))
