"""Masks of an atom probe: poles and zone lines on the detector, pores and particle edges in space.

Units: nm for positions, mm for detector hits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from entrox.atomprobe.artifacts import hit_positions
from entrox.atomprobe.map_counts import gaussian_sums, grid_axes
from entrox.core import InputError, Result, check_in_range, check_positive, quantity
from entrox.order.point_set import PointSet

__all__ = ["DensityMask", "PoleMask", "density_mask", "pole_mask"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class PoleMask(Result):
    """Cells of the detector whose hit density deviates from a smooth one, and the points in them."""

    x_edges: Floats = quantity("nm or mm", "edges along x", axes=("x_edge",))
    y_edges: Floats = quantity("nm or mm", "edges along y", axes=("y_edge",))
    density_ratio: Floats = quantity("1", "hit density over the smooth one; NaN outside", axes=("x", "y"))
    is_pole: Bools = quantity("1", "cell of a pole or zone line", axes=("x", "y"))
    in_pole: Bools = quantity("1", "point lies in such a cell", axes=("point",))
    masked_fraction: float = quantity("1", "share of the points in poles")


@dataclass(frozen=True, kw_only=True)
class DensityMask(Result):
    """Points away from pores, particle edges and dense spots."""

    keep: Bools = quantity("1", "point has an ordinary density around it", axes=("point",))
    density_per_nm3: Floats = quantity("nm^-3", "density around each point", axes=("point",))
    median_per_nm3: float = quantity("nm^-3", "median density")
    low_per_nm3: float = quantity("nm^-3", "densities below are masked")
    high_per_nm3: float = quantity("nm^-3", "densities above are masked")
    low_fraction: float = quantity("1", "share of points masked for low density")
    high_fraction: float = quantity("1", "share of points masked for high density")


def pole_mask(
    points: PointSet,
    *,
    detector_mm: NDArray[np.floating] | None = None,
    cell: float | None = None,
    smooth_cells: float = 8.0,
    deviation: float = 0.3,
    significance: float = 4.5,
) -> PoleMask:
    """Mark the places where the density of hits deviates from a smooth one: crystal poles and zone lines.

    Parameters
    ----------
    points
        Labeled points.
    detector_mm
        As in :func:`detector_composition_map`.
    cell
        Edge of a cell [nm or mm]; by default such that a cell of the covered area has 100 points on average.
    smooth_cells
        Standard deviation of the smooth density in cells; poles must be smaller than that.
    deviation
        A cell is marked if its density differs by more than this share of the smooth one,
    significance
        and by more than this many counting errors.

    Raises
    ------
    InputError
        If a parameter is out of range or all points lie in one place.
    """
    check_in_range(deviation, "deviation", low=0.0, high=1.0, low_open=True)
    check_positive(smooth_cells, "smooth_cells")
    check_positive(significance, "significance")
    hits, _ = hit_positions(points, detector_mm)
    low, high = hits.min(axis=0), hits.max(axis=0)
    if len(points) < 100 or not (high > low).all():
        raise InputError(f"a pole mask needs at least 100 points that differ in x and y; got {len(points)}.")
    edge = float(np.sqrt(100.0 * np.prod(high - low) / len(points))) if cell is None else check_positive(cell, "cell")
    shape = np.maximum(np.rint((high - low) / edge).astype(int), 2)
    edges = [np.linspace(low[k], high[k], shape[k] + 1) for k in (0, 1)]
    place = np.minimum(((hits - low) / (high - low) * shape).astype(int), shape - 1)
    counts = np.zeros(tuple(shape))
    np.add.at(counts, tuple(place.T), 1.0)
    # Cells outside the field of view must not pull the smooth density down at its rim.
    inside = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(counts > 0, 2), iterations=2))[2:-2, 2:-2]
    ratio, error = _against_smooth(counts, inside, smooth_cells)
    # Cells at the rim are covered in part only: all eight neighbors must lie in the field of view.
    whole = ndimage.binary_erosion(inside, structure=np.ones((3, 3), dtype=bool), border_value=0)
    is_pole = whole & (np.abs(ratio - 1.0) > np.maximum(deviation, significance * error))
    in_pole = is_pole[place[:, 0], place[:, 1]]
    return PoleMask(
        x_edges=edges[0],
        y_edges=edges[1],
        density_ratio=ratio,
        is_pole=is_pole,
        in_pole=in_pole,
        masked_fraction=float(in_pole.mean()),
    )


def _against_smooth(counts: Floats, inside: Bools, smooth_cells: float) -> tuple[Floats, Floats]:
    """Density over the smooth one, and its counting error; NaN outside. Deviating cells are left out of the smooth."""
    used = inside.copy()
    smooth = np.zeros_like(counts)
    for _ in range(3):
        total = ndimage.gaussian_filter(np.where(used, counts, 0.0), smooth_cells, mode="constant")
        covered = ndimage.gaussian_filter(used.astype(float), smooth_cells, mode="constant")
        smooth = np.divide(total, covered, out=np.zeros_like(total), where=covered > 1e-6)
        used = inside & (np.abs(counts - smooth) <= 4.0 * np.sqrt(np.maximum(smooth, 1.0)))
    held = inside & (smooth > 0.0)
    ratio = np.divide(counts, smooth, out=np.full_like(counts, np.nan), where=held)
    error = np.divide(1.0, np.sqrt(smooth), out=np.full_like(counts, np.inf), where=held)
    return np.where(held, ratio, np.nan), error


def density_mask(
    points: PointSet,
    *,
    sigma_nm: float = 1.0,
    spacing_nm: float | None = None,
    low: float = 0.7,
    high: float = 2.0,
) -> DensityMask:
    """Mark points near pores, particle edges and trajectory overlaps by the density around them.

    Parameters
    ----------
    points
        Labeled points.
    sigma_nm
        Standard deviation of the Gaussian that the density is taken over [nm].
    spacing_nm
        Spacing of its grid; by default half of sigma [nm].
    low, high
        Points with less than ``low`` or more than ``high`` times the median density are masked. Beside a flat free
        surface the density is half of that inside, half a sigma below it seven tenths.

    Raises
    ------
    InputError
        If there is no point, a length is not positive, or not 0 <= low < 1 < high.
    """
    check_positive(sigma_nm, "sigma_nm", "nm")
    check_in_range(low, "low", low=0.0, high=1.0, high_open=True)
    check_in_range(high, "high", low=1.0, low_open=True)
    spacing = 0.5 * sigma_nm if spacing_nm is None else check_positive(spacing_nm, "spacing_nm", "nm")
    if len(points) == 0 or spacing > sigma_nm:
        raise InputError(
            f"a density mask needs points and spacing_nm <= sigma_nm; got {len(points)} points, {spacing:g}."
        )
    positions = points.positions_nm
    axes = grid_axes(positions.min(axis=0).astype(float), positions.max(axis=0).astype(float), spacing)
    sums, _ = gaussian_sums(positions, np.zeros(len(points), dtype=np.int64), 1, axes, spacing, sigma_nm)
    place = (positions.astype(np.float64) - np.array([axis[0] for axis in axes])) / spacing
    density = ndimage.map_coordinates(sums[0], place.T, order=1, mode="nearest") / (2.0 * np.pi * sigma_nm**2) ** 1.5
    median = float(np.median(density))
    below, above = density < low * median, density > high * median
    return DensityMask(
        keep=~(below | above),
        density_per_nm3=density,
        median_per_nm3=median,
        low_per_nm3=low * median,
        high_per_nm3=high * median,
        low_fraction=float(below.mean()),
        high_fraction=float(above.mean()),
    )
