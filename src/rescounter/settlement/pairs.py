"""From a frozen set to a queue of pairs, from the queue and the cash to a plan: what settles, what waits and why, who is paid out.

A plan moves nothing. `pair_postings.py` makes batches of it, `payment_versus_payment.py` holds the loop and its tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.intake.admitted import NO_DUE
from rescounter.intake.keys import column, names_of
from rescounter.intake.pairs import pair_places
from rescounter.rulebook.rules import PairingRules
from rescounter.settlement.calls import POSITIONS, settled_by
from rescounter.settlement.pair_tests import PairRules
from rescounter.settlement.payment_versus_payment import PAIR_BALANCES, PAIRS, settle_pairs
from rescounter.terms import Exponents, holds
from rescounter.terms.money import apportion
from rescounter.terms.union_tables import CALLS

__all__ = ["PAIRED", "SETTLED", "WAITS", "Plan", "calls_of", "opening_of", "pair_rules", "pairs_of", "plan", "short_caps", "still_holds"]

PAIRED: Final = pa.schema(
    [
        *PAIRS,
        *((name, pa.string()) for name in ("reference", "item_1", "item_2", "debtor_1", "debtor_2", "origin")),
    ]
)
"""In the order of the queue. *pair*: the name of leg 1, unique in the cycle; *item*, *debtor*: the obligation of each leg and whose it is,
where *payer* is the direct member that settles for it; *origin*: the earlier cycle of those in which the legs were handed in."""

_NOTHING: Final[Mapping[str, Fraction]] = MappingProxyType({})

SETTLED: Final = pa.schema([pa.field("number", pa.int64()), pa.field("pass", pa.int64()), *PAIRED])
"""In the order of settlement. *pass* 0: both legs are of one direct member, on whose account nothing moves."""

WAITS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("pair", "member", "test", "currency")),
        ("found_minor", pa.int64()),
        ("allowed_minor", pa.int64()),
    ]
)
"""As `PairsSettled.queued`: a row for each test that a member of a waiting pair would fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """*settled* `SETTLED`; *waiting* `PAIRED`; *queued* `WAITS`; *balances* `PAIR_BALANCES` after what settles; *pay_outs* `CALLS`."""

    settled: pa.Table
    waiting: pa.Table
    queued: pa.Table
    balances: pa.Table
    pay_outs: pa.Table


def pairs_of(frozen: pa.Table, participants: pa.Table) -> pa.Table:
    """The pairs of a frozen set as `PAIRED`: those that came in the earliest cycle first, then by due day (none last), then by name.

    Args: *frozen* `FROZEN`; *participants* with *member* and *settles_by*.
    Law: every obligation that takes part is a leg of one pair.
    """
    takes_part = np.asarray(pc.equal(column(frozen, "excluded"), ""))
    partner = pair_places(frozen, takes_part)
    holds(bool((partner[takes_part] >= 0).all()), "no_leg_takes_part_alone", legs=int((partner[takes_part] < 0).sum()))
    ways = pc.less(column(frozen, "debtor").cast(pa.binary()), column(frozen, "creditor").cast(pa.binary()))
    first = np.flatnonzero((partner >= 0) & np.asarray(ways))
    legs = [frozen.take(pa.array(places)) for places in (first, partner[first])]
    columns: dict[str, pa.Array] = {"reference": column(legs[0], "reference")}
    for number, leg in zip("12", legs, strict=True):
        columns[f"item_{number}"] = names_of(column(leg, "submitter"), column(leg, "id"))
        columns[f"debtor_{number}"] = column(leg, "debtor")
        columns[f"payer_{number}"] = settled_by(leg["debtor"], participants)
        columns[f"currency_{number}"], columns[f"amount_{number}_minor"] = column(leg, "currency"), column(leg, "amount_minor")
    columns["pair"] = columns["item_1"]
    columns["origin"] = pc.min_element_wise(*(column(leg, "origin") for leg in legs))
    table = pa.table([columns[name] for name in PAIRED.names], schema=PAIRED)
    days = pc.fill_null(pc.min_element_wise(*(column(leg, "due").cast(pa.int32()) for leg in legs)), NO_DUE)
    keys = [("origin", "ascending"), ("due", "ascending"), ("pair", "ascending")]
    return table.take(pc.sort_indices(table.append_column("due", days), sort_keys=keys))


def pair_rules(
    rules: PairingRules,
    exponents: Exponents,
    *,
    currencies: tuple[str, ...],
    aggregate: Mapping[str, int],
    told: Mapping[str, Fraction] = _NOTHING,
) -> PairRules:
    """The rules of the rulebook as the tests ask for them: rates between minor units, haircuts as shares.

    Args: *aggregate*: limits of members on their aggregate short position, minor units of the unit; *told*: what a major unit of a
    currency is worth in the unit by rates that were set; where none stands the rulebook's own counts.
    """
    unit_digits = exponents.of(rules.unit) or 0
    worth = {currency: Fraction(Decimal(text)) for currency, text in rules.rates.items()} | dict(told) | {rules.unit: Fraction(1)}
    rates = {currency: worth[currency] * Fraction(10) ** (unit_digits - (exponents.of(currency) or 0)) for currency in currencies}
    return PairRules(
        rates=rates,
        haircuts={currency: Fraction(Decimal(rules.haircuts.get(currency, "0"))) / 100 for currency in currencies},
        short_limits_minor={currency: rules.short_limits_minor.get(currency, 0) for currency in currencies},
        aggregate_limits_minor=aggregate,
    )


