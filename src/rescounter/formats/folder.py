"""A result folder is complete or absent, whatever happens while it is written.

It is written beside its place as ``.<name>.partial-<process id>`` and renamed at the end. Replacing a
result exchanges the two folders in one step where the system can (Linux); elsewhere the old one is
moved aside first, and moved back by the next run if the process died in between.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rescounter.terms import CallerFault, EnvironmentFault

__all__ = ["check_target", "new_folder"]

_MARKS_OF_A_RESULT: Final = (
    *("summary.json", "bundle.json", "statement.json", "savings.json", "default.json", "calls.csv"),
    *("pool-year.json", "pool-projection.json"),
)
_EXCHANGE: Final = 2
_HERE: Final = -100


@contextmanager
def new_folder(target: Path, *, force: bool) -> Iterator[Path]:
    """Yield a folder to write into, which becomes *target* when the block ends without an exception.

    Args: *force* lets a result that stands there be replaced; only a folder with a file in it by which
    this program knows what it wrote is ever removed. An empty folder counts as free.
    Refuses: output_exists, output_not_a_result. Raises: EnvironmentFault(output_unwritable).
    """
    target = Path(os.path.realpath(target))
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_away_the_dead(target)
        check_target(target, force=force)
        partial.mkdir()
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield partial
        _put_in_place(partial, target, force=force)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a target that may not be replaced, before any work is done."""
    if _is_free(target):
        return
    if not force:
        raise CallerFault("output_exists", f"{target} exists already", folder=str(target))
    if not target.is_dir() or not any((target / mark).is_file() for mark in _MARKS_OF_A_RESULT):
        raise CallerFault("output_not_a_result", f"{target} is no result of Rescounter, so it is not replaced", folder=str(target))


def _put_in_place(partial: Path, target: Path, *, force: bool) -> None:
    _flush(partial)
    check_target(target, force=force)
    if _is_free(target):
        if target.is_dir():
            target.rmdir()
        partial.rename(target)
    elif not _exchanged(partial, target):  # afterwards *partial* is the old result, and goes
        aside = target.with_name(f".{target.name}.replaced-{os.getpid()}")
        target.rename(aside)
        partial.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    _flush_folder(target.parent)


def _is_free(target: Path) -> bool:
    return not os.path.lexists(target) or (target.is_dir() and not any(target.iterdir()))


def _exchanged(partial: Path, target: Path) -> bool:
    """Swap two folders in one step (Linux, renameat2); False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(_HERE, os.fsencode(partial), _HERE, os.fsencode(target), _EXCHANGE) == 0)


def _clear_away_the_dead(target: Path) -> None:
    """Remove what processes left that died; move back the result that one of them had moved aside."""
    for left in sorted(target.parent.glob(f".{_literal(target.name)}.replaced-*")):
        if _is_dead(left):
            if os.path.lexists(target):
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.rename(target)
    for left in target.parent.glob(f".{_literal(target.name)}.partial-*"):
        if _is_dead(left):
            shutil.rmtree(left, ignore_errors=True)


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _is_dead(left: Path) -> bool:
    """True when the process in the name runs no more; our own number is one that the system gave out again."""
    digits = left.name.rpartition("-")[2]
    if not digits.isdigit() or os.name != "posix":
        return False
    if int(digits) == os.getpid():
        return True
    try:
        os.kill(int(digits), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _flush(folder: Path) -> None:
    """Make files and names durable before the rename makes them visible."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _flush_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(target: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault("output_unwritable", f"{target} cannot be written: {error.strerror or error}", folder=str(target))
