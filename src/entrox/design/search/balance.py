"""Repair of a candidate: the nearest composition of a grid, or of the reals, whose charges balance.

A genetic search mixes and moves candidates without a thought for the charge; what comes out is brought back. On a grid
single parts are moved from one species of a site to another until the charges balance in whole numbers; in a continuous
space the candidate is projected on the plane of balance.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.errors import InputError
from entrox.design.search.balanced import whole_charges
from entrox.design.space import Space

__all__ = ["GridRepair", "PlaneProjection"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
TRIES = 20
BALANCE_TOLERANCE = 1e-12
"""Largest charge that a projected candidate may keep [e per formula unit]."""


class GridRepair:
    """Nearest balanced compositions of a grid, found by single moves.

    Parameters
    ----------
    space
        The space.
    low, high
        Lowest and highest site fraction of each column.

    Raises
    ------
    InputError
        If the limits leave a site without any composition.
    """

    def __init__(self, space: Space, low: ArrayLike, high: ArrayLike) -> None:
        self.space, self.denominator = space, space.denominator
        self.low = np.ceil(np.asarray(low) * self.denominator - 1e-9).astype(np.int64)
        self.high = np.floor(np.asarray(high) * self.denominator + 1e-9).astype(np.int64)
        weights, self._target = whole_charges(space)
        self._weights = np.concatenate(weights)
        self._sites, start = list[slice](), 0
        for site in space.sites:
            self._sites.append(slice(start, start + len(site.species)))
            start += len(site.species)
            own = self._sites[-1]
            if not self.low[own].sum() <= self.denominator <= self.high[own].sum():
                raise InputError(f"the limits leave no composition for site {site.label} on this grid.")
        self._moves = np.array([pair for own in self._sites for pair in _pairs(own)], dtype=np.int64).reshape(-1, 2)
        self._steps = self._weights[self._moves[:, 1]] - self._weights[self._moves[:, 0]]
        self._scale = 1.0 + 4.0 * self.denominator * float(np.abs(self._weights).sum()) + abs(self._target)

    def repair(self, fractions: ArrayLike) -> Counts | None:
        """Return the balanced counts near ``fractions``, or None if the moves do not find any.

        Parameters
        ----------
        fractions
            Wanted site fractions, shape ``(n_columns,)``; they need neither sum to one nor balance.
        """
        wanted = np.asarray(fractions, dtype=float) * self.denominator
        shaken, rng = wanted, np.random.default_rng(0)
        for _ in range(TRIES):
            found = self._balanced_near(shaken)
            if found is not None:
                return found
            shaken = wanted + rng.normal(0.0, 0.1 * self.denominator, size=len(wanted))
        return None

    def _balanced_near(self, wanted: Floats) -> Counts | None:
        """Move single parts until the charges balance; None where the moves lead into a dead end."""
        counts: Counts = np.concatenate([self._rounded(wanted[own], own) for own in self._sites])
        residual = int(counts @ self._weights) - self._target
        while residual:
            move = self._best_move(counts, wanted, residual)
            if move is None:
                return None
            source, sink = self._moves[move]
            counts[source] -= 1
            counts[sink] += 1
            residual += int(self._steps[move])
        return counts

    def _rounded(self, wanted: Floats, own: slice) -> Counts:
        """Whole numbers near the wanted ones that sum to the denominator, within the limits of a site."""
        low, high = self.low[own], self.high[own]
        scale = wanted.clip(0.0)
        scale = scale * self.denominator / scale.sum() if scale.sum() > 0 else np.full(len(scale), 1.0)
        counts: Counts = np.clip(np.floor(scale).astype(np.int64), low, high)
        while (missing := self.denominator - int(counts.sum())) != 0:
            step = 1 if missing > 0 else -1
            free = counts < high if step > 0 else counts > low
            short = np.where(free, step * (scale - counts), -np.inf)
            counts[int(short.argmax())] += step
        return counts

    def _best_move(self, counts: Counts, wanted: Floats, residual: int) -> int | None:
        """Return the move that brings the charge nearer to balance at the least distance from what is wanted.

        Nearer is fewer moves, then less charge; None where no free move is nearer.
        """
        source, sink = self._moves.T
        free = (counts[source] > self.low[source]) & (counts[sink] < self.high[sink])
        far = np.full(len(free), np.inf)
        for index in np.flatnonzero(free):
            far[index] = self._distance(residual + int(self._steps[index]))
        nearest = far.min(initial=np.inf)
        if not nearest < self._distance(residual):
            return None
        off = counts - wanted
        return int(np.where(far == nearest, off[sink] - off[source], np.inf).argmin())

    def _distance(self, residual: int) -> float:
        """Moves to balance, and the charge as a fraction of one move: it decides between equals."""
        return self._moves_needed(residual) + abs(residual) / self._scale

    @functools.lru_cache(maxsize=100_000)  # noqa: B019 - lives as long as one search
    def _moves_needed(self, residual: int) -> float:
        """Moves from a charge to balance if every move were free; infinite if no number of moves leads there."""
        steps = sorted({int(abs(step)) for step in self._steps if step})
        if not steps:
            return 0.0 if residual == 0 else np.inf
        largest, rest = steps[-1], abs(residual)
        whole = max(0, rest // largest - len(steps) * largest)  # far away the largest step is the best
        return whole + self._by_search(rest - whole * largest, tuple(steps))

    @staticmethod
    @functools.lru_cache(maxsize=100_000)
    def _by_search(residual: int, steps: tuple[int, ...]) -> float:
        """Breadth-first search for the number of steps, up or down, from a charge to zero."""
        reach = residual + 2 * steps[-1]
        seen, queue = {residual: 0}, deque([residual])
        while queue:
            here = queue.popleft()
            if here == 0:
                return seen[0]
            for there in (here + sign * step for step in steps for sign in (1, -1)):
                if abs(there) <= reach and there not in seen:
                    seen[there] = seen[here] + 1
                    queue.append(there)
        return np.inf


def _pairs(own: slice) -> Iterator[tuple[int, int]]:
    columns = range(own.start, own.stop)
    return ((first, second) for first in columns for second in columns if first != second)


class PlaneProjection:
    """Nearest real candidates that fill every site, balance their charges and keep the limits.

    Parameters
    ----------
    space
        The space; its grid plays no part.
    low, high
        Lowest and highest site fraction of each column.
    """

    def __init__(self, space: Space, low: ArrayLike, high: ArrayLike) -> None:
        self.low, self.high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
        columns = [(row, site) for row, site in enumerate(space.sites) for _ in site.species]
        self._matrix = np.zeros((len(space.sites) + 1, len(columns)))
        for column, (row, _) in enumerate(columns):
            self._matrix[row, column] = 1.0
        self._matrix[-1] = [float(s.multiplicity) * q for s in space.sites for q in s.charges]
        self._values = np.r_[np.ones(len(space.sites)), -float(space.other_charge)]

    def project(self, fractions: ArrayLike) -> Floats | None:
        """Return the candidate near ``fractions`` that balances within 1e-12 e, or None if none is found.

        Columns that would leave their limits are fixed there, one round after the other, and the rest is projected
        again: near the nearest point, not always at it.
        """
        point = np.clip(np.asarray(fractions, dtype=float), self.low, self.high)
        free = np.ones(len(point), dtype=bool)
        for _ in range(len(point) + 1):
            point = self._on_plane(point, free)
            outside = free & ((point < self.low) | (point > self.high))
            if not outside.any():
                break
            point = np.clip(point, self.low, self.high)
            free &= ~outside
        for _ in range(2):  # what is left after the first is rounding
            point = self._on_plane(point, free)
        balanced = np.abs(self._matrix @ point - self._values).max() <= BALANCE_TOLERANCE
        inside = (point >= self.low - BALANCE_TOLERANCE).all() and (point <= self.high + BALANCE_TOLERANCE).all()
        return np.clip(point, self.low, self.high) if balanced and inside else None

    def _on_plane(self, point: Floats, free: NDArray[np.bool_]) -> Floats:
        moved = point.copy()
        if free.any():
            missing = self._values - self._matrix @ point
            moved[free] += np.linalg.lstsq(self._matrix[:, free], missing, rcond=None)[0]
        return moved

    def imbalance(self, fractions: Floats) -> float:
        """Return the charge of a candidate [e per formula unit]."""
        return float(self._matrix[-1] @ fractions - self._values[-1])
