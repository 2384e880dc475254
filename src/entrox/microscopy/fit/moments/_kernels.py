"""Compiled moments of a patch: a circular Gaussian separates, so rows are summed first, with the pixels side by side.

Patches are padded with pixels of weight zero: rows to an even number, their length to a multiple of ``LANES``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FAST = {"reassoc", "contract", "nsz", "arcp"}
LANES = 16  # pixels that are summed side by side: fixed, so that the compiler keeps them in vectors


@njit(cache=True, nogil=True, error_model="numpy")
def profile(center, q, row):
    """exp(-q (i - center)^2 / 2) for i = 0, 1, ...: products outward from the pixel nearest to the center.

    Each step multiplies by a ratio that itself shrinks by exp(-q); n steps lose about n^2 / 2 roundings.
    """
    size = row.size
    middle = min(max(int(np.floor(center + 0.5)), 0), size - 1)
    x = middle - center
    top, shrink = np.exp(-0.5 * q * x * x), np.exp(-q)
    value, ratio = top, np.exp(-0.5 * q * (1.0 + 2.0 * x))
    row[middle] = top
    for i in range(middle + 1, size):
        value *= ratio
        ratio *= shrink
        row[i] = value
    value, ratio = top, np.exp(-0.5 * q * (1.0 - 2.0 * x))
    for i in range(middle - 1, -1, -1):
        value *= ratio
        ratio *= shrink
        row[i] = value


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def sum_rows(data, weight, first, factors, across, ramp, sums):
    """Sums over the rows of a patch for ``LANES`` columns from ``first`` on; two rows at a time.

    ``factors`` hold for each row G^2 y^j (five), G y^j (four), y, y^2, amplitude times G, and the background.
    """
    for v in range(0, data.shape[0], 2):
        line, below = data[v, first : first + LANES], data[v + 1, first : first + LANES]
        weights, weights_below = weight[v, first : first + LANES], weight[v + 1, first : first + LANES]
        c, d = factors[v], factors[v + 1]
        c0, c1, c2, c3, c4, c5, c6 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
        c7, c8, c9, c10, c11, c12 = c[7], c[8], c[9], c[10], c[11], c[12]
        d0, d1, d2, d3, d4, d5, d6 = d[0], d[1], d[2], d[3], d[4], d[5], d[6]
        d7, d8, d9, d10, d11, d12 = d[7], d[8], d[9], d[10], d[11], d[12]
        for u in range(LANES):
            w, q = weights[u], weights_below[u]
            residual = line[u] - c11 * across[u] - ramp[u] - c12
            residual_below = below[u] - d11 * across[u] - ramp[u] - d12
            wr, qr = w * residual, q * residual_below
            sums[u] += c0 * w + d0 * q
            sums[LANES + u] += c1 * w + d1 * q
            sums[2 * LANES + u] += c2 * w + d2 * q
            sums[3 * LANES + u] += c3 * w + d3 * q
            sums[4 * LANES + u] += c4 * w + d4 * q
            sums[5 * LANES + u] += c5 * w + d5 * q
            sums[6 * LANES + u] += c6 * w + d6 * q
            sums[7 * LANES + u] += c7 * w + d7 * q
            sums[8 * LANES + u] += c8 * w + d8 * q
            sums[9 * LANES + u] += w + q
            sums[10 * LANES + u] += c9 * w + d9 * q
            sums[11 * LANES + u] += c10 * w + d10 * q
            sums[12 * LANES + u] += c5 * wr + d5 * qr
            sums[13 * LANES + u] += c6 * wr + d6 * qr
            sums[14 * LANES + u] += c7 * wr + d7 * qr
            sums[15 * LANES + u] += wr + qr
            sums[16 * LANES + u] += c9 * wr + d9 * qr
            sums[17 * LANES + u] += wr * residual + qr * residual_below


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def add_moments(weights, sums, place, order, moments):
    """Add to ``moments[i, j]``, i + j < order, the products of ``weights[i]`` with the row sums from ``place`` on."""
    for i in range(order):
        for j in range(order - i):
            total = 0.0
            for u in range(LANES):
                total += weights[i * LANES + u] * sums[(place + j) * LANES + u]
            moments[i, j] += total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def separable_moments(column, reference, half, data, weight, m2, m1, m0, r1, r0):
    """Moments of a circular column over its patch; see :func:`patch_moments`."""
    height, width = data.shape
    x0, y0, q = column[0] - reference[0] + half, column[1] - reference[1] + half, column[3]
    row, down, ramp = np.empty(width), np.empty(height), np.empty(LANES)
    factors, sums = np.empty((height, 13)), np.empty(18 * LANES)
    p2, p1, p0 = np.empty(5 * LANES), np.empty(4 * LANES), np.empty(3 * LANES)
    profile(x0, q, row)
    profile(y0, q, down)
    for v in range(height):
        y, g = v - y0, down[v]
        f = factors[v]
        gg, yy = g * g, y * y
        f[0], f[1], f[2], f[3], f[4] = gg, gg * y, gg * yy, gg * yy * y, gg * yy * yy
        f[5], f[6], f[7], f[8] = g, g * y, g * yy, g * yy * y
        f[9], f[10], f[11], f[12] = y, yy, column[2] * g, column[8] * (v - half)
    chi2 = 0.0
    for first in range(0, width, LANES):
        sums[:] = 0.0
        across = row[first : first + LANES]
        for u in range(LANES):
            ramp[u] = column[6] + column[7] * (first + u - half)
        sum_rows(data, weight, first, factors, across, ramp, sums)
        for u in range(LANES):
            x, g = first + u - x0, across[u]
            p2[u], p1[u], p0[u] = g * g, g, 1.0
            p2[LANES + u], p2[2 * LANES + u] = g * g * x, g * g * x * x
            p2[3 * LANES + u], p2[4 * LANES + u] = g * g * x * x * x, g * g * x * x * x * x
            p1[LANES + u], p1[2 * LANES + u], p1[3 * LANES + u] = g * x, g * x * x, g * x * x * x
            p0[LANES + u], p0[2 * LANES + u] = x, x * x
            chi2 += sums[17 * LANES + u]
        add_moments(p2, sums, 0, 5, m2)
        add_moments(p1, sums, 5, 4, m1)
        add_moments(p0, sums, 9, 3, m0)
        add_moments(p1, sums, 12, 3, r1)
        add_moments(p0, sums, 15, 2, r0)
    return chi2


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def tilted_moments(column, reference, half, data, weight, m2, m1, m0, r1, r0):
    """Moments of an elliptical column over its patch; see :func:`patch_moments`."""
    size = 2 * half + 1
    x0, y0 = column[0] - reference[0], column[1] - reference[1]
    amplitude, qxx, qxy, qyy = column[2], column[3], column[4], column[5]
    chi2 = 0.0
    for v in range(size):
        dy = v - half - y0
        factor = np.exp(-0.5 * qyy * dy * dy)
        lift = column[6] + column[8] * (v - half)
        a0 = a1 = a2 = a3 = a4 = 0.0
        b0 = b1 = b2 = b3 = 0.0
        c0 = c1 = c2 = 0.0
        d0 = d1 = d2 = 0.0
        e0 = e1 = 0.0
        for u in range(size):
            w = weight[v, u]
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


@njit(cache=True, nogil=True, error_model="numpy")
def patch_moments(column, reference, half, data, weight, m2, m1, m0, r1, r0):
    """Moments over the patch; returns chi^2.

    ``m2[i, j]``: sum of w G^2 dx^i dy^j; ``m1``: w G; ``m0``: w; ``r1``: w G residual; ``r0``: w residual.
    """
    m2[:], m1[:], m0[:], r1[:], r0[:] = 0.0, 0.0, 0.0, 0.0, 0.0
    if column[4] == 0.0 and column[3] == column[5]:
        return separable_moments(column, reference, half, data, weight, m2, m1, m0, r1, r0)
    return tilted_moments(column, reference, half, data, weight, m2, m1, m0, r1, r0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def sum_overlap_rows(weight, first, top, bottom, factors, sums):
    """Sums over the rows of a patch for ``LANES`` columns from ``first`` on: 14 factors of a row times the weight."""
    for v in range(top, bottom, 2):
        line, below = weight[v, first : first + LANES], weight[v + 1, first : first + LANES]
        c, d = factors[v], factors[v + 1]
        c0, c1, c2, c3, c4, c5, c6 = c[0], c[1], c[2], c[3], c[4], c[5], c[6]
        c7, c8, c9, c10, c11, c12, c13 = c[7], c[8], c[9], c[10], c[11], c[12], c[13]
        d0, d1, d2, d3, d4, d5, d6 = d[0], d[1], d[2], d[3], d[4], d[5], d[6]
        d7, d8, d9, d10, d11, d12, d13 = d[7], d[8], d[9], d[10], d[11], d[12], d[13]
        for u in range(LANES):
            w, q = line[u], below[u]
            sums[u] += c0 * w + d0 * q
            sums[LANES + u] += c1 * w + d1 * q
            sums[2 * LANES + u] += c2 * w + d2 * q
            sums[3 * LANES + u] += c3 * w + d3 * q
            sums[4 * LANES + u] += c4 * w + d4 * q
            sums[5 * LANES + u] += c5 * w + d5 * q
            sums[6 * LANES + u] += c6 * w + d6 * q
            sums[7 * LANES + u] += c7 * w + d7 * q
            sums[8 * LANES + u] += c8 * w + d8 * q
            sums[9 * LANES + u] += c9 * w + d9 * q
            sums[10 * LANES + u] += c10 * w + d10 * q
            sums[11 * LANES + u] += c11 * w + d11 * q
            sums[12 * LANES + u] += c12 * w + d12 * q
            sums[13 * LANES + u] += c13 * w + d13 * q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def overlap_moments(own, other, reference, half, weight, reach, both, squared, single):
    """Moments about the center of ``other`` over the rows of the patch of ``own`` within ``reach``, both circles.

    ``both``: sum of w G_own G_other dx^i dy^j, ``squared``: w G_other^2, ``single``: w G_other.
    """
    height, width = weight.shape
    x0, y0 = other[0] - reference[0] + half, other[1] - reference[1] + half
    row, own_row, down, own_down = np.empty(width), np.empty(width), np.empty(height), np.empty(height)
    factors, sums = np.empty((height, 14)), np.empty(14 * LANES)
    p1, p2, p0 = np.empty(5 * LANES), np.empty(5 * LANES), np.empty(4 * LANES)
    both[:], squared[:], single[:] = 0.0, 0.0, 0.0
    profile(x0, other[3], row)
    profile(y0, other[3], down)
    profile(own[0] - reference[0] + half, own[3], own_row)
    profile(own[1] - reference[1] + half, own[3], own_down)
    # Rows go in pairs.
    top = min(max(int(np.floor(y0 - reach)), 0), height) // 2 * 2
    bottom = max(min((int(np.ceil(y0 + reach)) + 2) // 2 * 2, height), top)
    for v in range(top, bottom):
        y, g, f = v - y0, down[v], factors[v]
        gh, gg, yy = g * own_down[v], g * g, y * y
        f[0], f[1], f[2], f[3], f[4] = gh, gh * y, gh * yy, gh * yy * y, gh * yy * yy
        f[5], f[6], f[7], f[8], f[9] = gg, gg * y, gg * yy, gg * yy * y, gg * yy * yy
        f[10], f[11], f[12], f[13] = g, g * y, g * yy, g * yy * y
    for first in range(0, width, LANES):
        sums[:] = 0.0
        sum_overlap_rows(weight, first, top, bottom, factors, sums)
        for u in range(LANES):
            x, g = first + u - x0, row[first + u]
            gh, gg, xx = g * own_row[first + u], g * g, x * x
            p1[u], p1[LANES + u], p1[2 * LANES + u] = gh, gh * x, gh * xx
            p1[3 * LANES + u], p1[4 * LANES + u] = gh * xx * x, gh * xx * xx
            p2[u], p2[LANES + u], p2[2 * LANES + u] = gg, gg * x, gg * xx
            p2[3 * LANES + u], p2[4 * LANES + u] = gg * xx * x, gg * xx * xx
            p0[u], p0[LANES + u], p0[2 * LANES + u], p0[3 * LANES + u] = g, g * x, g * xx, g * xx * x
        add_moments(p1, sums, 0, 5, both)
        add_moments(p2, sums, 5, 5, squared)
        add_moments(p0, sums, 10, 4, single)
