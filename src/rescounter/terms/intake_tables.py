"""Tables that a union's intake takes and gives besides `SUBMISSIONS` and `FROZEN`: names and Arrow types.

============  ===========================================================================================================
table         a row is
============  ===========================================================================================================
participants  a member as it stands at an instant
withdrawals   an obligation that its submitter took back
answers       what a member says of an obligation that its counterparty handed in
kept_out      an obligation that others keep out of the cycle: ``disputed`` or ``held``
outside       what was handed in and does not stand in the cut-off set, by submitter and id, and why
changes       how a corrected cut-off set differs from the one before, by submitter and id
============  ===========================================================================================================

*act*, where a table has it, is the number of the act that brought the row: a withdrawal takes back what came before it, and of
two answers the later counts. Where it is missing, a withdrawal takes back everything of that name.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from rescounter.terms.union_tables import SUBMISSIONS

__all__ = ["ACT", "ANSWERS", "CHANGES", "KEPT_OUT", "OUTSIDE", "PARTICIPANTS", "WHYS", "WITHDRAWALS"]

_text, _minor = pa.string(), pa.int64()

ACT: Final = pa.field("act", pa.int64())
"""The column that submissions, withdrawals and answers may have at the end."""

PARTICIPANTS: Final = pa.schema([("code", _text), ("country", _text), ("group", _text), ("may_submit", pa.bool_())])
"""A member that is not here has left. *may_submit* is false while it is suspended: then its obligations take no part either."""

WITHDRAWALS: Final = pa.schema([("submitter", _text), ("id", _text)])

ANSWERS: Final = pa.schema([("submitter", _text), ("id", _text), ("member", _text), ("answer", _text), ("reason", _text)])
"""*member*: who answers. *answer*: ``confirmed`` or ``rejected``."""

KEPT_OUT: Final = pa.schema([("submitter", _text), ("id", _text), ("excluded", _text)])

OUTSIDE: Final = pa.schema([*SUBMISSIONS, pa.field("origin", _text), pa.field("why", _text)])
"""*why*: one of `WHYS`."""

WHYS: Final = (
    *("", "withdrawn", "repeated", "matched"),
    *("id_twice", "already_carried", "rejected", "differs", "not_matched", "not_confirmed", "taken_out", "sum_beyond_int64"),
)
"""Why a row does not stand: taken back, there again, or the counterparty's row stands for both; behind these, codes of refusal."""

CHANGES: Final = pa.schema([("submitter", _text), ("id", _text), ("change", _text), ("before_minor", _minor), ("after_minor", _minor)])
"""*change*: ``added``, ``removed``, or ``changed`` in any column. Amounts in minor units, null where there is none."""
