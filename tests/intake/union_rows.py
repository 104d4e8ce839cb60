"""Rows of a union written as an accountant would, and answers of intake written the same way."""

import datetime

import pyarrow as pa

from rescounter.intake.cut_off import Handed, freeze
from rescounter.rulebook.rules import IntakeRules, UnionRules
from rescounter.terms.intake_tables import ACT, ANSWERS, KEPT_OUT, PARTICIPANTS, WITHDRAWALS
from rescounter.terms.union_tables import SUBMISSIONS

KEY = bytes(range(32))
DAY = datetime.date(2026, 3, 31)
UNION = UnionRules(name="Test", currencies=("CHF", "EUR"))


def participants(text="ANA BO CY DI"):
    """``ANA DE:one -BO`` is ANA of Germany in group one, and BO, which is suspended."""
    rows = []
    for word in text.split():
        code, _, rest = word.lstrip("-").partition("@")
        country, _, group = rest.partition(":")
        rows.append({"code": code, "country": country, "group": group, "may_submit": not word.startswith("-")})
    return pa.Table.from_pylist(rows, schema=PARTICIPANTS)


def owed(text, *, schema=None):
    """One row a line: ``submitter id debtor creditor amount`` in minor units of EUR, then ``name=value``: due, class, weight, ..."""
    rows = []
    for line in filter(None, map(str.strip, text.splitlines())):
        submitter, name, debtor, creditor, amount, *more = line.split()
        row = {"submitter": submitter, "id": name, "debtor": debtor, "creditor": creditor, "amount_minor": int(amount)}
        row |= {"currency": "EUR", "weight": 1, "divisible": True, "act": 0, "origin": "c0", "matched": "", "excluded": ""}
        row |= dict(word.split("=") for word in more)
        row["due"] = datetime.date.fromisoformat(row["due"]) if "due" in row else None
        row |= {"weight": int(row["weight"]), "divisible": row["divisible"] in (True, "yes"), "act": int(row["act"])}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=schema or pa.schema([*SUBMISSIONS, ACT]))


def table(schema, text):
    """One row a line, one word a text column; a number at the end of a line longer than the schema is the act."""
    rows = [line.split() for line in filter(None, map(str.strip, text.splitlines()))]
    filled = [dict(zip([*schema.names, "act"], [*row, *[""] * (len(schema) - len(row))], strict=False)) for row in rows]
    columns = pa.schema([*schema, ACT]) if any("act" in row for row in filled) else schema
    return pa.Table.from_pylist([row | ({"act": int(row["act"])} if "act" in row else {}) for row in filled], schema=columns)


def cut(text, *, members="ANA BO CY DI", carried=None, withdrawals="", answers="", kept_out="", cycle="c1", driven_by="debtor", **rules):
    """The cut-off of these rows."""
    return freeze(handed(text, members, carried, withdrawals, answers, kept_out, cycle, driven_by, **rules), key=KEY)


def handed(text, members="ANA BO CY DI", carried=None, withdrawals="", answers="", kept_out="", cycle="c1", driven_by="debtor", **rules):
    given = {"is_of_pairs": rules.pop("is_of_pairs", False)} | ({} if carried is None else {"carried": carried})
    return Handed(
        cycle=cycle,
        day=DAY,
        rules=IntakeRules(driven_by=driven_by, **rules),
        participants=participants(members),
        submissions=owed(text),
        withdrawals=table(WITHDRAWALS, withdrawals),
        answers=table(ANSWERS, answers),
        kept_out=table(KEPT_OUT, kept_out),
        **given,
    )


def stands(cut_off):
    """``ANA 1 100 [matched] [excluded]`` for each frozen row."""
    return [
        " ".join(filter(None, (row["submitter"], row["id"], str(row["amount_minor"]), row["matched"], row["excluded"])))
        for row in cut_off.table.to_pylist()
    ]


def outside(cut_off):
    """``ANA 1 withdrawn`` for each row that does not stand."""
    return [f"{row['submitter']} {row['id']} {row['why']}" for row in cut_off.outside.to_pylist()]


def told(refusals):
    """``code: found`` of each refusal."""
    return [f"{row['code']}: {row['found']}" for row in refusals.to_pylist()]
