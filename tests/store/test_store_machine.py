"""Stores on disk answer as the naive model does through any life."""

from __future__ import annotations

from hypothesis import settings

from tests.ledger.machine import machine_of
from tests.store.stores import fresh_postgresql, fresh_sqlite

TestSqliteStore = machine_of(fresh_sqlite).TestCase
TestSqliteStore.settings = settings(settings.default, stateful_step_count=25)

TestPostgresqlStore = machine_of(fresh_postgresql).TestCase
TestPostgresqlStore.settings = settings(settings.default, stateful_step_count=25)
