"""Who is next to whom: the neighbors of every point within radii, or its nearest ones, piece by piece.

Points are named by their row in the sorted order of a cell list, which keeps neighbors close in memory. Lengths in nm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_all_positive
from entrox.order.neighbors._kernels import CellList, count_spheres, list_neighbors, nearest_neighbors
from entrox.order.neighbors.cell_lists import TOUCHING_NM, box_volume, build_cell_list, build_reach, cell_edge, chunks
from entrox.order.neighbors.threads import in_order
from entrox.order.point_set import PointSet

__all__ = [
    "ListedNeighbors",
    "SphereCounts",
    "check_radii",
    "iter_nearest",
    "iter_sphere_counts",
    "iter_spheres",
    "nearest_cell_list",
    "sphere_cell_list",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SphereCounts:
    """Points of each species around some centers.

    Parameters
    ----------
    first_row
        Row of the first center; the others follow.
    counts
        Shape ``(n_centers, n_radii, n_species)``, the center counted.
    """

    first_row: int
    counts: Counts


@dataclass(frozen=True, eq=False)
class ListedNeighbors:
    """Neighbors of some centers, without the centers themselves.

    Parameters
    ----------
    first_row
        Row of the first center; the others follow.
    start
        Where the neighbors of each center begin, shape ``(n_centers + 1,)``.
    neighbor
        Rows of the neighbors.
    ring
        Index of the first radius that holds each neighbor; 0 for nearest neighbors.
    distance_nm
        Distances of nearest neighbors, ascending for each center; empty for spheres.
    """

    first_row: int
    start: Ints
    neighbor: NDArray[np.integer]
    ring: NDArray[np.uint8]
    distance_nm: Floats


def check_radii(radii_nm: Sequence[float]) -> Floats:
    """Return radii in ascending order, without repetition.

    Raises
    ------
    InputError
        If there is none, more than 255, or one is not positive.
    """
    radii = np.unique(check_all_positive(np.atleast_1d(np.asarray(radii_nm, dtype=float)), "radii_nm", "nm"))
    if not 0 < len(radii) <= 255:
        raise InputError(f"radii_nm must hold 1 to 255 radii; got {len(radii)}.")
    return radii


def sphere_cell_list(
    points: PointSet, largest_nm: float, labels: NDArray[np.integer] | None = None, n_species: int | None = None
) -> CellList:
    """Return the cell list that serves spheres up to this radius."""
    return build_cell_list(points, cell_edge(largest_nm), labels=labels, n_species=n_species)


def iter_sphere_counts(points: PointSet, cells: CellList, radii_nm: Floats, threads: int = 1) -> Iterator[SphereCounts]:
    """Yield the counts of every species within each radius of every point, in sorted order.

    Parameters
    ----------
    points
        The points of the cell list.
    cells
        From :func:`sphere_cell_list`.
    radii_nm
        Ascending radii.
    threads
        Pieces counted side by side.

    Notes
    -----
    A pair counts as inside up to 1e-9 nm beyond the radius. Distances are compared in float32; those within 1e-5 nm
    (and 2e-6 of the radius) of it again in float64, so that counts are those of float64.
    """
    reach = build_reach(cells, radii_nm.tolist())

    def work(piece: tuple[int, int]) -> SphereCounts:
        first, last = int(cells.start[piece[0] * cells.n_species]), int(cells.start[piece[1] * cells.n_species])
        counts = np.empty((last - first, len(radii_nm), cells.n_species), dtype=np.int32)
        count_spheres(cells, reach, points.positions_nm, piece[0], piece[1], counts)
        return SphereCounts(first, counts)

    yield from in_order(work, chunks(cells), threads)


def iter_spheres(
    points: PointSet, cells: CellList, radii_nm: Floats, *, same_event: bool = True, threads: int = 1
) -> Iterator[ListedNeighbors]:
    """Yield the neighbors of every point within the largest radius, each with the first radius that holds it.

    Parameters
    ----------
    points
        The points of the cell list.
    cells
        From :func:`sphere_cell_list`.
    radii_nm
        Ascending radii; a radius of 0 holds the points that coincide with the center.
    same_event
        Whether points of the center's event are listed.
    threads
        Pieces listed side by side.
    """
    reach = build_reach(cells, radii_nm.tolist())
    events = _events(points, cells, same_event)
    # Rows are 32 bits wide where they suffice: the lists are the largest arrays of all.
    row_type: type[np.signedinteger] = np.int32 if len(points) < 2**31 else np.int64

    def work(piece: tuple[int, int]) -> ListedNeighbors:
        first, last = int(cells.start[piece[0] * cells.n_species]), int(cells.start[piece[1] * cells.n_species])
        start = np.empty(last - first + 1, dtype=np.int64)
        neighbor: NDArray[np.integer] = np.empty(0, dtype=row_type)
        ring = np.empty(0, dtype=np.uint8)
        list_neighbors(cells, reach, points.positions_nm, events, *piece, start, neighbor, ring)
        if start[-1]:
            neighbor, ring = np.empty(int(start[-1]), dtype=row_type), np.empty(int(start[-1]), dtype=np.uint8)
            list_neighbors(cells, reach, points.positions_nm, events, *piece, start, neighbor, ring)
        return ListedNeighbors(first, start, neighbor, ring, np.empty(0))

    yield from in_order(work, chunks(cells, 20_000), threads)


def nearest_cell_list(points: PointSet, k: int) -> CellList:
    """Return the cell list that serves the search for ``k`` nearest neighbors: its cells hold about half of them.

    Raises
    ------
    InputError
        If an open cloud has no more than ``k`` points.
    """
    if len(points) <= k and not any(points.pbc):
        raise InputError(f"k must be smaller than the number of points, {len(points)}; got {k}.")
    # The density where the points are: a patchy cloud leaves most cells of its box empty.
    coarse = build_cell_list(points, (4.0 * box_volume(points) / len(points)) ** (1.0 / 3.0), n_species=1)
    occupied = np.count_nonzero(np.diff(coarse.start))
    volume = abs(np.linalg.det(coarse.edges)) * occupied
    edge = (0.5 * (k + 1) * volume / len(points)) ** (1.0 / 3.0)
    return build_cell_list(points, edge, n_species=1)


def iter_nearest(
    points: PointSet,
    cells: CellList,
    k: int,
    *,
    same_event: bool = True,
    kind: int = -1,
    rows: Ints | None = None,
    threads: int = 1,
) -> Iterator[ListedNeighbors]:
    """Yield the ``k`` nearest neighbors of points, with all others as far as the k-th (within 1e-9 nm).

    Parameters
    ----------
    points
        The points of the cell list.
    cells
        From :func:`nearest_cell_list`, or with one list per species if ``kind`` is given.
    k
        Neighbors, >= 1.
    same_event
        Whether points of the center's event are listed.
    kind
        Species looked for; -1 for all.
    rows
        Centers; all points in sorted order by default.
    threads
        Pieces listed side by side.
    """
    events = _events(points, cells, same_event)
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cells.edges), axis=0)
    centers = np.arange(len(points)) if rows is None else rows
    size = max(200_000 // (k + 10), 100)

    def work(begin: int) -> ListedNeighbors:
        chosen = centers[begin : begin + size]
        start, neighbor, distance = nearest_neighbors(
            cells, heights, points.positions_nm, events, chosen, k, kind, TOUCHING_NM
        )
        return ListedNeighbors(begin, start, neighbor, np.zeros(len(neighbor), dtype=np.uint8), distance)

    yield from in_order(work, range(0, len(centers), size), threads)


def _events(points: PointSet, cells: CellList, same_event: bool) -> NDArray[np.integer]:
    """Events of the sorted points; empty if they do not matter."""
    if same_event or points.event is None:
        return np.empty(0, dtype=np.int64)
    events = np.asarray(points.event)[cells.order].astype(np.int64)
    if any(points.pbc) and len(events) and (events == events[0]).all():
        raise InputError("all points belong to one event: there are no neighbors of another event to look for.")
    return np.asarray(events)
