"""A member checks a proof of the ledger alone, and finds whatever was changed in it."""

from __future__ import annotations

import ast
import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rescounter.verification import proofs
from tests.journeys.command import rescounter
from tests.journeys.ledgers import filled, run


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Two proofs in folders of their own, beside the ledger, the published keys and the checkpoint that ana kept."""
    place = tmp_path_factory.mktemp("desk")
    filled(place)
    run(place, "prove", "--id", "T4", "-l", "books", "-o", "T4-proof")
    run(place, "prove", "--since", "early.txt", "-l", "books", "-o", "early-proof")
    return place


def key(desk):
    return (desk / "books" / "keys" / "verifiers").read_text().split()[-1]


def proof(desk, name):
    return json.loads((desk / f"{name}-proof" / "proof.json").read_text())


def kept(desk):
    return (desk / "early.txt").read_text()


def test_the_file_beside_a_proof_checks_it_with_python_alone(desk, tmp_path):
    for name, more, said in (("T4", [], "proven: transfer T4: dai is debited and fee credited with 500 minor units of "),
                             ("early", ["--checkpoint", str(desk / "early.txt")], "proven: the log of ")):  # fmt: skip
        place = shutil.copytree(desk / f"{name}-proof", tmp_path / name)
        words = [sys.executable, "-I", "-S", "check_proof.py", "--verifier", key(desk), *more]
        done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(said) and "not proven" not in done.stdout


def test_the_command_checks_a_proof_too(desk):
    code, said, _ = rescounter("verify", "T4-proof", "--verifier", key(desk), folder=desk)
    assert code == 0 and "Proven: transfer T4" in " ".join(said.split())
    code, said, _ = rescounter("verify", "early-proof/proof.json", "--checkpoint", "early.txt", folder=desk)
    assert code == 0 and "Not proven: that the key is the union's" in " ".join(said.split())
    code, _, said = rescounter("verify", "T4-proof", "--verifier", "someone+00000000+AAAA", folder=desk)
    assert code == 1 and "NOT SOUND" in said and "key: the verifier key" in " ".join(said.split())
    assert rescounter("verify", "T4-proof", "--checkpoint", "none.txt", folder=desk)[0] == 2
    (desk / "other").mkdir(exist_ok=True)
    code, _, said = rescounter("verify", "other", "--verifier", key(desk), folder=desk)
    assert code == 2 and "option_invalid" in said


def test_what_the_member_does_not_name_is_not_proven(desk):
    assert proofs.check(proof(desk, "T4")).not_proven == ["that the key is the union's: name the one that was published with --verifier"]
    told = proofs.check(proof(desk, "early"), key(desk)).not_proven
    assert told == ["that the earlier checkpoint is yours: name the one that you kept with --checkpoint"]


def flipped(text, place=-1):
    """Another hexadecimal digit there."""
    digit = "0" if text[place] != "0" else "1"
    return text[:place] + digit + (text[place + 1 :] if place != -1 else "")


def edited(text, old, new):
    """Hexadecimal text with bytes exchanged."""
    assert old.hex() in text
    return text.replace(old.hex(), new.hex())


def resigned(note):
    """By a key of another name's making."""
    body = note.partition("\n\n")[0] + "\n"
    line = note.rpartition("\u2014 ")[2].split()
    name, content = line[0], base64.b64decode(line[1])
    signature = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(body.encode())
    return f"{body}\n\u2014 {name} {base64.b64encode(content[:4] + signature).decode()}\n"


def rerooted(note):
    lines = note.split("\n")
    lines[2] = base64.b64encode(bytes(32)).decode()
    return "\n".join(lines)


def longer(note):
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) + 1)
    return "\n".join(lines)


