"""Secret keys at rest: encrypted where a passphrase is set, refused where others may read them."""

from __future__ import annotations

import sqlite3

import pytest

from rescounter.formats import passphrases
from rescounter.formats.key_files import create_keys, next_key, protect_keys, read_keys
from rescounter.terms import CallerFault
from tests.journeys.command import rescounter
from tests.journeys.ledgers import ACCOUNTS, csv_of, run

PHRASE = "correct horse battery staple, zwölf"


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "accounts.csv").write_text(csv_of(ACCOUNTS))
    run(tmp_path, "init", "books", "--origin", "u.example/books")
    return tmp_path


def ledger(desk, *words, phrase=PHRASE):
    return rescounter("ledger", *words, "-l", "books", folder=desk, stdin=b"", RESCOUNTER_PASSPHRASE=phrase)


def secrets(desk):
    return {path.name: path.read_text() for path in (desk / "books" / "keys").iterdir() if path.name != "verifiers"}


def test_keys_that_are_encrypted_open_with_their_passphrase_alone(desk):
    before = secrets(desk)
    code, said, _ = ledger(desk, "protect-keys")
    assert code == 0 and "are encrypted" in said
    for name, text in secrets(desk).items():
        assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") and before[name].strip() not in text
        assert oct((desk / "books" / "keys" / name).stat().st_mode & 0o777) == "0o600"
    assert sorted(path.name for path in (desk / "books" / "keys").iterdir()) == ["ledger.key", "signing.key", "verifiers"]
    assert ledger(desk, "open", "accounts.csv")[0] == 0 and ledger(desk, "audit")[0] == 0
    for phrase, said in (("", "RESCOUNTER_PASSPHRASE is not set"), ("wrong", "does not open")):
        code, _, told = ledger(desk, "audit", phrase=phrase)
        assert code == 2 and "Stopped (key_locked)" in told and said in told and "BEGIN" not in told


def test_a_rotation_keeps_the_passphrase_and_a_new_ledger_takes_it(desk):
    assert ledger(desk, "protect-keys")[0] == 0 and ledger(desk, "rotate-key")[0] == 0
    assert all(map(passphrases.is_locked, secrets(desk).values()))
    assert rescounter("ledger", "init", "other", folder=desk, RESCOUNTER_PASSPHRASE=PHRASE)[0] == 0
    assert passphrases.is_locked((desk / "other" / "keys" / "signing.key").read_text())
    assert ledger(desk, "audit")[0] == 0


def test_a_ledger_that_another_process_writes_to_is_encrypted_all_the_same(desk):
    lock = sqlite3.connect(desk / "books" / "ledger.db.writer", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    assert ledger(desk, "protect-keys")[0] == 0
    lock.close()


def test_a_key_that_others_may_read_is_refused_with_what_to_do(desk):
    (desk / "books" / "keys" / "signing.key").chmod(0o644)
    told = run(desk, "audit", "-l", "books", code=4)
    assert "Stopped (key_exposed)" in told and "chmod 600" in told


@pytest.mark.parametrize("before", ["", PHRASE])
def test_keys_are_the_same_before_and_after(tmp_path, monkeypatch, before):
    monkeypatch.setenv(passphrases.VARIABLE, before)
    made = create_keys(tmp_path / "keys", "u.example/books")
    monkeypatch.setenv(passphrases.VARIABLE, PHRASE)
    protect_keys(tmp_path / "keys")
    found, new = read_keys(tmp_path / "keys", "u.example/books"), next_key(tmp_path / "keys", "u.example/books", create=True)
    assert (found.ledger_key, found.signing, found.verifiers) == (made.ledger_key, made.signing, made.verifiers)
    assert new == next_key(tmp_path / "keys", "u.example/books", create=False)


def typed(monkeypatch, *answers):
    told = iter(answers)
    monkeypatch.setattr(passphrases.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(passphrases.getpass, "getpass", lambda prompt: next(told))


def test_a_passphrase_is_asked_for_at_a_terminal(tmp_path, monkeypatch):
    monkeypatch.delenv(passphrases.VARIABLE, raising=False)
    made = create_keys(tmp_path / "keys", "u.example/books")
    for answers in (("",), ("one", "another")):
        typed(monkeypatch, *answers)
        with pytest.raises(CallerFault, match="two different ones"):
            protect_keys(tmp_path / "keys")
    typed(monkeypatch, *[PHRASE] * 4)
    protect_keys(tmp_path / "keys")
    assert read_keys(tmp_path / "keys", "u.example/books").ledger_key == made.ledger_key


def test_a_key_of_another_sort_is_no_key(tmp_path, monkeypatch):
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    monkeypatch.setenv(passphrases.VARIABLE, PHRASE)
    create_keys(tmp_path / "keys", "u.example/books")
    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PHRASE.encode()))
    (tmp_path / "keys" / "ledger.key").write_bytes(other)
    with pytest.raises(CallerFault) as told:
        read_keys(tmp_path / "keys", "u.example/books")
    assert told.value.code == "key_unreadable"
