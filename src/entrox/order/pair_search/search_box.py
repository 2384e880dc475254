"""The box in which pairs are sought: periodic in every direction, divided into cells.

Along a direction that is not periodic the box is as long as the atoms need, and the cutoff longer, so that nothing
meets across its faces. Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_shape

__all__ = ["SearchBox", "cell_widths", "search_box"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ATOMS_PER_CELL = 4
"""Fewer atoms in a cell than this are not worth the loop over it."""
MOST_CELLS_ACROSS = 400
"""Cells across a cutoff; more means a cell so flat that it should be repeated or reduced first."""


@dataclass(frozen=True, eq=False)
class SearchBox:
    """Atoms in a periodic box.

    Parameters
    ----------
    scaled
        Coordinates in [0, 1), shape ``(n, 3)``.
    box
        Vectors in rows [angstrom], shape ``(3, 3)``.
    wraps
        Cells by which each atom was moved into the box, shape ``(n, 3)``.
    shape, reach
        Number of cells along each vector, and how many of them the cutoff reaches across.
    """

    scaled: Floats
    box: Floats
    wraps: Ints
    shape: Ints
    reach: Ints

    def half_steps(self, cutoff_angstrom: float) -> Ints:
        """Steps from a cell to itself and to half of those within a cutoff; the other half meets the same pairs.

        Returns
        -------
        numpy.ndarray
            Shape ``(n, 3)``, (0, 0, 0) first.
        """
        ranges = [np.arange(0 if axis == 0 else -reach, reach + 1) for axis, reach in enumerate(self.reach)]
        steps = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
        ahead = (steps[:, 0] > 0) | (steps[:, 1] > 0) | ((steps[:, 1] == 0) & (steps[:, 2] >= 0))
        steps = steps[ahead & ~((steps[:, 0] == 0) & (steps[:, 1] < 0))]
        edges = self.box / self.shape[:, None]
        # two points of cells a step apart differ from it by a vector inside a cell on either side
        corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ edges
        lengths = np.linalg.norm(steps @ edges, axis=1) - float(np.linalg.norm(corners, axis=1).max())
        if np.allclose(edges @ edges.T, np.diag(np.diag(edges @ edges.T)), atol=1e-9 * float(np.abs(edges).max()) ** 2):
            lengths = np.linalg.norm(np.maximum(np.abs(steps) - 1, 0) @ np.abs(edges), axis=1)
        steps = steps[lengths <= cutoff_angstrom * (1.0 + 1e-9) + 1e-9]
        return np.ascontiguousarray(steps[np.argsort(np.abs(steps).sum(axis=1), kind="stable")], dtype=np.int64)


def cell_widths(box: ArrayLike) -> Floats:
    """Distances between opposite faces of a cell [angstrom], shape ``(3,)``.

    Parameters
    ----------
    box
        Vectors in rows [angstrom], shape ``(3, 3)``.

    Examples
    --------
    >>> cell_widths([[2.0, 0.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 4.0]]).round(4).tolist()
    [1.8974, 3.0, 4.0]
    """
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(np.asarray(box, dtype=float)), axis=0))


def search_box(
    positions: ArrayLike,
    cell: ArrayLike,
    pbc: ArrayLike,
    cutoff_angstrom: float,
    cells_per_cutoff: int = 1,
) -> SearchBox:
    """Put atoms into a periodic box that serves a cutoff.

    Parameters
    ----------
    positions
        Shape ``(n, 3)``, n > 0, anywhere in space [angstrom].
    cell, pbc
        Cell vectors in rows [angstrom]; which of them are periods. Rows that are not may be zero.
    cutoff_angstrom
        Longest distance.
    cells_per_cutoff
        Cells across the cutoff, where atoms are many.

    Raises
    ------
    InputError
        If there are no atoms, positions or cell are not finite, the periods span no volume, or the cell is too flat.
    """
    places = check_shape(positions, (None, 3), "positions")
    if len(places) == 0:
        raise InputError("a pair search needs at least one atom; got none.")
    box, origin = _closed_box(places, check_shape(cell, (3, 3), "cell"), np.asarray(pbc, dtype=bool), cutoff_angstrom)
    scaled = (places - origin) @ np.linalg.inv(box)
    wraps = np.floor(scaled)
    scaled -= wraps
    # a coordinate just below zero may round to one
    over = scaled >= 1.0
    scaled[over] = 0.0
    wraps[over] += 1.0
    widths = cell_widths(box)
    shape = np.maximum(1, np.floor(cells_per_cutoff * widths / cutoff_angstrom)).astype(np.int64)
    crowded = (len(places) / ATOMS_PER_CELL / shape.prod()) ** (1.0 / 3.0)
    if crowded < 1.0:
        shape = np.maximum(1, np.floor(shape * crowded)).astype(np.int64)
    # a distance along the normal of up to the cutoff ends at most this many cells away
    reach = np.ceil(cutoff_angstrom * shape / widths * (1.0 + 1e-12)).astype(np.int64)
    if reach.max() > MOST_CELLS_ACROSS:
        raise InputError(
            f"{cutoff_angstrom:g} angstrom reach across {reach.max()} cells of width {widths.min():.3g} angstrom. Take "
            "a smaller cutoff, or check the cell."
        )
    return SearchBox(scaled, box, wraps.astype(np.int64), shape, reach)


def _closed_box(places: Floats, cell: Floats, pbc: NDArray[np.bool_], cutoff: float) -> tuple[Floats, Floats]:
    """Box whose open directions are as long as the atoms and the cutoff need, and its lower corner."""
    periods = cell[pbc]
    if len(periods) and np.linalg.matrix_rank(periods) < len(periods):
        raise InputError(f"the periods of the cell span no volume; got {periods.tolist()} [angstrom].")
    if pbc.all():
        return cell.copy(), np.zeros(3)
    # unit vectors normal to all periods and to each other
    normals = np.linalg.svd(periods, full_matrices=True)[2][len(periods) :] if len(periods) else np.eye(3)
    along = places @ normals.T
    low, span = along.min(axis=0), along.max(axis=0) - along.min(axis=0)
    box = np.empty((3, 3))
    box[pbc] = periods
    box[~pbc] = normals * (span + 1.001 * cutoff + 1e-6)[:, None]
    return box, np.asarray(low @ normals)
