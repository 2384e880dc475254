"""A real Dask scheduler and its workers, each a process of its own that a test may kill."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from database import free_port

PATIENCE_S = 120.0
PATHS = (str(Path(__file__).parent), str(Path(__file__).parent / "unit" / "design"))
"""Where the processes find the measures of the tests."""


def skip_without_jobqueue() -> None:
    """Skip a test where dask-jobqueue is absent, without importing it: its import replaces the handler of Ctrl-C."""
    if importlib.util.find_spec("dask_jobqueue") is None:
        pytest.skip("dask-jobqueue is not installed: pip install 'entrox[hpc]'")


def started(folder: Path, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a Python module with its messages in a file of ``folder``."""
    paths = [*PATHS, *environment.get("PYTHONPATH", "").split(os.pathsep)]
    variables = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    with (folder / f"{name}.log").open("w") as log:
        return subprocess.Popen([sys.executable, "-m", *arguments], stdout=log, stderr=log, text=True, env=variables)


class DaskProcesses:
    """A scheduler on a free port of this machine, and the workers that a test starts."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[str]] = []
        command = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port),
                   "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]  # fmt: skip
        self.scheduler = started(folder, "scheduler", command, settings)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            assert self.scheduler.poll() is None, (self._folder / "scheduler.log").read_text()
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the scheduler did not start")

    def add_worker(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        """Start a worker of one thread that nobody restarts; it may still be on its way."""
        command = ["distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                   "--local-directory", str(self._folder), *options]  # fmt: skip
        worker = started(self._folder, f"worker-{len(self.workers)}", command, environment)
        self.workers.append(worker)
        return worker

    def kill_workers(self) -> None:
        """Kill all workers that are left."""
        for worker in self.workers:
            worker.kill()
            worker.wait(timeout=PATIENCE_S)

    def close(self) -> None:
        """Kill what is left."""
        self.kill_workers()
        self.scheduler.kill()
        self.scheduler.wait(timeout=PATIENCE_S)


@contextmanager
def dask_processes(folder: Path, **settings: str) -> Iterator[DaskProcesses]:
    """Start a scheduler; ``settings`` are variables of its environment. Skipped where Dask is not installed."""
    pytest.importorskip("distributed", reason="the extra hpc is not installed")
    with ExitStack() as stack:
        running = DaskProcesses(folder, **settings)
        stack.callback(running.close)
        yield running
