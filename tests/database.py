"""A PostgreSQL server of the tests: made in a temporary folder, on a free port of this machine, ended with them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_S = 60
USER = "entrox_tests"
PASSWORD = "kept-to-itself"
_SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=127.0.0.1",
             "max_connections=20", "shared_buffers=8MB")  # fmt: skip


def _folder_of_programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Database:
    """A server that can be stopped in every manner and started again, with as many databases as asked for."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self.port, self._count = programs, folder, free_port(), 0

    def run(self, *command: str) -> None:
        """Run one of its programs; the server refuses to be root."""
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        program = [*user, str(self._programs / command[0]), *command[1:]]
        with (self._folder / "log").open("a") as log:
            subprocess.run(program, check=True, timeout=PATIENCE_S, stdout=log, stderr=log, cwd=self._folder)

    def make(self) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.run("initdb", "-D", str(self._folder / "data"), "-U", USER, "--auth=scram-sha-256",
                 "--pwfile", str(password), "--no-sync", "-E", "UTF8", "--locale=C")  # fmt: skip

    def start(self) -> None:
        options = " ".join(f"-c {setting}" for setting in _SETTINGS)
        self.run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-l", str(self._folder / "data" / "server.log"),
                 "-o", f"-p {self.port} -k {self._folder} {options}", "start")  # fmt: skip

    def stop(self) -> None:
        """End it at once, as a crash does: nothing is finished, all connections break."""
        self.run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """Kill the process that all others hang on; these end as soon as they see it, and so does the lock file."""
        lock = self._folder / "data" / "postmaster.pid"
        os.kill(int(lock.read_text().split()[0]), 9)

    def start_again(self) -> None:
        """Start it after it was stopped or killed; the processes that its death left behind must be gone first."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.start()
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

    def url(self, password: str = PASSWORD) -> str:
        """Return the URL of a new, empty database."""
        import psycopg

        self._count += 1
        name = f"runs_{self._count}"
        with psycopg.connect(self._address("postgres", PASSWORD), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._address(name, password)

    def _address(self, name: str, password: str) -> str:
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{name}"


@contextmanager
def database() -> Iterator[Database]:
    """Start a server; the test is skipped where PostgreSQL or its driver is not installed."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    programs = _folder_of_programs()
    if programs is None:
        pytest.skip("PostgreSQL (initdb) is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # the path of a socket may have 107 characters
    server = Database(programs, folder)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server.make()
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
