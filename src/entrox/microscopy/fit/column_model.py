"""Model of an image: Gaussian columns on a background.

I(r) = b(r) + sum_k A_k exp(-(r - r_k)^T S_k^-1 (r - r_k) / 2), taken at the centers of the pixels. A detector
integrates over its pixels; of a Gaussian this makes one that is wider by 1/12 px^2 (corrections of the fourth order
are below 0.01 % for sigma > 2 px) and moves nothing, so the fitted widths include that part and positions need no
correction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.order.neighbors.threads import available_threads, side_by_side

__all__ = ["model_image", "packed_columns", "sum_of_columns"]

Floats = NDArray[np.float64]
LARGEST_BAND, LEAST_BAND = 1024, 128
REACH_OF_SIGMA = 5.0


def sum_of_columns(columns: Floats, shape: tuple[int, int], threads: int, out: Floats | None = None) -> Floats:
    """Sum of all peaks without backgrounds, in pixels of an image of ``shape``.

    Parameters
    ----------
    columns
        One row for each column: x, y, amplitude, qxx, qxy, qyy, ...; shape ``(column, >= 6)``.
    shape
        Rows and columns of the image.
    threads
        Bands of rows are drawn side by side; the sum does not depend on them.
    out
        Array to draw into.
    """
    from entrox.microscopy.fit._kernels import add_columns

    target = np.zeros(shape) if out is None else out
    target[:] = 0.0
    drawn = columns[(columns[:, 2] != 0.0) & np.isfinite(columns[:, :6]).all(axis=1)]
    drawn = np.ascontiguousarray(drawn[np.argsort(drawn[:, 1], kind="stable")])
    half = 0.5 * np.hypot(drawn[:, 3] - drawn[:, 5], 2.0 * drawn[:, 4])
    largest = 1.0 / np.sqrt(0.5 * (drawn[:, 3] + drawn[:, 5]) - half)
    reach = np.ceil(REACH_OF_SIGMA * largest).astype(np.int64)
    farthest = int(reach.max(initial=0)) + 1

    def draw(place: int, end: int) -> None:
        first = int(np.searchsorted(drawn[:, 1], place - farthest))
        last = int(np.searchsorted(drawn[:, 1], end + farthest))
        add_columns(drawn, place, first, last, reach, target[place:end])

    side_by_side(draw, shape[0], threads, most=LARGEST_BAND, least=LEAST_BAND)
    return target


def packed_columns(fit: ColumnFit) -> Floats:
    """Rows x, y, amplitude, qxx, qxy, qyy of a fit; shape ``(column, 6)``."""
    angle = -np.radians(fit.tilt_deg)
    cosine, sine = np.cos(angle), np.sin(angle)
    with np.errstate(divide="ignore"):
        large, small = 1.0 / fit.width_px[:, 0] ** 2, 1.0 / fit.width_px[:, 1] ** 2
    return np.column_stack(
        [
            fit.position_px,
            fit.amplitude,
            large * cosine**2 + small * sine**2,
            (large - small) * cosine * sine,
            large * sine**2 + small * cosine**2,
        ]
    )


def model_image(fit: ColumnFit, *, threads: int | None = 1) -> Floats:
    """Model of the whole image: the peaks of all columns on a background that is smooth between them.

    Parameters
    ----------
    fit
        Fitted columns. Dark columns are drawn dark.
    threads
        See :func:`sum_of_columns`; None takes all.

    Returns
    -------
    numpy.ndarray
        Counts, shape of the image.

    Notes
    -----
    Each fit knows the background at its own column; between columns it is interpolated linearly, outside taken from
    the nearest column.
    """
    shape = (fit.residual.shape[0], fit.residual.shape[1])
    peaks = sum_of_columns(packed_columns(fit), shape, available_threads(threads))
    return _smooth_background(fit, shape) + (-peaks if fit.dark else peaks)


def _smooth_background(fit: ColumnFit, shape: tuple[int, int]) -> Floats:
    """Background at every pixel from its values at the columns."""
    from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

    known = np.isfinite(fit.background) & (fit.flag == 0)
    if known.sum() < 4:
        return np.full(shape, float(np.nanmedian(fit.background)))
    points, values = fit.position_px[known], fit.background[known]
    linear, nearest = LinearNDInterpolator(points, values), NearestNDInterpolator(points, values)
    background = np.empty(shape)
    x = np.arange(shape[1], dtype=float)
    for row in range(shape[0]):
        line = linear(x, np.full_like(x, row))
        lost = ~np.isfinite(line)
        line[lost] = nearest(x[lost], np.full(int(lost.sum()), float(row)))
        background[row] = line
    return background
