"""Schemas of the documents that acts of the pool name: exposures, calls, payments, what a closed year gives back."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

__all__ = ["CALL_ROWS", "DUES", "ENTERED", "EXPOSURES", "LEFT", "PAYMENTS", "SURPLUS_ROWS"]

_text, _minor = pa.string(), pa.int64()

EXPOSURES: Final = pa.schema(
    [
        pa.field("member", _text),
        pa.field("class", _text),
        pa.field("exposure_minor", _minor),
        pa.field("record_contributed_minor", _minor),
        pa.field("record_lost_minor", _minor),
    ]
)
"""What a member has at risk in a class, in place of what it declared before; the record that it brings from another pool, else 0."""

CALL_ROWS: Final = pa.schema(
    [
        pa.field("member", _text),
        pa.field("class", _text),
        pa.field("exposure_minor", _minor),
        pa.field("factor", _text),
        pa.field("estimated_minor", _minor),
        pa.field("basis_minor", _minor),
        pa.field("amount_minor", _minor),
    ]
)
"""A row of a call. Of an advance: class, the exposure that is charged, *factor* of the record (a fraction), the estimated contribution.
*basis_minor*: by which the call was split, or of which it is a share. *amount_minor* >= 0: what is called."""

PAYMENTS: Final = pa.schema([pa.field("member", _text), pa.field("settles_by", _text), pa.field("amount_minor", _minor)])
"""What members pay of a call, from the cash of the member that they settle by."""

SURPLUS_ROWS: Final = pa.schema(
    [pa.field("member", _text), pa.field("settles_by", _text), pa.field("basis_minor", _minor), pa.field("amount_minor", _minor)]
)
"""What members get back of a closed year, by *basis_minor*, which they paid in."""

DUES: Final = pa.schema([pa.field("call", _text), pa.field("member", _text), pa.field("amount_minor", _minor)])
"""What was called and never paid, and is given up."""

ENTERED: Final = pa.schema(
    [
        *(pa.field(name, _text) for name in ("year", "call", "claim", "member", "id", "currency")),
        pa.field("amount_minor", _minor),
        pa.field("reference", _text),
        pa.field("origin", _text),
    ]
)
"""What the pool hands in to a cycle: of a call, *member* owes it; of a claim, it owes *member*; the other of the two is empty. *id*: of the
obligation. *amount_minor* > 0. *reference*: what it is for, as statements print it. *origin*: cycle since which
it enters."""

LEFT: Final = pa.schema([*ENTERED, pa.field("paid_minor", _minor)])
"""The same when the cycle closed: *paid_minor*, what of it was set off or settled."""
