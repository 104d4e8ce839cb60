"""What a measurement must be read with: the machine, the versions, the state of the source."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

__all__ = ["described", "memory_mib"]

LIBRARIES = ("numpy", "pyarrow", "ortools", "numba", "pylmcf", "networkx")


def described() -> dict[str, object]:
    """Processor, cores, memory, operating system, versions and commit, ready for JSON."""
    return {
        "cpu": _line_of("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int((_line_of("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "rescounter": version("rescounter"),
        **{name: version(name) for name in LIBRARIES},
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed_files": len([line for line in _git("status", "--porcelain", "src").splitlines() if line]),
    }


def memory_mib(name: str) -> float:
    """Memory of this process, resident (``VmRSS``) or its peak (``VmHWM``); unlike ``ru_maxrss`` never that of the parent."""
    return int(_line_of("/proc/self/status", name).split()[0]) / 1024


def _line_of(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    return done.stdout.strip()
