"""Space-filling grids of cubes (or boxes) over a point set: several sizes, several origins, open or periodic.

Lengths in nm. The index of a point is computed in float64 from the stored coordinate: subtract the origin, divide by
the edge, round down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.checks import check_all_positive, check_integer
from entrox.order.local_entropy import _kernels
from entrox.order.point_set import PointSet

__all__ = ["CubeGrid", "Frame", "Occupied", "cube_grids", "cube_shape", "frame_of", "occupied_cubes", "origin_offsets"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DENSE_CELLS = 4_000_000
"""A lookup table of all cells is used up to this number or that of the points; beyond, the cells are sorted."""

THIN_SLICE = 0.45
"""Thinner slices of shifted grids join their neighbor. One half would keep the mean length of the cells at the faces;
a little less makes up for the curvature of the excess as a function of the length."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Axes of the grids of one point set: x, y, z, or the cell vectors of a periodic one.

    Parameters
    ----------
    matrix
        Turns Cartesian positions, as rows, into coordinates along the axes [nm], shape ``(3, 3)``.
    skew
        Whether the matrix is needed.
    low_nm, high_nm
        Smallest and largest coordinate of a point, shape ``(3,)``.
    period_nm
        Length of the cell along periodic axes, infinity along others, shape ``(3,)``.
    volume_factor
        Volume of a cell of unit edges along the axes.
    """

    matrix: Floats
    skew: bool
    low_nm: Floats
    high_nm: Floats
    period_nm: Floats
    volume_factor: float

    @property
    def extent_nm(self) -> Floats:
        """Extent along each axis: the period, or from the first to the last point."""
        return np.where(np.isfinite(self.period_nm), self.period_nm, self.high_nm - self.low_nm)


@dataclass(frozen=True, eq=False)
class CubeGrid:
    """One grid: where it starts and how large its cells are, along the axes of its frame.

    Along open axes, points in cells before ``first`` and after ``last`` are counted into these.
    """

    frame: Frame
    start_nm: Floats
    edge_nm: Floats
    shape: Ints
    first: Ints
    last: Ints

    @property
    def arrays(self) -> _kernels.GridArrays:
        """What the kernels need."""
        return _kernels.GridArrays(
            matrix=self.frame.matrix,
            skew=self.frame.skew,
            start=self.start_nm,
            edge=self.edge_nm,
            shape=self.shape,
            periodic=np.isfinite(self.frame.period_nm),
            first=self.first,
            last=self.last,
        )


@dataclass(frozen=True, eq=False)
class Occupied:
    """Cubes that hold points: the number of the cube of each point, and the cell of each cube."""

    cubes: NDArray[np.int32]
    cells: Ints

    def __len__(self) -> int:
        return len(self.cells)


def frame_of(points: PointSet) -> Frame:
    """Axes of the grids: Cartesian for an open cloud, the cell vectors where a direction is periodic."""
    periodic = np.array(points.pbc)
    if not periodic.any() or points.cell_nm is None:
        matrix, skew, period, factor = np.eye(3), False, np.full(3, np.inf), 1.0
    else:
        lengths = np.linalg.norm(points.cell_nm, axis=1)
        matrix, skew = np.linalg.inv(points.cell_nm) * lengths, True
        period = np.where(periodic, lengths, np.inf)
        factor = float(abs(np.linalg.det(points.cell_nm)) / lengths.prod())
    low, high = _kernels.extent(points.positions_nm, matrix, skew)
    return Frame(matrix=matrix, skew=skew, low_nm=low, high_nm=high, period_nm=period, volume_factor=factor)


def origin_offsets(count: int) -> Floats:
    """Offsets of grid origins in units of the edge, shape ``(count, 3)``: first none, then a low-discrepancy sequence.

    Parameters
    ----------
    count
        Number of origins, >= 1.

    Notes
    -----
    The sequence is that of multiples of 1/g, 1/g^2, 1/g^3 modulo one, g^4 = g + 1, which generalizes the golden ratio.
    """
    check_integer(count, "origins", low=1)
    generalized_golden_ratio = 1.2207440846057596
    steps = generalized_golden_ratio ** -np.arange(1.0, 4.0)
    return np.asarray(np.outer(np.arange(count), steps) % 1.0)


def cube_shape(frame: Frame, size_nm: float, cell_aspect: Sequence[float] | Floats) -> tuple[Floats, float]:
    """Edges of the cells of one size along the axes [nm], and the size that they stand for.

    Parameters
    ----------
    frame
        Axes.
    size_nm
        Size asked for [nm].
    cell_aspect
        Edges in units of the size, shape ``(3,)``.

    Returns
    -------
    tuple
        Edges, shape ``(3,)``, and the size [nm]. Along a periodic axis, a whole number of cells fills the period.

    Raises
    ------
    InputError
        If a cell is longer than a period.
    """
    edges = size_nm * np.asarray(cell_aspect, dtype=float)
    periodic = np.isfinite(frame.period_nm)
    if not periodic.any():
        return edges, float(size_nm)
    if (edges[periodic] > frame.period_nm[periodic] * (1.0 + 1e-9)).any():
        raise InputError(
            f"sizes_nm: cubes of {size_nm:g} nm are longer than the periodic cell of "
            f"{', '.join(f'{value:g}' for value in frame.period_nm[periodic])} nm; use smaller sizes or a supercell."
        )
    number = np.maximum(np.round(np.where(periodic, frame.period_nm, edges) / edges), 1.0)
    edges = np.where(periodic, frame.period_nm / number, edges)
    return edges, float(np.cbrt(edges.prod() * frame.volume_factor / np.prod(cell_aspect)))


def cube_grids(frame: Frame, edge_nm: Floats, offsets: Floats) -> list[CubeGrid]:
    """Grids of one size, one per origin.

    Parameters
    ----------
    frame
        Axes.
    edge_nm
        Edges along the axes, shape ``(3,)``.
    offsets
        Offsets of :func:`origin_offsets`, shape ``(n_origins, 3)``.

    Notes
    -----
    The grid of the first origin starts at the smallest coordinates and keeps all its cells. A shifted grid cuts off
    slices at both faces of an open box; as cells of their own they would be smaller than the size says and raise the
    excess information, by 10 to 30 % where six cubes span the box. A slice thinner than ``THIN_SLICE`` edges is
    therefore counted into the cell beside it, so that the cells at the faces are as long as the others on the mean over
    origins; 1 to 3 % are left.
    """
    check_all_positive(edge_nm, "edge_nm", "nm")
    return [_grid(frame, edge_nm, offset) for offset in offsets]


def _grid(frame: Frame, edge_nm: Floats, offset: Floats) -> CubeGrid:
    periodic = np.isfinite(frame.period_nm)
    start = frame.low_nm - offset * edge_nm
    span = (frame.high_nm - start) / edge_nm
    whole = np.round(np.where(periodic, frame.period_nm, 1.0) / edge_nm)
    shape = np.where(periodic, whole, np.floor(span) + 1.0).astype(np.int64)
    first, last = np.zeros(3, dtype=np.int64), shape - 1
    if offset.any():
        first = np.where(1.0 - offset < THIN_SLICE, np.minimum(1, last), 0)
        last = np.maximum(np.where(span - np.floor(span) < THIN_SLICE, last - 1, last), first)
    return CubeGrid(frame=frame, start_nm=start, edge_nm=edge_nm, shape=shape, first=first, last=last)


def occupied_cubes(points: PointSet, grid: CubeGrid) -> Occupied:
    """Number the cubes that hold points.

    Parameters
    ----------
    points
        The points.
    grid
        The grid.

    Raises
    ------
    InputError
        If the grid has more cells than can be numbered.
    """
    n, n_cells = len(points), float(grid.shape.astype(float).prod())
    if n_cells > 2.0**62:
        raise InputError(f"{n_cells:.2g} cells of {grid.edge_nm.min():g} nm are too many; use larger sizes.")
    if n_cells <= max(DENSE_CELLS, n):
        cubes = np.empty(n, dtype=np.int32)
        cells = np.empty(min(n, int(n_cells)), dtype=np.int64)
        lookup = np.full(int(n_cells), -1, dtype=np.int32)
        found = _kernels.number_cubes(points.positions_nm, grid.arrays, lookup, cubes, cells)
        return Occupied(cubes=cubes, cells=cells[:found].copy())
    raw = np.empty(n, dtype=np.int64)
    _kernels.cells_of_points(points.positions_nm, grid.arrays, raw)
    cells = np.unique(raw)
    cubes = np.empty(n, dtype=np.int32)
    for first in range(0, n, 1_000_000):
        cubes[first : first + 1_000_000] = np.searchsorted(cells, raw[first : first + 1_000_000])
    return Occupied(cubes=cubes, cells=cells)
