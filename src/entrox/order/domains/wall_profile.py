r"""Profile of a displacement or polarization across walls, and its fit.

.. math:: P(x) = P_s \tanh\frac{x - x_0}{w}

with one fit for each wall, up to the middle between it and the next. Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from entrox.core import InputError, Result, check_integer, quantity
from entrox.order.correlation.grid_steps import cell_edges, periodic_axes
from entrox.order.phases.vector_field import vector_field

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap
    from entrox.order.phases.vector_field import Field

__all__ = ["WallProfile", "wall_profile"]

Floats = NDArray[np.float64]

FEWEST_PLANES = 4
"""Planes that a fit of three numbers needs."""
WIDEST_BOX_SHARE = 10.0
"""Upper bound of w, in lengths of the fitted piece."""


@dataclass(frozen=True, kw_only=True)
class WallProfile(Result):
    """Means over the planes normal to one axis, and a tanh for each change of sign.

    ``amplitude`` is signed: positive where the component rises with x. A wall with ``resolved`` false is narrower than
    one plane (its width is then an upper bound) or the fit did not converge; NaN stands for walls with too few planes.
    """

    axis: int = quantity("1", "axis normal to the planes")
    component: int = quantity("1", "component that is fitted")
    position_angstrom: Floats = quantity("angstrom", "place of the plane", axes=("plane",))
    profile: Floats = quantity("as d", "mean vector of the plane", axes=("plane", "component"))
    center_angstrom: Floats = quantity("angstrom", "place of the wall", axes=("wall",))
    width_angstrom: Floats = quantity("angstrom", "w of the tanh", axes=("wall",))
    amplitude: Floats = quantity("as d", "P_s of the tanh, with the sign of its slope", axes=("wall",))
    residual: Floats = quantity("as d", "root mean square deviation from the fit", axes=("wall",))
    resolved: NDArray[np.bool_] = quantity("1", "whether the width is resolved", axes=("wall",))
    plateau: float = quantity("as d", "median modulus of the component in the planes far from walls")


def wall_profile(
    d: Field,
    lattice_map: LatticeMap | None = None,
    axis: int = 0,
    component: int | None = None,
    *,
    axes: ArrayLike | None = None,
    lattice_angstrom: ArrayLike | None = None,
    periodic: bool = True,
) -> WallProfile:
    """Average a field over the planes normal to an axis and fit its walls.

    Parameters
    ----------
    d
        Displacements or polarization, or an array on a grid; frames are averaged.
    lattice_map
        Map of the cells; its supercell must be p x q x r.
    axis
        Number of the axis normal to the walls.
    component
        Component to fit; by default the one that varies most.
    axes
        Pseudo-cubic axes of an array.
    lattice_angstrom
        Edges of the cell of an array.
    periodic
        Whether a grid without a map closes on itself along ``axis``.

    Raises
    ------
    InputError
        If the cells form no grid, the edges are unknown, or there are fewer than four planes.
    """
    vectors = vector_field(d, axes, lattice_map)
    if lattice_map is not None:
        lattice_map.grid(lattice_map.a)
    if vectors.grid is None:
        raise InputError("a profile needs a grid: pass lattice_map, or an array of shape (p, q, r, 3) or (p, q, 2).")
    edges = cell_edges(vectors, lattice_map, lattice_angstrom)
    if edges is None:
        raise InputError("the edges of the cells are unknown: pass lattice_map or lattice_angstrom.")
    check_integer(axis, "axis", low=0, high=vectors.dimension - 1)
    planes = _plane_means(vectors.vectors, vectors.grid, axis)
    if len(planes) < FEWEST_PLANES:
        raise InputError(f"a wall needs at least {FEWEST_PLANES} planes along axis {axis}; the grid has {len(planes)}.")
    if component is None:
        component = int(np.nanargmax(np.nanvar(planes, axis=0)))
    check_integer(component, "component", low=0, high=vectors.dimension - 1)
    closed = periodic_axes(vectors, lattice_map, periodic)[axis]
    return _fitted(planes, float(edges[axis]), axis, component, closed)


def _plane_means(vectors: Floats, grid: tuple[int, ...], axis: int) -> Floats:
    """Mean vector of each plane over its cells and all frames, shape ``(plane, component)``; NaN for an empty plane."""
    on_grid = np.moveaxis(vectors.reshape(len(vectors), *grid, -1), 1 + axis, 0)
    rows = on_grid.reshape(grid[axis], -1, vectors.shape[2])
    full = np.isfinite(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(full, rows, 0.0).sum(axis=1) / full.sum(axis=1))


def _fitted(planes: Floats, edge: float, axis: int, component: int, closed: bool) -> WallProfile:
    values = planes[:, component]
    place = np.asarray(edge * np.arange(len(planes)), dtype=np.float64)
    length = edge * len(planes)
    starts = _crossings(values, edge, closed)
    fits = [_fit_wall(values, place, starts, k, length, closed) for k in range(len(starts))]
    table = np.array(fits).reshape(-1, 4)
    width = table[:, 1]
    away = np.ones(len(values), dtype=bool)
    for center, w in zip(table[:, 0], width, strict=True):
        if np.isfinite(center):
            distance = np.abs(place - center)
            distance = np.minimum(distance, length - distance) if closed else distance
            away &= distance > 2.0 * max(w, 0.5 * edge)
    modulus = np.abs(values[np.isfinite(values) & away]) if away.any() else np.abs(values[np.isfinite(values)])
    return WallProfile(
        axis=axis,
        component=component,
        position_angstrom=place,
        profile=planes,
        center_angstrom=table[:, 0] % length if closed else table[:, 0],
        width_angstrom=width,
        amplitude=table[:, 2],
        residual=table[:, 3],
        resolved=np.isfinite(width) & (width > 0.5 * edge),
        plateau=float(np.median(modulus)) if len(modulus) else float("nan"),
    )


def _crossings(values: Floats, edge: float, closed: bool) -> Floats:
    """Places where the component changes its sign, by linear interpolation."""
    following = np.roll(values, -1)
    last = len(values) if closed else len(values) - 1
    with np.errstate(invalid="ignore"):
        sides = np.flatnonzero((values[:last] < 0.0) != (following[:last] < 0.0))
    sides = sides[np.isfinite(values[sides]) & np.isfinite(following[sides])]
    return np.asarray(edge * (sides + values[sides] / (values[sides] - following[sides])))


def _fit_wall(
    values: Floats, place: Floats, starts: Floats, which: int, length: float, closed: bool
) -> tuple[float, float, float, float]:
    """Center, width, signed amplitude and residual of one wall, from the planes nearer to it than to another."""
    offset = place[:, None] - starts
    if closed:
        offset -= length * np.round(offset / length)
    mine = (np.abs(offset).argmin(axis=1) == which) & np.isfinite(values)
    if mine.sum() < FEWEST_PLANES:
        return (float("nan"),) * 4
    x, y = offset[mine, which], values[mine]
    sign = 1.0 if (x * y).sum() >= 0.0 else -1.0
    scale = float(np.abs(y).max())
    edge = length / len(place)
    widest = WIDEST_BOX_SHARE * float(np.ptp(x))

    def misfit(p: Floats) -> Floats:
        return np.asarray(p[2] * np.tanh((x - p[0]) / p[1]) - sign * y / scale)

    # the width starts at one plane; the least is far below what planes one edge apart can show
    found = least_squares(
        misfit, [0.0, edge, 1.0], bounds=([x.min(), 1e-3 * edge, 0.0], [x.max(), widest, 10.0]), xtol=1e-14, ftol=1e-14
    )
    center, width, amplitude = (float(value) for value in found.x)
    rms = scale * float(np.sqrt(np.mean(found.fun**2)))
    return float(starts[which]) + center, width, sign * scale * amplitude, rms
