"""Bright peaks of an image of known period: where they are and how high.

Positions in px, x right and y down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_peaks", "peak_heights", "touched", "without_gaps"]

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]
Bools = NDArray[np.bool_]

BLUR = 0.13
"""Width of the Gaussian over the shorter period: near the width of a column, which the Laplacian finds best."""
WIDE_BLUR = 0.17
"""Width of the Gaussian in images of few electrons, where noise hides more than neighbors do."""
MINIMUM_BLUR = 0.8
NOISY, FAINT = 12.0, 0.2
"""The wide Gaussian is taken if the second set is lower than so many times the noise, and higher than so much of the
first: a faint column beside a bright one needs the narrow one."""
NOISE_LIMIT = 4.0
"""Height of a peak over the noise of the filtered image from which it counts."""
CLASS_LIMIT = 0.4
"""Height of a peak over the middle of the second set of peaks from which it counts."""


def without_gaps(image: Float32s, gaps: Bools) -> Float32s:
    """Image with the mean of the image in its gaps: a smooth filling would need a scale that is not known yet."""
    filled = image.copy()
    filled[gaps] = np.float32(np.mean(image, where=~gaps, dtype=float))
    return filled


def find_peaks(image: Float32s, period: float, separation: float, cells: float) -> Floats:
    """Peaks of the image, from top to bottom, shape ``(n, 2)``.

    Parameters
    ----------
    image
        Bright columns, no gaps.
    period
        Shorter period of one kind of column [px].
    separation
        Smallest distance of two peaks [px].
    cells
        Number of cells in the image; each holds two columns as a rule.
    """
    position, height, noise = _peaks_of_width(image, max(BLUR * period, MINIMUM_BLUR), cells)
    first, second = _class_heights(height, cells)
    if second < NOISY * noise and second > FAINT * first:
        position, height, _ = _peaks_of_width(image, max(WIDE_BLUR * period, MINIMUM_BLUR), cells)
    return position[_separated(position, height, separation)]


def _peaks_of_width(image: Float32s, width: float, cells: float) -> tuple[Floats, Float32s, float]:
    """Places and heights of the peaks of the filtered image, and its noise."""
    response, noise = _laplacian(image, width)
    row, column = _maxima(response, NOISE_LIMIT * noise)
    inside = (row >= width) & (row <= image.shape[0] - 1 - width)
    inside &= (column >= width) & (column <= image.shape[1] - 1 - width)
    row, column = row[inside], column[inside]
    height = response[row, column]
    keep = height >= CLASS_LIMIT * _class_heights(height, cells)[1]
    row, column = row[keep], column[keep]
    position = np.stack([column, row], axis=1) + _parabola(response, row, column)
    return position, height[keep], noise


def _laplacian(image: Float32s, width: float) -> tuple[Float32s, float]:
    """Negative Laplacian of the blurred image, and the noise it has if the image holds white noise."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    margin = int(np.ceil(4 * width))
    shape = [n + 2 * min(margin, n - 1) for n in image.shape]
    padding = [(min(margin, n - 1), next_fast_len(m, real=True) - n - min(margin, n - 1))
               for n, m in zip(image.shape, shape, strict=True)]  # fmt: skip
    padded = np.pad(image, padding, mode="reflect")
    y = (2 * np.pi * np.fft.fftfreq(padded.shape[0]).astype(np.float32))[:, None]
    x = 2 * np.pi * np.fft.rfftfreq(padded.shape[1]).astype(np.float32)
    square = y**2 + x**2
    transfer = square * np.exp(np.float32(-0.5 * width**2) * square)
    transform = rfft2(padded)
    transform *= transfer
    response = irfft2(transform, s=padded.shape, overwrite_x=True)
    top, left = padding[0][0], padding[1][0]
    response = response[top : top + image.shape[0], left : left + image.shape[1]]
    gain = np.sqrt(float(np.mean(np.square(transfer, dtype=float))))
    return response, _white_noise(image) * gain


