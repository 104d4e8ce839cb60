"""Verification: checks a result from outside, by mathematics and bytes that it shares with no other room.

Enters: the tables of a result with its summary, a member's bundle, a proof of a ledger, an exported vote, or
the evidence pack of a dispute; nothing that cleared them.
Leaves: a `Verdict`: every finding at once, what was proven, and what was not. Refuses: nothing; a
malformed result is a finding, never an exception. Laws: no finding means that the stated claims of
`docs/CERTIFICATE.md` hold, exactly, in integers; no floating-point number decides.
Read `result.py` first (the order of the checks), then `network.py` (what they look at). `desk.py`
and `proofs.py` stand apart: one file each with the standard library alone, which a member runs on
its own bundle, or on a proof of the ledger.
"""

from rescounter.verification.bundles import verify_bundle, verify_proof
from rescounter.verification.digests import verify_digests
from rescounter.verification.inputs import compare_with_input, compare_with_liquidity
from rescounter.verification.packs import verify_pack
from rescounter.verification.result import INPUT_NOT_READ, LIQUIDITY_NOT_READ, verify_result
from rescounter.verification.verdict import Finding, Verdict
from rescounter.verification.votes import verify_vote

__all__ = [
    "INPUT_NOT_READ",
    "LIQUIDITY_NOT_READ",
    "Finding",
    "Verdict",
    "compare_with_input",
    "compare_with_liquidity",
    "verify_bundle",
    "verify_digests",
    "verify_pack",
    "verify_proof",
    "verify_result",
    "verify_vote",
]
