"""Cells of a supercell given by an integer matrix, and the sites around each site.

Pseudo-cubic coordinates: the A site of cell n lies at n, its B site at n + 1/2, its X site k halfway between its B site
and that of n + e_k. Offsets below are those of the ideal sites. Pure functions of integer arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = [
    "A_B_OFFSETS",
    "A_X_OFFSETS",
    "B_A_OFFSETS",
    "B_X_OFFSETS",
    "NEIGHBOR_STEPS",
    "CellGrid",
    "cell_grid",
    "cell_neighbors",
    "site_tables",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = np.eye(3, dtype=np.int64)
NEIGHBOR_STEPS: Ints = np.array([sign * UNIT[k] for k in range(3) for sign in (1, -1)])
"""Steps to the six like neighbors: +x, -x, +y, -y, +z, -z."""
B_X_OFFSETS: Floats = NEIGHBOR_STEPS.astype(np.float64) / 2.0
"""From B to its six X, in the same order."""
_A_X_HALVES = [
    (k, [s if c == (k + 1) % 3 else t if c == (k + 2) % 3 else 0 for c in range(3)])
    for k in range(3)
    for s, t in product((1, -1), repeat=2)
]
A_X_OFFSETS: Floats = 0.5 * np.array([halves for _, halves in _A_X_HALVES])
"""From A to its twelve X: four each in the planes normal to x, y and z."""
B_A_OFFSETS: Floats = np.array(list(product((-0.5, 0.5), repeat=3)))
"""From B to its eight A."""
A_B_OFFSETS: Floats = B_A_OFFSETS
"""From A to its eight B."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Cells of a supercell: all integer vectors, those that differ by a row of the matrix being the same.

    Parameters
    ----------
    matrix
        Integer matrix of the supercell, shape ``(3, 3)``.
    triangle
        Upper triangular matrix with the same lattice of rows and a positive diagonal.
    cells
        One vector per cell in C order, shape ``(N, 3)``.
    """

    matrix: Ints
    triangle: Ints
    cells: Ints

    def index(self, vectors: Ints) -> Ints:
        """Cell of each integer vector, shapes ``(..., 3)`` and ``(...)``."""
        rest = [vectors[..., k].copy() for k in range(3)]
        upper = self.triangle
        for row in range(3):
            turns = rest[row] // upper[row, row]
            for column in range(row, 3):
                if upper[row, column]:
                    rest[column] -= turns * upper[row, column]
        flat: Ints = (rest[0] * upper[1, 1] + rest[1]) * upper[2, 2] + rest[2]
        return flat


def cell_grid(matrix: Ints) -> CellGrid:
    """Return the cells of a supercell with the integer matrix M.

    Examples
    --------
    >>> len(cell_grid(np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 2]])).cells)
    4
    """
    matrix = np.asarray(matrix, dtype=np.int64)
    if matrix.shape != (3, 3) or round(np.linalg.det(matrix)) == 0:
        raise InputError(f"matrix must be an integer 3 x 3 matrix with a determinant other than 0; got {matrix}.")
    upper = _row_triangle(matrix)
    cells = np.stack(np.meshgrid(*(np.arange(n) for n in upper.diagonal()), indexing="ij"), axis=-1).reshape(-1, 3)
    return CellGrid(matrix=matrix, triangle=upper, cells=cells)


def _row_triangle(matrix: Ints) -> Ints:
    """Hermite normal form: Euclid's algorithm on the rows, column by column."""
    rows = [[int(value) for value in row] for row in matrix]
    for column in range(3):
        while any(rows[i][column] for i in range(column + 1, 3)):
            pivot = min((i for i in range(column, 3) if rows[i][column]), key=lambda i: abs(rows[i][column]))
            rows[column], rows[pivot] = rows[pivot], rows[column]
            for i in range(column + 1, 3):
                turns = rows[i][column] // rows[column][column]
                rows[i] = [x - turns * y for x, y in zip(rows[i], rows[column], strict=True)]
        if rows[column][column] < 0:
            rows[column] = [-x for x in rows[column]]
        for i in range(column):
            turns = rows[i][column] // rows[column][column]
            rows[i] = [x - turns * y for x, y in zip(rows[i], rows[column], strict=True)]
    return np.array(rows, dtype=np.int64)


def cell_neighbors(grid: CellGrid) -> Ints:
    """Cells of the six like neighbors of every cell, shape ``(N, 6)``."""
    return np.stack([grid.index(grid.cells + step) for step in NEIGHBOR_STEPS], axis=1)


def site_tables(grid: CellGrid, a: Ints, b: Ints, x: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Atoms around every A and B site.

    Parameters
    ----------
    grid
        Cells.
    a, b, x
        Atom on each site, shapes ``(N,)``, ``(N,)``, ``(N, 3)``; -1 where there is none.

    Returns
    -------
    a_x, b_x, b_a, a_b
        Shapes ``(N, 12)``, ``(N, 6)``, ``(N, 8)``, ``(N, 8)``, in the order of the offsets of this module.
    """
    cells = grid.cells
    around_b = [x[grid.index(cells if sign > 0 else cells - UNIT[k]), k] for k in range(3) for sign in (1, -1)]
    # X site k of cell m lies at m + 1/2 + e_k/2: for an offset of the plane normal to k this is an integer along k
    around_a = [
        x[grid.index(cells + np.array([-1 if c == k else (h - 1) // 2 for c, h in enumerate(halves)])), k]
        for k, halves in _A_X_HALVES
    ]
    b_a = [a[grid.index(cells + (offset + 0.5).astype(np.int64))] for offset in B_A_OFFSETS]
    a_b = [b[grid.index(cells + (offset - 0.5).astype(np.int64))] for offset in A_B_OFFSETS]
    a_x, b_x, b_a_table, a_b_table = (np.stack(c, axis=1) for c in (around_a, around_b, b_a, a_b))
    return a_x, b_x, b_a_table, a_b_table
