"""The pure decisions, composed in memory, answer as the naive model does through any life."""

from __future__ import annotations

import random

from hypothesis import settings

from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY, machine_of
from tests.ledger.memory_store import MemoryStore


def make(clock):
    return MemoryStore(clock=clock, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(7).randbytes)


TestMemoryStore = machine_of(make).TestCase
TestMemoryStore.settings = settings(settings.default, stateful_step_count=25)
