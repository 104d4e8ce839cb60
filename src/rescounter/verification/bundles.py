"""A member's bundle or proof, checked by the same file that is mailed with it."""

from __future__ import annotations

from rescounter.verification import desk, proofs
from rescounter.verification.verdict import Finding, Verdict, capped

__all__ = ["verify_bundle", "verify_proof"]


def verify_bundle(bundle: object, *, root: str | None = None) -> Verdict:
    """Check a bundle as its member would.

    Args: *bundle*: ``bundle.json`` as read, of any shape. *root*: the result_root that the counterparties
    hold or the union published, to compare with.
    """
    report = desk.check(bundle, root)
    by_check: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_check.setdefault(finding.check, []).append(Finding(*finding))
    findings = [shown for check, found in by_check.items() for shown in capped(check, len(found), found)]
    return Verdict(tuple(findings), tuple(report.proven), tuple(report.not_proven))


def verify_proof(proof: object, *, verifier: str | None = None, kept: str | None = None) -> Verdict:
    """Check a proof of a ledger as a member would.

    Args: *proof*: as read, of any shape. *verifier*: the published key. *kept*: the text of an earlier checkpoint.
    """
    report = proofs.check(proof, verifier, kept)
    return Verdict(tuple(Finding(*finding) for finding in report.findings), tuple(report.proven), tuple(report.not_proven))
