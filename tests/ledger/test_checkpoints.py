"""Checkpoints and the notes that carry them: the formats of C2SP, their examples, and every way to tamper."""

from __future__ import annotations

import base64
import hashlib

import pytest

from rescounter.ledger.checkpoints import Checkpoint, Rotation, keys_in_force, rotation
from rescounter.ledger.notes import SigningKey, Verifier, opened, signed
from rescounter.terms import BrokenLaw, CallerFault

ORIGIN = "ledger.example/union"
KEY = SigningKey(ORIGIN, bytes(range(32)))
OTHER = SigningKey(ORIGIN, bytes(range(1, 33)))
ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint(ORIGIN, 42, ROOT)

GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""


def note() -> str:
    return signed(CHECKPOINT.text(), KEY(CHECKPOINT.text().encode()))


def code_of(call, *arguments) -> str:
    with pytest.raises(CallerFault) as fault:
        call(*arguments)
    return fault.value.code


def test_a_checkpoint_survives_the_journey():
    text = opened(note(), [KEY.verifier])
    assert Checkpoint.of_text(text) == CHECKPOINT
    assert text == f"{ORIGIN}\n42\n{base64.b64encode(ROOT).decode()}\n"


def test_a_note_of_the_go_implementation_is_opened():
    assert opened(GO_NOTE, [Verifier.of_text(GO_VERIFIER)]).startswith("If you think")
    assert code_of(opened, GO_NOTE.replace("answer", "anser"), [Verifier.of_text(GO_VERIFIER)]) == "note_untrusted"


def test_the_example_of_the_checkpoint_standard_is_read():
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    read = Checkpoint.of_text(text)
    assert (read.origin, read.size, read.text()) == ("example.com/behind-the-sofa", 20852163, text)


def test_a_key_id_is_the_hash_of_name_type_and_key():
    verifier = KEY.verifier
    assert verifier.key_id == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + verifier.public).digest()[:4]
    assert Verifier.of_text(verifier.text()) == verifier


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{ORIGIN}+00000000+AAAA", GO_VERIFIER.replace("c74f", "c74e"), GO_VERIFIER.replace("Peter", "Pe ter"), GO_VERIFIER[:-4]],
)
def test_what_is_no_verifier_key_is_refused(text):
    assert code_of(Verifier.of_text, text) == "verifier_unreadable"


def test_every_changed_character_of_a_note_is_found():
    whole = note()
    for place in range(len(whole)):
        changed = whole[:place] + ("B" if whole[place] != "B" else "C") + whole[place + 1 :]
        assert code_of(opened, changed, [KEY.verifier]) in ("note_unreadable", "note_untrusted"), place


def test_signatures_of_others_are_ignored_and_one_of_ours_is_needed():
    text = CHECKPOINT.text()
    both = signed(text, [*OTHER(text.encode()), *KEY(text.encode())])
    assert opened(both, [KEY.verifier]) == opened(both, [OTHER.verifier]) == text
    assert code_of(opened, note(), [OTHER.verifier]) == "note_untrusted"
    assert code_of(opened, note(), []) == "note_untrusted"


def test_one_wrong_signature_of_a_known_key_refuses_the_note():
    text = CHECKPOINT.text()
    wrong = KEY(b"another text")
    assert code_of(opened, signed(text, [*OTHER(text.encode()), *wrong]), [KEY.verifier, OTHER.verifier]) == "note_untrusted"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a\n", "a\n\n", "a\n\nb\n", "a\n\n— b c\n", "a\r\n\n— b AAAAAAAA\n", note()[:-1], "\n" + note()[:10]]
)
def test_what_is_no_note_is_refused(text):
    assert code_of(opened, text, [KEY.verifier]) in ("note_unreadable", "note_untrusted")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"o\n01\n{base64.b64encode(ROOT).decode()}\n",
        f"o\n-1\n{base64.b64encode(ROOT).decode()}\n",
        f"o\n1\n{base64.b64encode(ROOT[:-1]).decode()}\n",
        f"o\n1\n{base64.b64encode(ROOT).decode()}",
        f"\n1\n{base64.b64encode(ROOT).decode()}\n",
        f"o\n1\n{base64.b64encode(ROOT).decode()}\n\n",
        f"o\n\u0661\n{base64.b64encode(ROOT).decode()}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    assert code_of(Checkpoint.of_text, text) == "checkpoint_unreadable"


def test_extension_lines_are_kept():
    extended = Checkpoint(ORIGIN, 0, ROOT, ("one", "two"))
    assert Checkpoint.of_text(extended.text()) == extended
    with pytest.raises(BrokenLaw):
        Checkpoint(ORIGIN, 0, ROOT, ("",))


def test_a_signing_key_does_not_show_itself():
    assert KEY.seed.hex() not in repr(KEY) and repr(KEY.seed) not in repr(KEY)


def test_keys_follow_one_another_from_the_first():
    third = SigningKey(ORIGIN, bytes(range(2, 34)))
    links = [rotation(ORIGIN, KEY, OTHER.verifier), rotation(ORIGIN, OTHER, third.verifier)]
    assert keys_in_force(ORIGIN, KEY.verifier, links) == [KEY.verifier, OTHER.verifier, third.verifier]
    assert keys_in_force(ORIGIN, KEY.verifier, []) == [KEY.verifier]


def test_a_key_that_the_old_one_did_not_announce_is_not_trusted():
    link = rotation(ORIGIN, KEY, OTHER.verifier)
    forged = Rotation(KEY.verifier, OTHER.verifier, OTHER.sign(b"me"))
    for origin, first, links in (
        ("other.example", KEY.verifier, [link]),
        (ORIGIN, OTHER.verifier, [link]),
        (ORIGIN, KEY.verifier, [forged]),
        (ORIGIN, KEY.verifier, [link, link]),
    ):
        assert code_of(keys_in_force, origin, first, links) == "rotation_untrusted"
