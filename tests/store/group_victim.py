"""A process that runs the group commit and acknowledges each transfer that was answered, until it is killed."""

from __future__ import annotations

import asyncio
import mmap
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from rescounter.ledger import Transfer
from rescounter.store.group_commit import GroupCommit
from rescounter.terms import EnvironmentFault
from tests.store import victim

CALLERS = 16


def transfer_of(name: str, caller: int, number: int) -> Transfer:
    """The transfer that a caller posts next: among three accounts, so that all callers contend."""
    debit, credit = victim.ACCOUNTS[number % 3], victim.ACCOUNTS[(number + 1) % 3]
    return Transfer(id=f"{name}/{caller:02d}/{number:06d}", debit=debit, credit=credit, amount_minor=1 + caller)


async def _post_for_ever(store: Any, tell: Callable[[str], None], name: str) -> None:
    writer = GroupCommit(store)
    tell("begun")
    while True:
        try:
            await writer.start()
            break
        except EnvironmentFault as fault:  # another process writes: ask again, until it ends
            assert fault.code == "database_busy"
    tell("writes")

    async def caller(place: int) -> None:
        number = 0
        while True:
            answered = await writer.post(transfer_of(name, place, number))
            assert answered.is_accepted and not answered.is_repeat
            tell(answered.transfer_id)
            number += 1

    await asyncio.gather(*(caller(place) for place in range(CALLERS)))


def run(kind: str, where: Any, mark: Path, *, name: str, wait_s: float, pipe: Pipe) -> None:
    """Tells ``begun``, ``writes`` once it is the one writer, then the id of each transfer that was answered."""
    with open(mark, "r+b") as file:
        byte = mmap.mmap(file.fileno(), 1)
    store = victim.opened(kind, where, wait_s=wait_s, wrap=lambda connection: victim.Marked(connection, byte))
    asyncio.run(_post_for_ever(store, lambda text: pipe.send_bytes(text.encode()), name))
