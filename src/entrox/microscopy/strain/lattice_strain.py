r"""Cell vectors of an image and their ratio, cell by cell, with errors from the fit.

.. math:: a = \tfrac12 (r_{10} - r_{00} + r_{11} - r_{01}), \quad b = \tfrac12 (r_{01} - r_{00} + r_{11} - r_{10})

Lengths in px; in angstrom only with a known pixel. Slow drift of the scan is in them: an image alone cannot tell it
from strain. At 4 angstrom, an error of 1 pm of a column is 0.35 % of the strain of an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import SITES, Sublattices
from entrox.microscopy.vectors.cell_grid import CellGrid, cell_grid

__all__ = ["AxisRatio", "LocalLattice", "c_over_a_map", "local_lattice", "usable_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
SIGNS: Floats = np.array([[-0.5, 0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]])
"""Weights of the corners in the two cell vectors."""


@dataclass(frozen=True, kw_only=True)
class LocalLattice(Result):
    """Cell vectors of every cell whose four corners are there and not flagged, x right and y up.

    ``corners`` are rows of the fit. Errors of single cells are those of their corners, taken as independent; those of
    the means know that neighboring cells share corners.
    """

    site: str
    cell: Ints = quantity("1", "cell of the corner 00", axes=("cell", "axis"))
    corners: Ints = quantity("1", "columns 00, 10, 01, 11", axes=("cell", "corner"))
    center_px: Floats = quantity("px", "center of the cell, x right and y down", axes=("cell", "component"))
    vectors_px: Floats = quantity("px", "cell vectors along a1 and a2", axes=("cell", "axis", "component"))
    length_px: Floats = quantity("px", "lengths along a1 and a2", axes=("cell", "axis"))
    length_error_px: Floats = quantity("px", "standard errors of the lengths", axes=("cell", "axis"))
    angle_deg: Floats = quantity("deg", "angle from a1 to a2", axes=("cell",))
    angle_error_deg: Floats = quantity("deg", "standard error of the angle", axes=("cell",))
    area_px2: Floats = quantity("px^2", "area", axes=("cell",))
    area_error_px2: Floats = quantity("px^2", "standard error of the area", axes=("cell",))
    mean_length_px: Floats = quantity("px", "mean lengths along a1 and a2", axes=("axis",))
    mean_length_error_px: Floats = quantity("px", "standard errors of the means from noise", axes=("axis",))
    mean_angle_deg: float = quantity("deg", "angle between the mean cell vectors")
    pixel_size_angstrom: float | None = quantity("angstrom", "edge of a pixel", default=None)

    def length_angstrom(self) -> Floats:
        """Lengths along a1 and a2, shape ``(cell, 2)`` [angstrom].

        Raises
        ------
        InputError
            If the size of a pixel is unknown.
        """
        return np.asarray(self.length_px * self._pixel())

    def area_angstrom2(self) -> Floats:
        """Areas of the cells, shape ``(cell,)`` [angstrom^2]; refused as :meth:`length_angstrom`."""
        return np.asarray(self.area_px2 * self._pixel() ** 2)

    def _pixel(self) -> float:
        if self.pixel_size_angstrom is None:
            raise InputError(
                "absolute lengths need the size of a pixel, which the image does not tell: give pixel_size_pm "
                "(--pixel-size-pm) or the period in angstrom (--period-angstrom)."
            )
        return self.pixel_size_angstrom

    def on_grid(self, values: Floats) -> Floats:
        """Values of the cells on their grid, shape ``(p, q, ...)``, along a1 and a2; NaN in gaps."""
        return cell_grid(self.cell).spread(values)


def local_lattice(fit: ColumnFit, sublattices: Sublattices, *, site: str = "A") -> LocalLattice:
    """Cell vectors from the columns of one cation.

    Parameters
    ----------
    fit
        Fitted columns.
    sublattices
        Kinds and cells of the same columns.
    site
        Cation at the corners, ``"A"`` or ``"B"``.

    Raises
    ------
    InputError
        If no cell has four good corners.
    """
    used = usable_columns(fit, sublattices, site)
    corners, cells = _complete_cells(sublattices.cell, cell_grid(sublattices.cell, used))
    if not len(corners):
        raise InputError(f"no cell has four good {site} columns at its corners.")
    shown = fit.position_px[corners] * np.array([1.0, -1.0])
    # differences to one corner first: positions far from the origin would lose digits
    vectors = np.einsum("ak,nki->nai", SIGNS, shown - shown[:, :1])
    covariance = fit.covariance_px2[corners] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    crossed = np.einsum("ak,bk,nkij->nabij", SIGNS, SIGNS, covariance)
    length = np.linalg.norm(vectors, axis=2)
    area = _cross(vectors[:, 0], vectors[:, 1])
    angle = np.arctan2(area, (vectors[:, 0] * vectors[:, 1]).sum(axis=1))
    unit = vectors / length[..., None]
    across = np.stack([-unit[..., 1], unit[..., 0]], axis=2) / length[..., None]
    turn = across * np.array([-1.0, 1.0])[:, None]
    grow = np.stack([np.stack([vectors[:, 1, 1], -vectors[:, 1, 0]], axis=1),
                     np.stack([-vectors[:, 0, 1], vectors[:, 0, 0]], axis=1)], axis=1)  # fmt: skip
    mean_length, mean_error, mean_angle = _mean_cell(vectors, corners, fit)
    return LocalLattice(
        site=site, cell=cells, corners=corners, center_px=fit.position_px[corners].mean(axis=1), vectors_px=vectors,
        length_px=length,
        length_error_px=np.sqrt(np.einsum("nai,naaij,naj->na", unit, crossed, unit)),
        angle_deg=np.degrees(angle), angle_error_deg=np.degrees(_error(turn, crossed)), area_px2=area,
        area_error_px2=_error(grow, crossed), mean_length_px=mean_length, mean_length_error_px=mean_error,
        mean_angle_deg=mean_angle, pixel_size_angstrom=fit.pixel_size_angstrom,
    )  # fmt: skip


def usable_columns(fit: ColumnFit, sublattices: Sublattices, site: str) -> NDArray[np.bool_]:
    """Columns of a site without any flag.

    Raises
    ------
    InputError
        If the site is unknown or there is none.
    """
    if site not in ("A", "B"):
        raise InputError(f"site must be 'A' or 'B'; got {site!r}.")
    used = (
        (sublattices.site == SITES.index(site)) & (fit.flag == 0) & ~sublattices.collision & ~sublattices.saturated
        & np.isfinite(fit.position_px).all(axis=1)
    )  # fmt: skip
    if not used.any():
        raise InputError(f"no {site} column without a flag.")
    return np.asarray(used)


def _complete_cells(cells: Ints, grid: CellGrid) -> tuple[Ints, Ints]:
    """Corners and numbers of the cells with four corners."""
    rows = grid.rows[grid.rows >= 0]
    start = np.asarray(cells)[rows]
    corners = np.stack([grid.at(start + np.array(step)) for step in CORNERS], axis=1)
    full = (corners >= 0).all(axis=1)
    return corners[full], start[full]


def _cross(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def _error(slopes: Floats, crossed: Floats) -> Floats:
    """Error of a function of both cell vectors with these slopes, shape ``(cell, 2, 2)`` for axis and component."""
    return np.asarray(np.sqrt(np.einsum("nai,nabij,nbj->n", slopes, crossed, slopes)))


def _mean_cell(vectors: Floats, corners: Ints, fit: ColumnFit) -> tuple[Floats, Floats, float]:
    """Lengths of the mean cell vectors, their errors from noise, and the angle between them."""
    mean = vectors.mean(axis=0)
    length = np.linalg.norm(mean, axis=1)
    unit = mean / length[:, None] * np.array([1.0, -1.0])
    errors = [_summed_error(np.broadcast_to(SIGNS[axis][:, None] * unit[axis], (*corners.shape, 2)) / len(vectors),
                            corners, fit) for axis in range(2)]  # fmt: skip
    angle = np.degrees(np.arctan2(_cross(mean[0], mean[1]), mean[0] @ mean[1]))
    return length, np.array(errors), float(angle)


def _summed_error(weights: Floats, corners: Ints, fit: ColumnFit) -> float:
    """Error of a sum over cells with weights for each corner and component (y down): shared corners add up first."""
    total = np.zeros((len(fit.position_px), 2))
    np.add.at(total, corners.ravel(), weights.reshape(-1, 2))
    rows = np.unique(corners)
    return float(np.sqrt(np.einsum("ni,nij,nj->", total[rows], fit.covariance_px2[rows], total[rows])))


@dataclass(frozen=True, kw_only=True)
class AxisRatio(Result):
    """Ratio of the two lengths of every cell, the longer axis *of the image* over the shorter.

    ``mean_error`` is that of noise; ``spread`` the scatter from cell to cell. Without strain the longer axis is chosen
    by noise, and the mean exceeds one by about its error.
    """

    long_axis: int = quantity("1", "axis taken as c: 1 for a1, 2 for a2")
    ratio: Floats = quantity("1", "c over a", axes=("cell",))
    error: Floats = quantity("1", "standard error", axes=("cell",))
    mean: float = quantity("1", "ratio of the mean lengths")
    mean_error: float = quantity("1", "standard error of the ratio of the means, from noise")
    spread: float = quantity("1", "standard deviation from cell to cell")
    n_cells: int = quantity("1", "cells")


def c_over_a_map(lattice: LocalLattice, fit: ColumnFit, *, long_axis: int | None = None) -> AxisRatio:
    """Ratio c/a of every cell, with one axis as c in the whole image.

    Choosing the longer axis cell by cell would make the ratio exceed one everywhere, out of noise.

    Parameters
    ----------
    lattice
        Cell vectors.
    fit
        The fit they come from, for the errors.
    long_axis
        Axis taken as c: 1 for a1, 2 for a2; by default the one that is longer on average.

    Raises
    ------
    InputError
        If ``long_axis`` is neither.
    """
    if long_axis not in (None, 1, 2):
        raise InputError(f"long_axis must be 1 (a1) or 2 (a2), or None; got {long_axis!r}.")
    c = int(np.argmax(lattice.mean_length_px)) if long_axis is None else long_axis - 1
    order = [c, 1 - c]
    ratio = lattice.length_px[:, c] / lattice.length_px[:, 1 - c]
    # slopes of ln(c/a) to the corners: both axes move with each of them
    unit = lattice.vectors_px / lattice.length_px[..., None] ** 2 * np.array([1.0, -1.0])
    slopes = np.einsum("ak,nai,a->nki", SIGNS[order], unit[:, order], np.array([1.0, -1.0]))
    covariance = fit.covariance_px2[lattice.corners]
    relative = np.sqrt(np.einsum("nki,nkij,nkj->n", slopes, covariance, slopes))
    mean = float(lattice.mean_length_px[c] / lattice.mean_length_px[1 - c])
    return AxisRatio(
        long_axis=c + 1, ratio=ratio, error=ratio * relative, mean=mean,
        mean_error=mean * _summed_error(slopes / len(ratio), lattice.corners, fit),
        spread=float(ratio.std(ddof=1)) if len(ratio) > 1 else float("nan"), n_cells=len(ratio),
    )  # fmt: skip
