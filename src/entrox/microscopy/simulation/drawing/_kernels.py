"""Compiled kernels that draw columns into images: arrays and scalars only."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

REACH = 6.0
"""Columns are drawn to so many widths: what is left out is 2e-9 of the whole."""


@njit(cache=True)
def add_integrated_columns(image, x, y, content, sigma, row_shift):
    """Add Gaussians integrated over each pixel, ``row_shift[row]`` px to the right in every row.

    ``content`` is the whole of a column, its height times 2 pi sigma^2; ``x``, ``y`` and ``sigma`` in px.
    """
    n_rows, n_columns = image.shape
    edges = np.empty(n_columns + 1)
    for k in range(x.shape[0]):
        scale = 1.0 / (math.sqrt(2.0) * sigma[k])
        reach = REACH * sigma[k] + 0.5
        first, last, shift = 0, -1, np.nan
        for row in range(max(0, math.ceil(y[k] - reach)), min(n_rows - 1, math.floor(y[k] + reach)) + 1):
            share = 0.25 * content[k] * (math.erf((row + 0.5 - y[k]) * scale) - math.erf((row - 0.5 - y[k]) * scale))
            if row_shift[row] != shift:
                shift = row_shift[row]
                center = x[k] + shift
                first = max(0, math.ceil(center - reach))
                last = min(n_columns - 1, math.floor(center + reach))
                for column in range(first, last + 2):
                    edges[column] = math.erf((column - 0.5 - center) * scale)
            for column in range(first, last + 1):
                image[row, column] += share * (edges[column + 1] - edges[column])


@njit(cache=True)
def add_sampled_columns(image, x, y, height, inverse, row_shift):
    """Add Gaussians at the centers of the pixels; ``inverse`` holds xx, xy, yy of the inverse covariance in 1/px^2."""
    n_rows, n_columns = image.shape
    for k in range(x.shape[0]):
        xx, xy, yy = inverse[k]
        determinant = xx * yy - xy * xy
        reach_y = REACH * math.sqrt(xx / determinant)
        for row in range(max(0, math.ceil(y[k] - reach_y)), min(n_rows - 1, math.floor(y[k] + reach_y)) + 1):
            dy = row - y[k]
            # in a row the Gaussian has its top at x - dy xy / xx
            top = x[k] + row_shift[row] - dy * xy / xx
            along = height[k] * math.exp(-0.5 * dy * dy * determinant / xx)
            reach_x = REACH / math.sqrt(xx)
            start = max(0, math.ceil(top - reach_x))
            end = min(n_columns - 1, math.floor(top + reach_x))
            for column in range(start, end + 1):
                dx = column - top
                image[row, column] += along * math.exp(-0.5 * xx * dx * dx)
