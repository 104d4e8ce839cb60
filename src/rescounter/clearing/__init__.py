"""Clearing: admitted obligations are set off against each other, netted, or both, exactly.

Enters: `Admitted` in canonical order. Leaves: `Cleared`: what of each obligation is discharged
without money, what novation replaces, the potentials that prove the optimum, and the seal. Refuses:
nothing; what was admitted can be cleared. Laws: a member clears as much as debtor as it clears as
creditor; 0 <= cleared <= amount; the potentials certify the optimum; the bytes depend on the set of
rows alone. Read `clear.py` first, then `network.py` and `optimum.py`; the mathematics stands in
`docs/CERTIFICATE.md`.
"""
