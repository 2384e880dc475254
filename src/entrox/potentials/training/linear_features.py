"""Sums of pair functions: what a model that is linear in its coefficients multiplies, and what it answers.

Pure functions. Units: eV, eV/angstrom, angstrom; coefficients in eV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PairBasis", "PairFeatures", "pair_features", "pair_sums"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PairBasis:
    """Bell-shaped functions of the distance for every pair of elements, faded out to a cutoff.

    Terms: one constant for each element, then ``n_radial`` functions for each unordered pair of elements.
    """

    elements: tuple[str, ...]
    cutoff_angstrom: float
    shortest_angstrom: float
    n_radial: int

    @property
    def n_terms(self) -> int:
        """Number of coefficients."""
        n = len(self.elements)
        return n + n * (n + 1) // 2 * self.n_radial

    def functions(self, distance: Floats) -> tuple[Floats, Floats]:
        """Values and slopes of the functions, both of shape ``(n_radial, n_pairs)``."""
        step = (self.cutoff_angstrom - self.shortest_angstrom) / self.n_radial
        away = (distance - (self.shortest_angstrom + step * np.arange(self.n_radial)[:, None])) / step
        bell = np.exp(-0.5 * away**2)
        inside = 1.0 - (distance / self.cutoff_angstrom) ** 2
        window, window_slope = inside**3, -6.0 * distance / self.cutoff_angstrom**2 * inside**2
        return bell * window, bell * (window_slope - away / step * window)


@dataclass(frozen=True)
class PairFeatures:
    """Energy, forces and virial of every term of a basis with the coefficient one.

    Shapes ``(n_terms,)``, ``(n_atoms, 3, n_terms)`` and ``(3, 3, n_terms)``.
    """

    energy: Floats
    forces: Floats
    virial: Floats


def pair_features(basis: PairBasis, atoms: Atoms) -> PairFeatures:
    """Terms of a basis for one structure.

    Raises
    ------
    InputError
        If the structure has an element that the basis lacks.
    """
    kinds = _kinds(basis, atoms)
    first, second, vectors = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, basis.cutoff_angstrom)
    distance = np.linalg.norm(vectors, axis=1)
    values, slopes = basis.functions(distance)
    pair_kind, n_kinds = _pair_kinds(kinds[first], kinds[second], len(basis.elements))
    n_atoms, n_elements = len(atoms), len(basis.elements)

    def summed(weights: Floats, owner: Ints | int, n_owners: int) -> Floats:
        """Sum over pairs of each owner and kind, shape ``(n_owners, n_kinds, n_radial)``."""
        place = owner * n_kinds + pair_kind
        sums = [np.asarray(np.bincount(place, row, n_owners * n_kinds), dtype=float) for row in weights]
        return np.stack(sums, axis=-1).reshape(n_owners, n_kinds, basis.n_radial)

    direction = vectors / distance[:, None]
    energy = np.zeros(basis.n_terms)
    forces, virial = np.zeros((n_atoms, 3, basis.n_terms)), np.zeros((3, 3, basis.n_terms))
    energy[:n_elements] = np.bincount(kinds, minlength=n_elements)
    # each pair is listed from both ends
    energy[n_elements:] = 0.5 * summed(values, 0, 1).ravel()
    for x in range(3):
        forces[:, x, n_elements:] = summed(slopes * direction[:, x], first, n_atoms).reshape(n_atoms, -1)
        for y in range(x, 3):
            virial[x, y, n_elements:] = -0.5 * summed(slopes * direction[:, x] * vectors[:, y], 0, 1).ravel()
            virial[y, x] = virial[x, y]
    return PairFeatures(energy, forces, virial)


def pair_sums(basis: PairBasis, atoms: Atoms, coefficients: Floats) -> tuple[Floats, Floats, Floats]:
    """Energy, forces and virial of models: :func:`pair_features` times the coefficients, several times faster.

    Parameters
    ----------
    basis, atoms
        Terms and structure.
    coefficients
        Shape ``(n_models, n_terms)``.

    Returns
    -------
    tuple of numpy.ndarray
        Shapes ``(n_models,)``, ``(n_models, n_atoms, 3)`` and ``(n_models, 3, 3)``.

    Raises
    ------
    InputError
        If the structure has an element that the basis lacks.
    """
    kinds = _kinds(basis, atoms)
    first, second, vectors = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, basis.cutoff_angstrom)
    distance = np.linalg.norm(vectors, axis=1)
    values, slopes = basis.functions(distance)
    n_elements = len(basis.elements)
    pair_kind, n_kinds = _pair_kinds(kinds[first], kinds[second], n_elements)
    constants = coefficients[:, :n_elements]
    of_pairs = coefficients[:, n_elements:].reshape(-1, n_kinds, basis.n_radial)
    energy, forces, virial = [], [], []
    for constant, of_kind in zip(constants, of_pairs, strict=True):
        of_pair = of_kind.T[:, pair_kind]
        pull = ((of_pair * slopes).sum(axis=0) / distance)[:, None] * vectors
        energy.append(constant[kinds].sum() + 0.5 * (of_pair * values).sum())
        forces.append(np.stack([np.bincount(first, pull[:, x], len(atoms)) for x in range(3)], axis=1))
        virial.append(-0.5 * pull.T @ vectors)
    return np.array(energy), np.array(forces), np.array(virial)


def _kinds(basis: PairBasis, atoms: Atoms) -> Ints:
    symbols = atoms.get_chemical_symbols()
    if unknown := sorted(set(symbols) - set(basis.elements)):
        raise InputError(f"the model knows {', '.join(basis.elements)}; the structure also has {', '.join(unknown)}.")
    return np.array([basis.elements.index(symbol) for symbol in symbols], dtype=np.int64)


def _pair_kinds(one: Ints, other: Ints, n_elements: int) -> tuple[Ints, int]:
    """Number the unordered pairs of elements."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return low * n_elements - low * (low - 1) // 2 + (high - low), n_elements * (n_elements + 1) // 2
