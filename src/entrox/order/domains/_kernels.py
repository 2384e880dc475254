"""Compiled kernels of domains: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def joined_cells(neighbors, keys, directions, least_cosine, min_cells, labels):
    """Label the connected cells of one frame, the largest group first; -1 for cells outside and small groups.

    Cells with a key below zero are outside. Neighbors join if their keys are equal, or, where ``least_cosine`` is at
    most one, if the cosine of their ``directions`` exceeds it. Returns the number of groups kept.
    """
    count, n_steps = neighbors.shape
    stack = np.empty(count, dtype=np.int64)
    sizes = np.empty(count, dtype=np.int64)
    by_angle = least_cosine <= 1.0
    groups = 0
    labels[:] = -1
    for first in range(count):
        if keys[first] < 0 or labels[first] >= 0:
            continue
        labels[first] = groups
        stack[0] = first
        height, size = 1, 0
        while height > 0:
            height -= 1
            cell = stack[height]
            size += 1
            for k in range(n_steps):
                other = neighbors[cell, k]
                if other < 0 or keys[other] < 0 or labels[other] >= 0:
                    continue
                if by_angle:
                    cosine = 0.0
                    for c in range(directions.shape[1]):
                        cosine += directions[cell, c] * directions[other, c]
                    joins = cosine > least_cosine
                else:
                    joins = keys[cell] == keys[other]
                if joins:
                    labels[other] = groups
                    stack[height] = other
                    height += 1
        sizes[groups] = size
        groups += 1
    # The first name of each size, the largest size first; NumPy's sorts take seconds to compile.
    next_name = np.zeros(count + 1, dtype=np.int64)
    for g in range(groups):
        next_name[sizes[g]] += 1
    kept = 0
    for size in range(count, 0, -1):
        n_groups = next_name[size]
        next_name[size] = kept
        kept += n_groups if size >= min_cells else 0
    names = np.full(groups, -1, dtype=np.int64)
    for g in range(groups):
        if sizes[g] >= min_cells:
            names[g] = next_name[sizes[g]]
            next_name[sizes[g]] += 1
    for cell in range(count):
        if labels[cell] >= 0:
            labels[cell] = names[labels[cell]]
    return kept


@njit(cache=True)
def domain_faces(neighbors, labels):
    """Pairs of cells that face each other across two domains, and the number of the axis between them.

    Each face is met once, from the cell below it: every other column of ``neighbors`` is a step upwards.
    """
    count, n_axes = neighbors.shape[0], neighbors.shape[1] // 2
    faces = np.empty((count * n_axes, 3), dtype=np.int64)
    found = 0
    for cell in range(count):
        if labels[cell] < 0:
            continue
        for k in range(n_axes):
            other = neighbors[cell, 2 * k]
            if other < 0 or labels[other] < 0 or labels[other] == labels[cell]:
                continue
            faces[found, 0] = min(labels[cell], labels[other])
            faces[found, 1] = max(labels[cell], labels[other])
            faces[found, 2] = k
            found += 1
    return faces[:found]
