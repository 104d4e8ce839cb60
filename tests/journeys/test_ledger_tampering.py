"""Whatever somebody changes in the files of a ledger, past all that guards them, the audit finds and names."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.journeys.command import rescounter
from tests.journeys.ledgers import edited, fault_of, filled, run

PLACE = "UPDATE transfer SET place = {to} WHERE {of}"

COPY = (
    "INSERT INTO transfer (place, id, debit, credit, amount_minor, kind, flag) "
    "SELECT place + 1, '{name}', debit, credit, {amount}, kind, 0 FROM transfer WHERE id = '{source}'"
)
NOTE = "u.example/books' || char(10) || '"

PLANTED = {
    # what was done: (statements, what the audit must say, as a pattern)
    "changed amount": (
        ["UPDATE transfer SET amount_minor = 5900 WHERE id = 'T1'"],
        r"tree \| entry 1, batch each/\w+, row 1, T1 \| 5,900 from ana to bo, .* \| 6,000, as it was recorded",
    ),
    "changed amount in a large batch": (
        ["UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 'L0300'"],
        r"tree \| entry 2, batch atomic/\w+, one of rows 257 to 512, ana \| .*; ana was recorded with debits 0, credits 180,300",
    ),
    "dropped row": (["DELETE FROM transfer WHERE id = 'T3'"], r"rows \| entry 1, batch each/\w+, row 3 \| no row \| one row"),
    "dropped last row": (
        ["DELETE FROM transfer WHERE id = 'L0599'"],
        r"rows \| entry 2, batch atomic/\w+, row 600 \| no row \| one of 600 rows",
    ),
    "swapped pair": (
        [
            PLACE.format(to="-1", of="id = 'L0006'"),
            PLACE.format(to="place - 1", of="id = 'L0007'"),
            PLACE.format(to="(SELECT place + 1 FROM transfer WHERE id = 'L0007')", of="place = -1"),
        ],
        r"tree \| entry 2, batch atomic/\w+, one of rows 1 to 256 \| rows that hash to",
    ),
    "payer and payee swapped": (
        ["UPDATE transfer SET debit = credit, credit = debit WHERE id = 'T4'"],
        r"tree \| entry 1, batch each/\w+, row 4, T4 \| .*; dai was recorded with debits 500, credits 0, its rows add up to debits 0,",
    ),
    "a row added": (
        [COPY.format(name="X1", amount=1, source="L0599")],
        r"rows \| entry 2, batch atomic/\w+, row 601 \| a row \| 600 rows and no more",
    ),
    "refusal turned into acceptance": (
        [
            COPY.format(name="T2", amount=6000, source="T1"),
            "DELETE FROM refusal WHERE id = 'T2'",
        ],
        r"tree \| entry 1, batch each/\w+, one of rows 1 to 5, ana \| .*; ana was recorded with debits 6,000, credits 100, its rows",
    ),
    "reason of a refusal changed": (["UPDATE refusal SET code = 'account_frozen' WHERE id = 'T2'"], r"tree \| entry 1"),
    "edited balance": (
        ["UPDATE balance SET posted_credits = posted_credits + 1 WHERE account = (SELECT number FROM account WHERE id = 'bo')"],
        r"balances_are_the_fold \| bo \| posted credits 6,001 \| 6,000, the fold of the journal",
    ),
    "edited limit": (
        ["UPDATE balance SET limit_minor = 99999 WHERE account = (SELECT number FROM account WHERE id = 'ana')"],
        r"balances_are_the_fold \| ana \| limit 99,999 \| 10,000, the fold of the journal",
    ),
    "limit of an account as opened": (["UPDATE account SET limit_minor = 99999 WHERE id = 'ana'"], r"tree \| entry 0"),
    "owner of an account": (["UPDATE account SET owner = 'EVE' WHERE id = 'cy'"], r"tree \| entry 0"),
    "frozen in secret": (["UPDATE balance SET state = 1 WHERE account = 1"], r"balances_are_the_fold \| ana \| state frozen \| open"),
    "edited effects of a batch": (
        ["UPDATE net SET posted_debits = posted_debits + 1 WHERE account = 1 AND posted_debits > 0"],
        r"effects_are_the_fold \| entry 1, batch each/\w+, ana \| debits 6,001, credits 100 \| debits 6,000, credits 100",
    ),
    "edited subtree": (
        ["UPDATE node SET hash = randomblob(32) WHERE tree > 0 AND place = 1"],
        r"tree \| entry 2, batch atomic/\w+, one of rows 257 to 512 \| a stored subtree",
    ),
    "edited memo": (["UPDATE memo SET text = CAST('bribe' AS BLOB)"], r"memos \| entry 1, batch each/\w+, row 1, T1 \| memo digest"),
    "edited memo digest": (
        ["UPDATE transfer SET memo_digest = randomblob(32) WHERE id = 'T1'"],
        r"memos \| entry 1, batch each/\w+, row 1, T1 \| memo digest \w+ \| \w+, the digest of its memo",
    ),
    "edited digest of an erased memo": (
        ["UPDATE transfer SET memo_digest = randomblob(32) WHERE id = 'T3'"],
        r"tree \| entry 1, batch each/\w+, one of rows 1 to 5",
    ),
    "memo erased in secret": (["DELETE FROM memo"], r"memos \| entry 1, batch each/\w+, row 1 \| no memo \| the memo, or an entry"),
    "entry deleted": (["DELETE FROM entry WHERE sequence = 1"], r"finality_grows \| entry 2, batch atomic/\w+ \| entry 2 \| entry 1"),
    "instant of an entry": (["UPDATE entry SET at_us = at_us + 1 WHERE sequence = 2"], r"entry \| entry 2"),
    "outcome of an entry": (["UPDATE entry SET outcome = 0 WHERE sequence = 2"], r"rows \| entry 2, .* \| no row \| one of 600 rows"),
    "leaf and root of the last entry": (
        ["UPDATE entry SET leaf = randomblob(32), log_root = randomblob(32) WHERE sequence = 4"],
        r"entry \| entry 4",
    ),
    "key of a batch": (["UPDATE batch SET key = 'other' WHERE key LIKE 'atomic/%'"], r"tree \| entry 2, batch other"),
    "cycle of a batch": (["UPDATE batch SET cycle = '2026-12' WHERE cycle = '2026-11'"], r"request_digest \| entry 2"),
    "request digest": (["UPDATE entry SET request_digest = randomblob(32) WHERE sequence = 2"], r"request_digest \| entry 2"),
    "request seal": (["UPDATE entry SET request_seal = randomblob(32) WHERE sequence = 1"], r"request_seal \| entry 1"),
    "cut tail": (
        ["DELETE FROM entry WHERE sequence = 4"],
        r"checkpoints \| stored checkpoint of 5 entries \| a log of 4 entries \| at least 5: the log was rolled back or cut",
    ),
    "cut tail, checkpoint too": (
        ["DELETE FROM entry WHERE sequence = 4", "DELETE FROM checkpoint WHERE size = 5"],
        r"head \| the head's entries \| 5 \| 4, as the entries say",
    ),
    "edited head": (["UPDATE head SET root = randomblob(32)"], r"head \| the head's root"),
    "edited checkpoint": (
        [f"UPDATE checkpoint SET note = replace(note, '{NOTE}2', '{NOTE}3') WHERE size = 2"],
        r"checkpoints \| entry 2, .*, stored checkpoint of 2 entries \| root \w+ at 3 entries",
    ),
    "checkpoint of another size": (["UPDATE checkpoint SET size = 3 WHERE size = 2"], r"checkpoints \| stored checkpoint of 3 entries"),
    "announced key replaced": (
        ["UPDATE rotation SET new = old"],
        r"keys \| entry 4, batch rotation/\w+, row 1 \| a change to key \w+ that is not signed",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = tmp_path_factory.mktemp("desk")
    filled(desk)
    return desk


@pytest.mark.parametrize("what", PLANTED)
def test_a_change_in_the_database_is_found_and_named(desk, tmp_path, what):
    statements, told = PLANTED[what]
    fault = fault_of(edited(desk / "books", tmp_path / "copy", *statements))
    assert re.search(told, fault), fault


def test_the_untouched_ledger_is_sound_against_every_checkpoint(desk):
    out = run(desk, "audit", "-l", "books", "--checkpoint", "early.txt", "--checkpoint", "late.txt")
    assert out.startswith("Sound: 5 entries, 604 transfers, 5 accounts, 4 checkpoints")


def test_a_copy_that_was_rolled_back_or_forked_is_found_by_a_members_checkpoint(desk, tmp_path):
    shutil.copytree(desk / "books", tmp_path / "books")
    shutil.copytree(desk / "books", tmp_path / "older")
    (tmp_path / "more.csv").write_text("id,debit,credit,amount\nM1,cy,ana,1.00\n")
    run(tmp_path, "post", "more.csv", "-l", "books")
    run(tmp_path, "checkpoint", "-l", "books", "-o", "kept.txt")
    assert run(tmp_path, "audit", "-l", "older").startswith("Sound")
    fault = fault_of(tmp_path / "older", "--checkpoint", "kept.txt")
    assert fault.startswith("checkpoints | checkpoint kept.txt | a log of 5 entries | at least 6: the log was rolled back or cut")
    (tmp_path / "other.csv").write_text("id,debit,credit,amount\nM1,cy,ana,2.00\n")
    run(tmp_path, "post", "other.csv", "-l", "older")
    assert run(tmp_path, "audit", "-l", "older").startswith("Sound")
    assert "this log was rewritten" in fault_of(tmp_path / "older", "--checkpoint", "kept.txt")
    assert "was rewritten after that checkpoint" in run(tmp_path, "prove", "--since", "kept.txt", "-l", "older", code=2)


def test_a_checkpoint_that_was_edited_outside_is_not_believed(desk, tmp_path):
    note = (desk / "early.txt").read_text()
    (tmp_path / "kept.txt").write_text(note.replace("\n2\n", "\n1\n"))
    shutil.copytree(desk / "books", tmp_path / "books")
    assert fault_of(tmp_path / "books", "--checkpoint", "kept.txt").startswith("checkpoints | entry 0")
    (tmp_path / "torn.txt").write_text("no checkpoint\n")
    assert fault_of(tmp_path / "books", "--checkpoint", "torn.txt").startswith("checkpoints | checkpoint torn.txt | this is no checkpoint")


def replaced(desk, tmp_path, name, content):
    shutil.copytree(desk / "books", tmp_path / "books")
    (tmp_path / "books" / "keys" / name).write_text(content + "\n")
    return tmp_path / "books"


def test_a_signing_key_that_was_replaced_is_named(desk, tmp_path):
    fault = fault_of(replaced(desk, tmp_path, "signing.key", "11" * 32))
    assert re.match(r"keys \| the signing key \| key \w{8} \| \w{8}, the last that the log announces", fault), fault


def test_a_ledger_key_of_another_ledger_is_refused_before_it_can_write(desk, tmp_path):
    books = replaced(desk, tmp_path, "ledger.key", "11" * 32)
    assert "Stopped (key_foreign)" in run(tmp_path, "audit", "-l", books, code=4)


def test_verifier_keys_that_were_replaced_do_not_deceive_who_has_the_published_one(desk, tmp_path):
    first, second = (desk / "books" / "keys" / "verifiers").read_text().split()
    books = replaced(desk, tmp_path, "verifiers", second)
    assert fault_of(books).startswith("checkpoints | entry 1")
    assert run(tmp_path, "audit", "-l", books, "--verifier", first).startswith("Sound")


def test_a_key_that_others_may_read_is_refused(desk, tmp_path):
    books = replaced(desk, tmp_path, "signing.key", "11" * 32)
    (books / "keys" / "signing.key").chmod(0o644)
    assert "Stopped (key_exposed)" in run(tmp_path, "audit", "-l", books, code=4)


def test_a_damaged_copy_is_no_backup_and_is_not_restored(desk, tmp_path):
    run(desk, "backup", tmp_path / "good", "-l", "books")
    copy = edited(tmp_path / "good", tmp_path / "bad", "UPDATE balance SET posted_credits = posted_credits + 1 WHERE account = 2")
    code, _, err = rescounter("ledger", "restore", copy, "--keys", desk / "books" / "keys", "-l", tmp_path / "again", folder=desk)
    assert code == 1 and "NOT SOUND: the restored ledger does not pass its audit: balances_are_the_fold: bo" in err
    assert not (tmp_path / "again").exists()
    edited(desk / "books", tmp_path / "books", "UPDATE balance SET posted_credits = posted_credits + 1 WHERE account = 2")
    assert "NOT SOUND: the copy does not pass its audit" in run(tmp_path, "backup", "copy", "-l", "books", code=1)
    assert not (tmp_path / "copy").exists()
