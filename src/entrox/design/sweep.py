"""A sweep: compositions x measures -> executor -> store. What the store has already is not computed again."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrox.core.errors import EngineError, EntroxError
from entrox.design.batch import Outcome, evaluate_batch
from entrox.design.dask_executor import WorkerKilledError
from entrox.design.executors import SerialExecutor, in_flight_limit, remark_of
from entrox.design.identity import IdentifiedPoint, point_key, row_key
from entrox.design.measures import MeasureRequest
from entrox.design.store import Store, StoredRow
from entrox.design.worker_code import code_here

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Progress", "SweepRows", "run_sweep"]

LARGEST_BATCH = 256
BATCHES_PER_SLOT = 4
BATCH_BUDGET_S = 1.0
"""A worker hands back what it has after this time, so that little is lost when the run is killed."""
LOOK_AGAIN_S = 2.0
"""How often a sweep looks whether workers have come or gone while nothing is finished."""
MOST_DEADLY = 3
"""After so many points that kill their workers, the workers are taken to be ill, not the points."""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Parameters
    ----------
    done, total
        Evaluations finished, including those found in the store, and all of them.
    restored
        Evaluations found in the store.
    rate
        Evaluations computed per second since the start; 0 before the first.
    remaining_s
        Expected time to the end [s]; None before the first.
    remark
        Why nothing moves, such as a cluster without workers; else empty.
    """

    done: int
    total: int
    restored: int
    rate: float
    remaining_s: float | None
    remark: str = ""


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class SweepRows:
    """Rows of a sweep: one mapping measure name -> row per composition, in the order of the compositions."""

    points: tuple[Mapping[str, StoredRow], ...]
    computed: int
    restored: int


@dataclass(frozen=True)
class _Task:
    key: str
    composition: Composition | IdentifiedPoint
    identity: str
    request: int


