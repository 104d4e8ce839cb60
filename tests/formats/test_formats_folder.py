"""A result folder is complete or absent, and nothing else is ever removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rescounter.formats import folder as house
from rescounter.formats import new_folder
from rescounter.formats.folder import check_target
from rescounter.terms import CallerFault, EnvironmentFault


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_result(target: Path, content: str = "new", *, force: bool = False) -> None:
    with new_folder(target, force=force) as folder:
        (folder / "summary.json").write_text(content)
        (folder / "deeper").mkdir()
        (folder / "deeper" / "table.csv").write_text(content)


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_folder_appears_complete_and_alone(tmp_path):
    target = tmp_path / "out"
    with new_folder(target, force=False) as folder:
        assert folder.name == f".out.partial-{os.getpid()}"
        assert folder.parent == tmp_path
        (folder / "summary.json").write_text("{}")
        assert not target.exists()
    assert names(tmp_path) == ["out"]
    assert names(target) == ["summary.json"]


def test_folders_above_are_made(tmp_path):
    write_result(tmp_path / "a" / "b" / "out")
    assert names(tmp_path / "a" / "b") == ["out"]


def test_a_relative_path_is_taken_from_where_we_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_result(Path("out"))
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("end", (ValueError, KeyboardInterrupt, SystemExit))
def test_nothing_stays_behind_when_the_writing_ends_early(end, tmp_path):
    with pytest.raises(end), new_folder(tmp_path / "out", force=False) as folder:
        (folder / "summary.json").write_text("{}")
        raise end
    assert names(tmp_path) == []


def test_an_early_end_leaves_the_old_result_alone(tmp_path):
    write_result(tmp_path / "out", "old")
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "out", force=True) as folder:
        (folder / "summary.json").write_text("new")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "summary.json").read_text() == "old"


@pytest.mark.parametrize("kind", ("result", "file", "folder", "link to nothing"))
def test_what_exists_is_not_overwritten_without_force(kind, tmp_path):
    target = tmp_path / "out"
    if kind == "result":
        write_result(target)
    elif kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    else:
        target.mkdir()
        (target / "link").symlink_to(tmp_path / "nowhere")
    for refuse in (lambda: write_result(target), lambda: check_target(target, force=False)):
        with pytest.raises(CallerFault) as caught:
            refuse()
        assert caught.value.code == "output_exists"
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "out").mkdir()
    write_result(tmp_path / "out")
    assert names(tmp_path / "out") == ["deeper", "summary.json"]


@pytest.mark.parametrize("kind", ("file", "folder"))
def test_force_replaces_no_folder_but_a_result(kind, tmp_path):
    target = tmp_path / "out"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    with pytest.raises(CallerFault) as caught:
        write_result(target, force=True)
    assert caught.value.code == "output_not_a_result"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("mark", ("summary.json", "bundle.json"))
@pytest.mark.parametrize("exchange", (True, False))
def test_force_replaces_a_result_as_a_whole(mark, exchange, tmp_path, monkeypatch):
    if not exchange:
        monkeypatch.setattr(house, "_exchanged", lambda *_: False)
    target = tmp_path / "out"
    target.mkdir()
    (target / mark).write_text("old")
    (target / "old.csv").write_text("old")
    write_result(target, force=True)
    assert names(tmp_path) == ["out"]
    assert names(target) == ["deeper", "summary.json"]


def test_a_link_is_followed(tmp_path):
    write_result(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real")
    write_result(tmp_path / "link", "new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "summary.json").read_text() == "new"


def test_a_result_that_appears_meanwhile_is_not_overwritten(tmp_path):
    target = tmp_path / "out"
    with pytest.raises(CallerFault) as caught, new_folder(target, force=False):
        target.mkdir()
        (target / "summary.json").write_text("theirs")
    assert caught.value.code == "output_exists"
    assert names(tmp_path) == ["out"]
    assert (target / "summary.json").read_text() == "theirs"


def test_what_dead_processes_left_is_removed_and_what_living_ones_write_is_not(tmp_path):
    living = os.getppid()
    for left in (
        f".out.partial-{dead_process()}",
        f".out.partial-{os.getpid()}",
        f".out.partial-{living}",
        ".out.partial-x",
        f".outer.partial-{dead_process()}",
    ):
        (tmp_path / left).mkdir()
        (tmp_path / left / "half.csv").write_text("half")
    write_result(tmp_path / "out")
    assert names(tmp_path)[:2] == sorted([f".out.partial-{living}", ".out.partial-x"])
    assert names(tmp_path)[2].startswith(".outer.partial-")
    assert names(tmp_path)[3:] == ["out"]


def test_a_name_with_wildcards_is_only_itself(tmp_path):
    (tmp_path / f".out.partial-{dead_process()}").mkdir()
    write_result(tmp_path / "o*[t]")
    assert len(names(tmp_path)) == 2


def test_a_result_that_a_dead_process_moved_aside_comes_back(tmp_path):
    aside = tmp_path / f".out.replaced-{dead_process()}"
    aside.mkdir()
    (aside / "summary.json").write_text("old")
    with pytest.raises(CallerFault) as caught:
        write_result(tmp_path / "out")
    assert caught.value.code == "output_exists"
    assert (tmp_path / "out" / "summary.json").read_text() == "old"
    (tmp_path / f".out.replaced-{dead_process()}").mkdir()
    write_result(tmp_path / "out", force=True)
    assert names(tmp_path) == ["out"]


def test_a_place_that_cannot_be_written_is_the_surroundings_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault) as caught:
        write_result(tmp_path / "file" / "out")
    assert caught.value.code == "output_unwritable"
    with pytest.raises(EnvironmentFault) as caught, new_folder(tmp_path / "out", force=False):
        raise OSError(28, "No space left on device")
    assert "No space left" in caught.value.message
    assert names(tmp_path) == ["file"]


SCRIPT = """
import sys, time
from pathlib import Path
from rescounter.formats import new_folder
with new_folder(Path(sys.argv[1]), force=True) as folder:
    (folder / "summary.json").write_text("new")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGINT))
def test_a_process_that_is_ended_leaves_the_old_result_and_the_next_run_cleans_up(number, tmp_path):
    target = tmp_path / "out"
    write_result(target, "old")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(target)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(number)
        process.wait()
    assert (target / "summary.json").read_text() == "old"
    assert len(names(tmp_path)) == (2 if number == signal.SIGKILL else 1)
    write_result(target, "newer", force=True)
    assert names(tmp_path) == ["out"]
    assert (target / "summary.json").read_text() == "newer"


REPLACING = """
import sys
from pathlib import Path
from rescounter.formats import new_folder
for number in range(10**9):
    with new_folder(Path(sys.argv[1]), force=True) as folder:
        for name in ("a", "b", "summary.json"):
            (folder / name).write_text(str(number))
    print(number, flush=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the next run restores what was moved aside")
def test_at_every_instant_one_whole_result_stands_in_its_place(tmp_path):
    target = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", REPLACING, str(target)], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            assert target.is_dir()
        process.kill()
        process.wait()
    assert len({(target / name).read_text() for name in ("a", "b", "summary.json")}) == 1
