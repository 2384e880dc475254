"""Compiled moments of a patch: a circular Gaussian separates, so rows are summed first, with the pixels side by side.

Patches are padded with pixels of weight zero: rows to an even number, their length to a multiple of ``LANES``.
Views of arrays are counted, which takes as long as some hundred sums: inner functions take whole arrays and indices.
Pixels are of single precision, which is a millionth of their noise; what is added over them is of double precision.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

UNCOUNTED: dict[str, Any] = {"_nrt": False}  # functions that make no arrays need not count who uses them
INLINED: dict[str, Any] = {**UNCOUNTED, "forceinline": True}  # arrays are handed over in some hundred words
COUNTED: dict[str, Any] = {"_nrt": True}
FAST = {"reassoc", "contract", "nsz", "arcp"}
LANES = 8  # pixels that are summed side by side
BLOCK = 32  # pixels of a row whose sums are kept apart: as many as are added without a jump
LEAST_HEIGHT = 1e-8
HALVINGS = np.float32(-np.log2(LEAST_HEIGHT))
HALVINGS_OF_HALF = 0.5 / np.log(2.0)
HALF_POWER = tuple(np.float32((-np.log(2.0)) ** k / factorial(k)) for k in range(8))  # Taylor series of 2^-x


def products_table(*parts: tuple[int, int, int, int, int]) -> NDArray[np.int64]:
    """Rows of powers, rows of sums and places of moments for :func:`add_products`.

    A part names its first row of powers, its first row of sums, the first place of its moments, the length of their
    square, and how many orders of x and y are wanted: moments ``[i, j]`` with i + j below that.
    """
    return np.array(
        [
            (power + i, rows + j, place + size * i + j)
            for power, rows, place, size, order in parts
            for i in range(order)
            for j in range(order - i)
        ]
    )


M2, M1, M0, R1, R0, CHI2 = 0, 25, 41, 50, 59, 63
"""Where moments begin in one row of numbers: w G^2, w G, w, w G residual, w residual; chi^2 is the last."""
PATCH_PRODUCTS = products_table(
    (0, 0, M2, 5, 5), (5, 5, M1, 4, 4), (9, 9, M0, 3, 3), (5, 12, R1, 3, 3), (9, 15, R0, 2, 2), (9, 17, CHI2, 1, 1)
)
OVERLAP_PRODUCTS = products_table((0, 0, 0, 5, 5), (5, 5, 25, 5, 5), (10, 10, 50, 5, 4))


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def patch_room(half):
    """Working arrays for a patch: row, column, 0, 1, ..., a ramp, factors of the rows, sums, powers, a second row."""
    height, width = 2 * half + 2, (2 * half + LANES) // LANES * LANES
    row, lanes, down = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(height, np.float32)
    for u in range(width):
        lanes[u] = u
    ramp, factors = np.empty(BLOCK, np.float32), np.empty((height, 15), np.float32)
    sums, powers = np.empty(18 * BLOCK, np.float32), np.empty(15 * BLOCK, np.float32)
    return row, down, lanes, ramp, factors, sums, powers, np.empty(width, np.float32)


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def moment_room():
    """All moments of a patch in one row, and the same numbers as squares ``m2``, ``m1``, ``m0``, ``r1``, ``r0``."""
    flat = np.empty(CHI2 + 1)
    m2, m1, m0 = flat[M2:M1].reshape((5, 5)), flat[M1:M0].reshape((4, 4)), flat[M0:R1].reshape((3, 3))
    return flat, m2, m1, m0, flat[R1:R0].reshape((3, 3)), flat[R0:CHI2].reshape((2, 2))


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap_room():
    """All moments of :func:`overlap_moments` in one row, and the same numbers as three squares."""
    flat = np.empty(75)
    return flat, flat[:25].reshape((5, 5)), flat[25:50].reshape((5, 5)), flat[50:].reshape((5, 5))


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def profile(center, q, row):
    """exp(-q (i - center)^2 / 2) for i = 0, 1, ..., zero below ``LEAST_HEIGHT``.

    Such a number is 2^-(n + f): n goes into the exponent of a float, and the power of the fraction is a short series,
    so that pixels are computed side by side. Zeros keep products of several such factors in single precision.
    """
    whole = np.floor(center + 0.5)
    middle, rest = np.int32(whole), np.float32(center - whole)
    rate, one, nothing = np.float32(HALVINGS_OF_HALF * q), np.float32(1.0), np.float32(0.0)
    for i in range(row.size):
        x = np.float32(np.int32(i) - middle) - rest
        halvings = rate * x * x
        seen = halvings < HALVINGS
        n = np.int32((halvings if seen else nothing) + np.float32(0.5))
        f = halvings - np.float32(n)
        series = HALF_POWER[6] + f * HALF_POWER[7]
        series = HALF_POWER[2] + f * (HALF_POWER[3] + f * (HALF_POWER[4] + f * (HALF_POWER[5] + f * series)))
        series = one + f * (HALF_POWER[1] + f * series)
        power = np.int32((np.int32(127) - n) << np.int32(23)).view(np.float32)
        row[np.uintp(i)] = series * power if seen else nothing


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_products(powers, sums, count, table, moments):
    """Add products of rows of powers with rows of sums over ``count`` pixels to moments; see :func:`products_table`.

    A number of pixels that is known to the compiler makes this slow: it then writes out single products.
    """
    for m in range(table.shape[0]):
        n = np.uintp(m)
        power, part = np.uintp(table[n, 0] * BLOCK), np.uintp(table[n, 1] * BLOCK)
        total = np.float32(0.0)
        for u in range(count):
            total += powers[power + np.uintp(u)] * sums[part + np.uintp(u)]
        moments[np.uintp(table[n, 2])] += total


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


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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
    """A row times the powers of x up to four in ``count`` pixels from ``first`` on, from row ``place`` of powers on."""
    start, away = np.uintp(first), np.float32(first - x0)
    for u in range(count):
        powers[np.uintp(place * BLOCK + u)] = row[start + np.uintp(u)]
    for i in range(1, 5):
        before, goal = np.uintp((place + i - 1) * BLOCK), np.uintp((place + i) * BLOCK)
        for u in range(count):
            powers[goal + np.uintp(u)] = powers[before + np.uintp(u)] * (away + np.float32(u))


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def separable_moments(column, reference, half, level, data, weight, room, moments):
    """Moments of a circular column over its patch; see :func:`patch_moments`."""
    row, down, _, ramp, factors, sums, powers, other = room
    x0, y0, q = column[0] - reference[0] + half, column[1] - reference[1] + half, column[3]
    profile(x0, q, row)
    profile(y0, q, down)
    row_factors(column, half, y0, down, factors)
    for first in range(0, data.shape[1], BLOCK):
        count = min(BLOCK, data.shape[1] - first)
        base, rise = np.float32((column[6] - level) + column[7] * (first - half)), np.float32(column[7])
        for u in range(count):
            ramp[np.uintp(u)] = base + rise * np.float32(u)
        for u in range(18 * BLOCK):
            sums[np.uintp(u)] = 0.0
        sum_rows(data, weight, first, count, factors, row, ramp, sums)
        for u in range(other.size):
            other[np.uintp(u)] = row[np.uintp(u)] * row[np.uintp(u)]
        # Each time five rows of powers, of which the next ones replace what is too many.
        pixel_powers(other, first, count, x0, powers, 0)
        pixel_powers(row, first, count, x0, powers, 5)
        for u in range(other.size):
            other[np.uintp(u)] = 1.0
        pixel_powers(other, first, count, x0, powers, 9)
        add_products(powers, sums, count, PATCH_PRODUCTS, moments)


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def tilted_moments(column, reference, half, level, data, weight, moments):
    """Moments of an elliptical column over its patch; see :func:`patch_moments`."""
    size = 2 * half + 1
    flat, m2, m1, m0, r1, r0 = moments
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
    flat[CHI2] = chi2


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def patch_moments(column, reference, half, level, data, weight, room, moments):
    """Moments over the patch, see :func:`moment_room`; returns chi^2.

    ``level`` is what the data are without. ``m2[i, j]``: sum of w G^2 dx^i dy^j; ``m1``: w G; ``m0``: w; ``r1``: w G
    residual; ``r0``: w residual.
    """
    flat = moments[0]
    for m in range(flat.size):
        flat[m] = 0.0
    if column[4] == 0.0 and column[3] == column[5]:
        separable_moments(column, reference, half, level, data, weight, room, flat)
    else:
        tilted_moments(column, reference, half, level, data, weight, moments)
    return flat[CHI2]


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sum_weights(weight, first, count, top, bottom, factors, sums):
    """Sums over the rows of a patch for ``count`` pixels from ``first`` on: fifteen factors of a row times the weight.

    Two rows and five factors at a time.
    """
    for u in range(15 * BLOCK):
        sums[np.uintp(u)] = 0.0
    for v in range(top, bottom, 2):
        i, j = np.uintp(v), np.uintp(v + 1)
        for part in range(3):
            place, p = np.uintp(5 * part * BLOCK), np.uintp(5 * part)
            a, b, c, d, e = p, p + np.uintp(1), p + np.uintp(2), p + np.uintp(3), p + np.uintp(4)
            c0, c1, c2, c3, c4 = factors[i, a], factors[i, b], factors[i, c], factors[i, d], factors[i, e]
            d0, d1, d2, d3, d4 = factors[j, a], factors[j, b], factors[j, c], factors[j, d], factors[j, e]
            for u in range(count):
                n, m = np.uintp(first + u), place + np.uintp(u)
                w, q = weight[i, n], weight[j, n]
                sums[m] += c0 * w + d0 * q
                sums[m + np.uintp(BLOCK)] += c1 * w + d1 * q
                sums[m + np.uintp(2 * BLOCK)] += c2 * w + d2 * q
                sums[m + np.uintp(3 * BLOCK)] += c3 * w + d3 * q
                sums[m + np.uintp(4 * BLOCK)] += c4 * w + d4 * q


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap_factors(y0, top, bottom, own_down, down, factors):
    """Factors of the rows for :func:`sum_weights`: both peaks, the square of the other one, and itself; times y^j."""
    for v in range(top, bottom):
        n, y, g = np.uintp(v), np.float32(v - y0), down[np.uintp(v)]
        gh, gg, yy = g * own_down[n], g * g, y * y
        factors[n, 0], factors[n, 1], factors[n, 2] = gh, gh * y, gh * yy
        factors[n, 3], factors[n, 4] = gh * yy * y, gh * yy * yy
        factors[n, 5], factors[n, 6], factors[n, 7] = gg, gg * y, gg * yy
        factors[n, 8], factors[n, 9] = gg * yy * y, gg * yy * yy
        factors[n, 10], factors[n, 11], factors[n, 12] = g, g * y, g * yy
        factors[n, 13], factors[n, 14] = g * yy * y, g * yy * yy


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap_moments(own, other, reference, half, weight, reach, room, own_row, own_down, moments):
    """Moments about the center of ``other`` over the pixels of the patch of ``own`` within ``reach``, both circles.

    ``moments``: five by five sums of w G_own G_other dx^i dy^j, then of w G_other^2, then of w G_other (to the third
    power). ``own_row`` and ``own_down`` are the profiles of ``own``.
    """
    row, down, _, _, factors, sums, powers, across = room
    for m in range(moments.size):
        moments[m] = 0.0
    x0, y0 = other[0] - reference[0] + half, other[1] - reference[1] + half
    # Rows go in pairs.
    top = max(int(np.floor(y0 - reach)), 0) // 2 * 2
    bottom = min((int(np.ceil(y0 + reach)) + 2) // 2 * 2, weight.shape[0])
    left, right = max(int(x0 - reach), 0) // BLOCK * BLOCK, min((int(x0 + reach) // BLOCK + 1) * BLOCK, row.size)
    if top >= bottom or left >= right:
        return
    profile(x0, other[3], row)
    profile(y0, other[3], down)
    overlap_factors(y0, top, bottom, own_down, down, factors)
    for first in range(left, right, BLOCK):
        count = min(BLOCK, right - first)
        sum_weights(weight, first, count, top, bottom, factors, sums)
        pixel_powers(row, first, count, x0, powers, 10)
        for u in range(row.size):
            across[np.uintp(u)] = row[np.uintp(u)] * own_row[np.uintp(u)]
        pixel_powers(across, first, count, x0, powers, 0)
        for u in range(row.size):
            across[np.uintp(u)] = row[np.uintp(u)] * row[np.uintp(u)]
        pixel_powers(across, first, count, x0, powers, 5)
        add_products(powers, sums, count, OVERLAP_PRODUCTS, moments)
