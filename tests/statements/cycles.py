"""Facts to state: members of small cycles written by hand, and of cycles that the engine cleared."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import rescounter
from rescounter.statements.cycle_figures import figures_of
from rescounter.statements.cycle_page import Approval, CycleFacts, MemberCall, PostingNote
from rescounter.statements.facts import (
    ITEMS,
    PAID_IN,
    Balance,
    Call,
    CycleNote,
    Fee,
    Payment,
    Proofs,
    RuleNote,
    StatementFacts,
    UnionNote,
)
from rescounter.statements.moments import Moment
from rescounter.terms.tables import CIRCUITS, REFUSALS_TABLE

UNION = UnionNote(name="Riverside trade circle", zone="Europe/Ljubljana", legal_opinion="opinion of 12 January 2026, chambers of Kos")
RULES = RuleNote(version=3, digest="sha256:" + "5e" * 32, method="set-off-then-net")
CHECKPOINT = "riverside.example/union\n4211\nuQxw1mSzr1jD2jzqZ2oJ3l1Yb0y9N7c0M8v1mS8gVqE=\n\n— riverside.example/union PxwqdzT0v8b0lY1m\n"


def at(day: str, clock: str = "13:00", offset_minutes: int = 60) -> Moment:
    """An instant by its local day and clock time."""
    local = datetime.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=offset_minutes)))
    return Moment(int(local.timestamp()) * 1_000_000, offset_minutes)


CLOSED = CycleNote(
    code="2026-03",
    state="closed",
    opened=at("2026-03-02", "08:00"),
    cut_off=at("2026-03-16"),
    final=at("2026-03-18", "16:00"),
    settled=at("2026-03-20", "10:30"),
    closed=at("2026-03-20", "17:00"),
)
PROOFS = Proofs(
    cut_off={"root": "c4" * 32, "leaves": 4210, "items": 5, "proof": ["aa" * 32, "bb" * 32]},
    postings=({"key": "cycle/2026-03/set-off", "entry": 88, "proof": ["cc" * 32]}, {"key": "cycle/2026-03/net", "entry": 91, "proof": []}),
    roots={"cut-off": "c4" * 32, "result": "d0" * 32},
    checkpoint=CHECKPOINT,
)


def items_of(*lines: str) -> pa.Table:
    """Items from lines such as ``F-1 owes bo EUR 100.00 60.00 40.00 due=2026-03-01 reference=PO-7``: amount, set off, replaced."""
    rows = []
    for line in lines:
        words = line.split()
        more = dict(word.split("=", 1) for word in words[7:])
        amount, cleared, replaced = (int(word.replace(".", "")) for word in words[4:7])
        due = datetime.date.fromisoformat(more.pop("due")) if "due" in more else None
        rows.append(
            {
                "id": words[0], "side": words[1], "counterparty": words[2], "currency": words[3],
                "amount_minor": amount, "cleared_minor": cleared, "replaced_minor": replaced, "residual_minor": amount - cleared,
                "due": due, **more,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=ITEMS)


def circuits_of(*routes: str) -> pa.Table:
    """Circuits from routes such as ``ana bo cy 60.00``; each returns to its first member."""
    rows = []
    for number, route in enumerate(routes, 1):
        *members, amount = route.split()
        pairs = zip(members, [*members[1:], members[0]], strict=True)
        for step, (debtor, creditor) in enumerate(pairs, 1):
            minor = int(amount.replace(".", ""))
            row = {"currency": "EUR", "circuit": number, "step": step, "debtor": debtor, "creditor": creditor, "amount_minor": minor}
            rows.append(row)
    return pa.Table.from_pylist(rows, schema=CIRCUITS)


def ana() -> StatementFacts:
    """A member of a cycle with set-off and netting, small enough to be checked by hand."""
    return StatementFacts(
        union=UNION,
        cycle=CLOSED,
        rules=RULES,
        member="ana",
        member_name="Ana Tiskarna d.o.o.",
        exponents={"EUR": 2},
        items=items_of(
            "A-101 owes bo EUR 1200.00 700.00 500.00 due=2026-02-10 reference=PO-7 matched=K-88",
            "A-102 owes cy EUR 300.00 0.00 300.00 due=2026-02-28 matched=silence",
            "A-103 owes dan EUR 40.00 0.00 0.00 due=2026-03-30 excluded=not_yet_due carried=2026-04",
            "D-9 is_owed dan EUR 450.00 450.00 0.00 due=2026-01-31 origin=2026-02 matched=confirmed",
            "E-4 is_owed eva EUR 550.00 250.00 300.00 due=2026-02-20 matched=confirmed",
        ),
        circuits=circuits_of("bo cy dan ana 450.00", "ana bo eva 250.00"),
        calls=(
            Call(
                currency="EUR", position_minor=-50000, pay_in_minor=50000, paid_minor=50000, due=at("2026-03-19", "17:00"),
                account="SI56 1910 0000 0123 438", reference="2026-03 ana EUR",
            ),
        ),
        payments=(Payment(currency="EUR", amount_minor=50000, direction=PAID_IN, at=at("2026-03-19", "11:04"), reference="BNK-5512"),),
        fees=(Fee(currency="EUR", amount_minor=300, words="1.1 per mille of what was set off, at least 3.00"),),
        balances=(
            Balance(account="ana/cash/EUR", currency="EUR", balance_minor=0, limit_minor=100000, words="paid in and not used"),
            Balance(account="ana/fees/EUR", currency="EUR", balance_minor=-300, limit_minor=None, words="fees owed"),
        ),
        refusals=pa.Table.from_pylist(
            [
                {
                    "row": 6, "id": "A-104", "code": "zero_amount", "found": "0", "allowed": "above zero", "rule": "A9",
                    "what_to_do": "Leave the row out, or give its amount.",
                }
            ],
            schema=REFUSALS_TABLE,
        ),
        proofs=PROOFS,
        names={"bo": "Bo Papir", "cy": "Cy Logistika", "dan": "Dan Energija", "eva": "Eva Studio"},
    )  # fmt: skip


def facts_of(result: Any, member: str, **changes: Any) -> StatementFacts:
    """A member of a cleared result, as a union would hand its facts in."""
    rows = result.tables["obligations"]
    exponents = {code: facts["exponent"] for code, facts in result.summary["currencies"].items()}
    members = result.tables["members"].filter(pc.equal(result.tables["members"]["member"], member))
    calls = tuple(_call(row) for row in members.to_pylist() if row.get("pay_in_minor") or row.get("pay_out_minor"))
    circuits = result.circuits
    through = circuits.filter(pc.equal(circuits["debtor"], member)).select(["currency", "circuit"]).append_column(
        "through", pa.repeat(True, pc.sum(pc.equal(circuits["debtor"], member)).as_py() or 0)
    )  # fmt: skip
    own = circuits.join(through, ["currency", "circuit"], join_type="inner").select(CIRCUITS.names).cast(CIRCUITS)
    facts = StatementFacts(
        union=UNION, cycle=CLOSED, rules=RULES, member=member, exponents=exponents, items=_items(rows, member),
        circuits=own, members=members, calls=calls, proofs=PROOFS,
    )  # fmt: skip
    return replace(facts, **changes)


def _items(rows: pa.Table, member: str) -> pa.Table:
    sides = []
    for side, own, other in (("owes", "debtor", "creditor"), ("is_owed", "creditor", "debtor")):
        found = rows.filter(pc.equal(rows[own], member))
        columns: Mapping[str, Any] = {
            "counterparty": found[other],
            "side": pa.repeat(side, found.num_rows),
            **{name: found[name] for name in found.column_names if name in ITEMS.names},
        }
        zero = pa.repeat(pa.scalar(0, pa.int64()), found.num_rows)
        missing = {"replaced_minor": zero}
        sides.append(
            pa.table(
                [columns.get(field.name, missing.get(field.name, pa.nulls(found.num_rows, field.type))) for field in ITEMS], schema=ITEMS
            )
        )
    return pa.concat_tables(sides)


def _call(row: Mapping[str, Any]) -> Call:
    return Call(
        currency=row["currency"],
        position_minor=row["pay_out_minor"] - row["pay_in_minor"],
        pay_in_minor=row["pay_in_minor"],
        pay_out_minor=row["pay_out_minor"],
        due=at("2026-03-19", "17:00"),
        pay_out_at=at("2026-03-20", "12:00"),
        account="SI56 1910 0000 0123 438",
        reference=f"2026-03 {row['member']}",
    )


def trade(method: str = "set-off-then-net") -> Any:
    """The world's trade of 1985, cleared."""
    from pathlib import Path

    return rescounter.clear(Path(rescounter.__file__).parent / "data" / "trade_1985.csv", method=method)


