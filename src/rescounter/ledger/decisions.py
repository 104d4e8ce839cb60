"""Decisions: which transfers of a batch are accepted, why others are not, and what it does to accounts.

Where all rows that are fine by themselves fit below every limit on every prefix, in order, they are
accepted column-wise; else `sequence.run` decides one after the other; what is small and usual is
accepted by `usual.py`. All ways give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.accounts import AccountState
from rescounter.ledger.canonical import content_digest
from rescounter.ledger.effects import Effects, effects_of_plain, sum_fits
from rescounter.ledger.known import Known
from rescounter.ledger.laws.limits_hold import is_within_limits, limits_hold
from rescounter.ledger.laws.zero_sum import effects_sum_to_zero
from rescounter.ledger.rulings import Ruling, flags_of, judged, places_of, refused, told
from rescounter.ledger.sequence import Books, Rows, run
from rescounter.ledger.standings import Standing, Standings
from rescounter.ledger.transfers import CHUNK_ROWS, Flag, Policy, Transfer, Transfers
from rescounter.ledger.usual import effects_if_usual
from rescounter.terms import INT64_MAX, CallerFault, Refusal

__all__ = [
    "UNBOUND",
    "AtomicDecision",
    "Decision",
    "Examined",
    "conclude",
    "decide_atomic",
    "decide_each",
    "examine",
    "over_limits",
    "rows_of",
]

UNBOUND: Final = frozenset({"transfer_id_invalid", "transfer_id_taken"})
"""Codes that do not answer the id for ever: it is no id, or another transfer's."""

_NOTHING: Final = -1
_EARLIER: Final = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to each transfer of a batch.

    *accepted*: bool a row: posted, or answered as posted before. *repeated*: bool a row: its id was
    answered before, or above in the batch; it moves nothing. *refusals*: of the rows that are not
    accepted, by row. *effects*: of the rows that are accepted and not repeated.
    """

    accepted: np.ndarray
    repeated: np.ndarray
    refusals: tuple[Refusal, ...]
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One chunk of an atomic batch without a look at limits: *refusals* by row, *effects* of the other rows."""

    refusals: tuple[Refusal, ...]
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomicDecision:
    """The answer to an atomic batch: posted when nothing is refused and no account breaches.

    *refusals*: of transfers, by row. *breaches*: of accounts, by id, with row 0. *effects*: none when refused.
    """

    refusals: tuple[Refusal, ...]
    breaches: tuple[Refusal, ...]
    effects: Effects

    @property
    def is_posted(self) -> bool:
        """All or nothing."""
        return not self.refusals and not self.breaches


@dataclass(slots=True)
class _Judged:
    """A batch on its way through a decision: places, rulings so far, and which rows repeat which."""

    transfers: Transfers
    standings: Standings
    debit: np.ndarray
    credit: np.ndarray
    amount: np.ndarray
    flag: np.ndarray
    rulings: np.ndarray
    source: np.ndarray

    @classmethod
    def of(cls, transfers: Transfers, standings: Standings, *, at_us: int) -> _Judged:
        debit, credit = places_of(transfers.column("debit"), standings), places_of(transfers.column("credit"), standings)
        return cls(
            transfers=transfers,
            standings=standings,
            debit=debit,
            credit=credit,
            amount=np.asarray(pc.fill_null(transfers.column("amount_minor"), 0).to_numpy(zero_copy_only=False)),
            flag=flags_of(transfers),
            rulings=judged(transfers, standings, debit, credit, at_us=at_us),
            source=np.full(len(transfers), _NOTHING, np.int64),
        )


def decide_each(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, at_us: int) -> Decision:
    """Decide each transfer in order, limits holding after every one.

    Args: *standings* of all accounts that are named and exist; *known*: all ids that are named (own,
    pending, reversed) and were answered before; *at_us*: the instant. Raises: CallerFault
    ``batch_too_large`` above `CHUNK_ROWS`. Law: zero sum; no limit broken on any prefix.
    """
    if len(transfers) > CHUNK_ROWS:
        raise CallerFault("batch_too_large", f"{len(transfers)} transfers in one batch, at most {CHUNK_ROWS} are decided one by one")
    usual = None if known else effects_if_usual(transfers, standings)
    if usual is not None:
        effects_sum_to_zero(usual)
        limits_hold(usual, standings)
        count = len(transfers)
        return Decision(accepted=np.ones(count, bool), repeated=np.zeros(count, bool), refusals=(), effects=usual)
    batch = _Judged.of(transfers, standings, at_us=at_us)
    _find_repeats(batch, known)
    effects, facts = _decide_in_order(batch, known, at_us=at_us)
    first = np.where(batch.source >= 0, batch.source, np.arange(len(transfers)))
    accepted, repeated = batch.rulings[first] == 0, batch.source != _NOTHING
    own, earlier = _tell(batch, facts, np.flatnonzero((batch.rulings != 0) & ~repeated)), {}
    for row in np.flatnonzero(repeated).tolist():
        identity = transfers.column("id")[row].as_py()
        answer = known[identity].refusal if batch.source[row] == _EARLIER else own.get(int(first[row]))
        accepted[row] = answer is None
        if answer is not None:
            earlier[row] = replace(answer, row=row + 1)
    refusals = tuple(refusal for _, refusal in sorted({**own, **earlier}.items()))
    effects_sum_to_zero(effects)
    limits_hold(effects, standings)
    return Decision(accepted=accepted, repeated=repeated, refusals=refusals, effects=effects)


