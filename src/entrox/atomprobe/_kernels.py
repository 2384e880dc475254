"""Compiled kernels of the atom probe: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def locate_segments(values, edges, start, first, per_dalton, out):
    """Write the number of the segment ``edges[s] <= value < edges[s + 1]`` of each value; the last number is outside.

    ``start`` holds the segment at the lower end of equal bins from ``first`` on, so that few steps remain. All
    comparisons are made in double precision; NaN lies outside.
    """
    outside = edges.shape[0] - 1
    low, high = edges[0], edges[outside]
    last = start.shape[0] - 1
    for i in range(values.shape[0]):
        value = np.float64(values[i])
        segment = outside
        if low <= value < high:
            # Rounding may put a value into the bin above its own: one bin lower is always safe.
            segment = start[max(min(int((value - first) * per_dalton), last) - 1, 0)]
            while edges[segment + 1] <= value:
                segment += 1
        out[i] = segment
