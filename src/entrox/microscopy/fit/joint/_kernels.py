"""Compiled joint fit of a column and its partners: all peaks and one shared linear background at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit._kernels import LEAST_PIXELS, cholesky, empty_patch, load_patch, solve_lower
from entrox.microscopy.fit.column_covariance._kernels import derivatives
from entrox.microscopy.fit.moments._kernels import patch_room
from entrox.microscopy.fit.sweep._kernels import keep_inside

MAX_STEPS = 100


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def height_at(column, x, y):
    """Height of one peak at a pixel."""
    dx, dy = x - column[0], y - column[1]
    return column[2] * np.exp(-0.5 * (column[3] * dx * dx + 2.0 * column[4] * dx * dy + column[5] * dy * dy))


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def joint_equations(
    peaks, background, count, shape, references, members, half, levels, datas, weights, hessian, slope, line
):
    """J^T W J, J^T W residual and chi^2 over the patches of a group; the background is about the first reference."""
    p = 3 + shape
    b = count * p
    d = b + 3
    size = 2 * half + 1
    hessian[:d, :d], slope[:d] = 0.0, 0.0
    chi2 = 0.0
    for m in range(count):
        for v in range(size):
            for u in range(size):
                w = np.float64(weights[m, v, u])
                if w == 0.0:
                    continue
                x, y = references[members[m], 0] + u - half, references[members[m], 1] + v - half
                residual = datas[m, v, u] + levels[m]
                for q in range(count):
                    residual -= height_at(peaks[q], x, y)
                    derivatives(peaks[q], shape, x, y, line[q * p : q * p + p])
                line[b], line[b + 1], line[b + 2] = 1.0, x - references[members[0], 0], y - references[members[0], 1]
                for a in range(3):
                    residual -= background[a] * line[b + a]
                chi2 += w * residual * residual
                for i in range(d):
                    factor = w * line[i]
                    slope[i] += factor * residual
                    for j in range(i + 1):
                        hessian[i, j] += factor * line[j]
    for i in range(d):
        for j in range(i):
            hessian[j, i] = hessian[i, j]
    return chi2


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def move_peaks(peaks, step, count, shape, starts, members, most, limits, trial):
    """Peaks after a step, kept inside their bounds; whether the first one ended on a bound."""
    p = 3 + shape
    on_bound = False
    for m in range(count):
        for a in range(peaks.shape[1]):
            trial[m, a] = peaks[m, a]
        for a in range(3):
            trial[m, a] += step[m * p + a]
        for a in range(shape):
            trial[m, 3 + a] += step[m * p + 3 + a]
        if shape == 1:
            trial[m, 5] = trial[m, 3]
        moved = keep_inside(trial[m], starts[members[m]], most, limits[members[m]])
        if m == 0:
            on_bound = moved
    return on_bound


@njit(cache=True, nogil=True, error_model="numpy")
def joint_chunk(
    first, last, image, sign, near, columns, fitted, order, starts, references, spans, radius, half, limits, noise,
    weighted,
    shape, groups, health,
):  # fmt: skip
    """Refit the columns ``order[first:last]``, each with its group, and keep the first of each group."""
    size = 2 * half + 1
    most = groups.shape[1]
    p = 3 + shape
    rest, room = empty_patch(half), patch_room(half)
    datas, weights = np.empty((most, *rest.shape), np.float32), np.empty((most, *rest.shape), np.float32)
    peaks, trial = np.empty((most, 9)), np.empty((most, 9))
    background, next_background = np.empty(3), np.empty(3)
    hessian, work = np.empty((most * p + 3, most * p + 3)), np.empty((most * p + 3, most * p + 3))
    slope, step, line = np.empty(most * p + 3), np.empty(most * p + 3), np.empty(most * p + 3)
    members, levels = np.empty(most, dtype=np.int64), np.empty(most)
    for place in range(first, last):
        k = order[place]
        count = 0
        for m in range(most):
            q = groups[k, m]
            if q < 0 or columns[q, 2] <= 0.0:
                continue
            _, _, seen = load_patch(image, sign, columns, q, near, references[q], spans[q], half, noise,
                                    weighted, room, datas[count], rest, weights[count])  # fmt: skip
            if seen >= LEAST_PIXELS * (6 + shape):
                members[count], levels[count] = q, columns[q, 6]
                for a in range(peaks.shape[1]):
                    peaks[count, a] = columns[q, a]
                count += 1
        for a in range(fitted.shape[1]):
            fitted[k, a] = columns[k, a]
        if count == 0 or members[0] != k:
            continue
        for m in range(count):
            for v in range(size):
                for u in range(size):
                    x, y = references[members[m], 0] + u - half, references[members[m], 1] + v - half
                    for q in range(count):
                        if q != m:
                            datas[m, v, u] += height_at(peaks[q], x, y)
        d = count * p + 3
        for a in range(3):
            background[a] = columns[k, 6 + a]
        chi2 = joint_equations(
            peaks, background, count, shape, references, members, half, levels, datas, weights, hessian, slope, line
        )
        damping = 1e-6
        converged, bound = False, False
        for _ in range(MAX_STEPS):
            for a in range(d):
                step[a] = slope[a]
                for b in range(d):
                    work[a, b] = hessian[a, b]
                work[a, a] *= 1.0 + damping
            if not cholesky(work, d):
                break
            solve_lower(work, d, step)
            bound = move_peaks(peaks, step, count, shape, starts, members, 0.5 * radius, limits, trial)
            for a in range(3):
                next_background[a] = background[a] + step[count * p + a]
            moved = 0.0
            for m in range(count):
                moved = max(moved, np.hypot(trial[m, 0] - peaks[m, 0], trial[m, 1] - peaks[m, 1]))
            new = joint_equations(
                trial, next_background, count, shape, references, members, half, levels, datas, weights, hessian, slope,
                line,
            )  # fmt: skip
            health[k, 0] += 1
            if new <= chi2 * (1.0 + 1e-12):
                chi2 = new
                for a in range(3):
                    background[a] = next_background[a]
                for m in range(count):
                    for a in range(peaks.shape[1]):
                        peaks[m, a] = trial[m, a]
                damping *= 0.1
                if moved < 1e-7:
                    converged = True
                    break
                continue
            damping = max(30.0 * damping, 1e-3)
            if damping > 1e9:
                break
            joint_equations(
                peaks, background, count, shape, references, members, half, levels, datas, weights, hessian, slope, line
            )
        for a in range(6):
            fitted[k, a] = peaks[0, a]
        for a in range(3):
            fitted[k, 6 + a] = background[a]
        health[k, 1], health[k, 2] = converged, bound
