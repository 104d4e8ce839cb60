"""Money that is booked by the operator's word (capital, a dealing, the guarantee), and a bank's file that tells of the same: booked once.

Whichever comes first books it. What a file told of first, and waits as unidentified, is taken from there; what the operator booked first is
a double when a file tells of it under the same reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from rescounter.cycle.office import Office, refusal
from rescounter.cycle.resolving import unidentified
from rescounter.cycle.union import Union
from rescounter.terms import Refusal
from rescounter.terms.acts import Act
from rescounter.terms.union_tables import PAY_INS

__all__ = ["booked_beside", "booked_since", "came_in", "refusals_to_come_in"]


def came_in(
    union: Union, office: Office, reference: str, currency: str, amount_minor: int, *, taken: str, unusable: str
) -> tuple[dict[str, str], tuple[Refusal, ...]]:
    """Where money comes from: what a bank's file told of under this reference, and waits as unidentified, is taken from there.

    Args: *taken*, *unusable*: codes of the refusals. Returns: *came_in*, the cycle that booked it, empty where no file told of it yet, and
    *credited*, nobody; or why it cannot be so.
    """
    row = next((each for each in unidentified(union, office) if each["reference"] == reference), None)
    told = (office.table(act.body["lines"]) for cycle in union.cycles.values() for act in cycle.all("paid_in"))
    if row is None and any(reference in lines["reference"].to_pylist() for lines in told):
        return {}, (refusal(taken, reference, found="a pay-in that is not unidentified has this reference"),)
    if row is not None and (row["currency"], row["amount_minor"]) != (currency, amount_minor):
        found = f"{amount_minor} {currency}; the bank told of {row['amount_minor']} {row['currency']}, in minor units"
        return {}, (refusal(unusable, reference, found=found),)
    return {"came_in": "" if row is None else row["came_in"], "credited": ""}, ()


def refusals_to_come_in(
    union: Union, office: Office, body: Mapping[str, Any], currency: str, amount_minor: int, *, taken: str, unusable: str
) -> tuple[Refusal, ...]:
    """Why money cannot come from where its act says, asked again when it is approved: a file told of it since, or it was given away."""
    now, found = came_in(union, office, body["reference"], currency, amount_minor, taken=taken, unusable=unusable)
    if found or now["came_in"] == body.get("came_in", ""):
        return found
    told = "it was proposed before a bank's file told of it" if now["came_in"] else "the unidentified pay-in of this reference is gone"
    return (refusal(taken, body["reference"], found=told),)


def booked_beside(union: Union) -> pa.Table:
    """Money that came in and was booked by the operator's word before a bank told of it, as `PAY_INS`."""
    rows = (_came_as(act) for act in _by_word(union))
    return pa.Table.from_pylist([{"member": "", "payer": "", "remittance": "", **row} for row in rows], schema=PAY_INS)


def booked_since(union: Union, number: int) -> bool:
    """True where an act after *number* booked money by the operator's word."""
    return any(act.number > number for act in _by_word(union))


def _by_word(union: Union) -> Iterator[Act]:
    """Acts that book money which came in, and that no bank's file told of before."""
    acts = (*union.guarantee.moved.values(), *union.capital.values(), *union.dealt.values())
    return (act for act in acts if act.body.get("came_in") == "")


def _came_as(act: Act) -> dict[str, Any]:
    body = act.body
    currency, amount = (body["bought"], body["bought_minor"]) if act.kind == "dealt" else (body["currency"], body["amount_minor"])
    return {"reference": body["reference"], "currency": currency, "amount_minor": amount}
