"""A clearing result becomes a posting: checked from outside first, then posted as one batch, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rescounter.facade.ledger import Ledger
from rescounter.ledger import Answer
from rescounter.terms import Refusal

if TYPE_CHECKING:
    from rescounter.verification import Finding

__all__ = ["ResultPosted", "post_result"]


@dataclass(frozen=True, slots=True)
class ResultPosted:
    """*findings*: why the result was not posted at all; *opened*: accounts that were new; *answer*: of the batch; *refusals* of either."""

    findings: tuple[Finding, ...]
    opened: int = 0
    answer: Answer | None = None
    refusals: tuple[Refusal, ...] = ()


def post_result(
    ledger: Ledger, folder: Path, *, cycle: str = "", cycle_key: bytes | None = None, is_verified: bool = False
) -> ResultPosted:
    """Post what a result folder cleared, in one atomic batch under the key ``result/`` and its root.

    Args: *is_verified*: it was verified a moment ago. Law: nothing is created (`ledger/laws/nothing_created.py`). Raises: CallerFault
    ``result_not_found``, ``result_damaged``, ``result_has_nothing``.
    """
    from rescounter.facade.folder import read_result, verify_folder
    from rescounter.statements.postings import posting_of

    if not is_verified:
        verdict = verify_folder(folder, cycle_key=cycle_key)
        if not verdict.sound:
            return ResultPosted(tuple(verdict.findings))
    stored = read_result(folder)
    posting = posting_of(stored.tables, stored.summary["result_root"], cycle=cycle)
    standing = set(ledger.store.balances([account.id for account in posting.accounts]).text("id").to_pylist())
    new = [account for account in posting.accounts if account.id not in standing]
    if new:
        opened = ledger.open_accounts(new)
        if opened.refusals:
            return ResultPosted((), refusals=opened.refusals)
    answer = ledger.store.post_atomic(posting.batch)
    return ResultPosted((), len(new), answer, (*answer.refusals, *answer.breaches))
