"""Labels of many structures that survive interruption: each result is kept in a journal before the next is asked for.

Units: eV, eV/angstrom, s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import Result, check_integer, check_positive, quantity
from entrox.potentials.label import LabeledFrame
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_lease import beating
from entrox.potentials.learning.journal_rows import NewFrame
from entrox.potentials.learning.label_queue import label_queued
from entrox.potentials.learning.learned_data import labeled_frame
from entrox.potentials.teachers.labeling import RETRIES
from entrox.potentials.teachers.teacher import LABEL_TIMEOUT_S, CalculatorTeacher, Teacher

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LabelProblem", "LabelingResult", "label_frames"]


@dataclass(frozen=True)
class LabelProblem:
    """A structure whose label is not done: its number in the journal, from 1 on, the state of the label, the reason."""

    structure: int
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LabelingResult(Result):
    """What came out of the labels of some structures; structures that are the same count once."""

    teacher: str
    n: int = quantity("1", "structures")
    done: int = quantity("1", "labels that are done")
    unconverged: int = quantity("1", "labels whose self-consistent field did not converge")
    failed: int = quantity("1", "labels that failed and may be tried again")
    quarantined: int = quantity("1", "labels that failed every time")
    cpu_s_per_label: float | None = quantity("s", "processor time of a label that is done")
    problems: tuple[LabelProblem, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Different reasons of labels that are not done, in their order."""
        return tuple(dict.fromkeys(problem.reason for problem in self.problems))


def label_frames(
    teacher: Teacher,
    frames: Iterable[tuple[Atoms, str]],
    journal_file: Path,
    *,
    workers: int = 1,
    timeout_s: float = LABEL_TIMEOUT_S,
    retries: int = RETRIES,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[LabelingResult, list[LabeledFrame]]:
    """Label structures, going on where an earlier call with the same journal stopped.

    Parameters
    ----------
    teacher
        Who labels.
    frames
        Structures, each with the name of the group that it belongs to.
    journal_file
        SQLite file, made if it is absent. A label that is done there is not asked for again.
    workers, timeout_s, retries
        As for :func:`~entrox.potentials.teachers.labeling.label_many`.
    progress
        Called with the numbers of labels that are settled and of all.

    Returns
    -------
    result, labeled
        What came out, and the structures whose labels are done, with the teacher as their source.
    """
    check_integer(workers, "workers", low=1)
    check_positive(timeout_s, "timeout_s", "s")
    fingerprint = teacher.fingerprint()
    with Journal(journal_file) as journal:
        journal.take_over()
        asked = [
            NewFrame(atoms=atoms, composition=atoms.get_chemical_formula(), role="training", parent=group)
            for atoms, group in frames
        ]
        journal.add_frames(asked, 0, fingerprint)
        count = None if progress is None else _counting(journal, fingerprint, progress)
        threads = ThreadPoolExecutor(workers, thread_name_prefix="label")
        try:
            with beating(journal_file, journal.owner, journal.lease_s):
                label_queued(
                    journal, teacher, fingerprint, threads, timeout_s=timeout_s, retries=retries, on_label=count
                )  # fmt: skip
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            if isinstance(teacher, CalculatorTeacher):
                teacher.end()
            threads.shutdown(wait=True)
        return _result(journal, teacher.name, fingerprint), [
            labeled_frame(item, teacher.name) for item in journal.labels(fingerprint)
        ]


def _counting(journal: Journal, fingerprint: str, progress: Callable[[int, int], None]) -> Callable[[], None]:
    def count() -> None:
        counts = journal.label_counts(fingerprint)
        waiting = counts["queued"] + counts["running"] + counts["failed"]
        progress(sum(counts.values()) - waiting, sum(counts.values()))

    return count


def _result(journal: Journal, name: str, fingerprint: str) -> LabelingResult:
    counts = journal.label_counts(fingerprint)
    done = journal.labels(fingerprint)
    return LabelingResult(
        teacher=name,
        n=sum(counts.values()),
        done=counts["done"],
        unconverged=counts["unconverged"],
        failed=counts["failed"],
        quarantined=counts["quarantined"],
        cpu_s_per_label=sum(entry.label.cpu_s for entry in done) / len(done) if done else None,
        problems=tuple(LabelProblem(*found) for found in journal.failures(fingerprint)),
    )
