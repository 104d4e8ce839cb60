"""Collateral in a union: what is pledged and given back, at which prices, who must pledge more, and what may be used of it.

Cash that is pledged moves from ``M/cash`` to ``M/collateral``, which is where it is counted; of other assets the union records pieces, and
who keeps them does so outside. The acts belong to no cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.rates_in_force import across_at
from rescounter.cycle.union import Union
from rescounter.ledger import Batch, Transfer, Transfers
from rescounter.settlement.accounts import CASH, COLLATERAL, account_name
from rescounter.settlement.collateral import Pledge, PledgeValue, calls, held_minor, valued
from rescounter.settlement.cover import covered_across
from rescounter.settlement.pledges import MOVES_COLLATERAL, PriceTold, needed_minor
from rescounter.settlement.rates import rates_table
from rescounter.terms import INT64_MAX, Exponents, Refusal
from rescounter.terms.identity import is_text
from rescounter.terms.money import read_decimal

__all__ = [
    "COLLATERAL_CALLS",
    "Covered",
    "calling_collateral",
    "collateral_batch",
    "covered",
    "moving_collateral",
    "pledged_values",
    "pricing",
    "refusals_to_move_collateral",
]

_DAY_US: Final = 86_400_000_000
_ASSET_LENGTH_MAX: Final = 64

COLLATERAL_CALLS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("currency", "member")),
        *((name, pa.int64()) for name in ("needed_minor", "held_minor", "missing_minor")),
    ]
)
"""By currency and member: what each is called for (*missing_minor* > 0); *held_minor*: what counts, other currencies included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What *member* needs and has in *currency*, minor units: pledged cash, assets after haircuts, what is missing.

    *across_minor*: above zero what its collateral in other currencies covers here, below zero what of this currency is bound for others.
    """

    member: str
    currency: str
    needed_minor: int
    cash_minor: int
    assets_minor: int
    across_minor: int = 0

    @property
    def held_minor(self) -> int:
        """Cash and assets of this currency together."""
        return self.cash_minor + self.assets_minor

    @property
    def missing_minor(self) -> int:
        """What is needed beyond what counts."""
        return max(0, self.needed_minor - self.held_minor - self.across_minor)

    @property
    def free_minor(self) -> int:
        """What is pledged beyond what is needed here and bound for other currencies."""
        return max(0, self.held_minor + self.across_minor - self.needed_minor)


def pledged_values(union: Union, *, at_us: int, less: tuple[str, str, int] | None = None) -> tuple[PledgeValue, ...]:
    """Every asset that is pledged, valued at the prices that hold at an instant. *less*: member, asset and pieces that are left out."""
    rules, exponents = union.rules(at_us), _exponents(union, at_us)
    prices = union.pledges.prices(at_us, exponents)
    return valued(union.pledges.pledges(less=less), prices, at_us=at_us, age_us_max=rules.collateral.price_age_days * _DAY_US)


def covered(union: Union, office: Office, *, at_us: int, less: tuple[str, str, int] | None = None) -> tuple[Covered, ...]:
    """What every member needs and has, by currency and member, those left out that need and have nothing.

    Needed is what the operator asks of it (limit ``collateral``), or what it owes on its cash if that is more. *less*: member, asset and
    pieces, or member, currency and minor units of pledged cash, that are looked away from.
    """
    values, needed = _held_and_needed(union, office, at_us=at_us, less=less)
    held = held_minor(values)
    across = covered_across(held, needed, across_at(union, at_us=at_us)[0])
    cash = held_minor(each for each in values if each.pledge.asset == each.currency)
    return tuple(
        Covered(
            member=key[1],
            currency=key[0],
            needed_minor=needed.get(key, 0),
            cash_minor=cash.get(key, 0),
            assets_minor=held.get(key, 0) - cash.get(key, 0),
            across_minor=across.get(key, 0),
        )
        for key in sorted({*needed, *held})
    )


def _held_and_needed(
    union: Union, office: Office, *, at_us: int, less: tuple[str, str, int] | None = None
) -> tuple[tuple[PledgeValue, ...], dict[tuple[str, str], int]]:
    """All collateral, pledged cash as an asset that is called after its currency and counts in full; and what each member must cover."""
    balances = list(_balances(union, office, at_us))
    out = {} if less is None else {less[:2]: less[2]}
    pledged = (
        (Pledge(member=member, asset=currency, quantity=left), currency, left)
        for member, purpose, currency, balance in balances
        if purpose == COLLATERAL and (left := balance - out.get((member, currency), 0)) > 0
    )
    cash = tuple(PledgeValue(pledge=pledge, currency=currency, value_minor=left, is_stale=False) for pledge, currency, left in pledged)
    asked = ((key[0], key[1], amount) for key, amount in _asked(union, at_us))
    owed = ((member, currency, balance) for member, purpose, currency, balance in balances if purpose == CASH)
    return (*pledged_values(union, at_us=at_us, less=less), *cash), needed_minor(asked, owed)


def moving_collateral(
    union: Union,
    office: Office,
    member: str,
    *,
    asset: str = "",
    quantity: int = 0,
    currency: str = "",
    amount_minor: int = 0,
    reference: str,
    is_release: bool,
    at_us: int,
) -> Step:
    """The act that pledges collateral, or gives it back: pieces of an *asset*, or cash, under a *reference* that is used once."""
    what: dict[str, Any] = {"member": member, "asset": asset, "quantity": quantity, "currency": currency, "amount_minor": amount_minor}
    what["reference"] = reference
    kind = MOVES_COLLATERAL[is_release]
    before = union.pledges.moved.get(reference)
    if before is not None and before.kind == kind and all(before.body[name] == value for name, value in what.items()):
        return Step(is_done=True, told=f"{reference} was done before, in act {before.number}; nothing was done.")
    if before is not None:
        return refused(
            refusal("collateral_reference_taken", reference, found=f"{reference} stands in act {before.number} with other content")
        )
    if union.register.member(member) is None:
        return refused(refusal("member_not_known", member, found=member))
    rules = union.rules(at_us)
    body = {**what, "rulebook": f"{rules.version}/{rules.digest[:19]}"}
    batch = collateral_batch(kind, body) if amount_minor > 0 else None
    is_posted = batch is not None and office.is_posted(batch.key)
    if not is_posted and (found := refusals_to_move_collateral(union, kind, what, office, at_us=at_us)):
        return refused(*found)
    return wanted(kind, **body)


def refusals_to_move_collateral(union: Union, kind: str, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why such an act cannot be done: malformed, not there, or needed. Asked again when it is approved."""
    reference = body["reference"]
    if found := _malformed(union, body, at_us):
        return (refusal("collateral_malformed", reference or "(no reference)", found=found),)
    if kind != "collateral_pledged" and body["member"] in union.guarantee.defaults:
        return (refusal("member_in_default", reference, found=body["member"]),)
    there, asked, unit = _there(union, kind, body, office)
    if asked > there:
        return (refusal("collateral_not_there", reference, found=f"{asked} asked for, {max(0, there)} there, {unit}"),)
    if kind == "collateral_pledged":
        return ()
    member = body["member"]
    less = (member, body["asset"], body["quantity"]) if body["asset"] else (member, body["currency"], body["amount_minor"])
    after = covered(union, office, at_us=at_us, less=less)
    before = {(each.member, each.currency): each.missing_minor for each in covered(union, office, at_us=at_us)}
    short = [each for each in after if each.member == member and each.missing_minor > before.get((member, each.currency), 0)]
    return tuple(
        refusal(
            "collateral_needed",
            reference,
            found=f"{each.needed_minor} needed, {each.needed_minor - each.missing_minor} left, in minor units of {each.currency}",
        )
        for each in short
    )