def _find_repeats(batch: _Judged, known: Mapping[str, Known]) -> None:
    """Mark rows whose id was answered before, or stands above: the same content repeats, other content is refused."""
    ids = batch.transfers.column("id")
    is_known = np.asarray(pc.is_in(ids, value_set=pa.array(list(known), pa.string())).to_numpy(zero_copy_only=False)) if known else None
    if (is_known is None or not is_known.any()) and pc.count_distinct(ids).as_py() == len(ids):
        return
    first: dict[str, int] = {}
    for row, identity in enumerate(ids.to_pylist()):
        if batch.rulings[row] == Ruling.TRANSFER_ID_INVALID:
            continue
        answered = known.get(identity)
        above = first.setdefault(identity, row)
        if answered is None and above == row:
            continue
        transfer = _row(batch.transfers, row)
        if answered is not None:
            is_same = answered.content == content_digest(transfer) and answered.has_memo(transfer.memo)
        else:
            is_same = transfer == _row(batch.transfers, above)
        batch.rulings[row] = 0 if is_same else Ruling.TRANSFER_ID_TAKEN
        if is_same:
            batch.source[row] = _EARLIER if answered is not None else above


def _row(transfers: Transfers, row: int) -> Transfer:
    return next(transfers.slice(row, 1).rows())


def _decide_in_order(
    batch: _Judged, known: Mapping[str, Known], *, at_us: int, limits_bind: bool = True
) -> tuple[Effects, dict[int, tuple[int, ...]]]:
    """Decide the rows that are fine by themselves; write their rulings. Returns: effects, and facts of refused rows."""
    fine = (batch.rulings == 0) & (batch.source == _NOTHING)
    special = (batch.flag > Flag.PENDING) | np.asarray(pc.is_valid(batch.transfers.column("reverses")).to_numpy(zero_copy_only=False))
    if not (special & fine).any():
        effects = _effects_if_all(batch, fine, limits_bind=limits_bind)
        if effects is not None:
            return effects, {}
    rows = Rows(
        transfers=list(batch.transfers.rows()) if (special & fine).any() else None,
        special=special.tolist(),
        waits=(batch.flag == Flag.PENDING).tolist(),
        debit=batch.debit.tolist(),
        credit=batch.credit.tolist(),
        amount=batch.amount.tolist(),
    )
    rulings = np.where(fine, 0, np.where(batch.rulings != 0, batch.rulings, _NOTHING)).tolist()
    books = Books.of(batch.standings, known, at_us=at_us, limits_bind=limits_bind)
    run(rows, rulings, books)
    decided = np.array(rulings, np.int8)
    batch.rulings[fine] = decided[fine]
    return books.effects(rows, rulings), books.facts


def _effects_if_all(batch: _Judged, fine: np.ndarray, *, limits_bind: bool) -> Effects | None:
    """Effects of all fine rows, all plain or pending, if no prefix breaks a limit or a total; else None."""
    debit, credit, amount = batch.debit[fine], batch.credit[fine], batch.amount[fine]
    if not sum_fits(amount):
        return None
    effects = effects_of_plain(batch.standings, debit, credit, amount, batch.flag[fine] == Flag.PENDING)
    return effects if is_within_limits(effects, batch.standings, limits_bind=limits_bind) else None


def _tell(batch: _Judged, facts: Mapping[int, tuple[int, ...]], rows: np.ndarray, first_row: int = 0) -> dict[int, Refusal]:
    if not len(rows):
        return {}
    chosen = Transfers(batch.transfers.table.take(pa.array(rows)))
    return {
        row: told(Ruling(batch.rulings[row]), transfer, batch.standings, row=first_row + row + 1, facts=facts.get(row, ()))
        for row, transfer in zip(rows.tolist(), chosen.rows(), strict=True)
    }


def _decide_whole(
    transfers: Transfers,
    standings: Standings,
    known: Mapping[str, Known],
    *,
    at_us: int,
    limits_bind: bool,
    plain_only: bool,
    first_row: int,
) -> tuple[tuple[Refusal, ...], Effects]:
    """As an atomic batch is judged: each id is new, and stands once."""
    batch = _Judged.of(transfers, standings, at_us=at_us)
    _find_repeats(batch, known)
    batch.rulings[batch.source != _NOTHING] = Ruling.TRANSFER_ID_TAKEN
    batch.source[:] = _NOTHING
    if plain_only:
        batch.rulings[(batch.flag != Flag.PLAIN) & (batch.rulings == 0)] = Ruling.TWO_PHASE_IN_LARGE_BATCH
    effects, facts = _decide_in_order(batch, known, at_us=at_us, limits_bind=limits_bind)
    return tuple(_tell(batch, facts, np.flatnonzero(batch.rulings), first_row).values()), effects


