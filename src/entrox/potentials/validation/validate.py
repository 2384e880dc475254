"""Errors of trained models on labeled frames: energies, forces, virials, by composition, and what the committee knew.

Errors are those of the first model, which drives the dynamics, unless said otherwise. A small error on frames of the
teacher says that the student copied its teacher, and nothing of the material. Units: eV, eV/angstrom, meV/atom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity, to_jsonable
from entrox.dynamics.calculators.process import model_type_map
from entrox.dynamics.potential import DeepmdPotential, Potential
from entrox.potentials.committee import Committee, TrustLevels
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.reference import EnergyReference
from entrox.potentials.student import CommitteeAnswer, Model
from entrox.potentials.training.model_file import read_record, record_file
from entrox.potentials.validation.calibrate import Calibration, calibrate
from entrox.potentials.validation.committee_errors import deviation_and_error
from entrox.potentials.validation.crystal_checks import CrystalChecks, check_crystal

__all__ = ["CompositionErrors", "Parity", "ValidationReport", "validate", "validation_report"]

Floats = NDArray[np.float64]

MEV_PER_EV = 1000.0
CALIBRATION_KEYS = ("rho", "slope", "slope_error", "median_ratio", "coverage")
COPY_WARNING = (
    "agreement with the teacher is no evidence about the material: a student copies its teacher, errors included"
)


@dataclass(frozen=True, kw_only=True)
class Parity(Result):
    """True against predicted values of one label with their errors; all in the unit of the label.

    ``r_squared`` is None where the true values do not vary.
    """

    label: str
    unit: str
    true: Floats = quantity("as the label", "true value", axes=("value",))
    predicted: Floats = quantity("as the label", "predicted value", axes=("value",))
    rmse: float = quantity("as the label", "root mean square error")
    mae: float = quantity("as the label", "mean absolute error")
    r_squared: float | None = quantity("1", "share of the variance that is predicted")

    def errors(self) -> dict[str, Any]:
        """Return unit and errors as plain data."""
        return {name: getattr(self, name) for name in ("unit", "rmse", "mae", "r_squared")}


@dataclass(frozen=True, kw_only=True)
class CompositionErrors:
    """Errors on the frames of one composition; None where they have no such label."""

    composition: str
    n_frames: int
    energy_rmse_mev_per_atom: float | None
    force_rmse_ev_per_angstrom: float | None
    virial_rmse_mev_per_atom: float | None


@dataclass(frozen=True, kw_only=True)
class ValidationReport(Result):
    """Errors of a committee on a data set.

    ``energy``, ``force`` and ``virial`` are None where no frame has such a label; energies [eV/atom] are those above
    the reference of the elements, virials [eV/atom] over the number of atoms. ``calibration`` needs two models and
    frames with forces.
    """

    n_frames: int = quantity("1", "frames")
    energy: Parity | None
    force: Parity | None
    virial: Parity | None
    force_rmse_by_model: Floats | None = quantity("eV/angstrom", "force error of each model", axes=("model",))
    compositions: tuple[CompositionErrors, ...]
    calibration: Calibration | None
    warnings: tuple[str, ...]

    crystals: tuple[CrystalChecks, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return the errors without the single values, as plain data."""
        parities = {"energy": self.energy, "force": self.force, "virial": self.virial}
        ranks = self.calibration
        return {
            "n_frames": self.n_frames,
            **{name: None if found is None else found.errors() for name, found in parities.items()},
            "force_rmse_by_model": to_jsonable(self.force_rmse_by_model),
            "calibration": None if ranks is None else {name: getattr(ranks, name) for name in CALIBRATION_KEYS},
            "compositions": to_jsonable(self.compositions),
            "crystals": to_jsonable(self.crystals),
            "warnings": list(self.warnings),
        }


def validate(
    models: Sequence[Model | Path],
    dataset: Dataset,
    *,
    teacher: Potential | None = None,
    crystals: Sequence[tuple[str, str]] = (),
    rng: np.random.Generator | None = None,
    levels: TrustLevels | None = None,
    threads: int = 1,
) -> ValidationReport:
    """Compare trained models with labeled frames that they should not have seen.

    Parameters
    ----------
    models
        One model or a committee; graphs from elsewhere, which have no reference energies, are taken as they are.
    dataset
        Labeled frames.
    teacher
        Force field that is put through the checks of ``crystals`` beside the first model.
    crystals
        A and B of perovskites whose equation of state, wells, vibrations and conservation of energy are checked.
    rng
        Draws velocities; needed with ``crystals``.
    levels
        Trust levels to give in real units.
    threads
        Threads of the evaluation.

    Raises
    ------
    InputError
        If there is no model, or a model does not know an element.
    """
    if not models:
        raise InputError("a validation needs at least one model; got none.")
    paths = tuple(model.path if isinstance(model, Model) else Path(model) for model in models)
    record = read_record(paths[0]) if record_file(paths[0]).is_file() else None
    answers = Committee(paths, threads).evaluate([frame.atoms for frame in dataset])
    report = validation_report(answers, dataset, None if record is None else record.reference, levels)
    if not crystals:
        return report
    if rng is None:
        raise InputError("the checks of crystals draw velocities at random: pass rng=...")
    type_map = model_type_map(paths[0]) if record is None else record.model.type_map
    student = DeepmdPotential(paths[:1], type_map, threads)
    checked = [student] if teacher is None else [student, teacher]
    found = [check_crystal(a, b, potential, rng) for a, b in crystals for potential in checked]
    return replace(report, crystals=tuple(found))


