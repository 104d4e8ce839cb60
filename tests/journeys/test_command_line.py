"""What a user meets: commands, folders, messages and exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rescounter import __version__
from tests.journeys.command import PROGRAM, rescounter

TRIANGLE = "id,debtor,creditor,amount,currency\nA,ana,bo,100.00,EUR\nB,bo,cy,80.00,EUR\nC,cy,ana,60.00,EUR\nD,ana,cy,5.00,EUR\n"


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "debts.csv").write_text(TRIANGLE)
    return tmp_path


def cleared(desk, *words):
    code, out, err = rescounter("clear", "debts.csv", *words, folder=desk)
    assert code == 0, err
    return out


def test_bare_rescounter_shows_three_examples(tmp_path):
    code, out, _ = rescounter(folder=tmp_path)
    assert code == 0
    assert len(re.findall(r"^  rescounter \w+", out, re.MULTILINE)) == 3


def test_the_version_is_told(tmp_path):
    assert rescounter("--version", folder=tmp_path) == (0, f"rescounter {__version__}\n", "")


@pytest.mark.parametrize("command", ["clear", "verify", "explain", "extract", "demo"])
def test_every_command_teaches_by_example(tmp_path, command):
    code, out, _ = rescounter(command, "--help", folder=tmp_path)
    assert code == 0
    assert f"rescounter {command}" in out.split("Usage:")[1].split("\n", 1)[1]


def test_a_file_becomes_a_folder_with_everything_in_it(desk):
    out = cleared(desk)
    assert "180.00" in out
    folder = desk / "debts-cleared"
    names = {
        "circuits.parquet",
        "members.parquet",
        "obligations.parquet",
        "potentials.parquet",
        "refusals.parquet",
        "report.html",
        "summary.json",
    }
    assert {path.name for path in folder.iterdir()} == names
    summary = json.loads((folder / "summary.json").read_text())
    assert list(summary["seconds"]) == ["read", "admit", "solve", "write", "total"]
    assert summary["input"]["path"] == "../debts.csv"
    assert summary["currencies"]["EUR"] == {
        "obligations": 4, "members": 3, "gross_minor": 24500, "cleared_minor": 18000, "cleared_share": 0.734693, "residual_minor": 6500,
        "pay_in_minor": 0, "optimal": True, "pairs_only_minor": 1000, "greedy_minor": 17500, "cash_saved_minor": 18000, "edges": 4,
        "exponent": 2, "excluded": 0, "excluded_minor": 0, "liquidity": None,
    }  # fmt: skip


@pytest.mark.parametrize("format", ["parquet", "csv", "xlsx"])
@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_a_result_verifies_in_every_format_and_by_every_method(desk, format, method):
    cleared(desk, "--format", format, "--method", method)
    code, out, err = rescounter("verify", "debts-cleared", folder=desk)
    assert code == 0, err
    assert out.startswith("Proven: ")
    assert "debts.csv holds exactly these obligations" in out.splitlines()[0]


def test_a_result_is_never_overwritten_without_force(desk):
    cleared(desk)
    before = (desk / "debts-cleared" / "summary.json").read_bytes()
    code, _, err = rescounter("clear", "debts.csv", folder=desk)
    assert code == 2
    assert "--force" in err
    assert (desk / "debts-cleared" / "summary.json").read_bytes() == before
    cleared(desk, "--force", "--method", "net")
    assert json.loads((desk / "debts-cleared" / "summary.json").read_text())["method"] == "net"


def test_force_never_replaces_a_folder_that_is_no_result(desk):
    (desk / "photos").mkdir()
    (desk / "photos" / "cat.jpg").write_text("meow")
    code, _, err = rescounter("clear", "debts.csv", "-o", "photos", "--force", folder=desk)
    assert code == 2
    assert "no result" in err
    assert (desk / "photos" / "cat.jpg").read_text() == "meow"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.csv", None, "input_not_found"),
        ("empty.csv", b"", "input_empty"),
        ("header.csv", b"debtor,creditor,amount\n", "no_rows"),
        ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "input_not_a_table"),
        ("columns.csv", b"from,to,value\na,b,1\n", "column_missing"),
        ("both.csv", b"debtor,creditor,amount,amount_minor\na,b,1,100\n", "amount_columns"),
        ("cut.csv", b'debtor,creditor,amount\na,b,1\na,"b', "input_truncated"),
        ("cut.parquet", b"PAR1\x15\x04\x15", "input_"),
    ],
)
def test_an_unusable_file_gets_one_clear_message_and_leaves_nothing_behind(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = rescounter("clear", name, folder=tmp_path)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 2, "what was found, and what to do"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_refused_rows_are_counted_and_told_and_strict_makes_them_an_exit_code(desk):
    (desk / "debts.csv").write_text(TRIANGLE + "E,ana,ana,1.00,EUR\nF,ana,bo,1.005,EUR\n")
    out = cleared(desk)
    assert "2 rows were refused; the rest was taken" in out
    assert "self_obligation" in out
    assert "too_precise" in out
    code, _, _ = rescounter("clear", "debts.csv", "--strict", "--force", folder=desk)
    assert code == 3
    assert json.loads((desk / "debts-cleared" / "summary.json").read_text())["refused"] == 2
    assert rescounter("verify", "debts-cleared", "-q", folder=desk)[0] == 0


def test_standard_input_needs_a_name_for_the_result(desk):
    code, _, err = rescounter("clear", "-", folder=desk, stdin=TRIANGLE.encode())
    assert code == 2
    assert "-o DIR" in err
    code, _, _ = rescounter("clear", "-", "-o", "piped", folder=desk, stdin=TRIANGLE.encode())
    assert code == 0
    code, out, _ = rescounter("verify", "piped", folder=desk)
    assert code == 0
    assert "Not proven: that these obligations are the ones that were handed in" in out
    assert rescounter("verify", "piped", "--input", "debts.csv", folder=desk)[0] == 0


def test_wrong_words_are_told_all_at_once(desk):
    code, _, err = rescounter("clear", "debts.csv", "--method", "magic", "--allocate", "luck", "--decimal", ";", folder=desk)
    assert code == 2
    assert all(word in err for word in ("magic", "luck", ";"))


def test_a_reader_that_leaves_early_is_no_fault(desk):
    cleared(desk)
    words = [*PROGRAM, "explain", "debts-cleared", "--member", "ana"]
    process = subprocess.Popen(words, cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert (process.wait(timeout=60), process.stderr.read()) == (0, b"")


def test_quiet_says_nothing_and_json_says_it_to_programs(desk):
    assert cleared(desk, "--quiet") == ""
    told = json.loads(cleared(desk, "--json", "--force"))
    assert told["folder"] == "debts-cleared"
    assert told["currencies"]["EUR"]["cleared_minor"] == 18000
    assert json.loads(rescounter("verify", "debts-cleared", "--json", folder=desk)[1])["sound"] is True
    assert json.loads(rescounter("explain", "debts-cleared", "--id", "A", "--json", folder=desk)[1])["facts"]["cleared_minor"] == 6000
    code, out, _ = rescounter("clear", "nowhere.csv", "--json", folder=desk)
    assert (code, json.loads(out)["fault"]) == (2, "input_not_found")


def test_a_changed_result_fails_verification_and_says_where(desk):
    cleared(desk, "--format", "csv")
    table = desk / "debts-cleared" / "obligations.csv"
    table.write_text(table.read_text().replace("6000,4000", "6001,3999"))
    code, out, err = rescounter("verify", "debts-cleared", folder=desk)
    assert (code, out) == (1, "")
    assert "obligations.csv" in err
    assert "conservation" in err


def test_a_table_that_is_cut_or_gone_is_a_finding(desk):
    cleared(desk)
    table = desk / "debts-cleared" / "potentials.parquet"
    whole = table.read_bytes()
    table.write_bytes(whole[: len(whole) // 2])
    code, _, err = rescounter("verify", "debts-cleared", folder=desk)
    assert (code, "potentials.parquet" in err) == (1, True)
    table.unlink()
    code, _, err = rescounter("verify", "debts-cleared", folder=desk)
    assert (code, "potentials.parquet" in err) == (1, True)


def test_a_moved_decimal_point_is_found(desk):
    cleared(desk)
    path = desk / "debts-cleared" / "summary.json"
    path.write_text(path.read_text().replace('"exponent": 2', '"exponent": 0'))
    code, _, err = rescounter("verify", "debts-cleared", folder=desk)
    assert (code, "exponents: EUR" in err) == (1, True)


def test_an_input_that_can_no_longer_be_read_leaves_the_result_proven_in_itself(desk):
    cleared(desk)
    for content in ("", "garbage"):
        (desk / "debts.csv").write_text(content)
        code, out, _ = rescounter("verify", "debts-cleared", folder=desk)
        assert code == 0
        assert "only the result in itself is proven" in out


def test_figures_are_never_cut(desk):
    (desk / "debts.csv").write_text(f"debtor,creditor,amount_minor,currency\na,b,{2**62},EUR\nb,a,{2**62 - 1},EUR\n")
    code, out, _ = rescounter("clear", "debts.csv", "--method", "set-off-then-net", folder=desk, COLUMNS="60")
    assert code == 0
    assert out.count("92,233,720,368,547,758.07") == 1
    assert "…" not in out


def test_when_nothing_is_admitted_it_says_so(desk):
    (desk / "debts.csv").write_text("debtor,creditor,amount\nana,ana,1\n")
    out = cleared(desk)
    assert "nothing was cleared" in out
    assert "1 row was refused:" in out
    assert rescounter("verify", "debts-cleared", folder=desk)[0] == 0


def test_a_refused_row_is_explained_by_its_refusal(desk):
    (desk / "debts.csv").write_text(TRIANGLE + "X,ana,ana,1.00,EUR\n")
    cleared(desk)
    code, _, err = rescounter("explain", "debts-cleared", "--id", "X", folder=desk)
    assert (code, "self_obligation" in err) == (2, True)


@pytest.mark.parametrize("method", ["net", "set-off-then-net"])
def test_netted_members_are_told_what_they_pay_in(desk, method):
    cleared(desk, "--method", method)
    code, out, err = rescounter("explain", "debts-cleared", "--member", "ana", folder=desk)
    assert code == 0, err
    assert "it pays in 45.00 EUR and is paid 0.00 EUR" in out
    assert rescounter("explain", "debts-cleared", "--id", "A", folder=desk)[0] == 0


def test_another_input_is_not_taken_for_the_one_that_was_cleared(desk):
    cleared(desk)
    (desk / "debts.csv").write_text(TRIANGLE.replace("100.00", "100.01"))
    code, out, _ = rescounter("verify", "debts-cleared", folder=desk)
    assert code == 0
    assert "is another input" in out
    code, _, err = rescounter("verify", "debts-cleared", "--input", "debts.csv", folder=desk)
    assert code == 1
    assert "obligation A" in err


def test_a_member_checks_its_bundle_with_python_alone(desk):
    cleared(desk)
    assert rescounter("extract", "debts-cleared", "--member", "ana", folder=desk)[0] == 0
    bundle = desk / "ana-bundle"
    alone = [sys.executable, "-I", "-S", str(bundle / "verify.py"), str(bundle / "bundle.json")]
    done = subprocess.run(alone, capture_output=True, text=True, env={})
    assert done.returncode == 0
    root = json.loads((desk / "debts-cleared" / "summary.json").read_text())["result_root"]
    assert root in done.stdout
    assert rescounter("verify", "ana-bundle", "--root", root, folder=desk)[0] == 0
    assert rescounter("verify", "ana-bundle", "--root", "0" * 64, folder=desk)[0] == 1
    content = (bundle / "bundle.json").read_text()
    assert "bo" in content
    assert '"id": "B"' not in content, "no other member's obligations"
    (bundle / "bundle.json").write_text(content.replace('"cleared_minor": 6000', '"cleared_minor": 5999'))
    assert subprocess.run(alone, capture_output=True, env={}).returncode == 1


def test_a_result_sealed_with_a_key_needs_that_key(desk):
    (desk / "key").write_bytes(bytes(range(32)))
    cleared(desk, "--key-file", "key")
    assert rescounter("verify", "debts-cleared", "--key-file", "key", folder=desk)[0] == 0
    assert rescounter("verify", "debts-cleared", folder=desk)[0] == 1
    assert rescounter("extract", "debts-cleared", "--member", "bo", "--key-file", "key", folder=desk)[0] == 0
    assert rescounter("verify", "bo-bundle", folder=desk)[0] == 0
    (desk / "short").write_bytes(b"abc")
    assert rescounter("clear", "debts.csv", "-o", "x", "--key-file", "short", folder=desk)[0] == 2


def test_explanations_name_circuits_and_the_cut(desk):
    cleared(desk)
    code, out, _ = rescounter("explain", "debts-cleared", "--id", "A", folder=desk)
    assert code == 0
    assert "60.00 EUR: ana -> bo -> cy -> ana" in out
    assert "Why the remaining 40.00 EUR cannot clear" in out
    assert "ana" in rescounter("explain", "debts-cleared", "--member", "ana", folder=desk)[1]
    code, _, err = rescounter("explain", "debts-cleared", "--member", "anna", folder=desk)
    assert code == 2
    assert "did you mean 'ana'" in err


def test_a_folder_that_cannot_be_written_is_the_environments_fault(desk):
    code, _, err = rescounter("clear", "debts.csv", "-o", "/proc/nowhere/x", folder=desk)
    assert code == 4
    assert "Traceback" not in err


def test_bytes_do_not_depend_on_process_order_of_rows_or_hash_seed(tmp_path):
    lines = TRIANGLE.strip().splitlines()
    for name, rows in (("one", lines[1:]), ("other", lines[:0:-1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "debts.csv").write_text("\n".join([lines[0], *rows]) + "\n")
        code, _, _ = rescounter("clear", "debts.csv", folder=tmp_path / name, PYTHONHASHSEED=str(len(name)))
        assert code == 0
    one, other = (tmp_path / name / "debts-cleared" for name in ("one", "other"))
    for path in one.iterdir():
        if path.name != "summary.json":
            assert path.read_bytes() == (other / path.name).read_bytes(), path.name
    summaries = [json.loads((folder / "summary.json").read_text()) | {"seconds": None} for folder in (one, other)]
    assert summaries[0] == summaries[1]


def test_the_demo_compares_proves_and_catches_a_fault(tmp_path):
    code, out, err = rescounter("demo", folder=tmp_path)
    assert code == 0, err
    for told in ("68.40 %", "78.18 %", "82.06 %", "proven", "planted", "What to do next"):
        assert told in out
    assert (tmp_path / "demo" / "report.html").is_file()


def large_file(path, rows):
    dice = np.random.default_rng(7)
    debtor = dice.zipf(1.5, rows) % 20_000
    creditor = (debtor + dice.integers(1, 20_000, rows)) % 20_000
    columns = {"debtor": debtor, "creditor": creditor, "amount": dice.integers(1, 10**7, rows)}
    pq.write_table(pa.table(columns), path)


@pytest.mark.slow
def test_two_hundred_thousand_rows_interrupted_killed_and_run_again(tmp_path):
    large_file(tmp_path / "large.parquet", 200_000)
    words = [*PROGRAM, "clear", "large.parquet", "--quiet"]
    for number, after in ((signal.SIGINT, 0.5), (signal.SIGINT, 1.2), (signal.SIGKILL, 1.6), (signal.SIGINT, 2.2), (signal.SIGKILL, 3.0)):
        process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(after)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
        assert b"Traceback" not in err
        assert process.returncode != 130 or b"nothing half-written" in err
        assert process.returncode in ((130, 0, -2) if number == signal.SIGINT else (-9, 0)), "-2: while Python itself starts or ends"
        result = tmp_path / "large-cleared"
        assert result.exists() or process.returncode != 0
        assert not result.exists() or process.returncode != 130, "whole or absent"
        if number == signal.SIGINT:
            left = [path.name for path in tmp_path.iterdir() if "partial" in path.name]
            assert left == []
        if result.exists():
            assert rescounter("verify", "large-cleared", "-q", folder=tmp_path)[0] == 0
            os.rename(result, tmp_path / f"kept-{after}")
    assert rescounter("clear", "large.parquet", "-q", folder=tmp_path)[0] == 0
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    code, _, err = rescounter("verify", "large-cleared", folder=tmp_path)
    assert code == 0, err
    assert not (tmp_path / "large-cleared" / "circuits.parquet").exists()
    summary = json.loads((tmp_path / "large-cleared" / "summary.json").read_text())
    assert summary["currencies"]["XXX"]["obligations"] == 200_000
    assert Path(tmp_path / "large-cleared" / "report.html").stat().st_size < 2_000_000


LOST_IN_A_FINALISER = """
import os, signal
from rescounter.cli import door

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

