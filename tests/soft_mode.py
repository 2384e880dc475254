r"""A crystal whose order is known: B ions in wells that open together, double for Ti, stiff for Sn.

.. math:: E = \sum_{i \notin B} \Big[ \frac{k}{2} u_i^2 + \frac{q}{4} u_i^4 \Big]
    + \sum_{i \in B} \Big[ \frac{a_i}{2} w_i^2 + \frac{b}{4} \sum_k w_{ik}^4
    + \frac{c}{2} \sum_{k<l} w_{ik}^2 w_{il}^2 \Big]
    - \frac{J}{2 N} \Big| \sum_{i = \mathrm{Ti}} \mathbf{w}_i \Big|^2 + \frac{K V_0}{2} \sum_{kl} \varepsilon_{kl}^2

u counts from the ideal sites, less its mean over the ions that are not B, and w from the middle between the centers of
the six O and of the eight Ba of a B; both are carried back to the undeformed cell. The strain is Green's: a rotation of
the whole costs nothing. The w of different B know of each other only by the last but one term, in which each Ti feels
the mean of all: mean-field theory is exact for a large box, and :func:`mean_field_temperature` tells where it orders.
The springs are anharmonic, so that the ions share their heat within a picosecond.
Units: eV, angstrom, K.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.dynamics.calculators.function_calculator import FunctionCalculator
from entrox.order import fit_lattice
from entrox.structure import build_perovskite

SPRING, TIN, TITANIUM, QUARTIC, CROSS, COUPLING, STIFFNESS = 6.0, 8.0, -6.0, 600.0, 1800.0, 9.0, 1.0
HARDENING = 600.0
SHARES = np.array([1.0 / 12.0] * 6 + [1.0 / 16.0] * 8)


def soft_mode_calculator(shape: list[int], coupling: float = COUPLING) -> FunctionCalculator:
    """Calculator of boxes that ``build_perovskite`` makes with this shape."""
    reference = build_perovskite("Ba", "Ti", tuple(shape), 4.0)
    scaled, cell = reference.get_scaled_positions(wrap=False), reference.cell.array.copy()
    found = fit_lattice(reference, shape=shape)
    cages = np.concatenate([found.b_x, found.b_a], axis=1)[np.argsort(found.b)]

    def answer(atoms: Atoms) -> ForceAnswer:
        return soft_mode_answer(atoms, scaled, cell, cages, coupling)

    return FunctionCalculator(answer)


def soft_mode_answer(
    atoms: Atoms, scaled: np.ndarray, cell: np.ndarray, cages: np.ndarray, coupling: float
) -> ForceAnswer:
    deformation = np.linalg.solve(cell, atoms.cell.array)
    back = np.linalg.inv(deformation)
    moved = (atoms.positions - scaled @ atoms.cell.array) @ back
    count = len(cages)
    on_b = np.arange(len(atoms)) // count == 1
    bound = moved - moved[~on_b].mean(axis=0)
    w = moved[on_b] - (SHARES[:, None] * moved[cages]).sum(axis=1)
    soft = (atoms.numbers[on_b] == 22)[:, None]
    own, squares = np.where(soft, TITANIUM, TIN), w**2
    others = squares.sum(axis=1, keepdims=True) - squares
    together = (w * soft).sum(axis=0)
    bound[on_b] = 0.0
    lengths = (bound**2).sum(axis=1, keepdims=True)
    energy = (0.5 * SPRING * lengths + 0.25 * HARDENING * lengths**2).sum()
    energy -= 0.5 * coupling / count * (together**2).sum()
    energy += (0.5 * own * squares + 0.25 * QUARTIC * squares**2 + 0.25 * CROSS * squares * others).sum()
    slope = (SPRING + HARDENING * lengths) * bound
    slope[~on_b] -= slope[~on_b].mean(axis=0)
    slope[on_b] = (own + QUARTIC * squares + CROSS * others) * w - coupling / count * soft * together
    np.add.at(slope, cages, -SHARES[:, None] * slope[on_b][:, None])
    strain = 0.5 * (deformation @ deformation.T - np.eye(3))
    volume = abs(np.linalg.det(cell))
    energy += 0.5 * STIFFNESS * volume * (strain**2).sum()
    derivative = STIFFNESS * volume * deformation.T @ strain @ deformation
    return ForceAnswer(float(energy), -slope @ back.T, voigt_of_strain_derivative(derivative, atoms.get_volume()))


def mean_field_temperature(titanium_share: float, coupling: float = COUPLING) -> float:
    """Temperature at which the disordered state of a large box becomes unstable: J c <w_z^2> = k_B T."""
    u = np.linspace(-0.5, 0.5, 81)
    x, y, z = np.meshgrid(u, u, u, indexing="ij")
    energy = 0.5 * TITANIUM * (x**2 + y**2 + z**2) + 0.25 * QUARTIC * (x**4 + y**4 + z**4)
    energy += 0.5 * CROSS * (x**2 * y**2 + y**2 * z**2 + x**2 * z**2)
    for temperature in np.arange(20.0, 600.0, 2.0):
        kt = BOLTZMANN_EV_PER_K * temperature
        weight = np.exp(-(energy - energy.min()) / kt)
        if titanium_share * coupling * (weight * z**2).sum() / weight.sum() < kt:
            return float(temperature)
    raise ValueError("no instability below 600 K")
