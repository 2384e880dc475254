"""Compiled equations of a chain of columns as the sweep solves them: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit

from entrox.microscopy.fit._kernels import LEAST_PIXELS


@njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
def add_moved(dx, dy, source, target):
    """Add rows that belong to a background about one reference pixel to those about another, ``dx``, ``dy`` before."""
    for a in range(source.shape[1]):
        target[0, a] += source[0, a]
        target[1, a] += source[1, a] + dx * source[0, a]
        target[2, a] += source[2, a] + dy * source[0, a]


@njit(cache=True, nogil=True, error_model="numpy")
def chain_equations(
    first, members, partners, references, hessians, begins, neighbors, crosses, pulls, knowns, tails, totals, p, left,
    right, noise, good,
):  # fmt: skip
    """Fill A, B and V of the columns from ``first`` on; parameters member after member: peak, then background."""
    size, most = p + 3, members.shape[1]
    place = np.full(len(references), -1)
    turned = np.empty((3, 3))
    for g in range(left.shape[0]):
        group = members[first + g]
        for i in range(most):
            k = group[i]
            if k >= 0 and totals[k, 1] >= LEAST_PIXELS * size:
                place[k] = i
            else:
                for a in range(i * size, (i + 1) * size):
                    left[g, a, a] = 1.0
        good[g] = place[group[0]] >= 0
        for i in range(most):
            m = group[i]
            if m < 0 or place[m] < 0:
                continue
            o = i * size
            noise[g, o : o + size, o : o + size] = hessians[m]
            left[g, o : o + p, o : o + size] = hessians[m, :p]
            for a in range(p):
                right[g, o + a, o + a] = 1.0
            for e in range(begins[m], begins[m + 1]):
                if place[neighbors[e]] >= 0:
                    t = place[neighbors[e]] * size
                    left[g, o : o + p, t : t + p] += crosses[e, :p]
            # What this patch knows of the background goes to its own column and to those it is a partner of.
            for j in range(most):
                k = group[j]
                if k < 0 or place[k] < 0:
                    continue
                shared = k == m
                for q in partners[k]:
                    shared = shared or q == m
                if not shared:
                    continue
                dx, dy = float(references[m, 0] - references[k, 0]), float(references[m, 1] - references[k, 1])
                b = j * size + p
                turned[:] = 0.0
                add_moved(dx, dy, knowns[m], turned)
                add_moved(dx, dy, turned.T, left[g, b : b + 3, b : b + 3].T)
                add_moved(dx, dy, pulls[m], right[g, b : b + 3, o : o + size])
                for e in range(begins[m], begins[m + 1]):
                    if place[neighbors[e]] >= 0:
                        t = place[neighbors[e]] * size
                        add_moved(dx, dy, tails[e], left[g, b : b + 3, t : t + p])
        for i in range(most):
            if group[i] >= 0:
                place[group[i]] = -1
