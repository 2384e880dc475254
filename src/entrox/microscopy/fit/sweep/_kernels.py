"""Compiled sweep over columns: Levenberg-Marquardt on each patch, background shared with the neighbors."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit._kernels import (
    LEAST_PIXELS,
    LIKELIHOOD_POISSON,
    MAX_STEPS,
    cholesky,
    empty_patch,
    load_patch,
    normal_equations,
    poisson_deviance,
    solve_lower,
    update_weights,
)
from entrox.microscopy.fit.moments._kernels import patch_moments, profile

START_STEP = 3  # rows between those that the start looks at


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def prior_cost(column, precision, vector):
    """Half the quadratic form of the background known from the neighbors, without its constant."""
    cost = 0.0
    for a in range(3):
        cost -= vector[a] * column[6 + a]
        for b in range(3):
            cost += 0.5 * precision[a, b] * column[6 + a] * column[6 + b]
    return cost


@njit(cache=True, nogil=True, error_model="numpy")
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
    trial[:] = column
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


@njit(cache=True, nogil=True, error_model="numpy")
def fit_patch(
    column, shape, start, most, limits, reference, half, data, rest, weight, noise, likelihood, precision, vector,
    tolerance, hessian, slope, background,
):  # fmt: skip
    """Fit one column in place; returns the number of evaluations, whether it converged, and whether it is on a bound.

    Convergence: the next step moves the center by less than ``tolerance`` px, and width and height in proportion. The
    last normal equations and the background at which they were taken are left in ``hessian``, ``slope`` and
    ``background``.
    """
    m2, m1, m0 = np.empty((5, 5)), np.empty((4, 4)), np.empty((3, 3))
    r1, r0 = np.empty((3, 3)), np.empty((2, 2))
    n = 6 + shape
    work, step, trial = np.empty((n, n)), np.empty(n), np.empty(9)
    best = np.inf
    damping = 1e-4
    bound = keep_inside(column, start, most, limits)
    poisson = likelihood == LIKELIHOOD_POISSON
    trial[:] = column
    evaluations = 0
    while evaluations < MAX_STEPS:
        if poisson:
            update_weights(trial, reference, half, rest, noise, weight)
        cost = 0.5 * patch_moments(trial, reference, half, data, weight, m2, m1, m0, r1, r0)
        if poisson:
            cost = 0.5 * poisson_deviance(data, rest, noise, weight)
        cost += prior_cost(trial, precision, vector)
        evaluations += 1
        if cost <= best or evaluations == 1:
            best = cost
            column[:] = trial
            damping *= 0.1
            background[:] = column[6:9]
            normal_equations(column, reference, shape, m2, m1, m0, r1, r0, hessian, slope)
        else:
            damping = max(damping * 30.0, 1e-3)
            if damping > 1e9:
                return evaluations, False, bound
        if not step_from(column, shape, hessian, slope, precision, vector, damping, work, step, trial):
            damping = max(damping * 30.0, 1e-3)
            if damping > 1e9:
                return evaluations, False, bound
            trial[:] = column
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
            column[:] = trial
            return evaluations, True, bound
    return evaluations, False, bound


@njit(cache=True, nogil=True, error_model="numpy")
def start_chunk(first, last, image, sign, columns, starts, references, spans, radius, half):
    """Start heights and level backgrounds of the columns ``first`` to ``last``, whose place and width are given.

    Linear least squares over every third row: the sweeps take all pixels.
    """
    size = 2 * half + 1
    height, width = image.shape
    row, down = np.empty(size), np.empty(size)
    for k in range(first, last):
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
                    g = down[v] * row[u + half]
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


@njit(cache=True, nogil=True, error_model="numpy")
def eliminate_peak(hessian, slope, shape, background, precision, vector, work, line):
    """What a patch alone says about its background, its peak being free: information matrix and vector."""
    p = 3 + shape
    for a in range(p):
        for b in range(p):
            work[a, b] = hessian[a, b]
    if not cholesky(work, p):
        precision[:], vector[:] = 0.0, 0.0
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


@njit(cache=True, nogil=True, error_model="numpy")
def gather_background(k, references, partners, precisions, vectors, precision, vector):
    """Add what the partners of a column know of the background, moved to its reference pixel."""
    move = np.zeros((3, 3))
    for m in partners[k]:
        if m < 0:
            continue
        move[:] = 0.0
        for a in range(3):
            move[a, a] = 1.0
        move[0, 1] = references[m, 0] - references[k, 0]
        move[0, 2] = references[m, 1] - references[k, 1]
        for a in range(3):
            for i in range(3):
                vector[a] += move[i, a] * vectors[m, i]
                for b in range(3):
                    for j in range(3):
                        precision[a, b] += move[i, a] * precisions[m, i, j] * move[j, b]


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_chunk(
    first, last, image, sign, others, columns, fitted, starts, references, spans, radius, half, limits, noise, weighted,
    likelihood, shape, partners, precisions, vectors, flat, tolerance, alone, health,
    next_precisions, next_vectors,
):  # fmt: skip
    """Refit the columns ``first`` to ``last``; ``health``: evaluations (summed), converged, on a bound.

    ``flat`` is the stiffness that holds the slopes of the background at zero while nothing is known of them; ``alone``
    subtracts nothing. What each patch then knows of its background is left for the next sweep.
    """
    data, rest, weight = empty_patch(half), empty_patch(half), empty_patch(half)
    precision, vector, background = np.empty((3, 3)), np.empty(3), np.empty(3)
    n = 6 + shape
    hessian, work, slope, line = np.empty((n, n)), np.empty((n, n)), np.empty(n), np.empty(n)
    for k in range(first, last):
        _, _, seen = load_patch(image, sign, others, columns[k], references[k], spans[k], half, noise,
                                weighted, data, rest, weight)  # fmt: skip
        fitted[k] = columns[k]
        if seen < LEAST_PIXELS * (6 + shape):
            fitted[k, 2] = 0.0
            continue
        precision[:], vector[:] = 0.0, 0.0
        precision[1, 1] = precision[2, 2] = flat
        if alone:
            data += rest
            rest[:] = 0.0
        elif flat == 0.0:
            gather_background(k, references, partners, precisions, vectors, precision, vector)
        steps, converged, bound = fit_patch(
            fitted[k], shape, starts[k], 0.5 * radius, limits[k], references[k], half, data, rest, weight, noise,
            likelihood, precision, vector, tolerance, hessian, slope, background,
        )  # fmt: skip
        health[k, 0] += steps
        # To first order it does not matter where the equations were taken: the last step changes nothing.
        eliminate_peak(hessian, slope, shape, background, next_precisions[k], next_vectors[k], work, line)
        health[k, 1] = converged
        health[k, 2] = bound


@njit(cache=True, nogil=True, error_model="numpy")
def residual_chunk(first, last, image, sign, others, columns, references, spans, half, residual):
    """Write image minus model into the pixels that the columns own, in the sign of the image."""
    height, width = image.shape
    for k in range(first, last):
        rx, ry = references[k]
        for j in range(max(-half, -ry), min(half + 1, height - ry)):
            low, high = max(int(spans[k, j + half, 0]), -rx), min(int(spans[k, j + half, 1]), width - rx)
            if low >= high:
                continue
            level, ramp = columns[k, 6] + columns[k, 8] * j + columns[k, 7] * low, columns[k, 7]
            values, peaks = image[ry + j, rx + low : rx + high], others[ry + j, rx + low : rx + high]
            target = residual[ry + j, rx + low : rx + high]
            for u in range(values.size):
                value = values[u] - sign * (peaks[u] + level + ramp * u)
                target[u] = value if abs(value) < np.inf else np.nan
