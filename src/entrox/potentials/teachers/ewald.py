r"""Coulomb energy of point charges in a periodic cell, by Ewald's sums.

.. math:: E = \frac{k_e}{2} {\sum}' q_i q_j \frac{\operatorname{erfc}(\alpha r)}{r}
    + \frac{2 \pi k_e}{V} \sum_{k \ne 0} \frac{e^{-k^2 / 4 \alpha^2}}{k^2} \Bigl| \sum_i q_i e^{i k r_i} \Bigr|^2
    - \frac{k_e \alpha}{\sqrt \pi} \sum_i q_i^2

with :math:`k_e = e^2 / 4 \pi \varepsilon_0`; both sums go as far as ``ACCURACY`` asks. P. P. Ewald, Ann. Phys. 369, 253
(1921). Conducting surroundings: no energy of the surface.
Units: eV, angstrom, e.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from entrox.core import InputError, check_shape
from entrox.core.units import COULOMB_EV_ANGSTROM
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

__all__ = ["EwaldSplit", "coulomb_energy", "reciprocal_part", "screened_coulomb"]

Floats = NDArray[np.float64]

ACCURACY = 1e-11
LARGEST_CHARGE_E = 1e-9


@dataclass(frozen=True)
class EwaldSplit:
    """How the sum is split: screening [1/angstrom], cutoff in space, and half of the reciprocal vectors, ``(n, 3)``."""

    alpha: float
    cutoff_angstrom: float
    vectors: Floats

    @classmethod
    def of_cell(cls, cell: Floats, cutoff_angstrom: float) -> EwaldSplit:
        """Return the split of a cell for a cutoff of the sum in space."""
        depth = math.sqrt(-math.log(ACCURACY))
        alpha = depth / cutoff_angstrom
        return cls(alpha, cutoff_angstrom, _half_of_reciprocal_vectors(cell, 2.0 * depth * alpha))


def _half_of_reciprocal_vectors(cell: Floats, longest: float) -> Floats:
    """Return one of each pair k, -k of reciprocal vectors up to a length, without zero."""
    reciprocal = 2.0 * math.pi * np.linalg.inv(cell).T
    reach = np.floor(longest * np.linalg.norm(cell, axis=1) / (2.0 * math.pi)).astype(int)
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    first = np.where(steps[:, 0] != 0, steps[:, 0], np.where(steps[:, 1] != 0, steps[:, 1], steps[:, 2]))
    vectors: Floats = steps[first > 0] @ reciprocal
    return np.asarray(vectors[np.linalg.norm(vectors, axis=1) <= longest])


def screened_coulomb(distance: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Energy of two unit charges that are screened by Gaussians, and its slope [eV/e2, eV/(e2 angstrom)]."""
    energy = COULOMB_EV_ANGSTROM * erfc(alpha * distance) / distance
    gaussian = COULOMB_EV_ANGSTROM * 2.0 * alpha / math.sqrt(math.pi) * np.exp(-((alpha * distance) ** 2))
    return energy, -(energy + gaussian) / distance


def reciprocal_part(
    positions: Floats, charges: Floats, split: EwaldSplit, volume_angstrom3: float
) -> tuple[float, Floats, Floats]:
    """Sum over reciprocal vectors: energy, gradient by the positions, derivative by strain [eV]."""
    square = np.einsum("ka,ka->k", split.vectors, split.vectors)
    weight = 4.0 * math.pi * COULOMB_EV_ANGSTROM / volume_angstrom3 * np.exp(-square / (4.0 * split.alpha**2)) / square
    phase = positions @ split.vectors.T
    cosine, sine = np.cos(phase), np.sin(phase)
    even, odd = charges @ cosine, charges @ sine
    energies = weight * (even**2 + odd**2)
    slope = 2.0 * charges[:, None] * (cosine * (weight * odd) - sine * (weight * even))
    stretch = 2.0 * energies * (1.0 / square + 1.0 / (4.0 * split.alpha**2))
    energy = float(energies.sum())
    derivative = np.einsum("k,ka,kb->ab", stretch, split.vectors, split.vectors) - energy * np.eye(3)
    return energy, slope @ split.vectors, derivative


def coulomb_energy(positions: ArrayLike, charges_e: ArrayLike, cell: ArrayLike, cutoff_angstrom: float = 8.0) -> float:
    """Coulomb energy of a periodic cell of point charges.

    Parameters
    ----------
    positions, charges_e, cell
        Shapes ``(n, 3)``, ``(n,)`` and ``(3, 3)``, cell vectors as rows.
    cutoff_angstrom
        Where the sum in space ends; the value does not depend on it.

    Raises
    ------
    InputError
        If the cell is not neutral.

    Examples
    --------
    Rock salt with unit charges 1 angstrom apart has Madelung's constant, 1.7476:

    >>> corners = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    >>> energy = coulomb_energy(corners, [1, 1, 1, 1, -1, -1, -1, -1], [[2, 0, 0], [0, 2, 0], [0, 0, 2]])
    >>> round(-energy / 4 / COULOMB_EV_ANGSTROM, 6)
    1.747565
    """
    charges = np.asarray(charges_e, dtype=float)
    places = check_shape(positions, (len(charges), 3), "positions")
    vectors = check_shape(cell, (3, 3), "cell")
    check_neutral(charges)
    split = EwaldSplit.of_cell(vectors, cutoff_angstrom)
    first, second, ways = periodic_pairs(places, vectors, np.ones(3, dtype=bool), cutoff_angstrom)
    energies, _ = screened_coulomb(np.linalg.norm(ways, axis=1), split.alpha)
    in_space = 0.5 * float(charges[first] * charges[second] @ energies)
    reciprocal, _, _ = reciprocal_part(places, charges, split, abs(float(np.linalg.det(vectors))))
    return in_space + reciprocal - self_energy(charges, split)


def self_energy(charges: Floats, split: EwaldSplit) -> float:
    """Energy of the charges with their own Gaussians, which the reciprocal sum counts."""
    return float(COULOMB_EV_ANGSTROM * split.alpha / math.sqrt(math.pi) * (charges @ charges))


def check_neutral(charges: Floats) -> None:
    """Raise InputError unless the charges sum to zero."""
    total = float(charges.sum())
    if abs(total) > LARGEST_CHARGE_E * max(1.0, float(np.abs(charges).sum())):
        raise InputError(f"a periodic cell of charges must be neutral; got a charge of {total:+.6g} e.")
