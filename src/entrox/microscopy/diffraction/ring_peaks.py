r"""Rings of a profile: positions and widths of pseudo-Voigt peaks on a smooth background, with their covariance.

.. math:: I(r) = e^{p(\ln r)} + \sum_k h_k \left[\eta L\!\left(\tfrac{r - r_k}{w_k}\right)
   + (1 - \eta) G\!\left(\tfrac{r - r_k}{w_k}\right)\right]

L and G have height one and full width one at half height; the mixing is that of all rings. A ring on the shoulder of
another has no maximum of its own, but a minimum of the second derivative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.microscopy.diffraction.bounded_fit import bounded_fit
from entrox.microscopy.diffraction.radial_profile import RadialProfile

__all__ = ["RingPeaks", "fit_ring_peaks", "pseudo_voigt"]

Floats = NDArray[np.float64]

FEWEST_POINTS = 24
SMOOTHING_POINTS = 7
BEND_NOISE = 0.218
"""Standard deviation of the smoothed second derivative over that of a point, for seven points and third order."""
LEAST_BEND = 0.05
"""Bend of a ring over that of the sharpest, both of the logarithm."""
LEAST_EXCESS = 0.02
"""Height over the background from which a bend is a ring."""
LEAST_SIGNIFICANCE = 5.0
ROUGH, FINE = 1e-5, 1e-8
"""Tolerance of a fit that looks for rings to drop, and of the last one."""
MODEL_ERROR = 0.003
"""Of the intensity: no profile of rings is a sum of pseudo-Voigts to more digits."""
BACKGROUND_POINTS = 14
LEAST_COVERAGE = 0.6
"""Share of a ring that must be seen."""
STEEP = -4.0
"""Slope of ln I against ln r of a direct beam; a skirt falls more slowly."""
LARGEST_BEAM = 0.125
"""Largest radius of the direct beam over that of the pattern."""


@dataclass(frozen=True, kw_only=True)
class RingPeaks(Result):
    """Fitted rings in the order of their radius.

    Errors are those of the fit, with the scatter of the residual: ``chi2`` far above one says that the shape is not
    quite that of the rings, and the errors have grown with it.
    """

    radius_px: Floats = quantity("px", "radius of a ring", axes=("ring",))
    radius_error_px: Floats = quantity("px", "standard error of the radius", axes=("ring",))
    fwhm_px: Floats = quantity("px", "full width at half height", axes=("ring",))
    fwhm_error_px: Floats = quantity("px", "standard error of the width", axes=("ring",))
    height: Floats = quantity("counts", "height over the background", axes=("ring",))
    mixing: float = quantity("1", "share of the Lorentzian")
    chi2: float = quantity("1", "chi squared per degree of freedom")
    fit_radius_px: Floats = quantity("px", "radii of the fit", axes=("point",))
    observed: Floats = quantity("counts", "profile", axes=("point",))
    fitted: Floats = quantity("counts", "background and rings", axes=("point",))
    background: Floats = quantity("counts", "background", axes=("point",))
    pixel_per_angstrom: float | None = quantity("1/angstrom", "edge of a pixel", default=None)


def pseudo_voigt(x: ArrayLike, mixing: float) -> Floats:
    """Pseudo-Voigt function of height one and full width one at half height.

    Parameters
    ----------
    x
        Distance from the center over the full width.
    mixing
        Share of the Lorentzian, 0 to 1.

    Examples
    --------
    >>> pseudo_voigt([0.0, 0.5], 0.3).round(6).tolist()
    [1.0, 0.5]
    """
    square = 4.0 * np.square(np.asarray(x, dtype=float))
    return np.asarray(mixing / (1.0 + square) + (1.0 - mixing) * np.exp(-np.log(2.0) * square))


def fit_ring_peaks(
    profile: RadialProfile,
    *,
    rings_px: ArrayLike | None = None,
    range_px: tuple[float, float] | None = None,
    background_order: int = 3,
) -> RingPeaks:
    """Fit the rings of a profile.

    Parameters
    ----------
    profile
        Profile.
    rings_px
        First radii of the rings [px]; found from the second derivative if not given.
    range_px
        Radii that are fitted [px]; from beyond the direct beam to where rings leave the picture if not given.
    background_order
        Order of the polynomial in ln r that is the logarithm of the background, 0 to 6.

    Raises
    ------
    InputError
        If the range holds too few points, or no ring is found.
    ConvergenceError
        If the fit does not end.
    """
    order = check_integer(background_order, "background_order", low=0, high=6)
    used = _range(profile, range_px)
    radius, values = profile.radius_px[used], profile.mean[used]
    noise = np.hypot(np.nan_to_num(profile.standard_error[used]), MODEL_ERROR * np.abs(values))
    places, widths = _first_rings(radius, values, noise, rings_px)
    start, low, high = _start(radius, values, places, widths, order)
    return _fitted(profile, radius, values, noise, (start, low, high), order, prune=rings_px is None)


def _range(profile: RadialProfile, wanted: tuple[float, float] | None) -> NDArray[np.bool_]:
    radius = profile.radius_px
    known = np.isfinite(profile.mean) & (profile.mean > 0.0) & (radius > 0.0)
    if wanted is None:
        around = 2.0 * np.pi * np.maximum(radius, 1.0) * float(np.median(np.diff(radius)))
        known &= (profile.pixel_count >= LEAST_COVERAGE * around) & (radius >= _end_of_beam(profile))
    else:
        low, high = wanted
        known &= (radius >= low) & (radius <= high)
    if known.sum() < FEWEST_POINTS:
        raise InputError(
            f"a fit of rings needs {FEWEST_POINTS} points of the profile with intensity; got {int(known.sum())}. Widen "
            "the range, or take masks away."
        )
    return np.asarray(known)


def _end_of_beam(profile: RadialProfile) -> float:
    """Radius at which the direct beam has fallen to its skirt; zero where a beam stop hides it."""
    known = np.isfinite(profile.mean) & (profile.mean > 0.0) & (profile.radius_px > 1.0)
    radius, level = profile.radius_px[known], np.log(profile.mean[known])
    if len(radius) < FEWEST_POINTS:
        return 0.0
    slope = np.gradient(level, np.log(radius))
    steep = np.flatnonzero((slope < STEEP) & (radius < LARGEST_BEAM * radius[-1]))
    if not len(steep):
        return 0.0
    after = np.flatnonzero(slope[steep[0] :] >= STEEP)
    end = radius[steep[0] + after[0]] if len(after) else radius[steep[-1]]
    # what follows is the skirt of the beam, no smooth background
    return float(1.5 * min(end, LARGEST_BEAM * radius[-1]))


def _first_rings(radius: Floats, values: Floats, noise: Floats, given: ArrayLike | None) -> tuple[Floats, Floats]:
    """First radii and widths of the rings."""
    from scipy import ndimage, signal

    step = float(np.median(np.diff(radius)))
    bend = -signal.savgol_filter(np.log(values), SMOOTHING_POINTS, 3, deriv=2)
    # where the profile bends down there is one ring, however rough the curvature is inside
    region, count = ndimage.label(bend > 0.0)
    number = np.arange(1, count + 1)
    if given is not None:
        places = np.atleast_1d(np.asarray(given, dtype=float))
        if not ((places >= radius[0]) & (places <= radius[-1])).all():
            raise InputError(
                f"rings must lie where the profile is fitted, {radius[0]:.4g} to {radius[-1]:.4g} px; got "
                f"{', '.join(f'{place:g}' for place in places)} px. Widen the range (range_px) or leave rings out."
            )
        own = region[[int(np.argmin(np.abs(radius - place))) for place in places]]
    else:
        excess = values / np.exp(_background(np.log(values))) - 1.0
        sure = (excess > LEAST_EXCESS) & (excess * values > LEAST_SIGNIFICANCE * noise)
        sure &= bend > np.maximum(LEAST_BEND * float(bend.max()), LEAST_SIGNIFICANCE * BEND_NOISE * noise / values)
        own = number[np.asarray(ndimage.maximum(sure, region, number), dtype=bool)] if count else number
        places = np.array([np.average(radius[region == k], weights=bend[region == k]) for k in own])
    if not len(places):
        raise InputError("the profile shows no ring above its smooth background; give first radii (rings_px).")
    # the second derivative of a Gaussian changes sign at its standard deviation, 0.85 of its full width apart
    size = np.array([(region == k).sum() if k else 3 for k in own])
    return places, np.maximum(1.18 * step * size, 2.0 * step)


def _background(level: Floats) -> Floats:
    """Lower envelope: every point is clipped to the mean of two at growing, then shrinking distance."""
    clipped = level.copy()
    for width in range(min(BACKGROUND_POINTS, (len(level) - 1) // 2), 0, -1):
        middle = clipped[width:-width]
        clipped[width:-width] = np.minimum(middle, 0.5 * (clipped[: -2 * width] + clipped[2 * width :]))
    return clipped


def _start(radius: Floats, values: Floats, places: Floats, widths: Floats, order: int) -> tuple[Floats, Floats, Floats]:
    """First values of all numbers and their bounds: background, (log height, radius, width) of each ring, mixing."""
    level = _background(np.log(values))
    smooth = chebyshev.chebfit(_scaled(radius), level, order)
    above = np.interp(places, radius, values) - np.exp(np.interp(places, radius, level))
    height = np.log(np.maximum(above, 0.05 * np.interp(places, radius, values)))
    rings = np.stack([height, places, widths], axis=1)
    low = np.stack([height - 6.0, places - 0.5 * widths, 0.25 * widths], axis=1)
    high = np.stack([height + 6.0, places + 0.5 * widths, 3.0 * widths], axis=1)
    wide = np.full(order + 1, 60.0)
    return (
        np.concatenate([smooth, rings.ravel(), [0.5]]),
        np.concatenate([smooth - wide, low.ravel(), [0.0]]),
        np.concatenate([smooth + wide, high.ravel(), [1.0]]),
    )


def _scaled(radius: Floats) -> Floats:
    """Logarithm of the radius from -1 to 1."""
    level = np.log(radius)
    return np.asarray(2.0 * (level - level[0]) / (level[-1] - level[0]) - 1.0)


def _model(numbers: Floats, radius: Floats, order: int) -> tuple[Floats, Floats]:
    """All and the background alone."""
    background = np.exp(chebyshev.chebval(_scaled(radius), numbers[: order + 1]))
    rings = numbers[order + 1 : -1].reshape(-1, 3)
    shapes = pseudo_voigt((radius - rings[:, 1, None]) / rings[:, 2, None], float(numbers[-1]))
    return background + np.exp(rings[:, 0]) @ shapes, background


def _slopes(numbers: Floats, radius: Floats, order: int) -> Floats:
    """Derivatives of the model, shape ``(n_points, n_numbers)``."""
    scaled, mixing = _scaled(radius), float(numbers[-1])
    background = np.exp(chebyshev.chebval(scaled, numbers[: order + 1]))
    rings = numbers[order + 1 : -1].reshape(-1, 3)
    height, width = np.exp(rings[:, 0, None]), rings[:, 2, None]
    x = (radius - rings[:, 1, None]) / width
    lorentz, gauss = pseudo_voigt(x, 1.0), pseudo_voigt(x, 0.0)
    bent = height * (-8.0 * mixing * x * lorentz**2 - 8.0 * np.log(2.0) * (1.0 - mixing) * x * gauss) / width
    parts = np.stack([height * (mixing * lorentz + (1.0 - mixing) * gauss), -bent, -bent * x], axis=1)
    below = background[:, None] * chebyshev.chebvander(scaled, order)
    share = (height * (lorentz - gauss)).sum(axis=0)
    return np.concatenate([below, parts.reshape(-1, len(radius)).T, share[:, None]], axis=1)


def _fitted(
    profile: RadialProfile,
    radius: Floats,
    values: Floats,
    noise: Floats,
    first: tuple[Floats, Floats, Floats],
    order: int,
    *,
    prune: bool,
) -> RingPeaks:
    start, low, high = first
    if len(radius) <= len(start):
        raise InputError(f"{len(radius)} points are too few for {len(start)} numbers; widen the range.")

    def rest(numbers: Floats) -> Floats:
        return (_model(numbers, radius, order)[0] - values) / noise

    def slopes(numbers: Floats) -> Floats:
        return _slopes(numbers, radius, order) / noise[:, None]

    tolerance = ROUGH if prune else FINE
    numbers, covariance, total = bounded_fit(rest, start, low, high, slopes=slopes, tolerance=tolerance)
    chi2 = total / (len(radius) - len(start))
    errors = np.sqrt(np.clip(np.diag(covariance) * max(chi2, 1.0), 0.0, None))[order + 1 : -1].reshape(-1, 3)
    rings = numbers[order + 1 : -1].reshape(-1, 3)
    if prune:
        # the error of the logarithm of a height is the relative one; rings that share their light are weak together
        weakest = int(np.argmax(errors[:, 0]))
        more = bool(errors[weakest, 0] > 1.0 / LEAST_SIGNIFICANCE and len(rings) > 1)
        dropped = (np.arange(len(rings)) == weakest) & more
        kept = np.concatenate([np.ones(order + 1, dtype=bool), np.repeat(~dropped, 3), [True]])
        again = start[kept] if more else numbers, low[kept], high[kept]
        return _fitted(profile, radius, values, noise, again, order, prune=more)
    return _peaks(profile, radius, values, (rings, errors), numbers, chi2)


def _peaks(
    profile: RadialProfile,
    radius: Floats,
    values: Floats,
    found: tuple[Floats, Floats],
    numbers: Floats,
    chi2: float,
) -> RingPeaks:
    rings, errors = found
    by_radius = np.argsort(rings[:, 1])
    fitted, background = _model(numbers, radius, len(numbers) - 2 - rings.size)
    return RingPeaks(
        radius_px=rings[by_radius, 1],
        radius_error_px=errors[by_radius, 1],
        fwhm_px=rings[by_radius, 2],
        fwhm_error_px=errors[by_radius, 2],
        height=np.exp(rings[by_radius, 0]),
        mixing=float(numbers[-1]),
        chi2=chi2,
        fit_radius_px=radius,
        observed=values,
        fitted=fitted,
        background=background,
        pixel_per_angstrom=profile.pixel_per_angstrom,
    )
