r"""A student that is linear in its parameters: a sum of smooth pair functions, fitted by ridge regression.

.. math:: E = \sum_a n_a \epsilon_a + \sum_{i<j} \sum_k c_{ab,k}\, g_k(r_{ij}), \quad
    g_k(r) = e^{-(r - r_k)^2 / 2 w^2} \left( 1 - r^2 / r_c^2 \right)^3

It learns toys within seconds, in this process, and has analytic forces and virial; it cannot learn what is not a sum
over pairs. The models of a committee see the frames drawn with replacement, each with its own seed.
Units: eV, eV/angstrom, angstrom.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, generator
from entrox.core.bootstrap import resampling_counts
from entrox.core.whole_file import write_whole
from entrox.dynamics.calculators.answers import ForceAnswer
from entrox.dynamics.potential import CalculatorPotential
from entrox.potentials.label import LabeledFrame, stress_of_virial
from entrox.potentials.student import CommitteeAnswer, Model
from entrox.potentials.training.linear_features import PairBasis, pair_features, pair_sums

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["LinearStudent", "linear_calculator"]

Floats = NDArray[np.float64]

FORMAT = "entrox linear student 1"
ENERGY_WEIGHT, VIRIAL_WEIGHT = 30.0, 3.0
"""An energy wrong by 1/30 eV per atom, or a virial by 1/3, counts as much as a force wrong by 1 eV/angstrom."""


@dataclass(frozen=True, kw_only=True)
class LinearStudent:
    """Settings of the linear student; see :class:`~entrox.potentials.student.Student`.

    Parameters
    ----------
    elements
        Elements that the frames may have.
    cutoff_angstrom, shortest_angstrom
        Range of the pair functions, and the smallest center r_k.
    n_radial
        Pair functions for each pair of elements.
    ridge
        Penalty of the squared coefficients, in terms of the mean diagonal of the normal matrix.
    """

    elements: tuple[str, ...]
    cutoff_angstrom: float = 6.0
    shortest_angstrom: float = 1.2
    n_radial: int = 14
    ridge: float = 1e-9
    name: str = "linear"

    @property
    def basis(self) -> PairBasis:
        """Pair functions."""
        return PairBasis(self.elements, self.cutoff_angstrom, self.shortest_angstrom, self.n_radial)

    def fingerprint(self) -> str:
        """Hash of the settings."""
        return hashlib.sha256(json.dumps([FORMAT, asdict(self)], sort_keys=True).encode()).hexdigest()

    def train(
        self,
        frames: Sequence[LabeledFrame],
        folder: Path,
        seeds: Sequence[int],
        *,
        start_from: Sequence[Model] = (),
        executor: Executor | None = None,
    ) -> tuple[Model, ...]:
        """Fit one model for each seed to frames drawn with replacement; the solution needs no start and no workers."""
        if not frames:
            raise InputError("the linear student needs at least one labeled frame; got none.")
        folder.mkdir(parents=True, exist_ok=True)
        equations = [_normal_equations(self.basis, frame) for frame in frames]
        models = []
        for number, seed in enumerate(seeds):
            counts = resampling_counts(generator(seed), len(frames), 1)[0]
            coefficients = _solve(equations, counts, self.ridge)
            path = folder / f"model_{number:03d}.json"
            _write_model(path, self, seed, coefficients)
            models.append(self._described(path, seed, coefficients, frames))
        return tuple(models)

    def _described(self, path: Path, seed: int, coefficients: Floats, frames: Sequence[LabeledFrame]) -> Model:
        forces, energies = [], []
        for frame in frames:
            answer = CommitteeAnswer(*pair_sums(self.basis, frame.atoms, coefficients[None]))
            if frame.forces_ev_per_angstrom is not None:
                forces.append(((answer.forces_ev_per_angstrom[0] - frame.forces_ev_per_angstrom) ** 2).ravel())
            if frame.energy_ev is not None:
                energies.append(((answer.energy_ev[0] - frame.energy_ev) / len(frame.atoms)) ** 2)
        return Model(
            path=path,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            type_map=self.elements,
            seed=seed,
            n_steps=1,
            force_rmse_ev_per_angstrom=float(np.sqrt(np.mean(np.concatenate(forces)))) if forces else None,
            energy_rmse_mev_per_atom=1e3 * float(np.sqrt(np.mean(energies))) if energies else None,
        )

    def evaluate(self, models: Sequence[Model], frames: Sequence[Atoms]) -> list[CommitteeAnswer]:
        """Answers of all models for each frame."""
        coefficients = np.stack([_read_model(str(model.path), model.sha256)[1] for model in models])
        return [CommitteeAnswer(*pair_sums(self.basis, atoms, coefficients)) for atoms in frames]

    def potential(self, models: Sequence[Model]) -> CalculatorPotential:
        """Force field of the first model, for the ASE engine."""
        return CalculatorPotential(
            "entrox.potentials.training.linear_student:linear_calculator",
            {"path": str(models[0].path), "sha256": models[0].sha256},
            models[0].type_map,
        )


def linear_calculator(path: str, sha256: str | None = None) -> Calculator:
    """Return a trained linear model as a calculator of ASE.

    Raises
    ------
    InputError
        If the file is absent or has another SHA-256.
    FormatError
        If it is no linear model.
    """
    from entrox.dynamics.calculators.function_calculator import FunctionCalculator

    basis, coefficients = _read_model(path, sha256)

    def answer(atoms: Atoms) -> ForceAnswer:
        (energy,), (forces,), (virial,) = pair_sums(basis, atoms, coefficients[None])
        stress = stress_of_virial(virial, atoms.get_volume()) if atoms.pbc.all() else None
        return ForceAnswer(float(energy), forces, stress)

    return FunctionCalculator(answer)


def _normal_equations(basis: PairBasis, frame: LabeledFrame) -> tuple[Floats, Floats]:
    """Normal matrix and right side of all that the label of a frame says."""
    features, n_atoms = pair_features(basis, frame.atoms), len(frame.atoms)
    rows, targets = [np.empty((0, basis.n_terms))], [np.empty(0)]
    if frame.energy_ev is not None:
        rows.append(ENERGY_WEIGHT / n_atoms * features.energy[None])
        targets.append(np.array([ENERGY_WEIGHT / n_atoms * frame.energy_ev]))
    if frame.forces_ev_per_angstrom is not None:
        rows.append(features.forces.reshape(3 * n_atoms, -1))
        targets.append(frame.forces_ev_per_angstrom.ravel())
    if frame.virial_ev is not None:
        rows.append(VIRIAL_WEIGHT / n_atoms * features.virial.reshape(9, -1))
        targets.append(VIRIAL_WEIGHT / n_atoms * frame.virial_ev.ravel())
    matrix, target = np.concatenate(rows), np.concatenate(targets)
    return matrix.T @ matrix, matrix.T @ target


def _solve(equations: Sequence[tuple[Floats, Floats]], counts: Floats, ridge: float) -> Floats:
    drawn = [(count, *equation) for count, equation in zip(counts.tolist(), equations, strict=True) if count]
    normal = sum(count * matrix for count, matrix, _ in drawn)
    right = sum(count * side for count, _, side in drawn)
    penalty = ridge * float(np.trace(normal)) / len(normal)
    return np.asarray(np.linalg.solve(normal + penalty * np.eye(len(normal)), right))


def _write_model(path: Path, student: LinearStudent, seed: int, coefficients: Floats) -> None:
    content = {"format": FORMAT, "student": asdict(student), "seed": seed, "coefficients": coefficients.tolist()}
    write_whole(path, json.dumps(content) + "\n")


@lru_cache(maxsize=32)
def _read_model(path: str, sha256: str | None) -> tuple[PairBasis, Floats]:
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the model {path}: {error.strerror}.") from error
    if sha256 is not None and hashlib.sha256(text).hexdigest() != sha256:
        raise InputError(f"{path} has changed since it was trained: its SHA-256 is another one.")
    try:
        content: dict[str, Any] = json.loads(text)
        if content["format"] != FORMAT:
            raise KeyError(content["format"])
        student = LinearStudent(**{**content["student"], "elements": tuple(content["student"]["elements"])})
        coefficients = np.array(content["coefficients"], dtype=float)
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"not a linear model of entrox: {error!r}", path=path) from error
    return student.basis, coefficients
