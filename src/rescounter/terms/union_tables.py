"""The tables of a union's cycle: names, Arrow types, units. Amounts are minor units, int64; sign: positive = is owed.

===========  ============================================================================================================
table        a row is
===========  ============================================================================================================
submissions  an obligation as a member handed it in, by submitter and id
frozen       an obligation of the cut-off set, by submitter and id; *excluded* is empty where it takes part
calls        what a member must pay in or is paid out, by currency and member
pay_ins      money that came in on the settlement account, in order of arrival
===========  ============================================================================================================
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

__all__ = ["CALLS", "FROZEN", "PAY_INS", "SUBMISSIONS"]

_text, _minor = pa.string(), pa.int64()


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in types.items()])


SUBMISSIONS: Final = _schema(
    submitter=_text,
    id=_text,
    debtor=_text,
    creditor=_text,
    currency=_text,
    amount_minor=_minor,
    due=pa.date32(),
    **{"class": _text},
    weight=pa.int32(),
    divisible=pa.bool_(),
    reference=_text,
)
"""*id* is the submitter's own; submitter and id together are unique in a cycle. *weight* 1 to 100, 1 where none was given."""

FROZEN: Final = pa.schema([*SUBMISSIONS, pa.field("origin", _text), pa.field("matched", _text), pa.field("excluded", _text)])
"""*origin*: cycle in which it was first handed in. *matched*: id of the counterparty's row, or ``confirmed``, ``silence``, empty."""

CALLS: Final = _schema(currency=_text, member=_text, pay_in_minor=_minor, pay_out_minor=_minor)

PAY_INS: Final = _schema(
    reference=_text, member=_text, currency=_text, amount_minor=_minor, booked=pa.date32(), payer=_text, remittance=_text
)
"""*reference*: of the bank, unique for ever. *member*: empty where it cannot be told from payer or remittance."""
