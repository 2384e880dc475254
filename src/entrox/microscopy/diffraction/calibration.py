"""The size of a pixel in reciprocal space from the rings of a known crystal.

Rings that the pattern does not resolve are compared as one: the expected place of a peak is the mean of the rings under
it, weighted by their strength.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, quantity
from entrox.microscopy.diffraction.ring_peaks import RingPeaks
from entrox.microscopy.diffraction.ring_set import RingSet, ring_set

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PixelCalibration", "calibrate_pixel"]

Floats = NDArray[np.float64]

FIRST_RINGS = 6
"""Rings of the crystal, by s, that the innermost peak may be."""
UNDER_PEAK = 0.75
"""Half the range of a peak over its full width, in which rings count as its parts."""
LARGEST_MISFIT = 0.03
LARGEST_UNSEEN = 0.4
"""Share of the light of the rings, inside the fitted range, that no peak takes, beyond which a scale is wrong."""
SYSTEMATIC = 0.003
"""Of a radius: what overlap and background leave, beside the error of the fit."""
MARGIN = 1.05
WEAK_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class PixelCalibration(Result):
    """Scale, and how well the rings agree with it; the error is that of their scatter."""

    pixel_per_angstrom: float = quantity("1/angstrom", "edge of a pixel")
    pixel_error_per_angstrom: float = quantity("1/angstrom", "standard error of the edge")
    radius_px: Floats = quantity("px", "radius of the peak", axes=("ring",))
    expected_per_angstrom: Floats = quantity("1/angstrom", "place of the rings under it", axes=("ring",))
    deviation_percent: Floats = quantity("%", "radius over expected place, minus one", axes=("ring",))
    label: tuple[str, ...] = ()
    name: str = ""
    warnings: tuple[str, ...] = ()


def calibrate_pixel(peaks: RingPeaks, crystal: Atoms, *, largest_misfit: float = LARGEST_MISFIT) -> PixelCalibration:
    """Assign peaks to the rings of a crystal and find the scale.

    Parameters
    ----------
    peaks
        Fitted peaks, at least two.
    crystal
        Unit cell of the substance (:func:`build_standard` for the usual ones).
    largest_misfit
        Largest relative deviation of a peak from its rings.

    Raises
    ------
    InputError
        If there are fewer than two peaks, or no scale brings all of them onto rings.
    """
    check_in_range(largest_misfit, "largest_misfit", low=0.0, low_open=True, high=0.2)
    radius, width = peaks.radius_px, peaks.fwhm_px
    if len(radius) < 2:
        raise InputError(f"a scale needs two or more rings; the profile has {len(radius)}.")
    reach = FIRST_RINGS * float(radius[-1] / radius[0])
    first = ring_set(crystal, _first_end(crystal))
    best: tuple[float, float, Floats] | None = None
    for start in first.s_per_angstrom[:FIRST_RINGS]:
        scale = float(start / radius[0])
        rings = ring_set(crystal, min(MARGIN * scale * (radius[-1] + width[-1]), reach * first.s_per_angstrom[0]))
        found = _scaled(scale, peaks, rings)
        if found is None:
            continue
        scale, expected = found
        misfit = np.abs(scale * radius / expected - 1.0)
        unseen = _unseen(scale, peaks, rings)
        cost = float(np.sqrt(np.mean(misfit**2))) + unseen
        fits = misfit.max() <= largest_misfit and unseen <= LARGEST_UNSEEN
        if fits and (best is None or cost < best[0]):
            best = (cost, scale, expected)
    if best is None:
        name = crystal.get_chemical_formula(empirical=True)
        raise InputError(
            f"no scale brings all {len(radius)} peaks within {100 * largest_misfit:.3g} % of rings of {name} and "
            "explains its strong rings. Is it this substance? Mask spots, fit the ellipse (--ellipse), or give the "
            "pixel (--pixel-inverse-nm)."
        )
    return _calibration(best[1], best[2], peaks, crystal)


def _first_end(crystal: Atoms) -> float:
    """Radius that holds the first rings whatever the extinctions: eight times that of the longest edge."""
    return 8.0 / float(crystal.cell.lengths().max())


def _scaled(scale: float, peaks: RingPeaks, rings: RingSet) -> tuple[float, Floats] | None:
    """Scale and expected places, each from the other until they stay."""
    error = np.hypot(peaks.radius_error_px, SYSTEMATIC * peaks.radius_px)
    weight = 1.0 / error**2
    expected = np.full(len(peaks.radius_px), np.nan)
    for _ in range(20):
        last = scale
        for k, (radius, width) in enumerate(zip(peaks.radius_px, peaks.fwhm_px, strict=True)):
            expected[k] = _place(scale * radius, scale * width, rings)
        if not np.isfinite(expected).all():
            return None
        scale = float((weight * peaks.radius_px * expected).sum() / (weight * peaks.radius_px**2).sum())
        if abs(scale / last - 1.0) < 1e-9:
            break
    return scale, expected


def _under(place: float, width: float, rings: RingSet) -> NDArray[np.bool_]:
    """Rings within the width of a peak; where there is none, the nearest one."""
    away = np.abs(rings.s_per_angstrom - place)
    near = away < UNDER_PEAK * width
    if not near.any():
        near = (away == away.min()) & (away < LARGEST_MISFIT * place)
    return np.asarray(near)


def _place(place: float, width: float, rings: RingSet) -> float:
    """Mean of the rings under a peak; their light is spread over their circumference."""
    near = _under(place, width, rings)
    if not near.any():
        return float("nan")
    height = rings.intensity[near] / rings.s_per_angstrom[near]
    return float((height * rings.s_per_angstrom[near]).sum() / height.sum())


def _unseen(scale: float, peaks: RingPeaks, rings: RingSet) -> float:
    """Share of the light of the rings inside the fitted range that no peak takes: it speaks against a scale."""
    inside = (rings.s_per_angstrom > scale * peaks.fit_radius_px[0]) & (
        rings.s_per_angstrom < scale * peaks.fit_radius_px[-1]
    )
    taken = np.zeros(len(inside), dtype=bool)
    for radius, width in zip(peaks.radius_px, peaks.fwhm_px, strict=True):
        taken |= _under(scale * radius, scale * width, rings)
    height = rings.intensity / rings.s_per_angstrom
    return float(height[inside & ~taken].sum() / max(height[inside].sum(), 1e-300))


def _calibration(scale: float, expected: Floats, peaks: RingPeaks, crystal: Atoms) -> PixelCalibration:
    rings = ring_set(crystal, MARGIN * scale * (peaks.radius_px[-1] + peaks.fwhm_px[-1]))
    labels = []
    for radius, width in zip(peaks.radius_px, peaks.fwhm_px, strict=True):
        near = _under(scale * radius, scale * width, rings)
        strongest = max(rings.intensity[near])
        names = [
            name for name, one, power in zip(rings.label, near, rings.intensity, strict=True)
            if one and power > WEAK_SHARE * strongest
        ]  # fmt: skip
        labels.append("/".join(names))
    deviation = scale * peaks.radius_px / expected - 1.0
    scatter = float(np.sqrt((deviation**2).sum() / max(len(deviation) - 1, 1) / len(deviation)))
    return PixelCalibration(
        pixel_per_angstrom=scale,
        pixel_error_per_angstrom=scale * max(scatter, SYSTEMATIC / np.sqrt(len(deviation))),
        radius_px=peaks.radius_px,
        expected_per_angstrom=expected,
        deviation_percent=100.0 * deviation,
        label=tuple(labels),
        name=crystal.get_chemical_formula(empirical=True),
    )
