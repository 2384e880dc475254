"""Compiled moments of a patch: a circular Gaussian separates, so rows are summed first, with the pixels side by side.

Patches are padded with pixels of weight zero: rows to an even number, their length to a multiple of ``LANES``.
Views of arrays are counted, which takes as long as some hundred sums: inner functions take whole arrays and indices.
Pixels are of single precision, which is a millionth of their noise; what is added over them is of double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

UNCOUNTED: dict[str, Any] = {"_nrt": False}  # functions that make no arrays need not count who uses them
COUNTED: dict[str, Any] = {"_nrt": True}
FAST = {"reassoc", "contract", "nsz", "arcp"}
LANES = 8  # pixels that are summed side by side
BLOCK = 32  # pixels of a row whose sums are kept apart: a multiple of LANES
LEAST_HEIGHT = 1e-8
HALF_REACH = 0.7071  # where the square of a peak is as low as the peak at its reach


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def patch_room(half):
    """Working arrays for a patch: row, column, 0, 1, ..., a ramp, factors of the rows, sums, powers, a second row."""
    height, width = 2 * half + 2, (2 * half + LANES) // LANES * LANES
    row, lanes, down = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(height, np.float32)
    for u in range(width):
        lanes[u] = u
    ramp, factors, sums = (
        np.empty(BLOCK, np.float32),
        np.empty((height, 15), np.float32),
        np.empty(18 * BLOCK, np.float32),
    )
    return row, down, lanes, ramp, factors, sums, np.empty((12, BLOCK), np.float32), np.empty(width, np.float32)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def profile(center, q, row):
    """exp(-q (i - center)^2 / 2) for i = 0, 1, ...: products outward from the pixel nearest to the center.

    Each step multiplies by a ratio that itself shrinks by exp(-q); n steps lose about n^2 / 2 roundings. What is below
    ``LEAST_HEIGHT`` is zero, so that products of several such factors are not too small for single precision.
    """
    size = row.size
    middle = min(max(int(np.floor(center + 0.5)), 0), size - 1)
    x = middle - center
    top, shrink = np.exp(-0.5 * q * x * x), np.exp(-q)
    value, ratio = top, np.exp(-0.5 * q * (1.0 + 2.0 * x))
    row[middle] = top if top > LEAST_HEIGHT else 0.0
    for i in range(middle + 1, size):
        value *= ratio
        ratio *= shrink
        row[i] = value if value > LEAST_HEIGHT else 0.0
    value, ratio = top, np.exp(-0.5 * q * (1.0 - 2.0 * x))
    for i in range(middle - 1, -1, -1):
        value *= ratio
        ratio *= shrink
        row[i] = value if value > LEAST_HEIGHT else 0.0


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sum_rows(data, weight, first, count, factors, row, ramp, sums):
    """Sums over the rows of a patch for ``count`` pixels from ``first`` on; two rows at a time.

    ``factors`` hold for each row G^2 y^j (five), G y^j (four), y, y^2, amplitude times G, and the background.
    """
    for v in range(0, data.shape[0], 2):
        i, j = np.uintp(v), np.uintp(v + 1)
        c0, c1, c2, c3, c4 = factors[i, 0], factors[i, 1], factors[i, 2], factors[i, 3], factors[i, 4]
        d0, d1, d2, d3, d4 = factors[j, 0], factors[j, 1], factors[j, 2], factors[j, 3], factors[j, 4]
        c5, c6, c7, c8 = factors[i, 5], factors[i, 6], factors[i, 7], factors[i, 8]
        d5, d6, d7, d8 = factors[j, 5], factors[j, 6], factors[j, 7], factors[j, 8]
        c9, c10, c11, c12 = factors[i, 9], factors[i, 10], factors[i, 11], factors[i, 12]
        d9, d10, d11, d12 = factors[j, 9], factors[j, 10], factors[j, 11], factors[j, 12]
        for u in range(count):
            n = np.uintp(first + u)
            w, q = weight[i, n], weight[j, n]
            residual = data[i, n] - c11 * row[n] - ramp[np.uintp(u)] - c12
            residual_below = data[j, n] - d11 * row[n] - ramp[np.uintp(u)] - d12
            wr, qr = w * residual, q * residual_below
            sums[np.uintp(u)] += c0 * w + d0 * q
            sums[np.uintp(BLOCK + u)] += c1 * w + d1 * q
            sums[np.uintp(2 * BLOCK + u)] += c2 * w + d2 * q
            sums[np.uintp(3 * BLOCK + u)] += c3 * w + d3 * q
            sums[np.uintp(4 * BLOCK + u)] += c4 * w + d4 * q
            sums[np.uintp(5 * BLOCK + u)] += c5 * w + d5 * q
            sums[np.uintp(6 * BLOCK + u)] += c6 * w + d6 * q
            sums[np.uintp(7 * BLOCK + u)] += c7 * w + d7 * q
            sums[np.uintp(8 * BLOCK + u)] += c8 * w + d8 * q
            sums[np.uintp(9 * BLOCK + u)] += w + q
            sums[np.uintp(10 * BLOCK + u)] += c9 * w + d9 * q
            sums[np.uintp(11 * BLOCK + u)] += c10 * w + d10 * q
            sums[np.uintp(12 * BLOCK + u)] += c5 * wr + d5 * qr
            sums[np.uintp(13 * BLOCK + u)] += c6 * wr + d6 * qr
            sums[np.uintp(14 * BLOCK + u)] += c7 * wr + d7 * qr
            sums[np.uintp(15 * BLOCK + u)] += wr + qr
            sums[np.uintp(16 * BLOCK + u)] += c9 * wr + d9 * qr
            sums[np.uintp(17 * BLOCK + u)] += wr * residual + qr * residual_below


@njit(cache=True, nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST)
def add_moments(powers, place, sums, first, count, order, moments):
    """Add to ``moments[i, j]``, i + j < order, products of powers from ``place`` on with row sums from ``first``."""
    for i in range(order):
        for j in range(order - i):
            total = np.float32(0.0)
            for u in range(count):
                total += powers[np.uintp(place + i), np.uintp(u)] * sums[np.uintp((first + j) * BLOCK + u)]
            moments[np.uintp(i), np.uintp(j)] += total


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def clear(moments):
    """Zeros; assigning to a slice takes longer, to compile as well."""
    for i in range(moments.shape[0]):
        for j in range(moments.shape[1]):
            moments[i, j] = 0.0


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def copy_values(source, target):
    """Copy one row."""
    for a in range(target.size):
        target[a] = source[a]


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def row_factors(column, half, y0, down, factors):
    """Factors of every row for :func:`sum_rows`."""
    amplitude, slope = np.float32(column[2]), np.float32(column[8])
    for v in range(down.size):
        n, y, g = np.uintp(v), np.float32(v - y0), down[np.uintp(v)]
        gg, yy = g * g, y * y
        factors[n, 0], factors[n, 1], factors[n, 2] = gg, gg * y, gg * yy
        factors[n, 3], factors[n, 4] = gg * yy * y, gg * yy * yy
        factors[n, 5], factors[n, 6], factors[n, 7], factors[n, 8] = g, g * y, g * yy, g * yy * y
        factors[n, 9], factors[n, 10] = y, yy
        factors[n, 11], factors[n, 12] = amplitude * g, slope * np.float32(v - half)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def pixel_powers(row, first, count, x0, powers, place):
    """A row times the powers of x up to four in ``count`` pixels from ``first`` on, from ``powers[place]`` on."""
    i0, i1, i2 = np.uintp(place), np.uintp(place + 1), np.uintp(place + 2)
    i3, i4 = np.uintp(place + 3), np.uintp(place + 4)
    for u in range(count):
        powers[i0, np.uintp(u)] = row[np.uintp(first + u)]
    for u in range(count):
        n, x = np.uintp(u), np.float32(first - x0) + np.float32(u)
        powers[i1, n] = powers[i0, n] * x
    for u in range(count):
        n, x = np.uintp(u), np.float32(first - x0) + np.float32(u)
        powers[i2, n] = powers[i0, n] * (x * x)
    for u in range(count):
        n, x = np.uintp(u), np.float32(first - x0) + np.float32(u)
        powers[i3, n] = powers[i0, n] * (x * x * x)
    for u in range(count):
        n, x = np.uintp(u), np.float32(first - x0) + np.float32(u)
        powers[i4, n] = powers[i0, n] * (x * x * x * x)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def separable_moments(column, reference, half, level, data, weight, room, m2, m1, m0, r1, r0):
    """Moments of a circular column over its patch; see :func:`patch_moments`."""
    row, down, _, ramp, factors, sums, powers, squares = room
    x0, y0, q = column[0] - reference[0] + half, column[1] - reference[1] + half, column[3]
    profile(x0, q, row)
    profile(y0, q, down)
    row_factors(column, half, y0, down, factors)
    rise, chi2 = np.float32(column[7]), 0.0
    for u in range(squares.size):
        squares[np.uintp(u)] = row[np.uintp(u)] * row[np.uintp(u)]
    for first in range(0, data.shape[1], BLOCK):
        count = min(BLOCK, data.shape[1] - first)
        base = np.float32((column[6] - level) + column[7] * (first - half))
        for u in range(count):
            ramp[np.uintp(u)] = base + rise * np.float32(u)
        for u in range(18 * BLOCK):
            sums[np.uintp(u)] = 0.0
        sum_rows(data, weight, first, count, factors, row, ramp, sums)
        total = np.float32(0.0)
        for u in range(count):
            total += sums[np.uintp(17 * BLOCK + u)]
        chi2 += float(total)
        pixel_powers(squares, first, count, x0, powers, 0)
        add_moments(powers, 0, sums, 0, count, 5, m2)
        pixel_powers(row, first, count, x0, powers, 0)
        add_moments(powers, 0, sums, 5, count, 4, m1)
        add_moments(powers, 0, sums, 12, count, 3, r1)
        for u in range(count):
            powers[5, np.uintp(u)] = 1.0
        for u in range(count):
            x = np.float32(first - x0) + np.float32(u)
            powers[6, np.uintp(u)], powers[7, np.uintp(u)] = x, x * x
        add_moments(powers, 5, sums, 9, count, 3, m0)
        add_moments(powers, 5, sums, 15, count, 2, r0)
    return chi2


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def tilted_moments(column, reference, half, level, data, weight, m2, m1, m0, r1, r0):
    """Moments of an elliptical column over its patch; see :func:`patch_moments`."""
    size = 2 * half + 1
    x0, y0 = column[0] - reference[0], column[1] - reference[1]
    amplitude, qxx, qxy, qyy = column[2], column[3], column[4], column[5]
    chi2 = 0.0
    for v in range(size):
        dy = v - half - y0
        factor = np.exp(-0.5 * qyy * dy * dy)
        lift = column[6] - level + column[8] * (v - half)
        a0 = a1 = a2 = a3 = a4 = 0.0
        b0 = b1 = b2 = b3 = 0.0
        c0 = c1 = c2 = 0.0
        d0 = d1 = d2 = 0.0
        e0 = e1 = 0.0
        for u in range(size):
            w = np.float64(weight[v, u])
            x = u - half - x0
            g = factor * np.exp(-0.5 * x * (qxx * x + 2.0 * qxy * dy))
            residual = data[v, u] - amplitude * g - column[7] * (u - half) - lift
            wr = w * residual
            chi2 += wr * residual
            wg = w * g
            wrg = wr * g
            wgg = wg * g
            xx = x * x
            a0 += wgg
            a1 += wgg * x
            a2 += wgg * xx
            a3 += wgg * xx * x
            a4 += wgg * xx * xx
            b0 += wg
            b1 += wg * x
            b2 += wg * xx
            b3 += wg * xx * x
            c0 += w
            c1 += w * x
            c2 += w * xx
            d0 += wrg
            d1 += wrg * x
            d2 += wrg * xx
            e0 += wr
            e1 += wr * x
        power = 1.0
        for j in range(5):
            m2[0, j] += a0 * power
            if j < 4:
                m2[1, j] += a1 * power
                m1[0, j] += b0 * power
            if j < 3:
                m2[2, j] += a2 * power
                m1[1, j] += b1 * power
                m0[0, j] += c0 * power
                r1[0, j] += d0 * power
            if j < 2:
                m2[3, j] += a3 * power
                m1[2, j] += b2 * power
                m0[1, j] += c1 * power
                r1[1, j] += d1 * power
                r0[0, j] += e0 * power
            power *= dy
        m2[4, 0] += a4
        m1[3, 0] += b3
        m0[2, 0] += c2
        r1[2, 0] += d2
        r0[1, 0] += e1
    return chi2


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def patch_moments(column, reference, half, level, data, weight, room, m2, m1, m0, r1, r0):
    """Moments over the patch; returns chi^2.

    ``level`` is what the data are without. ``m2[i, j]``: sum of w G^2 dx^i dy^j; ``m1``: w G; ``m0``: w; ``r1``: w G
    residual; ``r0``: w residual.
    """
    for moments in (m2, m1, m0, r1, r0):
        clear(moments)
    if column[4] == 0.0 and column[3] == column[5]:
        return separable_moments(column, reference, half, level, data, weight, room, m2, m1, m0, r1, r0)
    return tilted_moments(column, reference, half, level, data, weight, m2, m1, m0, r1, r0)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sum_weights(weight, first, count, top, bottom, factors, place, sums):
    """Sums over the rows of a patch for ``count`` pixels from ``first`` on: five factors of a row times the weight."""
    for u in range(5 * BLOCK):
        sums[np.uintp(u)] = 0.0
    a, b, c, d, e = (
        np.uintp(place),
        np.uintp(place + 1),
        np.uintp(place + 2),
        np.uintp(place + 3),
        np.uintp(place + 4),
    )
    for v in range(top, bottom, 2):
        i, j = np.uintp(v), np.uintp(v + 1)
        c0, c1, c2, c3, c4 = factors[i, a], factors[i, b], factors[i, c], factors[i, d], factors[i, e]
        d0, d1, d2, d3, d4 = factors[j, a], factors[j, b], factors[j, c], factors[j, d], factors[j, e]
        for u in range(count):
            n = np.uintp(first + u)
            w, q = weight[i, n], weight[j, n]
            sums[np.uintp(u)] += c0 * w + d0 * q
            sums[np.uintp(BLOCK + u)] += c1 * w + d1 * q
            sums[np.uintp(2 * BLOCK + u)] += c2 * w + d2 * q
            sums[np.uintp(3 * BLOCK + u)] += c3 * w + d3 * q
            sums[np.uintp(4 * BLOCK + u)] += c4 * w + d4 * q


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def peak_moments(x0, y0, reach, weight, row, factors, place, sums, powers, moments):
    """Moments about a center of w times a peak over the pixels within ``reach``; ``row`` is the peak along x.

    ``place``: where its factors of the rows are, times powers of y.
    """
    height, width = weight.shape
    clear(moments)
    # Rows go in pairs.
    top = min(max(int(np.floor(y0 - reach)), 0), height) // 2 * 2
    bottom = max(min((int(np.ceil(y0 + reach)) + 2) // 2 * 2, height), top)
    left, right = max(int(x0 - reach), 0) // LANES * LANES, min(int(x0 + reach) // LANES * LANES + LANES, width)
    for first in range(left if bottom > top else right, right, BLOCK):
        count = min(BLOCK, right - first)
        sum_weights(weight, first, count, top, bottom, factors, place, sums)
        pixel_powers(row, first, count, x0, powers, 0)
        add_moments(powers, 0, sums, 0, count, 5, moments)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap_moments(own, other, reference, half, weight, reach, room, own_row, own_down, both, squared, single):
    """Moments about the center of ``other`` over the pixels of the patch of ``own`` within ``reach``, both circles.

    ``both``: sum of w G_own G_other dx^i dy^j, ``squared``: w G_other^2, ``single``: w G_other. ``own_row`` and
    ``own_down`` are the profiles of ``own``. A square ends where the peak itself is still seen: at the reach / sqrt(2).
    """
    row, down, _, _, factors, sums, powers, across = room
    x0, y0 = other[0] - reference[0] + half, other[1] - reference[1] + half
    profile(x0, other[3], row)
    profile(y0, other[3], down)
    for v in range(max(int(y0 - reach) - 2, 0), min(int(y0 + reach) + 3, down.size)):
        n, y, g = np.uintp(v), np.float32(v - y0), down[np.uintp(v)]
        gh, gg, yy = g * own_down[n], g * g, y * y
        factors[n, 0], factors[n, 1], factors[n, 2] = gh, gh * y, gh * yy
        factors[n, 3], factors[n, 4] = gh * yy * y, gh * yy * yy
        factors[n, 5], factors[n, 6], factors[n, 7] = gg, gg * y, gg * yy
        factors[n, 8], factors[n, 9] = gg * yy * y, gg * yy * yy
        factors[n, 10], factors[n, 11], factors[n, 12] = g, g * y, g * yy
        factors[n, 13], factors[n, 14] = g * yy * y, g * yy * yy
    peak_moments(x0, y0, reach, weight, row, factors, 10, sums, powers, single)
    for u in range(row.size):
        across[np.uintp(u)] = row[np.uintp(u)] * own_row[np.uintp(u)]
    peak_moments(x0, y0, reach, weight, across, factors, 0, sums, powers, both)
    for u in range(row.size):
        across[np.uintp(u)] = row[np.uintp(u)] * row[np.uintp(u)]
    peak_moments(x0, y0, HALF_REACH * reach, weight, across, factors, 5, sums, powers, squared)
