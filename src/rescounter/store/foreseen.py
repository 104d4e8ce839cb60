"""What posting a small batch will ask: known before it begins, so that a database far away hears all of it in one breath."""

from __future__ import annotations

from collections.abc import Iterator

from rescounter.ledger import Batch
from rescounter.store.database import Question
from rescounter.store.lookups import Facts, questions_about
from rescounter.store.posting import DUE
from rescounter.store.reading import ANSWER
from rescounter.store.session import HEAD
from rescounter.store.staging import FIND

__all__ = ["questions_of"]


def questions_of(batch: Batch, facts: Facts, *, at_us: int) -> Iterator[Question]:
    """In the order in which they will be asked, the head first: its lock keeps what the others find as it is."""
    yield HEAD, {}
    yield ANSWER, {"key": batch.key}
    yield FIND, {"key": batch.key}
    yield DUE, {"at_us": at_us}
    yield from questions_about(batch.transfers, facts)
