"""The sections that follow the items: fees, accounts, refused rows, the cycle's dates, the rulebook, the proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rescounter.statements.facts import CycleNote, Proofs, RuleNote, StatementFacts, UnionNote
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.money import Money

__all__ = ["accounts", "dates", "fees", "proof", "refused", "rulebook"]

_REFUSED_MAX: Final = 200
_OF_POSTING: Final = ("posting", "key", "entry")
"""What the line of a posting tells."""


def fees(facts: StatementFacts) -> Section | None:
    """What the union charges."""
    if not facts.fees:
        return None
    rows = tuple((fee.words or "Fee", Money(fee.amount_minor, fee.currency)) for fee in facts.fees)
    return Section(name="fees", title="Fees", table=Table(columns=(Column("For"), Column("Amount", "money")), rows=rows))


def accounts(facts: StatementFacts) -> Section | None:
    """Balances on the ledger, and how far each account may go below zero."""
    if not facts.balances:
        return None
    told = sorted(facts.balances, key=lambda each: (each.currency, each.account))
    pending = any(each.pending_minor for each in told)
    rows: list[Row] = [
        (
            each.account,
            each.words,
            Money(each.balance_minor, each.currency),
            *([Money(each.pending_minor, each.currency)] if pending else []),
            "none" if each.limit_minor is None else _limit(facts, each.limit_minor, each.currency),
        )
        for each in told
    ]
    columns = [Column("Account"), Column("What it holds"), Column("Balance", "money")]
    columns += [Column("Waiting", "money")] * pending + [Column("May be below zero by")]
    return Section(
        name="accounts",
        title="Accounts with the union",
        words="As they stand when this is written, later cycles included. Above zero the union owes the member; below zero the member "
        "owes the union.",
        table=Table(columns=tuple(columns), rows=tuple(rows)),
    )


def _limit(facts: StatementFacts, minor: int, currency: str) -> str:
    return Money(minor, currency).format(facts.exponents[currency]).removesuffix(" XXX") if minor else "never"


def refused(facts: StatementFacts) -> Section | None:
    """Rows of the member that were not taken, and what mends each."""
    if facts.refusals.num_rows == 0:
        return None
    rows: list[Row] = [
        (row["row"], row["id"] or "", row["code"], row["found"] or "", row["allowed"] or "", row["what_to_do"] or "")
        for row in facts.refusals.slice(0, _REFUSED_MAX).to_pylist()
    ]
    columns = (Column("Row", "count"), Column("Item"), Column("Code"), Column("Found"), Column("Allowed"), Column("To do"))
    count = facts.refusals.num_rows
    return Section(
        name="refused",
        title="Rows that were not taken",
        words=f"{count:,} {'row was' if count == 1 else 'rows were'} refused, each for one reason; the rest went on without them.",
        table=Table(columns=columns, rows=tuple(rows), left_out=count - len(rows), file="refusals"),
    )


def dates(cycle: CycleNote, zone: str) -> Section:
    """When the cycle got where, told in *zone*."""
    return Section(name="cycle", title="The cycle", lines=tuple(_dates(cycle, zone)))


def _dates(cycle: CycleNote, zone: str) -> Iterator[Line]:
    yield Line("Cycle", cycle.code)
    yield Line("State", cycle.state)
    for label, at, words in (
        ("Opened", cycle.opened, ""),
        ("Cut off", cycle.cut_off, "from then on nothing could be added"),
        ("Final", cycle.final, "set-off was discharged for good"),
        ("Settled", cycle.settled, "net positions were discharged for good"),
        ("Closed", cycle.closed, ""),
    ):
        if at is not None:
            yield Line(label, f"{at.told} ({zone})", words)


def rulebook(rules: RuleNote, union: UnionNote) -> Section:
    """Which rules were in force, and what the law says of them."""
    lines = [Line("Version", str(rules.version)), Line("Digest", rules.digest, is_exact=True)]
    if rules.method:
        lines.append(Line("Method", rules.method))
    lines.append(Line("Legal opinion", union.legal_opinion or "missing"))
    return Section(name="rulebook", title="Rulebook", lines=tuple(lines))


def proof(facts: StatementFacts) -> Section | None:
    """What the member checks the statement against, without trusting whoever printed it."""
    lines = [*_proof_lines(facts.proofs)]
    if not lines:
        return None
    return Section(
        name="proof",
        title="Proof",
        words="What the union has committed to. The JSON file of this statement holds the proofs in full; with them and the signed "
        "checkpoint the member can check that its items were in the cut-off set, and that the postings are in the union's log.",
        lines=tuple(lines),
    )


def _proof_lines(proofs: Proofs) -> Iterator[Line]:
    for name, root in proofs.roots.items():
        yield Line(f"{name[:1].upper()}{name[1:]} root", root, is_exact=True)
    told = set(proofs.roots.values())
    yield from (line for line in _plain_lines(proofs.cut_off or {}, "Cut-off: ") if line.value not in told)
    for posting in proofs.postings:
        entry = f"entry {posting['entry']:,} of the union's log" if isinstance(posting.get("entry"), int) else ""
        yield Line("Posting", str(posting.get("key", "")), entry, is_exact=True)
        yield from _plain_lines({name: value for name, value in posting.items() if name not in _OF_POSTING}, "Posting: ")
    if proofs.checkpoint:
        yield Line("Checkpoint", proofs.checkpoint.strip("\n"), is_exact=True)


def _plain_lines(values: Mapping[str, Any], prefix: str = "") -> Iterator[Line]:
    """The plain values of a proof as lines; of lists only how long they are."""
    for name, value in values.items():
        label = prefix + name.replace("_", " ")
        if isinstance(value, str | int):
            yield Line(label, f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value), is_exact=True)
        elif isinstance(value, Mapping):
            yield from _plain_lines(value, f"{label}, ")
        elif isinstance(value, Sequence):
            count = len(value)
            yield Line(label, f"{count:,} {'value' if count == 1 else 'values'}, in the JSON file" if count else "none needed")
