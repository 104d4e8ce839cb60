"""Funding: money that came in, told apart, and what is still missing of what was called.

Each pay-in gets exactly one verdict:

============  ===============================================================================================
verdict       means
============  ===============================================================================================
on_time       it belongs to a member and was booked by the due day; it is credited to who settles for it
late          the same, booked after the due day: the money is the member's, the rules say what follows
unidentified  nobody can be given it yet: *why* says which of `WHY`; it waits on an account of its own
double        the bank told of this reference before, with the same content: shown, never booked again
refused       the same reference with other content: a refusal stands beside it, nothing is booked
============  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from rescounter.settlement.calls import POSITIONS
from rescounter.terms import Refusal, holds
from rescounter.terms.refusals import UNION_REFUSALS, shown
from rescounter.terms.union_tables import CALLS, PAY_INS

__all__ = ["FUNDED", "LATE", "LINES", "STANDING", "VERDICTS", "WHY", "Reconciled", "late_of", "reconcile", "standing"]

VERDICTS: Final = ("on_time", "late", "unidentified", "double", "refused")
WHY: Final = ("no_member", "unknown_member", "unknown_currency")
"""Why money is unidentified: nothing names a member; the member named is none; the union has no accounts in that currency."""

_text, _minor = pa.string(), pa.int64()

LINES: Final = pa.schema([*PAY_INS, pa.field("verdict", _text), pa.field("credited", _text), pa.field("why", _text)])
"""Every pay-in in order of arrival. *credited*: the direct member whose cash it goes to, empty where none."""

FUNDED: Final = pa.schema(
    [
        ("currency", _text),
        ("member", _text),
        ("called_minor", _minor),
        ("paid_minor", _minor),
        ("late_minor", _minor),
        ("short_minor", _minor),
        ("over_minor", _minor),
    ]
)
"""By currency and direct member: what was called, what came in (*late_minor* of it after the due day), and the difference."""

STANDING: Final = pa.schema(
    [
        ("currency", _text),
        ("member", _text),
        ("net_debit_minor", _minor),
        ("called_minor", _minor),
        ("paid_minor", _minor),
        ("missing_minor", _minor),
        ("over_minor", _minor),
    ]
)
"""By currency and net debtor, as its cash stands: *missing_minor* is what keeps the cycle from being funded."""

LATE: Final = pa.schema([("currency", _text), ("member", _text), ("paid_minor", _minor)])
"""Direct members that did not pay in; *paid_minor*: what they may use for their net debit, cash and cap together."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """*lines* in the schema `LINES`, *funded* in `FUNDED`, and a refusal for each refused line."""

    lines: pa.Table
    funded: pa.Table
    refusals: tuple[Refusal, ...]


def reconcile(
    called: pa.Table, pay_ins: pa.Table, *, earlier: pa.Table, participants: pa.Table, currencies: Collection[str], due: date
) -> Reconciled:
    """Tell apart what came in.

    Args: *called* `CALLS`; *pay_ins* and *earlier* (all that the union ever took) in the schema `PAY_INS`, at least; *participants* with
    *member* and *settles_by*; *currencies* in which the union has accounts; *due*: last day on which a pay-in is on time.
    Refuses: ``pay_in_reference_taken``.
    Law: nothing is lost: by currency, all pay-ins together are those credited, unidentified, double and refused.
    """
    holds(called.schema.equals(CALLS), "calls_have_their_schema", found=called.schema.names)
    direct = dict(zip(participants["member"].to_pylist(), participants["settles_by"].to_pylist(), strict=True))
    known = {row["reference"]: row for row in earlier.select(PAY_INS.names).to_pylist()}
    rows, refusals = [], []
    for number, row in enumerate(pay_ins.select(PAY_INS.names).to_pylist(), start=1):
        before = known.get(row["reference"])
        if before is None:
            known[row["reference"]] = row
            rows.append(row | _verdict(row, direct, currencies, due))
        elif _is_same(before, row):
            rows.append(row | _told("double"))
        else:
            rows.append(row | _told("refused"))
            refusals.append(_taken(number, row, before))
    lines = pa.Table.from_pylist(rows, schema=LINES)
    _nothing_is_lost(pay_ins, rows)
    return Reconciled(lines, _funded(called, rows), tuple(refusals))


def standing(net: pa.Table, called: pa.Table, cash: pa.Table) -> pa.Table:
    """How far the net debtors of a cycle are funded, as `STANDING`.

    Args: *net* `calls.POSITIONS`; *called* `CALLS` made of them; *cash* `accounts.CASH_TABLE` as it stands.
    Returns: *missing* = net debit less cash and cap, never below zero; zero for all means that the cycle can be funded. *paid* = what came
    to the cash since the call; *over* = what of it was not called.
    """
    holds(net.schema.equals(POSITIONS), "positions_have_their_schema", found=net.schema.names)
    asked = {(row["currency"], row["member"]): row["pay_in_minor"] for row in called.to_pylist()}
    has = {(row["currency"], row["member"]): row["balance_minor"] + row["limit_minor"] for row in cash.to_pylist()}
    rows = []
    for currency, member, amount in _triples(net, "net_minor"):
        if amount < 0:
            usable, call = max(0, has.get((currency, member), 0)), asked.get((currency, member), 0)
            missing, over = max(0, -amount - usable), max(0, usable + amount) if call else 0
            rows.append((currency, member, -amount, call, max(0, call - missing + over), missing, over))
    return _table(rows, STANDING)


def late_of(stood: pa.Table) -> pa.Table:
    """Who has not paid in, as `LATE`. Args: *stood* `STANDING` at the deadline."""
    rows = [
        (row["currency"], row["member"], row["net_debit_minor"] - row["missing_minor"]) for row in stood.to_pylist() if row["missing_minor"]
    ]
    return _table(rows, LATE)


def _verdict(row: Mapping[str, Any], direct: Mapping[str, str | None], currencies: Collection[str], due: date) -> dict[str, str]:
    member = row["member"] or ""
    if not member:
        return _told("unidentified", why="no_member")
    if member not in direct:
        return _told("unidentified", why="unknown_member")
    if row["currency"] not in currencies:
        return _told("unidentified", why="unknown_currency")
    return _told("late" if row["booked"] > due else "on_time", credited=direct[member] or member)


def _told(verdict: str, *, credited: str = "", why: str = "") -> dict[str, str]:
    return {"verdict": verdict, "credited": credited, "why": why}


def _is_same(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """The same money: a notification and a statement tell texts and days of it differently, or know no member."""
    members = {before["member"] or "", row["member"] or ""} - {""}
    return before["currency"] == row["currency"] and before["amount_minor"] == row["amount_minor"] and len(members) < 2


def _taken(number: int, row: Mapping[str, Any], before: Mapping[str, Any]) -> Refusal:
    rule = UNION_REFUSALS["pay_in_reference_taken"]
    found = "; before ".join(f"{each['amount_minor']} {each['currency']} of {each['member'] or 'nobody known'}" for each in (row, before))
    return Refusal(number, shown(row["reference"]), rule.code, shown(found), rule.allowed, rule.what_to_do)


def _funded(called: pa.Table, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    asked = {(row["currency"], row["member"]): row["pay_in_minor"] for row in called.to_pylist() if row["pay_in_minor"]}
    paid, late = dict.fromkeys(asked, 0), dict.fromkeys(asked, 0)
    for row in rows:
        if row["credited"]:
            key = row["currency"], row["credited"]
            paid[key] = paid.get(key, 0) + row["amount_minor"]
            late[key] = late.get(key, 0) + (row["amount_minor"] if row["verdict"] == "late" else 0)
    return _table(
        [
            (*key, call := asked.get(key, 0), paid[key], late[key], max(0, call - paid[key]), max(0, paid[key] - call))
            for key in sorted(paid)
        ],
        FUNDED,
    )


def _nothing_is_lost(pay_ins: pa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    told: dict[str, int] = {}
    for row in rows:
        holds(row["verdict"] in VERDICTS and (row["verdict"] in ("on_time", "late")) == bool(row["credited"]), "a_pay_in_has_one_verdict")
        told[row["currency"]] = told.get(row["currency"], 0) + row["amount_minor"]
    came: dict[str, int] = {}
    for currency, amount in zip(pay_ins["currency"].to_pylist(), pay_ins["amount_minor"].to_pylist(), strict=True):
        came[currency] = came.get(currency, 0) + amount
    holds(came == told, "no_pay_in_is_lost")


def _triples(table: pa.Table, amount: str) -> Iterable[tuple[str, str, int]]:
    return zip(*(table[name].to_pylist() for name in ("currency", "member", amount)), strict=True)


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
