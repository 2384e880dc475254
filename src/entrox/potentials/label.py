"""What a teacher says of a structure, and structures with what was said. Units: eV, eV/angstrom, angstrom.

The virial is that of DeePMD-kit, minus the derivative of the energy by strain [eV]: minus the volume times the stress
of ASE, which counts tension positive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Label", "LabelState", "LabeledFrame", "stress_of_virial", "virial_of_stress"]

Floats = NDArray[np.float64]
LabelState = Literal["done", "unconverged", "failed"]
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])


@dataclass(frozen=True, kw_only=True)
class Label:
    """Answer of a teacher for one structure.

    Parameters
    ----------
    state
        ``done``; ``unconverged`` where the self-consistent field was not; ``failed`` with a reason.
    energy_ev, forces_ev_per_angstrom, virial_ev
        Energy; forces, shape ``(n_atoms, 3)``; virial, shape ``(3, 3)``, None where the teacher has none.
    reason
        Why it is not done.
    cpu_s, wall_s
        Processor time and time by the clock.
    provenance
        Teacher, version, settings.
    """

    state: LabelState
    energy_ev: float | None = None
    forces_ev_per_angstrom: Floats | None = None
    virial_ev: Floats | None = None
    reason: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LabeledFrame:
    """A structure with the label of one source; what a source did not give is None.

    Parameters
    ----------
    atoms
        Positions and cell, without calculator.
    energy_ev, forces_ev_per_angstrom, virial_ev
        As in :class:`Label`.
    source
        Where the label comes from; sources differ in their energy zero.
    group
        Trajectory or composition that the frame belongs to; splits keep groups together.
    """

    atoms: Atoms
    energy_ev: float | None
    forces_ev_per_angstrom: Floats | None
    virial_ev: Floats | None
    source: str
    group: str


def virial_of_stress(stress: NDArray[Any], volume: float) -> Floats:
    """Virial [eV], shape ``(3, 3)``, of a stress of ASE [eV/angstrom3] as six Voigt components or a matrix."""
    values = np.asarray(stress, dtype=float)
    if values.shape == (6,):
        matrix = np.empty((3, 3))
        matrix[VOIGT] = values
        matrix.T[VOIGT] = values
        values = matrix
    return -volume * values


def stress_of_virial(virial: NDArray[Any], volume: float) -> Floats:
    """Stress of ASE (xx, yy, zz, yz, xz, xy) [eV/angstrom3] of a virial [eV], shape ``(3, 3)``."""
    matrix = np.asarray(virial, dtype=float).reshape(3, 3)
    return np.asarray(-0.5 * (matrix + matrix.T)[VOIGT] / volume)