def _malformed(union: Union, body: Mapping[str, Any], at_us: int) -> str:
    reference, asset = body["reference"], body["asset"]
    if not is_text(reference, _ASSET_LENGTH_MAX * 2):
        return f"reference {reference!r}"
    if asset:
        is_good = (
            is_text(asset, _ASSET_LENGTH_MAX) and 0 < body["quantity"] <= INT64_MAX and not body["currency"] and not body["amount_minor"]
        )
        is_good = is_good and _exponents(union, at_us).of(asset) is None
        return "" if is_good else f"{body['quantity']} pieces of {asset!r}"
    known = union.rules(at_us).union.currencies
    is_good = _exponents(union, at_us).of(body["currency"]) is not None and (not known or body["currency"] in known)
    return (
        "" if is_good and 0 < body["amount_minor"] <= INT64_MAX and not body["quantity"] else f"{body['amount_minor']} {body['currency']!r}"
    )


def _there(union: Union, kind: str, body: Mapping[str, Any], office: Office) -> tuple[int, int, str]:
    """How much is there, how much is asked, and in what."""
    if body["asset"]:
        asked = body["quantity"]
        return (asked if kind == "collateral_pledged" else union.pledges.held.get((body["member"], body["asset"]), 0)), asked, "pieces"
    name = account_name(body["member"], CASH if kind == "collateral_pledged" else COLLATERAL, body["currency"])
    there = sum(row.balance_minor - row.pending_debits for row in office.balances([name]).rows())
    return there, body["amount_minor"], f"in minor units of {body['currency']}"


