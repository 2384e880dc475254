"""Points of each species around the nodes of a regular grid: exactly within a radius, or with Gaussian weights.

Pure functions of arrays, for two or three dimensions. Lengths nm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["gaussian_sums", "grid_axes", "sphere_counts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 1 << 17
"""Points handled at once: a block and its temporaries take about 10 MB."""
_ROUNDING = 1e-9
_REACH = 5.0
"""Gaussian weights are cut at this many standard deviations."""


def grid_axes(low: Floats, high: Floats, spacing_nm: float) -> tuple[Floats, ...]:
    """Nodes along each axis in the middle of equal steps that cover the box [nm]."""
    counts = np.maximum(np.ceil((high - low) / spacing_nm - 1e-9), 1).astype(int)
    return tuple(float(start) + spacing_nm * (np.arange(count) + 0.5) for start, count in zip(low, counts, strict=True))


def sphere_counts(
    positions: NDArray[np.floating],
    labels: NDArray[np.integer],
    n_species: int,
    axes: Sequence[Floats],
    spacing_nm: float,
    radius_nm: float,
) -> NDArray[np.int32]:
    """Points of each species within a radius of every node, the radius included.

    Every point marks the beginning and the end of the run of nodes that it reaches in each line of nodes; the sum along
    the lines gives the counts. The work is that of points times lines in reach.

    Parameters
    ----------
    positions, labels
        Points, shape ``(n, d)`` with d = 2 or 3, and the index of their species, shape ``(n,)``.
    n_species
        Number of species.
    axes
        Nodes along each of the d axes, equally spaced.
    spacing_nm
        Distance of nodes.
    radius_nm
        Radius.

    Returns
    -------
    ndarray
        Counts, shape ``(n_species, n_0, ..., n_d-1)``.
    """
    shape = tuple(len(axis) for axis in axes)
    marks = np.zeros((n_species, *shape[:-1], shape[-1] + 1), dtype=np.int32)
    flat, start = marks.reshape(-1), np.array([axis[0] for axis in axes])
    strides = np.array(marks.strides) // marks.itemsize
    reach = int(np.ceil(radius_nm / spacing_nm + 0.5))
    offsets = list(product(range(-reach, reach + 1), repeat=len(shape) - 1))
    square = radius_nm**2 * (1.0 + _ROUNDING)
    for begin in range(0, len(labels), _BLOCK):
        place = (positions[begin : begin + _BLOCK].astype(np.float64) - start) / spacing_nm
        species = labels[begin : begin + _BLOCK].astype(np.int64) * strides[0]
        nearest = np.rint(place[:, :-1]).astype(np.int64)
        for offset in offsets:
            node = nearest + np.array(offset)
            left = square - ((node - place[:, :-1]) ** 2).sum(axis=1) * spacing_nm**2
            held = (left >= 0.0) & ((node >= 0) & (node < shape[:-1])).all(axis=1)
            if not held.any():
                continue
            half = np.sqrt(left[held]) / spacing_nm
            first = np.maximum(np.ceil(place[held, -1] - half - _ROUNDING), 0).astype(np.int64)
            last = np.minimum(np.floor(place[held, -1] + half + _ROUNDING), shape[-1] - 1).astype(np.int64)
            line = species[held] + node[held] @ strides[1:-1]
            run = first <= last
            np.add.at(flat, line[run] + first[run], 1)
            np.add.at(flat, line[run] + last[run] + 1, -1)
    return np.cumsum(marks, axis=-1, dtype=np.int32)[..., :-1]


def gaussian_sums(
    positions: NDArray[np.floating],
    labels: NDArray[np.integer],
    n_species: int,
    axes: Sequence[Floats],
    spacing_nm: float,
    sigma_nm: float,
) -> tuple[Floats, Floats]:
    r"""Sums of the weights :math:`\exp(-d^2/2\sigma^2)` of each species, and of their squares over all species.

    Points are shared out linearly to the nodes around them and the sums are separable filters; sharing out widens a
    Gaussian by a sixth of the squared spacing, which is taken off its variance beforehand.

    Parameters
    ----------
    positions, labels, n_species, axes, spacing_nm
        As in :func:`sphere_counts`.
    sigma_nm
        Standard deviation of the weight, at least one spacing.

    Returns
    -------
    tuple
        Sums of weights, shape ``(n_species, n_0, ...)``, and sums of squared weights, shape ``(n_0, ...)``.
    """
    shared = np.stack([_shared_out(positions[labels == number], axes, spacing_nm) for number in range(n_species)])
    sums = np.stack([_filtered(grid, sigma_nm, spacing_nm) for grid in shared])
    # The square of a Gaussian is a Gaussian of the width over sqrt(2).
    squares = _filtered(shared.sum(axis=0), sigma_nm / np.sqrt(2.0), spacing_nm)
    core = (slice(1, -1),) * len(axes)
    return sums[(slice(None), *core)], squares[core]


def _shared_out(positions: NDArray[np.floating], axes: Sequence[Floats], spacing_nm: float) -> Floats:
    """Points shared out linearly to the nodes around them, with one more node at each end."""
    shape = tuple(len(axis) + 2 for axis in axes)
    start = np.array([axis[0] for axis in axes]) - spacing_nm
    total = np.zeros(int(np.prod(shape)))
    for begin in range(0, len(positions), _BLOCK):
        place = (positions[begin : begin + _BLOCK].astype(np.float64) - start) / spacing_nm
        base = np.clip(np.floor(place).astype(np.int64), 0, np.array(shape) - 2)
        share = place - base
        for corner in product((0, 1), repeat=len(shape)):
            weight = np.prod(np.where(corner, share, 1.0 - share), axis=1)
            np.add.at(total, np.ravel_multi_index(tuple((base + np.array(corner)).T), shape), weight)
    return total.reshape(shape)


def _filtered(grid: Floats, sigma_nm: float, spacing_nm: float) -> Floats:
    """Sum of weights with the value one at the point itself."""
    widened = sigma_nm**2 - spacing_nm**2 / 6.0
    normalized = ndimage.gaussian_filter(grid, np.sqrt(widened) / spacing_nm, mode="constant", truncate=_REACH)
    return np.asarray(normalized * (np.sqrt(2.0 * np.pi) * sigma_nm / spacing_nm) ** grid.ndim)
