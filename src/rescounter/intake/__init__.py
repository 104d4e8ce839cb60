"""Intake: rows as they were handed in become obligations admitted to a run, or refusals; and the set of a union's cycle.

Enters: `Submitted` (cells by column, unchecked). Leaves: `Admission` with `Admitted` in canonical
order and a table of refusals. Refuses: one row at a time, by the rules A1 to A20 of
`terms.refusals`, each row under its most important code; a currency whose sum leaves int64 as a
whole. Laws: every row is admitted or refused, never both, never lost; no amount is ever rounded.
A file of
cash (`Lines`) is taken whole or refused whole, with all of its faults. Read `submitted.py` and
`admitted.py` for the values, then `admit.py` for the flow.

For a union: `submissions.take` asks besides who may hand in what (S1 to S11); `cut_off.freeze` brings both sides together and freezes the
set under a Merkle root; `round.to_admitted` hands it to clearing, and `round.carried` says what the next cycle takes over. Laws: every
row stands in the frozen set or outside of it with its reason; the frozen set depends on the set of rows alone; what was frozen is
cleared, replaced, carried or returned, to the minor unit.
"""

from rescounter.intake.admit import Conditions, admit
from rescounter.intake.admitted import Admission, Admitted
from rescounter.intake.lines import Lines, admit_lines
from rescounter.intake.submitted import COLUMNS, Submitted

__all__ = ["COLUMNS", "Admission", "Admitted", "Conditions", "Lines", "Submitted", "admit", "admit_lines"]