def collateral_batch(kind: str, body: Mapping[str, Any]) -> Batch | None:
    """The batch that moves pledged cash; None where an asset is pledged, which moves outside."""
    if body["asset"]:
        return None
    key = f"collateral/{sha256(body['reference'].encode()).hexdigest()}"
    cash, pledged = (account_name(body["member"], purpose, body["currency"]) for purpose in (CASH, COLLATERAL))
    debit, credit = (cash, pledged) if kind == "collateral_pledged" else (pledged, cash)
    moved = Transfer(id=key, debit=debit, credit=credit, amount_minor=body["amount_minor"], kind=kind)
    return Batch(key=key, transfers=Transfers.of([moved]), rulebook_version=body["rulebook"])


def pricing(union: Union, rows: Sequence[Mapping[str, Any]], *, at_us: int) -> Step:
    """The act that sets prices.

    Args: *rows*: asset, currency, price (major units, decimal text), haircut (per cent, decimal text), source, at_us.
    Refuses: ``collateral_malformed`` for each row that cannot be used, or tells of the future.
    """
    exponents = _exponents(union, at_us)
    found = [
        refusal("collateral_malformed", str(row.get("asset", "")), found=why) for row in rows if (why := _bad_price(row, exponents, at_us))
    ]
    if not rows:
        found = [refusal("collateral_malformed", "prices", found="no price")]
    if found:
        return refused(*found)
    told = [asdict(PriceTold(**{name: row[name] for name in ("asset", "currency", "price", "haircut", "at_us", "source")})) for row in rows]
    if all(PriceTold(**row) in union.pledges.told.get(row["asset"], ()) for row in told):
        return Step(is_done=True, told="These prices were set before; nothing was done.")
    return wanted("prices_set", prices=sorted(told, key=lambda row: (row["asset"], row["at_us"])))


def _bad_price(row: Mapping[str, Any], exponents: Exponents, at_us: int) -> str:
    asset, currency, price, haircut, source = (str(row.get(name, "")) for name in ("asset", "currency", "price", "haircut", "source"))
    if not is_text(asset, _ASSET_LENGTH_MAX):
        return f"asset {asset!r}"
    if exponents.of(currency) is None:
        return f"currency {currency!r}"
    if read_decimal(price) is None or Decimal(price) < 0:
        return f"price {price!r}"
    if read_decimal(haircut) is None or not 0 <= Decimal(haircut) <= 100:
        return f"haircut {haircut!r}"
    if not is_text(source, _ASSET_LENGTH_MAX * 2):
        return f"source {source!r}"
    return "" if type(row.get("at_us")) is int and 0 <= row["at_us"] <= at_us else "a price of the future, or without its time"


def calling_collateral(union: Union, office: Office, *, at_us: int) -> Step:
    """The act that calls for what is missing, due after the days of the rulebook; what is called already is called once.

    A call stands until the next one. Where nothing is missing any more the next one says so.
    """
    rules = union.rules(at_us).collateral
    across, rates = across_at(union, at_us=at_us)
    found = calls(*_held_and_needed(union, office, at_us=at_us), minimum_minor=rules.minimum_minor, across=across)
    rows = [{name: getattr(each, name) for name in COLLATERAL_CALLS.names} for each in found if each.missing_minor]
    digest = office.keep_table(pa.Table.from_pylist(rows, schema=COLLATERAL_CALLS))
    before = union.pledges.called
    if (before is None and not rows) or (before is not None and before.body["calls"] == digest):
        told = "Nothing is missing; nobody was called." if not rows else "The same calls stand already; nothing was done."
        return Step(is_done=True, told=told)
    frozen = {"rates": office.keep_table(rates_table(rates))} if rates else {}
    members, due_at_us = len({row["member"] for row in rows}), at_us + rules.call_days * _DAY_US
    return wanted("collateral_called", calls=digest, members=members, due_at_us=due_at_us, **frozen)


def _asked(union: Union, at_us: int) -> Iterator[tuple[tuple[str, str], int]]:
    """What the operator asks of members as collateral, by member and currency."""
    for row in union.register.limits_at(at_us).to_pylist():
        if row["kind"] == "collateral":
            yield (row["member"], row["currency"]), row["amount_minor"]


def _balances(union: Union, office: Office, at_us: int) -> Iterator[tuple[str, str, str, int]]:
    """Member, purpose, currency and balance of cash and pledged cash of every member."""
    told = {price.currency for prices in union.pledges.told.values() for price in prices}
    told |= {act.body["currency"] for act in union.pledges.moved.values() if act.body["currency"]}
    told |= {key[1] for key, _ in _asked(union, at_us)}
    currencies = union.rules(at_us).union.currencies or tuple(sorted(told))
    members = [each.code for each in union.register.members]
    names = [account_name(member, purpose, currency) for member in members for purpose in (CASH, COLLATERAL) for currency in currencies]
    for row in office.balances(names).rows():
        member, purpose, currency = row.id.rsplit("/", 2)
        yield member, purpose, currency, row.balance_minor - row.pending_debits


def _exponents(union: Union, at_us: int) -> Exponents:
    return Exponents(dict(union.rules(at_us).union.exponents))
