"""Labels of many structures by one teacher, side by side, with time limits and repeated attempts. Times in s."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from entrox.core import check_integer, check_positive
from entrox.potentials.label import Label
from entrox.potentials.teachers.teacher import LABEL_TIMEOUT_S, CalculatorTeacher, Teacher

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["RETRIES", "label_many", "label_one"]

RETRIES = 2
WAITING_PER_WORKER = 2
"""Structures handed over ahead for each worker: none idles, and few are lost when it stops."""


def label_one(teacher: Teacher, atoms: Atoms, timeout_s: float = LABEL_TIMEOUT_S, retries: int = RETRIES) -> Label:
    """Label one structure; a module-level function of plain data, for any executor.

    Parameters
    ----------
    teacher
        Who labels; one around a calculator keeps its process for the next call in this process.
    atoms
        Structure; it is not changed.
    timeout_s
        Longest time of one attempt.
    retries
        How often a failed label is tried again.

    Returns
    -------
    Label
        ``provenance["attempts"]`` counts the attempts; the times are those of all.
    """
    return _labeled(teacher, atoms, timeout_s, retries, _never)


def _never() -> bool:
    return False


def _labeled(teacher: Teacher, atoms: Atoms, timeout_s: float, retries: int, stopped: Callable[[], bool]) -> Label:
    cpu_s, wall_s, attempts = 0.0, 0.0, 0
    while True:
        label = teacher.label(atoms, timeout_s)
        cpu_s, wall_s, attempts = cpu_s + label.cpu_s, wall_s + label.wall_s, attempts + 1
        if label.state != "failed" or attempts > retries or stopped():
            provenance = {**label.provenance, "attempts": attempts}
            return replace(label, cpu_s=cpu_s, wall_s=wall_s, provenance=provenance)


def label_many(
    teacher: Teacher,
    frames: Iterable[Atoms],
    *,
    workers: int = 1,
    executor: Executor | None = None,
    timeout_s: float = LABEL_TIMEOUT_S,
    retries: int = RETRIES,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, Label]]:
    """Label structures and yield each label with the number of its structure, as they come.

    Parameters
    ----------
    teacher
        Who labels.
    frames
        Structures, taken as they are needed.
    workers
        Processes of the teacher side by side.
    executor
        Where the work runs instead, such as processes or a cluster; each of its workers keeps a process of the teacher.
    timeout_s
        Longest time of one attempt; the process is then ended.
    retries
        How often a failed label is tried again.
    progress
        Called with the number of labels so far.

    Notes
    -----
    The labels do not depend on the number of workers, only their order does. A structure that fails every time gives a
    label with the state ``failed`` and its reason; it stops nothing. Without an executor the processes end with the
    iterator.
    """
    check_integer(workers, "workers", low=1)
    check_integer(retries, "retries", low=0)
    check_positive(timeout_s, "timeout_s", "s")
    if executor is not None:
        limit = WAITING_PER_WORKER * max(workers, int(getattr(executor, "_max_workers", None) or workers))
        yield from _in_flight(
            lambda atoms: executor.submit(label_one, teacher, atoms, timeout_s, retries), limit, frames, progress
        )
        return
    threads, stop = ThreadPoolExecutor(workers, thread_name_prefix="label"), threading.Event()
    try:
        yield from _in_flight(
            lambda atoms: threads.submit(_labeled, teacher, atoms, timeout_s, retries, stop.is_set),
            WAITING_PER_WORKER * workers, frames, progress,
        )  # fmt: skip
    finally:
        stop.set()
        threads.shutdown(wait=False, cancel_futures=True)
        if isinstance(teacher, CalculatorTeacher):
            teacher.end()
        threads.shutdown(wait=True)


def _in_flight(
    submit: Callable[[Atoms], Future[Label]],
    limit: int,
    frames: Iterable[Atoms],
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[int, Label]]:
    """Keep a bounded number of structures at work, and yield labels as they come."""
    numbered, count, more = enumerate(frames), 0, True
    running: dict[Future[Label], int] = {}
    try:
        while more or running:
            while more and len(running) < limit:
                number, atoms = next(numbered, (-1, None))
                more = atoms is not None
                if atoms is not None:
                    running[submit(atoms)] = number
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                number = running.pop(future)
                label, count = future.result(), count + 1
                if progress is not None:
                    progress(count)
                yield number, label
    finally:
        for future in running:
            future.cancel()
