"""Compiled kernel of pair counting: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.order.pair_search._kernels import sort_into_cells


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _distances(x, y, z, ax, ay, az, r):
    """Distances from one point to a run of others; slices start at zero, which lets the loop be vectorized."""
    for j in range(x.shape[0]):
        dx, dy, dz = x[j] - ax, y[j] - ay, z[j] - az
        r[j] = np.sqrt(dx * dx + dy * dy + dz * dz)


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _within(r, count, longest, chosen):
    """Write down which distances are shorter; no branch, which half of them would mislead."""
    found = 0
    for j in range(count):
        chosen[found] = j
        found += r[j] < longest
    return found


@njit(cache=True)
def count_pairs(scaled, kinds, box, shape, steps, longest, grid_step, edges, table, counts):
    """Add every pair of a periodic box once to ``counts``, shape ``(kinds, kinds * bins)``; images included.

    ``scaled`` lies in [0, 1). The box is divided into ``shape`` cells; ``steps`` lead to half of the cells around one,
    itself first, around the box as often as needed. Distances below ``longest`` are put on an even grid from zero.
    Without ``edges`` its steps are the bins; else the first bin begins below zero, and ``table`` gives for every step
    of the grid a bin not above that of its distances.
    """
    order, start = sort_into_cells(scaled, shape)
    n_atoms = scaled.shape[0]
    x, y, z = np.empty(n_atoms), np.empty(n_atoms), np.empty(n_atoms)
    kind, row = np.empty(n_atoms, dtype=np.int64), np.empty(n_atoms, dtype=np.int32)
    bins = counts.shape[1] // counts.shape[0]
    for at in range(n_atoms):
        i = order[at]
        kind[at], row[at] = kinds[i], kinds[i] * bins
        x[at] = scaled[i, 0] * box[0, 0] + scaled[i, 1] * box[1, 0] + scaled[i, 2] * box[2, 0]
        y[at] = scaled[i, 0] * box[0, 1] + scaled[i, 1] * box[1, 1] + scaled[i, 2] * box[2, 1]
        z[at] = scaled[i, 0] * box[0, 2] + scaled[i, 1] * box[1, 2] + scaled[i, 2] * box[2, 2]
    fullest = 0
    for home in range(start.shape[0] - 1):
        fullest = max(fullest, start[home + 1] - start[home])
    r, chosen = np.empty(fullest), np.empty(fullest + 1, dtype=np.int64)
    per_step, even = 1.0 / grid_step, edges.shape[0] == 0
    for home in range(start.shape[0] - 1):
        if start[home] == start[home + 1]:
            continue
        h0 = home // (shape[1] * shape[2])
        h1 = home // shape[2] % shape[1]
        h2 = home % shape[2]
        for step in range(steps.shape[0]):
            p0, p1, p2 = h0 + steps[step, 0], h1 + steps[step, 1], h2 + steps[step, 2]
            w0, w1, w2 = p0 // shape[0], p1 // shape[1], p2 // shape[2]
            other = ((p0 - w0 * shape[0]) * shape[1] + p1 - w1 * shape[1]) * shape[2] + p2 - w2 * shape[2]
            last = start[other + 1]
            sx = w0 * box[0, 0] + w1 * box[1, 0] + w2 * box[2, 0]
            sy = w0 * box[0, 1] + w1 * box[1, 1] + w2 * box[2, 1]
            sz = w0 * box[0, 2] + w1 * box[1, 2] + w2 * box[2, 2]
            for i in range(start[home], start[home + 1]):
                first = i + 1 if step == 0 else start[other]
                _distances(x[first:last], y[first:last], z[first:last], x[i] - sx, y[i] - sy, z[i] - sz, r)
                near = _within(r, last - first, longest, chosen)
                found = counts[kind[i]]
                for entry in range(near):
                    j = chosen[entry]
                    k = int(r[j] * per_step)
                    if even:
                        # rounding may put a distance next to an edge on its wrong side
                        if r[j] < k * grid_step:
                            k -= 1
                        elif r[j] >= (k + 1) * grid_step:
                            k += 1
                    else:
                        k = table[k]
                        while r[j] >= edges[k + 1]:
                            k += 1
                    found[row[first + j] + k] += 1
