r"""Jitter of the rows of a scan: measured by shifting each row against the fitted model, and corrected on request.

Fitted positions follow the jitter, so that a row seems to move less than it does. With the information v of each row on
each column and I of all rows together, a shift is known as well as

.. math:: Q = \mathrm{diag}\Big(\sum_k v_k\Big) - \sum_k v_k v_k^T / I_k, \qquad
          \langle b b^T \rangle = \sigma_j^2 Q^2 + f Q

where b is the residual of each row projected on the slope of the model, and f the noise over that of the noise model;
sigma_j and f are those that make b likeliest. In px; rows run along the fast axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from entrox.core import InputError, Result, quantity
from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.column_model import packed_columns, sum_of_columns
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.scan.row_weights import pixel_noise, row_weights, slow_and_fast

__all__ = ["RowJitter", "correct_row_jitter", "row_information", "row_jitter"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_ROWS = 32
LOWEST_RATIO = -0.9
"""Of the variance of the jitter to the noise of the rows known best."""
BLOCK_ROWS = 128
LEAST_INFORMATION = 1e-3
"""Combinations of rows with less of the largest information are left out."""
LEAST_SHARE = 0.03
"""Of the largest mean score: combinations that jitter hardly moves hold what the model misses, not noise."""
LEAST_FACTOR = 0.5
"""A fit takes up some of the noise, never most of it; without a floor strong jitter would explain all of it."""
SLOPE = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12.0
"""First derivative with an error of fourth order: the three-point rule is 1 % wrong at a sigma of 4.5 px."""


@dataclass(frozen=True, kw_only=True)
class RowJitter(Result):
    """Jitter of the rows along the fast axis.

    ``variance_px2`` has the noise taken off and may be negative; ``sigma_px`` is its root, or zero. ``shift_px`` is the
    expected shift of each row, given the image and white jitter of that size: where all columns of a row of atoms move
    together, nothing in the image tells it from a displacement, and that part stays. Without noise the scores of
    simulated images are 0.983 to 1.003 of what the jitter makes them, for jitter up to half the width of a column.
    """

    shift_px: Floats = quantity("px", "shift of the row along the fast axis", axes=("row",))
    sigma_px: float = quantity("px", "root mean square jitter of a row")
    variance_px2: float = quantity("px^2", "mean square jitter of a row, noise taken off")
    variance_error_px2: float = quantity("px^2", "standard error of the mean square jitter")
    noise_factor: float = quantity("1", "variance of the noise of rows over that of the fit's noise model")
    row_noise_px: float = quantity("px", "root mean square error of the shift of a row alone, median")
    fast_axis: str
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)

    @property
    def upper_px(self) -> float:
        """Root of the variance plus three of its errors [px]."""
        return float(np.sqrt(max(self.variance_px2, 0.0) + 3.0 * self.variance_error_px2))

    @property
    def known(self) -> bool:
        """Whether the variance exceeds its error: otherwise only ``upper_px`` says something."""
        return self.variance_px2 > self.variance_error_px2

    @property
    def detected(self) -> bool:
        """Whether the variance exceeds three of its errors."""
        return self.variance_px2 > 3.0 * self.variance_error_px2


def row_jitter(micrograph: Micrograph, fit: ColumnFit, fast_axis: str = "x") -> RowJitter:
    """Measure the jitter of the rows of an image.

    Parameters
    ----------
    micrograph
        The image that was fitted.
    fit
        Its fit, with residual.
    fast_axis
        ``"x"`` where rows of pixels are scanned one after the other, ``"y"`` for columns of pixels.

    Raises
    ------
    InputError
        If image and fit differ in shape, or fewer than 32 rows cross columns.
    """
    if micrograph.intensity.shape != fit.residual.shape:
        raise InputError(
            f"the fit belongs to an image of {fit.residual.shape} pixels; got one of {micrograph.intensity.shape}."
        )
    q = row_information(fit, fast_axis)
    score = _row_scores(np.asarray(micrograph.intensity), fit, fast_axis)
    seen = q.diagonal() > 1e-3 * q.diagonal().max(initial=0.0)
    if seen.sum() < FEWEST_ROWS:
        raise InputError(f"row jitter needs at least {FEWEST_ROWS} rows with columns; got {int(seen.sum())}.")
    score = np.where(seen, score, 0.0)
    variance, error, factor = _likeliest(q, score)
    shift = posterior_solve(q, max(variance, 0.0), factor, score[:, None])[:, 0] / factor
    scale = fit.pixel_size_angstrom
    return RowJitter(
        shift_px=shift, sigma_px=float(np.sqrt(max(variance, 0.0))), variance_px2=variance, variance_error_px2=error,
        noise_factor=factor, row_noise_px=float(np.median(np.sqrt(factor / q.diagonal()[seen]))), fast_axis=fast_axis,
        scale_pm=None if scale is None else scale * PICOMETER_PER_ANGSTROM,
    )  # fmt: skip


def row_information(fit: ColumnFit, fast_axis: str) -> csr_array:
    """What the image knows about the shifts of its rows once every column may move [1/px^2], shape ``(row, row)``."""
    found = row_weights(fit, fast_axis=fast_axis)
    v, total = found.information, np.where(found.total > 0.0, found.total, 1.0)
    return csr_array(diags_array(np.asarray(v.sum(axis=1)).ravel()) - (v * (1.0 / total)[None, :]) @ v.T)


def _row_scores(image: Floats, fit: ColumnFit, fast_axis: str) -> Floats:
    """Residual of each row projected on minus the slope of the model, weighted by the noise, shape ``(row,)``.

    The peaks are drawn again for their slope: beside a patch there is no residual, and a slope that needed it would
    lose the rim of every patch, which is in the information of the rows.
    """
    from scipy.ndimage import correlate1d

    model = image - fit.residual
    axis = 1 if fast_axis == "x" else 0
    peaks = sum_of_columns(packed_columns(fit), (image.shape[0], image.shape[1]), 1)
    slope = correlate1d(-peaks if fit.dark else peaks, SLOPE, axis=axis, mode="nearest")
    product = np.where(np.isfinite(model), fit.residual * slope / pixel_noise(fit, model), 0.0)
    return np.asarray(-product.sum(axis=axis))


def _likeliest(q: csr_array, score: Floats) -> tuple[float, float, float]:
    """Jitter variance, its error and the noise factor that make the scores likeliest.

    Blocks of rows are taken as independent: in the eigenvectors of each, a squared score has the mean
    variance * mu + factor. What the model misses shows where mu is small: the jitter comes from the other combinations,
    and the factor, given the jitter, from all.
    """
    square = csr_array(q @ q)
    parts = [
        _independent_scores(q[rows, rows].toarray(), square[rows, rows].toarray(), score[rows])
        for rows in (slice(start, start + BLOCK_ROWS) for start in range(0, len(score), BLOCK_ROWS))
    ]
    all_mu, all_z = (np.concatenate(items) for items in zip(*parts, strict=True))
    moved = all_mu > LEAST_SHARE * all_mu.max()
    mu, z = all_mu[moved], all_z[moved]
    ratio = _likeliest_ratio(mu, z**2)
    spread = 1.0 + ratio * mu
    factor = max(float((z**2 / spread).mean()), LEAST_FACTOR)
    design = np.stack([mu, np.ones_like(mu)], axis=1)
    fisher = design.T @ (design * (0.5 / (factor * spread) ** 2)[:, None])
    variance, error = ratio * factor, float(np.sqrt(np.linalg.inv(fisher)[0, 0]))
    return variance, error, _likeliest_factor(all_mu * max(variance, 0.0), all_z**2)


def _likeliest_factor(known: Floats, squares: Floats) -> float:
    """Factor that makes squared scores of mean known + factor likeliest."""
    from scipy.optimize import minimize_scalar

    def cost(logarithm: float) -> float:
        spread = known + np.exp(logarithm)
        return float((np.log(spread) + squares / spread).mean())

    largest = np.log(max(float(squares.mean()), 2.0 * LEAST_FACTOR))
    return float(np.exp(minimize_scalar(cost, bounds=(np.log(LEAST_FACTOR), largest), method="bounded").x))


def _likeliest_ratio(mu: Floats, squares: Floats) -> float:
    """Variance over factor that makes squared scores of mean factor (1 + ratio mu) likeliest.

    For a ratio the best factor is known, not below its floor, so that one number is left: searched on a grid first,
    since the likelihood may have two maxima, then between its neighbors.
    """
    from scipy.optimize import minimize_scalar

    def cost(ratio: float) -> float:
        spread = 1.0 + ratio * mu
        mean = float((squares / spread).mean())
        factor = max(mean, LEAST_FACTOR)
        return float(np.log(factor) + mean / factor + np.log(spread).mean())

    # a little below zero, so that no jitter comes out as zero on average
    scale = 1.0 / mu.max()
    grid = scale * np.concatenate([LOWEST_RATIO * np.array([1.0, 0.75, 0.5, 0.25]), [0.0], np.geomspace(0.01, 1e6, 81)])
    best = int(np.argmin([cost(ratio) for ratio in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-4 * (high - low)}).x)


def _independent_scores(q: Floats, square: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Mean of jitter and value of each independent combination of the scores of a block of rows."""
    known, vectors = np.linalg.eigh(q)
    # a common shift of all rows of a column is taken up by its position: nothing is known about it
    kept = known > LEAST_INFORMATION * known[-1]
    white = vectors[:, kept] / np.sqrt(known[kept])
    mu, turn = np.linalg.eigh(white.T @ square @ white)
    return mu, (white @ turn).T @ score


