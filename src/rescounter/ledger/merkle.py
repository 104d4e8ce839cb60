"""Merkle trees by RFC 9162, section 2.1: hashes, roots, proofs, and trees that only grow.

A tree is told by the hashes of its complete subtrees: *level* 0 are leaf hashes, node *place* of
level k covers the leaves [place * 2^k, (place + 1) * 2^k). A `Frontier` holds the complete
subtrees at the right edge: enough to append and to know the root. Proofs read what nodes they need
through a function, so a store keeps one level (`STORED_LEVEL`) and hashes the rest again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa

from rescounter.terms import holds

__all__ = [
    "EMPTY_ROOT",
    "STORED_LEVEL",
    "Frontier",
    "Node",
    "consistency_proof",
    "consistency_verified",
    "hash_leaves",
    "inclusion_proof",
    "inclusion_verified",
    "leaf_hash",
    "node_hash",
    "nodes_of",
    "root_of",
    "stored_nodes",
]

HASH_BYTES: Final = 32

EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of a tree without leaves."""

STORED_LEVEL: Final = 8
"""Complete subtrees of 2^8 leaves are stored; what lies below is hashed again for a proof."""

Node: TypeAlias = Callable[[int, int], bytes]
"""Port: (level, place) -> hash of a complete subtree."""


def leaf_hash(payload: bytes) -> bytes:
    """Hash of a leaf. Source: RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x00" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over two. Source: RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_leaves(leaves: pa.Array | list[bytes]) -> list[bytes]:
    """Leaf hashes of binaries that begin with byte 0 already (`canonical`). Cost: one SHA-256 a leaf."""
    sha256 = hashlib.sha256
    return [sha256(leaf).digest() for leaf in (leaves if isinstance(leaves, list) else leaves.to_pylist())]


def _paired(level: Sequence[bytes]) -> list[bytes]:
    """The level above: neighbours paired; an odd last one is left out."""
    sha256 = hashlib.sha256
    ends = iter(level)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(ends, ends, strict=False)]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes: pair neighbours until one is left, an odd one goes up."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        paired = _paired(level)
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def stored_nodes(hashes: Sequence[bytes], level: int) -> list[bytes]:
    """Complete subtrees of height *level* over nodes handed in; an unfinished rest is left out."""
    nodes: list[bytes] = list(hashes)
    for _ in range(level):
        nodes = _paired(nodes)
    return nodes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree of *size* leaves: its complete subtrees, largest first.

    Law: one peak for each bit of *size*. Cost: appending n leaves hashes n + log(size) times.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        holds(len(self.peaks) == self.size.bit_count(), "one_peak_for_each_bit", size=self.size, peaks=len(self.peaks))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        folded = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            folded = node_hash(peak, folded)
        return folded

    def append(self, hashes: Sequence[bytes]) -> Frontier:
        """The frontier with more leaf hashes behind."""
        return self.appended(hashes)[0]

    def appended(self, hashes: Sequence[bytes]) -> tuple[Frontier, list[tuple[int, bytes]]]:
        """The frontier with more leaves behind, and the nodes of `STORED_LEVEL` that they completed, with their places."""
        size = self.size + len(hashes)
        done: list[tuple[int, bytes]] = []
        peaks = dict(zip(_levels(self.size), self.peaks, strict=True))
        start, row, level = self.size, list(hashes), 0
        while start or row:
            if start % 2:  # the last complete node of this level waits for a right neighbour
                row = [peaks.pop(level), *row]
                start -= 1
            if level == STORED_LEVEL:
                before = self.size >> STORED_LEVEL
                done = [(start + place, node) for place, node in enumerate(row) if start + place >= before]
            if len(row) % 2:
                peaks[level] = row[-1]
            row, start, level = _paired(row), start // 2, level + 1
        return Frontier(size, tuple(peaks[level] for level in _levels(size))), done

    def to_bytes(self) -> bytes:
        """The peaks one after the other, as stores keep them beside the size."""
        return b"".join(self.peaks)

    @classmethod
    def of_bytes(cls, size: int, content: bytes) -> Frontier:
        """What `to_bytes` gave. Law: 32 bytes for each bit of *size*."""
        return cls(size, tuple(content[begin : begin + HASH_BYTES] for begin in range(0, len(content), HASH_BYTES)))


def _levels(size: int) -> Iterator[int]:
    """Heights of the complete subtrees that make up *size* leaves, largest first."""
    return (level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1)


def nodes_of(hashes: Sequence[bytes]) -> Node:
    """The reader of nodes over leaf hashes in memory; each level is hashed once."""
    levels = [list(hashes)]

    def node(level: int, place: int) -> bytes:
        while len(levels) <= level:
            levels.append(_paired(levels[-1]))
        return levels[level][place]

    return node


def _range_hash(node: Node, begin: int, end: int) -> bytes:
    """Tree hash of the leaves [begin, end), where *begin* is a multiple of the power of two at or above the count."""
    folded, stop = b"", end
    count = end - begin
    for level in reversed(list(_levels(count))):
        stop -= 1 << level
        peak = node(level, stop >> level)
        folded = node_hash(peak, folded) if folded else peak
    return folded


def _split(count: int) -> int:
    """The largest power of two below *count* (RFC 9162, 2.1.1)."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(node: Node, place: int, size: int) -> list[bytes]:
    """The path of leaf *place* in the tree of *size* leaves, from the leaf up. Source: RFC 9162, 2.1.3.1."""
    holds(0 <= place < size, "the_leaf_is_in_the_tree", place=place, size=size)
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if place < middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin = middle
    return path[::-1]


def inclusion_verified(leaf: bytes, path: Sequence[bytes], *, place: int, size: int, root: bytes) -> bool:
    """True when *path* leads from the leaf hash at *place* to *root*. Source: RFC 9162, 2.1.3.2."""
    if not 0 <= place < size:
        return False
    folded, here, last = leaf, place, size - 1
    for step in path:
        if last == 0:
            return False
        if here % 2 or here == last:
            folded = node_hash(step, folded)
            while not here % 2 and here:
                here, last = here >> 1, last >> 1
        else:
            folded = node_hash(folded, step)
        here, last = here >> 1, last >> 1
    return last == 0 and folded == root


def consistency_proof(node: Node, first: int, second: int) -> list[bytes]:
    """Why the tree of *second* leaves continues the one of *first*. Source: RFC 9162, 2.1.4.1."""
    holds(0 < first <= second, "a_tree_only_grows", first=first, second=second)
    path: list[bytes] = []
    begin, end, whole = 0, second, True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(_range_hash(node, begin, end))
    return path[::-1]


def consistency_verified(path: Sequence[bytes], *, first: int, second: int, first_root: bytes, second_root: bytes) -> bool:
    """True when *path* shows that the second tree continues the first. Source: RFC 9162, 2.1.4.2."""
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    if not 0 < first < second or not path:
        return False
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    here, last = first - 1, second - 1
    while here % 2:
        here, last = here >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here % 2 or here == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not here % 2 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, step)
        here, last = here >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
