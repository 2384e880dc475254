"""The later stages of a generation: label, judge the models before on the new labels, train, report.

Units: eV/angstrom.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from entrox.core import generator
from entrox.potentials.learning.label_queue import check_some_succeeded, label_queued
from entrox.potentials.learning.learn_loop import TRAINED, Loop
from entrox.potentials.learning.learn_result import GenerationReport
from entrox.potentials.learning.learned_data import labeled_frame
from entrox.potentials.student import Model
from entrox.potentials.validation.calibrate import Calibration, calibrate
from entrox.potentials.validation.committee_errors import (
    committee_force_rmse,
    deviation_and_error,
    root_mean_square_force,
)

__all__ = ["judge_models_before", "label_generation", "report_generation", "train_generation"]

TRAINING_KEY = 6
"""First number of the random stream of the models' seeds."""
LARGEST_SEED = 2**31 - 1


def label_generation(loop: Loop, number: int) -> None:
    """Label what the generation has queued; EngineError if none of it succeeds."""
    teacher = loop.settings.teacher

    def count() -> None:
        counts = loop.journal.label_counts(loop.fingerprint, number)
        waiting = counts["queued"] + counts["running"] + counts["failed"]
        loop.advance("labels", sum(counts.values()) - waiting, sum(counts.values()))

    count()
    label_queued(
        loop.journal, loop.parts.teacher, loop.fingerprint, loop.executor, timeout_s=teacher.timeout_s,
        retries=teacher.retries, on_label=count,
    )  # fmt: skip
    check_some_succeeded(loop.journal, loop.fingerprint, number)


def judge_models_before(loop: Loop, number: int) -> tuple[Calibration, float | None]:
    """Calibrate the deviation on the new labels, and give the error of the held-out forces, before training."""
    levels = loop.levels(number)
    if number == 0:
        return calibrate([], [], levels), None
    labels = loop.journal.labels(loop.fingerprint)
    fresh = [item for item in labels if item.generation == number]
    held_out = [item for item in labels if item.frame.role == "held_out"]
    answers = loop.parts.student.evaluate(loop.models(number - 1), [item.frame.atoms for item in [*fresh, *held_out]])
    deviation, error = deviation_and_error(answers[: len(fresh)], [item.label for item in fresh])
    rmse = committee_force_rmse(answers[len(fresh) :], [item.label for item in held_out])
    return calibrate(deviation, error, levels), rmse


def train_generation(loop: Loop, number: int) -> tuple[Model, ...]:
    """Train on all labels, going on from the models before; without new labels those stay."""
    if loop.journal.stage(number, TRAINED) is not None:
        return loop.models(number)
    before = loop.models(number - 1) if number else ()
    labels = loop.journal.labels(loop.fingerprint, role="training")
    if number and not any(item.generation == number for item in labels):
        models = before
    else:
        loop.advance("training", 0, loop.settings.student.models)
        student = loop.parts.warm_student if number else loop.parts.student
        models = student.train(
            [labeled_frame(item, loop.parts.teacher.name) for item in labels],
            loop.folder / "models" / f"generation_{number:02d}", _model_seeds(loop), start_from=before,
            executor=loop.executor,
        )  # fmt: skip
    with loop.journal.transaction():
        for index, model in enumerate(models):
            path = model.path.relative_to(loop.folder).as_posix()
            record = {**dataclasses.asdict(model), "path": path}
            loop.journal.keep_model(number, index, path, model.sha256, record)
        loop.journal.finish_stage(number, TRAINED, {"n_training": len(labels)})
    return models


def _model_seeds(loop: Loop) -> list[int]:
    draws = generator(loop.settings.seed, TRAINING_KEY)
    return [int(seed) for seed in draws.choice(LARGEST_SEED, loop.settings.student.models, replace=False)]


def report_generation(
    loop: Loop, number: int, chosen: dict[str, Any], calibration: Calibration, rmse_before: float | None,
    models: Sequence[Model],
) -> GenerationReport:  # fmt: skip
    """Gather what is known of a generation, with the errors of its models on the held-out frames."""
    held_out = loop.journal.labels(loop.fingerprint, role="held_out")
    labels = [item.label for item in held_out]
    rmse = committee_force_rmse(loop.parts.student.evaluate(models, [item.frame.atoms for item in held_out]), labels)
    scale = root_mean_square_force(labels)
    counts = loop.journal.label_counts(loop.fingerprint, number)
    content = {**chosen, "calibration": calibration.to_dict()}
    cells = content["cells"]
    return GenerationReport.from_dict({
        **content,
        "generation": number,
        **{name: sum(cell[name] for cell in cells) for name in ("accurate", "candidate", "failed")},
        "sigma_high_ev_per_angstrom": loop.settings.trust.sigma_high(number),
        "labeled": counts["done"],
        "unlabeled": counts["unconverged"] + counts["quarantined"],
        "n_training": len(loop.journal.labels(loop.fingerprint, role="training")),
        "n_held_out": len(held_out),
        "force_rmse_ev_per_angstrom": rmse,
        "force_rmse_before_ev_per_angstrom": rmse_before,
        "relative_force_error": None if rmse is None or not scale else rmse / scale,
    })  # fmt: skip
