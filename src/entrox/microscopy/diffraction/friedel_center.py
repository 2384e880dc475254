"""The center of symmetry of a pattern: Friedel pairs have the same intensity at s and at -s."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError

__all__ = ["friedel_center"]

Floats = NDArray[np.float64]

SMOOTHING = 1.0 / 32.0
"""Width of the background over the longer edge."""
LEAST_OVERLAP = 0.2
"""Share of the pixels that must have a partner."""
LARGEST_CONTRAST = 5.0
"""Of the spread: one bright spot is not to outweigh the rings."""


def friedel_center(intensity: ArrayLike, usable: ArrayLike) -> Floats:
    """Center about which a pattern turned by 180 degrees fits on itself best, x right and y down, shape ``(2,)`` [px].

    Parameters
    ----------
    intensity, usable
        Pattern and which of its pixels count, shape ``(rows, columns)``.

    Raises
    ------
    InputError
        If the pattern has no contrast.

    Examples
    --------
    >>> y, x = np.indices((64, 64))
    >>> image = np.exp(-((np.hypot(x - 30.0, y - 35.5) - 15.0) / 2.0) ** 2)
    >>> friedel_center(image, np.ones(image.shape, dtype=bool)).round(1).tolist()
    [30.0, 35.5]
    """
    from scipy import fft

    good = np.asarray(usable, dtype=bool)
    contrast = _contrast(np.asarray(intensity, dtype=float), good)
    shape = [fft.next_fast_len(2 * n - 1, real=True) for n in good.shape]

    def paired(first: Floats, second: Floats) -> Floats:
        return np.asarray(fft.irfft2(fft.rfft2(first, shape) * fft.rfft2(second, shape), s=shape))

    weight = good.astype(float)
    partners = paired(weight, weight)
    power = paired(contrast**2, weight)
    known = (partners > LEAST_OVERLAP * weight.sum()) & (power > 1e-6 * power.max())
    likeness = np.where(known, paired(contrast, contrast) / np.where(known, power, 1.0), -np.inf)
    row, column = np.unravel_index(int(np.argmax(likeness)), likeness.shape)
    return np.array([_top(likeness[row], int(column)), _top(likeness[:, column], int(row))]) / 2.0


def _contrast(values: Floats, good: NDArray[np.bool_]) -> Floats:
    """Deviation from the smooth background over its square root, so that counting noise is the same everywhere."""
    from scipy import ndimage

    width = max(2.0, SMOOTHING * max(values.shape))
    weight = ndimage.gaussian_filter(good.astype(float), width)
    smooth = ndimage.gaussian_filter(np.where(good, values, 0.0), width) / np.maximum(weight, 1e-3)
    least = 1e-6 * float(np.max(smooth[good])) + np.finfo(float).tiny
    contrast = np.where(good, (values - smooth) / np.sqrt(np.maximum(smooth, least)), 0.0)
    spread = float(np.sqrt(np.mean(contrast[good] ** 2)))
    middle = float(np.median(np.abs(contrast[good])))
    if not spread > 0.0:
        raise InputError("the pattern has the same intensity everywhere: it has no center.")
    limit = LARGEST_CONTRAST * (middle if middle > 0.0 else spread)
    return np.clip(contrast, -limit, limit)


def _top(line: Floats, place: int) -> float:
    """Place of a maximum from the parabola through it and its neighbors."""
    if not 0 < place < len(line) - 1:
        return float(place)
    before, at, after = line[place - 1], line[place], line[place + 1]
    bend = before - 2.0 * at + after
    return place + (0.5 * (before - after) / bend if np.isfinite(bend) and bend < 0.0 else 0.0)
