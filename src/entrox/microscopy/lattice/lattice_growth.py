"""Growth of integer places over neighboring columns, front by front.

Every column carries its own two neighbor vectors: those of the column it was reached from, turned a little towards the
step that was found. So the lattice may bend over the image, while one misplaced column does not turn it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["TOLERANCE", "grow_places"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TOLERANCE = 0.25
"""How far a neighbor may be from where it is expected, in lengths of the shorter neighbor vector."""
FOLLOW = 0.2
"""Weight of the step that was found in the neighbor vector that is carried on."""
STEPS = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
WIDE_STEPS = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1], [2, 0], [-2, 0], [0, 2], [0, -2]])
"""Steps over a missing column, taken where the short ones end."""


def grow_places(position: Floats, basis: Floats) -> tuple[Ints, Bools, int]:
    """Places of columns in the lattice of two neighbor vectors.

    Parameters
    ----------
    position
        Positions [px], shape ``(n, 2)``.
    basis
        The two neighbor vectors [px], rows.

    Returns
    -------
    tuple
        Places, shape ``(n, 2)``, zero where there is none; which columns have one; and how many pairs of neighbors have
        places that do not fit their distance.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(position)
    growth = _Growth(position, tree, np.asarray(basis, dtype=float))
    front = np.array([_seed(position, tree, basis)])
    growth.local[front] = basis
    growth.placed[front] = True
    growth.owned = _key(growth.place[front])
    while True:
        while len(front):
            front = growth.advance(front, STEPS)
        # a step over a gap is less sure than a short one: only when nothing else is left
        front = growth.advance(np.flatnonzero(growth.placed), WIDE_STEPS)
        if not len(front):
            break
    return growth.place, growth.placed, growth.contradictions()


class _Growth:
    """State of the growth: places, their owners, and the local neighbor vectors."""

    def __init__(self, position: Floats, tree: object, basis: Floats) -> None:
        self.position, self.tree = position, tree
        self.limit = TOLERANCE * float(np.linalg.norm(basis, axis=1).min())
        self.place = np.zeros((len(position), 2), dtype=np.int64)
        self.placed = np.zeros(len(position), dtype=bool)
        self.local = np.zeros((len(position), 2, 2))
        self.owned = np.empty(0, dtype=np.int64)

    def advance(self, front: Ints, steps: Ints) -> Ints:
        """Place the neighbors of a front; return the columns placed."""
        parent = np.repeat(front, len(steps))
        step = np.tile(steps, (len(front), 1))
        column, distance = self._nearest(parent, step)
        target = self.place[parent] + step
        key = _key(target)
        good = np.flatnonzero((distance < self.limit) & ~self.placed[column] & ~np.isin(key, self.owned))
        good = good[np.argsort(distance[good], kind="stable")]
        # the best claim of each column, then the best of each place
        good = good[np.sort(np.unique(column[good], return_index=True)[1])]
        good = good[np.sort(np.unique(key[good], return_index=True)[1])]
        new = column[good]
        self.placed[new], self.place[new] = True, target[good]
        self.local[new] = self._followed(parent[good], new, step[good])
        self.owned = np.concatenate([self.owned, key[good]])
        return np.asarray(new, dtype=np.int64)

    def _nearest(self, parent: Ints, step: Ints) -> tuple[Ints, Floats]:
        expected = self.position[parent] + np.einsum("ki,kij->kj", step, self.local[parent])
        distance, column = self.tree.query(expected)  # type: ignore[attr-defined]
        return column, distance

    def _followed(self, parent: Ints, column: Ints, step: Ints) -> Floats:
        """Neighbor vectors of new columns: the parent's, corrected by a share of the misfit of the step."""
        local = self.local[parent]
        misfit = self.position[column] - self.position[parent] - np.einsum("ki,kij->kj", step, local)
        share = FOLLOW * step / (step**2).sum(axis=1, keepdims=True)
        return np.asarray(local + share[:, :, None] * misfit[:, None, :])

    def contradictions(self) -> int:
        """Pairs of columns that are neighbors by distance but not by place."""
        parent = np.repeat(np.flatnonzero(self.placed), 2)
        step = np.tile(STEPS[::2], (len(parent) // 2, 1))
        column, distance = self._nearest(parent, step)
        differ = (self.place[column] != self.place[parent] + step).any(axis=1)
        return int((differ & (distance < self.limit) & self.placed[column]).sum())


def _key(place: Ints) -> Ints:
    """One number for each place."""
    return np.asarray(place[:, 0] * (1 << 31) + place[:, 1])


def _seed(position: Floats, tree: object, basis: Floats) -> int:
    """Column near the middle whose four neighbors are where the basis expects them."""
    expected = position[:, None, :] + STEPS @ basis
    distance = tree.query(expected)[0]  # type: ignore[attr-defined]
    quality = np.sort(distance, axis=1)[:, -1] / np.linalg.norm(basis, axis=1).min()
    away = np.linalg.norm(position - np.median(position, axis=0), axis=1)
    good = quality < 0.5 * TOLERANCE
    if good.any():
        return int(np.flatnonzero(good)[np.argmin(away[good])])
    return int(np.argmin(quality))