def posterior_solve(q: csr_array, variance: float, factor: float, right: Floats) -> Floats:
    """Covariance of white jitter of this variance, given the image, times vectors, shape ``(row, n)``."""
    from scipy.linalg import solveh_banded

    if variance == 0.0:
        return np.zeros_like(right)
    coo = q.tocoo()
    width = int(np.abs(coo.row - coo.col).max(initial=0))
    band = np.zeros((width + 1, q.shape[0]))
    for lag in range(width + 1):
        band[lag, : q.shape[0] - lag] = q.diagonal(-lag) / factor
    band[0] += 1.0 / variance
    return np.asarray(solveh_banded(band, right, lower=True))


def correct_row_jitter(micrograph: Micrograph, jitter: RowJitter) -> Micrograph:
    """Image with every row shifted back, by cubic interpolation.

    Interpolated pixels have correlated noise; fit the image anew, and see
    :func:`entrox.microscopy.scan.jitter_covariance.jitter_covariance` for what remains.

    Parameters
    ----------
    micrograph
        Image.
    jitter
        Its jitter.

    Raises
    ------
    InputError
        If there is not one shift per row.
    """
    from scipy.ndimage import shift

    slow, _ = slow_and_fast(jitter.fast_axis)
    rows = np.array(micrograph.intensity if slow == 1 else micrograph.intensity.T)
    if len(rows) != len(jitter.shift_px):
        raise InputError(f"the image has {len(rows)} rows along its slow axis; got {len(jitter.shift_px)} shifts.")
    moved = np.empty_like(rows)
    for k, (row, step) in enumerate(zip(rows, jitter.shift_px, strict=True)):
        known = np.isfinite(row)
        if not known.any():
            moved[k] = np.nan
            continue
        place = np.arange(len(row))
        filled = np.interp(place, place[known], row[known])
        # a pixel without a value leaves none where it has any weight
        hole = shift((~known).astype(float), -step, order=1, mode="nearest") > 1e-6
        moved[k] = np.where(hole, np.nan, shift(filled, -step, order=3, mode="nearest"))
    return replace(
        micrograph, intensity=moved if slow == 1 else moved.T, frames=None,
        warnings=(*micrograph.warnings, f"row_jitter_corrected: rows shifted by {np.std(jitter.shift_px):.3g} px rms"),
    )  # fmt: skip
