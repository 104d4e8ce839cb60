"""The digests of the files of a result folder. Reading the files is the caller's part."""

from __future__ import annotations

from collections.abc import Mapping

from rescounter.verification import desk
from rescounter.verification.verdict import Finding, capped

__all__ = ["verify_digests"]


def verify_digests(found: Mapping[str, str], summary: Mapping[str, object]) -> tuple[Finding, ...]:
    """Compare the digests of the files that are there with those in the summary.

    Args: *found*: file name to ``sha256:...`` of each file of the folder but ``summary.json``.
    Returns: a finding for each file that is missing, strange or other than it was written.
    """
    stated = summary.get("files")
    if not isinstance(stated, Mapping):
        return (Finding("files", "summary", type(stated).__name__, "a digest for each file"),)
    names = sorted({str(name) for name in stated} | set(found))
    wrong = [
        Finding(
            "files", desk.shown(name), desk.shown(found.get(name, "no file")), desk.shown(stated.get(name, "no such file in the summary"))
        )
        for name in names
        if found.get(name) != stated.get(name)
    ]
    return tuple(capped("files", len(wrong), wrong))
