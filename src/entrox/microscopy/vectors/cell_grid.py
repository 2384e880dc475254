"""Columns of one kind on the grid of their cells: rows of a table instead of a search for neighbors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["CellGrid", "cell_grid"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Which entry sits in which cell.

    Parameters
    ----------
    rows
        Entry of each cell, first index along a1, second along a2; -1 in gaps, shape ``(p, q)``.
    origin
        Cell of the corner of the grid, shape ``(2,)``.
    """

    rows: Ints
    origin: Ints

    def at(self, cells: Ints) -> Ints:
        """Entries of cells, shape ``(..., 2)`` to ``(...)``; -1 in gaps and outside the grid."""
        place = np.asarray(cells) - self.origin
        shape = np.array(self.rows.shape)
        inside = np.asarray(((place >= 0) & (place < shape)).all(axis=-1))
        held = np.where(inside[..., None], place, 0)
        return np.where(inside, self.rows[held[..., 0], held[..., 1]], -1)

    def spread(self, values: Floats) -> Floats:
        """Values of the entries, shape ``(entry, ...)``, on the grid, shape ``(p, q, ...)``; NaN in gaps."""
        array = np.asarray(values, dtype=float)
        filled = np.full((*self.rows.shape, *array.shape[1:]), np.nan)
        there = self.rows >= 0
        filled[there] = array[self.rows[there]]
        return filled


def cell_grid(cells: Ints, used: NDArray[np.bool_] | None = None) -> CellGrid:
    """Grid of the cells that are used; where two entries claim a cell, it is a gap.

    Parameters
    ----------
    cells
        Cell of each entry, shape ``(entry, 2)``.
    used
        Entries that count; all by default.

    Raises
    ------
    InputError
        If no entry is used.
    """
    numbers = np.arange(len(cells)) if used is None else np.flatnonzero(used)
    if not len(numbers):
        raise InputError("no column is left to put on the grid of cells: all are flagged or missing.")
    chosen = np.asarray(cells)[numbers]
    origin = chosen.min(axis=0)
    place = chosen - origin
    shape = tuple(int(n) for n in place.max(axis=0) + 1)
    rows = np.full(shape, -1, dtype=np.int64)
    claims = np.zeros(shape, dtype=np.int64)
    np.add.at(claims, (place[:, 0], place[:, 1]), 1)
    rows[place[:, 0], place[:, 1]] = numbers
    rows[claims > 1] = -1
    return CellGrid(rows=rows, origin=origin)