def run_sweep(
    compositions: Sequence[Composition | IdentifiedPoint],
    requests: Sequence[MeasureRequest],
    store: Store,
    *,
    seed: int = 1,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> SweepRows:
    """Evaluate every measure at every composition, computing only what the store lacks.

    Parameters
    ----------
    compositions
        Points of the sweep, compositions or points that name themselves; equal ones are computed once.
    requests
        Measures with their settings, from :func:`request_measures`.
    store
        Where the rows go, batch by batch.
    seed
        Seed of all random numbers, >= 0; the stream of a point follows from the seed, its composition and the measure.
    executor
        Where the work runs; this process, if not given.
    progress
        Called at the start and after every batch.

    Raises
    ------
    EngineError
        If the disk is full, the database or the scheduler is gone, a worker process died, or a worker has other code
        than this process. Finished rows are kept, as on an interrupt.
    MissingExtraError
        If a worker lacks a package that a measure needs.

    Notes
    -----
    A measure that raises an error of entrox gives a row with the error as warning and None values; any other
    exception is a defect and passes through.
    """
    tasks, points = _plan(compositions, requests, seed)
    restored = store.existing(tasks)
    missing = [task for key, task in tasks.items() if key not in restored]
    meter = _Meter(len(tasks), len(restored), progress)
    if missing:
        _Computation(missing, requests, store, seed, executor or SerialExecutor(), meter).run()
    rows = store.get(tasks)
    if lost := [key for key in tasks if key not in rows]:
        raise EngineError(
            f"{len(lost)} rows are no longer in the store {store.location}, though they were written: was it deleted, "
            "or its database restored from an older copy? Run again with --resume."
        )
    found = tuple({name: rows[key] for name, key in point.items()} for point in points)
    return SweepRows(found, computed=len(missing), restored=len(restored))


def _plan(
    compositions: Sequence[Composition | IdentifiedPoint], requests: Sequence[MeasureRequest], seed: int
) -> tuple[dict[str, _Task], list[dict[str, str]]]:
    """Return the different tasks by row key, and for every composition the row key of each measure."""
    tasks: dict[str, _Task] = {}
    points: list[dict[str, str]] = []
    settings = [request.settings_text for request in requests]
    for composition in compositions:
        identity = point_key(composition)
        point = {}
        for index, request in enumerate(requests):
            name = request.measure.name
            # two families may reach one composition at different x, where numbers given along x differ
            place = f"{identity} x={composition.x!r}" if request.measure.needs_x else identity  # type: ignore[union-attr]
            key = row_key(place, name, settings[index], seed, request.version)
            tasks.setdefault(key, _Task(key, composition, identity, index))
            point[name] = key
        points.append(point)
    return tasks, points


class _Meter:
    """Counts finished evaluations and tells the callback."""

    def __init__(self, total: int, restored: int, progress: ProgressCallback | None) -> None:
        self.total, self.restored, self.computed = total, restored, 0
        self.progress, self.start, self.remark = progress, time.perf_counter(), ""
        self.add(0)

    def note(self, remark: str) -> None:
        """Say why nothing moves, once, and once that it moves again."""
        if remark != self.remark:
            self.remark = remark
            self.add(0)

    def add(self, count: int) -> None:
        self.computed += count
        if self.progress is None:
            return
        done = self.computed + self.restored
        elapsed = time.perf_counter() - self.start
        rate = self.computed / elapsed if self.computed and elapsed > 0 else 0.0
        remaining = (self.total - done) / rate if rate else (0.0 if done == self.total else None)
        self.progress(Progress(done, self.total, self.restored, rate, remaining, self.remark))


class _Computation:
    """Hands the missing tasks to the executor in batches, and what comes back to the store."""

    def __init__(
        self,
        missing: Sequence[_Task],
        requests: Sequence[MeasureRequest],
        store: Store,
        seed: int,
        executor: Executor,
        meter: _Meter,
    ) -> None:
        self.total, self.requests, self.store, self.seed = len(missing), requests, store, seed
        self.executor, self.meter = executor, meter
        self.work = tuple((request.measure, request.settings, code_here(request.measure)) for request in requests)
        self.queue, self.suspects, self.deadly = deque(missing), deque[_Task](), list[_Task]()
        self.pending: dict[Future[list[Outcome]], list[_Task]] = {}
        self.ready: list[StoredRow] = []
        self.alone = False
        """Whether nothing but suspects is left, and each is computed alone."""

    def run(self) -> None:
        """Compute until nothing is left; after an error keep what is finished."""
        try:
            while self.queue or self.suspects or self.pending:
                self.submit()
                done = wait(self.pending, timeout=LOOK_AGAIN_S, return_when=FIRST_COMPLETED).done
                self.meter.note(remark_of(self.executor))
                for future in done:
                    self.take(future, self.pending.pop(future))
                self.store.insert(self.ready)
                self.meter.add(len(self.ready))
                self.ready.clear()
        except BaseException as error:
            self.rescue()
            if isinstance(error, BrokenExecutor):
                raise EngineError(
                    f"a worker process died ({error}), perhaps for lack of memory. Finished rows are kept; "
                    "run again with --resume and fewer --workers."
                ) from error
            raise
        if self.deadly:
            raise EngineError(self._deadly_text())

    def submit(self) -> None:
        """Keep the executor busy: as many batches as it has use for now; at the end the suspects, one by one."""
        slots = in_flight_limit(self.executor)
        size = max(1, min(LARGEST_BATCH, -(-self.total // (BATCHES_PER_SLOT * slots))))
        while self.queue and len(self.pending) < slots:
            self._hand_over([self.queue.popleft() for _ in range(min(size, len(self.queue)))])
        if self.suspects and not self.pending:
            self.alone = True
            self._hand_over([self.suspects.popleft()])

    def _hand_over(self, batch: list[_Task]) -> None:
        jobs = [(task.composition, task.identity, task.request) for task in batch]
        self.pending[self.executor.submit(evaluate_batch, self.seed, self.work, jobs, BATCH_BUDGET_S)] = batch

    def take(self, future: Future[list[Outcome]], batch: list[_Task]) -> None:
        """Take the rows of a finished batch; what it had no time for goes back to the head of the queue."""
        try:
            outcomes = future.result()
        except WorkerKilledError:
            self._suspect(batch)
            return
        self._add(outcomes, batch)
        self.queue.extendleft(reversed(batch[len(outcomes) :]))

    def _add(self, outcomes: Sequence[Outcome], batch: Sequence[_Task]) -> None:
        self.ready += [
            _row(task, self.requests[task.request], self.seed, outcome)
            for task, outcome in zip(batch, outcomes, strict=False)
        ]

    def _suspect(self, batch: Sequence[_Task]) -> None:
        """Put the tasks aside whose workers died: some were only beside the one that did it. One alone is guilty."""
        if not self.alone:
            self.suspects.extend(batch)
            return
        self.deadly += batch
        if len(self.deadly) >= MOST_DEADLY:
            raise EngineError(self._deadly_text())

    def _deadly_text(self) -> str:
        names = ", ".join(f"{self.requests[task.request].measure.name} of {_formula(task)}" for task in self.deadly)
        return (
            f"worker after worker died while it computed {names}, perhaps for lack of memory: give each worker more, "
            "or fewer at a time. All other finished rows are kept; run again with --resume."
        )

    def rescue(self) -> None:
        """Cancel what has not started and keep what is finished; a store that fails here has failed before."""
        for future in self.pending:
            future.cancel()
        for future, batch in self.pending.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._add(future.result(), batch)
        with contextlib.suppress(EntroxError):
            self.store.insert(self.ready)


def _formula(task: _Task) -> str:
    return task.composition.formula


def _row(task: _Task, request: MeasureRequest, seed: int, outcome: Outcome) -> StoredRow:
    status, values, warnings = outcome
    name, text = request.measure.name, request.settings_text
    return StoredRow(task.key, _formula(task), name, text, str(seed), request.version, status, values, warnings)
