"""Hypothesis profiles: quick for the working day, default for make test, long for campaigns."""

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("quick", max_examples=30, **_COMMON)
settings.register_profile("default", max_examples=150, **_COMMON)
settings.register_profile("long", max_examples=3000, **_COMMON)
if (name := os.environ.get("HYPOTHESIS_PROFILE", "default")) in ("quick", "default", "long"):
    settings.load_profile(name)
