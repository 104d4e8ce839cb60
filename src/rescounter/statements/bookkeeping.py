"""What a member enters in its own books: payables and receivables that set-off and novation discharged, payments, fees.

=============  ==================================================  ============================================================
entry          debit                                               credit
=============  ==================================================  ============================================================
set-off        payables, each debt's cleared amount                receivables, each claim's cleared amount
net            payables, each debt's replaced amount               receivables, each claim's; union, the difference (or debit)
pay-in         union                                               bank
pay-out        bank                                                union
fees           fees                                                fees_owed
interest       interest                                            union, on outstandings; at the close fees_owed (or the other way)
charges        charges                                             fees_owed
calls          losses                                              union, calls of the guarantee that a settlement collected
collected      fees_owed                                           union (or the other way)
exchange       exchange, what a position became elsewhere          union, the position (or debit), and the other way in what it became
=============  ==================================================  ============================================================

The account ``union`` is money with the union: below zero once a net debtor's debts are replaced, at zero once it has paid in. Only what is
final is entered: set-off from the day on which the cycle was final, novation from the day on which it was settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.facts import PAID_IN, StatementFacts
from rescounter.statements.moments import Moment
from rescounter.terms.faults import holds

__all__ = ["ACCOUNTS", "JOURNAL", "journal_entries"]

ACCOUNTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "payables": "Trade payables",
        "receivables": "Trade receivables",
        "union": "Clearing union",
        "bank": "Bank",
        "fees": "Clearing fees",
        "fees_owed": "Clearing fees owed",
        "interest": "Clearing interest",
        "charges": "Clearing charges",
        "losses": "Losses borne for others",
        "exchange": "Clearing union, exchange",
    }
)
"""Names of accounts; a member may hand in its own. In payables and receivables ``{counterparty}`` becomes the other member's code."""

JOURNAL: Final = pa.schema(
    [
        pa.field("entry", pa.int64()),
        pa.field("date", pa.date32()),
        pa.field("account", pa.string()),
        pa.field("debit_minor", pa.int64()),
        pa.field("credit_minor", pa.int64()),
        pa.field("currency", pa.string()),
        pa.field("text", pa.string()),
        pa.field("counterparty", pa.string()),
        pa.field("item", pa.string()),
        pa.field("reference", pa.string()),
    ]
)
"""A row is a line of an entry; *entry* counts from 1. One of debit and credit is zero."""

_UNNUMBERED: Final = JOURNAL.remove(0)
_COUNTERPARTY: Final = "{counterparty}"


def journal_entries(facts: StatementFacts, accounts: Mapping[str, str] = ACCOUNTS) -> pa.Table:
    """The entries of one cycle, as `JOURNAL`.

    Args: *accounts*: names that replace some of `ACCOUNTS`.
    Law: every entry balances in its one currency.
    """
    names = {**ACCOUNTS, **accounts}
    holds(set(names) == set(ACCOUNTS), "accounts_are_known", unknown=sorted(set(names) - set(ACCOUNTS)))
    entries = [
        *_discharges(facts, names),
        *_exchanged(facts, names),
        *_payments(facts, names),
        *_fees(facts, names),
        *_credit(facts, names),
    ]
    for entry in entries:
        debits, credits = (pc.sum(entry[name]).as_py() for name in ("debit_minor", "credit_minor"))
        holds(debits == credits and len(pc.unique(entry["currency"])) == 1, "every_entry_balances", debits=debits, credits=credits)
    numbered = [entry.add_column(0, "entry", pa.repeat(number, len(entry))) for number, entry in enumerate(entries, 1)]
    return pa.concat_tables([JOURNAL.empty_table(), *numbered]).combine_chunks()


def _discharges(facts: StatementFacts, names: Mapping[str, str]) -> Iterator[pa.Table]:
    for at, column, words in (
        (facts.cycle.final, "cleared_minor", f"Set-off, cycle {facts.cycle.code}"),
        (facts.cycle.settled, "replaced_minor", f"Net position, cycle {facts.cycle.code}"),
    ):
        if at is None:
            continue
        rows = facts.items.filter(pc.greater(facts.items[column], 0))
        for currency in sorted(pc.unique(rows["currency"]).to_pylist()):
            yield _discharge(rows.filter(pc.equal(rows["currency"], currency)), at, column, words, names)


def _discharge(rows: pa.Table, at: Moment, column: str, words: str, names: Mapping[str, str]) -> pa.Table:
    """Payables are debited, receivables credited, and the union bears the difference."""
    owes = pc.equal(rows["side"], "owes")
    debit, credit = pc.if_else(owes, rows[column], 0), pc.if_else(owes, 0, rows[column])
    account = pc.if_else(owes, *(_named(names[role], rows["counterparty"]) for role in ("payables", "receivables")))
    lines = _lines(
        at,
        words,
        account=account,
        debit_minor=debit,
        credit_minor=credit,
        currency=rows["currency"],
        counterparty=rows["counterparty"],
        item=rows["id"],
        reference=rows["reference"].fill_null(""),
    )
    beyond = pc.sum(credit).as_py() - pc.sum(debit).as_py()
    if beyond == 0:
        return lines
    return pa.concat_tables([lines, _line(at, words, names["union"], beyond, rows["currency"][0].as_py())])