def short_caps(rules: PairRules, member: str) -> dict[str, int]:
    """By currency, how far the cash of *member* may be below zero: its short limit, and no more than its aggregate limit alone allows."""
    aggregate = rules.aggregate_limits_minor.get(member, 0)
    return {currency: min(limit, int(aggregate / rules.rates[currency])) for currency, limit in rules.short_limits_minor.items()}


def plan(pairs: pa.Table, opening: pa.Table, rules: PairRules) -> Plan:
    """What settles of the queue *pairs* (`PAIRED`) on balances *opening* (`PAIR_BALANCES`), and who is paid out afterwards.

    Law: settled + waiting = the queue; no leg settles alone; pay-outs are not more than the cash of all who stand in *opening*.
    """
    inside = pc.equal(pairs["payer_1"], pairs["payer_2"])
    own, others = pairs.filter(inside), pairs.filter(pc.invert(inside))
    found = settle_pairs(others.select(PAIRS.names), opening, rules)
    at = {name: place for place, name in enumerate(others["pair"].to_pylist())}
    moved = others.take(pa.array([at[name] for name in found.settled["pair"].to_pylist()], pa.int64()))
    passes = [*[0] * own.num_rows, *found.settled["pass"].to_pylist()]
    every = pa.concat_tables([own, moved])
    numbers = pa.array(range(1, len(passes) + 1), pa.int64())
    waiting = others.take(pa.array([at[name] for name in found.waiting["pair"].to_pylist()], pa.int64()))
    holds(every.num_rows + waiting.num_rows == pairs.num_rows, "every_pair_settles_or_waits", pairs=pairs.num_rows)
    return Plan(
        settled=pa.table([numbers, pa.array(passes, pa.int64()), *every.columns], schema=SETTLED),
        waiting=waiting,
        queued=found.queued.cast(WAITS),
        balances=found.balances,
        pay_outs=_pay_outs(found.balances),
    )


def still_holds(settled: pa.Table, pay_outs: pa.Table, opening: pa.Table, rules: PairRules) -> bool:
    """True where each pair of *settled*, in its order, passes all tests on the balances *opening* too, and *pay_outs* are no more than due.

    More cash never makes a pair fail nor a pay-out less, so a plan is good until somebody has less.
    """
    moved = settled.filter(pc.greater(settled["pass"], 0)).select(PAIRS.names)
    again = settle_pairs(moved, opening, rules)
    if again.waiting.num_rows or any(turn > 1 for turn in again.settled["pass"].to_pylist()):
        return False
    due = {(row["member"], row["currency"]): row["pay_out_minor"] for row in _pay_outs(again.balances).to_pylist()}
    return all(row["pay_out_minor"] <= due.get((row["member"], row["currency"]), 0) for row in pay_outs.to_pylist())


def _pay_outs(balances: pa.Table) -> pa.Table:
    """What members are paid out, as `CALLS`: who is short anywhere nothing, the others what they have.

    What the short ones lack is not at the settlement agent. In such a currency the others share what is there in proportion to what
    they have (`money.apportion`, ties by code); the rest stays on their cash.
    """
    rows = balances.to_pylist()
    short = {row["member"] for row in rows if row["balance_minor"] < 0}
    found = []
    for currency in sorted({row["currency"] for row in rows}):
        own = sorted((row["member"], row["balance_minor"]) for row in rows if row["currency"] == currency and row["balance_minor"])
        due = [(member, balance) for member, balance in own if balance > 0 and member not in short]
        there = max(0, min(sum(balance for _, balance in own), sum(balance for _, balance in due)))
        shares = apportion(there, [balance for _, balance in due])
        found += [(currency, member, 0, share) for (member, _), share in zip(due, shares, strict=True) if share]
        holds(all(share <= balance for (_, balance), share in zip(due, shares, strict=True)), "nobody_is_paid_out_more_than_it_has")
    return _table(found, CALLS)


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)


def opening_of(cash: Mapping[tuple[str, str], int]) -> pa.Table:
    """Balances by member and currency as `PAIR_BALANCES`, zeros left out."""
    return _table([(*key, balance) for key, balance in sorted(cash.items()) if balance], PAIR_BALANCES)


def calls_of(net: pa.Table, cash: Mapping[tuple[str, str], int]) -> pa.Table:
    """What each member must pay in if every pair settles, so that nobody is short at the end, and is then paid out, as `CALLS`.

    Args: *net* `POSITIONS` of all pairs, with a row for each member that has cash or owes some; *cash* by member and currency. A short
    limit is no credit beyond the cycle, so it covers nothing here.
    """
    holds(net.schema.equals(POSITIONS), "positions_have_their_schema", found=net.schema.names)
    rows = []
    for currency, member, amount in zip(*(net[name].to_pylist() for name in POSITIONS.names), strict=True):
        after = amount + cash.get((member, currency), 0)
        if after:
            rows.append((currency, member, max(0, -after), max(0, after)))
    return _table(rows, CALLS)
