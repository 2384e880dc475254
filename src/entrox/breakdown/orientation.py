"""Turning a crystal so that a family of its planes lies across the field.

The same crystal in another primitive basis: two vectors in the plane (hkl) and one that leads to the next plane. No
layer is repeated or shifted, so every distance and every coordination stays what it was.
Units: angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["TurnedCrystal", "turned_crystal"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TurnedCrystal:
    """A crystal whose first two cell vectors lie in the plane z = 0.

    Parameters
    ----------
    cell
        Lower triangular, rows are vectors, shape ``(3, 3)`` [angstrom].
    positions
        Shape ``(n_atoms, 3)`` [angstrom].
    symbols
        Chemical symbols.
    """

    cell: Floats
    positions: Floats
    symbols: tuple[str, ...]


def turned_crystal(atoms: Atoms, miller: tuple[int, int, int]) -> TurnedCrystal:
    """Return ``atoms`` in a basis whose first two vectors span the planes (hkl).

    Parameters
    ----------
    atoms
        Three-dimensional crystal.
    miller
        Miller indices in the cell of ``atoms``; a common divisor is taken out.

    Raises
    ------
    InputError
        If the indices are not three whole numbers, all zero, or the cell has no volume.
    """
    if len(miller) != 3 or not any(miller) or any(int(index) != index for index in miller):
        raise InputError(f"miller must be three whole numbers, not all zero; got {miller!r}.")
    cell = np.array(atoms.cell[:], dtype=float)
    if abs(np.linalg.det(cell)) < 1e-6:
        raise InputError("atoms must be a crystal with three cell vectors; the given cell has no volume.")
    indices = np.array(miller, dtype=np.int64) // int(np.gcd.reduce(np.abs(miller)))
    basis = _plane_basis(cell, indices)
    vectors = basis @ cell
    # Gram-Schmidt: x along the first vector, z along the normal of the planes.
    x = vectors[0] / np.linalg.norm(vectors[0])
    z = np.cross(vectors[0], vectors[1])
    z /= np.linalg.norm(z)
    axes = np.stack([x, np.cross(z, x), z])
    turned = vectors @ axes.T
    turned[np.abs(turned) < 1e-12] = 0.0
    fractional = atoms.get_scaled_positions(wrap=True) @ np.linalg.inv(basis)
    fractional = (fractional + 1e-9) % 1.0 - 1e-9
    return TurnedCrystal(cell=turned, positions=fractional @ turned, symbols=tuple(atoms.get_chemical_symbols()))


def _plane_basis(cell: Floats, indices: Ints) -> Ints:
    """Unimodular basis, shape ``(3, 3)``: the two shortest lattice vectors in the plane, and the shortest step out."""
    reach = int(np.abs(indices).max()) + 2
    axis = np.arange(-reach, reach + 1)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(grid @ cell, axis=1)
    order = np.lexsort((*grid.T, lengths.round(9)))
    grid = grid[order]
    steps = grid @ indices
    flat = grid[(steps == 0) & grid.any(axis=1)]
    first = flat[0]
    # Two vectors are a basis of the plane's lattice if their cross product is the primitive normal.
    second = next(v for v in flat[1:] if np.array_equal(np.abs(np.cross(first, v)), np.abs(indices)))
    third = grid[steps == 1][0]
    basis = np.stack([first, second, third])
    if np.linalg.det(basis) < 0:
        basis[1] = -basis[1]
    return basis.astype(np.int64)
