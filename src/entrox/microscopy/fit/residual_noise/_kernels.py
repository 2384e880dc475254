"""Compiled sums over the residual of an image: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def subtract_mean_patch(residual, references, kinds, half, n_kinds, cleaned):
    """Subtract from the residual what all columns of a kind have in common at a pixel of their patch.

    That part is a misfit of the model, not noise. Pixels outside every patch stay NaN.
    """
    size = 2 * half + 1
    height, width = residual.shape
    sums = np.zeros((n_kinds, size, size))
    counts = np.zeros((n_kinds, size, size))
    for turn in range(2):
        for k in range(references.shape[0]):
            kind = kinds[k]
            if kind < 0:
                continue
            for v in range(size):
                row = references[k, 1] + v - half
                if row < 0 or row >= height:
                    continue
                for u in range(size):
                    column = references[k, 0] + u - half
                    if column < 0 or column >= width or np.isnan(residual[row, column]):
                        continue
                    if turn == 0:
                        sums[kind, v, u] += residual[row, column]
                        counts[kind, v, u] += 1.0
                    else:
                        distance = (u - half) ** 2 + (v - half) ** 2
                        if distance <= (half - 0.5) ** 2:
                            cleaned[k, v, u] = residual[row, column] - sums[kind, v, u] / counts[kind, v, u]


@njit(cache=True, nogil=True, error_model="numpy")
def line_sums(image, residual, references, half, cleaned, down, right, shifts, sums):
    """Sums over each line of the image, or take off what its shift explains if ``sums`` is empty.

    A line is a row for the step (0, 1) and a column of pixels for (1, 0). ``sums`` (line, 3): residual times minus the
    slope of the model, slope squared, their product squared. ``shifts`` (line,) times minus the slope is taken off
    ``cleaned`` in place.
    """
    height, width = image.shape
    for k in range(cleaned.shape[0]):
        for v in range(cleaned.shape[1]):
            i = references[k, 1] + v - half
            if i < down or i >= height - down:
                continue
            for u in range(cleaned.shape[2]):
                value = cleaned[k, v, u]
                j = references[k, 0] + u - half
                if np.isnan(value) or j < right or j >= width - right:
                    continue
                ahead = image[i + down, j + right] - residual[i + down, j + right]
                slope = 0.5 * (ahead - image[i - down, j - right] + residual[i - down, j - right])
                if np.isnan(slope):
                    continue
                line = i if right == 1 else j
                if sums.shape[0] == 0:
                    cleaned[k, v, u] += shifts[line] * slope
                else:
                    sums[line, 0] -= value * slope
                    sums[line, 1] += slope * slope
                    sums[line, 2] += (value * slope) ** 2


@njit(cache=True, nogil=True, error_model="numpy")
def variance_bins(image, residual, cleaned, columns, references, half, shape, used_everywhere, low, high, bins):
    """Sums in equal bins of the model's intensity: pixels, degrees of freedom, intensity, residual and its square.

    A fit follows the noise most where the peak is high: of pixel i it uses h_i = G^2 (2 + k rho^4) / (pi sigma^2), rho
    the distance in sigma, k = 1 for a circle and 2 for an ellipse (these add up to all parameters of the peak), and the
    background a little everywhere. ``bins``: ``(bin, 5)``.
    """
    n = bins.shape[0]
    scale = n / max(high - low, 1e-300)
    more = 1.0 if shape == 1 else 2.0
    height, width = residual.shape
    for k in range(references.shape[0]):
        qxx, qxy, qyy = columns[k, 3], columns[k, 4], columns[k, 5]
        norm = np.sqrt(qxx * qyy - qxy * qxy) / np.pi
        rx, ry = references[k, 0], references[k, 1]
        for i in range(max(ry - half, 0), min(ry + half + 1, height)):
            dy = i - columns[k, 1]
            for j in range(max(rx - half, 0), min(rx + half + 1, width)):
                value = cleaned[k, i - ry + half, j - rx + half]
                if np.isnan(value):
                    continue
                dx = j - columns[k, 0]
                rho2 = qxx * dx * dx + 2.0 * qxy * dx * dy + qyy * dy * dy
                used = norm * np.exp(-rho2) * (2.0 + more * rho2 * rho2) + used_everywhere
                model = image[i, j] - residual[i, j]
                b = min(max(int((model - low) * scale), 0), n - 1)
                bins[b, 0] += 1.0
                bins[b, 1] += max(1.0 - used, 0.1)
                bins[b, 2] += model
                bins[b, 3] += value
                bins[b, 4] += value * value


@njit(cache=True, nogil=True, error_model="numpy")
def model_range(image, residual, references, half, cleaned):
    """Least and largest intensity of the model where ``cleaned`` has a value; infinite and crossed if it has none."""
    low, high = np.inf, -np.inf
    for k in range(cleaned.shape[0]):
        for v in range(cleaned.shape[1]):
            for u in range(cleaned.shape[2]):
                if not np.isnan(cleaned[k, v, u]):
                    i, j = references[k, 1] + v - half, references[k, 0] + u - half
                    model = image[i, j] - residual[i, j]
                    low, high = min(low, model), max(high, model)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def normalize(image, residual, references, half, cleaned, slope, zero, least):
    """Divide the residual of patches by the standard deviation of its noise, in place."""
    for k in range(cleaned.shape[0]):
        for v in range(cleaned.shape[1]):
            for u in range(cleaned.shape[2]):
                if not np.isnan(cleaned[k, v, u]):
                    i, j = references[k, 1] + v - half, references[k, 0] + u - half
                    cleaned[k, v, u] /= np.sqrt(max(slope * (image[i, j] - residual[i, j]) + zero, least))


@njit(cache=True, nogil=True, error_model="numpy")
def lag_correlation(patches, down, right):
    """Correlation of patches with themselves, shifted; and the number of pairs of pixels."""
    total, squares, count = 0.0, 0.0, 0
    height, width = patches.shape[1], patches.shape[2]
    first, last = max(0, -right), min(width, width - right)
    for k in range(patches.shape[0]):
        field = patches[k]
        for i in range(height - down):
            for j in range(first, last):
                a, b = field[i, j], field[i + down, j + right]
                product = a * b
                if not np.isnan(product):
                    total += product
                    squares += 0.5 * (a * a + b * b)
                    count += 1
    return total / max(squares, 1e-300), count
