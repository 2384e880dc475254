"""Compiled kernels of the column fit: arrays and scalars only.

A column is a row of nine numbers: x, y, amplitude, qxx, qxy, qyy (inverse of the squared width), and a linear
background b0, bx, by about an integer reference pixel. Free parameters are x, y, A, one q (circle) or three (ellipse),
b0, bx, by.
All sums that a step needs are moments of the peak over the patch, up to the fourth power.
Patches lie in padded arrays, see :func:`empty_patch`; the pixel ``[half, half]`` is the reference pixel.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit.moments._kernels import LANES, profile

FAST = {"reassoc", "contract", "nsz", "arcp"}
MAX_STEPS = 80
LEAST_PIXELS = 3  # for each free parameter
LIKELIHOOD_POISSON = 2
EQUAL, INVERSE_VARIANCE, VARIANCE = 0, 1, 2  # weights of pixels


@njit(cache=True, nogil=True, error_model="numpy")
def peak_row(x0, half, qxx, qxy, dy, row):
    """Height of a unit peak in the pixels -half..half of one row, without the factor exp(-qyy dy^2 / 2)."""
    for u in range(2 * half + 1):
        dx = u - half - x0
        row[u] = np.exp(-0.5 * dx * (qxx * dx + 2.0 * qxy * dy))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def add_columns(columns, place, first, last, reach, target):
    """Add the peaks of the columns ``first`` to ``last`` (sorted by y) to rows of an image that begin at row ``place``.

    ``reach`` is the half-width of the square that is drawn; the order of the sum does not depend on the band.
    """
    height, width = target.shape
    buffer = np.empty(2 * reach.max() + 1 if reach.size else 1)
    for k in range(first, last):
        x, y, amplitude, qxx, qxy, qyy = columns[k, :6]
        middle, half, line = int(np.floor(x + 0.5)), reach[k], int(np.floor(y + 0.5))
        low, high = max(middle - half, 0), min(middle + half + 1, width)
        if low >= high:
            continue
        row = buffer[: high - low]
        if qxy == 0.0:
            profile(x - low, qxx, row)
        for v in range(max(line - half, place), min(line + half + 1, place + height)):
            dy = v - y
            if qxy != 0.0:
                for u in range(row.size):
                    row[u] = np.exp(-0.5 * (u + low - x) * (qxx * (u + low - x) + 2.0 * qxy * dy))
            factor = amplitude * np.exp(-0.5 * qyy * dy * dy)
            goal = target[v - place, low:high]
            for u in range(row.size):
                goal[u] += factor * row[u]


@njit(cache=True, nogil=True, error_model="numpy")
def owned_span(start, reference, near, radius, row):
    """First and last-but-one pixel of a row, from the reference pixel, that belong to a column.

    A column owns what is inside its radius and nearer to its start than to any other; that part of a row is one piece.
    """
    down = reference[1] + row - start[1]
    left = radius * radius - down * down
    if left < 0.0:
        return 0, 0
    span = np.sqrt(left)
    low, high = start[0] - span - reference[0], start[0] + span - reference[0]
    for m in range(near.shape[0]):
        if not np.isfinite(near[m, 0]):
            continue
        # Nearer to the start: 2 (r - s) . (n - s) <= |n - s|^2.
        ax, ay = near[m, 0] - start[0], near[m, 1] - start[1]
        room = 0.5 * (ax * ax + ay * ay) - down * ay
        if ax > 0.0:
            high = min(high, start[0] - reference[0] + room / ax)
        elif ax < 0.0:
            low = max(low, start[0] - reference[0] + room / ax)
        elif room < 0.0:
            return 0, 0
    return int(np.ceil(low)), int(np.floor(high)) + 1


@njit(cache=True, nogil=True, error_model="numpy")
def owned_spans(first, last, starts, references, near, radius, half, spans):
    """Pixels ``low`` to ``high - 1`` of each row of each patch that the column owns; both zero where there are none."""
    for k in range(first, last):
        for v in range(2 * half + 1):
            low, high = owned_span(starts[k], references[k], near[k], radius, v - half)
            low, high = max(low, -half), min(high, half + 1)
            spans[k, v, 0], spans[k, v, 1] = (low, high) if low < high else (0, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def empty_patch(half):
    """Array for a patch with rows of a whole number of ``LANES`` and an even number of rows; the padding is zero."""
    size = 2 * half + 1
    return np.zeros((size + 1, (size + LANES - 1) // LANES * LANES))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def copy_row(source, line, left, count, place, first, target):
    """Copy ``count`` pixels of a row of an image.

    Slices cost more than that, and indices without a sign are not checked for being negative.
    """
    row, begin, goal, start = np.uintp(line), np.uintp(left), np.uintp(place), np.uintp(first)
    for n in range(count):
        target[goal, start + np.uintp(n)] = source[row, begin + np.uintp(n)]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always")
def load_row(sign, count, own, factor, level, ramp, noise, weighted, place, first, data, rest, weight):
    """Turn image and model in ``count`` pixels of one row of a patch into data, model of the others, and weights.

    One array is written at a time, else the compiler cannot tell that they do not overlap. Returns how many pixels
    have a value.
    """
    goal, start = np.uintp(place), np.uintp(first)
    slope, least = noise[0], noise[2]
    zero, rise = noise[1] + slope * level, slope * ramp
    if weighted == EQUAL:
        for n in range(count):
            weight[goal, start + np.uintp(n)] = 1.0
    else:
        for n in range(count):
            u = start + np.uintp(n)
            weight[goal, u] = max(slope * rest[goal, u] + (zero + rise * n), least)
        if weighted == INVERSE_VARIANCE:
            for n in range(count):
                u = start + np.uintp(n)
                weight[goal, u] = 1.0 / weight[goal, u]
    bad = 0
    for n in range(count):
        u = start + np.uintp(n)
        rest[goal, u] -= factor * own[u]
        bad += 0 if abs(data[goal, u]) < np.inf else 1
    for n in range(count):
        u = start + np.uintp(n)
        data[goal, u] = sign * data[goal, u] - rest[goal, u]
    if bad:
        for n in range(count):
            u = start + np.uintp(n)
            if not abs(data[goal, u]) < np.inf:
                weight[goal, u] = data[goal, u] = 0.0
    return count - bad


@njit(cache=True, nogil=True, error_model="numpy")
def load_patch(image, sign, others, column, reference, spans, half, noise, weighted, data, rest, weight):
    """Fill the patch of a column: data and model of all other columns in it, and the weight of each pixel.

    Pixels that the column does not own, and those without a value, have the weight zero. ``noise`` holds slope,
    variance at zero, and the least variance. Returns the pixels that the column owns, how many of them lie in the
    image, and how many have a value.
    """
    size = 2 * half + 1
    height, width = image.shape
    rx, ry = reference
    x, y, amplitude, qxx, qxy, qyy, b0, bx, by = column
    wanted, inside, seen = 0, 0, 0
    data[:], rest[:], weight[:] = 0.0, 0.0, 0.0
    # All is copied first, with nothing between: memory is then waited for once, not row by row.
    for v in range(max(0, half - ry), min(size, height - ry + half)):
        low, high = max(int(spans[v, 0]), -rx), min(int(spans[v, 1]), width - rx)
        copy_row(image, ry + v - half, rx + low, high - low, v, low + half, data)
        copy_row(others, ry + v - half, rx + low, high - low, v, low + half, rest)
    row, down = np.empty(size), np.empty(size)
    profile(x - rx + half, qxx, row)
    profile(y - ry + half, qyy, down)
    for v in range(size):
        j = v - half
        low, high = int(spans[v, 0]), int(spans[v, 1])
        wanted += high - low
        if ry + j < 0 or ry + j >= height:
            continue
        low, high = max(low, -rx), min(high, width - rx)
        if low >= high:
            continue
        inside += high - low
        if qxy != 0.0:
            peak_row(x - rx, half, qxx, qxy, ry + j - y, row)
        seen += load_row(sign, high - low, row, amplitude * down[v], b0 + bx * low + by * j, bx, noise, weighted, v,
                         low + half, data, rest, weight)  # fmt: skip
    return wanted, inside, seen


@njit(cache=True, nogil=True, error_model="numpy")
def update_weights(column, reference, half, rest, noise, weight):
    """Weights from the present model, for the likelihood of counts; pixels of weight zero keep it."""
    size = 2 * half + 1
    row = np.empty(size)
    for v in range(size):
        dy = v - half + reference[1] - column[1]
        peak_row(column[0] - reference[0], half, column[3], column[4], dy, row)
        factor = column[2] * np.exp(-0.5 * column[5] * dy * dy)
        for u in range(size):
            if weight[v, u] > 0.0:
                model = rest[v, u] + factor * row[u] + column[6] + column[7] * (u - half) + column[8] * (v - half)
                weight[v, u] = 1.0 / max(noise[0] * model + noise[1], noise[2])


@njit(cache=True, nogil=True, error_model="numpy")
def poisson_deviance(data, rest, noise, weight):
    """Twice the log-likelihood ratio of counts in units of the noise, for weights that belong to the present model."""
    total = 0.0
    for v in range(rest.shape[0]):
        for u in range(rest.shape[1]):
            if weight[v, u] > 0.0:
                mean = 1.0 / weight[v, u]
                count = noise[0] * (data[v, u] + rest[v, u]) + noise[1]
                total += mean - count
                if count > 0.0:
                    total += count * np.log(count / mean)
    return 2.0 * total / max(noise[0] * noise[0], 1e-300)


@njit(cache=True, nogil=True, error_model="numpy")
def peak_factors(column, shape, factors):
    """Derivatives of the peak as combinations of G times 1, dx, dy, dx^2, dx dy, dy^2; one row for each parameter."""
    amplitude, qxx, qxy, qyy = column[2], column[3], column[4], column[5]
    factors[:] = 0.0
    factors[0, 1], factors[0, 2] = amplitude * qxx, amplitude * qxy
    factors[1, 1], factors[1, 2] = amplitude * qxy, amplitude * qyy
    factors[2, 0] = 1.0
    if shape == 1:
        factors[3, 3] = factors[3, 5] = -0.5 * amplitude
    else:
        factors[3, 3], factors[4, 4], factors[5, 5] = -0.5 * amplitude, -amplitude, -0.5 * amplitude


@njit(cache=True, nogil=True, error_model="numpy")
def circle_equations(column, m2, m1, r1, x0, y0, hessian, slope):
    """The part of the normal equations that holds the four parameters of a circular peak."""
    height, rate = -0.5 * column[2], column[2] * column[3]
    hessian[0, 0], hessian[1, 1], hessian[2, 2] = rate * rate * m2[2, 0], rate * rate * m2[0, 2], m2[0, 0]
    hessian[1, 0] = rate * rate * m2[1, 1]
    hessian[2, 0], hessian[2, 1] = rate * m2[1, 0], rate * m2[0, 1]
    hessian[3, 0], hessian[3, 1] = height * rate * (m2[3, 0] + m2[1, 2]), height * rate * (m2[2, 1] + m2[0, 3])
    hessian[3, 2] = height * (m2[2, 0] + m2[0, 2])
    hessian[3, 3] = height * height * (m2[4, 0] + 2.0 * m2[2, 2] + m2[0, 4])
    for a in range(4):
        for b in range(a):
            hessian[b, a] = hessian[a, b]
    slope[0], slope[1], slope[2] = rate * r1[1, 0], rate * r1[0, 1], r1[0, 0]
    slope[3] = height * (r1[2, 0] + r1[0, 2])
    for c in range(3):
        i, j = (1 if c == 1 else 0), (1 if c == 2 else 0)
        away = x0 if c == 1 else (y0 if c == 2 else 0.0)
        hessian[4 + c, 0] = rate * (m1[1 + i, j] + away * m1[1, 0])
        hessian[4 + c, 1] = rate * (m1[i, 1 + j] + away * m1[0, 1])
        hessian[4 + c, 2] = m1[i, j] + away * m1[0, 0]
        hessian[4 + c, 3] = height * (m1[2 + i, j] + m1[i, 2 + j] + away * (m1[2, 0] + m1[0, 2]))
        for a in range(4):
            hessian[a, 4 + c] = hessian[4 + c, a]


@njit(cache=True, nogil=True, error_model="numpy")
def peak_equations(column, shape, m2, m1, r1, x0, y0, hessian, slope):
    """The part of the normal equations that holds the parameters of a peak."""
    powers = np.array([[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]])
    n = 3 + shape
    factors = np.empty((n, 6))
    peak_factors(column, shape, factors)
    half = np.zeros((n, 6))
    cross = np.zeros((n, 3))
    for a in range(n):
        slope[a] = 0.0
        for f in range(6):
            factor = factors[a, f]
            if factor == 0.0:
                continue
            i, j = powers[f]
            slope[a] += factor * r1[i, j]
            for g in range(6):
                half[a, g] += factor * m2[i + powers[g, 0], j + powers[g, 1]]
            cross[a, 0] += factor * m1[i, j]
            cross[a, 1] += factor * m1[i + 1, j]
            cross[a, 2] += factor * m1[i, j + 1]
    for a in range(n):
        for b in range(a + 1):
            value = 0.0
            for g in range(6):
                if factors[b, g] != 0.0:
                    value += half[a, g] * factors[b, g]
            hessian[a, b] = hessian[b, a] = value
        hessian[a, n] = hessian[n, a] = cross[a, 0]
        hessian[a, n + 1] = hessian[n + 1, a] = cross[a, 1] + x0 * cross[a, 0]
        hessian[a, n + 2] = hessian[n + 2, a] = cross[a, 2] + y0 * cross[a, 0]


@njit(cache=True, nogil=True, error_model="numpy")
def normal_equations(column, reference, shape, m2, m1, m0, r1, r0, hessian, slope):
    """J^T W J and J^T W residual from the moments; the background is last, about the reference pixel."""
    n = 3 + shape
    x0, y0 = column[0] - reference[0], column[1] - reference[1]
    if shape == 1:
        circle_equations(column, m2, m1, r1, x0, y0, hessian, slope)
    else:
        peak_equations(column, shape, m2, m1, r1, x0, y0, hessian, slope)
    s, sx, sy = m0[0, 0], m0[1, 0] + x0 * m0[0, 0], m0[0, 1] + y0 * m0[0, 0]
    hessian[n, n] = s
    hessian[n, n + 1] = hessian[n + 1, n] = sx
    hessian[n, n + 2] = hessian[n + 2, n] = sy
    hessian[n + 1, n + 1] = m0[2, 0] + 2.0 * x0 * m0[1, 0] + x0 * x0 * s
    hessian[n + 2, n + 2] = m0[0, 2] + 2.0 * y0 * m0[0, 1] + y0 * y0 * s
    hessian[n + 1, n + 2] = hessian[n + 2, n + 1] = m0[1, 1] + x0 * m0[0, 1] + y0 * m0[1, 0] + x0 * y0 * s
    slope[n] = r0[0, 0]
    slope[n + 1] = r0[1, 0] + x0 * r0[0, 0]
    slope[n + 2] = r0[0, 1] + y0 * r0[0, 0]


@njit(cache=True, nogil=True, error_model="numpy")
def cholesky(matrix, size):
    """Lower triangle of the leading block in place, scaled pivots; False if it is not positive definite."""
    for j in range(size):
        pivot = matrix[j, j]
        start = pivot
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        if not pivot > 1e-14 * start:
            return False
        pivot = np.sqrt(pivot)
        matrix[j, j] = pivot
        for i in range(j + 1, size):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value / pivot
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def solve_lower(factor, size, vector):
    """Solve L L^T x = vector in place."""
    for i in range(size):
        value = vector[i]
        for k in range(i):
            value -= factor[i, k] * vector[k]
        vector[i] = value / factor[i, i]
    for i in range(size - 1, -1, -1):
        value = vector[i]
        for k in range(i + 1, size):
            value -= factor[k, i] * vector[k]
        vector[i] = value / factor[i, i]
