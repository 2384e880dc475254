"""Which bonds meet at the same atom: the pairs of arms of every M-O-M, and of every O-M-O."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["arm_pairs", "bridge_groups"]

Ints = NDArray[np.int64]


def arm_pairs(vertices: Ints) -> tuple[Ints, Ints]:
    """All pairs of bonds that share a vertex, each once.

    Parameters
    ----------
    vertices
        Vertex of every bond, shape ``(n_bonds,)``.

    Returns
    -------
    one, two
        Indices of the bonds of each pair, shape ``(n_pairs,)``.

    Examples
    --------
    >>> one, two = arm_pairs(np.array([7, 3, 7, 7]))
    >>> list(zip(one.tolist(), two.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    order = np.argsort(vertices, kind="stable")
    counts = np.unique(vertices, return_counts=True)[1]
    starts = np.cumsum(counts) - counts
    ones, twos = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for number in np.unique(counts):
        first = starts[counts == number]
        a, b = np.triu_indices(int(number), k=1)
        ones.append((first[:, None] + a).ravel())
        twos.append((first[:, None] + b).ravel())
    return order[np.concatenate(ones)], order[np.concatenate(twos)]


def bridge_groups(vertices: Ints, ends: NDArray[np.str_], vertex: str) -> Iterator[tuple[str, Ints, Ints]]:
    """Pairs of bonds at a vertex by the elements of their ends, such as ``Al-O-Si``.

    Parameters
    ----------
    vertices
        Vertex of every bond, shape ``(n_bonds,)``.
    ends
        Element at the other end, shape ``(n_bonds,)``.
    vertex
        Element of the vertices.

    Yields
    ------
    kind, one, two
        Name and indices of the bonds, in alphabetical order of the names.
    """
    one, two = arm_pairs(vertices)
    swap = ends[one] > ends[two]
    one, two = np.where(swap, two, one), np.where(swap, one, two)
    left, right = ends[one], ends[two]
    for a, b in sorted(set(zip(left.tolist(), right.tolist(), strict=True))):
        chosen = (left == a) & (right == b)
        yield f"{a}-{vertex}-{b}", one[chosen], two[chosen]
