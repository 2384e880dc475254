r"""A calculator of ASE under a constant field and a constant stress from outside, for static relaxations.

.. math:: H = U - \mathbf{M} \cdot \mathbf{E} - V_0 \, \sigma : \varepsilon

Import it where a calculator is made. Units: eV, eV/angstrom, eV/angstrom3; the field in V/m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.calculator import Calculator
from numpy.typing import ArrayLike, NDArray

from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.dynamics.calculators.function_calculator import FunctionCalculator
from entrox.dynamics.electric.field_force import full_field_forces
from entrox.dynamics.protocols import Field

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["driven_calculator"]

Floats = NDArray[np.float64]


def driven_calculator(
    bare: Calculator, reference: Atoms, drive: Field, stress_ev_per_angstrom3: ArrayLike
) -> Calculator:
    """Return a calculator with the field and the stress added.

    Parameters
    ----------
    bare
        The force field.
    reference
        Structure from which dipole and strain count.
    drive
        The field at its amplitude, and the charges.
    stress_ev_per_angstrom3
        Tensor of the stress from outside, tension positive, shape ``(3, 3)``.
    """
    scaled, cell = reference.get_scaled_positions(wrap=False), reference.cell.array.copy()
    pull = full_field_forces(reference, drive)
    outside = np.asarray(stress_ev_per_angstrom3, dtype=float)
    volume = abs(float(np.linalg.det(cell)))

    def answer(atoms: Atoms) -> ForceAnswer:
        work = atoms.copy()
        work.calc = bare
        moved = atoms.positions - scaled @ atoms.cell.array
        deformation = np.linalg.solve(cell, atoms.cell.array)
        strain = 0.5 * (deformation + deformation.T) - np.eye(3)
        energy = work.get_potential_energy() - (pull * moved).sum() - volume * (outside * strain).sum()
        derivative: Any = work.get_stress(voigt=False) * work.get_volume()
        derivative = derivative - moved.T @ pull - volume * deformation.T @ outside
        return ForceAnswer(
            float(energy),
            np.asarray(work.get_forces() + pull),
            voigt_of_strain_derivative(derivative, work.get_volume()),
        )

    return FunctionCalculator(answer)
