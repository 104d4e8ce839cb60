"""The savings report as a page and as text: since the beginning, and cycle by cycle."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from rescounter.statements.documents import Document, Headline, amount, marks_of
from rescounter.statements.environment import environment
from rescounter.statements.facts import UnionNote
from rescounter.statements.figures import share, unit
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.savings import CurrencySavings, Savings
from rescounter.statements.savings_picture import BOX, lines, waterfall
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.terms.money import Money

__all__ = ["savings_document", "savings_html", "savings_text"]

_PICTURES_MAX = 4
_CYCLES_MAX = 400
_PARTS = ("gross_minor", "set_off_minor", "netted_minor", "open_minor", "credit_minor", "cash_minor", "fees_minor")
_HEADINGS = ("Owed", "Set off", "Netted", "Still open", "On credit", "Paid", "Fees")
_CARRIED = " What was carried over stands in both cycles under owed and still open, and once in the sums."


def savings_text(savings: Savings, union: UnionNote, width: int = 100) -> str:
    """For a terminal of *width* columns."""
    return plain_text(savings_document(savings, union), width, rows_max=_CYCLES_MAX)


def savings_html(savings: Savings, union: UnionNote) -> str:
    """One page with pictures, complete in itself; the same bytes for the same savings."""
    drawn = [
        {
            "code": unit(own.currency) if len(savings.currencies) > 1 else "",
            "unit": unit(own.currency),
            "cycles": len(own.cycles),
            "steps": waterfall(own),
            "lines": lines(own),
        }
        for own in savings.currencies[:_PICTURES_MAX]
    ]
    picture = environment().get_template("savings.html.j2").render(drawn=drawn, box=BOX)
    return page_html(savings_document(savings, union), Markup(picture))


def savings_document(savings: Savings, union: UnionNote) -> Document:
    """The report before it becomes text or a page."""
    one = savings.currencies[0] if len(savings.currencies) == 1 else None
    cycles = list(dict.fromkeys(cycle.cycle for own in savings.currencies for cycle in own.cycles))
    span = f"cycle {cycles[0]}" if len(cycles) == 1 else f"{len(cycles):,} cycles" if cycles else "no cycle yet"
    return Document(
        union=union.name,
        what=f"Savings report, {span}",
        title=_title(savings),
        deck=tuple(_deck(savings)),
        marks=marks_of(union),
        headlines=_headlines(one) if one else (),
        sections=tuple(section for own in savings.currencies for section in _sections(own, len(savings.currencies) > 1)),
        exponents={own.currency: own.exponent for own in savings.currencies},
        colophon="Shares are rounded down. What pairs would have paid alone and what is saved through time are reckoned: nobody paid them.",
    )


def _needless(own: CurrencySavings) -> int:
    return own.total("set_off_minor") + own.total("netted_minor")


def _title(savings: Savings) -> str:
    if not savings.currencies:
        return "Nothing was cleared yet"
    if len(savings.currencies) > 1:
        return f"What clearing together saved, in {len(savings.currencies)} currencies"
    own = savings.currencies[0]
    return f"{share(_needless(own), own.total('gross_minor'))} of what was owed needed no money"


def _deck(savings: Savings) -> Iterator[str]:
    for own in savings.currencies[:_PICTURES_MAX]:
        exponents = {own.currency: own.exponent}
        gross, needless, cash = (
            amount(Money(minor, own.currency), exponents, alone=True)
            for minor in (own.total("gross_minor"), _needless(own), own.total("cash_minor"))
        )
        yield f"Of {gross} that members owed each other, {needless} needed no money; {cash} was paid through the union."


def _headlines(own: CurrencySavings) -> tuple[Headline, ...]:
    told = (
        ("gross", "Owed", own.total("gross_minor"), f"{own.total('items'):,} obligations"),
        ("set_off", "Set off", own.total("set_off_minor"), "discharged without money"),
        ("netted", "Netted", own.total("netted_minor"), "only net positions are paid"),
        ("cash", "Paid", own.total("cash_minor"), "through the union"),
    )
    return tuple(Headline(name, label, Money(minor, own.currency), words) for name, label, minor, words in told)


def _sections(own: CurrencySavings, several: bool) -> Iterator[Section]:
    of = f", {own.currency}" if several else ""
    yield _cycles(own, of)
    yield _union_statistic(own, of)


def _cycles(own: CurrencySavings, of: str) -> Section:
    rows: tuple[Row, ...] = tuple(
        (
            cycle.cycle,
            cycle.items,
            *(Money(getattr(cycle, name), own.currency) for name in _PARTS),
            share(cycle.set_off_minor + cycle.netted_minor, cycle.gross_minor),
        )
        for cycle in own.cycles
    )
    total: Row = (
        "All",
        own.total("items"),
        *(Money(own.total(name), own.currency) for name in _PARTS),
        share(_needless(own), own.total("gross_minor")),
    )
    columns = (
        Column("Cycle"),
        Column("Items", "count"),
        *(Column(heading, "money") for heading in _HEADINGS),
        Column("Without money", "share"),
    )
    return Section(
        name="cycles",
        title=f"Cycle by cycle{of}",
        words="Owed = set off + netted + still open + on credit + paid." + _CARRIED * any(each.carried_in_minor for each in own.cycles),
        table=_latest(columns, rows, total),
    )


def _union_statistic(own: CurrencySavings, of: str) -> Section:
    def row(name: str, bilateral: int, multilateral: int, through_time: int, residual: int) -> Row:
        return (name, *(Money(minor, own.currency) for minor in (bilateral, multilateral, through_time, residual)))

    rows: tuple[Row, ...] = tuple(
        row(each.figures.cycle, each.figures.bilateral_minor, each.multilateral_minor, each.through_time_minor, each.residual_minor)
        for each in own.by_cycle
    )
    total = row("All", own.bilateral_minor, own.multilateral_minor, own.through_time_minor, own.residual_minor)
    headings = ("Pairs alone", "Multilateral", "Through time", "Left")
    return Section(
        name="statistic",
        title=f"Who nets with whom, and when{of}",
        words="After the statistic of the European Payments Union, both sides counted. Pairs alone: what members would have paid, each pair"
        " netting by itself in each cycle. Multilateral: what netting with all saves. Through time: what one cycle's claims would do for "
        "another's debts, were positions kept. Left: by how much the positions kept would have grown.",
        table=_latest((Column("Cycle"), *(Column(heading, "money") for heading in headings)), rows, total),
    )


def _latest(columns: tuple[Column, ...], rows: tuple[Row, ...], total: Row) -> Table:
    return Table(columns=columns, rows=rows[-_CYCLES_MAX:], totals=(total,), left_out=max(0, len(rows) - _CYCLES_MAX), file="savings")
