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

from entrox.core.prefetch._kernels import prefetch
from entrox.microscopy.fit.moments._kernels import BLOCK, COUNTED, INLINED, LANES, UNCOUNTED, profile

FAST = {"reassoc", "contract", "nsz", "arcp"}
MAX_STEPS = 80
PIXELS_FETCHED = 8  # of double precision, in one line of a cache
LEAST_PIXELS = 3  # for each free parameter
LIKELIHOOD_POISSON = 2
EQUAL, INVERSE_VARIANCE, VARIANCE = 0, 1, 2  # weights of pixels


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def peak_row(x0, qxx, qxy, dy, row):
    """Height of a unit peak at ``x0`` in the pixels 0, 1, ... of one row, without the factor exp(-qyy dy^2 / 2)."""
    for u in range(row.size):
        dx = u - x0
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
        for v in range(max(line - half, place), min(line + half + 1, place + height)):
            dy = v - y
            if qxy != 0.0 or v == max(line - half, place):
                for u in range(row.size):
                    row[u] = np.exp(-0.5 * (u + low - x) * (qxx * (u + low - x) + 2.0 * qxy * dy))
            factor = amplitude * np.exp(-0.5 * qyy * dy * dy)
            goal = target[v - place, low:high]
            for u in range(row.size):
                goal[u] += factor * row[u]


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def empty_patch(half):
    """Array for a patch with rows of a whole number of ``LANES`` and an even number of rows; the padding is zero."""
    size = 2 * half + 1
    return np.zeros((size + 1, (size + LANES - 1) // LANES * LANES), dtype=np.float32)


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def draw_tails(columns, k, near, reference, half, room, rest):
    """Sum of the peaks of all neighbors of a column in the pixels of its patch."""
    begins, neighbors, reaches = near
    row, down = room[0], room[1]
    for v in range(rest.shape[0]):
        for u in range(rest.shape[1]):
            rest[np.uintp(v), np.uintp(u)] = 0.0
    for e in range(begins[k], begins[k + 1]):
        m = neighbors[e]
        reach, qxx, qxy = reaches[m], columns[m, 3], columns[m, 4]
        x, y = columns[m, 0] - reference[0] + half, columns[m, 1] - reference[1] + half
        top, bottom = max(int(np.ceil(y - reach)), 0), min(int(np.floor(y + reach)) + 1, 2 * half + 1)
        left, right = max(int(x - reach), 0) // BLOCK * BLOCK, min((int(x + reach) // BLOCK + 1) * BLOCK, row.size)
        if columns[m, 2] == 0.0 or top >= bottom or x + reach < 0.0 or left >= right:
            continue
        profile(y, columns[m, 5], down)
        profile(x, qxx, row)
        for v in range(top, bottom):
            if qxy != 0.0:
                peak_row(x, qxx, qxy, v - y, row)
            factor, goal = np.float32(columns[m, 2] * down[v]), np.uintp(v)
            for u in range(left, right):
                rest[goal, np.uintp(u)] += factor * row[np.uintp(u)]


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def copy_pixels(image, sign, level, left, line, first, last, v, data):
    """Pixels ``left + first`` to ``left + last - 1`` of a line of the image into row ``v`` of a patch, less a level.

    Slices cost more than that, and indices without a sign are not checked for being negative.
    """
    source, goal = np.uintp(line), np.uintp(v)
    for u in range(first, last):
        data[goal, np.uintp(u)] = np.float32(sign * image[source, np.uintp(left + u)] - level)


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def keep_pixels(shape, lanes, spans, half, left, top, rest, data, weight):
    """Subtract the tails; weight one in the pixels that the column owns and that have a value, zero for all others.

    ``left`` and ``top``: where the patch begins in an image of ``shape``. Returns the pixels that the column owns, how
    many of them lie in the image, and how many have a value.
    """
    wanted, inside, seen = 0, 0, 0
    one, nothing = np.float32(1.0), np.float32(0.0)
    for v in range(2 * half + 1):
        low, high = int(spans[v, 0]) + half, int(spans[v, 1]) + half
        wanted += high - low
        low, high = max(low, -left), min(high, shape[1] - left)
        if low >= high or top + v < 0 or top + v >= shape[0]:
            low = high = 0
        inside += high - low
        goal, least, most, kept = np.uintp(v), np.float32(low), np.float32(high), nothing
        for u in range(lanes.size):
            n = np.uintp(u)
            value = data[goal, n] - rest[goal, n]
            good = (lanes[n] >= least) & (lanes[n] < most) & (abs(value) < np.float32(np.inf))
            data[goal, n] = value if good else nothing
            weight[goal, n] = one if good else nothing
            kept += one if good else nothing
        seen += int(kept)
    return wanted, inside, seen


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def weigh_pixels(column, reference, half, rest, noise, weighted, room, weight):
    """Weights from the model, column and tails, where there is a weight: the variance or its inverse."""
    row, down, lanes = room[0], room[1], room[2]
    x, y = column[0] - reference[0] + half, column[1] - reference[1] + half
    profile(x, column[3], row)
    profile(y, column[5], down)
    slope, least, rise = np.float32(noise[0]), np.float32(noise[2]), np.float32(noise[0] * column[7])
    one, nothing = np.float32(1.0), np.float32(0.0)
    for v in range(2 * half + 1):
        goal = np.uintp(v)
        if column[4] != 0.0:
            peak_row(x, column[3], column[4], v - y, row)
        level = column[6] + column[8] * (v - half) - column[7] * half
        zero, height = np.float32(noise[1] + noise[0] * level), np.float32(noise[0] * column[2] * down[v])
        for u in range(lanes.size):
            n = np.uintp(u)
            value = slope * rest[goal, n] + height * row[n] + (zero + rise * lanes[n])
            value = value if value > least else least
            value = one / value if weighted == INVERSE_VARIANCE else value
            weight[goal, n] = value if weight[goal, n] > nothing else nothing


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def fetch_patch(pixels, shape, x, y, half):
    """Begin to fetch the pixels of a patch while another one is worked on: a tenth of a fit was waiting for memory.

    ``pixels`` are those of the image, one row after another.
    """
    height, width = shape
    left, right = max(x - half, 0), min(x + half + LANES, width - 1)
    for line in range(max(y - half, 0), min(y + half + 1, height)):
        for u in range(left, right + PIXELS_FETCHED, PIXELS_FETCHED):
            prefetch(pixels, np.uintp(line * width + min(u, right)))


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def load_patch(image, sign, columns, k, near, reference, spans, half, noise, weighted, room, data, rest, weight):
    """Fill the patch of a column: data without its background's level, tails of other columns, weight of each pixel.

    The peaks of the neighbors ``near`` (lists from ``begins[k]`` on, and how far each column reaches) are subtracted.
    Pixels that the column does not own, and those without a value, have the weight zero. ``noise`` holds slope,
    variance at zero, and the least variance. Returns the pixels that the column owns, how many of them lie in the
    image, and how many have a value.
    """
    size, width, level = 2 * half + 1, data.shape[1], columns[k, 6]
    left, top = reference[0] - half, reference[1] - half
    whole = left >= 0 and top >= 0 and left + width <= image.shape[1] and top + size <= image.shape[0]
    # All is copied first, with nothing between: memory is then waited for once, not row by row.
    for v in range(size):
        if whole:
            copy_pixels(image, sign, level, left, top + v, 0, width, v, data)
        elif 0 <= top + v < image.shape[0]:
            low, high = max(0, -left), min(width, image.shape[1] - left)
            copy_pixels(image, sign, level, left, top + v, low, high, v, data)
    draw_tails(columns, k, near, reference, half, room, rest)
    found = keep_pixels(image.shape, room[2], spans, half, left, top, rest, data, weight)
    if weighted != EQUAL:
        weigh_pixels(columns[k], reference, half, rest, noise, weighted, room, weight)
    return found


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def poisson_deviance(level, data, rest, noise, weight):
    """Twice the log-likelihood ratio of counts in units of the noise, for weights that belong to the present model."""
    total = 0.0
    for v in range(rest.shape[0]):
        for u in range(rest.shape[1]):
            if weight[v, u] > 0.0:
                mean = 1.0 / np.float64(weight[v, u])
                count = noise[0] * (np.float64(data[v, u]) + rest[v, u] + level) + noise[1]
                total += mean - count
                if count > 0.0:
                    total += count * np.log(count / mean)
    return 2.0 * total / max(noise[0] * noise[0], 1e-300)


@njit(nogil=True, error_model="numpy", **COUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", **COUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", **COUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def normal_equations(column, reference, shape, moments, hessian, slope):
    """J^T W J and J^T W residual from the moments; the background is last, about the reference pixel."""
    _, m2, m1, m0, r1, r0 = moments
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


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
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
