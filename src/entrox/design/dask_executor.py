"""A Dask scheduler as an executor on which no call stays silent when the scheduler, the workers or the batch jobs die.

Dask itself cancels what waits when the connection is closed, waits for ever for a scheduler that is frozen, and says
nothing about jobs that a batch system refused. Here a thread looks once a second, and every open call then ends with
one clear error.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from entrox.core.errors import EngineError

__all__ = ["DaskExecutor", "WorkerKilledError", "connected"]

P = ParamSpec("P")
T = TypeVar("T")

LOOK_EVERY_S = 1.0
ANSWER_TIMEOUT_S = 10.0
SILENCE_LIMIT_S = 60.0
"""A scheduler that says nothing for so long is given up."""
CLOSE_TIMEOUT_S = 5.0
_LOGGERS = ("distributed", "distributed.client", "distributed.deploy", "distributed.scheduler")
_RESUME = "Finished work is kept; start a scheduler and workers, and run again with --resume."
_SAME_ENVIRONMENT = (
    "Install what this process has where the workers run, the same versions, restart them, and run again with --resume."
)


class WorkerKilledError(EngineError):
    """Several workers died, one after the other, while they computed the same call."""


class DaskExecutor(Executor):
    """Runs calls on the workers of a Dask scheduler.

    Parameters
    ----------
    client
        A connected ``distributed.Client``; it stays open at the end.
    name
        What messages call the scheduler.
    trouble
        Returns why no worker will come, such as a batch system that refused the jobs, or an empty text.
    """

    def __init__(self, client: Any, name: str, trouble: Callable[[], str] = str) -> None:
        self._client, self._name, self._trouble = client, name, trouble
        self._calls: Executor = client.get_executor(pure=False)
        self._open: set[Future[Any]] = set()
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._lost: EngineError | None = None
        self._processors = int(sum(client.ncores().values()))
        self._watch = threading.Thread(target=self._look, name="entrox-dask-watch", daemon=True)
        self._watch.start()

    @property
    def processors(self) -> int:
        """Number of processors of the workers that were connected a moment ago."""
        return self._processors

    @property
    def remark(self) -> str:
        """Why nothing moves, or an empty text."""
        if self._processors:
            return ""
        return f"waiting for workers: none is connected to {self._name}"

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand the call to the scheduler.

        The future raises :class:`EngineError` if the scheduler is lost or a worker cannot import what it needs, and
        :class:`WorkerKilledError` if worker after worker dies of the call.
        """
        if self._closed.is_set():
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[T] = Future()
        with self._lock:
            lost = self._lost
            self._open.add(future)
        future.add_done_callback(self._forget)
        if lost is not None:
            self._end(future, lost)
            return future
        try:
            call = self._calls.submit(_unpacked_and_called, _packed(fn, args, kwargs))
        except Exception as error:
            if self._client.status == "running":  # a call that cannot be sent, not a scheduler that is gone
                self._forget(future)
                raise
            self._end(future, self._gone(error))
            return future
        future.add_done_callback(functools.partial(_cancel_with, call))
        call.add_done_callback(functools.partial(self._finish, future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; cancel those that are open, or wait for them."""
        with self._lock:
            open_calls = list(self._open)
        if cancel_futures or not wait:
            for future in open_calls:
                future.cancel()
        else:
            futures.wait(open_calls)  # the watch goes on: a scheduler may be lost now as well
        self._closed.set()
        self._watch.join(timeout=LOOK_EVERY_S)

    def _finish(self, future: Future[Any], call: Future[Any]) -> None:
        """Give ``future`` what became of ``call``."""
        if call.cancelled():
            self._end(future, self._gone())
            return
        if (error := call.exception()) is not None:
            self._end(future, _named(error))
            return
        obstacle, result = call.result()
        if obstacle:
            self._end(future, EngineError(f"{obstacle}. {_SAME_ENVIRONMENT}"))
            return
        with contextlib.suppress(InvalidStateError):
            future.set_result(result)

    def _end(self, future: Future[Any], error: BaseException) -> None:
        with contextlib.suppress(InvalidStateError):  # it was cancelled, or the watch was faster
            future.set_exception(error)

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            self._open.discard(future)

    def _gone(self, error: BaseException | None = None) -> EngineError:
        reason = f" ({error})" if error is not None and str(error) else ""
        return EngineError(f"the connection to {self._name} was lost{reason}. {_RESUME}")

    def _look(self) -> None:
        answered = time.monotonic()
        while self._lost is None and not self._closed.wait(LOOK_EVERY_S):
            if not self._processors and (text := self._trouble()):
                self._give_up(EngineError(text))
            elif self._client.status != "running":
                self._give_up(self._gone())
            try:
                cores = self._client.sync(self._client.scheduler.ncores, callback_timeout=ANSWER_TIMEOUT_S)
            except Exception:  # whatever it is, it is no answer
                if time.monotonic() - answered > SILENCE_LIMIT_S:
                    self._give_up(EngineError(f"{self._name} does not answer. {_RESUME}"))
            else:
                answered, self._processors = time.monotonic(), sum(cores.values())

    def _give_up(self, error: EngineError) -> None:
        with self._lock:
            self._lost = error
            open_calls = list(self._open)
        for future in open_calls:
            self._end(future, error)


def _cancel_with(call: Future[Any], future: Future[Any]) -> None:
    """Cancel at the scheduler what was cancelled here."""
    if future.cancelled():
        with contextlib.suppress(Exception):  # a scheduler that is gone has cancelled it already
            call.cancel()


def _packed(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    cloudpickle: Any = importlib.import_module("cloudpickle")  # untyped package, comes with Dask
    return bytes(cloudpickle.dumps((fn, args, kwargs)))


def _unpacked_and_called(packed: bytes) -> tuple[str, Any]:
    """Call in the worker what was packed; return why it cannot be unpacked there, or an empty text and the result.

    Dask would unpack it in the event loop of the scheduler and of the worker, and where a package is missing the
    worker ends without a word.
    """
    import pickle
    import socket

    try:
        fn, args, kwargs = pickle.loads(packed)
    except Exception as error:
        where = socket.gethostname()
        return f"the worker on {where} cannot load what it shall compute ({type(error).__name__}: {error})", None
    return "", fn(*args, **kwargs)


_unpacked_and_called.__module__ = "__main__"  # sent with its code, so that it needs no entrox there


def _named(error: BaseException) -> BaseException:
    """Return an error of Dask or of a worker's environment as one of ours; all others as they are."""
    from distributed.scheduler import KilledWorker, NoValidWorkerError

    if isinstance(error, KilledWorker):
        return WorkerKilledError(
            f"{error.allowed_failures + 1} workers died while they computed the same call, the last of them "
            f"{error.last_worker.address}, perhaps for lack of memory."
        )
    if isinstance(error, NoValidWorkerError):
        return EngineError(f"no worker took the call: {error}")
    if isinstance(error, ModuleNotFoundError):
        return EngineError(f"a worker cannot import {error.name}. {_SAME_ENVIRONMENT}")
    return error


@contextmanager
def connected(address: Any, name: str, *, timeout_s: float, trouble: Callable[[], str] = str) -> Iterator[DaskExecutor]:
    """Connect to a scheduler; at the end wait for what is open, after an error or an interrupt cancel it.

    Parameters
    ----------
    address
        Address of the scheduler, or a cluster of Dask.
    name
        What messages call it.
    timeout_s
        How long to wait for it [s].
    trouble
        As in :class:`DaskExecutor`.

    Raises
    ------
    EngineError
        If it does not answer.
    """
    import distributed

    with _without_its_log():
        connect: Any = distributed.Client  # untyped package
        try:
            client = connect(address, timeout=timeout_s, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EngineError(
                f"{name} does not answer ({error}). Start one with `dask scheduler`, or leave out --scheduler."
            ) from error
        try:
            executor = DaskExecutor(client, name, trouble)
            try:
                yield executor
            except BaseException:
                executor.shutdown(cancel_futures=True)
                raise
            executor.shutdown()
        finally:
            with contextlib.suppress(Exception):  # closing what is gone
                client.close(timeout=CLOSE_TIMEOUT_S)


@contextmanager
def _without_its_log() -> Iterator[None]:
    """Keep what Dask logs about a lost scheduler off the terminal: our error says it once."""
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in _LOGGERS]
    for logger, _ in before:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
