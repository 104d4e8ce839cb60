"""A default, or a drill of one, as a page and as text: the loss, the layers in their order, who pays what and why, and what is left."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from rescounter.statements.default_facts import DefaultFacts, LayerTold, LossTold
from rescounter.statements.default_picture import BOX, LABELS, falls
from rescounter.statements.documents import Document, Headline, amount, marks_of
from rescounter.statements.environment import environment
from rescounter.statements.figures import unit
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.terms.money import Money

__all__ = ["default_document", "default_html", "default_text"]

_PICTURES_MAX = 4
_OWN = ("defaulter_collateral", "defaulter_fund")
_OF_THE_UNION = ("operator_capital", "fund")
_CALLED = ("assessment_calls", "residual_to_counterparties_by_exposure", "creditors")
_UNION = "the union"


def default_text(facts: DefaultFacts, width: int = 100) -> str:
    """For a terminal of *width* columns."""
    return plain_text(default_document(facts), width)


def default_html(facts: DefaultFacts) -> str:
    """One page with a picture, complete in itself; the same bytes for the same facts."""
    drawn = [{"unit": unit(loss.currency), "bars": falls(loss)} for loss in facts.losses[:_PICTURES_MAX] if loss.loss_minor]
    picture = environment().get_template("default.html.j2").render(drawn=drawn, box=BOX)
    return page_html(default_document(facts), Markup(picture))


def default_document(facts: DefaultFacts) -> Document:
    """The report before it becomes text or a page."""
    name = f"{facts.member} ({facts.member_name})" if facts.member_name not in ("", facts.member) else facts.member
    one = facts.losses[0] if len(facts.losses) == 1 else None
    return Document(
        union=facts.union.name,
        what=f"{'Drill: default of' if facts.is_drill else 'Default of'} {name}, {facts.at}",
        title=_title(facts),
        deck=tuple(_deck(facts)),
        marks=(*_marks(facts), *marks_of(facts.union)),
        headlines=_headlines(one) if one else (),
        sections=tuple(section for loss in facts.losses for section in _sections(loss, len(facts.losses) > 1)),
        exponents={loss.currency: loss.exponent for loss in facts.losses} or {"XXX": 2},
        colophon="A waterfall says who bears what a member in default does not pay, layer after layer. What is called is owed by the "
        "members that are named; what comes back later is given back in reverse order of the layers.",
    )


def _title(facts: DefaultFacts) -> str:
    if not facts.losses:
        return f"{facts.member} owes the union nothing"
    if len(facts.losses) > 1:
        return (
            f"{facts.member} would leave losses in {len(facts.losses)} currencies" if facts.is_drill else f"What {facts.member} left unpaid"
        )
    loss = facts.losses[0]
    others = sum(layer.bears_minor for layer in loss.layers if layer.kind not in _OWN) + loss.unallocated_minor
    told = _told(others, loss)
    if facts.is_drill:
        return f"If {facts.member} failed, others would bear {told}"
    return f"Others bear {told} for {facts.member}"


def _deck(facts: DefaultFacts) -> Iterator[str]:
    for loss in facts.losses[:_PICTURES_MAX]:
        own = sum(layer.bears_minor for layer in loss.layers if layer.kind in _OWN)
        supposed = "A loss that is supposed" if loss.is_supposed else "The loss"
        left = f"; {_told(loss.unallocated_minor, loss)} is borne by nobody" if loss.unallocated_minor else "; nothing of it is left"
        yield f"{supposed} is {_told(loss.loss_minor, loss)}. {_told(own, loss)} of it is covered by {facts.member} itself{left}."
    if facts.is_drill and not facts.losses:
        yield "Its accounts owe nothing as things stand; what its net debit cap could leave tells the same drill with --worst."
    if facts.reason:
        yield f"Declared because: {facts.reason}."


def _marks(facts: DefaultFacts) -> Iterator[str]:
    if facts.is_drill:
        yield "A drill: nothing was posted, recorded or called."
    for cycle in facts.pending:
        yield f"Cycle {cycle} is final and not settled: what a default leaves unpaid is known when it is."


def _told(minor: int, loss: LossTold) -> str:
    return amount(Money(minor, loss.currency), {loss.currency: loss.exponent}, alone=True)


def _headlines(loss: LossTold) -> tuple[Headline, ...]:
    own = sum(layer.bears_minor for layer in loss.layers if layer.kind in _OWN)
    union = sum(layer.bears_minor for layer in loss.layers if layer.kind in _OF_THE_UNION)
    members = sum(layer.bears_minor for layer in loss.layers) - own - union
    told = (
        ("loss", "Loss", loss.loss_minor, "what the member does not pay"),
        ("own", "Its own means", own, "collateral and fund share"),
        ("members", "Other members", members, "fund shares, calls, exposures"),
        ("unallocated", "Borne by nobody", loss.unallocated_minor, f"after {_told(union, loss)} of the union"),
    )
    return tuple(Headline(name, label, Money(minor, loss.currency), words) for name, label, minor, words in told)


def _sections(loss: LossTold, several: bool) -> Iterator[Section]:
    of = f", {loss.currency}" if several else ""
    yield _layers(loss, of)
    yield _steps(loss, of)
    yield _by_payer(loss, of)
    if loss.owed:
        yield _accounts(loss, of)


def _layers(loss: LossTold, of: str) -> Section:
    left, rows = loss.loss_minor, list[Row]()
    is_told = any(layer.stands_minor is not None for layer in loss.layers)
    for layer in loss.layers:
        left -= layer.bears_minor
        stands = None if layer.stands_minor is None else Money(layer.stands_minor, loss.currency)
        behind = (stands,) if is_told else ()
        rows.append((LABELS[layer.kind], *behind, Money(layer.bears_minor, loss.currency), Money(left, loss.currency)))
    words = "What stands behind each layer, what it bears, and what is left for the next one. A layer without an amount has no bound."
    columns = (*((Column("Stands behind it", "money"),) if is_told else ()), Column("Bears", "money"), Column("Left", "money"))
    return Section(
        name="layers",
        title=f"Layer after layer{of}",
        words=words if is_told else "What each layer bore, and what was left for the next one.",
        table=Table(columns=(Column("Layer"), *columns), rows=tuple(rows)),
    )


def _steps(loss: LossTold, of: str) -> Section:
    rows: list[Row] = []
    returned = any(each.returned_minor for layer in loss.layers for each in layer.payers)
    for layer in loss.layers:
        rows += [_step_row(layer, place, loss, returned=returned) for place in range(len(layer.payers))]
    columns = (
        Column("Step", "count"),
        Column("Who"),
        Column("Pays", "money"),
        *((Column("Came back", "money"),) if returned else ()),
        Column("Why"),
    )
    paid = Money(loss.loss_minor - loss.unallocated_minor, loss.currency)
    back = sum(each.returned_minor for layer in loss.layers for each in layer.payers)
    total: Row = (None, "All", paid, *((Money(back, loss.currency),) if returned else ()), "")
    return Section(
        name="steps",
        title=f"Who pays what, and why{of}",
        words="One posting for each step. Numbers in the reasons are minor units.",
        table=Table(columns=columns, rows=tuple(rows), totals=(total,)),
    )


def _step_row(layer: LayerTold, place: int, loss: LossTold, *, returned: bool) -> Row:
    step = layer.payers[place]
    back = (Money(step.returned_minor, loss.currency),) if returned else ()
    return (step.number, _name(step.payer), Money(step.amount_minor, loss.currency), *back, step.reason)


def _by_payer(loss: LossTold, of: str) -> Section:
    sums: dict[str, list[int]] = {}
    for layer in loss.layers:
        is_called = layer.kind in _CALLED
        for each in layer.payers:
            sums.setdefault(_name(each.payer), [0, 0])[int(is_called)] += each.amount_minor
    rows: list[Row] = [
        (who, Money(now, loss.currency), Money(called, loss.currency), Money(now + called, loss.currency))
        for who, (now, called) in sorted(sums.items(), key=lambda item: (-sum(item[1]), item[0]))
    ]
    return Section(
        name="payers",
        title=f"All that each bears{of}",
        words="Taken at once from money that lies there, and called to be paid in.",
        table=Table(
            columns=(Column("Who"), Column("At once", "money"), Column("Called", "money"), Column("Together", "money")), rows=tuple(rows)
        ),
    )


def _accounts(loss: LossTold, of: str) -> Section:
    rows: tuple[Row, ...] = tuple((words, Money(minor, loss.currency)) for words, minor in loss.owed)
    return Section(
        name="accounts",
        title=f"What the loss is made of{of}",
        words="What the member owes on its accounts with the union, less what it has there.",
        table=Table(
            columns=(Column("Account"), Column("Owes", "money")), rows=rows, totals=(("The loss", Money(loss.loss_minor, loss.currency)),)
        ),
    )


def _name(payer: str) -> str:
    return _UNION if payer == "*" else payer
