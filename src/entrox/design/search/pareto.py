"""Pareto sets: what no other point surpasses in one objective without falling behind in another.

Pure functions of arrays; more is better in every column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.errors import InputError

__all__ = ["evenly_spread", "pareto_mask"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def pareto_mask(values: ArrayLike) -> Booleans:
    """Whether each point is in the Pareto set; equal points are in it together.

    Parameters
    ----------
    values
        Objectives, more is better, shape ``(n, m)``, finite.

    Returns
    -------
    numpy.ndarray
        Shape ``(n,)``.

    Raises
    ------
    InputError
        If a value is not finite or the shape is another one.

    Examples
    --------
    >>> pareto_mask([[1.0, 3.0], [2.0, 2.0], [1.0, 2.0]]).tolist()
    [True, True, False]
    """
    points = np.asarray(values, dtype=float)
    if points.ndim != 2 or points.shape[1] < 1 or not np.isfinite(points).all():
        raise InputError(f"values must be finite, of shape (n, m); got shape {points.shape}.")
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    order = np.lexsort(-points.T[::-1])  # first objective first, best first
    mask = np.zeros(len(points), dtype=bool)
    mask[order] = _first_two(points[order]) if points.shape[1] <= 2 else _any_number(points[order])
    return mask


def _first_two(ranked: Floats) -> Booleans:
    """One or two objectives: a point stands if its second is above that of all whose first is larger."""
    first, second = ranked[:, 0], ranked[:, -1] if ranked.shape[1] == 2 else np.zeros(len(ranked))
    starts = np.r_[True, first[1:] < first[:-1]]
    group = np.cumsum(starts) - 1
    best_of_group = second[starts]
    before = np.r_[-np.inf, np.maximum.accumulate(best_of_group)[:-1]]
    return np.asarray((second == best_of_group[group]) & (best_of_group > before)[group])


def _any_number(ranked: Floats) -> Booleans:
    """Any number of objectives: the first of what is left stands, and removes what it surpasses."""
    mask = np.zeros(len(ranked), dtype=bool)
    left = np.arange(len(ranked))
    while left.size:
        point = ranked[left[0]]
        equal = (ranked[left] == point).all(axis=1)
        mask[left[equal]] = True
        surpassed = (ranked[left] <= point).all(axis=1)
        left = left[~surpassed]
    return mask


def evenly_spread(values: ArrayLike, count: int) -> NDArray[np.int64]:
    """Indices of ``count`` points spread over a set: the best in each objective, then the farthest from the chosen.

    Parameters
    ----------
    values
        Shape ``(n, m)``; distances are in units of the range of each column.
    count
        How many; all, where there are no more.

    Returns
    -------
    numpy.ndarray
        Rising indices.
    """
    points = np.asarray(values, dtype=float)
    if len(points) <= count:
        return np.arange(len(points), dtype=np.int64)
    span = np.ptp(points, axis=0)
    scaled = (points - points.min(axis=0)) / np.where(span > 0, span, 1.0)
    chosen = list(dict.fromkeys(int(index) for index in scaled.argmax(axis=0)))[:count]
    distance = np.min([np.linalg.norm(scaled - scaled[index], axis=1) for index in chosen], axis=0)
    while len(chosen) < count:
        farthest = int(distance.argmax())
        if distance[farthest] <= 0.0:  # only copies of chosen points are left: the first of them
            farthest = next(index for index in range(len(points)) if index not in chosen)
        chosen.append(farthest)
        distance = np.minimum(distance, np.linalg.norm(scaled - scaled[farthest], axis=1))
        distance[farthest] = -1.0
    return np.array(sorted(chosen), dtype=np.int64)
