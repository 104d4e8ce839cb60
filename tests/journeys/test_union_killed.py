"""kill -9 of the command line between and inside steps: each command is run again, and the month comes to the same."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.journeys import months
from tests.journeys.command import PROGRAM
from tests.journeys.killable import AFTER, BEFORE, Command, start
from tests.store.waiting import until

CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "long"
ROUNDS = 40 if CAMPAIGN else 1
DRAWN_S_MAX = 0.15

DONE_BEFORE = ("cycle_open_already", "output_exists")
"""What a command may be refused with that was run again after it had been done: it says so."""


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, object], list[int]]]:
    """What the month comes to where nothing is interrupted, and the commits of each command."""
    with months.bare(tmp_path_factory.mktemp("whole"), "sqlite") as desk:
        commits = []
        for line in [None, *months.SCRIPT]:
            command = start(desk, *(months.FOUNDING.split() if line is None else months.words(line)))
            code, said = command.end()
            assert code == 0, f"{line}: {said}"
            commits.append(command.commits)
        found = months.outcome(desk)
    assert found["state"] == months.CLOSED
    yield found, commits


@pytest.mark.slow
@pytest.mark.parametrize("kind", months.KINDS)
def test_a_month_whose_commands_are_killed_comes_to_the_same(
    kind: str, wanted: tuple[dict[str, object], list[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Every command is killed at a commit that is drawn, and then at any instant, before it is let through."""
    kills = within = 0
    for turn in range(ROUNDS):
        chance = random.Random(f"{kind} {turn}")
        with months.bare(tmp_path / str(turn), kind) as desk:
            for line, commits in zip([None, *months.SCRIPT], wanted[1], strict=True):
                told = months.FOUNDING.split() if line is None else months.words(line)
                command = start(desk, *told, at=chance.randint(1, max(1, commits)), place=chance.choice([BEFORE, AFTER]))
                command.wait_for(lambda command=command: command.is_halted)
                within += command.is_halted
                kills += command.kill()
                if chance.random() < 0.5:
                    kills += killed_at_any_instant(start(desk, *told), chance.uniform(0, DRAWN_S_MAX))
                again(desk, told)
            assert months.outcome(desk) == wanted[0]
    with capsys.disabled():
        print(f"\n{kind}: {kills} kills, {within} of them at a commit inside a step")
    assert within >= ROUNDS * len(months.SCRIPT), "every command stood inside its step"


def killed_at_any_instant(command: Command, after_s: float) -> bool:
    """Past the reading of the union; the command may have ended by then."""
    command.wait_for(lambda: command.has_begun)
    command.process.join(after_s)
    return command.kill()


def again(desk: Path, told: list[str]) -> None:
    code, said = start(desk, *told).end()
    assert code == 0 or (code in (2, 3) and any(each in said for each in DONE_BEFORE)), f"{told}: exit code {code}\n{said}"
    assert "Traceback" not in said


@pytest.fixture(params=months.KINDS)
def cut(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A union before its cut-off."""
    with months.bare(tmp_path / "desk", request.param) as desk:
        through(desk, stop="cycle cut-off")
        yield request.param, desk


def through(desk: Path, *, stop: str) -> None:
    """The script up to the first line with these words."""
    assert start(desk, *months.FOUNDING.split()).end()[0] == 0
    for line in months.SCRIPT:
        if stop in line:
            return
        code, said = start(desk, *months.words(line)).end()
        assert code == 0, f"{line}: {said}"


def is_written_to(kind: str, desk: Path) -> bool:
    """Somebody holds the writer's lock: from the first write of a step to the end of its process."""
    if kind == "sqlite":
        lock = sqlite3.connect(desk / "union" / "ledger.db.writer", isolation_level=None, timeout=0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        finally:
            lock.close()
        return False
    from tests.store.server import server

    with psycopg.connect(server().dsn(), autocommit=True) as connection:
        asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1381188436"
        count = connection.execute(asked).fetchone()
    return count is not None and count[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_the_real_command_line_is_ended_inside_its_step_and_run_again(
    cut: tuple[str, Path], number: signal.Signals, wanted: tuple[dict[str, object], list[int]]
):
    """`python -m rescounter`, a process of its own, ended while it holds the writer's lock."""
    kind, desk = cut
    lines = [line for line in months.SCRIPT if line.split()[2:4] in (["cycle", "cut-off"], ["approval", "approve"])][1:3]
    for line in months.SCRIPT[months.SCRIPT.index(lines[0]) :]:
        if line in lines:
            end_inside(kind, desk, months.words(line), number)
        again(desk, months.words(line))
    assert months.outcome(desk) == wanted[0]


def end_inside(kind: str, desk: Path, told: list[str], number: signal.Signals) -> None:
    """Ends the process at a moment at which it writes; a quick one may have ended by itself."""
    process = subprocess.Popen([*PROGRAM, *told], cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until(lambda: is_written_to(kind, desk) or process.poll() is not None, what="the writer's lock")
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert "Traceback" not in said
    if number == signal.SIGINT and process.returncode != 0:
        assert (process.returncode, said.strip().splitlines()[-1]) == (130, "Interrupted; nothing half-written was left behind.")
    assert process.returncode in (-signal.SIGKILL, 130, 0)
