"""Compiled covariance of groups of columns: the peaks overlap and share one linear background."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit._kernels import (
    LEAST_PIXELS,
    cholesky,
    empty_patch,
    fetch_patch,
    load_patch,
    normal_equations,
    peak_row,
)
from entrox.microscopy.fit.moments._kernels import (
    FAST,
    INLINED,
    UNCOUNTED,
    clear,
    moment_room,
    overlap_moments,
    overlap_room,
    patch_moments,
    patch_room,
    profile,
)

SHARE_OF_REACH = 0.9  # of tails as they are drawn, in which overlaps are summed


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def unit_derivatives(column, shape, dx, dy, peak, values):
    """Derivatives of one peak of known height at a distance from it."""
    amplitude = column[2] * peak
    values[0] = amplitude * (column[3] * dx + column[4] * dy)
    values[1] = amplitude * (column[4] * dx + column[5] * dy)
    values[2] = peak
    if shape == 1:
        values[3] = -0.5 * amplitude * (dx * dx + dy * dy)
    else:
        values[3] = -0.5 * amplitude * dx * dx
        values[4] = -amplitude * dx * dy
        values[5] = -0.5 * amplitude * dy * dy


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def derivatives(column, shape, x, y, values):
    """Derivatives of one peak at a pixel."""
    dx, dy = x - column[0], y - column[1]
    peak = np.exp(-0.5 * (column[3] * dx * dx + 2.0 * column[4] * dx * dy + column[5] * dy * dy))
    unit_derivatives(column, shape, dx, dy, peak, values)


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap_of_circles(own, other, reference, half, weight, reach, room, own_row, own_down, cross, tail, moments):
    """Sums of :func:`overlap` for two circles, from moments about the center of the tail."""
    flat, both, squared, single = moments
    overlap_moments(own, other, reference, half, weight, reach, room, own_row, own_down, flat)
    clear(cross)
    clear(tail)
    rate, height = other[2] * other[3], -0.5 * other[2]
    own_rate, own_height = own[2] * own[3], -0.5 * own[2]
    ax, ay = other[0] - own[0], other[1] - own[1]
    x0, y0 = other[0] - reference[0], other[1] - reference[1]
    far = ax * ax + ay * ay
    # Columns of the tail: derivatives by x, y, amplitude and 1/sigma^2 as powers i, j of the distance from it.
    for b in range(4):
        i, j = (1 if b == 0 else 0), (1 if b == 1 else 0)
        factor = rate if b < 2 else (1.0 if b == 2 else height)
        for part in range(2 if b == 3 else 1):
            if b == 3:
                i, j = (2, 0) if part == 0 else (0, 2)
            zero, x, y = both[i, j], both[i + 1, j], both[i, j + 1]
            cross[0, b] += factor * own_rate * (x + ax * zero)
            cross[1, b] += factor * own_rate * (y + ay * zero)
            cross[2, b] += factor * zero
            squares = both[i + 2, j] + both[i, j + 2] + 2.0 * (ax * x + ay * y) + far * zero
            cross[3, b] += factor * own_height * squares
            cross[4, b] += factor * single[i, j]
            cross[5, b] += factor * (single[i + 1, j] + x0 * single[i, j])
            cross[6, b] += factor * (single[i, j + 1] + y0 * single[i, j])
    tail[0, 0], tail[1, 1], tail[2, 2] = rate * rate * squared[2, 0], rate * rate * squared[0, 2], squared[0, 0]
    tail[1, 0], tail[2, 0], tail[2, 1] = rate * rate * squared[1, 1], rate * squared[1, 0], rate * squared[0, 1]
    tail[3, 0] = height * rate * (squared[3, 0] + squared[1, 2])
    tail[3, 1] = height * rate * (squared[2, 1] + squared[0, 3])
    tail[3, 2] = height * (squared[2, 0] + squared[0, 2])
    tail[3, 3] = height * height * (squared[4, 0] + 2.0 * squared[2, 2] + squared[0, 4])
    for b in range(4):
        for a in range(b):
            tail[a, b] = tail[b, a]


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def overlap(own, other, shape, reference, half, weight, reach2, cross, tail, mine, theirs, own_row, other_row):
    """Sums over the patch of ``own`` with the tail of ``other``: own derivatives times tail, tail squared.

    Only pixels within the reach of the other peak count.
    """
    n, p = 6 + shape, 3 + shape
    clear(cross)
    clear(tail)
    size = 2 * half + 1
    for v in range(size):
        y = reference[1] + v - half
        own_y, other_y = y - own[1], y - other[1]
        left = reach2 - other_y * other_y
        if left < 0.0:
            continue
        peak_row(own[0] - reference[0] + half, own[3], own[4], own_y, own_row)
        peak_row(other[0] - reference[0] + half, other[3], other[4], other_y, other_row)
        own_factor, other_factor = np.exp(-0.5 * own[5] * own_y * own_y), np.exp(-0.5 * other[5] * other_y * other_y)
        span = np.sqrt(left)
        low = max(int(np.ceil(other[0] - span)) - reference[0] + half, 0)
        high = min(int(np.floor(other[0] + span)) - reference[0] + half + 1, size)
        for u in range(low, high):
            w = np.float64(weight[v, u])
            if w == 0.0:
                continue
            x = reference[0] + u - half
            unit_derivatives(own, shape, x - own[0], own_y, own_factor * own_row[u], mine)
            unit_derivatives(other, shape, x - other[0], other_y, other_factor * other_row[u], theirs)
            mine[p], mine[p + 1], mine[p + 2] = 1.0, u - half, v - half
            for b in range(p):
                factor = w * theirs[b]
                for a in range(n):
                    cross[a, b] += factor * mine[a]
                for a in range(b + 1):
                    tail[b, a] += factor * theirs[a]
    for b in range(p):
        for a in range(b):
            tail[a, b] = tail[b, a]


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def write_residual(column, sign, reference, spans, half, data, weight, room, row, down, residual):
    """Image minus model in the pixels that a column owns; ``data``, ``row`` and ``down`` are those of its patch."""
    line, lanes = room[7], room[2]
    left, top = reference[0] - half, reference[1] - half
    nothing, missing, signed, rise = np.float32(0.0), np.float32(np.nan), np.float32(sign), np.float32(column[7])
    for v in range(max(0, -top), min(2 * half + 1, residual.shape[0] - top)):
        low, high = max(int(spans[v, 0]) + half, -left), min(int(spans[v, 1]) + half, residual.shape[1] - left)
        if column[4] != 0.0:
            peak_row(column[0] - left, column[3], column[4], top + v - column[1], row)
        level, peak = np.float32(column[8] * (v - half) - column[7] * half), np.float32(column[2] * down[v])
        at, goal = np.uintp(v), np.uintp(top + v)
        for u in range(lanes.size):
            n = np.uintp(u)
            value = signed * (data[at, n] - (peak * row[n] + (level + rise * lanes[n])))
            line[n] = value if weight[at, n] > nothing else missing
        for u in range(low, high):
            residual[goal, np.uintp(left + u)] = line[np.uintp(u)]


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def column_equations(
    k, image, sign, near, columns, references, spans, half, noise, weighted, shape, crosses, tails, hessians, totals,
    residual, desk,
):  # fmt: skip
    """Normal equations of one column and overlaps with its neighbors; see :func:`overlap_chunk`."""
    begins, neighbors, reaches = near
    data, rest, weight, room, moments, common, slope, mine, theirs, own_row, other_row, own_down = desk
    reference, column = references[k], columns[k]
    wanted, inside, seen = load_patch(image, sign, columns, k, near, reference, spans[k], half, noise, weighted, room,
                                      data, rest, weight)  # fmt: skip
    totals[k, 0] = patch_moments(column, reference, half, column[6], data, weight, room, moments)
    totals[k, 1], totals[k, 2], totals[k, 3] = seen, inside, wanted
    normal_equations(column, reference, shape, moments, hessians[k], slope)
    profile(column[0] - reference[0] + half, column[3], own_row)
    profile(column[1] - reference[1] + half, column[5], own_down)
    if residual.size:
        write_residual(column, sign, reference, spans[k], half, data, weight, room, own_row, own_down, residual)
    for e in range(begins[k], begins[k + 1]):
        other, reach = columns[neighbors[e]], SHARE_OF_REACH * reaches[neighbors[e]]
        if shape == 1:
            overlap_of_circles(column, other, reference, half, weight, reach, room, own_row, own_down, crosses[e],
                               tails[e], common)  # fmt: skip
        else:
            overlap(column, other, shape, reference, half, weight, reach * reach, crosses[e], tails[e], mine, theirs,
                    own_row, other_row)  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def overlap_chunk(
    first, last, image, sign, near, columns, order, starts, references, spans, radius, half, noise, weighted, shape,
    crosses, tails, hessians, totals, residual,
):  # fmt: skip
    """Normal equations of the columns ``order[first:last]``, and overlaps with their neighbors.

    ``totals``: chi^2, pixels with a value, pixels in the image, pixels of the whole patch. Image minus model goes into
    ``residual`` if it has pixels.
    """
    weight = empty_patch(half)
    height, width = weight.shape
    desk = (
        empty_patch(half), empty_patch(half), weight, patch_room(half), moment_room(), overlap_room(),
        np.empty(6 + shape), np.empty(6 + shape), np.empty(6 + shape), np.empty(width, np.float32),
        np.empty(width, np.float32), np.empty(height, np.float32),
    )  # fmt: skip
    pixels = image.reshape(-1)
    for place in range(first, last):
        if place + 1 < last:
            ahead = order[place + 1]
            fetch_patch(pixels, image.shape, references[ahead, 0], references[ahead, 1], half)
        column_equations(
            order[place], image, sign, near, columns, references, spans, half, noise, weighted, shape, crosses, tails,
            hessians, totals, residual, desk,
        )  # fmt: skip


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def assemble_group(members, count, shape, references, hessians, begins, neighbors, crosses, tails, total):
    """Lower triangle of J^T W J of a group: parameters member after member, then the shared background.

    The background is about the pixel of the first member.
    """
    p = 3 + shape
    d = count * p + 3
    for i in range(d):
        for j in range(i + 1):
            total[i, j] = 0.0
    b = count * p
    for m in range(count):
        k = members[m]
        ax = float(references[k, 0] - references[members[0], 0])
        ay = float(references[k, 1] - references[members[0], 1])
        h = hessians[k]
        o = m * p
        for i in range(p):
            for j in range(i + 1):
                total[o + i, o + j] += h[i, j]
            total[b, o + i] += h[p, i]
            total[b + 1, o + i] += h[p + 1, i] + ax * h[p, i]
            total[b + 2, o + i] += h[p + 2, i] + ay * h[p, i]
        s, sx, sy = h[p, p], h[p, p + 1], h[p, p + 2]
        total[b, b] += s
        total[b + 1, b] += sx + ax * s
        total[b + 2, b] += sy + ay * s
        total[b + 1, b + 1] += h[p + 1, p + 1] + 2.0 * ax * sx + ax * ax * s
        total[b + 2, b + 2] += h[p + 2, p + 2] + 2.0 * ay * sy + ay * ay * s
        total[b + 2, b + 1] += h[p + 1, p + 2] + ax * sy + ay * sx + ax * ay * s
        for e in range(begins[k], begins[k + 1]):
            for q in range(count):
                if members[q] != neighbors[e]:
                    continue
                t = q * p
                c = crosses[e]
                for j in range(p):
                    for i in range(p):
                        total[max(o, t) + (i if o > t else j), min(o, t) + (j if o > t else i)] += c[i, j]
                    for i in range(j, p):
                        total[t + i, t + j] += tails[e, i, j]
                    total[b, t + j] += c[p, j]
                    total[b + 1, t + j] += c[p + 1, j] + ax * c[p, j]
                    total[b + 2, t + j] += c[p + 2, j] + ay * c[p, j]


@njit(nogil=True, error_model="numpy", **INLINED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def factor_rows(matrix, size):
    """Cholesky factor in the lower triangle, row by row so that the sums run along rows; False if not positive."""
    for i in range(size):
        row = matrix[i]
        for j in range(i):
            other = matrix[j]
            value = row[j]
            for k in range(j):
                value -= row[k] * other[k]
            row[j] = value / other[j]
        pivot = row[i]
        start = pivot
        for k in range(i):
            pivot -= row[k] * row[k]
        if not pivot > 1e-14 * start:
            return False
        row[i] = np.sqrt(pivot)
    return True


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def positions_last(total, count, shape, place, target):
    """Copy the lower triangle of a group with the positions behind all other parameters; ``place``: scratch."""
    p = 3 + shape
    d = count * p + 3
    rest = d - 2 * count
    for m in range(count):
        place[m * p], place[m * p + 1] = rest + 2 * m, rest + 2 * m + 1
        for a in range(2, p):
            place[m * p + a] = m * (p - 2) + a - 2
    for a in range(3):
        place[count * p + a] = count * (p - 2) + a
    for i in range(d):
        a = place[i]
        for j in range(i + 1):
            b = place[j]
            target[max(a, b), min(a, b)] = total[i, j]


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def invert_tail(factor, first, size, inverse, block):
    """Last block of the inverse of L L^T: that of the last block of L alone. ``inverse``: scratch."""
    n = size - first
    for c in range(n):
        inverse[c, c] = 1.0 / factor[first + c, first + c]
        for i in range(c + 1, n):
            value = 0.0
            for k in range(c, i):
                value -= factor[first + i, first + k] * inverse[k, c]
            inverse[i, c] = value / factor[first + i, first + i]
    for a in range(n):
        for b in range(a + 1):
            value = 0.0
            for k in range(a, n):
                value += inverse[k, a] * inverse[k, b]
            block[a, b] = block[b, a] = value


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def position_rows(factor, count, shape, rows, line):
    """Rows of the inverse that belong to positions, from the Cholesky factor of the normal equations."""
    p = 3 + shape
    d = count * p + 3
    for m in range(count):
        for c in range(2):
            for i in range(d):
                line[i] = 0.0
            first = m * p + c
            line[first] = 1.0
            for i in range(first, d):
                value = line[i]
                for k in range(first, i):
                    value -= factor[i, k] * line[k]
                line[i] = value / factor[i, i]
            for i in range(d - 1, -1, -1):
                value = line[i] / factor[i, i]
                line[i] = value
                for k in range(i):
                    line[k] -= factor[i, k] * value
            for i in range(d):
                rows[2 * m + c, i] = line[i]


@njit(cache=True, nogil=True, error_model="numpy")
def group_chunk(
    first, last, groups, shape, references, hessians, begins, neighbors, crosses, tails, totals, scale_by_chi2,
    second_hessians, second_crosses, second_tails, sandwich, covariances, quality,
):  # fmt: skip
    """Covariance of the positions of every group, shape ``(group, member, member, 2, 2)``; NaN for absent members.

    With ``sandwich`` the second sums hold J^T V J. ``quality``: reduced chi^2 of the group.
    """
    most = groups.shape[1]
    p = 3 + shape
    size = most * p + 3
    total, second = np.empty((size, size)), np.empty((size, size))
    rows, line = np.empty((2 * most, size)), np.empty(size)
    members, places = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    order = np.empty(size, dtype=np.int64)
    for g in range(first, last):
        covariances[g] = np.nan
        quality[g] = np.nan
        count = 0
        chi2, pixels = 0.0, 0.0
        for m in range(most):
            k = groups[g, m]
            if k >= 0 and totals[k, 1] >= LEAST_PIXELS * (p + 3):
                members[count], places[count] = k, m
                count += 1
                chi2 += totals[k, 0]
                pixels += totals[k, 1]
        d = count * p + 3
        if count == 0 or groups[g, 0] < 0 or members[0] != groups[g, 0]:
            continue
        quality[g] = chi2 / max(pixels - d, 1.0)
        assemble_group(members, count, shape, references, hessians, begins, neighbors, crosses, tails, total)
        scale = quality[g] if scale_by_chi2 else 1.0
        if not sandwich:
            positions_last(total, count, shape, order, second)
            if factor_rows(second, d):
                invert_tail(second, d - 2 * count, d, total, rows)
                for m in range(count):
                    for q in range(count):
                        for c in range(2):
                            for f in range(2):
                                covariances[g, places[m], places[q], c, f] = scale * rows[2 * m + c, 2 * q + f]
            continue
        if cholesky(total, d):
            position_rows(total, count, shape, rows, line)
            assemble_group(members, count, shape, references, second_hessians, begins, neighbors, second_crosses,
                           second_tails, second)  # fmt: skip
            for i in range(d):
                for j in range(i):
                    second[j, i] = second[i, j]
            for m in range(count):
                for c in range(2):
                    for j in range(d):
                        line[j] = 0.0
                        for i in range(d):
                            line[j] += rows[2 * m + c, i] * second[i, j]
                    for q in range(count):
                        for f in range(2):
                            value = 0.0
                            for j in range(d):
                                value += line[j] * rows[2 * q + f, j]
                            covariances[g, places[m], places[q], c, f] = scale * value
