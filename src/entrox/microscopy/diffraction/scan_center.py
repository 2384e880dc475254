"""How the center of the patterns moves over a scan: descan is a plane, and what is no plane is noise or field.

The center of each pattern is the center of mass of the bright part of its direct beam.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_positive, quantity
from entrox.microscopy.diffraction.pattern_scan import PatternScan

__all__ = ["ScanCenters", "scan_centers"]

Floats = NDArray[np.float64]

ROUNDS = 20
BRIGHTEST = 5
BASE_SHARE = 0.3
"""Share of the brightest pixels that is taken off as background."""
TUNING = 4.685
"""Of Tukey's biweight, in standard deviations."""


@dataclass(frozen=True, kw_only=True)
class ScanCenters(Result):
    """Plane through the centers of all patterns, x right and y down."""

    measured_px: Floats = quantity("px", "center of each pattern", axes=("row", "column", "component"))
    plane_px: Floats = quantity("px", "plane through the centers", axes=("row", "column", "component"))
    slope_px: Floats = quantity("px", "change per scan row and column", axes=("component", "scan_axis"))
    residual_px: float = quantity("px", "scatter about the plane, one component")


def scan_centers(
    scan: PatternScan, beam_radius_px: float, *, start_px: tuple[float, float] | None = None
) -> ScanCenters:
    """Find the center of every pattern and the plane through them.

    Parameters
    ----------
    scan
        Scan; it is read once.
    beam_radius_px
        Radius that holds the direct beam in all patterns [px].
    start_px
        Its place in the mean pattern, x right and y down; from the brightest pixel of the first patterns if None [px].

    Raises
    ------
    InputError
        If no pattern has intensity there, or one holds NaN.
    """
    radius = check_positive(beam_radius_px, "beam_radius_px", "px")
    rows, columns = scan.pattern_shape
    y, x = np.indices((rows, columns), dtype=float)
    found = np.full((*scan.scan_shape, 2), np.nan)
    start = None if start_px is None else np.asarray(start_px, dtype=float)
    for place_rows, place_columns, block in scan.blocks():
        patterns = block.reshape(-1, rows * columns).astype(float)
        _check_counts(patterns, place_rows, place_columns)
        if start is None:
            start = _brightest(patterns.mean(axis=0).reshape(rows, columns))
        near = np.flatnonzero((np.hypot(x - start[0], y - start[1]) <= radius).ravel())
        part = patterns[:, near]
        # only the bright part of the beam: what lies below, cut off by the edge of the window, would hold it back
        bright = np.partition(part, -BRIGHTEST, axis=1)[:, -BRIGHTEST:].mean(axis=1, keepdims=True)
        part = np.maximum(part - BASE_SHARE * bright, 0.0)
        total = part.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            center = np.stack([part @ x.ravel()[near], part @ y.ravel()[near]], axis=1) / total[:, None]
        found[place_rows, place_columns] = center.reshape(*block.shape[:2], 2)
    return _plane(found)


def _check_counts(patterns: Floats, rows: slice, columns: slice) -> None:
    """Raise InputError at the first pattern that holds NaN: one would draw the centers of all away."""
    bad = np.flatnonzero(~np.isfinite(patterns.sum(axis=1)))
    if len(bad):
        row, column = divmod(int(bad[0]), columns.stop - columns.start)
        raise InputError(
            f"the pattern at scan row {rows.start + row}, column {columns.start + column} holds NaN or infinite "
            "intensities. Replace dead pixels by the mean of their neighbors."
        )


def _brightest(mean: Floats) -> Floats:
    from scipy.ndimage import uniform_filter

    row, column = np.unravel_index(int(np.argmax(uniform_filter(mean, 3))), mean.shape)
    return np.array([column, row], dtype=float)


def _plane(found: Floats) -> ScanCenters:
    rows, columns = found.shape[:2]
    i, j = np.indices((rows, columns), dtype=float)
    terms = np.stack([np.ones(rows * columns), i.ravel(), j.ravel()], axis=1)
    terms = terms[:, [True, rows > 1, columns > 1]]
    flat = found.reshape(-1, 2)
    known: NDArray[np.bool_] = np.isfinite(flat).all(axis=1).reshape(-1)
    if known.sum() <= terms.shape[1]:
        raise InputError("too few patterns have a direct beam there to find how the center moves.")
    weight = known.astype(float)
    values = np.where(known[:, None], flat, 0.0)
    scale = 0.0
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        numbers = np.linalg.lstsq(terms * root, values * root, rcond=None)[0]
        rest = np.where(known[:, None], values - terms @ numbers, np.nan)
        last, scale = scale, 1.4826 * float(np.nanmedian(np.abs(rest)))
        if scale <= 1e-9 or abs(scale - last) < 1e-6 * scale:
            break
        away = np.nan_to_num(np.abs(rest).max(axis=1), nan=np.inf) / (TUNING * scale)
        weight = np.where(away < 1.0, (1.0 - np.minimum(away, 1.0) ** 2) ** 2, 0.0)
    slope = np.zeros((2, 2))
    slope[:, [k for k, more in enumerate((rows > 1, columns > 1)) if more]] = numbers[1:].T
    return ScanCenters(
        measured_px=found, plane_px=(terms @ numbers).reshape(rows, columns, 2), slope_px=slope, residual_px=scale
    )
