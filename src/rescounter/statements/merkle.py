"""Proofs for several leaves of a Merkle tree at once: the hashes that a reader of those leaves lacks.

Source: RFC 9162, 2.1.1 (the tree); `docs/CERTIFICATE.md` section 4 (the order of the hashes).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence

__all__ = ["levels_of", "proof_of"]


def levels_of(leaves: list[bytes]) -> list[list[bytes]]:
    """The tree from its leaf hashes up: entry i of level k covers leaves i * 2^k to (i + 1) * 2^k.

    Cost: one SHA-256 for each leaf.
    """
    sha256 = hashlib.sha256
    levels = [leaves]
    while len(levels[-1]) > 1:
        level = levels[-1]
        odd = level[-1:] if len(level) % 2 else []
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)] + odd)
    return levels


def proof_of(levels: Sequence[Sequence[bytes]], known: Sequence[int]) -> list[bytes]:
    """The hashes of the largest subtrees without a known leaf, from the left.

    Args: *levels* of `levels_of`; *known*: ascending places of the leaves that the reader has.
    """
    return list(_lacking(levels, known, 0, len(levels[0]))) if levels[0] else []


def _lacking(levels: Sequence[Sequence[bytes]], known: Sequence[int], start: int, end: int) -> Iterator[bytes]:
    first = bisect_left(known, start)
    height = (end - start - 1).bit_length()
    if first == len(known) or known[first] >= end:
        yield levels[height][start >> height]
    elif height:
        middle = start + (1 << (height - 1))
        yield from _lacking(levels, known, start, middle)
        yield from _lacking(levels, known, middle, end)