def examine(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, at_us: int, first_row: int) -> Examined:
    """Judge one chunk of an atomic batch of several, all but limits and what is staged of it already.

    Args: as `decide_each`; *known* holds also what earlier chunks of the batch staged; *first_row*: rows before
    this chunk. Of *standings* only ids, currencies and states count: sums are read again by the flip.
    """
    empty = Standings.of(replace(row, posted_debits=0, posted_credits=0, pending_debits=0, pending_credits=0) for row in standings.rows())
    refusals, effects = _decide_whole(transfers, empty, known, at_us=at_us, limits_bind=False, plain_only=True, first_row=first_row)
    effects_sum_to_zero(effects)
    return Examined(refusals=refusals, effects=effects)


def decide_atomic(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, policy: Policy, at_us: int) -> AtomicDecision:
    """Decide an atomic batch of one chunk, every offending transfer and account named.

    Args: as `decide_each`. Law: zero sum; limits hold at the end (`Policy.CYCLE_NET`) or on each prefix.
    """
    if len(transfers) > CHUNK_ROWS:
        raise CallerFault("batch_too_large", f"{len(transfers)} transfers in one chunk, at most {CHUNK_ROWS} are decided at once")
    is_sequential = policy is Policy.SEQUENTIAL
    refusals, effects = _decide_whole(transfers, standings, known, at_us=at_us, limits_bind=is_sequential, plain_only=False, first_row=0)
    breaches = () if is_sequential else over_limits(effects, standings)
    if refusals or breaches:
        named = {refusal.row: refusal for refusal in (*rows_of(transfers, breaches), *refusals)}
        return AtomicDecision(refusals=tuple(named[row] for row in sorted(named)), breaches=breaches, effects=Effects.none())
    effects_sum_to_zero(effects)
    limits_hold(effects, standings, on_each_prefix=is_sequential)
    return AtomicDecision(refusals=(), breaches=(), effects=effects)


def over_limits(effects: Effects, standings: Standings) -> tuple[Refusal, ...]:
    """The accounts that the batch would leave over their limit, by id."""
    uses = zip(effects.ids.to_pylist(), effects.use().tolist(), strict=True)
    of = {row.id: row for row in standings.rows()}
    return tuple(breach for identity, use in uses if (breach := _over_limit(of[identity], use)) is not None)


def conclude(effects: Effects, standings: Standings, *, policy: Policy) -> tuple[Refusal, ...]:
    """The breaches of a batch that was examined chunk by chunk: closed, frozen, beyond int64 or over the limit, by id of account.

    Args: *effects* of all chunks, `effects.merged`; *standings* of at least their accounts, read under lock.
    Cost: accounts, not rows.
    """
    of = {row.id: row for row in standings.rows()}
    tops = effects.peak if policy is Policy.SEQUENTIAL else effects.use()
    columns = zip(effects.ids.to_pylist(), effects.posted_debits.tolist(), effects.posted_credits.tolist(), tops.tolist(), strict=True)
    found = (_breach(of[identity], debits, credits, top) for identity, debits, credits, top in columns)
    return tuple(breach for breach in found if breach is not None)


def _breach(account: Standing, debits: int, credits: int, top: int) -> Refusal | None:
    if account.state is not AccountState.OPEN:
        code = "account_closed" if account.state is AccountState.CLOSED else "account_frozen"
        return refused(code, row=0, subject=account.id, found=f"{account.id} is {account.state.name.lower()}")
    total = max(account.posted_debits + account.pending_debits + debits, account.posted_credits + account.pending_credits + credits)
    if total > INT64_MAX:
        return refused("total_beyond_int64", row=0, subject=account.id, found=f"a sum of {total:,} minor units")
    return _over_limit(account, top)


def _over_limit(account: Standing, change: int) -> Refusal | None:
    use = account.used_minor + change
    if account.limit_minor is None or use <= account.limit_minor:
        return None
    allowed = f"at most {account.limit_minor:,} minor units, its limit"
    return refused("account_over_limit", row=0, subject=account.id, found=f"{account.id} would use {use:,} minor units", allowed=allowed)


def rows_of(transfers: Transfers, breaches: Sequence[Refusal], *, first_row: int = 0) -> list[Refusal]:
    """The transfers that bring breaches about: those that debit an account over its limit, or touch one that may not be touched."""
    if not breaches:
        return []
    of = {breach.id: breach for breach in breaches}
    over = {breach.id for breach in breaches if breach.code == "account_over_limit"}
    names = (transfers.column(name).to_pylist() for name in ("id", "debit", "credit"))
    refusals = []
    for row, (identity, debit, credit) in enumerate(zip(*names, strict=True)):
        breach = of.get(debit) or (of.get(credit) if credit not in over else None)
        if breach is not None:
            code = "limit_exceeded" if breach.id in over else breach.code
            refusals.append(refused(code, row=first_row + row + 1, subject=identity, found=breach.found, allowed=breach.allowed))
    return refusals
