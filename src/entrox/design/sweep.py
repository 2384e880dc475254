"""A sweep: compositions x measures -> executor -> store. What the store has already is not computed again."""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from entrox.core.errors import EngineError, EntroxError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.random import generator
from entrox.design.executors import SerialExecutor, in_flight_limit
from entrox.design.identity import IdentifiedPoint, point_key, row_key, stream_key
from entrox.design.measures import MeasureRequest
from entrox.design.store import DONE, FAILED, Store, StoredRow, encode_values

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Progress", "SweepRows", "run_sweep"]

LARGEST_BATCH = 256
BATCHES_PER_SLOT = 4
BATCH_BUDGET_S = 1.0
"""A worker hands back what it has after this time, so that little is lost when the run is killed."""


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
    """

    done: int
    total: int
    restored: int
    rate: float
    remaining_s: float | None


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


Job = tuple["Composition | IdentifiedPoint", str, int]
Outcome = tuple[str, str, str]


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
        If the disk is full, or a worker process died. Finished rows are kept, as on an interrupt.

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
        _compute(missing, requests, store, seed, executor or SerialExecutor(), meter)
    rows = store.get(tasks)
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
            key = row_key(identity, name, settings[index], seed, request.version)
            tasks.setdefault(key, _Task(key, composition, identity, index))
            point[name] = key
        points.append(point)
    return tasks, points


class _Meter:
    """Counts finished evaluations and tells the callback."""

    def __init__(self, total: int, restored: int, progress: ProgressCallback | None) -> None:
        self.total, self.restored, self.computed = total, restored, 0
        self.progress, self.start = progress, time.perf_counter()
        self.add(0)

    def add(self, count: int) -> None:
        self.computed += count
        if self.progress is None:
            return
        done = self.computed + self.restored
        elapsed = time.perf_counter() - self.start
        rate = self.computed / elapsed if self.computed and elapsed > 0 else 0.0
        remaining = (self.total - done) / rate if rate else (0.0 if done == self.total else None)
        self.progress(Progress(done, self.total, self.restored, rate, remaining))


def _compute(
    missing: Sequence[_Task],
    requests: Sequence[MeasureRequest],
    store: Store,
    seed: int,
    executor: Executor,
    meter: _Meter,
) -> None:
    work = tuple((request.measure, request.settings) for request in requests)
    slots = in_flight_limit(executor)
    size = max(1, min(LARGEST_BATCH, -(-len(missing) // (BATCHES_PER_SLOT * slots))))
    queue, pending, ready = deque(missing), dict[Future[list[Outcome]], list[_Task]](), list[StoredRow]()
    try:
        while queue or pending:
            while queue and len(pending) < slots:
                batch = [queue.popleft() for _ in range(min(size, len(queue)))]
                jobs = [(task.composition, task.identity, task.request) for task in batch]
                pending[executor.submit(evaluate_batch, seed, work, jobs, BATCH_BUDGET_S)] = batch
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                rows, rest = _collect(future, pending.pop(future), requests, seed)
                ready += rows
                queue.extendleft(reversed(rest))
            store.insert(ready)
            meter.add(len(ready))
            ready.clear()
    except BaseException as error:
        _rescue(pending, ready, requests, store, seed)
        if isinstance(error, BrokenExecutor):
            raise EngineError(
                f"a worker process died ({error}), perhaps for lack of memory. Finished rows are kept; "
                "run again with --resume and fewer --workers."
            ) from error
        raise


def _collect(
    future: Future[list[Outcome]], batch: Sequence[_Task], requests: Sequence[MeasureRequest], seed: int
) -> tuple[list[StoredRow], Sequence[_Task]]:
    """Return the rows of a finished batch and the tasks that it had no time for."""
    outcomes = future.result()
    rows = [_row(task, requests[task.request], seed, out) for task, out in zip(batch, outcomes, strict=False)]
    return rows, batch[len(outcomes) :]


def _row(task: _Task, request: MeasureRequest, seed: int, outcome: Outcome) -> StoredRow:
    status, values, warnings = outcome
    name, text, formula = request.measure.name, request.settings_text, task.composition.formula
    return StoredRow(task.key, formula, name, text, str(seed), request.version, status, values, warnings)


def _rescue(
    pending: Mapping[Future[list[Outcome]], list[_Task]],
    ready: list[StoredRow],
    requests: Sequence[MeasureRequest],
    store: Store,
    seed: int,
) -> None:
    """Cancel what has not started and keep what is finished; a store that fails here has failed before."""
    for future in pending:
        future.cancel()
    for future, batch in pending.items():
        if future.done() and not future.cancelled() and future.exception() is None:
            ready += _collect(future, batch, requests, seed)[0]
    with contextlib.suppress(EntroxError):
        store.insert(ready)


def evaluate_batch(
    seed: int, work: Sequence[tuple[Measure, MeasureSettings]], jobs: Iterable[Job], budget_s: float
) -> list[Outcome]:
    """Evaluate jobs (composition, its key, index into ``work``) until done or out of time; at least one.

    Runs in the worker. Returns (status, values as JSON, warnings as JSON) of the jobs that were done, in order.
    """
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    for composition, identity, index in jobs:
        measure, settings = work[index]
        outcomes.append(_evaluate(measure, settings, composition, identity, seed))
        if time.perf_counter() - start > budget_s:
            break
    return outcomes


def _evaluate(
    measure: Measure,
    settings: MeasureSettings,
    composition: Composition | IdentifiedPoint,
    identity: str,
    seed: int,
) -> Outcome:
    names = [declared.name for declared in measure.quantities]
    rng = generator(seed, *stream_key(identity, measure.name))
    try:
        values: dict[str, Any] = dict(measure.evaluate(composition, settings, rng))
    except EntroxError as error:
        return FAILED, encode_values(dict.fromkeys(names)), json.dumps([f"{measure.name}: {error}"])
    warnings = [str(item) for item in values.pop("warnings", ())]
    if set(values) != set(names):
        raise TypeError(
            f"the measure {measure.name!r} must return exactly its quantities; "
            f"missing {sorted(set(names) - set(values))}, "
            f"not declared {sorted(set(values) - set(names))}"
        )
    return DONE, encode_values(values), json.dumps(warnings)
