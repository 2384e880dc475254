"""What force fields answer for one structure. Units: eV, eV/angstrom, eV/angstrom3 (tension positive), s."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ForceAnswer", "ModelAnswers", "voigt_of_strain_derivative"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ForceAnswer:
    """Answer of one force field for one structure.

    Parameters
    ----------
    energy_ev
        Potential energy.
    forces_ev_per_angstrom
        Shape ``(n_atoms, 3)``.
    stress_ev_per_angstrom3
        Stress as in ASE (xx, yy, zz, yz, xz, xy); None where the structure has no volume or the force field no stress.
    converged
        Whether a self-consistent field came to its end; True where there is none.
    """

    energy_ev: float
    forces_ev_per_angstrom: Floats
    stress_ev_per_angstrom3: Floats | None = None
    converged: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelAnswers:
    """Answers of the models of one process for one structure.

    Parameters
    ----------
    energy_ev
        Shape ``(n_models,)``.
    forces_ev_per_angstrom
        Shape ``(n_models, n_atoms, 3)``.
    stress_ev_per_angstrom3
        Shape ``(n_models, 6)``, or None.
    converged
        Whether a self-consistent field came to its end; True where there is none.
    remark
        What the calculator has to say.
    cpu_s
        Processor time of the process.
    """

    energy_ev: Floats
    forces_ev_per_angstrom: Floats
    stress_ev_per_angstrom3: Floats | None
    converged: bool = True
    remark: str = ""
    cpu_s: float = 0.0

    @property
    def first(self) -> ForceAnswer:
        """Answer of the first model."""
        stress = self.stress_ev_per_angstrom3
        return ForceAnswer(
            float(self.energy_ev[0]),
            self.forces_ev_per_angstrom[0],
            None if stress is None else stress[0],
            converged=self.converged,
        )


def voigt_of_strain_derivative(derivative_ev: Floats, volume_angstrom3: float) -> Floats:
    """Stress (xx, yy, zz, yz, xz, xy) of the derivative of the energy by strain, shape ``(3, 3)``."""
    symmetric = 0.5 * (derivative_ev + derivative_ev.T) / volume_angstrom3
    return symmetric[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
