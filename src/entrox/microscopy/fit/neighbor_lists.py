"""Whose tail reaches into whose patch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_problem import ColumnProblem

__all__ = ["NeighborLists", "neighbor_lists", "tight_lists"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_OF_TAIL = 5.0
"""Tails are followed to this many sigma; what lies beyond is below 1e-5 of a column."""
REACH_OF_OVERLAP = 4.5
"""Overlaps are summed to this many sigma; what lies beyond changes covariances by less than 1e-5."""
MARGIN = 1.15
"""Lists hold for columns that become wider by this factor."""


@dataclass(frozen=True, kw_only=True)
class NeighborLists:
    """Neighbors of every column, listed from ``begins[column]`` on, and how far the tail of each column reaches [px].

    ``listed`` are the reaches for which the lists were made.
    """

    begins: Ints
    neighbors: Ints
    reaches: Floats
    listed: Floats

    @property
    def arrays(self) -> tuple[Ints, Ints, Floats]:
        """What the kernels want."""
        return self.begins, self.neighbors, self.reaches


def neighbor_lists(problem: ColumnProblem, columns: Floats, present: NeighborLists | None = None) -> NeighborLists:
    """Lists for the present columns; ``present`` ones are kept if no column has grown beyond them."""
    half = 0.5 * np.hypot(columns[:, 3] - columns[:, 5], 2.0 * columns[:, 4])
    reaches = REACH_OF_TAIL / np.sqrt(0.5 * (columns[:, 3] + columns[:, 5]) - half)
    if present is not None and np.all(reaches <= present.listed):
        return NeighborLists(begins=present.begins, neighbors=present.neighbors, reaches=reaches, listed=present.listed)
    listed = MARGIN * reaches
    # A center moves by up to half the radius from its start.
    owner, other = problem.pairs(1.5 * problem.radius + listed)
    begins = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(columns)))])
    return NeighborLists(begins=begins, neighbors=other, reaches=reaches, listed=listed)


def tight_lists(problem: ColumnProblem, columns: Floats, lists: NeighborLists) -> NeighborLists:
    """Only those neighbors whose present tail reaches into a patch, as far as overlaps are summed."""
    reaches = lists.reaches * (REACH_OF_OVERLAP / REACH_OF_TAIL)
    owner = np.repeat(np.arange(len(columns)), np.diff(lists.begins))
    away = problem.starts[owner] - columns[lists.neighbors, :2]
    alive = (columns[owner, 2] > 0.0) & (columns[lists.neighbors, 2] > 0.0)
    keep = alive & (np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2) < problem.radius + reaches[lists.neighbors])
    begins = np.concatenate([[0], np.cumsum(np.bincount(owner[keep], minlength=len(columns)))])
    return NeighborLists(begins=begins, neighbors=lists.neighbors[keep], reaches=lists.reaches, listed=lists.reaches)
