r"""Chemical short-range order: which species are next to which, against random labels.

Warren-Cowley parameters of ordered pairs a -> b in shells of distance or among nearest neighbors,
:math:`\alpha_{ij} = 1 - p_{ij}/c_j`: < 0 where i and j attract each other, for i = j clustering.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.core.checks import check_finite
from entrox.core.interrupts import deferred_interrupt
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.relabeling_comparison import Side, compare_with_relabelings
from entrox.order.local_entropy.scan_input import check_points, point_notices
from entrox.order.neighbors.cell_lists import images_overlap
from entrox.order.neighbors.listed._kernels import pair_counts
from entrox.order.neighbors.neighbor_lists import (
    ListedNeighbors,
    iter_nearest,
    iter_spheres,
    nearest_cell_list,
    sphere_cell_list,
)
from entrox.order.neighbors.threads import available_threads, in_order
from entrox.order.point_set import PointSet

__all__ = ["DEFAULT_SHELLS_NM", "PairOrder", "pair_order"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_SHELLS_NM = (0.0, 0.3, 0.5, 1.0)
LISTED_PAIRS = 200_000_000
"""Pairs that are kept in memory for relabeling (5 bytes each); beyond, every relabeling searches anew."""
PAIR_AXES = ("shell", "center", "neighbor")


@dataclass(frozen=True, kw_only=True)
class PairOrder(Result):
    r"""Pairs of species in shells, with their order parameters and null.

    All parameters are zero on average for random labels. With :math:`p_{ij} = n_{ij} / \sum_j n_{ij}` and the reference
    of a finite set :math:`c^*_{ij} = (M_j - \delta_{ij})/(N - 1)`:

    - ``warren_cowley``: :math:`1 - n_{ij}/E[n_{ij}]`, :math:`E[n_{ij}] = P M_i (M_j - \delta_{ij}) / (N (N - 1))`;
      symmetric, and exactly zero on average;
    - ``warren_cowley_row``: :math:`1 - p_{ij}/c^*_{ij}`;
    - ``warren_cowley_bulk``: :math:`1 - p_{ij}/c_j` with bulk fractions, the textbook value of an infinite crystal;
    - ``generalized``: :math:`(p_{ij} - c^*_{ij})/(\delta_{ij} - c^*_{ij})`, > 0 on the diagonal for clustering, > 0
      off it for avoidance.
    """

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    shell_lower_nm: Floats = quantity("nm", "lower edge of the shell, excluded", axes=("shell",))
    shell_upper_nm: Floats = quantity("nm", "upper edge of the shell, included", axes=("shell",))
    neighbors_k: int | None = quantity("1", "nearest neighbors of a pair count; None for shells")
    n_pairs: Ints = quantity("1", "ordered pairs", axes=("shell",))
    pair_counts: Ints = quantity("1", "ordered pairs of species", axes=PAIR_AXES)
    expected: Floats = quantity("1", "ordered pairs of species for random labels", axes=PAIR_AXES)
    warren_cowley: Floats = quantity("1", "Warren-Cowley parameter, symmetric", axes=PAIR_AXES)
    warren_cowley_row: Floats = quantity("1", "Warren-Cowley parameter by rows", axes=PAIR_AXES)
    warren_cowley_bulk: Floats = quantity("1", "Warren-Cowley parameter with bulk fractions", axes=PAIR_AXES)
    generalized: Floats = quantity("1", "generalized order parameter", axes=PAIR_AXES)
    sd_null: Floats = quantity("1", "standard deviation of the symmetric parameter", axes=PAIR_AXES)
    z: Floats = quantity("1", "symmetric parameter in standard deviations", axes=PAIR_AXES)
    p: Floats = quantity("1", "p value of the symmetric parameter", axes=PAIR_AXES)
    p_adjusted: Floats = quantity("1", "p value adjusted for all pairs and shells", axes=PAIR_AXES)
    sd_row_null: Floats = quantity("1", "standard deviation of the parameter by rows", axes=PAIR_AXES)
    z_row: Floats = quantity("1", "parameter by rows in standard deviations", axes=PAIR_AXES)
    p_row: Floats = quantity("1", "p value of the parameter by rows", axes=PAIR_AXES)
    family_p: float = quantity("1", "p value of all pairs and shells together")
    n_atoms: int = quantity("1", "counted points")
    n_relabel: int = quantity("1", "relabelings")
    notices: tuple[str, ...] = ()


def pair_order(
    points: PointSet,
    shells_nm: ArrayLike | None = None,
    k: int | None = None,
    n_relabel: int = 499,
    *,
    strata: float | NDArray[np.integer] | None = None,
    events: bool = True,
    side: Side = "two-sided",
    threads: int | None = None,
    rng: np.random.Generator | None = None,
) -> PairOrder:
    """Count pairs of species in shells or among nearest neighbors, and compare them with random labels.

    Parameters
    ----------
    points
        At least 100 points of at least two species; any cell, periodic directions included.
    shells_nm
        Edges of adjoining shells, ascending, shape ``(n_shells + 1,)``, or one pair (lower, upper) per shell, shape
        ``(n_shells, 2)``; a shell excludes its lower edge and includes its upper one. 0, 0.3, 0.5, 1 nm by default.
    k
        Instead of shells: the k nearest neighbors of each point, with all others as far as the k-th.
    n_relabel
        Relabelings; 0 for none.
    strata, events
        How points are relabeled, see :class:`~entrox.order.local_entropy.relabeling.Relabeler`. Pairs of one event
        never count.
    side
        ``two-sided``, or only ``lower`` (attraction) or ``upper`` (avoidance) parameters.
    threads
        Threads; all that the process may use by default. No number depends on it.
    rng
        Needed for relabelings.

    Returns
    -------
    PairOrder
        Counts and parameters, shape ``(n_shells, n_species, n_species)``.

    Raises
    ------
    InputError
        If the points cannot tell about mixing, or a number is out of range.

    Notes
    -----
    J. M. Cowley, Phys. Rev. 77, 669 (1950); the generalized form is that of D. de Fontaine, J. Appl. Cryst. 4, 15
    (1971), with the reference of a finite set.
    """
    check_points(points)
    notices = point_notices(points, events)
    check_integer(n_relabel, "n_relabel", low=0)
    if n_relabel and rng is None:
        raise InputError("relabelings need a random generator: pass rng=entrox.core.generator(seed), or n_relabel=0.")
    search = _search(points, shells_nm, k, available_threads(threads))
    pieces, counts = _count(search, points.labels)
    relabeler = Relabeler(points, strata, events)
    draws = _relabeled(search, pieces, relabeler, n_relabel, rng)
    expected, more = _expected(search, counts, draws, relabeler)
    notices += more
    symmetric, row = _symmetric(counts, expected), _row(points, counts)
    # A pair counts twice in a shell, as i-j and j-i: the family holds each once.
    unique = np.ones(counts.shape, dtype=bool) if k is not None else np.triu(np.ones(counts.shape[1:], bool))[None]
    tested = compare_with_relabelings(
        symmetric,
        _symmetric(draws, expected),
        side,
        family=np.broadcast_to(unique, counts.shape),
        exact_mean=np.where(np.isfinite(expected), 0.0, np.nan),
    )
    by_row = compare_with_relabelings(row, _row(points, draws), side)
    adjusted = tested.p_adjusted
    if k is None:
        adjusted = np.where(np.isfinite(adjusted), adjusted, np.swapaxes(adjusted, 1, 2))
    share = _shares(counts)
    reference = _reference(points)
    return PairOrder(
        species=points.species,
        totals=points.totals,
        shell_lower_nm=search.lower,
        shell_upper_nm=search.upper,
        neighbors_k=k,
        n_pairs=counts.sum(axis=(1, 2)),
        pair_counts=counts,
        expected=expected,
        warren_cowley=symmetric,
        warren_cowley_row=row,
        warren_cowley_bulk=1.0 - share / (points.totals / len(points)),
        generalized=(share - reference) / (np.eye(len(points.species)) - reference),
        sd_null=tested.sd,
        z=tested.z,
        p=tested.p,
        p_adjusted=adjusted,
        sd_row_null=by_row.sd,
        z_row=by_row.z,
        p_row=by_row.p,
        family_p=tested.family_p,
        n_atoms=len(points),
        n_relabel=n_relabel,
        notices=notices,
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """Which pairs are counted: rings of distance between ``radii``, added up to shells."""

    points: PointSet
    lower: Floats
    upper: Floats
    radii: Floats
    k: int | None
    threads: int

    def pieces(self) -> tuple[NDArray[np.integer], Iterable[ListedNeighbors]]:
        """Points in sorted order, and the neighbors of each."""
        if self.k is not None:
            cells = nearest_cell_list(self.points, self.k)
            return cells.order, iter_nearest(self.points, cells, self.k, same_event=False, threads=self.threads)
        cells = sphere_cell_list(self.points, float(self.radii[-1]), n_species=1)
        return cells.order, iter_spheres(self.points, cells, self.radii, same_event=False, threads=self.threads)

    def shells(self, rings: Ints) -> Ints:
        """Add rings up to shells, shape ``(n_shells, n_species, n_species)``."""
        if self.k is not None:
            return rings
        return np.array(
            [
                rings[(self.radii > a) & (self.radii <= b)].sum(axis=0)
                for a, b in zip(self.lower, self.upper, strict=True)
            ]
        )


def _search(points: PointSet, shells_nm: ArrayLike | None, k: int | None, threads: int) -> _Search:
    """Return the checked search."""
    if k is not None:
        if shells_nm is not None:
            raise InputError("give shells_nm or k, not both: one call counts shells or nearest neighbors.")
        check_integer(k, "k", low=1)
        return _Search(points, np.array([0.0]), np.array([np.nan]), np.empty(0), k, threads)
    shells = check_finite(DEFAULT_SHELLS_NM if shells_nm is None else shells_nm, "shells_nm")
    if shells.ndim == 1 and len(shells) >= 2:
        shells = np.column_stack([shells[:-1], shells[1:]])
    if shells.ndim != 2 or shells.shape[1:] != (2,) or (shells < 0).any() or (shells[:, 1] <= shells[:, 0]).any():
        raise InputError(
            "shells_nm must be ascending edges >= 0, for example [0, 0.3, 0.5], or pairs (lower, upper), for example "
            f"[(0, 0.3), (0, 0.5)]; got {np.asarray(shells).tolist()}."
        )
    return _Search(points, shells[:, 0], shells[:, 1], np.unique(np.append(shells, 0.0)), None, threads)


def _count(search: _Search, labels: NDArray[np.integer]) -> tuple[_Listed, Ints]:
    """Count the pairs; the lists are kept for relabeling unless they grow too large."""
    order, pieces = search.pieces()
    kept: list[ListedNeighbors] | None = []
    rings, by_row, listed = _rings(search), labels[order].astype(np.int16), 0
    for piece in pieces:
        with deferred_interrupt():
            pair_counts(piece.start, piece.neighbor, piece.ring, by_row, piece.first_row, rings)
        listed += len(piece.neighbor)
        if kept is not None:
            kept.append(piece)
        if listed > LISTED_PAIRS:
            kept = None
    return _Listed(order, kept), search.shells(rings)


@dataclass(frozen=True, eq=False)
class _Listed:
    """Points in sorted order and their neighbors, None if there are too many pairs."""

    order: NDArray[np.integer]
    pieces: list[ListedNeighbors] | None


def _rings(search: _Search) -> Ints:
    n_species = len(search.points.species)
    return np.zeros((max(len(search.radii), 1), n_species, n_species), dtype=np.int64)


def _relabeled(
    search: _Search, listed: _Listed, relabeler: Relabeler, n_relabel: int, rng: np.random.Generator | None
) -> Ints:
    """Pair counts of relabeled points, shape ``(n_relabel, n_shells, n_species, n_species)``."""

    def work(seed: int) -> Ints:
        labels = relabeler.draw_seeded(seed)
        order, pieces = (listed.order, listed.pieces) if listed.pieces is not None else search.pieces()
        rings, by_row = _rings(search), labels[order].astype(np.int16)
        for piece in pieces:
            pair_counts(piece.start, piece.neighbor, piece.ring, by_row, piece.first_row, rings)
        return search.shells(rings)

    seeds = [] if rng is None else relabeler.seeds(rng, n_relabel).tolist()
    n_species = len(search.points.species)
    return np.array(list(in_order(work, seeds, search.threads)), dtype=np.int64).reshape(
        n_relabel, len(search.lower), n_species, n_species
    )


def _reference(points: PointSet) -> Floats:
    """Chance that another point is of species j next to one of species i, shape ``(n_species, n_species)``."""
    return np.asarray((points.totals[None, :] - np.eye(len(points.species))) / (len(points) - 1))


def _expected(search: _Search, counts: Ints, draws: Ints, relabeler: Relabeler) -> tuple[Floats, tuple[str, ...]]:
    """Pairs expected for random labels, and what a reader must know about them."""
    points = search.points
    exact = counts.sum(axis=(1, 2))[:, None, None] * (points.totals / len(points))[:, None] * _reference(points)
    if not relabeler.is_simple:
        notice = "labels move by events or inside strata: expected pairs are the mean of the relabelings"
        return (draws.mean(axis=0) if len(draws) else np.full(counts.shape, np.nan)), (notice,)
    # An atom and its own image share their label: a sphere of radius r / 2 that holds both of them is r away.
    if search.k is None and images_overlap(points, float(search.upper.max()) / 2.0):
        return exact, ("atoms are neighbors of their own images: use a larger box, z and p are not exact",)
    return exact, ()


def _symmetric(counts: Ints, expected: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1.0 - counts / expected, np.nan))


def _shares(counts: Ints) -> Floats:
    """Share of each species among the neighbors of each species; NaN without neighbors."""
    with np.errstate(invalid="ignore"):
        return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _row(points: PointSet, counts: Ints) -> Floats:
    reference = _reference(points)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(reference > 0, 1.0 - _shares(counts) / reference, np.nan))
