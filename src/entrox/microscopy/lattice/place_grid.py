"""Table from places of the lattice to columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PlaceGrid"]

Ints = NDArray[np.int64]


class PlaceGrid:
    """Which column holds a place.

    Parameters
    ----------
    place
        Place of each column, shape ``(n, 2)``.
    placed
        Columns that have one.
    """

    def __init__(self, place: Ints, placed: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(placed)
        self._low = place[rows].min(axis=0)
        self._table = np.full(place[rows].max(axis=0) - self._low + 1, -1, dtype=np.int64)
        self._table[tuple((place[rows] - self._low).T)] = rows

    def column(self, place: Ints) -> Ints:
        """Column at each place, -1 where there is none, shape ``(n,)``."""
        index = place - self._low
        inside = ((index >= 0) & (index < self._table.shape)).all(axis=1)
        index = np.where(inside[:, None], index, 0)
        return np.where(inside, self._table[index[:, 0], index[:, 1]], -1)

    def n_gaps(self) -> int:
        """Empty places that are surrounded by columns."""
        from scipy.ndimage import binary_fill_holes

        held = self._table >= 0
        return int((binary_fill_holes(held) & ~held).sum())
