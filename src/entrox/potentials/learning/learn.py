"""The learning loop: label, train a committee, explore with it, choose what it does not know, label that, and again.

Every stage ends in the journal. A loop that was killed at any moment goes on from there and comes to the same labels as
one that was not, since each draw belongs to a piece of work and not to a process.
Units: eV, eV/angstrom, K, ps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from entrox.core import InputError
from entrox.potentials.learning.convergence import ConvergenceRule, convergence_reasons
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_lease import beating
from entrox.potentials.learning.learn_choose import choose_explored, choose_start
from entrox.potentials.learning.learn_honesty import honesty_of
from entrox.potentials.learning.learn_loop import CHOSEN, FINISHED, Loop, TimeOverError
from entrox.potentials.learning.learn_parts import LearningParts, build_parts
from entrox.potentials.learning.learn_result import GenerationReport, LearnResult
from entrox.potentials.learning.learn_settings import LearnSettings
from entrox.potentials.learning.learn_train import (
    judge_models_before,
    label_generation,
    report_generation,
    train_generation,
)
from entrox.potentials.learning.start_frames import build_cells

__all__ = ["JOURNAL", "learn"]

JOURNAL = "journal.sqlite"

Progress = Callable[[str, int, int], None]


def learn(
    settings: LearnSettings,
    folder: Path,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    parts: LearningParts | None = None,
    trust_model: bool = False,
) -> LearnResult:
    """Run a learning loop in a folder, or go on with the one that is there.

    Parameters
    ----------
    settings
        Recipe.
    folder
        Takes ``journal.sqlite``, ``models/`` and ``runs/``. With an executor of several machines, all must see it.
    executor
        Where labels, trainings and runs are made; one after the other in a thread if None. Numbers do not depend on it.
    progress
        Called with the name of a stage, what is done and all of it.
    parts
        Teacher, student and engine; those of the recipe if None.
    trust_model
        Load a model file of unknown origin as the teacher.

    Returns
    -------
    LearnResult
        Converged or with the reasons why not; a loop that ran out of time returns what it has.

    Raises
    ------
    InputError
        If the folder holds a loop of other settings or another teacher, or another process works on it.
    EngineError
        If no label of a generation succeeds (with the first three reasons), or a training or an engine fails.
    MissingExtraError
        If a package for the teacher, the student or the engine is not installed.
    """
    cells = build_cells(settings.compositions, settings.seed)
    parts = build_parts(settings, cells, trust_model=trust_model) if parts is None else parts
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder / JOURNAL) as journal:
        freed = journal.take_over()
        _check_settings(journal, settings, parts)
        if freed:
            journal.add_event(f"{freed} labels of a dead process wait again")
        own = ThreadPoolExecutor(1) if executor is None else nullcontext(executor)
        with beating(journal.path, journal.owner, journal.lease_s), own as runner:
            loop = Loop(settings, folder, journal, parts, cells, runner, progress)
            return _run(loop)


def _check_settings(journal: Journal, settings: LearnSettings, parts: LearningParts) -> None:
    """Keep what the numbers depend on, or raise if the journal was started with something else."""
    asked = {
        **settings.numbers(),
        "teacher fingerprint": parts.teacher.fingerprint(),
        "student fingerprints": [parts.student.fingerprint(), parts.warm_student.fingerprint()],
    }
    with journal.transaction():
        for name, value in asked.items():
            before = journal.setting(name)
            if before is None:
                journal.keep_setting(name, value)
            elif before != value:
                raise InputError(
                    f"the loop in {journal.path.parent} was started with another {name}: it was {before!r} and is "
                    f"{value!r}. Labels and models of both are never mixed: give another folder."
                )


def _run(loop: Loop) -> LearnResult:
    reports: list[GenerationReport] = []
    stopped = ""
    reasons: tuple[str, ...] = ()
    try:
        for generation in range(loop.settings.stop.generations + 1):
            reports.append(_run_generation(loop, generation, reports))
            reasons = _reasons(loop, reports)
            if generation > 0 and not reasons:
                break
    except TimeOverError as stop:
        stopped = str(stop)
    return LearnResult(
        title=loop.settings.title,
        folder=loop.folder,
        teacher=loop.parts.teacher.name,
        student=loop.parts.student.name,
        sigma_low_ev_per_angstrom=loop.settings.trust.sigma_low_ev_per_angstrom,
        generations=tuple(reports),
        models=loop.models(reports[-1].generation) if reports else (),
        quarantined=loop.quarantined(),
        converged=not (reasons or stopped),
        reasons=(*([stopped] if stopped else []), *reasons),
        warnings=(*loop.remarks(reports), *honesty_of(loop.settings, loop.cells)),
    )


def _run_generation(loop: Loop, number: int, before: Sequence[GenerationReport]) -> GenerationReport:
    """Bring a generation to its end from wherever the journal stands, and return its report."""
    finished = loop.journal.stage(number, FINISHED)
    if finished is not None:
        return GenerationReport.from_dict(finished)
    chosen = loop.journal.stage(number, CHOSEN)
    if chosen is None:
        chosen = choose_explored(loop, number, before) if number else choose_start(loop)
    label_generation(loop, number)
    calibration, rmse_before = judge_models_before(loop, number)
    models = train_generation(loop, number)
    report = report_generation(loop, number, chosen, calibration, rmse_before, models)
    with loop.journal.transaction():
        loop.journal.finish_stage(number, FINISHED, report.to_dict())
        loop.journal.add_event("finished", number)
    return report


def _reasons(loop: Loop, reports: list[GenerationReport]) -> tuple[str, ...]:
    explored = [report.evidence(loop.longest_ps) for report in reports if report.generation > 0]
    return convergence_reasons(explored, ConvergenceRule())
