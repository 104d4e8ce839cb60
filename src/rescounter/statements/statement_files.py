"""A statement as tables and as JSON.

The keys of the JSON, which stay as they are while *format* does:

==============  ==============================================================================================================
key             value
==============  ==============================================================================================================
format          ``rescounter-statement/1``
union           name, zone, legal_opinion, is_demonstration, is_single_person, assumed
member          code, name
cycle           code, state, opened, cut_off, final, settled, closed (ISO 8601 with offset, or null)
rulebook        version, digest, method
exponents       digits of each currency
totals          for each currency what its items add up to (`totals.Totals`), with net_minor and position_minor
items           every item, the columns of `facts.ITEMS` and open_minor
circuits        rows of the circuits through the member; circuits_left_out: how many circuits are not told
calls           currency, position_minor, pay_in_minor, paid_minor, missing_minor, pay_out_minor, due, pay_out_at, account, reference,
                in_money_minor (null: the position)
exchange        unit, base, basket, rates, conversions (rate and difference exact, p/q), interest, beside_minor,
                is_for_others, swap_minor; or null
credit          for each currency quota, position, reserves and credit before and after, interest, charges, events
                (`credit_parts.CreditNote`)
payments        currency, amount_minor, direction (``in``, ``out``), at, reference
fees            currency, amount_minor, words
balances        account, currency, balance_minor, limit_minor (null: none), pending_minor, words
refusals        row, id, code, found, allowed, rule, what_to_do
proofs          cut_off, postings, roots, checkpoint
sections        what other rooms handed in: name, title, words, lines, columns, rows, totals
==============  ==============================================================================================================

Amounts are integers in minor units; those of sections are objects of minor and currency. Days are ISO 8601.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.bookkeeping import ACCOUNTS, journal_entries
from rescounter.statements.credit_parts import CreditNote
from rescounter.statements.facts import Call, StatementFacts
from rescounter.statements.item_parts import counterparties
from rescounter.statements.member_statement import Statement
from rescounter.statements.moments import Moment
from rescounter.statements.section import Cell, Section
from rescounter.statements.totals import Totals
from rescounter.terms.money import Money

__all__ = ["FORMAT", "as_json", "tables"]

FORMAT: Final = "rescounter-statement/1"

_TOTALS: Final = pa.schema(
    [
        pa.field(name, pa.string() if name == "currency" else pa.int64())
        for name in (*(field.name for field in dataclasses.fields(Totals)), "net_minor", "position_minor")
    ]
)


def tables(statement: Statement, accounts: Mapping[str, str] = ACCOUNTS) -> dict[str, pa.Table]:
    """What the writers of `formats` put beside the page: items, totals, counterparties, circuits, journal, and where there are any
    calls, balances, conversions, rates, refusals. Columns hold text, integers or days."""
    facts = statement.facts
    found = {
        "items": _items(facts),
        "totals": pa.Table.from_pylist([_total(each) for each in statement.totals], schema=_TOTALS),
        "counterparties": _sums(counterparties(facts.items)),
        "circuits": facts.circuits,
        "journal": journal_entries(facts, accounts),
    }
    more = {
        "calls": [_call(call) for call in facts.calls],
        "credit": [_credit_row(note) for note in facts.credit],
        "balances": [_plain(each) for each in facts.balances],
    }
    if facts.exchange is not None:
        more |= {name: _plain(getattr(facts.exchange, name)) for name in ("conversions", "rates")}
    found |= {name: pa.Table.from_pylist(rows) for name, rows in more.items() if rows}
    return found | ({"refusals": facts.refusals} if facts.refusals.num_rows else {})


def as_json(statement: Statement) -> dict[str, Any]:
    """Plain data, ready for `json.dumps`; the keys are those above."""
    facts = statement.facts
    return {
        "format": FORMAT,
        "union": _plain(facts.union),
        "member": {"code": facts.member, "name": facts.member_name},
        "cycle": _plain(facts.cycle),
        "rulebook": _plain(facts.rules),
        "exponents": dict(facts.exponents),
        "totals": [_total(each) for each in statement.totals],
        "items": _rows(_items(facts)),
        "circuits": _rows(facts.circuits),
        "circuits_left_out": facts.circuits_left_out,
        "calls": [_call(call) for call in facts.calls],
        "exchange": _plain(facts.exchange),
        "credit": [_credit(note) for note in facts.credit],
        "payments": [_plain(each) for each in facts.payments],
        "fees": [_plain(each) for each in facts.fees],
        "balances": [_plain(each) for each in facts.balances],
        "refusals": _rows(facts.refusals),
        "proofs": _plain(facts.proofs),
        "sections": [_section(section) for section in statement.sections],
    }


def _items(facts: StatementFacts) -> pa.Table:
    left = pc.subtract(facts.items["residual_minor"], facts.items["replaced_minor"])
    return facts.items.append_column("open_minor", left)


def _sums(rows: pa.Table) -> pa.Table:
    return rows.rename_columns([name if name in ("counterparty", "currency", "items") else f"{name}_minor" for name in rows.column_names])


def _total(totals: Totals) -> dict[str, Any]:
    return {**_plain(totals), "net_minor": totals.net_minor, "position_minor": totals.position_minor}


def _call(call: Call) -> dict[str, Any]:
    return {**_plain(call), "missing_minor": call.missing_minor}


def _credit(note: CreditNote) -> dict[str, Any]:
    return {**_plain(note), "credit_before_minor": note.credit_before_minor, "credit_minor": note.credit_minor}


def _credit_row(note: CreditNote) -> dict[str, Any]:
    """The same in one row of a table, events by their codes."""
    return {**_credit(note), "events": " ".join(event.code for event in note.events)}


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows of text and integers; days as text."""
    columns = [column.cast(pa.string()) if pa.types.is_date(column.type) else column for column in table.columns]
    cells = zip(*(column.to_pylist() for column in columns), strict=True)
    return [dict(zip(table.column_names, row, strict=True)) for row in cells]


def _plain(value: Any) -> Any:
    """Values of this room as plain data."""
    if isinstance(value, Moment):
        return value.iso
    if isinstance(value, datetime.date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _section(section: Section) -> dict[str, Any]:
    table = section.table
    return {
        "name": section.name,
        "title": section.title,
        "words": section.words,
        "lines": [{"label": line.label, "value": _cell(line.value), "note": line.note} for line in section.lines],
        "columns": [] if table is None else [{"heading": column.heading, "kind": column.kind} for column in table.columns],
        "rows": [] if table is None else [[_cell(cell) for cell in row] for row in table.rows],
        "totals": [] if table is None else [[_cell(cell) for cell in row] for row in table.totals],
    }


def _cell(cell: Cell) -> Any:
    return {"minor": cell.minor, "currency": cell.currency} if isinstance(cell, Money) else _plain(cell)
