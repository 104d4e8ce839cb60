"""Group commit: the transfers that wait at the same time become one durable batch, and each caller gets its own answer.

The event loop gathers; the store, which blocks, runs on one thread of its own, one batch at a time. While a
batch is written the next one gathers, so the group grows with the load and nobody waits for a clock.

What a caller knows:

- an **answer** came: it is durable, and the same for ever under this id;
- ``queue_full``, ``writer_closed``, ``transfer_unusable``: the transfer was not taken, and nothing was written;
- ``outcome_unknown``: the database failed while the transfer was on its way. It may be posted or not. Ask again with
  the same id: the ledger gives the first answer, and never posts twice;
- **cancelled** while it waited: a transfer that no batch had taken is withdrawn; one that was on its way is posted or
  refused all the same. The caller cannot tell which, and asks again with the same id, as above.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from types import TracebackType
from typing import Final

from rescounter.ledger import CHUNK_ROWS, Answer, Batch, Entry, Store, Transfer, Transfers
from rescounter.store.ids import time_ordered_ids
from rescounter.terms import INT64_MAX, BrokenLaw, CallerFault, EnvironmentFault, Fault, Refusal, holds

__all__ = ["ROWS_MAX", "WAITING_MAX", "Answered", "GroupCommit"]

ROWS_MAX: Final = 4096
"""Transfers in one batch, unless told: what comes above waits for the next."""

WAITING_MAX: Final = 16_384
"""Transfers that may wait for a batch, unless told."""

_texts_of: Final = attrgetter("id", "debit", "credit", "kind", "cycle", "pending_id", "reverses", "memo")
_numbers_of: Final = attrgetter("amount_minor", "flag", "expires_at_us", "effective_at_us")
_KNOWN_FAULTS: Final = frozenset({"database_busy"})
"""Faults of the database that come before anything is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The durable answer to one transfer: accepted unless there is a *refusal* (its row is 1).

    *is_repeat*: the id was answered before, with this answer, and nothing was posted now. *entry*: of the batch in which
    this asking stands, durable.
    """

    transfer_id: str
    entry: Entry
    refusal: Refusal | None = None
    is_repeat: bool = False

    @property
    def is_accepted(self) -> bool:
        """Posted, now or before."""
        return self.refusal is None


class _Waiting:
    """A transfer and the caller that waits for its answer; compared by identity."""

    __slots__ = ("answer", "transfer")

    def __init__(self, transfer: Transfer, answer: asyncio.Future[Answered]) -> None:
        self.transfer, self.answer = transfer, answer


_Told = Answered | Fault


class GroupCommit:
    """The writer of a ledger that many callers of one event loop share.

    It uses the store alone for writing while it is open, and leaves it open. Whoever made the store closes it, after.
    """

    def __init__(
        self,
        store: Store,
        *,
        keys: Callable[[], str] | None = None,
        rows_max: int = ROWS_MAX,
        waiting_max: int = WAITING_MAX,
        rulebook_version: str = "",
    ) -> None:
        """Args: *keys*: another unique batch key each time, by default `time_ordered_ids`; *rulebook_version*: of every batch."""
        holds(0 < rows_max <= CHUNK_ROWS and waiting_max > 0, "a_group_is_bounded", rows_max=rows_max, waiting_max=waiting_max)
        self._store, self._keys = store, keys or time_ordered_ids()
        self._rows_max, self._waiting_max, self._rulebook_version = rows_max, waiting_max, rulebook_version
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "group-commit")
        self._sent: list[_Waiting] = []
        self._is_planned = self._is_closing = False
        self._defect: BaseException | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    # For callers.

    async def start(self) -> None:
        """Become the one writer now, not with the first transfer; release what expired meanwhile.

        Raises: EnvironmentFault ``database_busy`` when another process writes, after the store's wait: a standby asks
        again, until that process has ended. All that it acknowledged is there then.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.expire)

    async def post(self, transfer: Transfer) -> Answered:
        """Post one transfer; returns when the answer is durable. A retry with the same id gets the first answer.

        Raises: EnvironmentFault ``queue_full``, ``outcome_unknown``, ``database_busy``; CallerFault ``writer_closed``,
        ``transfer_unusable``, and what the store says of this transfer (``staged_elsewhere``).
        """
        self._refuse_closed()
        _check(transfer)
        if len(self._waiting) >= self._waiting_max:
            raise EnvironmentFault("queue_full", f"{self._waiting_max:,} transfers wait already; this one was not taken")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(transfer, loop.create_future())
        self._waiting.append(waiting)
        self._plan(loop)
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with suppress(ValueError):  # on its way already: what becomes of it stands under its id
                self._waiting.remove(waiting)
            raise

    @property
    def waiting(self) -> int:
        """Transfers that no batch has taken yet."""
        return len(self._waiting)

    async def close(self) -> None:
        """Take no more, answer all that wait, end the thread. Raises what stopped the writer, if something did."""
        self._is_closing = True
        await self._idle.wait()
        self._thread.shutdown(wait=False)
        if self._defect is not None:
            raise self._defect

    async def __aenter__(self) -> GroupCommit:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def _refuse_closed(self) -> None:
        if self._defect is not None:
            raise EnvironmentFault("writer_stopped", f"the writer met {self._defect!r}; this transfer was not taken") from self._defect
        if self._is_closing:
            raise CallerFault("writer_closed", "the writer is closing; this transfer was not taken")

    # On the event loop.

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send soon, behind all callers that are ready now: they belong to the same group."""
        self._idle.clear()
        if not self._sent and not self._is_planned:
            self._is_planned = True
            loop.call_soon(self._send, loop)

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_planned = False
        while self._waiting and len(self._sent) < self._rows_max:
            self._sent.append(self._waiting.popleft())
        if not self._sent:
            self._idle.set()
            return
        work = self._thread.submit(self._post, [waiting.transfer for waiting in self._sent])
        work.add_done_callback(lambda done: loop.call_soon_threadsafe(self._answer, loop, done))

    def _answer(self, loop: asyncio.AbstractEventLoop, done: Future[list[_Told]]) -> None:
        sent, self._sent = self._sent, []
        defect = done.exception()
        if defect is not None:
            self._stop(defect, sent)
            return
        for waiting, told in zip(sent, done.result(), strict=True):
            _tell(waiting, told)
        self._is_planned = True  # behind the callers that were just answered: they may ask again at once
        loop.call_soon(self._send, loop)

    def _stop(self, defect: BaseException, sent: Sequence[_Waiting]) -> None:
        """A law is broken, or the program is wrong: nothing more is written, and everybody who waits hears of it."""
        self._defect = defect
        for waiting in sent:
            _tell(waiting, _unknown(f"the writer stopped: {defect!r}"))
        while self._waiting:
            _tell(self._waiting.popleft(), EnvironmentFault("writer_stopped", f"the writer met {defect!r}; this transfer was not taken"))
        self._idle.set()

    # On the thread.

    def _post(self, transfers: Sequence[Transfer]) -> list[_Told]:
        """Post a group. A caller's fault is told to that caller: the group is posted again in two halves."""
        batch = Batch(key=self._keys(), transfers=Transfers.of(transfers), rulebook_version=self._rulebook_version)
        try:
            answer = self._store.post_each(batch)
        except EnvironmentFault as fault:
            return [_told_of(fault)] * len(transfers)
        except CallerFault as fault:
            if len(transfers) == 1:
                return [fault]
            half = len(transfers) // 2
            return [*self._post(transfers[:half]), *self._post(transfers[half:])]
        return _answers(transfers, answer)


