"""A smooth Lennard-Jones force field in a millisecond, for boxes of more than twice its cutoff; with stress.

Units: eV, angstrom. Pairs are cut off smoothly, so that the energy is conserved and elastic constants have a meaning.
"""

import os
import signal

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes

EPSILON_EV, SIGMA_ANGSTROM, CUTOFF_ANGSTROM = 0.3, 2.3, 3.3
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])


class PairGlass(Calculator):
    """Pairs by the nearest image."""

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012 - as ASE has it

    def calculate(self, atoms: Atoms | None = None, properties=("energy",), system_changes=all_changes) -> None:
        """Energy, forces and stress at once."""
        super().calculate(atoms, properties, system_changes)
        first, second = np.triu_indices(len(atoms), 1)
        cell = atoms.cell.array
        between = (atoms.positions[first] - atoms.positions[second]) @ np.linalg.inv(cell)
        between = (between - np.rint(between)) @ cell
        square = (between**2).sum(axis=1)
        near = square < CUTOFF_ANGSTROM**2
        first, second, between, square = first[near], second[near], between[near], square[near]
        sixth = (SIGMA_ANGSTROM**2 / square) ** 3
        bare, bare_slope = 4 * EPSILON_EV * (sixth**2 - sixth), -24 * EPSILON_EV * (2 * sixth**2 - sixth) / square
        window = 1 - square / CUTOFF_ANGSTROM**2
        # slope over distance, so that it times the vector is the pull
        slope = bare_slope * window**2 - bare * 4 * window / CUTOFF_ANGSTROM**2
        pull = slope[:, None] * between
        forces = np.zeros((len(atoms), 3))
        for axis in range(3):
            forces[:, axis] += np.bincount(second, pull[:, axis], len(atoms))
            forces[:, axis] -= np.bincount(first, pull[:, axis], len(atoms))
        stress = (between.T @ pull) / abs(np.linalg.det(cell))
        self.results = {"energy": float((bare * window**2).sum()), "forces": forces, "stress": stress[VOIGT]}


class DeadlyPairs(PairGlass):
    """The same forces; the process dies at a number of evaluations, as by kill -9."""

    def __init__(self, evaluations: int) -> None:
        super().__init__()
        self.left = evaluations

    def calculate(self, atoms: Atoms | None = None, properties=("energy",), system_changes=all_changes) -> None:
        """Count, and die."""
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        super().calculate(atoms, properties, system_changes)


def pair_glass() -> Calculator:
    """The force field; with PAIR_GLASS_DIES_AT in the environment, for that many evaluations."""
    deadline = os.environ.get("PAIR_GLASS_DIES_AT")
    return PairGlass() if deadline is None else DeadlyPairs(int(deadline))


def pair_crystal(repeats: int = 2, edge: float = 3.5, symbol: str = "Al") -> Atoms:
    """Cubic close packing: 4 atoms a cell; at rest with an edge of 3.5 angstrom."""
    return bulk(symbol, "fcc", a=edge, cubic=True).repeat(repeats)
