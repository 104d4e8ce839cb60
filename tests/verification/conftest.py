"""How many examples a mutation run tries: it starts this suite once for each mutant."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),  # a mutant need not be told in its smallest form
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
if os.environ.get("HYPOTHESIS_PROFILE") == "mutation":
    settings.load_profile("mutation")
