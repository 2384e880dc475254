"""Compiled sweep over columns: Levenberg-Marquardt on each patch, background shared with the neighbors."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit._kernels import (
    INVERSE_VARIANCE,
    LEAST_PIXELS,
    LIKELIHOOD_POISSON,
    MAX_STEPS,
    cholesky,
    draw_tails,
    empty_patch,
    fetch_patch,
    load_patch,
    normal_equations,
    peak_row,
    poisson_deviance,
    solve_lower,
    weigh_pixels,
)
from entrox.microscopy.fit.moments._kernels import (
    FAST,
    INLINED,
    UNCOUNTED,
    clear,
    copy_values,
    moment_room,
    patch_moments,
    patch_room,
    profile,
)

START_STEP = 3  # rows between those that the start looks at
ROUNDING = 1e-6  # of chi^2, in single precision


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def keep_inside(column, start, most, limits):
    """Move a column onto its bounds; returns whether it had to be moved.

    ``limits``: least amplitude, least and largest eigenvalue of q.
    """
    moved = False
    away = np.hypot(column[0] - start[0], column[1] - start[1])
    if away > most:
        column[0] = start[0] + (column[0] - start[0]) * most / away
        column[1] = start[1] + (column[1] - start[1]) * most / away
        moved = True
    if not column[2] > limits[0]:
        column[2] = limits[0]
        moved = True
    middle, half = 0.5 * (column[3] + column[5]), 0.5 * (column[3] - column[5])
    spread = np.hypot(half, column[4])
    low, high = middle - spread, middle + spread
    if low < limits[1] or high > limits[2]:
        moved = True
        low, high = min(max(low, limits[1]), limits[2]), min(max(high, limits[1]), limits[2])
        new = 0.5 * (high - low)
        scale = new / spread if spread > 0.0 else 0.0
        middle, half = 0.5 * (low + high), half * scale
        column[3], column[4], column[5] = middle + half, column[4] * scale, middle - half
    return moved


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def prior_cost(column, precision, vector):
    """Half the quadratic form of the background known from the neighbors, without its constant."""
    cost = 0.0
    for a in range(3):
        cost -= vector[a] * column[6 + a]
        for b in range(3):
            cost += 0.5 * precision[a, b] * column[6 + a] * column[6 + b]
    return cost


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def step_from(column, shape, hessian, slope, precision, vector, damping, work, step, trial):
    """Damped step to ``trial``; False if the equations are singular."""
    n = 6 + shape
    p = 3 + shape
    for a in range(n):
        step[a] = slope[a]
        for b in range(n):
            work[a, b] = hessian[a, b]
    for a in range(3):
        step[p + a] += vector[a]
        for b in range(3):
            work[p + a, p + b] += precision[a, b]
            step[p + a] -= precision[a, b] * column[6 + b]
    for a in range(n):
        work[a, a] *= 1.0 + damping
    if not cholesky(work, n):
        return False
    solve_lower(work, n, step)
    copy_values(column, trial)
    for a in range(3):
        trial[a] += step[a]
        trial[6 + a] += step[p + a]
    if shape == 1:
        trial[3] += step[3]
        trial[5] = trial[3]
    else:
        for a in range(3):
            trial[3 + a] += step[3 + a]
    return True


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def fit_patch(
    column, shape, start, most, limits, reference, half, level, data, rest, weight, room, noise, likelihood, precision,
    vector, tolerance, hessian, slope, background, moments, work, step, trial,
):  # fmt: skip
    """Fit one column in place; returns the number of evaluations, whether it converged, and whether it is on a bound.

    Convergence: the next step moves the center by less than ``tolerance`` px, and width and height in proportion. The
    last normal equations and the background at which they were taken are left in ``hessian``, ``slope`` and
    ``background``.
    """
    best = np.inf
    damping = 1e-4
    bound = keep_inside(column, start, most, limits)
    poisson = likelihood == LIKELIHOOD_POISSON
    copy_values(column, trial)
    evaluations = 0
    while evaluations < MAX_STEPS:
        if poisson:
            weigh_pixels(trial, reference, half, rest, noise, INVERSE_VARIANCE, room, weight)
        cost = 0.5 * patch_moments(trial, reference, half, level, data, weight, room, moments)
        if poisson:
            cost = 0.5 * poisson_deviance(level, data, rest, noise, weight)
        rounding = ROUNDING * cost
        cost += prior_cost(trial, precision, vector)
        evaluations += 1
        if cost <= best + rounding or evaluations == 1:
            best = cost
            copy_values(trial, column)
            damping *= 0.1
            background[0], background[1], background[2] = column[6], column[7], column[8]
            normal_equations(column, reference, shape, moments, hessian, slope)
        else:
            damping = max(damping * 30.0, 1e-3)
            if damping > 1e9:
                return evaluations, False, bound
        if not step_from(column, shape, hessian, slope, precision, vector, damping, work, step, trial):
            damping = max(damping * 30.0, 1e-3)
            if damping > 1e9:
                return evaluations, False, bound
            copy_values(column, trial)
            continue
        away = np.hypot(trial[0] - column[0], trial[1] - column[1])
        if away > 0.5 * most:
            trial[0] = column[0] + (trial[0] - column[0]) * 0.5 * most / away
            trial[1] = column[1] + (trial[1] - column[1]) * 0.5 * most / away
        bound = keep_inside(trial, start, most, limits)
        moves = np.hypot(trial[0] - column[0], trial[1] - column[1])
        width = 1.0 / np.sqrt(0.5 * (column[3] + column[5]))
        change = max(
            abs(trial[2] / column[2] - 1.0),
            (abs(trial[3] - column[3]) + abs(trial[4] - column[4]) + abs(trial[5] - column[5])) * width * width,
        )
        if moves < tolerance and change * width < 10.0 * tolerance:
            copy_values(trial, column)
            return evaluations, True, bound
    return evaluations, False, bound


@njit(cache=True, nogil=True, error_model="numpy")
def start_chunk(first, last, image, sign, columns, order, starts, references, spans, radius, half):
    """Start heights and level backgrounds of the columns ``order[first:last]``, whose place and width are given.

    Linear least squares over every third row: the sweeps take all pixels.
    """
    size = 2 * half + 1
    height, width = image.shape
    row, down = np.empty(size, np.float32), np.empty(size, np.float32)
    for place in range(first, last):
        k = order[place]
        rx, ry = references[k]
        profile(columns[k, 0] - rx + half, columns[k, 3], row)
        profile(columns[k, 1] - ry + half, columns[k, 5], down)
        n, g1, g2, d0, d1 = 0.0, 0.0, 0.0, 0.0, 0.0
        for v in range(half % START_STEP, size, START_STEP):
            line = ry + v - half
            if line < 0 or line >= height:
                continue
            for u in range(max(int(spans[k, v, 0]), -rx), min(int(spans[k, v, 1]), width - rx)):
                value = sign * image[line, rx + u]
                if abs(value) < np.inf:
                    g = np.float64(down[v]) * row[u + half]
                    n += 1.0
                    g1 += g
                    g2 += g * g
                    d0 += value
                    d1 += g * value
        columns[k, 2] = columns[k, 6] = columns[k, 7] = columns[k, 8] = 0.0
        determinant = g2 * n - g1 * g1
        if determinant > 0.0:
            columns[k, 2] = (d1 * n - d0 * g1) / determinant
            columns[k, 6] = (d0 * g2 - d1 * g1) / determinant


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def eliminate_peak(hessian, slope, shape, background, precision, vector, work, line):
    """What a patch alone says about its background, its peak being free: information matrix and vector."""
    p = 3 + shape
    for a in range(p):
        for b in range(p):
            work[a, b] = hessian[a, b]
    if not cholesky(work, p):
        clear(precision)
        vector[0] = vector[1] = vector[2] = 0.0
        return
    for c in range(3):
        for a in range(p):
            line[a] = hessian[a, p + c]
        solve_lower(work, p, line)
        vector[c] = slope[p + c]
        for a in range(p):
            vector[c] -= line[a] * slope[a]
        for d in range(3):
            value = hessian[p + c, p + d]
            for a in range(p):
                value -= line[a] * hessian[a, p + d]
            precision[c, d] = value
    for c in range(3):
        for d in range(3):
            vector[c] += precision[c, d] * background[d]


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def gather_background(k, references, partners, precisions, vectors, precision, vector):
    """Add what the partners of a column know of the background, moved to its reference pixel."""
    for place in range(partners.shape[1]):
        m = partners[k, place]
        if m < 0:
            continue
        x, y = float(references[m, 0] - references[k, 0]), float(references[m, 1] - references[k, 1])
        p00, p01, p02 = precisions[m, 0, 0], precisions[m, 0, 1], precisions[m, 0, 2]
        p11, p12, p22 = precisions[m, 1, 1], precisions[m, 1, 2], precisions[m, 2, 2]
        # A level b0 + bx x + by y at the partner: the level and the slopes here see its information through x and y.
        vector[0] += vectors[m, 0]
        vector[1] += vectors[m, 1] + x * vectors[m, 0]
        vector[2] += vectors[m, 2] + y * vectors[m, 0]
        precision[0, 0] += p00
        precision[0, 1] += p01 + x * p00
        precision[0, 2] += p02 + y * p00
        precision[1, 1] += p11 + 2.0 * x * p01 + x * x * p00
        precision[1, 2] += p12 + x * p02 + y * p01 + x * y * p00
        precision[2, 2] += p22 + 2.0 * y * p02 + y * y * p00
    for a in range(3):
        for b in range(a):
            precision[a, b] = precision[b, a]


@njit(nogil=True, error_model="numpy", **INLINED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def refit_column(
    k, image, sign, near, columns, fitted, starts, references, spans, radius, half, limits, noise, weighted, likelihood,
    shape, partners, precisions, vectors, flat, tolerance, alone, health, next_precisions, next_vectors, desk,
):  # fmt: skip
    """Refit one column; see :func:`sweep_chunk`."""
    data, rest, weight, room, moments, precision, vector, background, hessian, work, slope, line, step, trial = desk
    _, _, seen = load_patch(image, sign, columns, k, near, references[k], spans[k], half, noise, weighted, room, data,
                            rest, weight)  # fmt: skip
    copy_values(columns[k], fitted[k])
    if seen < LEAST_PIXELS * (6 + shape):
        fitted[k, 2] = 0.0
        clear(next_precisions[k])
        next_vectors[k, 0] = next_vectors[k, 1] = next_vectors[k, 2] = 0.0
        return
    clear(precision)
    vector[0] = vector[1] = vector[2] = 0.0
    precision[1, 1] = precision[2, 2] = flat
    if alone:
        add_back(rest, data)
    elif flat == 0.0:
        gather_background(k, references, partners, precisions, vectors, precision, vector)
    steps, converged, bound = fit_patch(
        fitted[k], shape, starts[k], 0.5 * radius, limits[k], references[k], half, columns[k, 6], data, rest,
        weight, room, noise, likelihood, precision, vector, tolerance, hessian, slope, background,
        moments, work, step, trial,
    )  # fmt: skip
    health[k, 0] += steps
    # To first order it does not matter where the equations were taken: the last step changes nothing.
    eliminate_peak(hessian, slope, shape, background, next_precisions[k], next_vectors[k], work, line)
    health[k, 1] = converged
    health[k, 2] = bound


@njit(nogil=True, error_model="numpy", **UNCOUNTED, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_back(rest, data):
    """Data with the tails that were subtracted."""
    for v in range(data.shape[0]):
        for u in range(data.shape[1]):
            data[v, u] += rest[v, u]
            rest[v, u] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_chunk(
    first, last, image, sign, near, columns, fitted, order, starts, references, spans, radius, half, limits, noise,
    weighted, likelihood, shape, partners, precisions, vectors, flat, tolerance, alone, health,
    next_precisions, next_vectors,
):  # fmt: skip
    """Refit the columns ``order[first:last]``; ``health``: evaluations (summed), converged, on a bound.

    ``flat`` is the stiffness that holds the slopes of the background at zero while nothing is known of them; ``alone``
    subtracts nothing. What each patch then knows of its background is left for the next sweep.
    """
    n = 6 + shape
    desk = (
        empty_patch(half), empty_patch(half), empty_patch(half), patch_room(half), moment_room(), np.empty((3, 3)),
        np.empty(3), np.empty(3), np.empty((n, n)), np.empty((n, n)), np.empty(n), np.empty(n), np.empty(n),
        np.empty(9),
    )  # fmt: skip
    pixels = image.reshape(-1)
    for place in range(first, last):
        if place + 1 < last:
            ahead = order[place + 1]
            fetch_patch(pixels, image.shape, references[ahead, 0], references[ahead, 1], half)
        refit_column(
            order[place], image, sign, near, columns, fitted, starts, references, spans, radius, half, limits, noise,
            weighted, likelihood, shape, partners, precisions, vectors, flat, tolerance, alone, health,
            next_precisions, next_vectors, desk,
        )  # fmt: skip


@njit(nogil=True, error_model="numpy", **UNCOUNTED, fastmath=FAST, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def column_residual(k, pixels, shape, sign, near, columns, references, spans, half, rest, room, residual):
    """Write image minus model into the pixels that a column owns; image and residual are flat."""
    height, width = shape
    row, down = room[0], room[1]
    rx, ry = references[k, 0], references[k, 1]
    draw_tails(columns, k, near, references[k], half, room, rest)
    column = columns[k]
    x, y = column[0] - rx + half, column[1] - ry + half
    profile(x, column[3], row)
    profile(y, column[5], down)
    for j in range(max(-half, -ry), min(half + 1, height - ry)):
        low, high = max(int(spans[k, j + half, 0]), -rx), min(int(spans[k, j + half, 1]), width - rx)
        if column[4] != 0.0:
            peak_row(x, column[3], column[4], j + half - y, row)
        v, first, pixel = np.uintp(j + half), np.uintp(low + half), np.uintp((ry + j) * width + rx + low)
        level, peak = column[6] + column[8] * j + column[7] * low, column[2] * down[v]
        for u in range(high - low):
            n, m = first + np.uintp(u), pixel + np.uintp(u)
            value = pixels[m] - sign * (rest[v, n] + peak * row[n] + level + column[7] * u)
            residual[m] = value if abs(value) < np.inf else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def residual_chunk(first, last, image, sign, near, columns, rows, references, spans, half, residual):
    """Write image minus model into the pixels owned by the columns that ``rows[first:last]`` names."""
    rest, room = empty_patch(half), patch_room(half)
    pixels, written = image.reshape(-1), residual.reshape(-1)
    for place in range(first, last):
        if place + 1 < last:
            ahead = rows[place + 1]
            fetch_patch(pixels, image.shape, references[ahead, 0], references[ahead, 1], half)
        column_residual(rows[place], pixels, image.shape, sign, near, columns, references, spans, half, rest, room,
                        written)  # fmt: skip
