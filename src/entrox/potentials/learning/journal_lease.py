"""Signs of life of the processes that work on a journal. Times in s.

A process writes until when it counts as alive, again and again; what it has in hand is free once that time is over, or
at once if it ran on this machine and is gone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from entrox.core.sqlite_file import BUSY_TIMEOUT_S

__all__ = ["LEASE_S", "beating", "is_alive", "write_sign_of_life"]

LEASE_S = 60.0
"""A process that gave no sign of life for so long is taken for dead."""
BEATS_PER_LEASE = 4


def write_sign_of_life(run: Callable[..., Any], owner: str, lease_s: float) -> None:
    """Let the leases of ``owner`` hold from now on for ``lease_s``; ``run`` executes a statement."""
    values = (owner, socket.gethostname(), os.getpid(), time.time() + lease_s)
    run("INSERT OR REPLACE INTO owners VALUES (?, ?, ?, ?)", values)


@contextmanager
def beating(path: Path, owner: str, lease_s: float) -> Iterator[None]:
    """Give signs of life in a thread, through a connection of its own, as long as the block runs."""
    stopped = threading.Event()

    def beat() -> None:
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            while not stopped.wait(lease_s / BEATS_PER_LEASE):
                # a journal that cannot be written for the moment is noticed by the next result
                with contextlib.suppress(sqlite3.Error):
                    write_sign_of_life(connection.execute, owner, lease_s)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def is_alive(host: str, pid: int, alive_until: float) -> bool:
    """Whether a process may still work; one of this machine is asked, another is believed until its lease ends."""
    if alive_until < time.time():
        return False
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
