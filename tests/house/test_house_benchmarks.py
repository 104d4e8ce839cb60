"""What is measured is worth measuring: the same network for the same seed, in both formats, with the profile's shape."""

from __future__ import annotations

import numpy as np
import pytest

import rescounter
from benchmarks.networks import PROFILES, network, write

ROWS = 3000


@pytest.mark.parametrize("profile", PROFILES)
def test_a_seed_gives_one_network(profile):
    first = network(PROFILES[profile], ROWS, seed=1)
    assert first.equals(network(PROFILES[profile], ROWS, seed=1))
    assert not first.equals(network(PROFILES[profile], ROWS, seed=2))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_row_of_a_network_is_admitted(profile):
    result = rescounter.clear(network(PROFILES[profile], ROWS, seed=1))
    assert (len(result.obligations), result.summary["refused"]) == (ROWS, 0)


def test_the_profiles_differ_in_what_clears():
    shares = {
        profile: rescounter.clear(network(PROFILES[profile], ROWS, seed=1)).summary["currencies"]["EUR"]["cleared_share"]
        for profile in PROFILES
    }
    assert shares["trade-credit"] < 0.1 < shares["scale-free"]


def test_most_firms_of_trade_credit_are_owed_nothing():
    table = network(PROFILES["trade-credit"], ROWS, seed=1)
    debtors, creditors = (set(table[name].to_pylist()) for name in ("debtor", "creditor"))
    assert len(debtors - creditors) > len(debtors) / 2


@pytest.mark.parametrize("profile", PROFILES)
def test_both_formats_hold_the_same_obligations(profile, tmp_path):
    table = network(PROFILES[profile], ROWS, seed=1)
    assert np.asarray(table["amount_minor"]).min() >= 1
    digests = set()
    for name in ("network.csv", "network.parquet"):
        write(table, tmp_path / name)
        digests.add(rescounter.clear(tmp_path / name).summary["input_digest"])
    assert len(digests) == 1