CHANGES = {
    "the amount": ("T4", "batch", lambda it: it | {"leaf": edited(it["leaf"], b"3:500", b"3:501")}),
    "the debtor": ("T4", "batch", lambda it: it | {"leaf": edited(it["leaf"], b"3:dai", b"2:bo")}),
    "the salt": ("T4", "batch", lambda it: it | {"leaf": flipped(it["leaf"], 5)}),
    "a longer field": ("T4", "leaf", lambda it: it | {"leaf": edited(it["leaf"], b"3:500", b"4:500")}),
    "something behind": ("T4", "leaf", lambda it: it | {"leaf": it["leaf"] + "00"}),
    "another leaf": ("T4", "leaf", lambda it: it | {"leaf": "00" + it["leaf"][2:34] + "52" + it["leaf"][36:]}),
    "the row": ("T4", "batch", lambda it: it | {"place": it["place"] - 1}),
    "the path in the batch": ("T4", "batch", lambda it: it | {"batch_path": [*it["batch_path"][:-1], flipped(it["batch_path"][-1])]}),
    "a step more": ("T4", "batch", lambda it: it | {"batch_path": [*it["batch_path"], "0" * 64]}),
    "the entry": ("T4", "log", lambda it: it | {"entry": flipped(it["entry"])}),
    "the outcome": ("T4", "entry", lambda it: it | {"entry": edited(it["entry"], b"6:posted", b"7:refused")}),
    "the place of the entry": ("T4", "entry", lambda it: it | {"sequence": it["sequence"] + 1}),
    "the path in the log": ("T4", "log", lambda it: it | {"log_path": it["log_path"][:-1]}),
    "the size": ("T4", "checkpoint", lambda it: it | {"log_size": it["log_size"] + 1}),
    "the size in the checkpoint": ("T4", "signature", lambda it: it | {"checkpoint": longer(it["checkpoint"])}),
    "the root": ("early", "signature", lambda it: it | {"checkpoint": rerooted(it["checkpoint"])}),
    "the signature": ("T4", "signature", lambda it: it | {"checkpoint": resigned(it["checkpoint"])}),
    "no signature": ("T4", "signature", lambda it: it | {"checkpoint": it["checkpoint"].partition("\n\n")[0] + "\n\n"}),
    "no checkpoint": ("T4", "checkpoint", lambda it: it | {"checkpoint": "books\n"}),
    "the way from the earlier log": ("early", "consistency", lambda it: it | {"path": [flipped(step) for step in it["path"]]}),
    "a way of nothing": ("early", "consistency", lambda it: it | {"path": []}),
    "the size of the earlier log": ("early", "consistency", lambda it: it | {"first": it["first"] + 1}),
    "the root of the earlier log": ("early", "consistency", lambda it: it | {"first_root": flipped(it["first_root"])}),
    "the size of the later log": ("early", "checkpoint", lambda it: it | {"second": it["second"] + 1}),
    "the format": ("T4", "shape", lambda it: it | {"format": "rescounter-proof/2"}),
    "a number": ("T4", "shape", lambda it: it | {"place": True}),
    "a step": ("T4", "shape", lambda it: it | {"log_path": ["zz", *it["log_path"]]}),
    "a list": ("T4", "shape", lambda it: it | {"batch_path": [1]}),
    "hexadecimal digits": ("T4", "shape", lambda it: it | {"leaf": "0"}),
    "everything": ("T4", "shape", lambda it: [it]),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_named(desk, what):
    name, expected, change = CHANGES[what]
    sound = proof(desk, name)
    earlier = kept(desk) if name == "early" else None
    assert proofs.check(sound, key(desk), earlier).findings == []
    report = proofs.check(change(sound), key(desk), earlier)
    assert [finding.check for finding in report.findings] == [expected] and report.proven == []


def test_a_key_or_a_checkpoint_of_another_log_is_named(desk, tmp_path):
    run(tmp_path, "init", "books", "--origin", "another.example/books")
    run(tmp_path, "checkpoint", "-l", "books", "-o", "other.txt")
    told = [
        proofs.check(proof(desk, "T4"), key(tmp_path)),
        proofs.check(proof(desk, "early"), key(desk), (tmp_path / "other.txt").read_text()),
        proofs.check(proof(desk, "T4"), key(desk), kept(desk)),
    ]
    assert [(report.findings[0].check, report.findings[0].where) for report in told] == [
        ("checkpoint", "origin"), ("consistency", "origin"), ("consistency", "the checkpoint that you kept"),
    ]  # fmt: skip


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_no_input_makes_the_file_crash(anything):
    assert proofs.check(anything).findings
    assert proofs.check({"format": proofs.FORMAT, "leaf": anything, "checkpoint": anything}).findings


@given(seed=st.binary(min_size=32, max_size=32), text=st.binary(max_size=80), place=st.integers(0, 63), bit=st.integers(0, 7))
def test_signatures_are_told_apart_as_by_the_library(seed, text, place, bit):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signature, public = private.sign(text), private.public_key().public_bytes_raw()
    broken = bytearray(signature)
    broken[place] ^= 1 << bit
    assert proofs._is_signed(public, text, signature)
    assert not proofs._is_signed(public, text, bytes(broken)) and not proofs._is_signed(public, text + b".", signature)


def test_a_signature_is_not_taken_in_a_second_form():
    """Source: RFC 8032, 5.1.7: the scalar is below the order of the group."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature, public = private.sign(b"text"), private.public_key().public_bytes_raw()
    again = int.from_bytes(signature[32:], "little") + proofs.Q
    assert not proofs._is_signed(public, b"text", signature[:32] + again.to_bytes(32, "little"))


def test_the_file_needs_nothing_but_python_3_9():
    tree = ast.parse(Path(proofs.__file__).read_text("utf-8"), feature_version=(3, 9))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


@pytest.mark.parametrize(("words", "code"), [(["none.json"], 2), (["bad.json"], 1), (["bad.json", "--checkpoint", "none.txt"], 2)])
def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch, capsys, words, code):
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text("{")
    assert proofs.main(words) == code
    assert ("cannot read" in capsys.readouterr().err) == (code == 2)