def cycle_of(result: Any, **changes: Any) -> CycleFacts:
    """A cleared result as the cycle of a union: one member short, one late in part."""
    exponents = {code: facts["exponent"] for code, facts in result.summary["currencies"].items()}
    figures = figures_of(result.tables["obligations"], cycle="2026-03", exponents=exponents).currencies
    rows = [row for row in result.tables["members"].to_pylist() if row.get("pay_in_minor") or row.get("pay_out_minor")]
    calls = [
        MemberCall(
            member=row["member"],
            currency=row["currency"],
            pay_in_minor=row["pay_in_minor"],
            paid_minor=row["pay_in_minor"] // 2 if number == 3 else row["pay_in_minor"],
            pay_out_minor=row["pay_out_minor"],
            due=at("2026-03-19", "17:00"),
            is_late=number == 3,
        )
        for number, row in enumerate(rows)
    ]
    taken = result.tables["obligations"].num_rows
    facts = CycleFacts(
        union=UNION, cycle=CLOSED, rules=RULES, exponents=exponents, members=len(rows),
        submitted=taken + 8, carried_in=2, left_out=3, taken=taken, refused={"zero_amount": 5, "self_obligation": 2},
        excluded={"not_yet_due": 1}, figures=figures, calls=tuple(calls),
        postings=(
            PostingNote(what="Set-off", key="cycle/2026-03/set-off", entry=88, transfers=380, at=at("2026-03-18", "16:00")),
            PostingNote(what="Net", key="cycle/2026-03/net", entry=91, transfers=190, at=at("2026-03-20", "10:30")),
        ),
        approvals=(
            Approval(what="cleared (final)", proposed_by="olga", by="anton", outcome="approved", at=at("2026-03-18", "15:58")),
            Approval(what="settled", proposed_by="olga", by="", outcome="pending"),
        ),
        roots={"cut-off root": "c4" * 32, "result root": "d0" * 32, "frozen set": "sha256:" + "ab" * 32},
        checkpoint=CHECKPOINT,
    )  # fmt: skip
    return replace(facts, **changes)
