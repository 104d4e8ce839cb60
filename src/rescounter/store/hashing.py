"""Hashing the leaves of a chunk, here or in a process beside this one while the database loads its rows.

Short leaves are bound by the interpreter, which one process runs on one processor only. The child is
Python itself with nothing but the standard library. The hashes do not depend on where they are made.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import pyarrow as pa

from rescounter.ledger.merkle import STORED_LEVEL, Frontier, hash_leaves, stored_nodes
from rescounter.terms import EnvironmentFault, holds

__all__ = ["Hasher", "Promise", "Subtrees", "grown", "hash_here", "hasher_beside"]

_HASH_BYTES: Final = 32
_BESIDE_ROWS_MIN: Final = 2048
_CHILD: Final = """
import sys, struct, hashlib, array
read, write, sha256 = sys.stdin.buffer.read, sys.stdout.buffer.write, hashlib.sha256
while header := read(24):
    count, size, height = struct.unpack("qqq", header)
    ends = array.array("q", read(8 * (count + 1)))
    data = read(size)
    level = [sha256(data[begin:end]).digest() for begin, end in zip(ends, ends[1:])]
    whole = count >> height << height
    level, rest = level[:whole], level[whole:]
    for _ in range(height):
        pairs = iter(level)
        level = [sha256(b"\\x01" + left + right).digest() for left, right in zip(pairs, pairs)]
    write(b"".join(level + rest))
    sys.stdout.buffer.flush()
"""


@dataclass(frozen=True, slots=True)
class Subtrees:
    """Hashes over a chunk's leaves: complete subtrees of `STORED_LEVEL`, then the leaf hashes that are left."""

    nodes: list[bytes]
    rest: list[bytes]


Promise: TypeAlias = Callable[[], Subtrees]


class Hasher(Protocol):
    """Begins to hash leaves that start with byte 0 (large_binary); the promise, called, gives the hashes."""

    def __call__(self, leaves: pa.Array) -> Promise:
        """Begin."""

    def close(self) -> None:
        """End what was begun for it."""


def hash_here(leaves: pa.Array | list[bytes]) -> Subtrees:
    """The subtrees, hashed in this process."""
    hashes = hash_leaves(leaves)
    whole = len(hashes) >> STORED_LEVEL << STORED_LEVEL
    return Subtrees(stored_nodes(hashes[:whole], STORED_LEVEL), hashes[whole:])


def grown(tree: Frontier, subtrees: Subtrees) -> tuple[Frontier, list[tuple[int, bytes]]]:
    """The tree with a chunk behind, and the nodes of `STORED_LEVEL` that it completed, with their places.

    Args: *tree* of whole chunks alone: so its peaks are those of a tree over its nodes of that level.
    """
    holds(tree.size % (1 << STORED_LEVEL) == 0, "a_chunk_follows_whole_chunks", size=tree.size)
    first = tree.size >> STORED_LEVEL
    above = Frontier(first, tree.peaks).append(subtrees.nodes)
    grew = Frontier(above.size << STORED_LEVEL, above.peaks).append(subtrees.rest)
    return grew, [(first + place, node) for place, node in enumerate(subtrees.nodes)]


class _Beside:
    """Hashes large chunks in a child that lives as long as this, small ones here."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._is_possible = bool(sys.executable)
        self._owed: Promise | None = None

    def __call__(self, leaves: pa.Array) -> Promise:
        child = self._started() if len(leaves) >= _BESIDE_ROWS_MIN else None
        if child is None:
            made = hash_here(leaves)
            return lambda: made
        if self._owed is not None:  # what nobody waited for, since its transaction failed, must not be taken for this
            self._owed()
        _send(child, leaves)
        whole = len(leaves) >> STORED_LEVEL

        def promise() -> Subtrees:
            self._owed = None
            return _received(child, whole, len(leaves) - (whole << STORED_LEVEL))

        self._owed = promise
        return promise

    def _started(self) -> subprocess.Popen[bytes] | None:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None and self._is_possible:
            try:
                self._child = subprocess.Popen([sys.executable, "-I", "-S", "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            except OSError:
                self._is_possible = False
        return self._child

    def close(self) -> None:
        """End the child."""
        child, self._child, self._owed = self._child, None, None
        if child is not None:
            with suppress(OSError):
                child.__exit__(None, None, None)


def _send(child: subprocess.Popen[bytes], leaves: pa.Array) -> None:
    """The child reads all of it before it hashes, so this ends soon."""
    _, offsets, data = leaves.buffers()
    ends = memoryview(offsets)[8 * leaves.offset : 8 * (leaves.offset + len(leaves) + 1)]
    content = memoryview(data) if data is not None else memoryview(b"")
    try:
        if child.stdin is not None:
            child.stdin.write(struct.pack("qqq", len(leaves), len(content), STORED_LEVEL))
            child.stdin.write(ends)
            child.stdin.write(content)
            child.stdin.flush()
    except OSError as fault:
        raise EnvironmentFault("child_failed", "the process that hashes beside this one ended early") from fault


def _received(child: subprocess.Popen[bytes], nodes: int, rest: int) -> Subtrees:
    size = _HASH_BYTES * (nodes + rest)
    content = child.stdout.read(size) if child.stdout is not None else b""
    if len(content) != size:
        raise EnvironmentFault("child_failed", "the process that hashes beside this one ended early")
    hashes: Sequence[bytes] = [content[begin : begin + _HASH_BYTES] for begin in range(0, size, _HASH_BYTES)]
    return Subtrees(list(hashes[:nodes]), list(hashes[nodes:]))


def hasher_beside() -> Hasher:
    """The hasher that uses a second processor where there is work for it."""
    return _Beside()
