"""Neighbors in any periodic box: linked cells of fixed capacity, walked in the same runs as the table of crystals.

Pure functions of arrays. Slower than :mod:`neighbor_table`, because cells around a sphere hold more than the sphere and
places stay empty; correct for every box and for atoms that wander.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.padded_box import WHOLE_VECTOR, PaddedBox, Runs, empty_box, joined_runs

__all__ = ["cell_counts", "linked_cells"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ATOMS_PER_CELL = 5.0
PLACES_PER_ATOM = 1.3
ROUNDING_ANGSTROM = 1.0e-6


def cell_counts(cell: Floats, n_atoms: int, places: int | None) -> tuple[Ints, int]:
    """Cells along each axis, about five atoms in each, and the places of a cell."""
    volume = abs(float(np.linalg.det(cell)))
    edge = (volume * ATOMS_PER_CELL / max(n_atoms, 1)) ** (1.0 / 3.0)
    widths = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    cells = np.maximum((widths / edge).astype(np.int64), 1)
    mean = n_atoms / float(np.prod(cells))
    return cells, places if places is not None else int(np.ceil(mean * PLACES_PER_ATOM)) + 2


def _gap(step: Floats, small: Floats) -> float:
    """Lower bound of the distance of two cells whose numbers differ by a step."""
    widths = 1.0 / np.linalg.norm(np.linalg.inv(small), axis=0)
    planes = float(np.max(np.maximum(np.abs(step) - 1.0, 0.0) * widths))
    ball = 0.5 * max(float(np.linalg.norm(np.array(signs) @ small)) for signs in _CORNERS)
    return max(planes, float(np.linalg.norm(step @ small)) - 2.0 * ball)


_CORNERS = [(1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1)]


def _gaps(steps: Ints, small: Floats) -> Floats:
    """Lower bounds of the distances of cells: exact for right angles, else from planes and circumscribed spheres."""
    gram = small @ small.T
    if np.allclose(gram, np.diag(np.diag(gram)), atol=1e-9):
        apart = np.maximum(np.abs(steps) - 1, 0) * np.sqrt(np.diag(gram))
        return np.asarray(np.linalg.norm(apart, axis=1))
    return np.array([_gap(step.astype(float), small) for step in steps])


def _runs(
    cell: Floats, cells: Ints, places: int, reach: float, ghosts: Ints | None, multiple: int = 1
) -> tuple[Runs, Ints]:
    small = cell / cells[:, None]
    widths = 1.0 / np.linalg.norm(np.linalg.inv(small), axis=0)
    most = np.ceil(reach / widths).astype(int) + 1
    axes = [np.arange(-m, m + 1) for m in most]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    steps = steps[_gaps(steps, small) <= reach]
    ghosts = np.abs(steps).max(axis=0) if ghosts is None else ghosts
    padded = cells + 2 * ghosts
    linear = ((steps[:, 0] * padded[1] + steps[:, 1]) * padded[2] + steps[:, 2]) * places
    return joined_runs([(linear[:, None] + np.arange(places)).ravel()], places, multiple), ghosts


def linked_cells(
    positions: Floats, cell: Floats, radii: tuple[float, float], step: float, places: int | None = None
) -> tuple[PaddedBox, Runs, Runs]:
    """Empty linked cells with the runs of the outer and the inner radius.

    Parameters
    ----------
    positions
        Positions [angstrom], shape ``(n, 3)``: their number sets the size of the cells.
    cell
        Box vectors in rows [angstrom].
    radii
        Outer radius (histogram) and inner radius (constraints) [angstrom].
    step
        Longest step of a move [angstrom]: neighbors of the old and new place are found from the old cell.
    places
        Capacity of a cell, or None for that of the mean density.
    """
    cells, places = cell_counts(cell, len(positions), places)
    slack = step + ROUNDING_ANGSTROM
    far, ghosts = _runs(cell, cells, places, max(radii) + slack, None, WHOLE_VECTOR)
    near, _ = _runs(cell, cells, places, radii[1] + slack, ghosts)
    box = empty_box(
        cell,
        cells,
        ghosts,
        places,
        mobile=True,
        kind=np.zeros(len(positions), dtype=np.int64),
        sites=np.zeros((len(positions), 3)),
        wrap=np.zeros((len(positions), 3), dtype=np.int64),
        margin=np.array([np.inf]),
    )
    return box, far, near
