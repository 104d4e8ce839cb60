"""The rows of one batch under audit: which stand there, what they hash to, and what they move.

Two-phase transfers and reversals name others; these are looked up in columns over all transfers so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.audit_books import AuditBooks, Moves
from rescounter.ledger.audit_faults import AuditFault
from rescounter.ledger.memos import memo_digest
from rescounter.ledger.ports import AuditChunk
from rescounter.ledger.registers import ABSENT, Columns, Register, hashes_of
from rescounter.ledger.transfers import Flag

__all__ = ["AuditRows", "memos_fit", "missing_row"]

_NO_EXPIRY = 0
_RESOLVED, _REVERSED, _HAS_MEMO = 1, 2, 4


def missing_row(chunk: AuditChunk) -> Iterator[AuditFault]:
    """The rows of a chunk must stand one behind the other, none twice, none left out."""
    places = np.concatenate([chunk.rows, np.array([place for place, _, _ in chunk.others], np.int64)])
    places.sort()
    expected = chunk.first_row + np.arange(len(places))
    wrong = np.flatnonzero(places != expected)
    if len(wrong):
        row = int(expected[wrong[0]])
        found = "two rows in its place" if int(places[wrong[0]]) < row else "no row"
        yield AuditFault(check="rows", row=row + 1, found=found, expected="one row")


@dataclass(slots=True)
class AuditRows:
    """All transfers so far, in columns: 26 bytes a transfer beside its hash."""

    books: AuditBooks
    register: Register = field(default_factory=Register)
    columns: Columns = field(
        default_factory=lambda: Columns(debit=np.int32, credit=np.int32, amount=np.int64, flag=np.int8, marks=np.int8, expires=np.int64)
    )
    batches: list[tuple[int, int, str]] = field(default_factory=list)
    erased: dict[int, tuple[int, str, int]] = field(default_factory=dict)

    def take(self, chunk: AuditChunk, debit: np.ndarray, credit: np.ndarray, *, limits_bind: bool) -> Iterator[AuditFault]:
        """Check and fold the accepted transfers of a chunk, whose accounts are at the places *debit* and *credit*."""
        transfers, entry = chunk.transfers, chunk.entry
        amount = np.asarray(transfers.column("amount_minor").to_numpy(zero_copy_only=False), np.int64)
        flag = np.asarray(transfers.column("flag").to_numpy(zero_copy_only=False), np.int8)
        moves = Moves(
            debit=debit,
            credit=credit,
            moved=np.where((flag == Flag.PLAIN) | (flag == Flag.POST), amount, 0),
            waits=np.where(flag == Flag.PENDING, amount, 0),
            flag=flag,
            rows=chunk.rows,
            ids=transfers.column("id"),
        )
        for row in np.flatnonzero(amount <= 0)[:1].tolist():
            yield _fault(moves, row, "transfers", f"an amount of {amount[row]:,}", "an amount above zero")
        yield from self.books.fits(moves)
        expires = _expires(transfers.column("expires_at_us"))
        first = self.register.size
        ids = hashes_of(transfers.column("id").to_pylist())
        self.batches.append((first, entry.sequence, chunk.key))
        self.register.add(ids)
        marks = self._memos(chunk, ids)
        self.columns.append(
            debit=debit.astype(np.int32), credit=credit.astype(np.int32), amount=amount, flag=flag, marks=marks, expires=expires
        )
        is_special = flag > Flag.PENDING
        reverses = transfers.column("reverses")
        if reverses.null_count < len(reverses):
            is_special |= np.asarray(pc.is_valid(reverses).to_numpy(zero_copy_only=False))
        if is_special.any():
            yield from self._resolve(chunk, moves, np.flatnonzero(is_special), first)
        yield from self.books.post(moves, limits_bind=limits_bind)

    def _resolve(self, chunk: AuditChunk, moves: Moves, rows: np.ndarray, first: int) -> Iterator[AuditFault]:
        """Look up what post, void, expire and reversals name; write what they release into *moves*."""
        targets = pc.coalesce(chunk.transfers.column("pending_id"), chunk.transfers.column("reverses")).take(pa.array(rows)).to_pylist()
        numbers = self.register.find(hashes_of(name or "" for name in targets))
        for row, name, number in zip(rows.tolist(), targets, numbers.tolist(), strict=True):
            own = first + row
            is_reversal = moves.flag[row] == Flag.PLAIN
            told = self._not_reversible(own, number) if is_reversal else self._not_resolvable(own, number, at_us=chunk.entry.at_us)
            if told:
                check = "reversals" if is_reversal else "two_phase"
                yield _fault(moves, row, check, f"{Flag(moves.flag[row]).name.lower()} of {name}, {told[0]}", told[1])
                return
            self.columns.put("marks", number, self.columns.get("marks", number) | (_REVERSED if is_reversal else _RESOLVED))
            if not is_reversal:
                moves.waits[row] = -self.columns.get("amount", number)

    def _pair(self, number: int) -> tuple[int, int]:
        return self.columns.get("debit", number), self.columns.get("credit", number)

    def _not_resolvable(self, own: int, number: int, *, at_us: int) -> tuple[str, str] | None:
        get = self.columns.get
        if number == ABSENT or number >= own or get("flag", number) != Flag.PENDING:
            return "which is no pending transfer before it", "the id of one"
        if get("marks", number) & _RESOLVED:
            return "which was resolved before", "one post, void or expiry for each"
        flag, amount, whole = get("flag", own), get("amount", own), get("amount", number)
        if self._pair(own) != self._pair(number) or (amount > whole if flag == Flag.POST else amount != whole):
            return f"of other accounts or {amount:,} against {whole:,}", "its accounts, and no more than its amount"
        has_expired = _NO_EXPIRY != get("expires", number) <= at_us
        if has_expired != (flag == Flag.EXPIRE):
            return ("which had expired", "before its expiry") if has_expired else ("which had not expired", "after its expiry")
        return None

    def _not_reversible(self, own: int, number: int) -> tuple[str, str] | None:
        get = self.columns.get
        if number == ABSENT or number >= own or get("flag", number) not in (Flag.PLAIN, Flag.POST):
            return "which is no posted transfer before it", "the id of one"
        if get("marks", number) & _REVERSED:
            return "which was reversed before", "one reversal for each"
        if self._pair(own) != self._pair(number)[::-1] or get("amount", own) != get("amount", number):
            return "with other accounts or another amount", "debit and credit swapped, the same amount"
        return None

    def _memos(self, chunk: AuditChunk, ids: np.ndarray) -> np.ndarray:
        """Marks of the rows whose memo is there; those whose memo is gone wait for the entry that says so."""
        digests = chunk.memo_digests
        if digests.null_count == len(digests):
            return np.zeros(len(ids), np.int8)
        has_digest = np.asarray(pc.is_valid(digests).to_numpy(zero_copy_only=False))
        has_text = np.asarray(pc.is_valid(chunk.transfers.column("memo")).to_numpy(zero_copy_only=False))
        for row in np.flatnonzero(has_digest & ~has_text).tolist():
            self.erased[int(ids[row])] = (chunk.entry.sequence, chunk.key, int(chunk.rows[row]) + 1)
        return np.where(has_text, _HAS_MEMO, 0).astype(np.int8)

    def erase(self, names: list[str], rows: list[int]) -> Iterator[AuditFault]:
        """An erasure is recorded: none of these memos may be there."""
        hashes = hashes_of(names)
        for name, row, identity, number in zip(names, rows, hashes.tolist(), self.register.find(hashes).tolist(), strict=True):
            self.erased.pop(identity, None)
            if number != ABSENT and self.columns.get("marks", number) & _HAS_MEMO:
                yield AuditFault(
                    check="memos", subject=name, row=row + 1, found="a memo that is there", expected="none: its erasure is recorded"
                )

    def vanished(self) -> Iterator[AuditFault]:
        """A memo that is gone and whose erasure no entry records."""
        for sequence, key, row in list(self.erased.values())[:1]:
            yield AuditFault(
                check="memos",
                sequence=sequence,
                key=key,
                row=row,
                found="no memo",
                expected="the memo, or an entry that records its erasure",
            )

    def known(self, names: list[str]) -> int:
        """How many of these ids are of transfers that were posted."""
        return int((self.register.find(hashes_of(names)) != ABSENT).sum()) if names else 0

    def twice(self) -> Iterator[AuditFault]:
        """An id that two transfers have, found when all are there."""
        found = self.register.first_twice()
        if found is not None:
            places = [self._place_of(number) for number in found]
            sequence, key, row = places[1]
            told = f"the id of row {places[0][2]:,} of entry {places[0][0]} again"
            yield AuditFault(check="ids", sequence=sequence, key=key, row=row, found=told, expected="an id of its own")

    def _place_of(self, number: int) -> tuple[int, str, int]:
        first, sequence, key = next(batch for batch in reversed(self.batches) if batch[0] <= number)
        return sequence, key, number - first + 1


def _expires(column: pa.Array) -> np.ndarray:
    if column.null_count == len(column):
        return np.full(len(column), _NO_EXPIRY, np.int64)
    return np.asarray(pc.fill_null(column, _NO_EXPIRY).to_numpy(zero_copy_only=False), np.int64)


def memos_fit(chunk: AuditChunk) -> Iterator[AuditFault]:
    """Each memo that is there hashes to what the log holds of it."""
    memos, digests = chunk.transfers.column("memo"), chunk.memo_digests
    if memos.null_count == len(memos):
        return
    for row, (text, salt, digest) in enumerate(zip(memos.to_pylist(), chunk.memo_salts.to_pylist(), digests.to_pylist(), strict=True)):
        if text is not None and (salt is None or digest is None or memo_digest(text, salt) != digest):
            found = "no digest" if digest is None else f"memo digest {digest.hex()[:16]}"
            expected = "no memo without its salt" if salt is None else f"{memo_digest(text, salt).hex()[:16]}, the digest of its memo"
            yield AuditFault(
                check="memos",
                subject=chunk.transfers.column("id")[row].as_py(),
                row=int(chunk.rows[row]) + 1,
                found=found,
                expected=expected,
            )
            return


def _fault(moves: Moves, row: int, check: str, found: str, expected: str) -> AuditFault:
    return AuditFault(check=check, subject=str(moves.ids[row].as_py()), row=int(moves.rows[row]) + 1, found=found, expected=expected)
