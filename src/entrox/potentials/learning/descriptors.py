r"""What a frame looks like, in numbers that do not change when it is moved or rotated.

The neighbors of element b around an atom are summed by the environment rows of the Deep Potential,

.. math:: q_0 = \sum_j s(r_j), \quad q_1 = \Big| \sum_j s(r_j) \hat r_j \Big|, \quad
    q_2 = \Big| \sum_j s(r_j) (\hat r_j \hat r_j^T - \tfrac{1}{3}) \Big|,

s = 1/r, faded out to a cutoff: how crowded, how far off its center, how stretched. The descriptor holds mean and
standard deviation of the three over the atoms of each element a.
Pure functions. Units: angstrom; descriptors in 1/angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["SMOOTH_FROM_ANGSTROM", "descriptor_length", "environment_descriptor", "smooth_inverse"]

Floats = NDArray[np.float64]

SMOOTH_FROM_ANGSTROM = 0.5


def smooth_inverse(distance: Floats, smooth_from: float, cutoff: float) -> Floats:
    """1/r up to ``smooth_from``, then faded out to zero at the cutoff with two continuous derivatives [1/angstrom].

    Zhang et al., NeurIPS 2018, arXiv:1805.09003, with the polynomial of DeePMD-kit.
    """
    u = np.clip((distance - smooth_from) / (cutoff - smooth_from), 0.0, 1.0)
    return np.asarray((u**3 * (-6.0 * u**2 + 15.0 * u - 10.0) + 1.0) / distance)


def descriptor_length(elements: Sequence[str]) -> int:
    """Number of entries of a descriptor: three sums, mean and standard deviation, for each ordered pair of elements."""
    return 6 * len(elements) ** 2


def environment_descriptor(atoms: Atoms, elements: Sequence[str], cutoff_angstrom: float = 6.0) -> Floats:
    """Descriptor of a frame.

    Parameters
    ----------
    atoms
        Structure.
    elements
        Elements that any frame of the set may have; they fix the order of the entries.
    cutoff_angstrom
        Range of the neighbors.

    Returns
    -------
    numpy.ndarray
        Shape ``(descriptor_length(elements),)`` [1/angstrom]; zeros for elements that the frame lacks.

    Raises
    ------
    InputError
        If the frame has another element.
    """
    symbols = atoms.get_chemical_symbols()
    if unknown := sorted(set(symbols) - set(elements)):
        raise InputError(f"the descriptor was made for {', '.join(elements)}; the frame has {', '.join(unknown)}.")
    kinds = np.array([elements.index(symbol) for symbol in symbols])
    first, second, vectors = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, cutoff_angstrom)
    distance = np.linalg.norm(vectors, axis=1)
    weight = smooth_inverse(distance, SMOOTH_FROM_ANGSTROM, cutoff_angstrom)
    direction = vectors / distance[:, None]
    n_elements = len(elements)
    place = first * n_elements + kinds[second]

    def summed(values: Floats) -> Floats:
        total = np.bincount(place, values, len(atoms) * n_elements)
        return np.asarray(total, dtype=float).reshape(len(atoms), n_elements)

    vector = np.stack([summed(weight * direction[:, k]) for k in range(3)])
    tensor = np.stack([summed(weight * (direction[:, k] * direction[:, m] - (k == m) / 3.0))
                       for k in range(3) for m in range(3)])  # fmt: skip
    rows = np.stack([summed(weight), np.linalg.norm(vector, axis=0), np.linalg.norm(tensor, axis=0)], axis=2)
    found = np.zeros((n_elements, 2, n_elements, 3))
    for kind in np.unique(kinds):
        of_kind = rows[kinds == kind]
        found[kind] = of_kind.mean(axis=0), of_kind.std(axis=0)
    return found.ravel()
