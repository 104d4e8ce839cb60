"""What stands behind a default as things are: fund shares, collateral, capital, exposures, and what each member might leave unpaid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

import pyarrow.compute as pc

from rescounter.cycle.office import Office
from rescounter.cycle.union import Union
from rescounter.guarantee.layers import Resources
from rescounter.guarantee.losses import OWN_PURPOSES, taken_over
from rescounter.ledger import Transfer
from rescounter.settlement.accounts import COLLATERAL, FUND, GUARANTEE, account_name
from rescounter.settlement.calls import settled_by
from rescounter.terms.names import FUND_NAME

__all__ = ["balances_of", "exposures", "largest_losses", "own_balances", "resources_of"]


def balances_of(office: Office, names: Iterable[str], *, without: Iterable[Transfer] = ()) -> dict[str, int]:
    """Balances by account, minor units; an account that is not open has none. *without*: transfers whose effect is taken off again."""
    found = dict.fromkeys(names, 0)
    found |= {row.id: row.balance_minor for row in office.balances(list(found)).rows()}
    for each in without:
        for name, sign in ((each.debit, 1), (each.credit, -1)):
            if name in found:
                found[name] += sign * each.amount_minor
    return found


def own_balances(office: Office, member: str, currency: str, *, without: Iterable[Transfer] = ()) -> dict[str, int]:
    """What a member has and owes towards the union, by purpose of its accounts."""
    names = {account_name(member, purpose, currency): purpose for purpose in OWN_PURPOSES}
    return {names[name]: balance for name, balance in balances_of(office, names, without=without).items()}


def resources_of(
    union: Union,
    office: Office,
    currency: str,
    *,
    defaulters: Collection[str],
    before: int,
    at_us: int,
    without: Iterable[Transfer] = (),
) -> Resources:
    """What stands behind the layers in *currency* when one of *defaulters* fails.

    Args: *before*: number of the act that declared, or would declare, the default: exposures are those of the final cycles before it.
    Shares of others that are in default stand behind their own losses alone, and nothing is laid on them.
    """
    others = set(union.guarantee.defaults) - set(defaulters)
    members = [member.code for member in union.register.members if member.code not in others]
    funds = {account_name(member, FUND, currency): member for member in members}
    pledged = {account_name(member, COLLATERAL, currency): member for member in defaulters}
    capital = account_name(FUND_NAME, GUARANTEE, currency)
    has = balances_of(office, [*funds, *pledged, capital], without=without)
    claims = exposures(union, office, currency, defaulters=defaulters, before=before, at_us=at_us)
    return Resources(
        collateral={pledged[name]: has[name] for name in pledged},
        fund_shares={funds[name]: has[name] for name in funds if has[name]},
        operator_capital_minor=has[capital],
        union_fund_minor=has[capital],
        exposures={member: {other: each[other] for other in each if other not in others} for member, each in claims.items()},
    )


def exposures(
    union: Union, office: Office, currency: str, *, defaulters: Collection[str], before: int, at_us: int
) -> dict[str, dict[str, int]]:
    """By defaulter, what each other member was owed by it: its claims that netting replaced, in the last final cycles before an act.

    How many cycles says the rule ``guarantee.exposure_cycles``; members that settle through another count as that one. Who stands for the
    insurance pool bears nothing of it: what a member does not pay the pool stays called.
    """
    finals = (cycle.final for cycle in reversed(list(union.cycles.values())))
    counted = islice((act for act in finals if act is not None and act.number < before), union.rules(at_us).guarantee.exposure_cycles)
    participants, of_pool = union.register.participants(at_us), union.rules(at_us).pool.member
    found: dict[str, dict[str, int]] = {member: {} for member in defaulters}
    for act in counted:
        table = office.table(act.body["tables"]["obligations"])
        if "replaced_minor" not in table.column_names:
            continue
        rows = table.filter(pc.and_(pc.equal(table["currency"], currency), pc.greater(table["replaced_minor"], 0)))
        by = participants.select(["code", "settles_by"]).rename_columns(["member", "settles_by"])
        columns = (settled_by(rows["debtor"], by), settled_by(rows["creditor"], by), rows["replaced_minor"])
        for debtor, creditor, amount in zip(*(column.to_pylist() for column in columns), strict=True):
            if debtor in found and creditor not in (debtor, of_pool):
                found[debtor][creditor] = found[debtor].get(creditor, 0) + amount
    return found


def largest_losses(union: Union, office: Office, currency: str, *, at_us: int) -> Mapping[str, int]:
    """By member, the largest loss that its default can leave: what it owes now, its net debit cap and quota counted as if used up.

    Members that could leave none are left out. What a running cycle still charges (fees, interest) is not in it.
    """
    found = {}
    rules = union.rules(at_us)
    may_owe, on_credit = rules.settlement.net_debit_caps, rules.credit.kind != "none"
    members = [member.code for member in union.register.members]
    names = {account_name(member, purpose, currency): (member, purpose) for member in members for purpose in OWN_PURPOSES}
    balances: dict[str, dict[str, int]] = {member: {} for member in members}
    for name, balance in balances_of(office, names).items():
        member, purpose = names[name]
        balances[member][purpose] = balance
    for member, own in balances.items():
        cap = union.register.limit_of(member, currency, "net_debit_cap", at_us) or 0 if may_owe else 0
        quota = union.register.limit_of(member, currency, "quota", at_us) or 0 if on_credit else 0
        worst = {**own, "cash": min(own["cash"], -cap), "credit": min(own["credit"], -quota)}
        if loss := taken_over(worst).loss_minor:
            found[member] = loss
    return found
