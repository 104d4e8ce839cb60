"""Merkle trees against an independent recursive definition of RFC 9162, section 2.1."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger.merkle import (
    EMPTY_ROOT,
    STORED_LEVEL,
    Frontier,
    consistency_proof,
    consistency_verified,
    inclusion_proof,
    inclusion_verified,
    leaf_hash,
    nodes_of,
    root_of,
    stored_nodes,
)
from rescounter.terms import BrokenLaw

SIZES = range(1, 131)
LATER = range(1, 41)


def payloads(count: int) -> list[bytes]:
    return [b"entry %d" % place for place in range(count)]


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(payload) for payload in payloads(count)]


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def tree_hash(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), tree_hash(entries[k:])]
    return [*path(m - k, entries[k:]), tree_hash(entries[:k])]


def subproof(m: int, entries: list[bytes], is_complete: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if m == len(entries):
        return [] if is_complete else [tree_hash(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], is_complete), tree_hash(entries[k:])]
    return [*subproof(m - k, entries[k:], False), tree_hash(entries[:k])]


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


def test_the_empty_tree_is_the_hash_of_nothing():
    assert root_of([]) == Frontier().root == EMPTY_ROOT == tree_hash([])


@pytest.mark.parametrize("size", SIZES)
def test_a_root_is_that_of_the_definition(size):
    assert root_of(leaves(size)) == tree_hash(payloads(size)) == Frontier().append(leaves(size)).root


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_is_that_of_the_definition_and_leads_to_the_root(size):
    entries, hashes = payloads(size), leaves(size)
    node, root = nodes_of(hashes), root_of(hashes)
    for place in range(size):
        proof = inclusion_proof(node, place, size)
        assert proof == path(place, entries)
        assert inclusion_verified(hashes[place], proof, place=place, size=size, root=root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64, 100])
def test_a_tampered_inclusion_proof_leads_elsewhere(size):
    hashes = leaves(size)
    node, root = nodes_of(hashes), root_of(hashes)
    for place in range(size):
        proof = inclusion_proof(node, place, size)

        def leads(leaf=hashes[place], proof=proof, place=place, size=size, root=root):
            return inclusion_verified(leaf, proof, place=place, size=size, root=root)

        assert leads()
        assert not leads(leaf=flipped(hashes[place]))
        assert not leads(root=flipped(root))
        assert not leads(place=size)
        assert not leads(place=-1)
        assert not leads(proof=[*proof, b"\0" * 32])
        for step in range(len(proof)):
            assert not leads(proof=[*proof[:step], flipped(proof[step]), *proof[step + 1 :]])
            assert not leads(proof=[*proof[:step], *proof[step + 1 :]])
        assert not any(leads(place=other) for other in range(size) if other != place)


@pytest.mark.parametrize("second", LATER)
def test_every_consistency_proof_is_that_of_the_definition(second):
    hashes = leaves(second)
    for first in range(1, second + 1):
        proof = consistency_proof(nodes_of(hashes), first, second)
        assert proof == subproof(first, payloads(second), True)
        roots = {"first_root": root_of(hashes[:first]), "second_root": root_of(hashes)}
        assert consistency_verified(proof, first=first, second=second, **roots)


@pytest.mark.parametrize("second", LATER)
def test_a_log_that_was_rewritten_does_not_continue(second):
    hashes = leaves(second)
    new, forged = root_of(hashes), root_of([flipped(hashes[0]), *hashes[1:]])
    for first in range(1, second + 1):
        proof, old = consistency_proof(nodes_of(hashes), first, second), root_of(hashes[:first])

        def continues(proof=proof, first=first, old=old, new=new):
            return consistency_verified(proof, first=first, second=second, first_root=old, second_root=new)

        assert continues()
        assert not continues(new=forged)
        assert not continues(old=flipped(old))
        assert not continues(first=second + 1)
        assert not continues(proof=[*proof, bytes(32)])
        for step in range(len(proof)):
            assert not continues(proof=[*proof[:step], flipped(proof[step]), *proof[step + 1 :]])
            assert not continues(proof=proof[:step])


def test_every_log_continues_the_empty_one_and_an_empty_one_nothing():
    root = root_of(leaves(3))
    assert consistency_verified([], first=0, second=3, first_root=EMPTY_ROOT, second_root=root)
    assert not consistency_verified([], first=0, second=3, first_root=root, second_root=root)
    assert not consistency_verified([], first=3, second=0, first_root=root, second_root=EMPTY_ROOT)
    with pytest.raises(BrokenLaw):
        consistency_proof(nodes_of(leaves(3)), 4, 3)


@given(st.lists(st.integers(0, 700), max_size=6))
def test_appending_in_any_pieces_gives_one_tree_and_the_same_stored_nodes(pieces):
    hashes = leaves(sum(pieces))
    frontier, stored, start = Frontier(), {}, 0
    for count in pieces:
        frontier, done = frontier.appended(hashes[start : start + count])
        assert not stored.keys() & dict(done).keys()
        stored |= dict(done)
        start += count
        assert Frontier.of_bytes(frontier.size, frontier.to_bytes()) == frontier
    assert frontier.root == root_of(hashes)
    assert [stored[place] for place in sorted(stored)] == stored_nodes(hashes, STORED_LEVEL)


def test_a_proof_reads_stored_nodes_and_one_block_of_leaves():
    size, place = 1000, 700
    hashes = leaves(size)
    stored = stored_nodes(hashes, STORED_LEVEL)
    read: set[int] = set()

    def node(level: int, index: int) -> bytes:
        if level >= STORED_LEVEL:
            width = 1 << (level - STORED_LEVEL)
            return stored_nodes(stored[index * width : (index + 1) * width], level - STORED_LEVEL)[0]
        begin, end = index << level, (index + 1) << level
        read.update(range(begin >> STORED_LEVEL, ((end - 1) >> STORED_LEVEL) + 1))
        return stored_nodes(hashes[begin:end], level)[0]

    proof = inclusion_proof(node, place, size)
    assert inclusion_verified(hashes[place], proof, place=place, size=size, root=root_of(hashes))
    assert read <= {place >> STORED_LEVEL, size >> STORED_LEVEL}


def test_a_frontier_with_a_peak_missing_is_a_broken_law():
    with pytest.raises(BrokenLaw):
        Frontier.of_bytes(3, b"\0" * 32)
