r"""How far the models of a committee disagree on the forces of a structure.

.. math:: e_i = \sqrt{ \tfrac{1}{n} \sum_m \big| F_i^m - \langle F_i \rangle \big|^2 }, \qquad \Delta = \max_i e_i

with n models, divided by n and not n - 1: the mean over models stands inside the root, the largest atom outside, as in
``max_devi_f`` of the LAMMPS pair style. Units: eV, eV/angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive
from entrox.dynamics.calculators.process import CalculatorProcess
from entrox.dynamics.calculators.sources import DeepmdSource
from entrox.dynamics.force_deviation import force_deviation
from entrox.potentials.label import virial_of_stress
from entrox.potentials.student import CommitteeAnswer

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.dynamics.calculators.answers import ModelAnswers

__all__ = [
    "Committee",
    "Deviation",
    "TrustLevel",
    "TrustLevels",
    "deviation_of",
    "force_deviation",
    "virial_deviation",
]

Floats = NDArray[np.float64]
TrustLevel = Literal["accurate", "candidate", "failed"]


@dataclass(frozen=True)
class TrustLevels:
    """Where a deviation stops to be accurate and starts to be failed [eV/angstrom].

    The defaults are those of Ma et al., npj Comput. Mater. 2025, 10.1038/s41524-025-01847-4.
    """

    low_ev_per_angstrom: float = 0.125
    high_ev_per_angstrom: float = 0.5

    def __post_init__(self) -> None:
        check_positive(self.low_ev_per_angstrom, "low_ev_per_angstrom", "eV/angstrom")
        check_positive(self.high_ev_per_angstrom, "high_ev_per_angstrom", "eV/angstrom")
        if self.low_ev_per_angstrom >= self.high_ev_per_angstrom:
            raise InputError(
                "the level of accurate frames must lie below that of failed ones; got "
                f"{self.low_ev_per_angstrom:g} and {self.high_ev_per_angstrom:g} eV/angstrom."
            )

    def level(self, deviation_ev_per_angstrom: float) -> TrustLevel:
        """Return what a largest deviation says; one that is not finite is failed.

        Examples
        --------
        >>> [TrustLevels().level(value) for value in (0.1, 0.125, 0.5, float("nan"))]
        ['accurate', 'candidate', 'failed', 'failed']
        """
        if deviation_ev_per_angstrom < self.low_ev_per_angstrom:
            return "accurate"
        # written so that NaN is failed
        return "candidate" if deviation_ev_per_angstrom < self.high_ev_per_angstrom else "failed"


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """Disagreement of a committee on one structure.

    ``largest``, ``mean`` and ``percentile_95`` are over atoms [eV/angstrom]; ``virial_ev_per_atom`` is the root mean
    square over the nine components.
    """

    largest_ev_per_angstrom: float
    mean_ev_per_angstrom: float
    percentile_95_ev_per_angstrom: float
    virial_ev_per_atom: float


def virial_deviation(virials: ArrayLike, n_atoms: int) -> float:
    """Deviation of the virial over the number of atoms, root mean square over its nine components.

    ``virials`` has shape ``(n_models, 3, 3)``.
    """
    values = np.asarray(virials, dtype=float) / n_atoms
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.sqrt(((values - values.mean(axis=0)) ** 2).mean()))


def deviation_of(answer: CommitteeAnswer) -> Deviation:
    """Deviation of a committee's answer; NaN where an answer is not finite, never an exception."""
    atoms = force_deviation(answer.forces_ev_per_angstrom)
    with np.errstate(invalid="ignore"):
        return Deviation(
            largest_ev_per_angstrom=float(atoms.max()),
            mean_ev_per_angstrom=float(atoms.mean()),
            percentile_95_ev_per_angstrom=float(np.percentile(atoms, 95.0)),
            virial_ev_per_atom=virial_deviation(answer.virial_ev, len(atoms)),
        )


@dataclass(frozen=True)
class Committee:
    """Graphs of DeePMD-kit that answer together, as they are: energies above the reference of their training.

    Parameters
    ----------
    models
        Paths of the graphs (.pb), with one type map.
    threads
        Threads of one evaluation.
    """

    models: tuple[Path, ...]
    threads: int = 1

    def evaluate(self, frames: Sequence[Atoms]) -> list[CommitteeAnswer]:
        """Answers of all models for each structure; they are computed in a process of its own.

        Raises
        ------
        InputError
            If a model does not know an element.
        MissingExtraError
            If DeePMD-kit is not installed.
        EngineError
            If it fails.
        """
        if not frames:
            return []
        source = DeepmdSource(tuple(str(path) for path in self.models), self.threads)
        with CalculatorProcess(source) as process:
            return [_answer(found, atoms) for found, atoms in zip(process.evaluate(frames), frames, strict=True)]


def _answer(found: ModelAnswers, atoms: Atoms) -> CommitteeAnswer:
    stress = found.stress_ev_per_angstrom3
    n_models = len(found.energy_ev)
    virial = np.full((n_models, 3, 3), np.nan)
    if stress is not None:
        virial = np.array([virial_of_stress(each, atoms.get_volume()) for each in stress])
    return CommitteeAnswer(found.energy_ev, found.forces_ev_per_angstrom, virial)
