"""Hypothesis profiles: quick for the working day, default for make test, long for campaigns; and which worker runs which test."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

_COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("quick", max_examples=30, **_COMMON)
settings.register_profile("default", max_examples=150, **_COMMON)
settings.register_profile("long", max_examples=3000, **_COMMON)
if (name := os.environ.get("HYPOTHESIS_PROFILE", "default")) in ("quick", "default", "long"):
    settings.load_profile(name)

IN_ORDER = ("tests/journeys/test_pack_", "tests/journeys/test_default.py", "tests/journeys/test_dispute.py")
"""Modules whose tests go on where the one before ended."""

ONE_WORLD = (
    *(f"tests/journeys/test_union_{name}.py" for name in ("killed", "two_operators", "kept", "deferred", "set_off")),
    *("tests/journeys/test_default_killed.py", "tests/journeys/test_ledger_exports.py", "tests/store/test_stores_agree.py"),
)
"""Modules whose tests share a world that takes seconds to make."""


class _Whole(LoadScopeScheduling):
    """One worker runs such a module, from first to last, and begins early; any other test goes to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith((*IN_ORDER, *ONE_WORLD)) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """See pytest-xdist, "hooks"."""
    return _Whole(config, log)
