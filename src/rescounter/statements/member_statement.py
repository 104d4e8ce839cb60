"""What one member gets of one cycle: what it owed and was owed item by item, what became of it, and the proof.

Read `facts.py` for what goes in, `totals.py` for the sums and their laws, `parts.py` and `closing_parts.py` for the sections in the
order in which a reader meets them, `statement_files.py` for files and JSON, `bookkeeping.py` for the member's own books.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rescounter.statements.closing_parts import accounts, dates, fees, proof, refused, rulebook
from rescounter.statements.credit_parts import credit
from rescounter.statements.documents import Document, Headline, Part, amount, marks_of
from rescounter.statements.exchange_parts import conversions, exchange_currencies, rates
from rescounter.statements.facts import StatementFacts
from rescounter.statements.item_parts import by_counterparty, in_order, items
from rescounter.statements.pages import page_html
from rescounter.statements.parts import payment, positions, set_off
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Section
from rescounter.statements.totals import Totals, check, totals_of
from rescounter.terms.money import Money

__all__ = ["Statement", "document", "html", "statement", "text"]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Facts whose sums were checked, *totals* by currency, and the *sections* that other rooms handed in.

    The items of *facts* stand in the order in which they are told: those that the member owes first, then by currency, due date
    (none last), counterparty, id.
    """

    facts: StatementFacts
    totals: tuple[Totals, ...]
    sections: tuple[Section, ...]


def statement(facts: StatementFacts, sections: Sequence[Section] = ()) -> Statement:
    """Add the facts up and check them.

    Laws: amount = cleared + replaced + open for each item; items sum to the net position, to the member's row of the members table,
    and to the circuits; what is cleared as debtor is cleared as creditor, where no cash took part.
    """
    ordered = in_order(facts)
    totals = totals_of(ordered.items)
    check(ordered, totals)
    return Statement(ordered, totals, tuple(sections))


def text(statement: Statement, width: int = 100, *, rows_max: int = 60) -> str:
    """For a terminal of *width* columns; tables are cut after *rows_max* rows, and say so."""
    return plain_text(document(statement), width, rows_max=rows_max)


def html(statement: Statement) -> str:
    """One page, complete in itself, to be read and to be printed on A4; the same bytes for the same statement."""
    return page_html(document(statement))


def document(statement: Statement) -> Document:
    """The statement before it becomes text or a page."""
    facts = statement.facts
    name = f"{facts.member} ({facts.member_name})" if facts.member_name and facts.member_name != facts.member else facts.member
    one = statement.totals[0] if len(statement.totals) == 1 else None
    return Document(
        union=facts.union.name,
        what=f"Statement of {name}, cycle {facts.cycle.code}, {facts.cycle.state}",
        title=_title(statement),
        deck=_deck(statement),
        marks=(*_preliminary(facts), *marks_of(facts.union)),
        headlines=_headlines(one, facts) if one else (),
        whole=_whole(one) if one else (),
        sections=_sections(statement),
        exponents={code: facts.exponents[code] for code in _currencies(statement)},
        colophon="A statement tells what the union's records say of one member. Set-off and netting discharge debts only under the "
        "union's agreement or law. The files beside it hold every item, and what checks the proof.",
    )


def _currencies(statement: Statement) -> list[str]:
    """Currencies that occur anywhere in the statement; of a statement without any item, all that it knows."""
    facts = statement.facts
    found = {
        each.currency for part in (statement.totals, facts.calls, facts.payments, facts.fees, facts.balances, facts.credit) for each in part
    }
    handed_in = {currency for section in statement.sections for currency in section.currencies}
    return sorted(found | handed_in | exchange_currencies(facts)) or sorted(facts.exponents)


def _sections(statement: Statement) -> tuple[Section, ...]:
    facts, totals = statement.facts, statement.totals
    own: tuple[Section | None, ...] = (
        *positions(facts, totals),
        conversions(facts),
        rates(facts),
        payment(facts),
        *credit(facts.credit, is_settled=facts.cycle.settled is not None),
        items(facts, totals, "owes"),
        items(facts, totals, "is_owed"),
        by_counterparty(facts),
        set_off(facts),
        fees(facts),
        accounts(facts),
        refused(facts),
    )
    closing = (dates(facts.cycle, facts.union.zone), rulebook(facts.rules, facts.union), proof(facts))
    return tuple(section for section in (*own, *statement.sections, *closing) if section is not None)


