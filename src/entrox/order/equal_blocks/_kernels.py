"""Compiled kernels of the recursive median split: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _before(positions, rank, a, b, axis):
    """Whether point ``a`` comes before ``b`` along an axis; ties by the other coordinates, then by rank."""
    for turn in range(3):
        u, v = positions[a, (axis + turn) % 3], positions[b, (axis + turn) % 3]
        if u != v:
            return u < v
    return rank[a] < rank[b]


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _longest_axis(positions, order, low, high):
    """Axis along which the points ``order[low:high]`` extend farthest."""
    best, longest = 0, -1.0
    for axis in range(3):
        smallest, largest = np.inf, -np.inf
        for row in range(low, high):
            value = np.float64(positions[order[row], axis])
            smallest, largest = min(smallest, value), max(largest, value)
        # Equal extents but for rounding: the first axis, so that a shift of the box changes nothing.
        if largest - smallest > longest * (1.0 + 1e-9):
            best, longest = axis, largest - smallest
    return best


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _split(positions, rank, order, low, high, middle, axis):
    """Reorder ``order[low:high]`` so that everything left of ``middle`` comes before everything right of it."""
    while high - low > 1:
        pivot = order[(low + high) // 2]
        i, j = low, high - 1
        while i <= j:
            while _before(positions, rank, order[i], pivot, axis):
                i += 1
            while _before(positions, rank, pivot, order[j], axis):
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j + 1
        elif middle >= i:
            low = i
        else:
            return


@njit(cache=True, nogil=True)
def median_blocks(positions, rank, order, n_per_block, block):
    """Split points into blocks of exactly ``n_per_block`` by halving along the longest axis; the rest gets -1."""
    n_blocks = order.shape[0] // n_per_block
    block[:] = -1
    used = n_blocks * n_per_block
    if used < order.shape[0] and used > 0:
        axis = _longest_axis(positions, order, 0, order.shape[0])
        _split(positions, rank, order, 0, order.shape[0], used, axis)
    stack = np.empty((128, 2), dtype=np.int64)
    stack[0, 0], stack[0, 1] = 0, n_blocks
    depth = 1 if n_blocks > 0 else 0
    while depth > 0:
        depth -= 1
        first, count = stack[depth, 0], stack[depth, 1]
        if count == 1:
            for row in range(first * n_per_block, (first + 1) * n_per_block):
                block[order[row]] = first
            continue
        low, high = first * n_per_block, (first + count) * n_per_block
        half = count // 2
        axis = _longest_axis(positions, order, low, high)
        _split(positions, rank, order, low, high, low + half * n_per_block, axis)
        stack[depth, 0], stack[depth, 1] = first, half
        stack[depth + 1, 0], stack[depth + 1, 1] = first + half, count - half
        depth += 2
    return n_blocks
