"""Points sorted into cells, so that a neighbor search looks only nearby.

Open clouds are boxed by their own extent; along periodic directions the cells divide the cell vectors, so that any
triclinic cell works and a sphere may reach over as many images as it needs. Lengths in nm.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.interrupts import deferred_interrupt
from entrox.order.neighbors._kernels import CellList, Reach, sort_points
from entrox.order.point_set import PointSet

__all__ = [
    "TOUCHING_NM",
    "box_volume",
    "build_cell_list",
    "build_reach",
    "cell_edge",
    "chunks",
    "images_overlap",
    "wall_distance",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOUCHING_NM = 1e-9
"""Two points whose distance exceeds a radius by no more than this touch it: a lattice position is known to rounding."""
FINE_RADIUS_NM = 1.0
LARGEST_SKEW = 60
"""Cells on either side that a search may need; more means a cell so flat or skewed that it should be reduced first."""


def cell_edge(radius_nm: float) -> float:
    """Edge of the cells that serves a radius best: the radius itself, half of it where spheres hold many points."""
    return radius_nm if radius_nm <= FINE_RADIUS_NM else radius_nm / 2.0


def _frame(points: PointSet) -> tuple[Floats, Floats, Floats]:
    """Return the box as rows, its inverse, and the fractional coordinates of its lower corner."""
    box = np.eye(3) if points.cell_nm is None else points.cell_nm.copy()
    if abs(np.linalg.det(box)) < 1e-12:
        box = np.eye(3)
    inverse: Floats = np.linalg.inv(box).astype(np.float64)
    lower = np.zeros(3)
    for axis in range(3):
        if not points.pbc[axis]:
            low, high = _extent(points.positions_nm, inverse[:, axis])
            lower[axis] = low
            # A cloud that is flat along a direction still needs a cell of some thickness.
            span = max(high - low, 1e-6 / float(np.linalg.norm(box[axis])))
            box[axis] *= span
            inverse[:, axis] /= span
            lower[axis] /= span
    return box, inverse, lower


def _extent(positions: NDArray[np.floating], direction: Floats) -> tuple[float, float]:
    """Return the smallest and largest coordinate along a direction, in pieces so that nothing large is copied."""
    (axes,) = np.nonzero(direction)
    if len(axes) == 1:
        ends = np.array([positions[:, axes[0]].min(), positions[:, axes[0]].max()], dtype=np.float64)
        ends *= direction[axes[0]]
        return float(ends.min()), float(ends.max())
    low, high = np.inf, -np.inf
    for begin in range(0, len(positions), 1 << 18):
        along = positions[begin : begin + (1 << 18)].astype(np.float64) @ direction
        low, high = min(low, float(along.min())), max(high, float(along.max()))
    return low, high


def _heights(vectors: Floats) -> Floats:
    """Distances between opposite faces of a parallelepiped, shape ``(3,)``."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(vectors), axis=0))


