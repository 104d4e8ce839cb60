"""Whoever is a party to a frozen obligation can show that it stands in the set; nothing else can be shown."""

import copy
import hashlib
import hmac
import json
import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.intake.leaves import SUBTREE, inclusion_proof, inclusion_proofs, root_and_subtrees
from rescounter.ledger import merkle
from rescounter.terms import BrokenLaw, CallerFault
from rescounter.terms.union_tables import FROZEN
from rescounter.verification.cut_offs import verify_frozen
from tests.intake.union_rows import KEY, cut, owed

ROWS = 2 * SUBTREE + 3


def many(count):
    lines = [f"ANA {place:05} ANA BO {place + 1} due=2026-03-0{1 + place % 9}" for place in range(count)]
    return owed("\n".join(lines), schema=FROZEN)


@pytest.fixture(scope="module")
def frozen():
    table = many(ROWS)
    return table, *root_and_subtrees(table, key=KEY)


@pytest.mark.parametrize("count", [1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 768, 1025])
def test_every_row_of_a_set_of_any_size_has_a_proof(count):
    table = many(count)
    root, subtrees = root_and_subtrees(table, key=KEY)
    proofs = list(inclusion_proofs(table, subtrees, places=range(count), key=KEY))
    for proof in proofs:
        assert verify_frozen(json.loads(json.dumps(proof)), root=root).findings == ()
    assert [proof["row"]["id"] for proof in proofs] == table["id"].to_pylist()
    leaves = [merkle.leaf_hash(bytes.fromhex(proof["salt"]) + _fields(proof["row"])) for proof in proofs]
    assert merkle.root_of(leaves).hex() == root, "the tree is that of RFC 9162 over all leaves"


def _fields(row):
    return b"".join(f"{len(row[name].encode())}:{row[name]}".encode() for name in FROZEN.names)


def test_salts_and_digest_are_those_of_the_document(frozen):
    """`docs/ADMISSION.md` section 4, reckoned with the standard library."""
    table, _, subtrees = frozen
    proofs = list(inclusion_proofs(table, subtrees, places=range(ROWS), key=KEY))
    digest = hashlib.sha256(b"rescounter/cut-off/1\n" + b"".join(_fields(proof["row"]) for proof in proofs)).digest()
    seed = hmac.digest(KEY, b"rescounter/salts/1/cut-off\n" + digest, "sha256")
    streams = [hashlib.shake_256(seed + struct.pack(">q", piece)).digest(16 * SUBTREE) for piece in range(3)]
    salts = b"".join(streams)[: 16 * ROWS]
    assert subtrees[:32] == digest
    assert "".join(proof["salt"] for proof in proofs) == salts.hex()


def test_a_proof_says_what_it_proves_and_what_not(frozen):
    table, root, subtrees = frozen
    proof = inclusion_proof(table, subtrees, submitter="ANA", id="00007", key=KEY)
    verdict = verify_frozen(proof, root=root)
    assert verdict.proven == ("this obligation stands in the cut-off set, with this amount and as it is shown here",)
    assert verdict.not_proven == ("that no other obligation was left out of the set",)


@given(st.data())
def test_a_proof_of_which_any_character_was_changed_fails(frozen, data):
    table, root, subtrees = frozen
    (proof,) = inclusion_proofs(table, subtrees, places=[data.draw(st.integers(0, ROWS - 1))], key=KEY)
    text = json.dumps(proof)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[place]))
    try:
        changed = json.loads(text[:place] + other + text[place + 1 :])
    except ValueError:
        return
    if changed != proof:
        assert verify_frozen(changed, root=root).findings


def _with(proof, **parts):
    return {**copy.deepcopy(proof), **parts}


SHAPES = [None, 7, "proof", [], {}, {"row": {}}, [1, 2, 3]]


def test_a_proof_of_any_shape_is_a_finding_and_never_an_error(frozen):
    table, root, subtrees = frozen
    proof = inclusion_proof(table, subtrees, submitter="ANA", id="00300", key=KEY)
    wrong = [
        *SHAPES,
        *(_with(proof, **{name: value}) for name in proof for value in (None, [], {}, 1.5, True, "x", -1, ["x"], "\ud800", 2**70)),
        *(_with(proof, row={**proof["row"], name: value}) for name in proof["row"] for value in (None, 7, "\ud800", "other")),
        _with(proof, path=proof["path"][:-1]),
        _with(proof, path=[*proof["path"], proof["path"][0]]),
        _with(proof, place=proof["place"] ^ 1),
        _with(proof, size=proof["size"] * 2),
        _with(proof, salt=proof["salt"].upper()),
        {**proof, "more": 1},
    ]
    for each in wrong:
        assert verify_frozen(each, root=root).findings, each
    assert [str(finding) for finding in verify_frozen(proof, root="0" * 64).findings] == [
        f"root: proof: found {root}, expected '{'0' * 64}', as the union published it"
    ]


def test_salts_come_from_the_key_and_from_the_whole_set():
    """Else who knows the salt of its own row in one set could guess another's amount at that place of a corrected one."""
    first, second = cut("ANA 1 ANA BO 100\n BO 1 BO CY 5"), cut("ANA 1 ANA BO 100\n BO 1 BO CY 6")
    proofs = [inclusion_proof(each.table, each.subtrees, submitter="ANA", id="1", key=KEY) for each in (first, second)]
    assert proofs[0]["row"] == proofs[1]["row"]
    assert proofs[0]["salt"] != proofs[1]["salt"]
    other_key = root_and_subtrees(first.table, key=b"o" * 32)[0]
    assert other_key != first.root


def test_a_proof_is_made_of_the_set_as_it_was_frozen_or_not_at_all(frozen):
    table, _, subtrees = frozen
    changed = table.set_column(table.schema.get_field_index("amount_minor"), "amount_minor", pa.array([9] * ROWS))
    with pytest.raises(BrokenLaw, match="the_cut_off_set_is_as_it_was_frozen"):
        inclusion_proof(changed, subtrees, submitter="ANA", id="00007", key=KEY)
    with pytest.raises(CallerFault, match="ANA has no obligation '7' in the cut-off set"):
        inclusion_proof(table, subtrees, submitter="ANA", id="7", key=KEY)
