"""Compiled sums over the residual of an image: arrays and scalars only.

Patches ``begin`` to ``end`` are looked at, so that several threads can share them. A pixel without a value is NaN, and
so is everything computed from it. Rows of patches are worked on in loops without branches, which the compiler turns
into vectors; ``_nrt=False`` leaves out the counting of references that a view of a row would cost.
"""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, error_model="numpy", _nrt=False)
def _clipped(first, half, low, high):
    """First place of a patch whose pixel is not below ``low``, and the place after the last below ``high``."""
    size = 2 * half + 1
    start = min(max(low - first, 0), size)
    return start, max(min(high - first, size), start)


@njit(nogil=True, error_model="numpy", _nrt=False)
def _disc_row(v, half):
    """Half the width of row ``v`` of the disc of a patch; negative outside."""
    square = (half - 0.5) ** 2 - (v - half) ** 2
    return int(np.sqrt(square)) if square >= 0.0 else -1


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def patch_sums(begin, end, residual, references, kinds, half, sums, counts):
    """Add the residual of the patches of each kind, and how many have a value, by the place in the patch."""
    height, width = residual.shape
    for k in range(begin, end):
        kind, left, top = kinds[k], references[k, 0] - half, references[k, 1] - half
        if kind < 0:
            continue
        first, last = _clipped(top, half, 0, height)
        for v in range(first, last):
            reach = _disc_row(v, half)
            low, high = _clipped(left, half, max(left + half - reach, 0), min(left + half + reach + 1, width))
            row = residual[top + v, left + low : left + high]
            total, count = sums[kind, v, low:high], counts[kind, v, low:high]
            for u in range(high - low):
                known = not np.isnan(row[u])
                total[u] += row[u] if known else 0.0
                count[u] += 1.0 if known else 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def subtract_means(begin, end, residual, references, kinds, half, means, cleaned):
    """Write the residual less what all columns of a kind have in common at a pixel of their patch.

    That part is a misfit of the model, not noise. Pixels outside every patch stay NaN.
    """
    height, width = residual.shape
    for k in range(begin, end):
        kind, left, top = kinds[k], references[k, 0] - half, references[k, 1] - half
        if kind < 0:
            continue
        first, last = _clipped(top, half, 0, height)
        for v in range(first, last):
            reach = _disc_row(v, half)
            low, high = _clipped(left, half, max(left + half - reach, 0), min(left + half + reach + 1, width))
            row, mean = residual[top + v, left + low : left + high], means[kind, v, low:high]
            clean = cleaned[k, v, low:high]
            for u in range(high - low):
                clean[u] = row[u] - mean[u]


@njit(nogil=True, error_model="numpy", _nrt=False)
def _slopes(image, residual, first, step, count, slopes):
    """Slope of the model along a step, in flat pixels, at ``count`` pixels from ``first``."""
    for u in range(count):
        ahead, back = first + step + np.uintp(u), first - step + np.uintp(u)
        slopes[np.uintp(u)] = 0.5 * (image[ahead] - residual[ahead] - image[back] + residual[back])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def line_sums(begin, end, size, image, residual, references, half, cleaned, desk, rows, columns):
    """Add up, over each row of the image and each column of pixels, what tells how far it was shifted.

    ``rows`` and ``columns`` (line, 3): residual times minus the slope of the model along the shift, slope squared,
    their product squared. ``desk`` is room for two rows. Images and patches are flat; ``size`` is that of the image.
    """
    height, width = size
    along, across = desk[0], desk[1]
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _clipped(top, half, 1, height - 1)
        low, high = _clipped(left, half, 1, width - 1)
        for v in range(first, last):
            i, j = top + v, left + low
            _slopes(image, residual, np.uintp(i * width + j), np.uintp(1), high - low, along)
            _slopes(image, residual, np.uintp(i * width + j), np.uintp(width), high - low, across)
            place = np.uintp((k * (2 * half + 1) + v) * (2 * half + 1) + low)
            s0, s1, s2 = 0.0, 0.0, 0.0
            for u in range(high - low):
                value, slope, other = cleaned[place + np.uintp(u)], along[np.uintp(u)], across[np.uintp(u)]
                product = value * slope
                if not np.isnan(product):
                    s0 -= product
                    s1 += slope * slope
                    s2 += product * product
                product = value * other
                if not np.isnan(product):
                    line = np.uintp(j + u)
                    columns[line, 0] -= product
                    columns[line, 1] += other * other
                    columns[line, 2] += product * product
            rows[i, 0] += s0
            rows[i, 1] += s1
            rows[i, 2] += s2


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def shift_lines(begin, end, size, image, residual, references, half, cleaned, desk, rows, columns):
    """Take off what the shifts of rows and of columns of pixels explain: each shift times minus the slope along it."""
    height, width = size
    along, across = desk[0], desk[1]
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _clipped(top, half, 1, height - 1)
        low, high = _clipped(left, half, 1, width - 1)
        for v in range(first, last):
            i, j = top + v, left + low
            _slopes(image, residual, np.uintp(i * width + j), np.uintp(1), high - low, along)
            _slopes(image, residual, np.uintp(i * width + j), np.uintp(width), high - low, across)
            place = np.uintp((k * (2 * half + 1) + v) * (2 * half + 1) + low)
            shift = rows[i]
            for u in range(high - low):
                one, other = shift * along[np.uintp(u)], columns[np.uintp(j + u)] * across[np.uintp(u)]
                taken = (0.0 if np.isnan(one) else one) + (0.0 if np.isnan(other) else other)
                cleaned[place + np.uintp(u)] += taken


