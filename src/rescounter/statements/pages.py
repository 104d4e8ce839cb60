"""A document as one HTML page: complete in itself, no script, readable at any width and on paper without colour."""

from __future__ import annotations

import datetime
from typing import Final

from markupsafe import Markup

from rescounter.statements.documents import Document, amount
from rescounter.statements.environment import environment
from rescounter.statements.figures import exact, short, unit, width
from rescounter.statements.section import Cell
from rescounter.terms.money import Money

__all__ = ["page_html"]

_NO_PICTURE: Final = Markup()


def page_html(document: Document, picture: Markup = _NO_PICTURE) -> str:
    """The same bytes for the same document; it loads nothing and sends nothing. *picture* stands below the headline."""

    def told(cell: Cell, *, is_total: bool = False) -> str:
        if cell is None:
            return ""
        if isinstance(cell, Money):
            return amount(cell, document.exponents) if cell.minor or is_total else "–"
        if isinstance(cell, datetime.date):
            return cell.isoformat()
        return f"{cell:,}" if isinstance(cell, int) else cell

    def alone(money: Money) -> str:
        return amount(money, document.exponents, alone=True)

    def brief(money: Money) -> str:
        return short(money.minor, document.exponents[money.currency])

    def whole_of(money: Money) -> str:
        return exact(money.minor, document.exponents[money.currency])

    whole = sum(part.money.minor for part in document.whole)
    return (
        environment()
        .get_template("document.html.j2")
        .render(
            document=document,
            parts=[(part, width(part.money.minor, whole)) for part in document.whole],
            told=told,
            alone=alone,
            brief=brief,
            picture=picture,
            whole_of=whole_of,
            unit=unit,
            is_money=lambda value: isinstance(value, Money),
        )
    )
