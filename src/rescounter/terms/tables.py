"""The tables of a result: names, Arrow types, units and order of rows.

These schemas are the contract between the rooms that make a result, the one that writes it and the
one that verifies it. Amounts are minor units of the row's currency, int64.

===========  ========================================================================================================
table        order of rows
===========  ========================================================================================================
obligations  currency, debtor, creditor, weight (heaviest first), due (none last), id (`terms.names.order_of_id`)
members      currency, member
potentials   currency, member (``*`` is the fund, ``**`` is cash)
liquidity    currency, member (``*`` is the fund); only where liquidity was given
circuits     currency, circuit, step
refusals     row
===========  ========================================================================================================

Texts sort by code point. Sign of ``net_minor``: positive = is owed. Columns marked * stand only in
results with netting, ** only where the input had them, *** only where liquidity was given.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

__all__ = ["CIRCUITS", "LIQUIDITY", "MEMBERS", "OBLIGATIONS", "POTENTIALS", "REFUSALS_TABLE", "members_schema", "obligations_schema"]


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in types.items()])


_text, _minor = pa.string(), pa.int64()

OBLIGATIONS: Final = _schema(
    id=_text,
    debtor=_text,
    creditor=_text,
    currency=_text,
    amount_minor=_minor,
    cleared_minor=_minor,
    residual_minor=_minor,
    due=pa.date32(),
    **{"class": _text},
    excluded=_text,
)
MEMBERS: Final = _schema(
    member=_text,
    currency=_text,
    owes_minor=_minor,
    is_owed_minor=_minor,
    net_minor=_minor,
    cleared_minor=_minor,
    owes_after_minor=_minor,
    is_owed_after_minor=_minor,
)
POTENTIALS: Final = _schema(member=_text, currency=_text, potential=pa.int64())
CIRCUITS: Final = _schema(currency=_text, circuit=pa.int64(), step=pa.int32(), debtor=_text, creditor=_text, amount_minor=_minor)
LIQUIDITY: Final = _schema(
    currency=_text,
    member=_text,
    available_minor=_minor,
    injected_minor=_minor,
    loan_minor=_minor,
    received_minor=_minor,
)
REFUSALS_TABLE: Final = _schema(row=pa.int64(), id=_text, code=_text, found=_text, allowed=_text, rule=_text, what_to_do=_text)


def obligations_schema(*, netting: bool, reference: bool, weight: bool = False) -> pa.Schema:
    """`OBLIGATIONS`, with ``replaced_minor``* (what novation replaced), ``weight``** and ``reference``** at the end."""
    schema = OBLIGATIONS
    if netting:
        schema = schema.append(pa.field("replaced_minor", _minor))
    if weight:
        schema = schema.append(pa.field("weight", pa.int32()))
    if reference:
        schema = schema.append(pa.field("reference", _text))
    return schema


def members_schema(*, netting: bool, liquidity: bool = False) -> pa.Schema:
    """`MEMBERS`, with ``pay_in_minor``* and ``pay_out_minor``* (towards the union) at the end, then
    ``cleared_claims_minor``*** (cleared as creditor), ``injected_minor``***, ``loan_minor``***, ``received_minor``***."""
    netted = ("pay_in_minor", "pay_out_minor") if netting else ()
    cash = ("cleared_claims_minor", "injected_minor", "loan_minor", "received_minor") if liquidity else ()
    return pa.schema([*MEMBERS, *(pa.field(name, _minor) for name in netted + cash)])
