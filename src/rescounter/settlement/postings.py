"""What a cycle posts: batches for the ledger, made of tables, under the keys of `docs/UNION.md` section 3.

===========  =======================  ================  ===============  ====================================================
batch        kind of transfer         debit             credit           amount
===========  =======================  ================  ===============  ====================================================
set-off      debt_discharged          M/set-off         ``*/clearing``   what M cleared as debtor
set-off      claim_discharged         ``*/clearing``    M/set-off        what M cleared as creditor
pay-in       pay_in                   ``*/settlement``  M/cash           money that came in and is M's
pay-in       unidentified             ``*/settlement``  ``*/unidentified``  money that came in and is nobody's yet
earmark      earmarked                M/cash            M/due            net debit
net          net_paid                 M/due             ``*/clearing``   net debit
net          net_received             ``*/clearing``    M/cash           net credit
net          credit_drawn             M/credit          ``*/clearing``   what of its net M has drawn, or was paid back, as credit
net          credit_granted           ``*/clearing``    M/credit         what of its net M has granted, or paid back, as credit
net          owed_collected           ``*/clearing``    M/fees, M/interest, M/charges, M/assessments  what M owed there
net          due_collected            M/fees, M/interest, M/charges  ``*/clearing``  what M was owed there
net          paid_out                 M/cash            ``*/settlement``  pay-out, as called
fees         fee                      M/fees            ``*/fees``       fee
fees         interest_paid            M/interest        ``*/interest``   interest on credit that M has drawn
fees         interest_earned          ``*/interest``    M/interest       interest on credit that M has granted
fees         charge                   M/charges         ``*/reserve-fund``  charge on a credit balance of M, of either side
capital      capital_added            ``*/settlement``  ``*/capital``    reserves that the union was given
capital      capital_returned         ``*/capital``     ``*/settlement``  reserves that it gave back
resolution   assigned                 ``*/unidentified``  M/cash         unidentified money whose owner was found
resolution   returned                 ``*/unidentified``  ``*/settlement``  unidentified money that went back
repayment    repaid                   M/cash            ``*/settlement``  money that M paid in and does not need
===========  =======================  ================  ===============  ====================================================

A batch without transfers is None. A pay-in's transfer is called after the bank's reference, and a resolution's batch too: so the ledger
itself refuses to book money twice, or to assign and to return it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger import Batch, Policy, Transfer, Transfers
from rescounter.ledger.laws.nothing_created import posts_what_was_cleared
from rescounter.settlement.accounts import (
    CAPITAL,
    CASH,
    CHARGES,
    CLEARING,
    CREDIT,
    DUE,
    FEES,
    INTEREST,
    RESERVE_FUND,
    SETTLEMENT,
    UNIDENTIFIED,
    account_name,
    account_names,
)
from rescounter.settlement.collection import CALLED
from rescounter.settlement.exchange import CENTRE, EXCHANGE
from rescounter.settlement.legs import Leg, centre_legs, discharge_legs, discharged, effects_of, leg, transfers_of
from rescounter.settlement.sides import closing_moves, closing_sides, moves_of, sides_of
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = [
    "assign_batch",
    "batch_key",
    "capital_batch",
    "deal_batch",
    "earmark_batch",
    "fees_batch",
    "net_batch",
    "pay_in_batch",
    "repay_batch",
    "return_batch",
    "set_off_batch",
]

_UNION: Final = FUND_NAME
_CREDITED: Final = ("on_time", "late")


def batch_key(cycle: str, step: str) -> str:
    """``cycle/C/STEP``; *step* one of set-off, earmark, net, fees, or ``pay-in/DIGEST``."""
    return f"cycle/{cycle}/{step}"


def set_off_batch(tables: Mapping[str, pa.Table], cycle: str, *, rulebook_version: str) -> Batch | None:
    """What set-off discharged, member by member.

    Args: *tables* of a result without liquidity: obligations and members.
    Law: nothing is created: by account, the batch moves what the obligations say; every account ends at zero.
    """
    members = tables["members"]
    holds("injected_minor" not in members.column_names, "a_cycle_draws_no_cash", cycle=cycle)
    batch = _batch(discharge_legs(members), batch_key(cycle, "set-off"), cycle, rulebook_version)
    debits, credits = (discharged(tables["obligations"], of_debits=side) for side in (True, False))
    _posts(batch, debits, credits)
    holds(debits == credits, "set_off_ends_at_zero", cycle=cycle)
    return batch


def pay_in_batch(lines: pa.Table, cycle: str, *, digest: str, rulebook_version: str) -> Batch | None:
    """Money that came in, to whom it belongs or to nobody yet.

    Args: *lines* of `funding.Reconciled`; *digest* of the document that holds them, which makes the key.
    Law: by account, the batch moves what the lines say; doubles and refused pay-ins move nothing.
    """
    booked = lines.filter(pc.is_in(lines["verdict"], value_set=pa.array([*_CREDITED, "unidentified"])))
    if not booked.num_rows:
        return None
    identified = pc.is_in(booked["verdict"], value_set=pa.array(_CREDITED)).combine_chunks()
    currencies = booked["currency"].combine_chunks()
    union = pa.repeat(pa.scalar(_UNION, pa.string()), booked.num_rows)
    owned = account_names(booked["credited"].combine_chunks(), CASH, currencies)
    transfers = Transfers.of_columns(
        {
            "id": pa.array([f"pay-in/{_hashed(reference)}" for reference in booked["reference"].to_pylist()], pa.string()),
            "debit": account_names(union, SETTLEMENT, currencies),
            "credit": pc.if_else(identified, owned, account_names(union, UNIDENTIFIED, currencies)),
            "amount_minor": booked["amount_minor"],
            "kind": pc.if_else(identified, "pay_in", "unidentified"),
            "cycle": pa.repeat(pa.scalar(cycle or None, pa.string()), booked.num_rows),
        }
    )
    return Batch(key=batch_key(cycle, f"pay-in/{digest}"), transfers=transfers, cycle=cycle, rulebook_version=rulebook_version)


def earmark_batch(net: pa.Table, cycle: str, *, rulebook_version: str) -> Batch | None:
    """Each net debtor's position, from its cash to what is due. The ledger refuses it while somebody has not paid in.

    Args: *net* `calls.POSITIONS`.
    """
    batch = _batch(
        (leg(_sides(net), ("member", CASH), ("member", DUE), "debit_minor", "earmarked"),),
        batch_key(cycle, "earmark"),
        cycle,
        rulebook_version,
    )
    owed = {(row["member"], row["currency"]): -row["net_minor"] for row in net.to_pylist() if row["net_minor"] < 0}
    _posts(batch, _named(owed, CASH), _named(owed, DUE))
    return batch


def net_batch(
    net: pa.Table,
    called: pa.Table,
    cycle: str,
    *,
    rulebook_version: str,
    centre: pa.Table | None = None,
    scale: pa.Table | None = None,
    owed: pa.Table | None = None,
) -> Batch | None:
    """The second final posting: what is due reaches the net creditors, what is credit is booked, and it is paid out as *called*.

    Args: *net* `calls.POSITIONS`, what is settled in money; *called* `CALLS` of the last round, whose pay-outs are zero where accounts are
    prefunded; *centre* `exchange.CENTRE`, *scale* `credit.SCALE` and *owed* `collection.COLLECTED` where the cycle has them.
    Law: by account, the batch moves what the positions, calls and documents say; nobody is paid out more than its net credit;
    ``*/clearing`` ends at zero.
    """
    sides = sides_of(net, called, scale, owed)
    holds(
        bool(pc.all(pc.less_equal(sides["pay_out_minor"], sides["credit_minor"])).as_py() is not False),
        "paid_out_of_net_credit",
        cycle=cycle,
    )
    legs = (
        leg(sides, ("member", DUE), (_UNION, CLEARING), "debit_minor", "net_paid"),
        leg(sides, (_UNION, CLEARING), ("member", CASH), "credit_minor", "net_received"),
        leg(sides, ("member", CASH), (_UNION, SETTLEMENT), "pay_out_minor", "paid_out"),
        leg(sides, ("member", CREDIT), (_UNION, CLEARING), "drawn_minor", "credit_drawn"),
        leg(sides, (_UNION, CLEARING), ("member", CREDIT), "granted_minor", "credit_granted"),
        *(leg(sides, ("member", each), (_UNION, CLEARING), f"{each}_due_minor", "due_collected") for each in CALLED),
        *(leg(sides, (_UNION, CLEARING), ("member", each), f"{each}_owed_minor", "owed_collected") for each in CALLED),
    )
    of_centre = centre_legs(CENTRE.empty_table() if centre is None else centre)
    batch = _batch(legs, batch_key(cycle, "net"), cycle, rulebook_version, of_centre)
    debits, credits = moves_of(net, called, scale, owed, centre)
    _posts(batch, debits, credits)
    for account in (name for name in debits if name.startswith(f"{_UNION}/{CLEARING}/")):
        holds(debits[account] == credits.get(account, 0), "clearing_ends_at_zero", account=account, cycle=cycle)
    return batch


def fees_batch(
    fees: pa.Table, cycle: str, *, rulebook_version: str, interest: pa.Table | None = None, charges: pa.Table | None = None
) -> Batch | None:
    """What each member owes the union for clearing, and interest and charges on its credit.

    Args: *fees* `fees.FEES_TABLE`; *interest* `accruals.INTEREST`; *charges* `accruals.CHARGES`.
    """
    sides = closing_sides(fees, interest, charges)
    legs = (
        leg(sides, ("member", FEES), (_UNION, FEES), "fee_minor", "fee"),
        leg(sides, ("member", INTEREST), (_UNION, INTEREST), "interest_paid_minor", "interest_paid"),
        leg(sides, (_UNION, INTEREST), ("member", INTEREST), "interest_earned_minor", "interest_earned"),
        leg(sides, ("member", CHARGES), (_UNION, RESERVE_FUND), "charge_minor", "charge"),
    )
    batch = _batch(legs, batch_key(cycle, "fees"), cycle, rulebook_version)
    _posts(batch, *closing_moves(fees, interest, charges))
    return batch


def capital_batch(
    currency: str, amount_minor: int, *, is_added: bool, reference: str, rulebook_version: str, is_identified: bool = False
) -> Batch:
    """Convertible reserves that the union was given or gives back, under a reference, which makes the key.

    Args: *is_identified*: a bank's file told of what was given before, and it is taken from unidentified money.
    """
    key = f"capital/{_hashed(reference)}"
    sides = account_name(_UNION, UNIDENTIFIED if is_identified else SETTLEMENT, currency), account_name(_UNION, CAPITAL, currency)
    debit, credit = sides if is_added else sides[::-1]
    kind = "capital_added" if is_added else "capital_returned"
    moved = Transfer(id=key, debit=debit, credit=credit, amount_minor=amount_minor, kind=kind)
    return Batch(key=key, transfers=Transfers.of([moved]), rulebook_version=rulebook_version)


def assign_batch(line: Mapping[str, object], member: str, cycle: str = "", *, rulebook_version: str) -> Batch:
    """An unidentified pay-in, given to the member that it belongs to. Args: *line* a row of `funding.Reconciled` lines."""
    return _resolution(line, account_name(member, CASH, str(line["currency"])), "assigned", cycle, rulebook_version)


def return_batch(line: Mapping[str, object], cycle: str = "", *, rulebook_version: str) -> Batch:
    """An unidentified pay-in, sent back. Args: *line* a row of `funding.Reconciled` lines."""
    return _resolution(line, account_name(_UNION, SETTLEMENT, str(line["currency"])), "returned", cycle, rulebook_version)


def repay_batch(member: str, currency: str, amount_minor: int, *, reference: str, rulebook_version: str) -> Batch:
    """What a member paid in and gets back, under a reference of the operator, which makes the key."""
    key = f"repaid/{_hashed(reference)}"
    debit, credit = account_name(member, CASH, currency), account_name(_UNION, SETTLEMENT, currency)
    moved = Transfer(id=key, debit=debit, credit=credit, amount_minor=amount_minor, kind="repaid")
    return Batch(key=key, transfers=Transfers.of([moved]), rulebook_version=rulebook_version)


def deal_batch(
    sold: tuple[str, int], bought: tuple[str, int], *, reference: str, rulebook_version: str, is_identified: bool = False
) -> Batch:
    """Foreign exchange that the union dealt, under a reference of the operator, which makes the key.

    Args: currency and minor units > 0; *is_identified*: a bank's file told of what was bought, which waits as unidentified.
    """
    key = f"dealt/{_hashed(reference)}"
    (given, given_minor), (got, got_minor) = sold, bought
    out = account_name(_UNION, EXCHANGE, given), account_name(_UNION, SETTLEMENT, given)
    into = account_name(_UNION, UNIDENTIFIED if is_identified else SETTLEMENT, got), account_name(_UNION, EXCHANGE, got)
    moved = [
        Transfer(id=f"{key}/sold", debit=out[0], credit=out[1], amount_minor=given_minor, kind="sold"),
        Transfer(id=f"{key}/bought", debit=into[0], credit=into[1], amount_minor=got_minor, kind="bought"),
    ]
    return Batch(key=key, transfers=Transfers.of(moved), policy=Policy.CYCLE_NET, rulebook_version=rulebook_version)


def _resolution(line: Mapping[str, object], credit: str, kind: str, cycle: str, rulebook_version: str) -> Batch:
    holds(line["verdict"] == "unidentified", "only_unidentified_money_is_resolved", reference=line["reference"])
    amount = line["amount_minor"]
    holds(isinstance(amount, int), "money_is_an_integer", found=type(amount).__name__)
    key = f"unidentified/{_hashed(str(line['reference']))}"
    debit = account_name(_UNION, UNIDENTIFIED, str(line["currency"]))
    moved = Transfer(id=key, debit=debit, credit=credit, amount_minor=int(str(amount)), kind=kind, cycle=cycle or None)
    return Batch(key=key, transfers=Transfers.of([moved]), cycle=cycle, rulebook_version=rulebook_version)


def _hashed(reference: str) -> str:
    return sha256(reference.encode()).hexdigest()


def _sides(net: pa.Table) -> pa.Table:
    amount = net["net_minor"].to_numpy()
    return net.append_column("debit_minor", pa.array(np.maximum(-amount, 0))).append_column("credit_minor", pa.array(np.maximum(amount, 0)))


def _add_centre(debits: dict[str, int], credits: dict[str, int], centre: pa.Table) -> None:
    """Add what `legs.centre_legs` moves to what is expected of a batch."""
    for row in centre.to_pylist():
        own, clearing = (account_name(_UNION, purpose, row["currency"]) for purpose in (row["purpose"], CLEARING))
        debited, credited = (clearing, own) if row["amount_minor"] > 0 else (own, clearing)
        for sums, name in ((debits, debited), (credits, credited)):
            sums[name] = sums.get(name, 0) + abs(row["amount_minor"])


def _batch(legs: Sequence[Leg], key: str, cycle: str, rulebook_version: str, more: Sequence[Leg] = ()) -> Batch | None:
    """The transfers of *legs*, and behind them those of *more*, whose rows are others."""
    found = transfers_of(legs, key=key, cycle=cycle)
    behind = transfers_of(more, key=key, cycle=cycle, first=0 if found is None else len(found)) if more else None
    tables = [each.table for each in (found, behind) if each is not None]
    if not tables:
        return None
    transfers = Transfers(pa.concat_tables(tables))
    return Batch(key=key, transfers=transfers, policy=Policy.CYCLE_NET, cycle=cycle, rulebook_version=rulebook_version)


def _posts(batch: Batch | None, debits: Mapping[str, int], credits: Mapping[str, int]) -> None:
    effects = effects_of(Transfers.of([]) if batch is None else batch.transfers)
    posts_what_was_cleared(effects, debits_minor=debits, credits_minor=credits)


def _named(amounts: Mapping[tuple[str, str], int], purpose: str) -> dict[str, int]:
    return {account_name(member, purpose, currency): amount for (member, currency), amount in amounts.items()}


def _of_the_union(amounts: Mapping[tuple[str, str], int], purpose: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for (_, currency), amount in amounts.items():
        name = account_name(_UNION, purpose, currency)
        sums[name] = sums.get(name, 0) + amount
    return sums
