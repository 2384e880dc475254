"""The intensity of a pattern against the radius: mean, median, scatter and number of pixels of every ring.

Pixels go whole into the ring of their radius; the mean radius of the pixels of a ring is its radius.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_positive, quantity
from entrox.microscopy.diffraction.pattern import Pattern
from entrox.microscopy.diffraction.ring_geometry import RingGeometry

__all__ = ["RadialProfile", "azimuthal_median", "radial_profile", "sector_profiles"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RadialProfile(Result):
    """Intensity against radius; NaN where a ring has no pixel.

    ``variance`` is that of single pixels around the mean of their ring: counting noise, and texture beyond it.
    """

    radius_px: Floats = quantity("px", "radius", axes=("ring",))
    mean: Floats = quantity("counts", "azimuthal mean", axes=("ring",))
    median: Floats = quantity("counts", "azimuthal median", axes=("ring",))
    variance: Floats = quantity("counts^2", "variance of the pixels of a ring", axes=("ring",))
    pixel_count: NDArray[np.int64] = quantity("1", "pixels of a ring", axes=("ring",))
    pixel_per_angstrom: float | None = quantity("1/angstrom", "edge of a pixel", default=None)
    source: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def s_per_angstrom(self) -> Floats:
        """Radius in reciprocal space [1/angstrom].

        Raises
        ------
        InputError
            If the scale of the pattern is not known.
        """
        if self.pixel_per_angstrom is None:
            raise InputError(
                "the pattern has no scale: give the size of a pixel (--pixel-inverse-nm), or calibrate it with a known "
                "ring set (--calibrate Au)."
            )
        return np.asarray(self.radius_px * self.pixel_per_angstrom)

    @property
    def standard_error(self) -> Floats:
        """Standard error of the azimuthal mean from the scatter of the pixels [counts]."""
        return np.sqrt(self.variance / np.maximum(self.pixel_count, 1))


def radial_profile(pattern: Pattern, geometry: RingGeometry, *, step_px: float = 1.0) -> RadialProfile:
    """Average a pattern over its rings.

    Parameters
    ----------
    pattern
        Pattern.
    geometry
        Center and ellipse.
    step_px
        Width of a ring [px].

    Raises
    ------
    InputError
        If the step is not positive.
    """
    step = check_positive(step_px, "step_px", "px")
    radius = geometry.radius_px(pattern.intensity.shape)
    return _profile(pattern, radius, pattern.usable, step)


def sector_profiles(
    pattern: Pattern, geometry: RingGeometry, *, sectors: int = 8, first_deg: float = 0.0, step_px: float = 1.0
) -> tuple[Floats, list[RadialProfile]]:
    """Average a pattern over sectors of its rings; s and -s go into one sector, as Friedel pairs are equal.

    Parameters
    ----------
    pattern
        Pattern.
    geometry
        Center and ellipse.
    sectors
        Sectors of the half circle.
    first_deg
        Middle of the first sector, from x toward y as displayed, y up [deg].
    step_px
        Width of a ring [px].

    Returns
    -------
    directions_deg : numpy.ndarray
        Middle of each sector, shape ``(sectors,)`` [deg].
    profiles : list of RadialProfile
        Profile of each.

    Raises
    ------
    InputError
        If there is no sector.
    """
    if sectors < 1:
        raise InputError(f"sectors must be at least 1; got {sectors}.")
    step = check_positive(step_px, "step_px", "px")
    x, y = geometry.offsets_px(pattern.intensity.shape)
    width = 180.0 / sectors
    number = (np.floor((np.degrees(np.arctan2(y, x)) - first_deg) / width + 0.5).astype(int)) % sectors
    radius = np.sqrt(x * x + y * y)
    profiles = [_profile(pattern, radius, pattern.usable & (number == k), step) for k in range(sectors)]
    return first_deg + width * np.arange(sectors, dtype=np.float64), profiles


def _profile(pattern: Pattern, radius: Floats, used: NDArray[np.bool_], step: float) -> RadialProfile:
    whole = bool(used.all())
    place = radius.ravel() if whole else radius[used]
    values = pattern.intensity.ravel() if whole else pattern.intensity[used]
    ring = np.rint(place if step == 1.0 else place / step).astype(np.intp)
    count = np.bincount(ring)
    full, order = np.flatnonzero(count), _by_ring(ring, len(count))
    starts = np.concatenate([[0], np.cumsum(count)[full][:-1]])
    number, ordered = count[full], values[order]
    mean = np.add.reduceat(ordered, starts) / number
    # about the mean of the ring: squares of large intensities would cancel
    rest = np.add.reduceat((ordered - np.repeat(mean, number)) ** 2, starts) / np.maximum(number - 1, 1)
    at = step * np.arange(len(count), dtype=float)
    at[full] = np.add.reduceat(place[order], starts) / number

    def spread(found: Floats) -> Floats:
        every = np.full(len(count), np.nan)
        every[full] = found
        return every

    return RadialProfile(
        radius_px=at,
        mean=spread(mean),
        median=spread(_medians(ordered, starts, number)),
        variance=spread(np.where(number > 1, rest, np.nan)),
        pixel_count=count.astype(np.int64),
        pixel_per_angstrom=pattern.pixel_per_angstrom,
        source=pattern.source,
        warnings=pattern.warnings,
    )


def azimuthal_median(intensity: ArrayLike, usable: ArrayLike, radius_px: ArrayLike) -> Floats:
    """Median of the pixels around each whole radius, up to the largest, shape ``(ring,)`` [counts].

    Rings without a pixel have the value of their neighbor.

    Parameters
    ----------
    intensity, usable, radius_px
        Pattern, which pixels count, and their radii [px], shape ``(rows, columns)``.
    """
    used = np.asarray(usable, dtype=bool)
    every = np.asarray(radius_px)
    ring = np.rint(every[used]).astype(np.intp)
    count = np.bincount(ring, minlength=int(np.rint(every.max())) + 1)
    full = np.flatnonzero(count)
    starts = np.concatenate([[0], np.cumsum(count)[full][:-1]])
    ordered = np.asarray(intensity, dtype=float)[used][_by_ring(ring, len(count))]
    return np.interp(np.arange(len(count)), full, _medians(ordered, starts, count[full]))


def _by_ring(ring: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Order of the pixels by ring."""
    # numbers of rings fit into 16 bits, which NumPy sorts by radix in linear time
    kind = np.uint16 if size <= np.iinfo(np.uint16).max else np.int64
    return np.argsort(ring.astype(kind), kind="stable")


def _medians(ordered: Floats, starts: NDArray[np.intp], number: NDArray[np.intp]) -> Floats:
    """Medians of stretches of an array, which is left in disorder inside them."""
    found = np.empty(len(starts))
    for k, (start, size) in enumerate(zip(starts, number, strict=True)):
        stretch, half = ordered[start : start + size], size // 2
        stretch.partition(half)
        below = stretch[:half].max() if size % 2 == 0 else stretch[half]
        found[k] = 0.5 * (stretch[half] + below)
    return found
