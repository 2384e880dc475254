"""The labels that wait in a journal, worked off by an executor; each answer is committed as it comes. Times in s."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TYPE_CHECKING

from entrox.core import EngineError
from entrox.potentials.label import Label
from entrox.potentials.learning.journal import Journal

if TYPE_CHECKING:
    from entrox.potentials.teachers.teacher import Teacher

__all__ = ["check_some_succeeded", "label_queued"]

IN_FLIGHT = 64
"""Labels that are handed to the executor at a time: more than any machine has workers, few enough to stop soon."""
FEWEST_LABELS = 3
SHOWN_REASONS = 3


def label_queued(
    journal: Journal,
    teacher: Teacher,
    fingerprint: str,
    executor: Executor,
    *,
    timeout_s: float,
    retries: int,
    on_label: Callable[[], None] | None = None,
) -> None:
    """Label everything that waits; frames that fail to the end are quarantined and stop nothing.

    Parameters
    ----------
    journal
        Journal that this process has taken over.
    teacher, fingerprint
        Teacher, and the fingerprint under which the labels are queued.
    executor
        Where the teacher is asked.
    timeout_s, retries
        Time limit of a label, and how often a failed one is tried again.
    on_label
        Called after each committed label; an exception of it ends the work, with what is committed kept.
    """
    pending: dict[Future[Label], int] = {}
    try:
        while True:
            for frame in journal.take_labels(fingerprint, IN_FLIGHT - len(pending)):
                pending[executor.submit(teacher.label, frame.atoms, timeout_s)] = frame.number
            if not pending:
                return
            wait(pending, return_when=FIRST_COMPLETED)
            # those that are done and not yet committed stay in ``pending``, so that no way out forgets them
            for future in [future for future in pending if future.done()]:
                journal.commit_label(pending[future], fingerprint, future.result(), retries=retries)
                del pending[future]
                if on_label is not None:
                    on_label()
    finally:
        _keep_paid(journal, fingerprint, pending, retries)


def _keep_paid(journal: Journal, fingerprint: str, pending: dict[Future[Label], int], retries: int) -> None:
    """Give back what has not begun, wait for what has, and commit it: it is paid.

    A failed label is not counted as an attempt here, for its process may have been ended with this one.
    """
    begun = [future for future in pending if not future.cancel()]
    wait(begun)
    for future in begun:
        if future.exception() is None and (label := future.result()).state != "failed":
            journal.commit_label(pending[future], fingerprint, label, retries=retries)


def check_some_succeeded(journal: Journal, fingerprint: str, generation: int) -> None:
    """Raise EngineError, with the first three reasons, if a generation has labels and none of them is done.

    After the start, one or two failed labels alone stop nothing: they say little about the teacher.
    """
    counts = journal.label_counts(fingerprint, generation)
    total = sum(counts.values())
    if counts["done"] or total == 0 or (generation > 0 and total < FEWEST_LABELS):
        return
    reasons = list(dict.fromkeys(reason for _, _, reason in journal.failures(fingerprint, generation)))[:SHOWN_REASONS]
    shown = "\n".join(f"  {number}. {reason}" for number, reason in enumerate(reasons, start=1))
    raise EngineError(
        f"none of the {total} labels of generation {generation} succeeded, so that there is nothing to learn from. "
        f"First reasons:\n{shown}\nMend the teacher and start in another folder; the frames stay listed in "
        f"{journal.path}."
    )
