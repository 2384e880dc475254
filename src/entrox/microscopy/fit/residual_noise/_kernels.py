"""Compiled sums over the residual of an image: arrays and scalars only.

Patches ``begin`` to ``end`` are looked at, so that several threads can share them. A pixel without a value is NaN, and
so is everything computed from it. Images and patches are flat, and rows of patches are worked on in loops without
branches, which the compiler turns into vectors; ``_nrt=False`` leaves out the counting of references. ``size`` holds
the height and width of the image, and the length of the rows of patches, which are NaN where they are longer than them.
"""

# mypy: allow-untyped-defs, allow-untyped-decorators, allow-untyped-calls, disable-error-code="call-overload"

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit.moments._kernels import FAST, profile


@njit(nogil=True, error_model="numpy", _nrt=False)
def _inside(first, size, low, high):
    """Of ``size`` pixels from ``first`` on, the first not below ``low``, and the one after the last below ``high``."""
    start = min(max(low - first, 0), size)
    return start, max(min(high - first, size), start)


@njit(nogil=True, error_model="numpy", _nrt=False)
def _span(v, left, half, width):
    """The same for the pixels of row ``v`` of a patch, of those inside its disc and the image."""
    square = (half - 0.5) ** 2 - (v - half) ** 2
    reach = int(np.sqrt(square)) if square >= 0.0 else -1
    return _inside(left, 2 * half + 1, max(left + half - reach, 0), min(left + half + reach + 1, width))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def patch_sums(begin, end, size, residual, references, kinds, half, sums, counts):
    """Add the residual of the patches of each kind, and how many have a value, by the place in the patch."""
    height, width, _ = size
    side = 2 * half + 1
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _inside(top, side, 0, height)
        for v in range(first, last):
            low, high = _span(v, left, half, width)
            pixel, place = np.uintp((top + v) * width + left + low), np.uintp((kinds[k] * side + v) * side + low)
            for u in range(high - low):
                value, n = residual[pixel + np.uintp(u)], place + np.uintp(u)
                known = not np.isnan(value)
                sums[n] += value if known else 0.0
                counts[n] += 1.0 if known else 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def subtract_means(begin, end, size, residual, references, kinds, half, means, cleaned):
    """Write the residual less what all columns of a kind have in common at a pixel of their patch.

    That part is a misfit of the model, not noise. What is outside the disc of a patch becomes NaN.
    """
    height, width, stride = size
    side = 2 * half + 1
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        for n in range(k * side * stride, (k + 1) * side * stride):
            cleaned[np.uintp(n)] = np.nan
        first, last = _inside(top, side, 0, height)
        for v in range(first, last):
            low, high = _span(v, left, half, width)
            pixel, place = np.uintp((top + v) * width + left + low), np.uintp((k * side + v) * stride + low)
            common = np.uintp((kinds[k] * side + v) * side + low)
            for u in range(high - low):
                cleaned[place + np.uintp(u)] = residual[pixel + np.uintp(u)] - means[common + np.uintp(u)]


@njit(nogil=True, error_model="numpy", _nrt=False)
def _slope(image, residual, pixel, step):
    """Slope of the model along a step, in flat pixels."""
    ahead, back = pixel + step, pixel - step
    return 0.5 * (image[ahead] - residual[ahead] - image[back] + residual[back])


@njit(nogil=True, error_model="numpy", _nrt=False)
def _products(image, residual, pixel, step, cleaned, place, count, products, squares):
    """Residual times slope of the model along a step, and slope squared; zero where one of them is not known."""
    for u in range(count):
        slope = _slope(image, residual, pixel + np.uintp(u), step)
        product = cleaned[place + np.uintp(u)] * slope
        known = not np.isnan(product)
        products[np.uintp(u)] = product if known else 0.0
        squares[np.uintp(u)] = slope * slope if known else 0.0


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, fastmath=FAST)
def line_sums(begin, end, size, image, residual, references, half, cleaned, desk, rows, columns):
    """Add up, over each row of the image and each column of pixels, what tells how far it was shifted.

    ``rows`` and ``columns``, flat ``(3, line)``: residual times minus the slope of the model along the shift, slope
    squared, their product squared. ``desk`` is room for two rows of a patch.
    """
    height, width, stride = size
    side = 2 * half + 1
    products, squares = desk[0], desk[1]
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _inside(top, side, 1, height - 1)
        for v in range(first, last):
            low, high = _inside(left, stride, 1, width - 1)
            i, j, place = top + v, left + low, np.uintp((k * side + v) * stride + low)
            pixel = np.uintp(i * width + j)
            _products(image, residual, pixel, np.uintp(1), cleaned, place, high - low, products, squares)
            s0, s1, s2 = 0.0, 0.0, 0.0
            for u in range(high - low):
                product, square = products[np.uintp(u)], squares[np.uintp(u)]
                s0 -= product
                s1 += square
                s2 += product * product
            rows[i] += s0
            rows[height + i] += s1
            rows[2 * height + i] += s2
            _products(image, residual, pixel, np.uintp(width), cleaned, place, high - low, products, squares)
            one, two, three = np.uintp(j), np.uintp(width + j), np.uintp(2 * width + j)
            for u in range(high - low):
                product = products[np.uintp(u)]
                columns[one + np.uintp(u)] -= product
                columns[two + np.uintp(u)] += squares[np.uintp(u)]
                columns[three + np.uintp(u)] += product * product


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def shift_lines(begin, end, size, image, residual, references, half, cleaned, rows, columns):
    """Take off what the shifts of rows and of columns of pixels explain: each shift times minus the slope along it."""
    height, width, stride = size
    side = 2 * half + 1
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _inside(top, side, 1, height - 1)
        for v in range(first, last):
            low, high = _inside(left, stride, 1, width - 1)
            i, j, place = top + v, np.uintp(left + low), np.uintp((k * side + v) * stride + low)
            pixel, shift = np.uintp(i * width) + j, rows[i]
            for u in range(high - low):
                n = pixel + np.uintp(u)
                one = shift * _slope(image, residual, n, np.uintp(1))
                other = columns[j + np.uintp(u)] * _slope(image, residual, n, np.uintp(width))
                taken = (0.0 if np.isnan(one) else one) + (0.0 if np.isnan(other) else other)
                cleaned[place + np.uintp(u)] += taken


