r"""Distance to the k-th neighbor of each species, against random labels and against Poisson points.

.. math:: P(d_k > r) = \sum_{m < k} \frac{e^{-q} q^m}{m!}, \quad q = \tfrac{4}{3} \pi \rho r^3
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gamma, gammaincc
from scipy.stats import binom

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.core.checks import check_finite
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.relabeling_comparison import compare_with_relabelings
from entrox.order.local_entropy.scan_input import check_points, point_notices
from entrox.order.neighbors.cell_lists import box_volume, build_cell_list
from entrox.order.neighbors.listed._kernels import kth_of_species
from entrox.order.neighbors.neighbor_lists import ListedNeighbors, iter_nearest, nearest_cell_list
from entrox.order.neighbors.threads import available_threads, in_order
from entrox.order.point_set import PointSet

__all__ = ["NeighborDistances", "neighbor_distances", "poisson_mean_distance", "poisson_survival"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PAIR_AXES = ("center", "neighbor")
BIN_AXES = ("center", "neighbor", "distance")

N_BINS = 100
MOST_LISTED = 256
"""Neighbors that are listed for each point; where a list holds too few of a species, they are searched for."""


@dataclass(frozen=True, kw_only=True)
class NeighborDistances(Result):
    """Distances from atoms of one species to their k-th neighbor of another, with null and Poisson law.

    ``z`` < 0 means that the neighbor is nearer than for random labels. The Poisson law is that of the mean density of
    the box, which a patchy cloud or a lattice does not follow; the relabelings keep the positions.
    """

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    neighbors_k: int = quantity("1", "which neighbor")
    edge_nm: Floats = quantity("nm", "edges of the distance bins", axes=("edge",))
    frequency: Ints = quantity("1", "centers with the distance in the bin", axes=BIN_AXES)
    frequency_null: Floats = quantity("1", "the same for relabeled points, mean", axes=BIN_AXES)
    n_without: Ints = quantity("1", "centers without such a neighbor", axes=PAIR_AXES)
    mean_nm: Floats = quantity("nm", "mean distance", axes=PAIR_AXES)
    mean_null_nm: Floats = quantity("nm", "mean distance of relabeled points", axes=PAIR_AXES)
    sd_null_nm: Floats = quantity("nm", "standard deviation of the mean distance over relabelings", axes=PAIR_AXES)
    mean_poisson_nm: Floats = quantity("nm", "mean distance of Poisson points", axes=PAIR_AXES)
    z: Floats = quantity("1", "deviation of the mean from the null in its standard deviations", axes=PAIR_AXES)
    p: Floats = quantity("1", "p value of one pair", axes=PAIR_AXES)
    p_adjusted: Floats = quantity("1", "p value adjusted for all pairs", axes=PAIR_AXES)
    family_p: float = quantity("1", "p value of all pairs together")
    n_atoms: int = quantity("1", "counted points")
    n_relabel: int = quantity("1", "relabelings")
    notices: tuple[str, ...] = ()


def poisson_survival(distance_nm: ArrayLike, k: int, density_per_nm3: float) -> Floats:
    r"""Probability that the k-th neighbor of a Poisson point is farther than a distance.

    Parameters
    ----------
    distance_nm
        Distances, any shape.
    k
        Which neighbor, >= 1.
    density_per_nm3
        Points per volume.

    Returns
    -------
    ndarray
        :math:`\sum_{m<k} e^{-q} q^m / m!`, shape of ``distance_nm``.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> round(float(poisson_survival(0.0, 3, 30.0)), 3)
    1.0
    """
    check_integer(k, "k", low=1)
    check_positive(density_per_nm3, "density_per_nm3", "1/nm^3")
    distance = check_finite(distance_nm, "distance_nm")
    return np.asarray(gammaincc(k, 4.0 / 3.0 * np.pi * density_per_nm3 * distance**3))[()]


def poisson_mean_distance(k: int, density_per_nm3: ArrayLike) -> Floats:
    """Mean distance of the k-th neighbor of Poisson points [nm], shape of ``density_per_nm3``."""
    volume = 4.0 / 3.0 * np.pi * np.asarray(density_per_nm3, dtype=float)
    return np.asarray(gamma(k + 1.0 / 3.0) / gamma(k) * volume ** (-1.0 / 3.0))


def neighbor_distances(
    points: PointSet,
    k: int = 1,
    n_relabel: int = 499,
    *,
    strata: float | NDArray[np.integer] | None = None,
    events: bool = True,
    threads: int | None = None,
    rng: np.random.Generator | None = None,
) -> NeighborDistances:
    """Distance of every atom to its k-th neighbor of each species, by species of the atom.

    Parameters
    ----------
    points
        At least 100 points of at least two species; any cell, periodic directions included.
    k
        Which neighbor.
    n_relabel
        Relabelings; 0 for none.
    strata, events
        How points are relabeled, see :class:`~entrox.order.local_entropy.relabeling.Relabeler`. Points of the atom's
        own event are no neighbors.
    threads
        Threads; all that the process may use by default. No number depends on it.
    rng
        Needed for relabelings.

    Returns
    -------
    NeighborDistances
        Histograms, means and their deviation from random labels, one per ordered pair of species.

    Raises
    ------
    InputError
        If the points cannot tell about mixing or a number is out of range.
    """
    check_points(points)
    notices = point_notices(points, events)
    check_integer(k, "k", low=1, high=len(points) - 1)
    check_integer(n_relabel, "n_relabel", low=0)
    if n_relabel and rng is None:
        raise InputError("relabelings need a random generator: pass rng=entrox.core.generator(seed), or n_relabel=0.")
    search = _Search(points, k, available_threads(threads))
    distances = search.kth_distances(points.labels, search.threads)
    finite = distances[np.isfinite(distances)]
    edges = np.linspace(0.0, float(finite.max()) * (1.0 + 1e-9) if finite.size else 1.0, N_BINS + 1)
    mean, frequency, without = _by_pair(distances, points.labels[search.order], len(points.species), edges)
    relabeler = Relabeler(points, strata, events)

    def work(seed: int) -> tuple[Floats, Ints]:
        labels = relabeler.draw_seeded(seed)
        return _by_pair(search.kth_distances(labels, 1), labels[search.order], len(points.species), edges)[:2]

    draws, frequency_null = np.empty((n_relabel, *mean.shape)), np.zeros(frequency.shape)
    seeds = [] if rng is None else relabeler.seeds(rng, n_relabel).tolist()
    for number, (drawn, histogram) in enumerate(in_order(work, seeds, search.threads)):
        draws[number] = drawn
        frequency_null += histogram / n_relabel
    tested = compare_with_relabelings(mean, draws)
    return NeighborDistances(
        species=points.species,
        totals=points.totals,
        neighbors_k=k,
        edge_nm=edges,
        frequency=frequency,
        frequency_null=frequency_null if n_relabel else np.full(frequency.shape, np.nan),
        n_without=without,
        mean_nm=mean,
        mean_null_nm=tested.mean,
        sd_null_nm=tested.sd,
        mean_poisson_nm=np.broadcast_to(poisson_mean_distance(k, points.totals / box_volume(points)), mean.shape),
        z=tested.z,
        p=tested.p,
        p_adjusted=tested.p_adjusted,
        family_p=tested.family_p,
        n_atoms=len(points),
        n_relabel=n_relabel,
        notices=notices,
    )


class _Search:
    """The nearest neighbors of every point, whatever their species, from which every labeling is read."""

    def __init__(self, points: PointSet, k: int, threads: int) -> None:
        self.points, self.k, self.threads = points, k, threads
        rarest = points.totals.min() / len(points)
        listed = k
        # So many that hardly any list holds fewer than k of the rarest species.
        while binom.cdf(k - 1, listed, rarest) > 1e-5 and listed < min(MOST_LISTED, len(points) - 1):
            listed += max(listed // 8, 1)
        listed = max(min(listed, MOST_LISTED, len(points) - 1), k)
        cells = nearest_cell_list(points, listed)
        self.order = cells.order
        self.pieces: list[ListedNeighbors] = list(
            iter_nearest(points, cells, listed, same_event=False, threads=threads)
        )

    def kth_distances(self, labels: NDArray[np.integer], threads: int) -> Floats:
        """Distances in sorted order, shape ``(n, n_species)``; NaN where there is no such neighbor."""
        n_species = len(self.points.species)
        by_row = labels[self.order].astype(np.int16)
        found = np.empty((len(self.points), n_species))
        for piece in self.pieces:
            rows = slice(piece.first_row, piece.first_row + len(piece.start) - 1)
            kth_of_species(piece.start, piece.neighbor, piece.distance_nm, by_row, self.k, found[rows])
        if np.isnan(found).any():
            self._search_missing(labels, found, threads)
        return found

    def _search_missing(self, labels: NDArray[np.integer], found: Floats, threads: int) -> None:
        """Search for the neighbors that no list holds."""
        points, n_species = self.points, len(self.points.species)
        totals = np.bincount(labels, minlength=n_species)
        edge = (0.5 * (self.k + 1) * box_volume(points) / len(points)) ** (1.0 / 3.0)
        cells = build_cell_list(points, edge, labels=labels, n_species=n_species)
        row_of = np.empty(len(points), dtype=np.int64)
        row_of[cells.order] = np.arange(len(points))
        for kind in range(n_species):
            # Of its own species an atom finds one fewer than there are; without any, a periodic search has no end.
            if totals[kind] <= 1:
                continue
            missing = np.flatnonzero(np.isnan(found[:, kind]))
            rows = row_of[self.order[missing]]
            for piece in iter_nearest(points, cells, self.k, same_event=False, kind=kind, rows=rows, threads=threads):
                enough = np.flatnonzero(np.diff(piece.start) >= self.k)
                found[missing[piece.first_row + enough], kind] = piece.distance_nm[piece.start[enough] + self.k - 1]


def _by_pair(
    distances: Floats, labels: NDArray[np.integer], n_species: int, edges: Floats
) -> tuple[Floats, Ints, Ints]:
    """Mean distance, histogram and number of missing neighbors for every pair of species."""
    n_bins = len(edges) - 1
    mean, without = np.full((n_species, n_species), np.nan), np.zeros((n_species, n_species), dtype=np.int64)
    frequency = np.zeros((n_species, n_species, n_bins), dtype=np.int64)
    for center in range(n_species):
        of_center = distances[labels == center]
        for neighbor in range(n_species):
            values = of_center[:, neighbor]
            there = values[np.isfinite(values)]
            without[center, neighbor] = len(values) - len(there)
            if len(there):
                mean[center, neighbor] = there.mean()
                # Beyond the last edge, which is the largest observed distance, relabeled points count in the last bin.
                place = np.minimum((there / edges[-1] * n_bins).astype(np.int64), n_bins - 1)
                frequency[center, neighbor] = np.bincount(place, minlength=n_bins)
    return mean, frequency, without
