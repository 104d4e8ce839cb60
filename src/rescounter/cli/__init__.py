"""The command line: thin; it reads words, calls the facade, and tells what came out.

Enters: words and files. Leaves: text for people, JSON for programs (``--json``), and an exit code.
Refuses: wrong use, in one sentence with a remedy. Laws: exit codes mean the same everywhere: 0 done,
1 a check failed, 2 unusable input or wrong use, 3 rows were refused under --strict, 4 the
environment failed, 130 interrupted. Read `app.py` first, then `door.py`.
"""

from __future__ import annotations

__all__ = ["main", "program"]


def main() -> None:
    """Run the command line with the words of this process; leaves by ``SystemExit``."""
    import sys

    try:
        from rescounter.cli.door import run
    except KeyboardInterrupt:
        print("Interrupted; nothing half-written was left behind.", file=sys.stderr)
        sys.exit(130)
    run()


def program() -> None:
    """Run the command line as a process of its own, and end the process with the exit code.

    The process ends here and not in the interpreter's tear-down, in which Ctrl-C has its default handler again
    and would end a command that has done its work, or has already answered, by a signal.
    """
    import contextlib
    import gc
    import os
    import signal
    import sys

    for name in ("stdout", "stderr"):  # closed by the caller: what is told goes nowhere
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    gc.set_threshold(50_000, 20, 20)  # a command makes many values and few circles: looking for those less often is a tenth of an audit
    code = 130
    try:
        try:
            main()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 0
    except KeyboardInterrupt:  # one that came while the first was answered
        pass
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
