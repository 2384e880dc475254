r"""Blocks of an image for the bootstrap, and how much the mean of correlated cells scatters beyond them.

Neighboring vectors are alike, by physics and by the columns they share; drawing them one by one would give intervals
that are too narrow. Blocks two correlation lengths wide, drawn as wholes, still lose what two cells in different blocks
have in common: along each axis the variance of a mean comes out as

.. math:: \sum_h \Big(1 - \frac{|h|}{L}\Big) \gamma_h \quad \text{instead of} \quad \sum_h \gamma_h ,

for square domains and blocks of twice the 1/e length one half of it. Intervals of the bootstrap are therefore widened
to the variance summed with a window that is one up to twice the 1/e length and falls to zero at four times it (D. N.
Politis and J. P. Romano, J. Time Ser. Anal. 16, 67 (1995)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from entrox.core import check_positive
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.microscopy.vectors.cell_grid import cell_grid
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.order.report.polar_assembly import grid_blocks

__all__ = ["MeanScatter", "block_intervals", "block_numbers", "mean_scatter"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLATEAU_LENGTHS = 2.0
"""1/e lengths up to which products count in full: a square domain ends after 1.7 of them."""


@dataclass(frozen=True)
class MeanScatter:
    """How much the means of quantities scatter from image to image.

    Parameters
    ----------
    variance
        Variance of each mean, in the square of its unit, shape ``(quantity,)``.
    freedom
        Degrees of freedom of that estimate.
    """

    variance: Floats
    freedom: float


def mean_scatter(
    vectors: DisplacementMap, values: Floats, used: NDArray[np.bool_], correlation_length_px: float | None = None
) -> MeanScatter:
    """Variance of the means of quantities of correlated cells, from their own products at near offsets.

    Parameters
    ----------
    vectors
        Displacements; their cells tell which are near.
    values
        One row per vector, shape ``(vector, quantity)``.
    used
        Vectors that enter the means, at least two.
    correlation_length_px
        1/e length of the vectors, at least one cell [px]; one cell if None.
    """
    grid = cell_grid(vectors.cell, used)
    place = vectors.cell[used] - grid.origin
    shape = np.array(grid.rows.shape)
    length = np.maximum((correlation_length_px or 0.0) / vectors.period_px, 1.0)
    padded = tuple(int(n) for n in 2 * shape)
    there = np.zeros(padded)
    there[place[:, 0], place[:, 1]] = 1.0
    rest = np.zeros((*padded, values.shape[1]))
    rest[place[:, 0], place[:, 1]] = values[used] - values[used].mean(axis=0)
    pairs = np.fft.irfft2(np.abs(np.fft.rfft2(there)) ** 2, padded)
    products = np.fft.irfft2(np.abs(np.fft.rfft2(rest, axes=(0, 1))) ** 2, padded, axes=(0, 1))
    window = np.outer(*(_window(n, width) for n, width in zip(padded, length, strict=True)))
    total = float(used.sum()) ** 2
    # products about the mean of the image itself are too small by the variance of that mean
    variance = np.einsum("pq,pqk->k", window, products) / max(total - float((window * pairs).sum()), 0.1 * total)
    return MeanScatter(np.maximum(variance, 0.0), max(total / float((window**2 * pairs).sum()) - 1.0, 1.0))


def _window(size: int, length: float) -> Floats:
    """Weight of every offset along an axis of a padded grid."""
    lag = np.minimum(np.arange(size), size - np.arange(size))
    return np.asarray(np.clip(2.0 - lag / (PLATEAU_LENGTHS * length), 0.0, 1.0))


def block_numbers(vectors: DisplacementMap, correlation_length_px: float | None = None) -> Ints:
    """Block of each vector, shape ``(vector,)``; -1 for those that are not good.

    Parameters
    ----------
    vectors
        Displacements.
    correlation_length_px
        Blocks are at least two of these wide, and at least two cells (neighbors share columns) [px]; None if unknown.
        Where fewer than eight such blocks fit, they are cut smaller and intervals are lower bounds.
    """
    good = vectors.good
    numbers = np.full(len(vectors.cell), -1, dtype=np.int64)
    if not good.any():
        return numbers
    place = vectors.cell[good] - vectors.cell[good].min(axis=0)
    shape = tuple(int(n) for n in place.max(axis=0) + 1)
    length = np.ones(2)
    if correlation_length_px is not None:
        length = np.maximum(check_positive(correlation_length_px, "correlation_length_px", "px") / vectors.period_px, 1)
    blocks = grid_blocks(shape, length).reshape(shape)
    numbers[good] = np.unique(blocks[place[:, 0], place[:, 1]], return_inverse=True)[1]
    return numbers


def block_intervals(
    values: Floats, blocks: Ints, rng: np.random.Generator, *, draws: int = 1000, confidence: float = 0.95,
    scatter: MeanScatter | None = None,
) -> Floats:  # fmt: skip
    """Bootstrap intervals of the means of several quantities.

    Parameters
    ----------
    values
        One row per vector, shape ``(vector, quantity)``; rows of vectors outside every block are ignored.
    blocks
        Block of each vector, -1 for none.
    rng
        Draws the blocks.
    draws, confidence
        Bootstrap samples, and the share of them inside.
    scatter
        Scatter of the same means, to which intervals are widened where it is the larger one.

    Returns
    -------
    ndarray
        Shape ``(quantity, 2)``, widened for a small number of blocks; NaN where there is only one.
    """
    inside = blocks >= 0
    count = int(blocks.max(initial=-1)) + 1
    table = np.asarray(values, dtype=float)[inside]
    if count < 2:
        return np.full((table.shape[1], 2), np.nan)
    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, blocks[inside], table)
    sizes = np.bincount(blocks[inside], minlength=count)
    drawn = resampling_counts(rng, count, draws)
    means = (drawn @ sums) / (drawn @ sizes)[:, None]
    found, middle = percentile_interval(means, confidence), table.mean(axis=0)[:, None]
    freedom, wider = count - 1.0, np.ones((len(middle), 1))
    if scatter is not None:
        freedom = min(freedom, scatter.freedom)
        known = means.var(axis=0)
        ratio = np.divide(scatter.variance, known, out=np.ones_like(known), where=known > 0.0)
        wider = np.sqrt(np.maximum(ratio, 1.0))[:, None]
    # few blocks scatter less among themselves than from image to image: Student's distribution instead of the normal
    tail = 0.5 * (1.0 + confidence)
    return np.asarray(middle + (found - middle) * wider * stdtrit(freedom, tail) / ndtri(tail))
