"""What each member has in a policy year: exposures, estimated contribution, calls and payments; and the record that follows it.

Read from the documents that the acts of the year name, through a function that gives a document's table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import pyarrow as pa

from rescounter.insurance.contributions import Record
from rescounter.insurance.pool import Pool, Year
from rescounter.insurance.terms import YearTerms

__all__ = ["Books", "MemberBook", "TableOf", "books_of", "factors", "record_of"]

TableOf = Callable[[str], pa.Table]
_RECORD_KINDS = ("advance", "supplementary", "release")


@dataclass(slots=True)
class MemberBook:
    """One member in one year, in minor units >= 0: by class what it *declared* and what was *charged*; *called* and *paid* by call.

    *by_kind*: what was called under each kind of call. *brought*: the record from another pool. *under_way*: by call, what is in cycles
    that are not closed.
    """

    declared: dict[str, int] = field(default_factory=dict)
    charged: dict[str, int] = field(default_factory=dict)
    brought: dict[str, Record] = field(default_factory=dict)
    estimated_minor: int = 0
    called: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    by_kind: dict[str, int] = field(default_factory=dict)
    is_released: bool = False
    surplus_minor: int = 0
    given_up_minor: int = 0
    under_way: dict[str, int] = field(default_factory=dict)

    @property
    def exposure_minor(self) -> int:
        """All that it has at risk and was charged for."""
        return sum(self.charged.values())

    @property
    def open_minor(self) -> int:
        """What was called and is neither paid nor given up."""
        return sum(self.called.values()) - sum(self.paid.values()) - self.given_up_minor

    def open_of(self, call: str) -> int:
        """What it has not paid of a call."""
        return self.called.get(call, 0) - self.paid.get(call, 0)

    def free_of(self, call: str) -> int:
        """What it has not paid of a call and is in no cycle."""
        return self.open_of(call) - self.under_way.get(call, 0)

    def paid_of(self, year: Year, *kinds: str) -> int:
        """What it paid of calls of these kinds."""
        return sum(paid for call, paid in self.paid.items() if year.calls[call].kind in kinds)


Books = Mapping[str, MemberBook]
"""By member code."""


def books_of(year: Year, table_of: TableOf) -> Books:
    """The members of a year, in order of code. Cost: one pass over its documents."""
    books: dict[str, MemberBook] = {}

    def of(member: str) -> MemberBook:
        return books.setdefault(member, MemberBook())

    for act in year.acts:
        body = act.body
        match act.kind:
            case "exposures_declared":
                for row in table_of(body["exposures"]).to_pylist():
                    book = of(row["member"])
                    book.declared[row["class"]] = row["exposure_minor"]
                    book.brought[row["class"]] = Record(row["record_contributed_minor"], row["record_lost_minor"])
            case "pool_called":
                for row in table_of(body["rows"]).to_pylist():
                    _charge(of(row["member"]), row, body["call"], body["kind"])
            case "pool_paid":
                for row in table_of(body["payments"]).to_pylist():
                    paid = of(row["member"]).paid
                    paid[body["call"]] = paid.get(body["call"], 0) + row["amount_minor"]
            case "cut_off" | "closed":
                for row in table_of(body["pool"]).to_pylist():
                    if row["call"] and row["year"] == year.code:
                        _of_cycle(of(row["member"]), row, is_over=act.kind == "closed")
            case "pool_year_closed" if body["year"] == year.code:
                for row in table_of(body["surplus"]).to_pylist():
                    of(row["member"]).surplus_minor += row["amount_minor"]
                for row in table_of(body["given_up"]).to_pylist():
                    of(row["member"]).given_up_minor += row["amount_minor"]
    return dict(sorted(books.items()))


def _of_cycle(book: MemberBook, row: Mapping[str, object], *, is_over: bool) -> None:
    """Count what entered a cycle (`tables.ENTERED`), or left it with what was paid (`tables.LEFT`)."""
    call, amount = str(row["call"]), int(str(row["amount_minor"]))
    book.under_way[call] = book.under_way.get(call, 0) + (-amount if is_over else amount)
    if is_over:
        book.paid[call] = book.paid.get(call, 0) + int(str(row["paid_minor"]))


def _charge(book: MemberBook, row: Mapping[str, object], call: str, kind: str) -> None:
    amount = int(str(row["amount_minor"]))
    book.called[call] = book.called.get(call, 0) + amount
    book.by_kind[kind] = book.by_kind.get(kind, 0) + amount
    if kind == "advance":
        name = str(row["class"])
        book.charged[name] = book.charged.get(name, 0) + int(str(row["exposure_minor"]))
        book.estimated_minor += int(str(row["estimated_minor"]))
    book.is_released |= kind == "release"


def _earlier(pool: Pool, terms: YearTerms) -> list[Year]:
    """The years that count in the record, the latest first: in the same currency, begun before, as many as the terms say."""
    found = [year for year in pool.years.values() if year.terms.currency == terms.currency and year.terms.begins < terms.begins]
    found.sort(key=lambda year: (year.terms.begins, year.code), reverse=True)
    return found[: terms.record_years]


def record_of(pool: Pool, year: Year, members: Iterable[str], table_of: TableOf) -> dict[str, Record]:
    """The record that each member brings into a year: from earlier years, whatever its classes were, and from another pool.

    Called is what the member was called for but for overspill; lost is what others than the member bear of its claims.
    """
    wanted = {member: Record() for member in members}
    years = _earlier(pool, year.terms)
    for each in (year, *years):
        books = books_of(each, table_of)
        for member in wanted.keys() & books.keys():
            book = books[member]
            wanted[member] = sum(book.brought.values(), wanted[member])
            if each is not year:
                wanted[member] += Record(contributed_minor=sum(book.by_kind.get(kind, 0) for kind in _RECORD_KINDS))
    for each in years:
        for claim in pool.claims_of(each.code):
            if claim.member in wanted:
                wanted[claim.member] += Record(lost_minor=claim.borne(each.terms).above_retention_minor)
    return wanted


def factors(records: Mapping[str, Record], terms: YearTerms) -> dict[str, Fraction]:
    """What the record of each member does to its contribution."""
    return {member: terms.factor_of(record.ratio) for member, record in records.items()}
