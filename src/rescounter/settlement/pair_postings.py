"""What a cycle of pairs posts, under the keys ``cycle/C/pairs`` and ``cycle/C/pay-out``.

===========  ================  ================  ===============  ================================================================
batch        kind of transfer  debit             credit           amount
===========  ================  ================  ===============  ================================================================
pairs        pair_leg          M/cash            N/cash           a leg; the other one of its pair is the transfer beside it
pairs        earmarked         M/cash            M/due            what M is paid out
pay-out      paid_out          M/due             ``*/settlement``  the same, on the day of settlement
===========  ================  ================  ===============  ================================================================

The batch of pairs is atomic, and its limits hold on each prefix: the ledger takes it whole or not at all, and no cash goes below its
limit at any moment. *memo* of a leg is the name of its pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger import Batch, Policy, Transfer, Transfers
from rescounter.ledger.laws.nothing_created import posts_what_was_cleared
from rescounter.settlement.accounts import CASH, DUE, SETTLEMENT, account_name
from rescounter.settlement.legs import effects_of
from rescounter.settlement.pairs import SETTLED
from rescounter.settlement.postings import batch_key
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["pairs_batch", "pay_out_batch"]


def pairs_batch(settled: pa.Table, pay_outs: pa.Table, cycle: str, *, rulebook_version: str) -> Batch | None:
    """Both legs of each pair of *settled* (`SETTLED`), in its order, and what *pay_outs* (`CALLS`) puts aside; None where nothing moves.

    Law: by account, the batch moves what the pairs and the pay-outs say.
    """
    holds(settled.schema.equals(SETTLED), "pairs_have_their_schema", found=settled.schema.names)
    key = batch_key(cycle, "pairs")
    moved = []
    for row in settled.filter(pc.greater(settled["pass"], 0)).to_pylist():
        for leg, other in (("1", "2"), ("2", "1")):
            debit, credit = (account_name(row[f"payer_{each}"], CASH, row[f"currency_{leg}"]) for each in (leg, other))
            moved.append((debit, credit, row[f"amount_{leg}_minor"], "pair_leg", row["pair"]))
    for row in _paid(pay_outs):
        debit, credit = (account_name(row["member"], purpose, row["currency"]) for purpose in (CASH, DUE))
        moved.append((debit, credit, row["pay_out_minor"], "earmarked", None))
    batch = _batch(key, moved, cycle, rulebook_version)
    _posts_what_settles(batch, settled, pay_outs)
    return batch


def pay_out_batch(pay_outs: pa.Table, cycle: str, *, rulebook_version: str) -> Batch | None:
    """What was put aside leaves the union. Args: *pay_outs* `CALLS`."""
    moved = [
        (
            account_name(row["member"], DUE, row["currency"]),
            account_name(FUND_NAME, SETTLEMENT, row["currency"]),
            row["pay_out_minor"],
            "paid_out",
            None,
        )
        for row in _paid(pay_outs)
    ]
    return _batch(batch_key(cycle, "pay-out"), moved, cycle, rulebook_version)


def _paid(pay_outs: pa.Table) -> list[dict[str, Any]]:
    return [row for row in pay_outs.to_pylist() if row["pay_out_minor"]]


def _batch(key: str, moved: Sequence[tuple[str, str, int, str, str | None]], cycle: str, version: str) -> Batch | None:
    if not moved:
        return None
    transfers = Transfers.of(
        Transfer(id=f"{key}/{place:07}", debit=debit, credit=credit, amount_minor=amount, kind=kind, memo=memo, cycle=cycle or None)
        for place, (debit, credit, amount, kind, memo) in enumerate(moved)
    )
    return Batch(key=key, transfers=transfers, policy=Policy.SEQUENTIAL, cycle=cycle, rulebook_version=version)


def _posts_what_settles(batch: Batch | None, settled: pa.Table, pay_outs: pa.Table) -> None:
    """Reckoned once more from the columns: by account, what is paid, what is received, what is put aside."""
    moved = settled.filter(pc.greater(settled["pass"], 0))
    debits: dict[str, int] = {}
    credits: dict[str, int] = {}
    for leg, other in (("1", "2"), ("2", "1")):
        for sums, payer in ((debits, leg), (credits, other)):
            grouped = moved.group_by([f"payer_{payer}", f"currency_{leg}"]).aggregate([(f"amount_{leg}_minor", "sum")])
            for member, currency, amount in zip(*(column.to_pylist() for column in grouped.columns), strict=True):
                name = account_name(member, CASH, currency)
                sums[name] = sums.get(name, 0) + amount
    for row in _paid(pay_outs):
        name, aside = (account_name(row["member"], purpose, row["currency"]) for purpose in (CASH, DUE))
        debits[name] = debits.get(name, 0) + row["pay_out_minor"]
        credits[aside] = credits.get(aside, 0) + row["pay_out_minor"]
    effects = effects_of(Transfers.of([]) if batch is None else batch.transfers)
    posts_what_was_cleared(effects, debits_minor=debits, credits_minor=credits)
