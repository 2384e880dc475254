"""Change points of a curve: at most three stretches of field, each with a law of its own.

All stretches share the scatter of ln J. Sums over stretches come from cumulative sums, and the best partition from
dynamic programming over the number of parameters; AICc decides. A change point is searched for and so counts as three
parameters: Ninomiya, Ann. Inst. Stat. Math. 67, 943 (2015).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core.information_criterion import corrected_akaike
from entrox.film.leakage_models import LINES

__all__ = ["LARGEST_COUNT", "SMALLEST_STRETCH", "Partition", "find_partitions", "line_sums"]

Floats = NDArray[np.float64]

SMALLEST_STRETCH = 8
"""Points of the shortest stretch that gets a law."""
LARGEST_COUNT = 3
PARAMETERS_PER_CHANGE = 3
_GRID = 96
"""Places at most where a change is tried."""
_RELATIVE_ROUNDING = 1e-12


@dataclass(frozen=True)
class Partition:
    """Stretches ``(first, end, law)`` of points in rising field, and the criterion of the whole."""

    stretches: tuple[tuple[int, int, str], ...]
    aicc: float


def line_sums(name: str, fields: Floats, log_current: Floats, weights: Floats) -> tuple[Floats, ...]:
    """Cumulative weighted sums of 1, x, y, xx, xy, yy of a law, each of shape ``(n + 1,)``."""
    line = LINES[name]
    y = log_current - line.power * np.log(fields)
    x = np.zeros_like(fields) if line.slope is None else line.slope(fields)
    y = y - float(np.average(y, weights=weights))
    spread = float(np.ptp(x))
    x = (x - float(x.mean())) / spread if spread > 0.0 else x
    parts = (np.ones_like(x), x, y, x * x, x * y, y * y)
    return tuple(np.concatenate([[0.0], np.cumsum(weights * part)]) for part in parts)


def _residuals(sums: Sequence[Floats], first: NDArray[np.intp], end: NDArray[np.intp], *, with_slope: bool) -> Floats:
    """Weighted sums of squares around the line, for all pairs of ends, shape ``(n_first, n_end)``."""
    n, x, y, xx, xy, yy = (part[end][None, :] - part[first][:, None] for part in sums)
    n = np.where(n > 0.0, n, np.nan)
    total = yy - y * y / n
    if with_slope:
        spread = xx - x * x / n
        good = spread > _RELATIVE_ROUNDING * np.abs(xx)
        product = xy - x * y / n
        good &= product > 0.0  # each of these laws rises; a stretch in which it would fall is not its own
        total = np.where(good, total - product**2 / np.where(good, spread, 1.0), np.nan)
    return np.maximum(total, 0.0)


def find_partitions(
    fields: Floats, log_current: Floats, weights: Floats, models: Sequence[str], *, known_scatter: bool
) -> list[Partition]:
    """Best partitions into one, two and three stretches.

    Parameters
    ----------
    fields, log_current
        Rising fields [V/m] and ln J, shape ``(n,)``.
    weights
        Of each point; with ``known_scatter`` one over its variance.
    models
        Laws to choose from.
    known_scatter
        Whether the variance is known, or fitted.

    Returns
    -------
    list
        For each number of stretches the one with the smallest criterion, where the points allow it.
    """
    n = len(fields)
    step = max(1, math.ceil(n / _GRID))
    inner = np.arange(SMALLEST_STRETCH, n - SMALLEST_STRETCH + 1, step)
    grid = np.unique(np.concatenate([[0], inner, [n]]))
    cheapest = _cheapest(fields, log_current, weights, models, grid)
    floor = _RELATIVE_ROUNDING * float(np.sum(weights * (log_current - log_current.mean()) ** 2)) + 1e-300
    found = []
    for count in range(1, LARGEST_COUNT + 1):
        best: Partition | None = None
        for total in range(count, 2 * count + 1):
            cost, stretches = _cut(cheapest, grid, count, total)
            if not math.isfinite(cost):
                continue
            value = _criterion(
                max(cost, floor), n, total + PARAMETERS_PER_CHANGE * (count - 1), known_scatter=known_scatter
            )
            if value is not None and (best is None or value < best.aicc):
                best = Partition(stretches, value)
        if best is not None:
            found.append(best)
    return found


def _criterion(cost: float, n: int, n_parameters: int, *, known_scatter: bool) -> float | None:
    if known_scatter:
        return corrected_akaike(cost, n, n_parameters)
    return corrected_akaike(n * math.log(cost / n), n, n_parameters + 1)


def _cheapest(
    fields: Floats, log_current: Floats, weights: Floats, models: Sequence[str], grid: NDArray[np.intp]
) -> Mapping[int, tuple[Floats, list[str], NDArray[np.intp]]]:
    """For laws of one and two parameters: least cost between all grid points, and which law has it."""
    allowed = grid[None, :] - grid[:, None] >= SMALLEST_STRETCH
    found = {}
    for size in (1, 2):
        names = [name for name in models if LINES[name].n_parameters == size]
        if not names:
            continue
        costs = np.stack([
            _residuals(line_sums(name, fields, log_current, weights), grid, grid, with_slope=size == 2)
            for name in names
        ])  # fmt: skip
        costs = np.where(allowed & np.isfinite(costs), costs, np.inf)
        found[size] = (costs.min(axis=0), names, costs.argmin(axis=0))
    return found


def _cut(
    cheapest: Mapping[int, tuple[Floats, list[str], NDArray[np.intp]]], grid: NDArray[np.intp], count: int, total: int
) -> tuple[float, tuple[tuple[int, int, str], ...]]:
    """Least cost of ``count`` stretches with ``total`` parameters, by trying every order of the sizes."""
    best = math.inf
    chosen: tuple[tuple[int, int, str], ...] = ()
    last = len(grid) - 1
    for sizes in _orders(count, total, tuple(cheapest)):
        tables = [cheapest[size][0] for size in sizes]
        cost = tables[0][0]
        back = []
        for table in tables[1:]:
            sums = cost[:, None] + table
            back.append(sums.argmin(axis=0))
            cost = sums.min(axis=0)
        if cost[last] < best:
            best, ends = float(cost[last]), [last]
            for step in reversed(back):
                ends.append(int(step[ends[-1]]))
            marks = [0, *reversed(ends)]
            chosen = tuple(
                (int(grid[a]), int(grid[b]), cheapest[size][1][int(cheapest[size][2][a, b])])
                for a, b, size in zip(marks[:-1], marks[1:], sizes, strict=True)
            )
    return best, chosen


def _orders(count: int, total: int, sizes: Sequence[int]) -> list[tuple[int, ...]]:
    if count == 0:
        return [()] if total == 0 else []
    return [(size, *rest) for size in sizes for rest in _orders(count - 1, total - size, sizes)]