@njit(nogil=True, error_model="numpy", _nrt=False)
def _used_by_peak(column, left, dy, low, high, factor, more, along, used):
    """Degrees of freedom that the peak takes at the pixels of a row of its patch."""
    qxx, qxy, qyy = column[3], column[4], column[5]
    for u in range(low, high):
        dx, n = left + u - column[0], np.uintp(u)
        rho2 = qxx * dx * dx + 2.0 * qxy * dx * dy + qyy * dy * dy
        used[n] = factor * along[n] * (2.0 + more * rho2 * rho2)
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
    ``desk`` is room for five rows; ``bins``: flat ``(bin, 2, 5)``, since neighbors mostly share a bin, and would have
    to wait for one another to be added.
    """
    n = bins.size // 10
    least, scale = span[0], n / max(span[1] - span[0], 1e-300)
    top_bin, more = n - 0.5, 1.0 if shape == 1 else 2.0
    height, width, stride = size
    along, down, used, models, numbers = desk[0], desk[1], desk[2], desk[3], desk[4]
    side = 2 * half + 1
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        column = columns[k]
        profile(column[0] - left, 2.0 * column[3], along)
        profile(column[1] - top, 2.0 * column[5], down)
        height_squared = np.sqrt(column[3] * column[5] - column[4] * column[4]) / np.pi
        first, last = _inside(top, side, 0, height)
        for v in range(first, last):
            low, high = _inside(left, stride, 0, width)
            dy = top + v - column[1]
            _used_by_peak(column, left, dy, low, high, height_squared * down[v], more, along, used)
            pixel, place = np.uintp((top + v) * width + left + low), np.uintp((k * side + v) * stride + low)
            for u in range(high - low):
                model = image[pixel + np.uintp(u)] - residual[pixel + np.uintp(u)]
                models[np.uintp(u)] = model
                numbers[np.uintp(u)] = min(max((model - least) * scale, 0.5), top_bin)
            first_known, last_known = _span(v, left, half, width)
            for u in range(first_known - low, last_known - low):
                value = cleaned[place + np.uintp(u)]
                if np.isnan(value):
                    continue
                b = np.uintp(10 * np.int32(numbers[np.uintp(u)]) + 5 * (u & 1))
                bins[b] += 1.0
                bins[b + np.uintp(1)] += max(1.0 - used[np.uintp(low + u)] - used_everywhere, 0.1)
                bins[b + np.uintp(2)] += models[np.uintp(u)]
                bins[b + np.uintp(3)] += value
                bins[b + np.uintp(4)] += value * value


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def normalize(begin, end, size, image, residual, references, half, cleaned, slope, zero, least):
    """Divide the residual of patches by the standard deviation of its noise, in place."""
    height, width, stride = size
    side = 2 * half + 1
    for k in range(begin, end):
        left, top = references[k, 0] - half, references[k, 1] - half
        first, last = _inside(top, side, 0, height)
        for v in range(first, last):
            low, high = _inside(left, stride, 0, width)
            pixel, place = np.uintp((top + v) * width + left + low), np.uintp((k * side + v) * stride + low)
            for u in range(high - low):
                model = image[pixel + np.uintp(u)] - residual[pixel + np.uintp(u)]
                cleaned[place + np.uintp(u)] /= np.sqrt(max(slope * model + zero, least))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, fastmath=FAST)
def lag_sums(begin, end, size, half, cleaned, lags, sums):
    """Add products of patches with themselves, shifted: their sum, that of half the squares, and how many there are.

    ``lags`` (lag, 2): down and right; ``sums``: (lag, 3).
    """
    side, stride = 2 * half + 1, size[2]
    for k in range(begin, end):
        for m in range(lags.shape[0]):
            down, right = lags[m, 0], lags[m, 1]
            first, last = max(0, -right), min(side, side - right)
            total, squares, count = 0.0, 0.0, 0.0
            for i in range(side - down):
                place = np.uintp((k * side + i) * stride + first)
                other = np.uintp((k * side + i + down) * stride + first + right)
                for j in range(last - first):
                    one, two = cleaned[place + np.uintp(j)], cleaned[other + np.uintp(j)]
                    product, known = one * two, not np.isnan(one * two)
                    total += product if known else 0.0
                    squares += 0.5 * (one * one + two * two) if known else 0.0
                    count += 1.0 if known else 0.0
            sums[m, 0] += total
            sums[m, 1] += squares
            sums[m, 2] += count
