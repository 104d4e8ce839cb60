"""Two processes at the same step at once: one does it, the other is told, and nothing is doubled."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import months
from tests.journeys.killable import AFTER, BEFORE, start

INTERRUPTED = "Interrupted; nothing half-written was left behind.\n"


@pytest.fixture(params=months.KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A founding that was begun."""
    with months.bare(tmp_path / "desk", request.param) as desk:
        yield desk


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the month comes to with one operator."""
    with months.bare(tmp_path_factory.mktemp("alone"), "sqlite") as desk:
        ended(desk, months.FOUNDING.split())
        for line in months.SCRIPT:
            ended(desk, months.words(line))
        return months.outcome(desk)


def ended(desk: Path, told: list[str]) -> None:
    code, said = start(desk, *told).end()
    assert code == 0, f"{told}: exit code {code}\n{said}"


def both(desk: Path, first: list[str], second: list[str]) -> tuple[tuple[int, str], tuple[int, str]]:
    """The first stands before a commit; the second has read the union and wants to write; then both go on."""
    one = start(desk, *first, at=1, place=BEFORE)
    one.wait_for(lambda: one.is_halted)
    assert one.is_halted, one.end()
    two = start(desk, *second)
    two.wait_for(lambda: two.asks)
    assert two.asks and not two.has_ended
    one.go_on()
    return one.end(), two.end()


@pytest.mark.slow
def test_every_step_of_a_month_that_two_do_at_once_is_done_once(desk: Path, wanted: dict[str, Any]):
    told = {}
    ended(desk, months.FOUNDING.split())
    for line in months.SCRIPT:
        words = months.words(line)
        first, second = both(desk, words, words)
        assert first[0] == 0, f"{line}: {first[1]}"
        assert second[0] in (0, 3), f"{line}: {second[1]}"
        assert "Traceback" not in first[1] + second[1]
        told[line] = second[1]
    assert months.outcome(desk) == wanted
    for line, said in told.items():
        assert any(words in said for words in ("before", "waits", "next: ", "cycle_open_already")), f"{line}: {said}"


@pytest.mark.slow
def test_two_members_that_hand_in_at_once_are_both_taken(desk: Path, wanted: dict[str, Any]):
    ended(desk, months.FOUNDING.split())
    lines = iter(months.SCRIPT)
    for line in lines:
        words = months.words(line)
        if words[1] == "bo.csv":
            other = months.words(next(lines))
            assert other[1] == "cy.csv"
            for code, said in both(desk, words, [*other[:-1], words[-1]]):
                assert (code, "1 row of" in said) == (0, True), said
        else:
            ended(desk, words)
    found = months.outcome(desk)
    assert [act[2:4] for act in found["acts"]] == [act[2:4] for act in wanted["acts"]]
    assert found["balances"] == wanted["balances"]


@pytest.mark.slow
def test_who_waits_in_vain_for_another_that_writes_is_told(desk: Path):
    ended(desk, months.FOUNDING.split())
    line = months.words(months.SCRIPT[0])
    one = start(desk, *line, at=1, place=BEFORE)
    one.wait_for(lambda: one.is_halted)
    code, said = start(desk, *line, wait_s=0.2).end()
    assert (code, said.splitlines()[0].partition(":")[0]) == (4, "Stopped (database_busy)")
    one.go_on()
    assert one.end()[0] == 0
    assert len(months.outcome(desk)["acts"]) == 2


@pytest.mark.slow
def test_ctrl_c_at_any_commit_of_a_month_leaves_nothing_half(desk: Path, wanted: dict[str, Any]):
    """Before the commit what it wrote is undone; after it the command finds it, when it is run again."""
    chance = random.Random(5)
    for line in [months.FOUNDING, *months.SCRIPT]:
        told = line.split() if line is months.FOUNDING else months.words(line)
        command = start(desk, *told, at=chance.randint(1, 3), place=chance.choice([BEFORE, AFTER]))
        command.wait_for(lambda command=command: command.is_halted)
        if command.is_halted:
            command.send(signal.SIGINT)
            assert command.end() == (130, INTERRUPTED)
        code, said = start(desk, *told).end()
        assert code == 0 or "cycle_open_already" in said or "output_exists" in said, f"{line}: exit code {code}\n{said}"
    assert months.outcome(desk) == wanted
