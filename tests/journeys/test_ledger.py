"""A ledger from its first file to its last proof, through the real command line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest

from rescounter.ledger.checkpoints import Checkpoint
from rescounter.ledger.merkle import consistency_verified, inclusion_verified, leaf_hash
from rescounter.ledger.notes import Verifier, opened
from tests.journeys.command import PROGRAM, rescounter
from tests.journeys.ledgers import ACCOUNTS, csv_of, filled, run
from tests.store.waiting import until

DEBTS = "id,debtor,creditor,amount,currency\nA,ana,bo,100.00,EUR\nB,bo,cy,80.00,EUR\nC,cy,ana,60.00,EUR\nD,ana,cy,5.00,EUR\n"
CASH = "member,amount,currency\nana,10.00,EUR\n*,5.00,EUR\n"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    desk = tmp_path_factory.mktemp("desk")
    filled(desk)
    return desk


@pytest.fixture
def desk(full, tmp_path):
    """A copy of the filled ledger with the files it was made of."""
    return shutil.copytree(full, tmp_path / "desk")


@pytest.fixture
def new(tmp_path):
    """A ledger with accounts and nothing posted."""
    (tmp_path / "accounts.csv").write_text(csv_of(ACCOUNTS))
    run(tmp_path, "init", "books", "--origin", "u.example/books")
    run(tmp_path, "open", "accounts.csv", "-l", "books")
    return tmp_path


def standing(desk, ledger="books", *, zeros=True):
    """Account and balance, as a table with one space between cells."""
    lines = run(desk, "balances", "-l", ledger).splitlines()[1:]
    rows = [" ".join([line.split()[0], line.split()[2]]) for line in lines]
    return [row for row in rows if zeros or not re.search(r" 0(\.00)?$", row)]


def transfers(desk, table, name="t.csv"):
    (desk / name).write_text(csv_of(table))
    return name


def test_each_row_has_its_answer_and_the_limit_holds_after_every_one(desk):
    assert standing(desk) == ["ana 1,744.00", "bo 0.01", "cy -1,744.01", "dai -500", "fee 500"]
    told = json.loads(run(desk, "post", "transfers.csv", "--mode", "each", "-l", "books", "--json"))
    assert (told["rows"], told["accepted"], told["repeated"]) == (5, 4, 4)
    assert [(refusal["row"], refusal["id"], refusal["code"]) for refusal in told["refusals"]] == [(2, "T2", "limit_exceeded")]
    assert told["refusals"][0]["found"] == "ana would use 12,000 minor units"


def test_of_ten_payments_of_100_against_a_limit_of_100_exactly_one_is_accepted(new):
    rows = "id debit credit amount\n" + "".join(f"T{row} ana bo 100.00\n" for row in range(10))
    told = json.loads(run(new, "post", transfers(new, rows), "--mode", "each", "-l", "books", "--json"))
    assert (told["accepted"], len(told["refusals"])) == (1, 9)
    run(new, "post", "t.csv", "--mode", "each", "-l", "books", "--strict", code=3)


def test_an_atomic_file_over_a_limit_moves_nothing_and_names_account_and_rows(new):
    table = """
        id  debit  credit  amount
        T1  ana    bo      60.00
        T2  ana    cy      50.00
        T3  cy     bo       5.00
    """
    said = run(new, "post", transfers(new, table), "-l", "books", code=3)
    assert "Nothing of 3 transfers was posted: 3 rows refused" in said
    for line in (
        "ana: account_over_limit: found ana would use 11,000 minor units; allowed: at most 10,000",
        "row 1 (T1): limit_exceeded",
        "row 2 (T2): limit_exceeded",
    ):
        assert line in said
    assert "T3" not in said
    assert standing(new, zeros=False) == []
    assert "Nothing of 3" in run(new, "post", "t.csv", "-l", "books", code=3), "a refusal does not turn"


def test_every_bad_cell_is_told_at_once_and_nothing_is_half_done(new):
    table = """
        id  debit  credit  amount  currency  flag   expires_at
        T1  ana    bo      1,5     EUR       -      -
        T2  ana    bo      1.005   EUR       -      -
        -   ana    bo      1.00    EUR       -      -
        T4  nobody bo      1.00    EUR       -      -
        T5  ana    bo      1.00    USD       -      -
        T6  ana    bo      0       EUR       -      -
        T7  ana    bo      1.00    EUR       later  -
        T8  ana    bo      1.00    EUR       -      soon
        T9  ana    bo      1.00    EUR       -      -
    """
    told = json.loads(run_json(new, "post", transfers(new, table.replace("1,5", "1.5.0")), "-l", "books", code=3))
    assert [(refusal["row"], refusal["code"]) for refusal in told["refusals"]] == [
        (1, "not_a_number"), (2, "too_precise"), (3, "missing_field"), (4, "account_unknown"), (5, "currencies_differ"),
        (6, "zero_amount"), (7, "flag_inconsistent"), (8, "not_a_date"),
    ]  # fmt: skip
    assert all(refusal[name] for refusal in told["refusals"] for name in ("found", "allowed", "what_to_do", "rule"))
    assert standing(new, zeros=False) == []
    told = json.loads(run(new, "post", "t.csv", "--mode", "each", "-l", "books", "--json"))
    assert (told["rows"], told["accepted"], len(told["refusals"])) == (9, 1, 8)


def run_json(desk, *words, code=0):
    found, out, err = rescounter("ledger", *words, "--json", folder=desk)
    assert found == code, err
    return out


def test_accounts_are_opened_all_or_none(new):
    table = """
        id   member  currency  limit
        new  NEW     EUR       5.00
        ana  ANA     USD       100.00
        bad  BAD     EUR       -1
        odd  ODD     EURO      1.00
    """
    said = run(new, "open", transfers(new, table), "-l", "books", code=3)
    assert "row 3 (bad): negative_amount: found limit -1; allowed: a number of 0 or more, or none" in said
    assert "row 4 (odd): unknown_currency" in said
    said = run(new, "open", transfers(new, "\n".join(table.splitlines()[:4])), "-l", "books", code=3)
    assert "row 2 (ana): account_id_taken: found ana of ANA for settlement in EUR, limit 10,000" in said
    assert "new" not in "".join(standing(new))


def test_a_second_run_of_every_file_does_nothing(desk):
    before = standing(desk)
    assert "They were opened before; nothing was done." in run(desk, "open", "accounts.csv", "-l", "books")
    assert "600 of them before" in run(desk, "post", "large.csv", "-l", "books", "--cycle", "2026-11")
    assert standing(desk) == before
    run(desk, "post", "large.csv", "-l", "books", "--key", "another", code=3)
    assert standing(desk) == before
    assert "Stopped (output_exists)" in run(desk, "init", "books", code=2)


def test_money_that_waits_counts_against_the_limit_until_it_is_voided(new):
    waits = """
        id  debit  credit  amount  flag
        P1  ana    bo      90.00   pending
    """
    run(new, "post", transfers(new, waits), "-l", "books")
    assert re.search(r"^ana +EUR +0\.00 +90\.00 +0\.00 +100\.00 +open$", run(new, "balances", "-l", "books"), re.MULTILINE)
    more = "id debit credit amount\nT1 ana bo 20.00"
    run(new, "post", transfers(new, more), "-l", "books", code=3)
    run(new, "post", transfers(new, "id debit credit amount flag pending_id\nV1 ana bo 90.00 void P1"), "-l", "books")
    assert "name a new key with --key" in run(new, "post", transfers(new, more), "-l", "books", code=3), "a refusal does not turn"
    run(new, "post", "t.csv", "-l", "books", "--key", "T1 again")
    assert standing(new, zeros=False) == ["ana -20.00", "bo 20.00"]
    assert run(new, "audit", "-l", "books").startswith("Sound")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx", "parquet"])
def test_any_format_that_the_readers_know_is_posted(new, kind):
    import pandas

    frame = pandas.DataFrame({"id": ["T1", "T2"], "debit": ["cy", "cy"], "credit": ["bo", "ana"], "amount": ["1.10", "2.20"]})
    name = f"t.{kind}"
    if kind == "csv":
        frame.to_csv(new / name, index=False)
    elif kind == "jsonl":
        frame.to_json(new / name, orient="records", lines=True)
    elif kind == "xlsx":
        frame.to_excel(new / name, index=False)
    else:
        frame.to_parquet(new / name)
    run(new, "post", name, "-l", "books")
    assert standing(new, zeros=False) == ["ana 2.20", "bo 1.10", "cy -3.30"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["post", "nothing.csv", "-l", "books"], 2, "input_not_found"),
        (["post", "accounts.csv", "-l", "books"], 2, "column_missing"),
        (["post", "accounts.csv", "-l", "elsewhere"], 2, "ledger_not_found"),
        (["post", "accounts.csv", "-l", "books", "--mode", "some"], 2, "option_invalid"),
        (["post", ".", "-l", "books"], 2, "result_not_found"),
        (["balances", "nobody", "-l", "books"], 2, "account_not_found"),
        (["prove", "-l", "books"], 2, "option_invalid"),
        (["prove", "--id", "T99", "-l", "books"], 2, "transfer_unknown"),
        (["erase", "T99", "-l", "books"], 2, "transfer_unknown"),
        (["export", "x", "--format", "pdf", "-l", "books"], 2, "option_invalid"),
        (["audit", "-l", "books", "--checkpoint", "none.txt"], 2, "checkpoint_unreadable"),
        (["restore", "books/keys", "--keys", "books/keys", "-l", "again"], 2, "ledger_not_found"),
        (["init", "books"], 2, "output_exists"),
        (["init", "odd", "--origin", "with space"], 2, "option_invalid"),
    ],
)
def test_wrong_use_ends_with_one_message_and_leaves_the_ledger_as_it_was(new, words, code, said):
    assert f"Stopped ({said})" in run(new, *words, code=code)
    assert {path.name for path in new.iterdir()} <= {"accounts.csv", "books"}


def test_a_ledger_that_another_process_writes_to_is_busy_and_can_be_read(new):
    lock = sqlite3.connect(new / "books" / "ledger.db.writer", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    assert standing(new, zeros=False) == []
    assert run(new, "audit", "-l", "books").startswith("Sound")
    run(new, "checkpoint", "-l", "books", "-o", "kept.txt")
    assert json.loads(run(new, "prove", "--since", "kept.txt", "-l", "books"))["second"] == 1
    assert "Sound" in run(new, "backup", "copy", "-l", "books")
    post = "id debit credit amount\nT1 ana bo 1.00"
    assert "Stopped (database_busy)" in run(new, "post", transfers(new, post), "-l", "books", code=4)
    lock.close()
    assert run(new, "audit", "-l", "books", "--checkpoint", "kept.txt").startswith("Sound")


# Results of clearing.


def cleared(desk, *words):
    (desk / "debts.csv").write_text(DEBTS)
    (desk / "cash.csv").write_text(CASH)
    assert rescounter("clear", "debts.csv", "-q", "-o", "result", *words, folder=desk)[0] == 0


POSTED = {
    "set-off": ((), []),
    "set-off-then-net": (("--method", "set-off-then-net"), ["ana/position/EUR -45.00", "bo/position/EUR 20.00", "cy/position/EUR 25.00"]),
    "net": (("--method", "net"), ["ana/position/EUR -45.00", "bo/position/EUR 20.00", "cy/position/EUR 25.00"]),
    "with cash": (("--liquidity", "cash.csv"), ["ana/loan/EUR -5.00", "ana/position/EUR -10.00", "cy/position/EUR 15.00"]),
}


@pytest.mark.parametrize("what", POSTED)
def test_a_clearing_result_is_posted_once_and_leaves_what_is_to_be_paid(new, what):
    words, left = POSTED[what]
    cleared(new, *words)
    first = json.loads(run_json(new, "post", "result", "-l", "books", "--cycle", "2026-11"))
    assert standing(new, zeros=False) == left
    again = json.loads(run_json(new, "post", "result", "-l", "books", "--cycle", "2026-11"))
    assert (first["repeated"], again["repeated"], again["entry"], again["key"]) == (False, True, first["entry"], first["key"])
    root = json.loads((new / "result" / "summary.json").read_text())["result_root"].removeprefix("sha256:")
    assert first["key"] == f"result/{root}"
    assert standing(new, zeros=False) == left
    assert run(new, "audit", "-l", "books").startswith("Sound")


def test_a_result_that_is_not_sound_is_not_posted(new):
    cleared(new)
    summary = json.loads((new / "result" / "summary.json").read_text())
    summary["currencies"]["EUR"]["cleared_minor"] += 1
    (new / "result" / "summary.json").write_text(json.dumps(summary))
    assert "Nothing was posted: result is not sound." in run(new, "post", "result", "-l", "books", code=1)
    assert not any("set-off" in row for row in standing(new))


def test_a_posting_over_the_limit_that_a_member_has_is_refused_as_a_whole(new):
    cleared(new, "--method", "set-off-then-net")
    table = "id member currency limit purpose\nana/position/EUR ana EUR 44.99 position"
    run(new, "open", transfers(new, table), "-l", "books")
    said = run(new, "post", "result", "-l", "books", code=3)
    assert "ana/position/EUR: account_over_limit: found ana/position/EUR would use 4,500 minor units" in said
    assert standing(new, zeros=False) == []


# Proofs, keys, personal data.


def test_a_member_checks_a_proof_with_the_published_key_alone(desk):
    proof = json.loads(run(desk, "prove", "--id", "T4", "-l", "books"))
    published = (desk / "books" / "keys" / "verifiers").read_text().split()
    head = Checkpoint.of_text(opened(proof["checkpoint"], [Verifier.of_text(published[-1])]))
    leaf, entry = bytes.fromhex(proof["leaf"]), bytes.fromhex(proof["entry"])
    batch_path, log_path = ([bytes.fromhex(step) for step in proof[name]] for name in ("batch_path", "log_path"))
    root = bytes.fromhex(re.search(rb"64:([0-9a-f]{64})", entry)[1].decode())
    assert b"2:T43:dai3:fee3:500" in leaf
    assert inclusion_verified(hashlib.sha256(leaf).digest(), batch_path, place=proof["place"], size=proof["rows"], root=root)
    assert inclusion_verified(leaf_hash(entry), log_path, place=proof["sequence"], size=head.size, root=head.root)


def test_a_kept_checkpoint_is_continued_over_a_rotation_of_keys(desk):
    proof = json.loads(run(desk, "prove", "--since", "early.txt", "-l", "books"))
    first, second = (Verifier.of_text(line) for line in proof["verifiers"])
    early = Checkpoint.of_text(opened((desk / "early.txt").read_text(), [first]))
    late = Checkpoint.of_text(opened((desk / "late.txt").read_text(), [second]))
    path = [bytes.fromhex(step) for step in proof["path"]]
    assert consistency_verified(path, first=early.size, second=late.size, first_root=early.root, second_root=late.root)


def test_keys_are_for_their_owner_alone_and_a_rotation_deletes_the_old_secret(desk):
    keys = desk / "books" / "keys"
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in keys.iterdir()} == {
        "ledger.key": "0o600", "signing.key": "0o600", "verifiers": "0o644",
    }  # fmt: skip
    before = (keys / "signing.key").read_text()
    told = json.loads(run_json(desk, "rotate-key", "-l", "books"))
    assert (keys / "signing.key").read_text() != before
    assert (keys / "verifiers").read_text().split()[-1] == told["verifier"]
    assert run(desk, "audit", "-l", "books", "--checkpoint", "early.txt", "--checkpoint", "late.txt").startswith("Sound")


def test_a_rotation_that_was_interrupted_is_finished_by_the_next_run(desk):
    keys, before = desk / "books" / "keys", shutil.copytree(desk / "books" / "keys", desk / "keys-before")
    new = json.loads(run_json(desk, "rotate-key", "-l", "books"))["verifier"]
    secret = (keys / "signing.key").read_text()
    shutil.rmtree(keys)  # as after a crash between the entry in the log and the renaming
    shutil.copytree(before, keys)
    (keys / "signing.next").write_text(secret)
    (keys / "signing.next").chmod(0o600)
    assert run(desk, "audit", "-l", "books").startswith("Sound")
    assert (keys / "signing.key").read_text() == secret and not (keys / "signing.next").exists()
    assert (keys / "verifiers").read_text().split()[-1] == new


def test_erasing_personal_data_leaves_every_proof_intact(desk):
    before = json.loads(run(desk, "prove", "--id", "T1", "-l", "books"))
    files = [path for path in (desk / "books").iterdir() if path.is_file()]
    assert any(b"rent-of-Ana" in path.read_bytes() for path in files)
    assert "is erased" in run(desk, "erase", "T1", "-l", "books")
    assert not any(b"rent-of-Ana" in path.read_bytes() for path in (desk / "books").iterdir() if path.is_file())
    after = json.loads(run(desk, "prove", "--id", "T1", "-l", "books"))
    assert [after[name] for name in ("leaf", "place", "batch_path", "entry")] == [
        before[name] for name in ("leaf", "place", "batch_path", "entry")
    ]
    assert run(desk, "audit", "-l", "books", "--checkpoint", "early.txt", "--checkpoint", "late.txt").startswith("Sound")
    assert "was erased before" in run(desk, "erase", "T1", "-l", "books")


# Copies, interruptions.


def test_a_backup_made_while_the_ledger_is_written_to_is_restored_and_goes_on(desk):
    run(desk, "backup", "copy", "-l", "books")
    assert sorted(path.name for path in (desk / "copy").iterdir()) == ["checkpoint.txt", "ledger.db", "ledger.json"]
    shutil.move(desk / "books" / "keys", desk / "vault")
    shutil.rmtree(desk / "books")
    out = run(desk, "restore", "copy", "--keys", "vault", "-l", "again", "--checkpoint", "late.txt")
    assert "Sound: 5 entries, 604 transfers" in out
    assert standing(desk, "again") == ["ana 1,744.00", "bo 0.01", "cy -1,744.01", "dai -500", "fee 500"]
    run(desk, "post", transfers(desk, "id debit credit amount\nM1 cy ana 1.00"), "-l", "again")
    assert run(desk, "audit", "-l", "again", "--checkpoint", "copy/checkpoint.txt").startswith("Sound: 6 entries")
    assert "Stopped (key_foreign)" in run(desk, "restore", "copy", "--keys", other_keys(desk), "-l", "third", code=4)
    assert not (desk / "third").exists()


def other_keys(desk):
    run(desk, "init", "other")
    return desk / "other" / "keys"


def test_ctrl_c_while_posting_leaves_nothing_half_done_and_the_second_run_posts_all(new):
    rows = "".join(f"L{row:06d},cy,ana,1\n" for row in range(250_000))
    (new / "large.csv").write_text("id,debit,credit,amount_minor\n" + rows)
    process = subprocess.Popen(
        [*PROGRAM, "ledger", "post", "large.csv", "-l", "books"], cwd=new, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    log = new / "books" / "ledger.db-wal"
    until(lambda: process.poll() is not None or (log.exists() and log.stat().st_size >= 1_000_000))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and b"Traceback" not in err, err
    assert standing(new, zeros=False) == []
    assert run(new, "audit", "-l", "books").startswith("Sound: 1 entry, 0 transfers")
    assert "250,000 of 250,000 transfers posted" in run(new, "post", "large.csv", "-l", "books")
    assert standing(new, zeros=False) == ["ana 2,500.00", "cy -2,500.00"]
    assert run(new, "audit", "-l", "books").startswith("Sound: 2 entries, 250,000 transfers")


def test_the_demo_posts_its_result_and_catches_a_tampered_copy(tmp_path):
    code, out, err = rescounter("demo", folder=tmp_path)
    assert code == 0, err
    assert "Posted into a ledger as one batch of 380 transfers, all or nothing, and audited:\n  sound" in out
    assert re.search(
        r"tree: entry 1, batch result/\w+, row 1, result/\w+/0000000:\n    found ([\d,]+) from AFG/set-off/XXX to \*/clearing/XXX", out
    )
    assert run(tmp_path, "audit", "-l", "demo/ledger").startswith("Sound: 2 entries, 380 transfers, 191 accounts, 1 checkpoint;")
    assert len(standing(tmp_path, "demo/ledger")) == 191
    assert standing(tmp_path, "demo/ledger", zeros=False) == []


@pytest.mark.skipif(os.name != "posix", reason="a system that is not POSIX keeps no modes of files to look at")
def test_nobody_else_can_look_into_a_ledgers_folder(new):
    assert oct((new / "books").stat().st_mode & 0o777) == "0o700"


def test_every_command_of_the_ledger_teaches_by_example(tmp_path):
    code, out, _ = rescounter("ledger", "--help", folder=tmp_path)
    commands = re.findall(r"^  ([a-z-]+)  ", out[out.index("Commands:") :], re.MULTILINE)
    assert code == 0 and len(commands) == 13
    for command in commands:
        assert (
            f"rescounter ledger {command}"
            in rescounter("ledger", command, "--help", folder=tmp_path)[1].split("Usage:")[1].split("\n", 1)[1]
        )


def test_a_ledger_on_postgresql_does_the_same(tmp_path):
    from tests.store.server import server

    dsn = server().fresh()
    try:
        (tmp_path / "accounts.csv").write_text(csv_of(ACCOUNTS))
        run(tmp_path, "init", "books", "--postgresql", dsn)
        run(tmp_path, "open", "accounts.csv", "-l", "books")
        run(tmp_path, "post", transfers(tmp_path, "id debit credit amount memo\nT1 ana bo 60.00 rent"), "-l", "books")
        cleared(tmp_path)
        run(tmp_path, "post", "result", "-l", "books")
        run(tmp_path, "checkpoint", "-l", "books", "-o", "kept.txt")
        run(tmp_path, "rotate-key", "-l", "books")
        run(tmp_path, "erase", "T1", "-l", "books")
        assert standing(tmp_path, zeros=False) == ["ana -60.00", "bo 60.00"]
        out = run(tmp_path, "audit", "-l", "books", "--checkpoint", "kept.txt")
        assert out.startswith("Sound: 6 entries, 7 transfers, 9 accounts")
        run(tmp_path, "export", "books.hledger", "--format", "hledger", "-l", "books")
        assert "Stopped (option_invalid)" in run(tmp_path, "backup", "copy", "-l", "books", code=2)
        assert oct((tmp_path / "books" / "ledger.json").stat().st_mode & 0o777) == "0o600"
    finally:
        server().drop(dsn)


def test_a_ledger_on_postgresql_is_dumped_restored_and_goes_on(tmp_path):
    from tests.store.server import programs, server

    if not all((programs() / name).exists() for name in ("pg_dump", "pg_restore")):
        pytest.skip("pg_dump and pg_restore are not installed beside this server; they belong to PostgreSQL's client programs")
    dsn, copy = server().fresh(), f"restored_{os.getpid()}"
    schema, there = dsn.rpartition("search_path=")[2].rstrip("'"), dsn.replace("dbname=postgres", f"dbname={copy}")
    (tmp_path / "accounts.csv").write_text(csv_of(ACCOUNTS))
    run(tmp_path, "init", "books", "--postgresql", dsn)
    run(tmp_path, "open", "accounts.csv", "-l", "books")
    run(tmp_path, "post", transfers(tmp_path, "id debit credit amount memo\nT1 ana bo 60.00 rent"), "-l", "books")
    run(tmp_path, "checkpoint", "-l", "books", "-o", "kept.txt")
    program(programs() / "pg_dump", "--format=custom", f"--schema={schema}", f"--file={tmp_path / 'dump'}", server().dsn())
    run(tmp_path, "post", transfers(tmp_path, "id debit credit amount\nT2 cy bo 1.00"), "-l", "books")
    run(tmp_path, "checkpoint", "-l", "books", "-o", "later.txt")
    program(programs() / "createdb", f"--host={server().folder}", "--username=ledger", copy)
    try:
        program(programs() / "pg_restore", "--exit-on-error", f"--dbname={server().dsn(copy)}", tmp_path / "dump")
        shutil.copytree(tmp_path / "books", tmp_path / "again")
        description = tmp_path / "again" / "ledger.json"
        description.write_text(json.dumps(json.loads(description.read_text()) | {"database": there}))
        assert run(tmp_path, "audit", "-l", "again", "--checkpoint", "kept.txt").startswith("Sound: 2 entries, 1 transfer, 5 accounts")
        assert "found a log of 2 entries; it should be at least 3" in run(
            tmp_path, "audit", "-l", "again", "--checkpoint", "later.txt", code=1
        )
        run(tmp_path, "post", transfers(tmp_path, "id debit credit amount\nT3 cy ana 2.00"), "-l", "again")
        assert standing(tmp_path, "again", zeros=False) == ["ana -58.00", "bo 60.00", "cy -2.00"]
        assert run(tmp_path, "audit", "-l", "again", "--checkpoint", "kept.txt").startswith("Sound: 3 entries, 2 transfers")
    finally:
        server().drop(dsn)
        program(programs() / "dropdb", f"--host={server().folder}", "--username=ledger", copy)


def program(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