def validation_report(
    answers: Sequence[CommitteeAnswer],
    dataset: Dataset,
    reference: EnergyReference | None = None,
    levels: TrustLevels | None = None,
) -> ValidationReport:
    """Build the report from the answers of a committee to the frames of a data set, in their order.

    Energies of a source that the reference does not know have an arbitrary zero: there the mean difference of each
    composition is taken off first, and a warning says so.
    """
    warnings = [COPY_WARNING]
    sizes = [len(frame.atoms) for frame in dataset]
    energies = _energies(answers, dataset, reference, warnings)
    forces = [
        None if frame.forces_ev_per_angstrom is None else (frame.forces_ev_per_angstrom, answer.forces_ev_per_angstrom)
        for frame, answer in zip(dataset, answers, strict=True)
    ]
    virials = [
        None if frame.virial_ev is None else (frame.virial_ev / size, answer.virial_ev[0] / size)
        for frame, answer, size in zip(dataset, answers, sizes, strict=True)
    ]
    drive = [None if pair is None else (pair[0], pair[1][0]) for pair in forces]
    return ValidationReport(
        n_frames=len(dataset),
        energy=_parity("energy", "eV/atom", energies),
        force=_parity("force", "eV/angstrom", drive),
        virial=_parity("virial", "eV/atom", virials),
        force_rmse_by_model=_rmse_by_model(forces),
        compositions=_by_composition(dataset, energies, drive, virials),
        calibration=_calibration(answers, dataset, levels),
        warnings=tuple(warnings),
    )


Pairs = Sequence[tuple[Any, Any] | None]


def _energies(
    answers: Sequence[CommitteeAnswer], dataset: Dataset, reference: EnergyReference | None, warnings: list[str]
) -> Pairs:
    """Return true and predicted energies per atom above the reference."""
    known = () if reference is None else tuple(reference.eps)
    pairs: list[tuple[float, float] | None] = []
    for frame, answer in zip(dataset, answers, strict=True):
        if frame.energy_ev is None:
            pairs.append(None)
            continue
        true = frame.energy_ev
        if reference is not None and frame.source in known:
            true -= reference.energy_ev(frame.atoms, frame.source)
        pairs.append((true / len(frame.atoms), float(answer.energy_ev[0]) / len(frame.atoms)))
    foreign: dict[tuple[str, str], list[int]] = {}
    for index, (frame, composition) in enumerate(zip(dataset, dataset.frame_compositions, strict=True)):
        if frame.source not in known and pairs[index] is not None:
            foreign.setdefault((frame.source, composition), []).append(index)
    alone = 0
    for members in foreign.values():
        if len(members) == 1:
            alone, pairs[members[0]] = alone + 1, None
            continue
        chosen = [pair for index in members if (pair := pairs[index]) is not None]
        shift = float(np.mean([true - predicted for true, predicted in chosen]))
        # the mean takes one of n differences away; what is left is scaled to be worth n again
        scale = float(np.sqrt(len(members) / (len(members) - 1.0)))
        for index, (true, predicted) in zip(members, chosen, strict=True):
            pairs[index] = (predicted + scale * (true - shift - predicted), predicted)
    if foreign:
        names = ", ".join(sorted({source for source, _ in foreign}))
        warnings.append(
            f"the models have no energy zero for {names}: the mean difference of each composition was taken off"
            + (f", and {alone} frames that are alone of their composition say nothing of energies" if alone else "")
        )
    return pairs


def _parity(label: str, unit: str, pairs: Pairs) -> Parity | None:
    present = [pair for pair in pairs if pair is not None]
    if not present:
        return None
    true = np.concatenate([np.ravel(pair[0]) for pair in present])
    predicted = np.concatenate([np.ravel(pair[1]) for pair in present])
    error = predicted - true
    variance = float(((true - true.mean()) ** 2).sum())
    return Parity(
        label=label,
        unit=unit,
        true=true,
        predicted=predicted,
        rmse=float(np.sqrt((error**2).mean())),
        mae=float(np.abs(error).mean()),
        r_squared=1.0 - float((error**2).sum()) / variance if variance > 0.0 else None,
    )


def _rmse_by_model(forces: Pairs) -> Floats | None:
    present = [pair for pair in forces if pair is not None]
    if not present:
        return None
    squares = np.concatenate([((pair[1] - pair[0]) ** 2).reshape(len(pair[1]), -1) for pair in present], axis=1)
    return np.asarray(np.sqrt(squares.mean(axis=1)))


def _by_composition(dataset: Dataset, energies: Pairs, forces: Pairs, virials: Pairs) -> tuple[CompositionErrors, ...]:
    rows = []
    for name in dataset.compositions:
        members = [index for index, found in enumerate(dataset.frame_compositions) if found == name]
        rmse = [_rmse([pairs[index] for index in members]) for pairs in (energies, forces, virials)]
        rows.append(
            CompositionErrors(
                composition=name,
                n_frames=len(members),
                energy_rmse_mev_per_atom=None if rmse[0] is None else MEV_PER_EV * rmse[0],
                force_rmse_ev_per_angstrom=rmse[1],
                virial_rmse_mev_per_atom=None if rmse[2] is None else MEV_PER_EV * rmse[2],
            )
        )
    return tuple(rows)


def _rmse(pairs: Pairs) -> float | None:
    squares = [np.ravel(np.square(pair[1] - pair[0])) for pair in pairs if pair is not None]
    return float(np.sqrt(np.concatenate(squares).mean())) if squares else None


def _calibration(
    answers: Sequence[CommitteeAnswer], dataset: Dataset, levels: TrustLevels | None
) -> Calibration | None:
    """Compare the deviation with the error of the first model, frame by frame."""
    if not answers or len(answers[0].energy_ev) < 2:
        return None
    deviation, error = deviation_and_error(answers, list(dataset))
    return calibrate(deviation, error, levels) if len(deviation) else None
