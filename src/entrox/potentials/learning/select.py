"""Which candidates are labeled: a quota for each composition and temperature, filled with frames unlike one another.

Pure functions of arrays; randomness comes as a generator. Distances in the unit of the descriptor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_in_range, check_integer

__all__ = ["covering_radius", "farthest_points", "fill_quotas", "select_frames"]

Floats = NDArray[np.float64]


def fill_quotas(available: Mapping[Hashable, int], total: int) -> dict[Hashable, int]:
    """Divide ``total`` as equally as the available numbers allow; what is left over goes to the cells named first.

    Examples
    --------
    >>> fill_quotas({"a": 1, "b": 9, "c": 9}, 8)
    {'a': 1, 'b': 4, 'c': 3}
    """
    check_integer(total, "total", low=0)
    quotas = dict.fromkeys(available, 0)
    left = min(total, sum(available.values()))
    while left > 0:
        open_cells = [cell for cell in available if quotas[cell] < available[cell]]
        share = max(left // len(open_cells), 1)
        for cell in open_cells[:left]:
            taken = min(share, available[cell] - quotas[cell], left)
            quotas[cell] += taken
            left -= taken
    return quotas


def farthest_points(points: Floats, count: int, known: Floats) -> list[int]:
    """Choose points one after the other, each farthest from all that are known or chosen.

    Parameters
    ----------
    points
        Shape ``(n, n_dimensions)``.
    count
        Number of points to choose, <= n.
    known
        Shape ``(m, n_dimensions)``; with none, the first choice is the point farthest from the mean.

    Returns
    -------
    list of int
        Rows of ``points`` in the order in which they were chosen; of equally far ones the first.
    """
    away = _distance_to(points, known if len(known) else points.mean(axis=0, keepdims=True))
    chosen: list[int] = []
    for _ in range(count):
        away[chosen] = -1.0
        best = int(away.argmax())
        chosen.append(best)
        to_best = np.linalg.norm(points - points[best], axis=1)
        # the mean of the points is nobody's neighbor
        away = to_best if not len(known) and len(chosen) == 1 else np.minimum(away, to_best)
    return chosen


def covering_radius(points: Floats, centers: Floats) -> float:
    """Largest distance of a point to its nearest center."""
    return float(_distance_to(points, centers).max())


def _distance_to(points: Floats, others: Floats) -> Floats:
    nearest = np.full(len(points), np.inf)
    for other in others:
        nearest = np.minimum(nearest, np.linalg.norm(points - other, axis=1))
    return nearest


def select_frames(
    cells: Sequence[Hashable],
    descriptors: Floats,
    known: Floats,
    total: int,
    *,
    random_share: float = 0.3,
    min_distance: float = 0.0,
    rng: np.random.Generator,
) -> list[int]:
    """Choose candidates to be labeled.

    Parameters
    ----------
    cells
        Composition and temperature of each candidate.
    descriptors
        Shape ``(n_candidates, n_dimensions)``.
    known
        Descriptors of the frames that have labels, shape ``(n_known, n_dimensions)``.
    total
        Number of labels to be had.
    random_share
        Part of each quota that is drawn at random, so that the labels also show what is common.
    min_distance
        A candidate nearer than this to a labeled frame, or to one chosen before, is dropped.
    rng
        Draws the random part.

    Returns
    -------
    list of int
        Chosen candidates, sorted.
    """
    check_in_range(random_share, "random_share", low=0.0, high=1.0)
    check_in_range(min_distance, "min_distance", low=0.0)
    new = _distance_to(descriptors, known) >= min_distance
    members: dict[Hashable, list[int]] = {}
    for index in np.flatnonzero(new).tolist():
        members.setdefault(cells[index], []).append(index)
    quotas = fill_quotas(Counter({cell: len(rows) for cell, rows in members.items()}), total)
    chosen: list[int] = []
    for cell, rows in members.items():
        chosen += _chosen_in_cell(rows, descriptors, known, quotas[cell], random_share, min_distance, rng)
    return sorted(chosen)


def _chosen_in_cell(
    rows: list[int], descriptors: Floats, known: Floats, quota: int, random_share: float, min_distance: float,
    rng: np.random.Generator,
) -> list[int]:  # fmt: skip
    """Fill one quota: the farthest points first, then random ones of the rest, none too near to another."""
    n_random = round(random_share * quota)
    order = [rows[k] for k in farthest_points(descriptors[rows], len(rows), known)]
    spread, rest = order[: quota - n_random], order[quota - n_random :]
    drawn = [rest[k] for k in rng.permutation(len(rest))]
    kept: list[int] = []
    for index in [*spread, *drawn]:
        near = kept and float(_distance_to(descriptors[[index]], descriptors[kept])[0]) < min_distance
        if not near and len(kept) < quota:
            kept.append(index)
    return kept
