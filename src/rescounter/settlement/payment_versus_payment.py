"""Payment versus payment: pairs of payments in two currencies, settled both or not at all.

The queue is gone through in its order: a pair after which both members pass the three tests of `pair_tests.py` is settled at once; the
others stay. That is repeated until a pass settles nothing. A pair that failed is tried again only when a balance of the member that failed
has changed, which gives the same result, since the tests look at nothing else. Source: rule R5, modelled on CLS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.settlement.pair_books import PairBooks
from rescounter.settlement.pair_tests import PairRules, three_tests
from rescounter.terms import INT64_MAX, holds

__all__ = ["PAIRS", "PAIR_BALANCES", "PairsSettled", "settle_pairs"]

PAIRS: Final = pa.schema(
    [
        pa.field("pair", pa.string()),
        pa.field("payer_1", pa.string()),
        pa.field("currency_1", pa.string()),
        pa.field("amount_1_minor", pa.int64()),
        pa.field("payer_2", pa.string()),
        pa.field("currency_2", pa.string()),
        pa.field("amount_2_minor", pa.int64()),
    ]
)
"""In the order of the queue: payer 1 pays amount 1 (> 0) to payer 2, who pays amount 2 in another currency to payer 1."""

PAIR_BALANCES: Final = pa.schema(
    [pa.field("member", pa.string()), pa.field("currency", pa.string()), pa.field("balance_minor", pa.int64())]
)
"""By member and currency, positive = is owed; what does not stand there is zero."""

_SETTLED: Final = pa.schema([pa.field("number", pa.int64()), pa.field("pass", pa.int64()), *PAIRS])
_QUEUED: Final = pa.schema(
    [
        pa.field("pair", pa.string()),
        pa.field("member", pa.string()),
        pa.field("test", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("found_minor", pa.int64()),
        pa.field("allowed_minor", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsSettled:
    """What was settled, in order, and why the rest was not.

    *settled*: `PAIRS` with *number* (1, 2, ...) and *pass*. *waiting*: `PAIRS` that were not settled. *queued*: a row for each test that a
    member of a waiting pair would fail: pair, member, test, currency (of a short position, else empty), found and allowed, in minor units,
    of the unit of account except for a short position. A value is at least what is allowed, the others at most; what was found is
    rounded away from it. *balances*: `PAIR_BALANCES` at the end, of all members and currencies that occur. *passes*: how often the queue
    was gone through.
    """

    settled: pa.Table
    waiting: pa.Table
    queued: pa.Table
    balances: pa.Table
    passes: int


def settle_pairs(pairs: pa.Table, opening: pa.Table, rules: PairRules) -> PairsSettled:
    """Settle what passes until nothing passes any more.

    Args: *pairs* `PAIRS`, ids unique; *opening* `PAIR_BALANCES`.
    Law: each pair moves both legs or none; both its members pass all tests after it; the sum of each currency stays as it was.
    Cost: passes times the pairs that are tried again.
    """
    holds(pairs.schema.equals(PAIRS) and opening.schema.equals(PAIR_BALANCES), "pairs_have_their_schema", found=pairs.schema.names)
    _are_pairs(pairs)
    rows = list(zip(*(pairs[name].to_pylist() for name in PAIRS.names[1:]), strict=True))
    books = PairBooks.opened(rows, opening.to_pylist(), rules)
    before = books.sums()
    order, passes = _gone_through(books, len(rows))
    holds(books.sums() == before, "every_currency_keeps_its_sum")
    _pass_at_the_end(books, {place for place, _ in order}, rules)
    waiting = sorted(set(range(len(rows))) - {place for place, _ in order})
    return PairsSettled(
        settled=_settled(pairs, order),
        waiting=pairs.take(pa.array(waiting, pa.int64())),
        queued=_queued(pairs["pair"].to_pylist(), waiting, books),
        balances=_balances(books),
        passes=passes,
    )


def _gone_through(books: PairBooks, pairs: int) -> tuple[list[tuple[int, int]], int]:
    """Places of the settled pairs with the pass that settled them, and the number of passes."""
    queue, order, passes, progress = list(range(pairs)), [], 0, True
    while queue and progress:
        passes, waiting = passes + 1, []
        for place in queue:
            if books.may_have_changed(place) and books.settle(place):
                order.append((place, passes))
            else:
                waiting.append(place)
        progress, queue = len(waiting) < len(queue), waiting
    return order, passes


def _are_pairs(pairs: pa.Table) -> None:
    if not pairs.num_rows:
        return
    amounts = (pc.min(pairs[name]).as_py() for name in ("amount_1_minor", "amount_2_minor"))
    holds(all(amount > 0 for amount in amounts), "a_pair_has_amounts")
    holds(not pc.any(pc.equal(pairs["payer_1"], pairs["payer_2"])).as_py(), "a_pair_has_two_members")
    holds(not pc.any(pc.equal(pairs["currency_1"], pairs["currency_2"])).as_py(), "a_pair_has_two_currencies")
    holds(pc.count_distinct(pairs["pair"]).as_py() == pairs.num_rows, "a_pair_is_queued_once")


def _pass_at_the_end(books: PairBooks, settled: set[int], rules: PairRules) -> None:
    """Reckoned anew, with fractions, from the balances alone."""
    for member in sorted({member for place in settled for member in books.members_of(place)}):
        holds(not three_tests(member, books.balances_of(member), rules).failed, "who_settled_passes_the_tests", member=member)


def _settled(pairs: pa.Table, order: list[tuple[int, int]]) -> pa.Table:
    taken = pairs.take(pa.array([place for place, _ in order], pa.int64()))
    numbers = pa.array(range(1, len(order) + 1), pa.int64())
    return pa.table([numbers, pa.array([turn for _, turn in order], pa.int64()), *taken.columns], schema=_SETTLED)


def _queued(names: list[str], waiting: list[int], books: PairBooks) -> pa.Table:
    """The last pass settled nothing, so the balances at the end are those at which each waiting pair failed."""
    rows = [(names[place], *row) for place in waiting for row in books.failures(place)]
    holds({name for name, *_ in rows} == {names[place] for place in waiting}, "what_waits_has_a_reason")
    holds(all(abs(found) <= INT64_MAX for *_, found, _ in rows), "money_fits_int64")
    columns = zip(*rows, strict=True) if rows else ((),) * len(_QUEUED)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, _QUEUED.types, strict=True)], schema=_QUEUED)


def _balances(books: PairBooks) -> pa.Table:
    rows = [(member, *each) for member in books.members for each in books.balances_of(member).items()]
    holds(all(abs(balance) <= INT64_MAX for *_, balance in rows), "money_fits_int64")
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.Table.from_arrays(
        [pa.array(column, kind) for column, kind in zip(columns, PAIR_BALANCES.types, strict=True)], schema=PAIR_BALANCES
    )
