"""Lets the tests of this room import their helper modules, whatever pytest's import mode."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

# Mutation runs start this suite once for each mutant: few examples, always the same ones.
settings.register_profile(
    "mutation", max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
if os.environ.get("HYPOTHESIS_PROFILE") == "mutation":
    settings.load_profile("mutation")
