"""Where the work runs: this process, several processes, or a Dask cluster, all as ``concurrent.futures.Executor``."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any, ParamSpec, TypeVar

from entrox.core.checks import check_integer
from entrox.core.errors import InputError, MissingExtraError

__all__ = [
    "SerialExecutor",
    "check_scheduler",
    "default_workers",
    "in_flight_limit",
    "open_executor",
    "remark_of",
]

P = ParamSpec("P")
T = TypeVar("T")

SCHEDULER_TIMEOUT_S = 20
LARGEST_PORT = 65_535
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:[A-Za-z0-9_.\-]+|\[[0-9A-Fa-f:.%]+\]):(?P<port>[0-9]{1,5})")


class SerialExecutor(Executor):
    """Runs every call at once in this process; an interrupt passes through."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` now and return its finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_flight_limit(executor: Executor) -> int:
    """How many batches to hand to ``executor`` at a time: enough to keep it busy, few enough to stop soon."""
    if isinstance(executor, SerialExecutor):
        return 1
    workers = getattr(executor, "processors", None) or getattr(executor, "_max_workers", None)
    return 2 * max(1, workers or default_workers()) + 1


def remark_of(executor: Executor) -> str:
    """Why nothing moves on ``executor``, such as a cluster without workers, or an empty text."""
    return str(getattr(executor, "remark", ""))


def check_scheduler(address: str) -> str:
    """Return the address of a Dask scheduler, or raise if it cannot be one.

    Raises
    ------
    InputError
        If it is not ``tcp://HOST:PORT``, ``tls://HOST:PORT`` or ``HOST:PORT``.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match["port"]) <= LARGEST_PORT:
        raise InputError(
            "the scheduler (--scheduler) must be an address such as tcp://host:8786, tls://host:8786 or host:8786; "
            f"got {address!r}. `dask scheduler` prints its address when it starts."
        )
    return address


@contextmanager
def open_executor(
    workers: int | None = None, scheduler: str | None = None, *, preload: Sequence[str] = ()
) -> Iterator[Executor]:
    """Open the place where the work runs, and close it at the end.

    Parameters
    ----------
    workers
        Number of processes; 1 runs in this process. All processors that may be used, if not given.
    scheduler
        Address of a Dask scheduler, for example ``tcp://host:8786``; its workers are used and ``workers`` is ignored.
    preload
        Modules to import once before the processes start, so that each of them starts fast.

    Raises
    ------
    InputError
        If ``workers`` is no whole number >= 1 or ``scheduler`` no address.
    MissingExtraError
        If a scheduler is given and Dask is not installed.
    EngineError
        If the scheduler does not answer.
    """
    if scheduler is not None:
        with _dask_executor(scheduler) as executor:
            yield executor
        return
    count = default_workers() if workers is None else check_integer(workers, "workers", low=1)
    if count == 1:
        yield SerialExecutor()
        return
    pool = ProcessPoolExecutor(count, mp_context=_context(preload), initializer=_start_worker)
    try:
        yield pool
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown(wait=True)


def _context(preload: Sequence[str]) -> Any:
    """Choose how processes start: fork server where there is one (compiled code is loaded once), else spawn.

    A plain fork would copy the threads' locks of a process that already runs compiled code.
    """
    if sys.platform == "linux":
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(preload))
        return context
    return multiprocessing.get_context("spawn")


def _start_worker() -> None:
    """Leave Ctrl-C to the main process, and end when it is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """Cancel what waits and end the processes without waiting for what they compute."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(timeout=5)


@contextmanager
def _dask_executor(scheduler: str) -> Iterator[Executor]:
    check_scheduler(scheduler)
    if importlib.util.find_spec("distributed") is None:
        raise MissingExtraError("distributed", "hpc", "a Dask scheduler")
    from entrox.design.dask_executor import connected

    with connected(scheduler, f"the Dask scheduler at {scheduler}", timeout_s=SCHEDULER_TIMEOUT_S) as executor:
        yield executor
