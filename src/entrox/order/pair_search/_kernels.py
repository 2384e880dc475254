"""Compiled kernels of the pair search: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def sort_into_cells(scaled, shape):
    """Sort points by the cell of the box that holds them; returns their order and the start of every cell.

    ``scaled`` lies in [0, 1); the box is divided into ``shape`` cells, the last index running fastest.
    """
    n_atoms = scaled.shape[0]
    n_cells = shape[0] * shape[1] * shape[2]
    cell_of = np.empty(n_atoms, dtype=np.int64)
    start = np.zeros(n_cells + 1, dtype=np.int64)
    for i in range(n_atoms):
        place = 0
        for c in range(3):
            place = place * shape[c] + min(int(scaled[i, c] * shape[c]), shape[c] - 1)
        cell_of[i] = place
        start[place + 1] += 1
    for k in range(n_cells):
        start[k + 1] += start[k]
    fill = start[:-1].copy()
    order = np.empty(n_atoms, dtype=np.int64)
    for i in range(n_atoms):
        order[fill[cell_of[i]]] = i
        fill[cell_of[i]] += 1
    return order, start


@njit(cache=True)
def list_pairs(scaled, wraps, kinds, box, shape, steps, squares, first, second, images):
    """List every pair of a periodic box once, that of an atom with its own images too; returns how many there are.

    ``wraps`` are the cells by which the atoms were moved into the box; ``steps`` lead to half of the cells around one,
    itself first, around the box as often as needed; ``squares`` are the squared cutoffs by the kinds of the two. What
    does not fit into ``first``, ``second`` and ``images`` (the cell of the second, that of the first being zero, before
    the atoms were moved) is only counted.
    """
    order, start = sort_into_cells(scaled, shape)
    n_atoms = scaled.shape[0]
    x = np.empty((n_atoms, 3))
    kind = np.empty(n_atoms, dtype=np.int64)
    for at in range(n_atoms):
        i = order[at]
        kind[at] = kinds[i]
        for c in range(3):
            x[at, c] = scaled[i, 0] * box[0, c] + scaled[i, 1] * box[1, c] + scaled[i, 2] * box[2, c]
    longest = squares[0, 0]
    for one in range(squares.shape[0]):
        for other in range(squares.shape[1]):
            longest = max(longest, squares[one, other])
    room, found = first.shape[0], 0
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
            sx = w0 * box[0, 0] + w1 * box[1, 0] + w2 * box[2, 0]
            sy = w0 * box[0, 1] + w1 * box[1, 1] + w2 * box[2, 1]
            sz = w0 * box[0, 2] + w1 * box[1, 2] + w2 * box[2, 2]
            for i in range(start[home], start[home + 1]):
                ax, ay, az = x[i, 0] - sx, x[i, 1] - sy, x[i, 2] - sz
                for j in range(i + 1 if step == 0 else start[other], start[other + 1]):
                    dx, dy, dz = x[j, 0] - ax, x[j, 1] - ay, x[j, 2] - az
                    square = dx * dx + dy * dy + dz * dz
                    if square > longest or square > squares[kind[i], kind[j]]:
                        continue
                    if found < room:
                        p, q = order[i], order[j]
                        first[found], second[found] = p, q
                        images[found, 0] = w0 + wraps[p, 0] - wraps[q, 0]
                        images[found, 1] = w1 + wraps[p, 1] - wraps[q, 1]
                        images[found, 2] = w2 + wraps[p, 2] - wraps[q, 2]
                    found += 1
    return found