def _named(name: str, counterparty: pa.ChunkedArray) -> pa.ChunkedArray | pa.Scalar:
    if _COUNTERPARTY not in name:
        return pa.scalar(name)
    before, after = name.split(_COUNTERPARTY, 1)
    return pc.binary_join_element_wise(pa.scalar(before), counterparty, pa.scalar(after), pa.scalar(""))


def _exchanged(facts: StatementFacts, names: Mapping[str, str]) -> Iterator[pa.Table]:
    """Each conversion: out of the currency that it was in, into the one that it became; both against the account of exchange."""
    at = facts.cycle.settled
    if at is None or facts.exchange is None:
        return
    for each in facts.exchange.conversions:
        words = f"Exchange of {each.currency} into {each.into}, cycle {facts.cycle.code}"
        for minor, currency in ((each.amount_minor, each.currency), (-each.converted_minor, each.into)):
            if minor:
                sides = (names["exchange"], names["union"]) if minor > 0 else (names["union"], names["exchange"])
                yield _transfer(at, words, sides, abs(minor), currency, "")


def _payments(facts: StatementFacts, names: Mapping[str, str]) -> Iterator[pa.Table]:
    for each in sorted(facts.payments, key=lambda each: (each.at.at_us, each.currency, each.direction, each.reference)):
        paid_in = each.direction == PAID_IN
        debit, credit = (names["union"], names["bank"]) if paid_in else (names["bank"], names["union"])
        words = f"{'Pay-in' if paid_in else 'Pay-out'}, cycle {facts.cycle.code}"
        yield _transfer(each.at, words, (debit, credit), each.amount_minor, each.currency, each.reference)


def _fees(facts: StatementFacts, names: Mapping[str, str]) -> Iterator[pa.Table]:
    if facts.cycle.closed is not None:
        for fee in facts.fees:
            words = f"{fee.words or 'Fee'}, cycle {facts.cycle.code}"
            yield _transfer(facts.cycle.closed, words, (names["fees"], names["fees_owed"]), fee.amount_minor, fee.currency, "")


def _credit(facts: StatementFacts, names: Mapping[str, str]) -> Iterator[pa.Table]:
    """Interest on outstandings and what was collected, with the settlement; interest and charges on credit, with the close.

    What of a position is credit stays where it is: on the account with the union.
    """
    settled, closed, cycle = facts.cycle.settled, facts.cycle.closed, facts.cycle.code
    union, owed = names["union"], names["fees_owed"]
    for note in facts.credit:
        collected = note.fees_collected_minor + note.interest_collected_minor + note.charges_collected_minor
        moves = (
            (settled, f"Interest on outstandings, cycle {cycle}", names["interest"], union, -note.outstandings_minor),
            (settled, f"Collected for earlier cycles, cycle {cycle}", owed, union, -collected),
            (settled, f"Calls of the guarantee, cycle {cycle}", names["losses"], union, -note.assessments_collected_minor),
            (closed, f"Interest on credit until {note.accrued_until}", names["interest"], owed, -note.interest_minor),
            (closed, f"Charge on a lasting balance until {note.accrued_until}", names["charges"], owed, note.charge_minor),
        )
        for at, words, debit, credit, minor in moves:
            if at is not None and minor:
                sides = (debit, credit) if minor > 0 else (credit, debit)
                yield _transfer(at, words, sides, abs(minor), note.currency, "")


def _transfer(at: Moment, words: str, accounts: tuple[str, str], minor: int, currency: str, reference: str) -> pa.Table:
    debit, credit = accounts
    return pa.concat_tables([_line(at, words, debit, minor, currency, reference), _line(at, words, credit, -minor, currency, reference)])


def _line(at: Moment, words: str, account: str, minor: int, currency: str, reference: str = "") -> pa.Table:
    """One line; *minor* above zero is a debit."""
    columns = {"account": account, "currency": currency, "counterparty": "", "item": "", "reference": reference}
    amounts = {"debit_minor": max(0, minor), "credit_minor": max(0, -minor)}
    return _lines(
        at,
        words,
        **{name: pa.array([cell], pa.string()) for name, cell in columns.items()},
        **{name: pa.array([cell], pa.int64()) for name, cell in amounts.items()},
    )


def _lines(at: Moment, words: str, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    count = len(columns["currency"])
    every = {"date": pa.repeat(pa.scalar(at.day, pa.date32()), count), "text": pa.repeat(pa.scalar(words), count), **columns}
    return pa.table([every[name] for name in _UNNUMBERED.names], schema=_UNNUMBERED)