def build_cell_list(
    points: PointSet, edge_nm: float, *, labels: NDArray[np.integer] | None = None, n_species: int | None = None
) -> CellList:
    """Sort points into cells of at least the given edge.

    Parameters
    ----------
    points
        Points with their box; at least one.
    edge_nm
        Smallest height of a cell. Cells are larger where the points are few: there are never many more cells than
        points.
    labels
        Species that replace those of the points, shape ``(n,)``.
    n_species
        Number of species; 1 puts all points in one.

    Raises
    ------
    InputError
        If there are no points.
    """
    if len(points) == 0:
        raise InputError("a neighbor search needs at least one point; got none. Check the species that were chosen.")
    n_kinds = len(points.species) if n_species is None else n_species
    kinds = np.zeros(len(points), np.int16) if n_kinds == 1 else np.asarray(
        points.labels if labels is None else labels, dtype=np.int16
    )  # fmt: skip
    box, inverse, lower = _frame(points)
    shape = _grid(_heights(box), edge_nm, max(4 * len(points) // n_kinds, 64))
    edges = box / shape[:, None]
    order = np.empty(len(points), dtype=np.int32 if len(points) < 2**31 else np.int64)
    offset = np.empty((3, len(points)), dtype=np.float32)
    cells = (inverse * shape, lower * shape, edges, shape, np.array(points.pbc), n_kinds)
    with deferred_interrupt():
        start = sort_points(points.positions_nm, kinds, *cells, order, offset)
    return CellList(edges, cells[0], cells[1], shape, cells[4], n_kinds, start, order, offset)


def _grid(heights: Floats, edge_nm: float, most: int) -> Ints:
    """Number of cells along each direction, together no more than ``most``."""
    # A cell a little taller than the radius keeps a pair at the radius within one step in spite of rounding.
    edge = edge_nm * (1.0 + 1e-6) + TOUCHING_NM
    while True:
        shape = np.maximum(np.minimum(heights / edge, 2.0**20).astype(np.int64), 1)
        if float(np.prod(shape.astype(float))) <= most:
            return shape
        edge *= 1.1


def build_reach(cells: CellList, radii_nm: Sequence[float]) -> Reach:
    """Find the cells that spheres around the points of one cell can reach.

    Parameters
    ----------
    cells
        Cell list.
    radii_nm
        Radii in ascending order.

    Raises
    ------
    InputError
        If the cell is so skewed that the search would need very many cells.
    """
    radii = np.asarray(radii_nm, dtype=np.float64)
    heights = _heights(cells.edges)
    most = np.ceil((radii[-1] + TOUCHING_NM) / heights).astype(np.int64)
    # Beyond an open cloud there is nothing to reach.
    most = np.where(cells.periodic, most, np.minimum(most, cells.shape - 1))
    if most.max() > LARGEST_SKEW and float(np.prod(2.0 * most + 1.0)) > 1e7:
        raise InputError(
            f"a radius of {radii[-1]:g} nm reaches over {int(most.max())} cells; the box is too small or too flat for "
            "it. Repeat the structure (ase: atoms.repeat) or take a smaller radius."
        )
    steps = np.array(list(itertools.product(*(range(-m, m + 1) for m in most))), dtype=np.int64)
    nearest = _least_distance(steps, cells.edges, heights)
    steps = steps[np.argsort(nearest, kind="stable")]
    nearest = np.sort(nearest)
    steps = steps[nearest <= radii[-1] + TOUCHING_NM]
    window = 1e-5 + 2e-6 * radii
    return Reach(
        step=steps,
        shift=(steps @ cells.edges).astype(np.float32),
        n_cells=np.searchsorted(nearest, radii + TOUCHING_NM, side="right").astype(np.int64),
        sure=np.where(radii > window, np.maximum(radii - window, 0.0) ** 2, -1.0).astype(np.float32),
        unsure=((radii + window) ** 2).astype(np.float32),
        square=(radii + TOUCHING_NM) ** 2,
    )


def _least_distance(steps: Ints, edges: Floats, heights: Floats) -> Floats:
    """Lower bound of the distance between points of two cells a step apart, a little on the safe side."""
    gaps = np.maximum(np.abs(steps) - 1, 0) * heights
    product = edges @ edges.T
    if np.allclose(product, np.diag(np.diag(product)), atol=1e-12 * float(np.abs(product).max())):
        bound = np.linalg.norm(gaps, axis=1)
    else:
        corners = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
        diagonal = np.linalg.norm(corners @ edges, axis=1).max()
        bound = np.maximum(gaps.max(axis=1), np.linalg.norm(steps @ edges, axis=1) - diagonal)
    return np.asarray(bound * (1.0 - 1e-6))


def chunks(cells: CellList, n_centers: int = 50_000) -> list[tuple[int, int]]:
    """Split the cells into consecutive ranges of about ``n_centers`` points each, empty ranges left out."""
    starts = cells.start[:: cells.n_species]
    total = int(starts[-1])
    bounds = np.searchsorted(starts, np.arange(n_centers, total, n_centers), side="left")
    bounds = np.unique(np.concatenate([[0], bounds, [len(starts) - 1]]))
    return [(int(a), int(b)) for a, b in itertools.pairwise(bounds) if starts[b] > starts[a]]


def box_volume(points: PointSet) -> float:
    """Volume of the cell, bounded by the points along its open directions [nm^3]."""
    return float(abs(np.linalg.det(_frame(points)[0])))


def images_overlap(points: PointSet, radius_nm: float) -> bool:
    """Whether a sphere of this radius can hold two images of one point."""
    if not any(points.pbc) or points.cell_nm is None:
        return False
    reach = [
        int(np.ceil(2.0 * radius_nm / height)) if periodic else 0
        for height, periodic in zip(_heights(points.cell_nm), points.pbc, strict=True)
    ]
    if max(reach) > 3:
        return True
    steps = np.array(list(itertools.product(*(range(-m, m + 1) for m in reach))))
    lengths = np.linalg.norm(steps @ points.cell_nm, axis=1)
    return bool((lengths[(steps != 0).any(axis=1)] <= 2.0 * radius_nm + TOUCHING_NM).any())


def wall_distance(points: PointSet, chosen: NDArray[np.integer]) -> Floats:
    """Distance of points to the nearest open face of their box [nm], shape of ``chosen``; infinite if none is open."""
    box, inverse, lower = _frame(points)
    heights = _heights(box)
    place = points.positions_nm[chosen].astype(np.float64) @ inverse - lower
    distance = np.full(len(chosen), np.inf)
    for axis in range(3):
        if not points.pbc[axis]:
            inside = np.minimum(place[:, axis], 1.0 - place[:, axis]) * heights[axis]
            distance = np.minimum(distance, inside)
    return distance
