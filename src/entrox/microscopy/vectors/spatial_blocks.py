"""Blocks of an image for the bootstrap: parts at least two correlation lengths wide, drawn as wholes.

Neighboring vectors are alike, by physics and by the columns they share; drawing them one by one would give intervals
that are too narrow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_positive
from entrox.core.bootstrap import percentile_interval, resampling_counts
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.order.report.polar_assembly import grid_blocks

__all__ = ["block_intervals", "block_numbers"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    values: Floats, blocks: Ints, rng: np.random.Generator, *, draws: int = 1000, confidence: float = 0.95
) -> Floats:
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
    from scipy.stats import norm
    from scipy.stats import t as student

    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, blocks[inside], table)
    sizes = np.bincount(blocks[inside], minlength=count)
    drawn = resampling_counts(rng, count, draws)
    found = percentile_interval((drawn @ sums) / (drawn @ sizes)[:, None], confidence)
    # few blocks scatter less among themselves than from image to image: Student's distribution instead of the normal
    middle, tail = table.mean(axis=0)[:, None], 0.5 * (1.0 + confidence)
    return np.asarray(middle + (found - middle) * student.ppf(tail, count - 1) / norm.ppf(tail))
