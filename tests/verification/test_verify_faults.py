"""Verification finds every planted fault, says exactly what is wrong, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rescounter.verification import verify_result
from tests.verification.examples import example
from tests.verification.planted import PLANTED

EXPECTED = tomllib.loads((Path(__file__).parent / "planted.toml").read_text("utf-8"))


@pytest.mark.parametrize("sentence", PLANTED)
def test_a_planted_fault_is_found_and_told_and_nothing_counts_as_proven(sentence: str):
    result = PLANTED[sentence]()
    verdict = verify_result(result.tables, result.summary, cycle_key=result.cycle_key)
    assert [str(finding) for finding in verdict.findings] == EXPECTED[sentence]
    assert not verdict.sound
    assert verdict.proven == ()


def test_every_planted_fault_has_its_expected_findings():
    assert set(EXPECTED) == set(PLANTED)
    assert all(EXPECTED.values())


def test_tables_that_cannot_be_computed_with_are_told_apart():
    beyond = PLANTED["amounts that sum beyond 64 bits"]()
    assert verify_result(beyond.tables, beyond.summary).not_proven == ("anything else: the tables cannot be computed with",)
    assert verify_result(example().tables, {}).not_proven == ("anything else: the tables cannot be computed with",)
    assert verify_result({}, example().summary).not_proven == ("anything else: the tables cannot be computed with",)
    wrong = PLANTED["an item dropped"]()
    assert verify_result(wrong.tables, wrong.summary).not_proven == ("anything: see what is wrong",)
