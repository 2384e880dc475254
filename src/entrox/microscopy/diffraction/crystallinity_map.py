r"""Where a scan sees crystal: how unevenly the intensity lies along the first ring.

A glass fills its ring evenly up to counting noise and speckle, a crystal puts it into spots. Along the ring

.. math:: V = \frac{\mathrm{Var}(I)}{\langle I \rangle^2} - \frac{g}{\langle I \rangle}

with g the counts per electron: the second term is what counting alone gives. Means are taken at equal radius, so that
the shape of the ring does not count. Beside it stands the contrast: the brightest sector over the mean, minus one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.microscopy.diffraction.pattern_scan import PatternScan
from entrox.microscopy.diffraction.scan_center import ScanCenters

__all__ = ["CrystallinityMap", "crystallinity_map", "glass_threshold"]

Floats = NDArray[np.float64]

CENTER_STEP_PX = 0.25
"""Centers are rounded to it, so that patterns share their geometry."""
BIN_PX = 0.5
"""Width of the rings of equal radius: in wider ones the slope of the ring counts as unevenness."""
FEWEST_PIXELS = 24
SURE = 3.0


@dataclass(frozen=True, kw_only=True)
class CrystallinityMap(Result):
    """Variance along the ring beyond counting noise, its error by counting, and the contrast, for each scan point."""

    variance: Floats = quantity("1", "normalized variance along the ring beyond counting", axes=("row", "column"))
    counting_error: Floats = quantity("1", "standard error of the variance by counting", axes=("row", "column"))
    contrast: Floats = quantity("1", "brightest sector over mean, minus one", axes=("row", "column"))
    ring_counts: Floats = quantity("counts", "mean intensity on the ring", axes=("row", "column"))
    inner_px: float = quantity("px", "inner radius of the ring")
    outer_px: float = quantity("px", "outer radius of the ring")
    gain_counts_per_electron: float = quantity("counts", "counts per electron")
    uneven_share: float = quantity("1", "share of points whose variance exceeds counting by three standard errors")


def crystallinity_map(
    scan: PatternScan,
    centers: ScanCenters,
    ring_px: tuple[float, float],
    *,
    gain_counts_per_electron: float = 1.0,
    sectors: int = 24,
) -> CrystallinityMap:
    """Measure how unevenly the first ring is filled at every point of a scan.

    Parameters
    ----------
    scan
        Scan; it is read once.
    centers
        Plane of the centers.
    ring_px
        Inner and outer radius of the ring [px].
    gain_counts_per_electron
        Counts per electron; 1 for counting detectors.
    sectors
        Sectors of the circle, for the contrast.

    Raises
    ------
    InputError
        If the ring holds too few pixels or leaves the pattern.
    """
    inner, outer = ring_px
    gain = check_positive(gain_counts_per_electron, "gain_counts_per_electron", "counts")
    check_integer(sectors, "sectors", low=4, high=360)
    if not 0.0 <= inner < outer or np.pi * (outer**2 - inner**2) < FEWEST_PIXELS:
        raise InputError(
            f"the ring needs 0 <= inner < outer and {FEWEST_PIXELS} pixels; got {inner:g} to {outer:g} px."
        )
    rounded = np.rint(centers.plane_px / CENTER_STEP_PX).astype(int)
    geometries: dict[tuple[int, int], _Ring] = {}
    tables = np.zeros((4, *scan.scan_shape))
    for rows, columns, block in scan.blocks():
        patterns = block.reshape(-1, int(np.prod(scan.pattern_shape)))
        keys = rounded[rows, columns].reshape(-1, 2)
        part = np.zeros((4, len(keys)))
        for key in {(int(a), int(b)) for a, b in keys}:
            if key not in geometries:
                geometries[key] = _ring(scan.pattern_shape, CENTER_STEP_PX * np.array(key), inner, outer, sectors)
            own = np.flatnonzero((keys == key).all(axis=1))
            part[:, own] = _measures(patterns, own, geometries[key], gain)
        tables[:, rows, columns] = part.reshape(4, *block.shape[:2])
    variance, error, contrast, counts = tables
    return CrystallinityMap(
        variance=variance, counting_error=error, contrast=contrast, ring_counts=counts, inner_px=inner, outer_px=outer,
        gain_counts_per_electron=gain, uneven_share=float((variance > SURE * error).mean()),
    )  # fmt: skip


@dataclass(frozen=True)
class _Ring:
    """Pixels of the ring sorted by radius, where each radius starts, and the sector of each pixel."""

    pixels: NDArray[np.intp]
    starts: NDArray[np.intp]
    number: NDArray[np.intp]
    sector: Floats


def _ring(shape: tuple[int, int], center: Floats, inner: float, outer: float, sectors: int) -> _Ring:
    y, x = np.indices(shape)
    dx, dy = x - center[0], y - center[1]
    radius = np.hypot(dx, dy)
    inside = np.flatnonzero(((radius >= inner) & (radius < outer)).ravel())
    if len(inside) < 0.9 * np.pi * (outer**2 - inner**2) - 2.0 * np.pi * outer:
        raise InputError(
            f"the ring from {inner:g} to {outer:g} px leaves the pattern about {center.round(1).tolist()}."
        )
    bins = np.floor((radius.ravel()[inside] - inner) / BIN_PX).astype(np.intp)
    order = np.argsort(bins, kind="stable")
    pixels, bins = inside[order], bins[order]
    starts = np.flatnonzero(np.diff(bins, prepend=-1) > 0)
    turn = np.arctan2(dy, dx).ravel()[pixels]
    sector = np.zeros((len(pixels), sectors))
    sector[np.arange(len(pixels)), np.floor((turn / (2.0 * np.pi) + 0.5) * sectors).astype(int) % sectors] = 1.0
    return _Ring(pixels, starts, np.diff(np.append(starts, len(pixels))), sector)


def _measures(patterns: NDArray[np.generic], own: NDArray[np.intp], ring: _Ring, gain: float) -> Floats:
    """Variance, its error, contrast and mean of the patterns with one center, shape ``(4, n)``."""
    values = patterns[np.ix_(own, ring.pixels)].astype(float)
    mean = np.add.reduceat(values, ring.starts, axis=1) / ring.number
    level = np.repeat(mean, ring.number, axis=1)
    spread = np.add.reduceat((values - level) ** 2, ring.starts, axis=1) * (
        ring.number / np.maximum(ring.number - 1, 1)
    )
    power = (ring.number * mean**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (spread.sum(axis=1) - gain * values.sum(axis=1)) / power
        # of Poisson counts the variance less the mean scatters by 2 mean^2/n: what both share drops out
        noise = (2.0 * ring.number * (gain * mean) ** 2).sum(axis=1)
        contrast = (values @ ring.sector / np.maximum(level @ ring.sector, 1e-300)).max(axis=1) - 1.0
        return np.stack([variance, np.sqrt(noise) / power, contrast, values.mean(axis=1)])


def glass_threshold(found: CrystallinityMap, glass: ArrayLike, *, sigma: float = 3.0) -> float:
    """Variance above which a point is no glass, from a region that is known to be glass.

    Parameters
    ----------
    found
        Map.
    glass
        Points of the region, shape ``(rows, columns)``.
    sigma
        Standard deviations above the mean of the region.

    Raises
    ------
    InputError
        If the region has fewer than ten points.
    """
    region = np.asarray(glass, dtype=bool)
    if region.shape != found.variance.shape or region.sum() < 10:
        raise InputError("the region of glass needs ten or more points of the scan.")
    values = found.variance[region]
    return float(values.mean() + sigma * values.std(ddof=1))
