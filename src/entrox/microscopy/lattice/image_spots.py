"""Periods of an image from the spots of its Fourier transform.

Frequencies in 1/px, x right and y down. A spot counts by its amplitude over that of the surrounding of the transform,
both averaged over 3 x 3 bins, which is the width that the window gives to a spot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["SIGNIFICANCE", "find_spots", "period_vectors", "reduced_basis"]

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]

SIGNIFICANCE = 5.0
"""Amplitude of a spot over its surrounding from which it counts."""
LONGEST_FREQUENCY = 0.32
"""Highest frequency that is searched [1/px]: a period needs three pixels."""
FEWEST_PERIODS = 4
"""Periods that must fit into the image."""
MOST_SPOTS = 40
STRONG = 0.04
"""Amplitude over that of the strongest spot from which a spot takes part in the choice of the periods."""
INTEGER_TOLERANCE = 0.1
EXPLAINED = 0.98
"""Share of the power of the strong spots that the periods must explain.

The rest is left to modulations of the crystal and to interference of the scan. Two kinds of columns that differ by less
than about 30 % in intensity are below it: then the periods are those of all columns together.
"""
RINGS = 48


def find_spots(image: NDArray[np.floating]) -> Floats:
    """Strongest spots of the transform of an image.

    Parameters
    ----------
    image
        Intensity without gaps, shape ``(rows, columns)``.

    Returns
    -------
    ndarray
        Frequency along x and y [1/px], amplitude over the background, and amplitude over that of the strongest, one row
        for each spot, the highest amplitude first; one of each pair of opposite spots. Spots below the significance are
        left out unless none is above: then the best few are returned.
    """
    power = _spectrum(image)
    candidates = _candidates(power, image.shape)
    rows = []
    for row, column in candidates:
        background = _surrounding(power, row, column)
        frequency = _refined(power, row, column, image.shape)
        rows.append((*frequency, np.sqrt(power[row, column] / background), np.sqrt(power[row, column])))
    spots = np.array(rows, dtype=float).reshape(-1, 4)
    significant = spots[:, 2] >= SIGNIFICANCE
    if significant.any():
        spots = spots[significant]
        spots = spots[np.argsort(-spots[:, 3])]
    else:
        spots = spots[np.argsort(-spots[:, 2])][:8]
    if len(spots):
        spots[:, 3] /= spots[:, 3].max()
    return spots


def _spectrum(image: NDArray[np.floating]) -> Float32s:
    """Power of the windowed image, averaged over 3 x 3 bins; half plane of the real transform."""
    from scipy.fft import rfft2
    from scipy.ndimage import uniform_filter

    values = np.asarray(image, dtype=np.float32)
    values = values - np.float32(np.mean(image))
    values *= np.hanning(values.shape[0] + 2)[1:-1].astype(np.float32)[:, None]
    values *= np.hanning(values.shape[1] + 2)[1:-1].astype(np.float32)
    columns = int(LONGEST_FREQUENCY * values.shape[1]) + 3
    transform = rfft2(values)[:, :columns]
    power = np.square(transform.real)
    power += np.square(transform.imag)
    return np.asarray(uniform_filter(power, 3, mode=("wrap", "nearest")))


def _candidates(power: Float32s, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Local maxima that stand out most from the median of their ring, shape ``(n, 2)``."""
    from scipy.ndimage import maximum_filter

    y = np.fft.fftfreq(shape[0])[:, None]
    x = np.arange(power.shape[1])[None, :] / shape[1]
    radius = np.hypot(y, x)
    lowest = FEWEST_PERIODS / min(shape)
    ring = np.clip((RINGS * (radius - lowest) / (LONGEST_FREQUENCY - lowest)).astype(np.int64), 0, RINGS)
    inside = (radius >= lowest) & (radius <= LONGEST_FREQUENCY)
    inside[:, 0] &= y[:, 0] > 0  # of two opposite spots on the axis one is enough
    level = np.full(RINGS + 1, np.inf)
    sample, values = ring.ravel()[::7], power.ravel()[::7]
    for number in range(RINGS + 1):
        members = values[sample == number]
        if len(members):
            level[number] = max(float(np.median(members)), np.finfo(np.float32).tiny)
    peaks = inside & (power == maximum_filter(power, 5, mode=("wrap", "nearest")))
    found = np.argwhere(peaks)
    strength = power[peaks] / level[ring[peaks]]
    return np.asarray(found[np.argsort(-strength)][:MOST_SPOTS])


def _surrounding(power: Float32s, row: int, column: int) -> float:
    """Median of the power from 5 to 14 bins away."""
    rows = np.arange(row - 14, row + 15) % power.shape[0]
    columns = np.arange(max(column - 14, 0), min(column + 15, power.shape[1]))
    patch = power[np.ix_(rows, columns)]
    away = np.hypot(np.arange(-14, 15)[:, None], columns - column)
    return max(float(np.median(patch[(away >= 5) & (away <= 14)])), float(np.finfo(np.float32).tiny))


