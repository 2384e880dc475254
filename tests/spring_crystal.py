"""A crystal of springs between nearest neighbors, face-centered cubic: everything about it has a closed form.

Units: eV, angstrom, u; times in the units of ASE.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.neighborlist import neighbor_list

from entrox.dynamics.ase_md.extended_system import Forces
from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.dynamics.calculators.function_calculator import FunctionCalculator

__all__ = [
    "BULK_MODULUS", "EDGE", "SPRING", "STIFFENING", "crystal", "spring_calculator", "spring_law", "with_committee",
]  # fmt: skip

EDGE, SPRING = 5.2, 3.0
NEAREST = EDGE / np.sqrt(2.0)
STIFFENING = 1000.0
"""A fourth power that makes the springs anharmonic: a thermostat reaches the ensemble only through that."""
BULK_MODULUS = 4.0 * SPRING / (3.0 * EDGE)
"""C11 = 2 k / a and C12 = k / a for springs of nearest neighbors at rest."""


def crystal(repeats: int = 2) -> Atoms:
    """Return argon atoms at the rest lengths of their springs."""
    return bulk("Ar", "fcc", a=EDGE, cubic=True).repeat(repeats)


def spring_law(atoms: Atoms, stiffening: float = 0.0) -> Callable[[int, np.ndarray, np.ndarray], Forces]:
    """Return the forces of springs k d^2 / 2 + g d^4 / 4 that hold the same pairs for ever."""
    first, second, shifts = neighbor_list("ijS", atoms, 1.1 * NEAREST)

    def law(step: int, positions: np.ndarray, cell: np.ndarray) -> Forces:
        ways = positions[second] + shifts @ cell - positions[first]
        lengths = np.linalg.norm(ways, axis=1)
        stretch = lengths - NEAREST
        pull = ((SPRING * stretch + stiffening * stretch**3) / lengths)[:, None] * ways
        forces = np.stack([np.bincount(first, pull[:, axis], len(positions)) for axis in range(3)], axis=1)
        # each spring is listed from both ends
        energy = 0.5 * float((SPRING * stretch**2 / 2 + stiffening * stretch**4 / 4).sum())
        return Forces(energy, forces, 0.5 * pull.T @ ways)

    return law


def spring_calculator(repeats: int = 2) -> FunctionCalculator:
    """Return the springs as a calculator of ASE."""
    law = spring_law(crystal(repeats))

    def answer(atoms: Atoms) -> ForceAnswer:
        found = law(0, atoms.positions, atoms.cell.array)
        stress = voigt_of_strain_derivative(found.strain_derivative, atoms.get_volume())
        return ForceAnswer(found.energy, found.forces, stress)

    return FunctionCalculator(answer)


def with_committee(spread: float) -> FunctionCalculator:
    """Return the springs with a committee of two, whose forces on atom 3 differ by twice ``spread`` along x."""
    calculator = spring_calculator()

    def all_forces(atoms: Atoms) -> np.ndarray:
        forces = np.stack([np.zeros((len(atoms), 3))] * 2)
        forces[:, 3, 0] = spread, -spread
        return forces

    calculator.committee_forces = all_forces
    return calculator
