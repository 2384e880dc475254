"""Shifts between the frames of a stack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_shifts"]

Floats = NDArray[np.float64]


def frame_shifts(frames: Floats) -> Floats:
    """Shift of each frame against the first one, x right and y down, shape ``(frame, 2)`` [px].

    From the highest point of the cross-correlation; in a lattice it is known up to a period, and of equal ones the
    shortest is taken. Pixels without a value count as the mean.

    Parameters
    ----------
    frames
        Shape ``(frame, row, column)``.

    Examples
    --------
    >>> image = np.random.default_rng(1).normal(size=(1, 32, 32))
    >>> frame_shifts(np.concatenate([image, np.roll(image, (2, -3), (1, 2))])).round(1).tolist()
    [[0.0, 0.0], [-3.0, 2.0]]
    """
    from scipy.fft import irfft2, rfft2

    first = np.conj(rfft2(_centered(frames[0])))
    shape = frames.shape[1:]
    away = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) * n for n in shape), indexing="ij"))
    shifts = []
    for frame in frames:
        correlation = irfft2(rfft2(_centered(frame)) * first, s=shape)
        # a faint preference for short shifts settles the choice between periods of the lattice
        peak = np.unravel_index(np.argmax(correlation * (1.0 - 1e-3 * away / max(shape))), shape)
        shifts.append([_top(correlation, peak, axis) for axis in (1, 0)])
    return np.asarray(np.array(shifts) - np.array(shifts[0]))


def _centered(frame: Floats) -> Floats:
    known = np.isfinite(frame)
    return np.where(known, frame - np.mean(frame, where=known), 0.0) if known.any() else np.zeros(frame.shape)


def _top(correlation: Floats, peak: tuple[np.intp, ...], axis: int) -> float:
    """Coordinate of the top along an axis by a parabola, in the range of -n/2 to n/2."""
    n = correlation.shape[axis]
    line = correlation[peak[0]] if axis == 1 else correlation[:, peak[1]]
    k = int(peak[axis])
    a, b, c = line[k - 1], line[k], line[(k + 1) % n]
    curvature = a - 2 * b + c
    return float((k + n // 2) % n - n // 2 + (0.5 * (a - c) / curvature if curvature < 0 else 0.0))
