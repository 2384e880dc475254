r"""A toy force field of perovskites with the elements Ba, Ca, Ti, Sn, O: fast, smooth, and no material.

Every pair of atoms repels by its radii and interacts by reduced ionic charges, both faded out at a cutoff,

.. math:: \phi_{ij}(r) = \left[ A\, e^{(R_i + R_j - r) / \rho}
    + \frac{e^2}{4 \pi \varepsilon_0} \frac{z_i z_j}{r} \right] \left( 1 - \frac{r^2}{r_c^2} \right)^3 .

The charges pull B ions out of their cages and the repulsion holds them: soft, anharmonic, polar cells, softer for Ti
than for Sn, without wells of their own. The numbers were chosen so that BaTiO3 is a bound cubic crystal with an edge of
4.0 angstrom and stays one in molecular dynamics up to 500 K; they describe no oxide. Tests learn from it in
milliseconds.
Units: eV, eV/angstrom, eV/angstrom3, angstrom, e.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.units import COULOMB_EV_ANGSTROM
from entrox.dynamics.calculators.answers import ForceAnswer, voigt_of_strain_derivative
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["TOY_ELEMENTS", "toy_answer", "toy_calculator"]

Floats = NDArray[np.float64]

TOY_ELEMENTS = ("Ba", "Ca", "Ti", "Sn", "O")
RADII_ANGSTROM: Mapping[str, float] = {"Ba": 1.36, "Ca": 1.31, "Ti": 0.70, "Sn": 0.76, "O": 1.34}
CHARGES_E: Mapping[str, float] = {"Ba": 1.0, "Ca": 1.0, "Ti": 2.0, "Sn": 2.0, "O": -1.0}
REPULSION_EV, DECAY_ANGSTROM, CUTOFF_ANGSTROM = 0.35, 0.22, 6.0


def toy_answer(atoms: Atoms) -> ForceAnswer:
    """Energy, forces and, of a periodic structure, stress of the toy force field.

    Raises
    ------
    InputError
        If the structure has another element than :data:`TOY_ELEMENTS`.
    """
    symbols = atoms.get_chemical_symbols()
    if unknown := sorted(set(symbols) - set(TOY_ELEMENTS)):
        raise InputError(
            f"the toy force field knows {', '.join(TOY_ELEMENTS)}; the structure also has {', '.join(unknown)}."
        )
    radii = np.array([RADII_ANGSTROM[symbol] for symbol in symbols])
    charges = np.array([CHARGES_E[symbol] for symbol in symbols])
    first, second, vectors = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, CUTOFF_ANGSTROM)
    distance = np.linalg.norm(vectors, axis=1)
    energy, slope = _pair_law(distance, radii[first] + radii[second], charges[first] * charges[second])
    pull = (slope / distance)[:, None] * vectors
    forces: Floats = np.stack([np.bincount(first, pull[:, axis], len(atoms)) for axis in range(3)], axis=1)
    # each pair is listed from both ends
    stress = voigt_of_strain_derivative(0.5 * pull.T @ vectors, atoms.get_volume()) if atoms.pbc.all() else None
    return ForceAnswer(0.5 * float(energy.sum()), forces, stress)


def _pair_law(distance: Floats, contact: Floats, charge_product: Floats) -> tuple[Floats, Floats]:
    """Return energy and slope of pairs at their distances; ``contact`` is the sum of the two radii."""
    repulsion = REPULSION_EV * np.exp((contact - distance) / DECAY_ANGSTROM)
    coulomb = COULOMB_EV_ANGSTROM * charge_product / distance
    bare, bare_slope = repulsion + coulomb, -repulsion / DECAY_ANGSTROM - coulomb / distance
    inside = 1.0 - (distance / CUTOFF_ANGSTROM) ** 2
    window, window_slope = inside**3, -6.0 * distance / CUTOFF_ANGSTROM**2 * inside**2
    return bare * window, bare_slope * window + bare * window_slope


def toy_calculator() -> Calculator:
    """Return the toy force field as a calculator of ASE, with energy, forces and stress."""
    from entrox.dynamics.calculators.function_calculator import FunctionCalculator

    return FunctionCalculator(toy_answer)
