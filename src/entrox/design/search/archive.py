"""The archive of a screen: what is kept of millions of candidates in bounded memory.

The Pareto set so far, the best by the first objective, and a random sample of all that fulfil the constraints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_integer
from entrox.design.search.pareto import evenly_spread, pareto_mask

__all__ = ["Archive", "Kept"]

Floats = NDArray[np.float64]
LARGEST_FRONT = 20_000
"""A larger Pareto set, of many objectives, is thinned: it would make every further block slow."""


@dataclass(frozen=True)
class Kept:
    """Some candidates: their rows of the space, shape ``(n, n_columns)``, and objectives, shape ``(n, m)``."""

    rows: NDArray[np.generic]
    objectives: Floats

    def __len__(self) -> int:
        return len(self.objectives)

    def joined(self, rows: NDArray[np.generic], objectives: Floats) -> Kept:
        """Return these candidates followed by others."""
        return Kept(np.concatenate([self.rows, rows]), np.concatenate([self.objectives, objectives]))

    def taken(self, index: NDArray[np.generic]) -> Kept:
        """Return some of them, by index or mask."""
        return Kept(self.rows[index], self.objectives[index])


class Archive:
    """Collects candidates block by block.

    Parameters
    ----------
    n_columns, n_objectives
        Shape of the rows and of the objectives; more is better in each.
    rng
        Draws the random sample.
    leaders, sample
        How many to keep.
    dtype
        Of the rows.
    """

    def __init__(
        self,
        n_columns: int,
        n_objectives: int,
        rng: np.random.Generator,
        *,
        leaders: int = 10_000,
        sample: int = 20_000,
        dtype: type = np.int16,
    ) -> None:
        self._most_leaders = check_integer(leaders, "leaders", low=1)
        self._most_sample = check_integer(sample, "sample", low=1)
        nothing = Kept(np.empty((0, n_columns), dtype=dtype), np.empty((0, n_objectives)))
        self.front = self.leaders = self.sample = nothing
        self._keys = np.empty(0)
        self._rng = rng
        self.count = 0
        self.thinned = False

    def add(self, rows: NDArray[np.generic], objectives: Floats) -> None:
        """Add candidates that fulfil all constraints.

        Parameters
        ----------
        rows
            Shape ``(n, n_columns)``.
        objectives
            Shape ``(n, m)``, finite; more is better.
        """
        if len(rows) == 0:
            return
        self.count += len(rows)
        self._add_to_front(rows, objectives)
        self._add_to_leaders(rows, objectives)
        keys = np.concatenate([self._keys, self._rng.random(len(rows))])
        everything = self.sample.joined(rows, objectives)
        if len(keys) > self._most_sample:  # the smallest keys of all so far are a random sample of all so far
            kept = np.sort(np.argpartition(keys, self._most_sample)[: self._most_sample])
            keys, everything = keys[kept], everything.taken(kept)
        self._keys, self.sample = keys, everything

    def _add_to_front(self, rows: NDArray[np.generic], objectives: Floats) -> None:
        own = np.flatnonzero(pareto_mask(objectives))
        joined = self.front.joined(rows[own], objectives[own])
        self.front = joined.taken(pareto_mask(joined.objectives))
        if len(self.front) > LARGEST_FRONT:
            self.front = self.front.taken(evenly_spread(self.front.objectives, LARGEST_FRONT // 2))
            self.thinned = True

    def _add_to_leaders(self, rows: NDArray[np.generic], objectives: Floats) -> None:
        if len(self.leaders) >= self._most_leaders:
            better = objectives[:, 0] > self.leaders.objectives[-1, 0]
            rows, objectives = rows[better], objectives[better]
        joined = self.leaders.joined(rows, objectives)
        order = np.argsort(-joined.objectives[:, 0], kind="stable")[: self._most_leaders]
        self.leaders = joined.taken(order)