def obey(words):
    Finalised()
    signal.pause()

door._obey = obey
door.run([])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals to oneself")
def test_an_interruption_that_a_finaliser_swallowed_still_interrupts():
    ended = subprocess.run([sys.executable, "-c", LOST_IN_A_FINALISER], capture_output=True, timeout=20)
    assert ended.returncode == 130
    assert ended.stderr == b"Interrupted; nothing half-written was left behind.\n"


INTERRUPTED_AS_IT_LEAVES = """
import atexit, os, signal
from rescounter import cli
from rescounter.cli import door

door._obey = lambda words: print("done") or 0
atexit.register(os.kill, os.getpid(), signal.SIGINT)
cli.program()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals to oneself")
def test_an_interruption_after_the_work_is_done_changes_nothing():
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED_AS_IT_LEAVES], capture_output=True, timeout=20)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"done\n", b"")


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize(
    ("words", "code"),
    [("--version >&-", 0), ("--version 2>&-", 0), ("clear none.csv --json | true; exit ${PIPESTATUS[0]}", 2), ("clear none.csv 2>&-", 2)],
)
def test_who_does_not_listen_gets_the_exit_code_all_the_same(words: str, code: int, tmp_path: Path):
    shell = ["bash", "-c", f"{' '.join(PROGRAM)} {words}"]
    ended = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)
