"""The command line: thin; it reads words, calls the facade, and tells what came out.

Enters: words and files. Leaves: text for people, JSON for programs (``--json``), and an exit code.
Refuses: wrong use, in one sentence with a remedy. Laws: exit codes mean the same everywhere: 0 done,
1 a check failed, 2 unusable input or wrong use, 3 rows were refused under --strict, 4 the
environment failed, 130 interrupted. Read `app.py` first, then `door.py`.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line with the words of this process."""
    import sys

    try:
        from rescounter.cli.door import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
