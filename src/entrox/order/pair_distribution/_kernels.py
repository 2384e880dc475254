"""Compiled kernel of pair counting: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def count_pairs(scaled, kinds, box, shape, reach, edges, table, table_step, counts):
    """Add the ordered pairs of a periodic box to ``counts``, shape ``(kinds, kinds, bins)``; images included.

    ``scaled`` lies in [0, 1). The box is divided into ``shape`` cells; pairs are sought in the cells up to ``reach``
    away, around the box as often as needed. ``table`` gives the first bin that may hold a distance, by steps of
    ``table_step``.
    """
    n_atoms = scaled.shape[0]
    n_cells = shape[0] * shape[1] * shape[2]
    low, high = edges[0], edges[edges.shape[0] - 1]
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
    x = np.empty((n_atoms, 3))
    kind = np.empty(n_atoms, dtype=np.int64)
    for i in range(n_atoms):
        at = fill[cell_of[i]]
        fill[cell_of[i]] += 1
        kind[at] = kinds[i]
        for c in range(3):
            x[at, c] = scaled[i, 0] * box[0, c] + scaled[i, 1] * box[1, c] + scaled[i, 2] * box[2, c]
    for home in range(n_cells):
        h0 = home // (shape[1] * shape[2])
        h1 = home // shape[2] % shape[1]
        h2 = home % shape[2]
        for d0 in range(reach[0] + 1):
            for d1 in range(-reach[1], reach[1] + 1):
                if d0 == 0 and d1 < 0:
                    continue
                for d2 in range(-reach[2], reach[2] + 1):
                    # half of the cells around: the other half meets the same pairs
                    if d0 == 0 and d1 == 0 and d2 < 0:
                        continue
                    same = d0 == 0 and d1 == 0 and d2 == 0
                    w0, w1, w2 = (h0 + d0) // shape[0], (h1 + d1) // shape[1], (h2 + d2) // shape[2]
                    other = ((h0 + d0 - w0 * shape[0]) * shape[1] + h1 + d1 - w1 * shape[1]) * shape[2]
                    other += h2 + d2 - w2 * shape[2]
                    sx = w0 * box[0, 0] + w1 * box[1, 0] + w2 * box[2, 0]
                    sy = w0 * box[0, 1] + w1 * box[1, 1] + w2 * box[2, 1]
                    sz = w0 * box[0, 2] + w1 * box[1, 2] + w2 * box[2, 2]
                    for i in range(start[home], start[home + 1]):
                        ax, ay, az = x[i, 0] - sx, x[i, 1] - sy, x[i, 2] - sz
                        first = i + 1 if same else start[other]
                        for j in range(first, start[other + 1]):
                            dx, dy, dz = x[j, 0] - ax, x[j, 1] - ay, x[j, 2] - az
                            square = dx * dx + dy * dy + dz * dz
                            if square >= high * high or square < low * low:
                                continue
                            r = np.sqrt(square)
                            if r >= high or r < low:
                                continue
                            k = table[int((r - low) / table_step)]
                            while k > 0 and r < edges[k]:
                                k -= 1
                            while r >= edges[k + 1]:
                                k += 1
                            counts[kind[i], kind[j], k] += 1
                            counts[kind[j], kind[i], k] += 1
