"""Sums over regions of a scan, and virtual detectors: both linear in the patterns, in one pass through the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive
from entrox.microscopy.diffraction.pattern_scan import PatternScan

__all__ = ["annular_detector", "circle_region", "rectangle_region", "region_sums", "virtual_images"]

FEW = 0.3
"""Share of a block in regions below which only their patterns are touched."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def circle_region(shape: tuple[int, int], center: tuple[float, float], radius: float) -> Bools:
    """Points of a scan, or pixels of a pattern, in a circle; center as (x = column, y = row).

    Examples
    --------
    >>> int(circle_region((5, 5), (2, 2), 1.0).sum())
    5
    """
    y, x = np.indices(shape)
    return np.asarray((x - center[0]) ** 2 + (y - center[1]) ** 2 <= check_positive(radius, "radius") ** 2)


def rectangle_region(shape: tuple[int, int], low: tuple[int, int], high: tuple[int, int]) -> Bools:
    """Points of a scan from ``low`` to ``high``, both included, as (x = column, y = row).

    Examples
    --------
    >>> int(rectangle_region((5, 5), (1, 1), (2, 3)).sum())
    6
    """
    y, x = np.indices(shape)
    return np.asarray((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))


def annular_detector(shape: tuple[int, int], center_px: ArrayLike, inner_px: float, outer_px: float) -> Bools:
    """Pixels of a pattern between two radii.

    Raises
    ------
    InputError
        If the outer radius is not the larger one.
    """
    if not 0.0 <= inner_px < outer_px:
        raise InputError(f"a detector needs 0 <= inner < outer; got {inner_px:g} and {outer_px:g} px.")
    center = np.asarray(center_px, dtype=float)
    y, x = np.indices(shape)
    radius = np.hypot(x - center[0], y - center[1])
    return np.asarray((radius >= inner_px) & (radius < outer_px))


def region_sums(scan: PatternScan, regions: ArrayLike) -> Floats:
    """Sum the patterns of regions.

    Parameters
    ----------
    scan
        Scan; it is read once, and only where a region has points.
    regions
        Weight of each scan point in each region, or whether it belongs to it, shape ``(n, rows, columns)`` or
        ``(rows, columns)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, pattern rows, pattern columns)``, or without the first axis [counts].

    Raises
    ------
    InputError
        If the regions do not fit the scan, or one is empty.
    """
    weights = np.asarray(regions, dtype=float)
    single = weights.ndim == 2
    weights = weights[None] if single else weights
    if weights.ndim != 3 or weights.shape[1:] != scan.scan_shape:
        raise InputError(f"regions must have the shape of the scan, {scan.scan_shape}; got {weights.shape[-2:]}.")
    if not weights.any(axis=(1, 2)).all():
        raise InputError("a region has no scan point.")
    total = np.zeros((len(weights), int(np.prod(scan.pattern_shape))))
    for rows, columns, block in scan.blocks():
        part = weights[:, rows, columns].reshape(len(weights), -1)
        used = part.any(axis=0)
        if not used.any():
            continue
        patterns = block.reshape(part.shape[1], -1)
        # to copy the patterns of a region costs more than to multiply the others by zero, unless they are few
        few = used.mean() < FEW
        total += _product(part[:, used], patterns[used]) if few else _product(part, patterns)
    found = total.reshape(len(weights), *scan.pattern_shape)
    return np.asarray(found[0] if single else found)


def _product(weights: Floats, patterns: NDArray[np.generic]) -> Floats:
    """Weights times patterns; single precision suffices inside a block, whose sums are added up in double."""
    small = patterns.dtype == np.float32 or (patterns.dtype.kind in "iub" and patterns.dtype.itemsize <= 2)
    kind = np.float32 if small else np.float64
    return np.asarray(weights.astype(kind) @ patterns.astype(kind, copy=False), dtype=float)


def virtual_images(scan: PatternScan, detectors: ArrayLike) -> Floats:
    """Image of what virtual detectors count.

    Parameters
    ----------
    scan
        Scan; it is read once.
    detectors
        Weight of each pixel of the patterns, shape ``(n, pattern rows, pattern columns)`` or without the first axis.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, rows, columns)``, or without the first axis [counts].

    Raises
    ------
    InputError
        If the detectors do not fit the patterns.
    """
    weights = np.asarray(detectors, dtype=float)
    single = weights.ndim == 2
    weights = weights[None] if single else weights
    if weights.ndim != 3 or weights.shape[1:] != scan.pattern_shape:
        raise InputError(f"detectors must have the shape of the patterns, {scan.pattern_shape}; got {weights.shape}.")
    flat = weights.reshape(len(weights), -1)
    used = np.flatnonzero(flat.any(axis=0))
    image = np.zeros((len(weights), *scan.scan_shape))
    for rows, columns, block in scan.blocks():
        patterns = block.reshape(-1, flat.shape[1])[:, used]
        counted = patterns.astype(float) @ flat[:, used].T
        image[:, rows, columns] = counted.T.reshape(len(weights), *block.shape[:2])
    return np.asarray(image[0] if single else image)