def _refined(power: Float32s, row: int, column: int, shape: tuple[int, ...]) -> tuple[float, float]:
    """Frequency of a maximum from a parabola through the logarithm of three bins along each axis."""

    def shift(low: float, middle: float, high: float) -> float:
        a, b, c = np.log([low, middle, high])
        curvature = a - 2 * b + c
        return float(np.clip(0.5 * (a - c) / curvature, -0.5, 0.5)) if curvature < 0 else 0.0

    n = power.shape[0]
    dy = shift(power[row - 1, column], power[row, column], power[(row + 1) % n, column])
    dx = 0.0
    if 0 < column < power.shape[1] - 1:
        dx = shift(power[row, column - 1], power[row, column], power[row, column + 1])
    return (column + dx) / shape[1], ((row + n // 2) % n - n // 2 + dy) / n


def period_vectors(spots: Floats, period_px: float | None = None) -> Floats:
    """Two shortest independent periods that explain the strong spots.

    Parameters
    ----------
    spots
        Spots as :func:`find_spots` returns them, shape ``(n, 4)``.
    period_px
        Shorter period [px] if it is known; the choice is then limited to periods within 15 % of it.

    Returns
    -------
    ndarray
        Periods as vectors, x right and y down [px], shape ``(2, 2)``; the one nearest to +x first, the other
        counter-clockwise of it as displayed.

    Raises
    ------
    InputError
        If the image is not periodic in two directions, with the table of spots.
    """
    strong = spots[(spots[:, 2] >= SIGNIFICANCE) & (spots[:, 3] >= STRONG)] if len(spots) else spots
    if len(strong) < 2:
        raise InputError(_no_periods(spots, "fewer than two spots stand out of the transform"))
    lattice = _reciprocal_lattice(strong, period_px)
    if lattice is None:
        wish = "" if period_px is None else f" with a period of {period_px:g} px"
        raise InputError(_no_periods(spots, f"no two spots give a lattice{wish} that explains the others"))
    return _ordered(reduced_basis(np.asarray(np.linalg.inv(lattice).T, dtype=float)))


def _reciprocal_lattice(strong: Floats, period_px: float | None) -> Floats | None:
    """Basis of the coarsest reciprocal lattice that holds the strong spots; None if there is none."""
    spots, weight = strong[:16, :2], strong[:16, 3] ** 2
    first, second = np.triu_indices(len(spots), 1)
    vectors = np.concatenate([spots, spots[first] - spots[second], spots[first] + spots[second]])
    first, second = np.triu_indices(len(vectors), 1)
    area = np.abs(vectors[first, 0] * vectors[second, 1] - vectors[first, 1] * vectors[second, 0])
    length = np.linalg.norm(vectors, axis=1)
    useful = np.flatnonzero(area > 0.3 * length[first] * length[second])
    useful = useful[np.argsort(-area[useful], kind="stable")]
    for chunk in np.array_split(useful, max(len(useful) // 256, 1)):
        bases = np.stack([vectors[first[chunk]], vectors[second[chunk]]], axis=1)
        steps = spots @ np.linalg.inv(bases)
        error = np.abs(steps - np.round(steps)).max(axis=2)
        explained = (weight * (error < INTEGER_TOLERANCE)).sum(axis=1) >= EXPLAINED * weight.sum()
        for basis, number in zip(bases[explained], np.round(steps[explained]), strict=True):
            refined = _fitted(number, spots, weight, basis)
            shortest = float(
                np.linalg.norm(reduced_basis(np.asarray(np.linalg.inv(refined).T, dtype=float)), axis=1).min()
            )
            if period_px is None or abs(shortest / period_px - 1.0) < 0.15:
                return refined
    return None


def _fitted(number: Floats, spots: Floats, weight: Floats, basis: Floats) -> Floats:
    """Basis by weighted least squares from the spots that fit it."""
    good = np.abs(number @ basis - spots).max(axis=1) < INTEGER_TOLERANCE * np.linalg.norm(basis, axis=1).min()
    scale = weight[good][:, None]
    if np.linalg.matrix_rank(number[good]) < 2:
        return basis
    return np.asarray(np.linalg.lstsq(number[good] * scale, spots[good] * scale, rcond=None)[0])


def reduced_basis(vectors: Floats) -> Floats:
    """Shortest basis of the lattice of two vectors, the shorter one first (Gauss).

    Examples
    --------
    >>> reduced_basis(np.array([[2.0, 0.0], [2.0, 1.0]]))
    array([[0., 1.],
           [2., 0.]])
    """
    a, b = (np.array(v, dtype=float) for v in vectors)
    while True:
        if a @ a > b @ b:
            a, b = b, a
        step = round(float(a @ b / (a @ a)))
        if step == 0:
            return np.array([a, b])
        b = b - step * a


def _ordered(vectors: Floats) -> Floats:
    """The vector nearest to the x axis first, pointing right; the second one up as displayed."""
    slope = np.abs(vectors[:, 0]) / np.linalg.norm(vectors, axis=1)
    a, b = vectors[np.argsort(-slope, kind="stable")]
    a = a if a[0] >= 0 else -a
    return np.array([a, b if a[0] * b[1] - a[1] * b[0] < 0 else -b])


def _no_periods(spots: Floats, reason: str) -> str:
    table = "; ".join(
        f"period {1 / np.hypot(x, y):.2f} px at {np.degrees(np.arctan2(-y, x)):.0f} deg, {ratio:.1f} x background"
        for x, y, ratio, _ in spots[:6]
    )
    return (
        f"no periodicity found: {reason} (a spot counts from {SIGNIFICANCE:g} x the background). "
        f"Spot table: {table or 'empty'}. Give an image with resolved columns, crop it to the crystal, or take a "
        "larger part of it: at least four periods must fit."
    )
