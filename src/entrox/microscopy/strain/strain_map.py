r"""Strain of an image, column by column: the deformation that takes a reference lattice into the neighbors of a column.

.. math:: F = \Big(\sum_k \Delta r_k \Delta R_k^T\Big) \Big(\sum_k \Delta R_k \Delta R_k^T\Big)^{-1}, \quad
          \varepsilon = \tfrac12 (F + F^T) - 1, \quad \omega = \tfrac12 (F_{21} - F_{12})

Along a1 and a2 of the image. Slow drift of the scan is strain too, as far as the image can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_all_positive, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.strain.lattice_strain import LocalLattice, local_lattice, usable_columns
from entrox.microscopy.vectors.cell_grid import cell_grid

__all__ = ["StrainMap", "strain_map"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS: Ints = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])


@dataclass(frozen=True, kw_only=True)
class StrainMap(Result):
    """Strain and rotation at every column of one cation with neighbors along both axes.

    Components are along the directions a1 and a2; the rotation is counter-clockwise as displayed.
    """

    site: str
    column: Ints = quantity("1", "row of the column in the fit", axes=("column",))
    cell: Ints = quantity("1", "number along a1 and a2", axes=("column", "axis"))
    position_px: Floats = quantity("px", "position of the column, x right and y down", axes=("column", "component"))
    strain: Floats = quantity("1", "strain along a1 and a2", axes=("column", "component", "other"))
    strain_error: Floats = quantity("1", "standard errors of the strain", axes=("column", "component", "other"))
    rotation_deg: Floats = quantity("deg", "rotation against the reference", axes=("column",))
    rotation_error_deg: Floats = quantity("deg", "standard error of the rotation", axes=("column",))
    reference: str
    reference_px: Floats = quantity("px", "cell vectors of the reference, x right and y up", axes=("axis", "component"))

    def on_grid(self, values: Floats) -> Floats:
        """Values of the columns on the grid of cells, shape ``(p, q, ...)``, along a1 and a2; NaN in gaps."""
        return cell_grid(self.cell).spread(values)


def strain_map(
    fit: ColumnFit,
    sublattices: Sublattices,
    *,
    site: str = "A",
    reference_angstrom: tuple[float, float] | None = None,
    region: tuple[int, int, int, int] | None = None,
) -> StrainMap:
    """Strain against a reference lattice.

    Parameters
    ----------
    fit
        Fitted columns.
    sublattices
        Kinds and cells of the same columns.
    site
        Cation whose columns are used, ``"A"`` or ``"B"``.
    reference_angstrom
        Lengths along a1 and a2 of a rectangular reference [angstrom]; needs the size of a pixel. By default the
        reference is the median cell of the image, and strain is relative to that.
    region
        Cells (first and last along a1, first and last along a2) whose median is the reference.

    Raises
    ------
    InputError
        If the pixel is unknown and absolute lengths are given, both references are given, the region holds no cell, or
        no column has neighbors along both axes.
    """
    used = usable_columns(fit, sublattices, site)
    name, basis = _reference(fit, sublattices, site, reference_angstrom, region)
    rows, neighbors = _neighbors(sublattices, used)
    there = neighbors >= 0
    # all along the axes of the crystal, y up
    turn = sublattices.axes
    shown = (fit.position_px * np.array([1.0, -1.0])) @ turn.T
    ideal = STEPS @ basis @ turn.T
    steps = np.where(there[..., None], shown[neighbors] - shown[rows][:, None, :], 0.0)
    square = np.einsum("nk,ki,kj->nij", there.astype(float), ideal, ideal)
    weights = np.where(there[..., None], ideal @ np.linalg.inv(square), 0.0)
    deformation = np.einsum("nki,nkj->nij", steps, weights)
    slopes = _slopes(weights)
    signs = np.array([1.0, -1.0])
    covariance = turn @ (fit.covariance_px2 * np.outer(signs, signs)) @ turn.T
    errors = _errors(slopes, covariance[np.where(there, neighbors, rows[:, None])], covariance[rows])
    off = 0.5 * (deformation[:, 1, 0] - deformation[:, 0, 1])
    return StrainMap(
        site=site, column=rows, cell=np.asarray(sublattices.cell)[rows], position_px=np.asarray(fit.position_px)[rows],
        strain=0.5 * (deformation + deformation.swapaxes(1, 2)) - np.eye(2),
        strain_error=errors[:, [[0, 2], [2, 1]]], rotation_deg=np.degrees(off),
        rotation_error_deg=np.degrees(errors[:, 3]), reference=name, reference_px=basis,
    )  # fmt: skip


def _reference(
    fit: ColumnFit, sublattices: Sublattices, site: str, lengths: Sequence[float] | None,
    region: tuple[int, int, int, int] | None,
) -> tuple[str, Floats]:  # fmt: skip
    """Name and cell vectors of the reference, x right and y up [px]."""
    if lengths is not None:
        if region is not None:
            raise InputError("give reference_angstrom or region, not both.")
        if fit.pixel_size_angstrom is None:
            raise InputError(
                "strain against given lengths needs the size of a pixel: give pixel_size_pm (--pixel-size-pm), or "
                "leave out the reference for strain relative to the median cell."
            )
        edges = check_all_positive(lengths, "reference_angstrom", "angstrom")
        if edges.shape != (2,):
            raise InputError(f"reference_angstrom must be two lengths, along a1 and a2; got {lengths!r}.")
        name = f"{edges[0]:g} x {edges[1]:g} angstrom"
        return name, edges[:, None] / fit.pixel_size_angstrom * sublattices.axes
    lattice = local_lattice(fit, sublattices, site=site)
    inside = _inside(lattice, region)
    if not inside.any():
        raise InputError(f"no complete cell lies in the region {region}.")
    where = "the image" if region is None else f"cells {region[0]}..{region[1]}, {region[2]}..{region[3]}"
    return f"median of {where}", np.median(lattice.vectors_px[inside], axis=0)


def _inside(lattice: LocalLattice, region: tuple[int, int, int, int] | None) -> NDArray[np.bool_]:
    if region is None:
        return np.ones(len(lattice.cell), dtype=bool)
    low, high = np.array(region[::2]), np.array(region[1::2])
    return np.asarray(((lattice.cell >= low) & (lattice.cell <= high)).all(axis=1))


def _neighbors(sublattices: Sublattices, used: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Columns with neighbors along both axes, and these; -1 where one of the two along an axis is missing."""
    grid = cell_grid(sublattices.cell, used)
    rows = np.sort(grid.rows[grid.rows >= 0])
    neighbors = grid.at(np.asarray(sublattices.cell)[rows][:, None, :] + STEPS)
    both = (neighbors[:, :2] >= 0).any(axis=1) & (neighbors[:, 2:] >= 0).any(axis=1)
    if not both.any():
        raise InputError("no column has neighbors of its kind along both axes.")
    return rows[both], neighbors[both]


def _slopes(weights: Floats) -> Floats:
    """Slopes of strain 11, 22, 12 and of the rotation to the neighbors, shape ``(column, quantity, neighbor, 2)``."""
    zero = np.zeros_like(weights[..., 0])
    first, second = weights[..., 0], weights[..., 1]
    pairs = [(first, zero), (zero, second), (0.5 * second, 0.5 * first), (-0.5 * second, 0.5 * first)]
    return np.stack([np.stack(pair, axis=-1) for pair in pairs], axis=1)


def _errors(slopes: Floats, around: Floats, own: Floats) -> Floats:
    """Errors from the columns around, shape ``(column, neighbor, 2, 2)``, and the column itself."""
    variance = np.einsum("nqki,nkij,nqkj->nq", slopes, around, slopes)
    total = slopes.sum(axis=2)
    return np.asarray(np.sqrt(variance + np.einsum("nqi,nij,nqj->nq", total, own, total)))
