"""What is measured is worth measuring: the same network for the same seed, in both formats, with the profile's shape."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

import rescounter
from benchmarks.growth import exponent, picture
from benchmarks.networks import PROFILES, network, write
from benchmarks.peers import COMPILED, OURS, PEERS, answer_of, kept, ratio_to_best
from benchmarks.shapes import SHAPES, shape

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


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_one_network_of_about_its_size_and_both_engines_agree_on_it(name):
    edges = shape(name, 2000)
    nodes, tail, head, capacity = edges
    assert all(np.array_equal(one, other) for one, other in zip(edges, shape(name, 2000), strict=True))
    assert 1200 < len(tail) < 2600
    assert (np.diff(tail * np.int64(nodes) + head) > 0).all(), "not in order of tail and head"
    assert capacity.min() > 0
    assert PEERS[OURS](*edges) == PEERS[COMPILED](*edges) == PEERS["pylmcf"](*edges)


def test_a_peer_is_measured_in_a_process_of_its_own(tmp_path):
    file = kept(tmp_path / "network.npz", shape("random", 2000))
    own, peer = (answer_of(name, file, runs=2, seconds=20) for name in (COMPILED, "OR-Tools"))
    assert own["cleared"] == peer["cleared"]
    assert len(own["seconds"]) == 2
    assert own["looks"] > 0
    assert own["peak_mib"] >= own["before_mib"] > 0
    assert ratio_to_best([own | {"solver": OURS}, peer])[1] == "OR-Tools"


def test_a_solver_that_takes_too_long_is_ended_and_told(tmp_path):
    file = kept(tmp_path / "network.npz", shape("ring, rising", 20_000))
    assert "no answer within 5 s" in answer_of("OR-Tools", file, runs=1, seconds=0)["failed"]


def test_the_exponent_of_growth_is_the_slope_in_logarithms():
    assert exponent((size, 3 * size**1.25) for size in (10, 1000, 100_000)) == pytest.approx(1.25)
    assert exponent([(10, 5)]) is None


def test_the_picture_of_growth_is_well_formed_and_names_every_solver():
    answers = [{"solver": OURS, "seconds": [0.1, 0.2, 0.3]}, {"solver": "A & B", "seconds": [1.0]}]
    cases = [{"profile": "scale-free", "obligations": size, "answers": answers} for size in (10_000, 100_000)]
    drawn = ElementTree.fromstring(picture(cases))
    names = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Rescounter", "A & B", "10,000", "100,000"} <= names
