"""Runs the real command line in a process of its own, as a user would."""

import os
import subprocess
import sys

PROGRAM = [sys.executable, "-m", "rescounter"]


def rescounter(*words, folder, stdin=None, **environment):
    """Exit code, standard output and standard error of one command run in *folder*."""
    done = subprocess.run(
        [*PROGRAM, *map(str, words)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        timeout=300,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()
