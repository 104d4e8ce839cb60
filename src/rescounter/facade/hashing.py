"""The port `commitment.SubtreeRoots` on two processors: a child process hashes some of the chunks.

Hashing short leaves is bound by the interpreter, which one process runs on one processor only. The
child is Python itself with nothing but the standard library. Which chunk is hashed where depends on
who is idle; the roots do not. Where no child can be started, everything is hashed here.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import IO

import pyarrow as pa

from rescounter.clearing.commitment import CHUNK_ROWS, hash_here
from rescounter.terms import EnvironmentFault, holds

__all__ = ["hash_on_two_processors"]

_CHILD = """
import sys, struct, hashlib, array
read, write, sha256 = sys.stdin.buffer.read, sys.stdout.buffer.write, hashlib.sha256
while header := read(16):
    count, size = struct.unpack("qq", header)
    ends = array.array("q", read(8 * (count + 1)))
    data = read(size)
    level = [sha256(data[begin:end]).digest() for begin, end in zip(ends, ends[1:])]
    while len(level) > 1:
        paired = [sha256(b"\\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2])]
        level = paired + level[len(level) & -2 :]
    write(level[0])
"""


def hash_on_two_processors(chunks: Iterable[pa.Array]) -> list[bytes]:
    """The root of each chunk's subtree, in order; see `rescounter.clearing.commitment`."""
    rest = iter(chunks)
    first = next(rest, None)
    if first is None or len(first) < CHUNK_ROWS or not sys.executable:
        return hash_here([] if first is None else [first, *rest])
    try:
        child = subprocess.Popen([sys.executable, "-I", "-S", "-c", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError:
        return hash_here([first, *rest])
    with child:
        return _share(child, [first], rest)


def _share(child: subprocess.Popen[bytes], begun: list[pa.Array], rest: Iterable[pa.Array]) -> list[bytes]:
    to_child, from_child = child.stdin, child.stdout
    holds(to_child is not None and from_child is not None, "the_child_has_pipes")
    waiting: Queue[pa.Array | None] = Queue(maxsize=1)
    feeder = Thread(target=_feed, args=(to_child, waiting), daemon=True)
    feeder.start()
    roots: list[bytes] = []
    handed_over: list[int] = []
    for source in (begun, rest):
        for chunk in source:
            try:
                waiting.put_nowait(chunk)
                handed_over.append(len(roots))
                roots.append(b"")
            except Full:
                roots += hash_here([chunk])
    waiting.put(None)
    for place in handed_over:
        roots[place] = _exactly(from_child, 32)
    feeder.join()
    return roots


def _exactly(pipe: IO[bytes] | None, size: int) -> bytes:
    content = pipe.read(size) if pipe is not None else b""
    if len(content) != size:
        raise EnvironmentFault("child_failed", "the process that hashes beside this one ended early")
    return content


def _feed(pipe: IO[bytes], waiting: Queue[pa.Array | None]) -> None:
    """Write chunks to the child until None comes; a child that is gone does not stop the queue."""
    alive = True
    while (chunk := waiting.get()) is not None:
        _, offsets, data = chunk.buffers()
        content = memoryview(data) if data is not None else memoryview(b"")
        try:
            if alive:
                pipe.write(struct.pack("qq", len(chunk), len(content)))
                pipe.write(memoryview(offsets)[8 * chunk.offset : 8 * (chunk.offset + len(chunk) + 1)])
                pipe.write(content)
                pipe.flush()
        except OSError:
            alive = False
    with suppress(OSError):
        pipe.close()
