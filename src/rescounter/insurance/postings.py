"""What the pool posts: batches for the ledger, under the keys of `docs/INSURANCE.md`.

===========  ==================  ====================  ==================  ============================================
batch        kind of transfer    debit                 credit              amount
===========  ==================  ====================  ==================  ============================================
call         pool_called         M/pool-dues           ``*/pool-called``   what M is called for
payment      pool_paid           M/cash                ``*/pool-YEAR``     what M pays
payment      pool_dues_met       ``*/pool-called``     M/pool-dues         the same
claim        claim_paid          ``*/pool-YEAR``       M/cash              what the pool pays
reinsurance  reinsured           ``*/unidentified``    ``*/reinsurance``   what a reinsurer paid in
reinsurance  pool_reinsured      ``*/reinsurance``     ``*/pool-YEAR``     the same
close        pool_surplus        ``*/pool-YEAR``       M/cash              what M gets back
close        pool_carried        ``*/pool-YEAR``       ``*/pool-NEXT``     what goes on to another year
close        pool_dues_given_up  ``*/pool-called``     M/pool-dues         what M never paid
set-off      pool_entered        ``*/pool-YEAR``       P/cash              what the pool owes of claims in a cycle
fees         pool_paid           P/cash                ``*/pool-YEAR``     what the cycle brought of calls
fees         pool_dues_met       ``*/pool-called``     M/pool-dues         the same, of M
fees         pool_not_paid       P/cash                ``*/pool-YEAR``     what of the claims was neither set off nor settled
===========  ==================  ====================  ==================  ============================================

The last four stand in batches of the cycle, behind what these hold else; P is the member that stands for the pool (rule ``pool.member``).
Every year has an account of its own that never goes below zero, so the ledger itself keeps one year from paying for another. A batch
without transfers is None. Reinsurance takes the key of the pay-in's resolution: it cannot be given away twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa

from rescounter.insurance.books import TableOf
from rescounter.insurance.pool import Pool, Year
from rescounter.ledger import Batch, Transfer, Transfers
from rescounter.settlement.accounts import CASH, POOL, POOL_CALLED, POOL_DUES, REINSURANCE, UNIDENTIFIED, account_name
from rescounter.terms.names import FUND_NAME

__all__ = ["POSTING_KINDS", "batch_with_pool", "entered_moves", "left_moves", "payment_key", "payments_of", "pool_account", "pool_batch"]

POSTING_KINDS: Final = ("pool_called", "pool_paid", "claim_paid", "reinsurance_received", "pool_year_closed")
"""Kinds of acts that post."""


def pool_account(year: Year) -> str:
    """The account that holds the money of a year."""
    return account_name(FUND_NAME, POOL + year.code, year.terms.currency)


def pool_batch(pool: Pool, kind: str, body: Mapping[str, Any], table_of: TableOf) -> Batch | None:
    """The batch of an act of `POSTING_KINDS`; the year that it names is known."""
    year = pool.years[body["year"]]
    match kind:
        case "pool_called":
            return _batch(f"pool/call/{body['call']}", _called(body, year, table_of), year)
        case "pool_paid":
            return _batch(payment_key(body["call"], body["payment"]), _paid(body, year, table_of), year)
        case "claim_paid":
            credit = account_name(body["settles_by"], CASH, year.terms.currency)
            transfers = [(pool_account(year), credit, body["amount_minor"], "claim_paid")]
            return _batch(f"pool/claim/{_hashed(body['claim'])}/{body['payment']}", transfers, year)
        case "reinsurance_received":
            reinsurance = account_name(FUND_NAME, REINSURANCE, year.terms.currency)
            came = account_name(FUND_NAME, UNIDENTIFIED, year.terms.currency)
            amount = body["amount_minor"]
            passed = [(came, reinsurance, amount, "reinsured"), (reinsurance, pool_account(year), amount, "pool_reinsured")]
            return _batch(f"unidentified/{_hashed(body['reference'])}", passed, year)
    return _batch(f"pool/closed/{body['year']}", _closed(pool, body, year, table_of), year)


def payment_key(call: str, payment: int) -> str:
    """The key of the how manyth payment of a call."""
    return f"pool/paid/{call}/{payment}"


def payments_of(posted: Iterable[Transfer]) -> list[dict[str, Any]]:
    """Who paid what, as rows of `tables.PAYMENTS`, of the transfers of a payment that was posted; nothing of none."""
    moved = list(posted)
    return [
        {
            "member": met.credit.rsplit("/", 2)[0],
            "settles_by": paid.debit.rsplit("/", 2)[0],
            "amount_minor": paid.amount_minor,
        }
        for paid, met in zip(moved[::2], moved[1::2], strict=True)
    ]


def entered_moves(pool: Pool, rows: Iterable[Mapping[str, Any]], member: str) -> list[_Moved]:
    """What is moved when a cycle is final: the money that is held for claims in it. Args: *rows* `tables.ENTERED`; *member* P."""
    cash = _cash_of(member)
    return [
        (pool_account(pool.years[row["year"]]), cash(row["currency"]), row["amount_minor"], "pool_entered") for row in rows if row["claim"]
    ]


def left_moves(pool: Pool, rows: Iterable[Mapping[str, Any]], member: str) -> list[_Moved]:
    """What is moved when a cycle is closed: calls that were paid in it, and what of claims was not. Args: *rows* `tables.LEFT`; *member* P.

    Law: P's cash has what the cycle brought it and what was held for claims in it, so nothing of the cycle is left there.
    """
    cash = _cash_of(member)
    moved = []
    for row in rows:
        year, paid = pool.years[row["year"]], row["paid_minor"]
        if row["call"]:
            moved.append((cash(row["currency"]), pool_account(year), paid, "pool_paid"))
            moved.append((_contra(year), _dues(year, row["member"]), paid, "pool_dues_met"))
        else:
            moved.append((cash(row["currency"]), pool_account(year), row["amount_minor"] - paid, "pool_not_paid"))
    return moved


def batch_with_pool(batch: Batch | None, moved: Iterable[_Moved], *, key: str, cycle: str, rulebook_version: str) -> Batch | None:
    """A batch of a cycle with what moves for the pool behind it; None where nothing does. The ledger takes all of it or nothing."""
    transfers = Transfers.of(
        Transfer(id=f"{key}/pool/{number:04d}", debit=debit, credit=credit, amount_minor=amount, kind=kind, cycle=cycle)
        for number, (debit, credit, amount, kind) in enumerate((each for each in moved if each[2]), start=1)
    )
    if not len(transfers):
        return batch
    if batch is None:
        return Batch(key=key, transfers=transfers, cycle=cycle, rulebook_version=rulebook_version)
    return replace(batch, transfers=Transfers(pa.concat_tables([batch.transfers.table, transfers.table])))


_Moved = tuple[str, str, int, str]
"""Debit, credit, amount and kind of a transfer."""


def _cash_of(member: str) -> Callable[[str], str]:
    return partial(account_name, member, CASH)


def _called(body: Mapping[str, Any], year: Year, table_of: TableOf) -> Iterable[_Moved]:
    sums: dict[str, int] = {}
    for row in table_of(body["rows"]).to_pylist():
        sums[row["member"]] = sums.get(row["member"], 0) + row["amount_minor"]
    for member, amount in sums.items():
        yield _dues(year, member), _contra(year), amount, "pool_called"


def _paid(body: Mapping[str, Any], year: Year, table_of: TableOf) -> Iterable[_Moved]:
    for row in table_of(body["payments"]).to_pylist():
        yield account_name(row["settles_by"], CASH, year.terms.currency), pool_account(year), row["amount_minor"], "pool_paid"
        yield _contra(year), _dues(year, row["member"]), row["amount_minor"], "pool_dues_met"


def _closed(pool: Pool, body: Mapping[str, Any], year: Year, table_of: TableOf) -> Iterable[_Moved]:
    for row in table_of(body["surplus"]).to_pylist():
        yield pool_account(year), account_name(row["settles_by"], CASH, year.terms.currency), row["amount_minor"], "pool_surplus"
    if body["carried_to"]:
        yield pool_account(year), pool_account(pool.years[body["carried_to"]]), body["total_minor"], "pool_carried"
    for row in table_of(body["given_up"]).to_pylist():
        yield _contra(year), _dues(year, row["member"]), row["amount_minor"], "pool_dues_given_up"


def _dues(year: Year, member: str) -> str:
    return account_name(member, POOL_DUES, year.terms.currency)


def _contra(year: Year) -> str:
    """What all members owe the pool, as one account of the union that never goes below zero."""
    return account_name(FUND_NAME, POOL_CALLED, year.terms.currency)


def _batch(key: str, moved: Iterable[_Moved], year: Year) -> Batch | None:
    transfers = [
        Transfer(id=f"{key}/{number:04d}", debit=debit, credit=credit, amount_minor=amount, kind=kind)
        for number, (debit, credit, amount, kind) in enumerate((each for each in moved if each[2]), start=1)
    ]
    terms = f"pool {year.code}/{year.acts[0].body['digest'][:19]}"
    return Batch(key=key, transfers=Transfers.of(transfers), rulebook_version=terms) if transfers else None


def _hashed(reference: str) -> str:
    return sha256(reference.encode()).hexdigest()
