"""Ions whose response to a field or a stress has a closed form. Units: eV, angstrom, e."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.dynamics.calculators.function_calculator import FunctionCalculator

SPRING, EDGE = 5.0, 4.0


def ion_chain(cells: tuple[int, int, int]) -> Atoms:
    """Two ions in each cell, the first half of the list Na, the second Cl."""
    corners = np.array(np.meshgrid(*map(np.arange, cells), indexing="ij")).reshape(3, -1).T
    places = np.concatenate([corners, corners + 0.5]) * EDGE
    return Atoms(["Na"] * len(corners) + ["Cl"] * len(corners), places, cell=EDGE * np.array(cells), pbc=True)


def bound_ions(cells: list[int]) -> FunctionCalculator:
    """Every ion on a spring of its own: E = k u^2 / 2."""
    places = ion_chain(tuple(cells)).positions

    def answer(atoms: Atoms) -> ForceAnswer:
        moved = atoms.positions - places
        return ForceAnswer(0.5 * SPRING * float((moved**2).sum()), -SPRING * moved, np.zeros(6))

    return FunctionCalculator(answer)


PIEZO_COUPLING, PIEZO_STIFFNESS = 15.0, 1.0


def piezoelectric_ions(cells: list[int]) -> FunctionCalculator:
    r"""Pairs of ions on a spring, in a cell that pulls them apart along z where it is stretched along z.

    .. math:: E = \sum_n \Big[ \frac{k}{2} w_n^2 - g \, w_{nz} \varepsilon_{zz} \Big] + \frac{C V_0}{2} \varepsilon^2

    with w the displacement of Cl against Na carried back to the undeformed cell, and Green's strain: a rotation of the
    whole costs nothing.
    """
    ideal = ion_chain(tuple(cells))
    scaled, cell, count = ideal.get_scaled_positions(wrap=False), ideal.cell.array.copy(), len(ideal) // 2

    def answer(atoms: Atoms) -> ForceAnswer:
        deformation = np.linalg.solve(cell, atoms.cell.array)
        back = np.linalg.inv(deformation)
        moved = (atoms.positions - scaled @ atoms.cell.array) @ back
        apart = moved[count:] - moved[:count]
        strain = 0.5 * (deformation @ deformation.T - np.eye(3))
        volume = abs(float(np.linalg.det(cell)))
        energy = 0.5 * SPRING * (apart**2).sum() - PIEZO_COUPLING * strain[2, 2] * apart[:, 2].sum()
        energy += 0.5 * PIEZO_STIFFNESS * volume * (strain**2).sum()
        pull = SPRING * apart
        pull[:, 2] -= PIEZO_COUPLING * strain[2, 2]
        by_strain = PIEZO_STIFFNESS * volume * strain
        by_strain[2, 2] -= PIEZO_COUPLING * apart[:, 2].sum()
        slope = np.concatenate([-pull, pull]) @ back.T
        derivative = deformation.T @ by_strain @ deformation
        return ForceAnswer(float(energy), -slope, voigt_of_strain_derivative(derivative, atoms.get_volume()))

    return FunctionCalculator(answer)


def piezoelectric_d33_pc_per_n(charge_e: float) -> float:
    """Closed form: d = (g Z / k) / (C v - g^2 / k), v the volume of a cell."""
    stiff = PIEZO_STIFFNESS * EDGE**3 - PIEZO_COUPLING**2 / SPRING
    angstrom_per_volt = PIEZO_COUPLING * charge_e / SPRING / stiff
    return 100.0 * angstrom_per_volt
