"""The top door: whatever went wrong below leaves here as one message and an exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from typing import Final

from rescounter.terms.faults import BrokenLaw, CallerFault, EnvironmentFault, Fault

__all__ = ["CHECK_FAILED", "ENVIRONMENT", "INTERRUPTED", "REFUSED", "UNUSABLE", "run"]

CHECK_FAILED: Final = 1
UNUSABLE: Final = 2
REFUSED: Final = 3
ENVIRONMENT: Final = 4
INTERRUPTED: Final = 130


def run(words: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    words = list(sys.argv[1:] if words is None else words)
    sys.unraisablehook = _interrupt_again
    try:
        code = _obey(words)
        sys.stdout.flush()
        sys.exit(code)
    except CallerFault as fault:
        _leave(fault, UNUSABLE, as_json="--json" in words)
    except EnvironmentFault as fault:
        _leave(fault, ENVIRONMENT, as_json="--json" in words)
    except BrokenLaw as broken:
        _say(f"Stopped: {broken}. This is a defect of Rescounter; nothing was written. Please report it.")
        sys.exit(CHECK_FAILED)
    except KeyboardInterrupt:
        _say("Interrupted; nothing half-written was left behind.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has left: nothing is wrong here
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        _say("Stopped: not enough memory. Clear fewer rows or one currency at a time.")
        sys.exit(ENVIRONMENT)
    except OSError as fault:
        _say(f"Stopped: {fault}. Check space and permission.")
        sys.exit(ENVIRONMENT)


def _interrupt_again(lost: sys.UnraisableHookArgs) -> None:
    """Ctrl-C that fell into a finaliser, where Python drops it (LLVM's objects have many), is sent again a moment later."""
    main = threading.main_thread().ident
    if issubclass(lost.exc_type, KeyboardInterrupt) and main is not None and hasattr(signal, "pthread_kill"):
        threading.Timer(0.01, signal.pthread_kill, (main, signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


class _WithoutPandas(MetaPathFinder):
    """Lets no import find pandas.

    Arrow imports it, where it is installed, only to ask whether what it was handed is one of its
    arrays. The command line hands in none, and the question costs half a second.
    """

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not used by the command line", name=fullname)


def _obey(words: Sequence[str]) -> int:
    """Run one command past Typer's own door, so that every fault, Ctrl-C and closed pipe comes to this one."""
    import typer

    from rescounter.cli.app import app

    if "_RESCOUNTER_COMPLETE" in os.environ:  # the shell asks for completions
        app(args=list(words), prog_name="rescounter")
    command = typer.main.get_command(app)
    sys.meta_path.insert(0, _WithoutPandas())
    try:
        with command.make_context("rescounter", list(words)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.TyperException as wrong_use:  # an unknown command or option
        getattr(wrong_use, "show", _say)()
        return UNUSABLE
    return 0


def _leave(fault: Fault, code: int, *, as_json: bool) -> None:
    if as_json:
        facts = {name: str(value) for name, value in fault.facts.items()}
        told = {"fault": fault.code, "message": fault.message, "what_to_do": fault.what_to_do, "facts": facts}
        with suppress(OSError):  # whoever no longer reads still gets the exit code
            print(json.dumps(told), flush=True)
    _say(f"Stopped ({fault.code}): {fault.message.removesuffix('.')}.\n{fault.what_to_do}")
    sys.exit(code)


def _say(text: str = "Wrong use: see rescounter --help.") -> None:
    with suppress(OSError):
        print(text, file=sys.stderr)
