"""A whole training: hold frames out, train a committee, measure its errors. Units: eV, eV/angstrom, meV/atom, s."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrox.core import Result, check_integer, generator, quantity
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.reference import EnergyReference
from entrox.potentials.datasets.split import SplitBy, split
from entrox.potentials.student import Model
from entrox.potentials.training.deepmd_student import record_training_errors
from entrox.potentials.training.model_file import LearningCurve, learning_curve, read_record
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import Progress, train_committee
from entrox.potentials.validation.validate import ValidationReport, validate

__all__ = ["TrainingResult", "model_seeds", "run_training"]

LARGEST_SEED = 2**31
LAPTOP_WARNING = (
    "networks and steps of this size end at 0.1 to 0.3 eV/angstrom in the forces; published models take 100,000 steps "
    "and more, and thousands of labels of density functional theory"
)
RANGE_WARNING = "the model sees no further than its cutoff: there is no explicit long-range dipole interaction"
ZEROS_WARNING = (
    "sources with different zeros of energy were aligned by their means: what one is hotter than another, as a whole, "
    "is lost from the energies; forces are not affected"
)
PUBLISHED_STEPS = 100_000


@dataclass(frozen=True, kw_only=True)
class TrainingResult(Result):
    """A trained committee with its learning curves and errors; ``held_out`` is None where nothing was held out."""

    models: tuple[Model, ...]
    curves: tuple[LearningCurve, ...]
    reference: EnergyReference | None
    sel: dict[str, int]
    held_out: ValidationReport | None
    n_training: int = quantity("1", "training frames")
    n_held_out: int = quantity("1", "frames held out")
    n_dropped: int = quantity("1", "frames that could not be used")
    compositions: tuple[str, ...]
    warnings: tuple[str, ...]


def model_seeds(seed: int, count: int) -> tuple[int, ...]:
    """Seeds of the models of a committee, each from the seed of the run and its own number."""
    check_integer(count, "count", low=1)
    return tuple(int(generator(seed, index).integers(LARGEST_SEED)) for index in range(count))


def run_training(
    dataset: Dataset,
    settings: TrainSettings,
    folder: Path,
    seed: int,
    *,
    n_models: int = 4,
    held_out: float | Dataset = 0.1,
    by: SplitBy = "trajectory",
    init_from: Sequence[Model] = (),
    per_source_reference: bool = False,
    executor: Executor | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> TrainingResult:
    """Hold frames out, train a committee on the others, and measure the errors on both.

    Parameters
    ----------
    dataset, settings
        Frames, and how to train.
    folder
        Takes the models; see :func:`~entrox.potentials.train_committee`.
    seed
        Seed of the split and of the models.
    n_models
        Size of the committee.
    held_out, by
        Share of the frames to hold out and in which units, as
        :func:`~entrox.potentials.datasets.split.split` has them; 0 for none, or a data set of its own.
    init_from, per_source_reference, executor, threads, progress
        As for :func:`~entrox.potentials.train_committee`.
    """
    training, held = _parted(dataset, held_out, by, seed)
    models = train_committee(
        training, settings, folder, model_seeds(seed, n_models), init_from=init_from,
        per_source_reference=per_source_reference, executor=executor, threads=threads, progress=progress,
    )  # fmt: skip
    models = record_training_errors(models, training, threads=threads)
    record = read_record(models[0].path)
    report = None if held is None else validate(models, held, threads=threads)
    return TrainingResult(
        models=models,
        curves=tuple(learning_curve(model) for model in models),
        reference=record.reference,
        sel=dict(record.sel),
        held_out=report,
        n_training=len(training),
        n_held_out=0 if held is None else len(held),
        n_dropped=dataset.n_dropped,
        compositions=training.compositions,
        warnings=_warnings(settings, dataset, by, report, record.reference),
    )


def _parted(dataset: Dataset, held_out: float | Dataset, by: SplitBy, seed: int) -> tuple[Dataset, Dataset | None]:
    if isinstance(held_out, Dataset):
        return dataset, held_out
    if held_out == 0:
        return dataset, None
    return split(dataset, held_out, by=by, rng=generator(seed))


def _warnings(
    settings: TrainSettings,
    dataset: Dataset,
    by: SplitBy,
    report: ValidationReport | None,
    reference: EnergyReference | None,
) -> tuple[str, ...]:
    found: list[Any] = [LAPTOP_WARNING] if settings.n_steps < PUBLISHED_STEPS else []
    found.append(RANGE_WARNING)
    if reference is not None and reference.common_source is None:
        found.append(ZEROS_WARNING)
    if report is None:
        found.append("no frame was held out: the errors are those on the training frames")
    else:
        found += report.warnings
        if by == "frame":
            found.append("single frames were held out: those of one trajectory leak, and the errors look too small")
    if dataset.dropped:
        shown = "; ".join(str(item) for item in dataset.dropped[:3])
        found.append(f"{dataset.n_dropped} frames were left out: {shown}")
    return tuple(found)
