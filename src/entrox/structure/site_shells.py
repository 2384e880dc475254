"""Shells of neighbors on the sites of a crystal: who is whose first, second, ... neighbor. Lengths in angstrom."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from entrox.core import InputError, check_integer, check_shape

__all__ = ["SiteShells", "site_shells"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GAP = 0.05
"""Smallest step between two shells, as a share of the nearest distance."""


@dataclass(frozen=True, eq=False)
class SiteShells:
    """Ordered pairs of neighboring sites, in compressed rows.

    Parameters
    ----------
    start
        Row pointers, shape ``(n_sites + 1,)``.
    other
        Neighbors; a site stands there once for each image in reach, shape ``(n_pairs,)``. Images of the site itself are
        left out: no exchange of sites changes them.
    shell
        Shell of each pair, from 0, shape ``(n_pairs,)``.
    radii_angstrom
        Mean distance of each shell, shape ``(n_shells,)``.
    """

    start: Ints
    other: Ints
    shell: Ints
    radii_angstrom: Floats

    @property
    def site(self) -> Ints:
        """First site of each ordered pair, shape ``(n_pairs,)``."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def pairs(self, shell: int = 0) -> Ints:
        """Pairs of one shell, each once, shape ``(n_pairs, 2)``."""
        chosen = (self.shell == shell) & (self.site < self.other)
        return np.column_stack([self.site[chosen], self.other[chosen]])


def site_shells(
    positions: ArrayLike, cell: ArrayLike, n_shells: int, periodic: tuple[bool, bool, bool] = (True, True, True)
) -> SiteShells:
    """Find the neighbors of each site, shell by shell.

    Parameters
    ----------
    positions
        Sites of one sublattice, near their ideal places [angstrom], shape ``(n_sites, 3)``.
    cell
        Cell vectors in rows [angstrom], shape ``(3, 3)``.
    n_shells
        Number of shells; distances less than a twentieth of the nearest one apart belong to one shell.
    periodic
        Directions in which the cell repeats.

    Returns
    -------
    SiteShells
        Fewer shells where a small open sample has no more.

    Raises
    ------
    InputError
        If two sites coincide or the cell has no volume.

    Examples
    --------
    >>> corners = [(x, y, z) for x in range(3) for y in range(3) for z in range(3)]
    >>> shells = site_shells(corners, 3 * np.eye(3), 3)
    >>> [int((shells.shell == s).sum() / 27) for s in range(3)]
    [6, 12, 8]
    """
    points = check_shape(positions, (None, 3), "positions")
    box = check_shape(cell, (3, 3), "cell")
    check_integer(n_shells, "n_shells", low=1)
    volume = abs(float(np.linalg.det(box)))
    if volume < 1e-9:
        raise InputError(f"Shells need a cell with a volume; got {box.tolist()}.")
    reach = 1.5 * (volume / len(points)) ** (1 / 3)
    while True:
        first, second, distance = _near_pairs(points, box, periodic, reach)
        label, radii = _group(distance)
        # The outermost group may be cut by the reach, so one more than wanted must be there.
        if len(radii) > n_shells or reach > 20.0 * volume ** (1 / 3):
            break
        reach *= 1.25
    if len(distance) and distance.min() < 1e-3:
        raise InputError("Two sites stand at the same place; shells need distinct sites.")
    kept = (label < n_shells) & (first != second)
    order = np.argsort(first[kept], kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(first[kept], minlength=len(points)))])
    return SiteShells(
        start.astype(np.int64), second[kept][order].copy(), label[kept][order].copy(), radii[:n_shells].copy()
    )


def _near_pairs(
    points: Floats, box: Floats, periodic: tuple[bool, bool, bool], reach: float
) -> tuple[Ints, Ints, Floats]:
    """Return ordered pairs within reach, all images, with their distances."""
    height = 1.0 / np.linalg.norm(np.linalg.inv(box), axis=0)
    fractions = points @ np.linalg.inv(box)
    fractions = fractions - np.floor(fractions) * np.array(periodic)
    ranges = [range(-n, n + 1) for n in (np.ceil(reach / height) * np.array(periodic)).astype(int).tolist()]
    shifts = np.array(list(product(*ranges)), dtype=float)
    images = (fractions[None] + shifts[:, None]).reshape(-1, 3)
    margin = reach / height + 1e-9
    near = ((images > -margin) & (images < 1.0 + margin) | ~np.array(periodic)).all(axis=1)
    index = np.tile(np.arange(len(points)), len(shifts))[near]
    found = cKDTree(fractions @ box).sparse_distance_matrix(cKDTree(images[near] @ box), reach, output_type="ndarray")
    first, second, distance = found["i"].astype(np.int64), index[found["j"]], found["v"]
    apart = ~((first == second) & (distance < 1e-6))
    return first[apart], second[apart], distance[apart]


def _group(distance: Floats) -> tuple[Ints, Floats]:
    """Return the shell of each distance and the mean distance of each shell."""
    if not len(distance):
        return np.empty(0, dtype=np.int64), np.empty(0)
    order = np.argsort(distance, kind="stable")
    step = np.diff(distance[order]) > GAP * distance[order[0]]
    label = np.empty(len(distance), dtype=np.int64)
    label[order] = np.concatenate([[0], np.cumsum(step)])
    return label, np.bincount(label, weights=distance) / np.bincount(label)
