r"""Bond-orientational order of a sublattice: how alike the directions to the neighbors are from atom to atom.

.. math:: q_{lm}(i) = \frac1{N_i} \sum_j Y_{lm}(\hat r_{ij}), \quad
    \bar q_{lm}(i) = \frac1{N_i + 1} \Big( q_{lm}(i) + \sum_j q_{lm}(j) \Big), \quad
    \bar q_l = \sqrt{\frac{4 \pi}{2 l + 1} \sum_m |\bar q_{lm}|^2}

The mean over the neighbors makes the measure of a crystal and that of a liquid differ by more than both scatter.
P. J. Steinhardt, D. R. Nelson and M. Ronchetti, Phys. Rev. B 28, 784 (1983); W. Lechner and C. Dellago, J. Chem. Phys.
129, 114707 (2008). Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import lpmv

from entrox.core import InputError, check_integer, check_positive
from entrox.order.pair_search import PairList, pair_list

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["bond_order", "sublattice_atoms"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def sublattice_atoms(atoms: Atoms, elements: Sequence[str] | None) -> Atoms:
    """Return the atoms of some elements as one kind, ``X``, in the same cell.

    Raises
    ------
    InputError
        If none of them is there.
    """
    from ase import Atoms as Structure

    symbols = np.array(atoms.get_chemical_symbols())
    kept = np.ones(len(symbols), dtype=bool) if elements is None else np.isin(symbols, list(elements))
    if not kept.any():
        raise InputError(f"the structure holds none of {', '.join(elements or ())}; it has {sorted(set(symbols))}.")
    return Structure(f"X{int(kept.sum())}", positions=atoms.positions[kept], cell=atoms.cell, pbc=atoms.pbc)


def bond_order(
    atoms: Atoms,
    cutoff_angstrom: float,
    elements: Sequence[str] | None = None,
    degree: int = 6,
    *,
    averaged: bool = True,
) -> Floats:
    """Bond-orientational order of every atom of a sublattice.

    Parameters
    ----------
    atoms
        Structure in any cell.
    cutoff_angstrom
        Longest distance of neighbors, images included.
    elements
        Elements of the sublattice, taken as one kind; all by default.
    degree
        l, even.
    averaged
        Over the neighbors; otherwise each atom by itself.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_sublattice,)``, NaN for atoms without neighbors.

    Raises
    ------
    InputError
        If the degree is odd, the cutoff not positive, or no element is there.

    Examples
    --------
    >>> from ase.build import bulk
    >>> bond_order(bulk("Cu"), 3.0).round(5).tolist(), bond_order(bulk("Po", "sc", a=3.3), 3.5).round(5).tolist()
    ([0.57452], [0.35355])
    """
    check_positive(cutoff_angstrom, "cutoff_angstrom", "angstrom")
    check_integer(degree, "degree", low=2)
    if degree % 2:
        raise InputError(f"degree must be even, as a bond has no sense of direction; got {degree}.")
    chosen = sublattice_atoms(atoms, elements)
    pairs = pair_list(chosen, cutoff_angstrom)
    numbers = pairs.numbers()
    harmonics = _harmonics(pairs.vectors(chosen.positions, np.asarray(chosen.cell)), degree)
    with np.errstate(invalid="ignore", divide="ignore"):
        q = _gathered(pairs, harmonics, harmonics) / numbers[:, None]
    if averaged:
        known = np.nan_to_num(q)
        q = (q + _gathered(pairs, known[pairs.second], known[pairs.first])) / (numbers + 1.0)[:, None]
    # m and -m have the same modulus
    squares = np.abs(q[:, 0]) ** 2 + 2.0 * (np.abs(q[:, 1:]) ** 2).sum(axis=1)
    return np.asarray(np.sqrt(4.0 * np.pi / (2.0 * degree + 1.0) * squares))


def _harmonics(vectors: Floats, degree: int) -> Complexes:
    """Spherical harmonics for m = 0 ... l, shape ``(n, l + 1)``, without the sign of Condon and Shortley."""
    length = np.linalg.norm(vectors, axis=1)
    cosine, azimuth = vectors[:, 2] / length, np.arctan2(vectors[:, 1], vectors[:, 0])
    columns = []
    for m in range(degree + 1):
        norm = np.sqrt((2 * degree + 1) / (4.0 * np.pi) * factorial(degree - m) / factorial(degree + m))
        columns.append(norm * lpmv(m, degree, cosine) * np.exp(1j * m * azimuth))
    return np.stack(columns, axis=1)


def _gathered(pairs: PairList, to_first: Complexes, to_second: Complexes) -> Complexes:
    """Sums over the pairs of every atom, shape ``(n_atoms, n)``."""
    sums = np.zeros((pairs.n_atoms, to_first.shape[1]), dtype=np.complex128)
    for ends, values in ((pairs.first, to_first), (pairs.second, to_second)):
        for m in range(values.shape[1]):
            sums[:, m] += np.bincount(ends, values[:, m].real, pairs.n_atoms)
            sums[:, m] += 1j * np.bincount(ends, values[:, m].imag, pairs.n_atoms)
    return sums