def _preliminary(facts: StatementFacts) -> tuple[str, ...]:
    if facts.cycle.final is None:
        return ("Preliminary: nothing in this statement is final yet.",)
    return ()


def _title(statement: Statement) -> str:
    """The answer to what a member asks first: does it pay, and how much."""
    facts = statement.facts
    if not statement.totals:
        return f"{facts.member} had nothing in this cycle"
    missing = [Money(call.missing_minor, call.currency) for call in facts.calls if call.missing_minor]
    paid = [Money(call.paid_minor, call.currency) for call in facts.calls if call.paid_minor]
    out = [Money(call.pay_out_minor, call.currency) for call in facts.calls if call.pay_out_minor]
    off = [Money(each.cleared_debts_minor, each.currency) for each in statement.totals if each.cleared_debts_minor]
    taken = [Money(call.from_account_minor, call.currency) for call in facts.calls if call.from_account_minor]
    given = [Money(call.to_account_minor, call.currency) for call in facts.calls if call.to_account_minor]
    was, pays = ("was", "paid") if facts.cycle.settled is not None else ("will be", "pays")
    found = (
        (missing, "still pays in"),
        (paid, "paid in"),
        (out, f"{was} paid"),
        (taken, f"{pays} from its account"),
        (given, f"{was} credited"),
        (off, "set off"),
    )
    for amounts, words in found:
        if amounts:
            return f"{facts.member} {words} {_several(amounts, facts)}"
    return f"Nothing of {facts.member} is cleared" + ("" if facts.cycle.final is not None else " yet")


def _several(amounts: Sequence[Money], facts: StatementFacts) -> str:
    if len(amounts) > 2:
        return f"amounts in {len(amounts)} currencies"
    return " and ".join(amount(money, facts.exponents, alone=True) for money in amounts)


def _deck(statement: Statement) -> tuple[str, ...]:
    """What became of the debts, a sentence for each currency; from five on the tables tell it."""
    if len(statement.totals) > 4:
        return (f"Positions in {len(statement.totals)} currencies, each cleared by itself.",)
    return tuple(_sentence(each, statement.facts) for each in statement.totals)


def _sentence(totals: Totals, facts: StatementFacts) -> str:
    def told(minor: int) -> str:
        return amount(Money(minor, totals.currency), facts.exponents, alone=True)

    parts = [
        (totals.cleared_debts_minor, "was set off against claims, without money"),
        (totals.replaced_debts_minor, "was replaced by one position towards the union"),
        (totals.open_debts_minor, "is still owed"),
    ]
    became = "; ".join(f"{told(minor)} {words}" for minor, words in parts if minor)
    head = f"{facts.member} owed {told(totals.owes_minor)} and was owed {told(totals.is_owed_minor)}."
    return f"{head} Of its debts {became}." if became else head


def _headlines(totals: Totals, facts: StatementFacts) -> tuple[Headline, ...]:
    def money(minor: int) -> Money:
        return Money(minor, totals.currency)

    count = facts.items.num_rows
    found = [
        Headline("owes", "Owed", money(totals.owes_minor), f"by {facts.member}, before the cycle"),
        Headline("is_owed", "Was owed", money(totals.is_owed_minor), f"to {facts.member}; {count:,} items in all"),
        Headline("cleared", "Set off", money(totals.cleared_debts_minor), "of its debts, against as much of its claims"),
    ]
    if totals.replaced_debts_minor or totals.replaced_claims_minor:
        words = "owed to the union" if totals.position_minor < 0 else "owed by the union" if totals.position_minor else "nothing to pay"
        found.append(Headline("position", "Net position", money(totals.position_minor), words))
    else:
        found.append(Headline("open", "Still owes", money(totals.open_debts_minor), "to other members, outside this cycle"))
    return tuple(found)


def _whole(totals: Totals) -> tuple[Part, ...]:
    """What became of the debts."""
    parts = (
        ("cleared", "set off", totals.cleared_debts_minor),
        ("netted", "replaced by the net position", totals.replaced_debts_minor),
        ("left", "still owed", totals.open_debts_minor),
    )
    return tuple(Part(kind, label, Money(minor, totals.currency)) for kind, label, minor in parts if minor)
