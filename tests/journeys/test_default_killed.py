"""kill -9 of the command line inside a default: declared, borne and recovered, it comes to the same as where nobody killed it."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guarantee.unions import CLEARING_HOUSE
from tests.journeys import months
from tests.journeys.killable import AFTER, BEFORE, start
from tests.journeys.ledgers import csv_of
from tests.journeys.plays import command

ROUNDS = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
RULES = months.RULES.replace("partial_funding = true", "partial_funding = true\nnet_debit_caps = true") + CLEARING_HOUSE
PAY_INS = """
reference currency amount booked remittance
B1 EUR 50.00 2026-01-06 RC/2026-01-22/ana
B2 EUR 100.00 2026-01-06 RC/2026-01-22/bo
B3 EUR 20.00 2026-01-06 RC/2026-01-22/dee
"""
DEBTS = "id debtor creditor amount\n1 dee ana 30.00\n2 dee bo 70.00"
BEFORE_IT = """
2026-01-05T09:00  op  member add --file members.csv
2026-01-05T09:10  ap  approval approve 2
2026-01-05T09:20  op  cycle open
2026-01-06T09:00  op  member limit dee EUR 90.00
2026-01-06T09:10  ap  approval approve 6
2026-01-06T09:20  op  cycle fund payins.csv
2026-01-06T09:30  op  fund contribute bo EUR 10.00 --reference F1
2026-01-06T09:40  ap  approval approve 10
2026-01-06T09:50  op  fund capital EUR 8.00 --reference K1
2026-01-06T09:55  ap  approval approve 13
2026-01-07T09:00  op  submit dee.csv --as dee
2026-01-22T13:00  op  cycle run
2026-01-27T17:00  op  cycle run
2026-01-27T17:10  ap  approval approve 20
2026-01-27T17:20  op  cycle run
2026-01-30T17:00  op  cycle run
2026-01-30T17:10  ap  approval approve 25
2026-01-30T17:20  op  cycle run
""".strip().splitlines()
"""dee, whose cap is 90.00, pays 20.00 in and owes 100.00: it stands at 80.00 below zero when the month is closed."""
DEFAULT = """
2026-02-02T09:00  op  default declare dee --reason insolvent
2026-02-02T09:10  ap  approval approve 29
2026-02-02T09:20  op  default bear dee
2026-02-02T09:30  ap  approval approve 32
2026-02-03T09:00  op  default recover dee EUR 45.00 --reference X1
2026-02-03T09:10  ap  approval approve 35
""".strip().splitlines()


@contextlib.contextmanager
def failing(desk: Path, kind: str) -> Iterator[Path]:
    """A union in which dee is about to be declared in default."""
    with months.bare(desk, kind):
        for name, text in {"rules.toml": RULES, "payins.csv": csv_of(PAY_INS.strip()), "dee.csv": csv_of(DEBTS)}.items():
            (desk / name).write_text(text)
        with contextlib.chdir(desk):
            for told in (months.FOUNDING.split(), *map(months.words, BEFORE_IT)):
                code, out, err = command(*told)
                assert code == 0, f"{told}: {out}{err}"
        yield desk


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[int]]:
    """What it comes to where nobody kills, and the commits of each command."""
    commits = []
    with failing(tmp_path_factory.mktemp("whole"), "sqlite") as desk:
        for line in DEFAULT:
            running = start(desk, *months.words(line))
            code, said = running.end()
            assert code == 0, f"{line}: {said}"
            commits.append(running.commits)
        return months.outcome(desk), commits


def test_the_default_that_is_killed_below_is_the_one_an_accountant_reckons(wanted: tuple[dict[str, Any], list[int]]):
    """80.00 are lost: 8.00 of capital, 10.00 of bo's share, 10.00 called of bo, and 52.00 of ana and bo by 30 to 70. 45.00 come back."""
    found = {name: balance for name, (balance, _) in wanted[0]["balances"].items() if balance}
    assert found == {
        "*/settlement/EUR": -12_300,  # 170.00 and 8.00 in, 100.00 of the month paid out, 45.00 recovered
        "ana/assessments/EUR": -210,  # 15.60, of which 13.50 came back
        "ana/cash/EUR": 5_000,
        "bo/assessments/EUR": -1_490,  # 10.00 and 36.40, of which 31.50 came back
        "bo/cash/EUR": 9_000,
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", months.KINDS)
def test_a_default_whose_commands_are_killed_comes_to_the_same(kind: str, wanted: tuple[dict[str, Any], list[int]], tmp_path: Path):
    """Each command is killed at one commit after the other, before it or after it as is drawn, and then let through."""
    for turn in range(ROUNDS):
        chance, kills = random.Random(f"{kind} {turn}"), 0
        with failing(tmp_path / str(turn), kind) as desk:
            for line, commits in zip(DEFAULT, wanted[1], strict=True):
                for at in range(1, commits + 1):
                    running = start(desk, *months.words(line), at=at, place=chance.choice([BEFORE, AFTER]))
                    running.wait_for(lambda running=running: running.is_halted)
                    kills += running.is_halted and running.kill()
                code, said = start(desk, *months.words(line)).end()
                assert code == 0, f"{line}: exit code {code}\n{said}"
                assert "Traceback" not in said
            assert months.outcome(desk) == wanted[0]
        assert kills >= len(DEFAULT), "every command was killed inside its step"