@njit(nogil=True, error_model="numpy", _nrt=False)
def _used_by_peak(column, top, left, v, low, high, more, along, used):
    """Degrees of freedom that the peak takes at the pixels of a row of its patch."""
    qxx, qxy, qyy = column[3], column[4], column[5]
    dy = top + v - column[1]
    factor = np.sqrt(qxx * qyy - qxy * qxy) / np.pi * np.exp(-qyy * dy * dy)
    for u in range(low, high):
        dx = left + u - column[0]
        rho2 = qxx * dx * dx + 2.0 * qxy * dx * dy + qyy * dy * dy
        used[u] = factor * along[u] * (2.0 + more * rho2 * rho2)
    if qxy != 0.0:
        for u in range(low, high):
            used[u] *= np.exp(-2.0 * qxy * (left + u - column[0]) * dy)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def variance_bins(
    begin, end, size, image, residual, references, half, cleaned, columns, shape, used_everywhere, span, desk, bins
):
    """Sums in equal bins of the model's intensity: pixels, degrees of freedom, intensity, residual and its square.

    A fit follows the noise most where the peak is high: of pixel i it uses h_i = G^2 (2 + k rho^4) / (pi sigma^2), rho
    the distance in sigma, k = 1 for a circle and 2 for an ellipse (these add up to all parameters of the peak), and the
    background a little everywhere. ``span``: lower end of the bins and upper; what lies beyond is in the last ones.
    ``desk`` is room for four rows; ``bins``: ``(bin, 5)``.
    """
    n = bins.shape[0]
    least, scale = span[0], n / max(span[1] - span[0], 1e-300)
    top_bin, more = n - 0.5, 1.0 if shape == 1 else 2.0
    height, width = size
    along, used, models, numbers = desk[0], desk[1], desk[2], desk[3]
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _clipped(top, half, 0, height)
        low, high = _clipped(left, half, 0, width)
        for u in range(low, high):
            along[u] = np.exp(-columns[k, 3] * (left + u - columns[k, 0]) ** 2)
        for v in range(first, last):
            _used_by_peak(columns[k], top, left, v, low, high, more, along, used)
            pixel = np.uintp((top + v) * width + left + low)
            place = np.uintp((k * (2 * half + 1) + v) * (2 * half + 1) + low)
            for u in range(high - low):
                model = image[pixel + np.uintp(u)] - residual[pixel + np.uintp(u)]
                models[np.uintp(u)] = model
                numbers[np.uintp(u)] = min(max((model - least) * scale, 0.5), top_bin)
            for u in range(high - low):
                value = cleaned[place + np.uintp(u)]
                if np.isnan(value):
                    continue
                b = np.uintp(np.int32(numbers[np.uintp(u)]))
                bins[b, 0] += 1.0
                bins[b, 1] += max(1.0 - used[np.uintp(low + u)] - used_everywhere, 0.1)
                bins[b, 2] += models[np.uintp(u)]
                bins[b, 3] += value
                bins[b, 4] += value * value


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def normalize(begin, end, size, image, residual, references, half, cleaned, slope, zero, least):
    """Divide the residual of patches by the standard deviation of its noise, in place."""
    height, width = size
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _clipped(top, half, 0, height)
        low, high = _clipped(left, half, 0, width)
        for v in range(first, last):
            pixel = np.uintp((top + v) * width + left + low)
            place = np.uintp((k * (2 * half + 1) + v) * (2 * half + 1) + low)
            for u in range(high - low):
                model = image[pixel + np.uintp(u)] - residual[pixel + np.uintp(u)]
                cleaned[place + np.uintp(u)] /= np.sqrt(max(slope * model + zero, least))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def lag_sums(begin, end, patches, down, right, sums):
    """Add products of patches with themselves, shifted: their sum, that of half the squares, and how many there are."""
    height, width = patches.shape[1], patches.shape[2]
    first, last = max(0, -right), min(width, width - right)
    total, squares, count = 0.0, 0.0, 0.0
    for k in range(begin, end):
        for i in range(height - down):
            one, two = patches[k, i, first:last], patches[k, i + down, first + right : last + right]
            for j in range(last - first):
                product = one[j] * two[j]
                known = not np.isnan(product)
                total += product if known else 0.0
                squares += 0.5 * (one[j] * one[j] + two[j] * two[j]) if known else 0.0
                count += 1.0 if known else 0.0
    sums[0] += total
    sums[1] += squares
    sums[2] += count
