r"""Center and ellipse of the rings by the sharpest azimuthal mean.

The mean over a ring is sharpest where the intensities within rings scatter least: the sum over all pixels of
(I - P(\|S (x - c)\|))^2 / variance is made smallest over the center c and the ellipse S, with P the mean itself. Steps
are those of Gauss and Newton; the start is the center of symmetry. Sums of pixels up to 512 along an edge serve as well
as the pixels: rings are wider than those.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import ConvergenceError, InputError, check_shape
from entrox.microscopy.diffraction.friedel_center import friedel_center
from entrox.microscopy.diffraction.pattern import Pattern
from entrox.microscopy.diffraction.ring_geometry import RingGeometry

__all__ = ["fit_geometry"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LARGEST_EDGE = 512
SYMMETRY_EDGE = 256
MOST_STEPS = 40
SMALL_STEP = 1e-3
"""Change of the center in px, and of the ellipse at the border in px, at which the fit ends."""
LARGEST_STEP_PX = 4.0
BEAM_SHARE = 0.01
"""Share of the highest mean at which the direct beam ends."""
LARGEST_BEAM = 0.125
"""Largest radius of the direct beam over that of the pattern."""
LEAST_COVERAGE = 0.2
"""Share of a ring that must be seen."""
FEWEST_PIXELS = 12
DOUBT_PX = 2.0


def fit_geometry(pattern: Pattern, *, ellipse: bool = False, start_px: ArrayLike | None = None) -> RingGeometry:
    """Find the center of the rings, and on request their ellipse.

    Parameters
    ----------
    pattern
        Pattern; its masked pixels do not count.
    ellipse
        Fit axis ratio and direction too; rings are taken as circles without.
    start_px
        Where to begin, x right and y down, shape ``(2,)`` [px]; the center of symmetry if not given.

    Raises
    ------
    InputError
        If the pattern has no rings, or the start is no point.
    ConvergenceError
        If the steps do not end.
    """
    image, usable, factor = _binned(pattern.intensity, pattern.usable, LARGEST_EDGE)
    coarse, known, coarse_factor = _binned(pattern.intensity, pattern.usable, SYMMETRY_EDGE)
    symmetry = _unbinned(friedel_center(coarse, known), coarse_factor)
    start = symmetry if start_px is None else check_shape(start_px, (2,), "start_px")
    state = np.array([*((start + 0.5) / factor - 0.5), 0.0, 0.0])
    free = 4 if ellipse else 2
    reach = 0.5 * max(image.shape)
    if start_px is not None and not ((-reach <= state[:2]) & (state[:2] <= 4.0 * reach)).all():
        rows, columns = pattern.intensity.shape
        raise InputError(
            f"the search for the center must begin near the picture of {columns} x {rows} px; got {start[0]:g}, "
            f"{start[1]:g} px."
        )
    for step in range(1, MOST_STEPS + 1):  # noqa: B007
        change, covariance = _step(image, usable, state, free)
        scaled = change * np.array([1.0, 1.0, reach, reach])
        change *= min(1.0, LARGEST_STEP_PX / max(float(np.abs(scaled).max()), 1e-12))
        state += change
        if not (-reach <= state[:2]).all() or not (state[:2] <= 4.0 * reach).all():
            raise InputError("no center was found: the pattern shows no rings about a common center.")
        if np.abs(scaled).max() < SMALL_STEP:
            break
    else:
        raise ConvergenceError(f"the center still moves after {MOST_STEPS} steps; give a start.", state)
    return _geometry(state, covariance, factor, symmetry, step, ellipse=ellipse)


def _binned(intensity: Floats, usable: Bools, edge: int) -> tuple[Floats, Bools, int]:
    """Means over squares of pixels, which squares have one, and their edge in px."""
    factor = -(-max(intensity.shape) // edge)
    if factor == 1:
        return np.where(usable, intensity, 0.0), usable, 1
    rows, columns = (n // factor for n in intensity.shape)
    cut = np.s_[: rows * factor, : columns * factor]
    shape = (rows, factor, columns, factor)
    # only whole squares: half a square under a mask has its center elsewhere
    count = usable[cut].reshape(shape).sum(axis=(1, 3))
    total = np.where(usable[cut], intensity[cut], 0.0).reshape(shape).sum(axis=(1, 3))
    return total / factor**2, count == factor**2, factor


def _unbinned(center: Floats, factor: int) -> Floats:
    return np.asarray(factor * (center + 0.5) - 0.5)


def _step(image: Floats, usable: Bools, state: Floats, free: int) -> tuple[Floats, Floats]:
    """One step of Gauss and Newton, shape ``(4,)``, and the covariance of its free parts."""
    ux, uy = _circular_offsets(image.shape, state)
    radius = np.sqrt(ux**2 + uy**2)
    used = usable & _in_rings(image, usable, radius)
    if used.sum() < 100:
        raise InputError("the masks leave too little of the rings to find their center.")
    place, ux, uy = radius[used], ux[used], uy[used]
    rest, slope, variance = _rest(image[used], place)
    # x of the center moves to the right, y downwards; the ellipse turns with y up
    columns = np.stack([-ux, uy, -(ux**2 - uy**2), -2.0 * ux * uy])[:free] * (slope / place)
    weighted = columns / variance
    normal = weighted @ columns.T
    if np.linalg.cond(normal / np.sqrt(np.outer(np.diag(normal), np.diag(normal)) + 1e-300)) > 1e10:
        raise InputError("the pattern shows no rings: its intensity does not depend on the radius.")
    change = np.zeros(4)
    change[:free] = np.linalg.solve(normal, weighted @ rest)
    return change, np.asarray(np.linalg.inv(normal), dtype=float)


def _circular_offsets(shape: tuple[int, ...], state: Floats) -> tuple[Floats, Floats]:
    """Coordinates from the center with the ellipse taken off, x right and y up."""
    x = np.arange(shape[1], dtype=float)[None, :] - state[0]
    y = state[1] - np.arange(shape[0], dtype=float)[:, None]
    size = float(np.hypot(state[2], state[3]))
    even, odd = np.cosh(size), np.sinh(size) / size if size > 0.0 else 1.0
    return (even - odd * state[2]) * x - odd * state[3] * y, (even + odd * state[2]) * y - odd * state[3] * x


def _in_rings(image: Floats, usable: Bools, radius: Floats) -> Bools:
    """Pixels outside the direct beam, on rings of which enough is seen."""
    ring = np.rint(radius[usable]).astype(np.intp)
    count = np.bincount(ring)
    number = np.maximum(count, 1)
    mean = np.where(count > 0, np.bincount(ring, image[usable]) / number, np.nan)
    largest = float(radius[usable].max())
    top = int(np.nanargmax(mean[: max(2, round(LARGEST_BEAM * largest))])) if np.isfinite(mean[:2]).any() else 0
    after = np.flatnonzero(mean[top:] < BEAM_SHARE * mean[top]) if np.isfinite(mean[top]) else np.array([], dtype=int)
    first = min(float(top + after[0]) if len(after) else np.inf, LARGEST_BEAM * largest)
    seen = count >= np.maximum(LEAST_COVERAGE * 2.0 * np.pi * np.arange(len(count)), FEWEST_PIXELS)
    near = np.minimum(np.rint(radius).astype(np.intp), len(count) - 1)
    return np.asarray((radius >= max(first, 3.0)) & seen[near])


def _rest(values: Floats, place: Floats) -> tuple[Floats, Floats, Floats]:
    """Deviations from the mean profile, slope of the profile and variance, each at the pixels."""
    from scipy import ndimage

    ring = np.rint(place).astype(np.intp)
    count = np.bincount(ring)
    known = count > 0
    number = np.maximum(count, 1)
    at = np.where(known, np.bincount(ring, place) / number, np.arange(len(count)))
    mean = np.bincount(ring, values) / number
    mean = np.interp(np.arange(len(count)), np.flatnonzero(known), mean[known])
    rest = values - np.interp(place, at, mean)
    scatter = np.bincount(ring, rest**2) / number
    floor = 1e-12 * float(np.max(mean) ** 2) + np.finfo(float).tiny
    smooth = ndimage.gaussian_filter1d(np.interp(np.arange(len(count)), np.flatnonzero(known), scatter[known]), 2.0)
    slope = ndimage.gaussian_filter1d(mean, 1.0, order=1, mode="nearest")
    return rest, np.interp(place, np.arange(len(count)), slope), np.maximum(smooth, floor)[ring]


def _geometry(
    state: Floats, covariance: Floats, factor: int, symmetry: Floats, steps: int, *, ellipse: bool
) -> RingGeometry:
    center = _unbinned(state[:2], factor)
    error = factor * np.sqrt(np.diag(covariance)[:2])
    apart = float(np.abs(center - symmetry).max())
    warnings: tuple[str, ...] = ()
    if apart > DOUBT_PX * factor:
        warnings = (
            f"the center of the rings lies {apart:.1f} px from the center of symmetry: spots, drift or a shadow may "
            "mislead one of them; mask what is no ring, or give the center.",
        )
    found = RingGeometry(center_px=center, center_error_px=error, friedel_px=symmetry, n_steps=steps, warnings=warnings)
    if not ellipse:
        return found
    size = float(np.hypot(state[2], state[3]))
    ratio = float(np.exp(2.0 * size))
    size_error = float(np.sqrt(0.5 * (covariance[2, 2] + covariance[3, 3])))
    return dataclasses.replace(
        found,
        axis_ratio=ratio,
        axis_ratio_error=2.0 * ratio * size_error,
        angle_deg=float(np.degrees(0.5 * np.arctan2(state[3], state[2])) % 180.0),
        angle_error_deg=float(np.degrees(0.5 * size_error / size)) if size > 0.0 else None,
    )