def _tell(waiting: _Waiting, told: _Told) -> None:
    """Answer a caller that still waits; each raises a fault of its own."""
    if waiting.answer.done():
        return
    if isinstance(told, Answered):
        waiting.answer.set_result(told)
    else:
        waiting.answer.set_exception(type(told)(told.code, told.message, **told.facts))


def _unknown(why: str) -> EnvironmentFault:
    return EnvironmentFault("outcome_unknown", f"whether the transfer was posted is not known: {why}")


def _told_of(fault: EnvironmentFault) -> EnvironmentFault:
    return fault if fault.code in _KNOWN_FAULTS else _unknown(fault.message)


def _answers(transfers: Sequence[Transfer], answer: Answer) -> list[_Told]:
    if answer.entry is None:
        raise BrokenLaw("batch_keys_are_unique", key=answer.key)
    refusals = {refusal.row: replace(refusal, row=1) for refusal in answer.refusals}
    return [
        Answered(transfer_id=transfer.id, entry=answer.entry, refusal=refusals.get(row), is_repeat=is_repeat)
        for row, (transfer, is_repeat) in enumerate(zip(transfers, answer.repeated.tolist(), strict=True), 1)
    ]


def _check(transfer: Transfer) -> None:
    """Raise CallerFault ``transfer_unusable`` for what no table holds; it would spoil the whole group."""
    for text in _texts_of(transfer):
        if text is not None and not (isinstance(text, str) and (text.isascii() or _is_encodable(text))):
            raise CallerFault("transfer_unusable", f"where a text should be stands {text!a:.80}")
    for number in _numbers_of(transfer):
        if number is not None and not (isinstance(number, int) and -INT64_MAX <= number <= INT64_MAX):
            raise CallerFault("transfer_unusable", f"where an integer of 64 bits should be stands {number!a:.80}")


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
