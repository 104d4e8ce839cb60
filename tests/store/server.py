"""A real PostgreSQL server for the tests: one for each test process, on a socket in a folder of its own.

Nothing is mocked: where no server can be started, the tests that need one fail and say why.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg

from tests.store.waiting import until

SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_directories": "'{folder}'",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'2GB'",
    "max_connections": "50",
}


def programs() -> Path:
    """The folder of initdb and postgres: of ``RESCOUNTER_POSTGRESQL``, on the path, or where Debian puts them."""
    named = os.environ.get("RESCOUNTER_POSTGRESQL")
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    folders = [Path(named)] if named else [*debian, *([Path(found).parent] if found else [])]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise RuntimeError(
        "PostgreSQL is not installed, and the stores are tested on a real server: apt-get install postgresql, "
        "or set RESCOUNTER_POSTGRESQL to the folder that holds initdb and postgres"
    )


def user() -> str | None:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Server:
    """A cluster in a folder that is deleted at the end, and the process that serves it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rescounter-pg-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.user = user()
        if self.user:
            shutil.chown(self.folder, self.user)
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self.end)
        self._run("initdb", "-D", str(self.data), "-U", "ledger", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions")
        self.start()
        self.names = 0

    def _words(self, program: str, *words: str) -> list[str]:
        command = [str(programs() / program), *words]
        return ["setpriv", f"--reuid={self.user}", "--clear-groups", *command] if self.user else command

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(self._words(program, *words), capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def start(self) -> None:
        settings = [
            word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value.format(folder=self.folder)}".replace("'", ""))
        ]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self._words("postgres", "-D", str(self.data), *settings), stdout=log, stderr=log, cwd=self.folder
            )
        until(lambda: self._answers() or self._has_ended(), what="the start of the server")
        if not self._answers():
            raise RuntimeError(f"the server did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.dsn()):
            return True
        return False

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self, signal: int = 2) -> None:
        """2 (fast shutdown) unless told; 3 is an immediate one, as if the power failed, and recovery follows."""
        if self.process is not None:
            self.process.send_signal(signal)
            self.process.wait(60)
            self.process = None

    def dsn(self, name: str = "postgres") -> str:
        return f"host={self.folder} user=ledger dbname={name}"

    def fresh(self) -> str:
        """The address of a new schema: made faster than a database."""
        self.names += 1
        name = f"ledger_{os.getpid()}_{self.names}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return self.dsn() + f" options='-c search_path={name}'"

    def drop(self, dsn: str) -> None:
        name = dsn.rpartition("search_path=")[2].rstrip("'")
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning; SET lock_timeout = '60s'")
            connection.execute(f"DROP SCHEMA {name} CASCADE")

    def end(self) -> None:
        self.stop(3)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def server() -> Server:
    """The server of this test process."""
    return Server()
