"""Deep Potentials as a student: a committee that is trained on labels, asked for structures, and run in dynamics.

Units: eV, eV/angstrom, meV/atom.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from entrox.dynamics.potential import DeepmdPotential
from entrox.potentials.committee import Committee
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.reference import EnergyReference, subtract_reference
from entrox.potentials.label import LabeledFrame
from entrox.potentials.student import CommitteeAnswer, Model
from entrox.potentials.training.model_file import ModelRecord, read_record, write_record
from entrox.potentials.training.neighbor_counts import count_neighbors
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import Progress, train_committee

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["DeepmdStudent", "record_training_errors"]

CHECKED_FRAMES = 200
"""Training frames whose errors are measured at the end, spread evenly over the set."""
MEV_PER_EV = 1000.0


@dataclass(frozen=True)
class DeepmdStudent:
    """Deep Potentials with given settings.

    Parameters
    ----------
    settings
        How to train.
    type_map
        Elements of the models; those of the first frames, in their order, if empty.
    per_source_reference
        Fit the energies of the elements for each source of labels on its own.
    threads
        Threads of a training, and of an evaluation.
    settings_anew
        Settings of a training that cannot go on from earlier models; the same if None.
    python
        Interpreter of another environment that has DeePMD-kit, for training.
    progress
        Called with a name, the training steps that are done and all steps.
    """

    settings: TrainSettings
    type_map: tuple[str, ...] = ()
    per_source_reference: bool = False
    threads: int = 1
    settings_anew: TrainSettings | None = None
    python: str | None = None
    progress: Progress | None = None
    name: str = "deepmd"

    def fingerprint(self) -> str:
        """Hash of the settings."""
        return self.settings.fingerprint()

    def train(
        self,
        frames: Sequence[LabeledFrame],
        folder: Path,
        seeds: Sequence[int],
        *,
        start_from: Sequence[Model] = (),
        executor: Executor | None = None,
    ) -> tuple[Model, ...]:
        """Train one model for each seed, and measure its errors on the training frames.

        A warm start needs room for the neighbors of the frames; models that lack it are trained anew.
        """
        dataset = Dataset(tuple(frames), self.type_map)
        warm = start_from if self._has_room(dataset, start_from) else ()
        models = train_committee(
            dataset, self.settings if warm else self.settings_anew or self.settings, folder, seeds, init_from=warm,
            per_source_reference=self.per_source_reference, executor=executor, threads=self.threads,
            python=self.python, progress=self.progress,
        )  # fmt: skip
        return record_training_errors(models, dataset, threads=self.threads)

    def _has_room(self, dataset: Dataset, models: Sequence[Model]) -> bool:
        if not models:
            return False
        seen, _ = count_neighbors(dataset, self.settings.cutoff_angstrom)
        sel = read_record(models[0].path).sel
        return all(count <= sel.get(name, 0) for name, count in seen.items())

    def evaluate(self, models: Sequence[Model], frames: Sequence[Atoms]) -> list[CommitteeAnswer]:
        """Answers of all models for each frame, with absolute energies where all training labels have one zero."""
        reference = read_record(models[0].path).reference
        answers = Committee(tuple(model.path for model in models), self.threads).evaluate(frames)
        return [_absolute(answer, atoms, reference) for answer, atoms in zip(answers, frames, strict=True)]

    def potential(self, models: Sequence[Model]) -> DeepmdPotential:
        """Force field for the engines: the first model drives, all give the deviation."""
        return DeepmdPotential(tuple(model.path for model in models), models[0].type_map, self.threads)


def _absolute(answer: CommitteeAnswer, atoms: Atoms, reference: EnergyReference | None) -> CommitteeAnswer:
    source = None if reference is None else reference.common_source
    if reference is None or source is None:
        return answer
    return replace(answer, energy_ev=answer.energy_ev + reference.energy_ev(atoms, source))


def record_training_errors(models: Sequence[Model], dataset: Dataset, *, threads: int = 1) -> tuple[Model, ...]:
    """Measure the errors of models on their training frames and write them into their records.

    Models that have them are left alone. At most 200 frames are taken, spread evenly over the data set.
    """
    if all(model.force_rmse_ev_per_angstrom is not None for model in models):
        return tuple(models)
    records = [read_record(model.path) for model in models]
    chosen = dataset.select(np.unique(np.linspace(0, len(dataset) - 1, CHECKED_FRAMES).round().astype(int)))
    reference = records[0].reference
    prepared = chosen if reference is None else subtract_reference(chosen, reference)
    committee = Committee(tuple(model.path for model in models), threads)
    answers = committee.evaluate([frame.atoms for frame in prepared])
    return tuple(_with_errors(record, index, prepared, answers) for index, record in enumerate(records))


def _with_errors(record: ModelRecord, index: int, dataset: Dataset, answers: Sequence[CommitteeAnswer]) -> Model:
    forces = [
        (answer.forces_ev_per_angstrom[index] - frame.forces_ev_per_angstrom).ravel()
        for answer, frame in zip(answers, dataset, strict=True)
        if frame.forces_ev_per_angstrom is not None
    ]
    energies = [
        (float(answer.energy_ev[index]) - frame.energy_ev) / len(frame.atoms)
        for answer, frame in zip(answers, dataset, strict=True)
        if frame.energy_ev is not None
    ]
    model = replace(
        record.model,
        force_rmse_ev_per_angstrom=float(np.sqrt(np.mean(np.concatenate(forces) ** 2))) if forces else None,
        energy_rmse_mev_per_atom=MEV_PER_EV * float(np.sqrt(np.mean(np.square(energies)))) if energies else None,
    )
    write_record(replace(record, model=model))
    return model