def _white_noise(image: Float32s) -> float:
    """Noise of a pixel from differences that smooth features do not reach: the middle of blocks of 8 x 8 of them.

    The median of the differences themselves would be zero where most pixels hold no electron.
    """
    rows, columns = (n - n % 16 for n in image.shape)
    even = image[:rows, :columns]
    difference = (even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]) / 2
    blocks = np.square(difference).reshape(rows // 16, 8, columns // 16, 8).mean(axis=(1, 3))
    return float(np.sqrt(np.median(blocks)))


def _maxima(response: Float32s, limit: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of pixels above their eight neighbors and the limit."""
    middle = response[1:-1, 1:-1]
    peak = middle > max(limit, 0.0)
    rows, columns = response.shape
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) == (1, 1):
                continue
            other = response[down : rows - 2 + down, right : columns - 2 + right]
            # of two equal neighbors the later one counts
            peak &= (middle > other) if (down, right) > (1, 1) else (middle >= other)
    row, column = np.nonzero(peak)
    return row + 1, column + 1


def _class_heights(height: Float32s, cells: float) -> tuple[float, float]:
    """Middle heights of the first and of the second set of as many peaks as there are cells."""
    if not len(height):
        return 0.0, 0.0
    ordered = np.sort(height)[::-1]
    second = min(int(1.5 * cells), int(0.75 * len(ordered)))  # cells cut by the border hold fewer columns
    return float(ordered[min(int(0.5 * cells), second)]), float(ordered[second])


def _parabola(response: Float32s, row: NDArray[np.int64], column: NDArray[np.int64]) -> Floats:
    """Shift of the top of a parabola through the 3 x 3 pixels around each maximum, x and y."""
    at = {(i, j): response[row + i, column + j].astype(float) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    gx = sum(at[i, 1] - at[i, -1] for i in (-1, 0, 1)) / 6
    gy = sum(at[1, j] - at[-1, j] for j in (-1, 0, 1)) / 6
    hxx = sum(at[i, 1] - 2 * at[i, 0] + at[i, -1] for i in (-1, 0, 1)) / 3
    hyy = sum(at[1, j] - 2 * at[0, j] + at[-1, j] for j in (-1, 0, 1)) / 3
    hxy = (at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / 4
    determinant = hxx * hyy - hxy**2
    safe = np.where(determinant > 0, determinant, np.inf)
    shift = np.stack([(hxy * gy - hyy * gx) / safe, (hxy * gx - hxx * gy) / safe], axis=1)
    return np.asarray(np.clip(shift, -0.7, 0.7))


def _separated(position: Floats, height: Float32s, separation: float) -> Bools:
    """Which peaks stay when of two closer ones only the higher may."""
    from scipy.spatial import cKDTree

    keep = np.ones(len(position), dtype=bool)
    pairs = cKDTree(position).query_pairs(separation, output_type="ndarray") if len(position) else np.empty((0, 2), int)
    if not len(pairs):
        return keep
    swap = height[pairs[:, 0]] < height[pairs[:, 1]]
    pairs[swap] = pairs[swap][:, ::-1]
    for high, low in pairs[np.argsort(-height[pairs[:, 0]], kind="stable")]:
        if keep[high]:
            keep[low] = False
    return keep


def peak_heights(image: Float32s, position: Floats, period: float) -> Floats:
    """Height of each column above its surrounding: a small disk against the darker part of a ring between columns.

    The ring has 0.35 of the period as radius, half the distance of neighbors in both views of a perovskite; its 20 %
    quantile is the ground between columns rather than the flank of a neighbor.
    """
    disk = _around(image, position, 0.1 * period * np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), 7)
    ring = _around(image, position, np.full(16, 0.35 * period), 16)
    return np.asarray(disk.mean(axis=1) - np.quantile(ring, 0.2, axis=1))


def _around(image: Float32s, position: Floats, radius: Floats, count: int) -> Floats:
    """Values of the image at ``count`` points around each position, shape ``(n, count)``."""
    from scipy.ndimage import map_coordinates

    angle = 2 * np.pi * np.arange(count) / max(count - (radius[0] == 0), 1)
    x = position[:, :1] + radius * np.cos(angle)
    y = position[:, 1:] + radius * np.sin(angle)
    return np.asarray(map_coordinates(image, [y, x], order=1, mode="nearest"), dtype=float)


def touched(mask: Bools, position: Floats, radius: float) -> Floats:
    """Share of the pixels within a radius of each column that belong to the mask; those outside do not count."""
    size = int(np.ceil(radius))
    dy, dx = np.mgrid[-size : size + 1, -size : size + 1]
    near = dy**2 + dx**2 <= max(radius, 0.5) ** 2
    y = np.rint(position[:, 1]).astype(np.int64)[:, None] + dy[near]
    x = np.rint(position[:, 0]).astype(np.int64)[:, None] + dx[near]
    inside = (y >= 0) & (y < mask.shape[0]) & (x >= 0) & (x < mask.shape[1])
    hit = mask[np.clip(y, 0, mask.shape[0] - 1), np.clip(x, 0, mask.shape[1] - 1)] & inside
    return np.asarray(hit.sum(axis=1) / np.maximum(inside.sum(axis=1), 1))
