r"""Mixing entropy of the neighborhood of every atom: spheres around each, or its nearest neighbors.

.. math:: S(r) = \sum_a \eta_a S_a, \quad S_a = -\sum_i \frac{n_{ai}}{N_a} \ln \frac{n_{ai}}{N_a}

with the atoms of species i at most r from atom a. The areas overlap, so that the weights :math:`N_a / N` of disjoint
areas do not sum to one: here every atom is one center, :math:`\eta_a = 1/n`, or :math:`\eta_a = N_a / \sum_a N_a`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range, check_integer
from entrox.order.local_entropy.area_sums import AreaSums, EntropyTables, weighted_means
from entrox.order.local_entropy.estimators import bulk_entropy
from entrox.order.local_entropy.neighborhood_result import NeighborhoodEntropy, Weight
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.relabeling_comparison import SIDE_OF_ENTROPY, compare_with_relabelings
from entrox.order.local_entropy.scan_input import check_points, point_notices
from entrox.order.local_entropy.significance import Alternative, check_alternative
from entrox.order.neighbors._kernels import CellList
from entrox.order.neighbors.cell_lists import images_overlap, wall_distance
from entrox.order.neighbors.listed._kernels import count_listed
from entrox.order.neighbors.neighbor_lists import (
    ListedNeighbors,
    SphereCounts,
    check_radii,
    iter_nearest,
    iter_sphere_counts,
    iter_spheres,
    nearest_cell_list,
    sphere_cell_list,
)
from entrox.order.neighbors.threads import available_threads, in_order
from entrox.order.point_set import PointSet

__all__ = ["DEFAULT_RADII_NM", "NeighborhoodEntropy", "Weight", "neighborhood_entropy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]

DEFAULT_RADII_NM = (0.5, 1.0, 1.5)
LISTED_PAIRS = 100_000_000
"""Pairs that are kept in memory for relabeling (5 bytes each); beyond, every relabeling searches anew."""


@dataclass(frozen=True, eq=False)
class _Question:
    """What is counted, and how."""

    points: PointSet
    radii: Floats
    k: int | None
    include_center: bool
    weight: Weight
    margin_nm: float
    threads: int

    @property
    def n_radii(self) -> int:
        return len(self.radii) if self.k is None else 1

    def cells(self, labels: NDArray[np.integer] | None = None) -> CellList:
        if self.k is not None:
            return nearest_cell_list(self.points, self.k)
        return sphere_cell_list(self.points, float(self.radii[-1]), labels)

    def lists(self, cells: CellList) -> Iterator[ListedNeighbors]:
        """Neighbors of every point, in sorted order."""
        if self.k is not None:
            return iter_nearest(self.points, cells, self.k, threads=self.threads)
        return iter_spheres(self.points, cells, self.radii, threads=self.threads)


def neighborhood_entropy(
    points: PointSet,
    radii_nm: Sequence[float] | None = None,
    *,
    k: int | None = None,
    include_center: bool = True,
    weight: Weight = "atom",
    margin_nm: float = 0.0,
    n_relabel: int = 0,
    per_atom: bool = False,
    strata: float | NDArray[np.integer] | None = None,
    events: bool = True,
    alternative: Alternative = "two-sided",
    threads: int | None = None,
    progress: Progress | None = None,
    rng: np.random.Generator | None = None,
) -> NeighborhoodEntropy:
    r"""Mixing entropy of the neighborhood of every atom, against random labels.

    Parameters
    ----------
    points
        At least 100 points of at least two species; any cell, periodic directions included.
    radii_nm
        Radii of the spheres [nm], counted in one pass; 0.5, 1 and 1.5 nm by default. A pair exactly at the radius is
        inside. In a periodic cell spheres reach over as many images as they need.
    k
        Instead of radii: the k nearest neighbors, with all others as far as the k-th.
    include_center
        Whether the atom in the center is counted; it pulls the area towards its own species.
    weight
        ``atom``: every center counts the same; ``count``: centers count by the points of their area.
    margin_nm
        Atoms closer than this to an open face of the box are no centers (their spheres are cut).
    n_relabel
        Relabelings for the spread of the null, z and p; 0 for none.
    per_atom
        Whether the entropies of single atoms are kept, shape ``(n_radii, n)``.
    strata
        Relabel only inside strata: thickness of slabs along z [nm] or the stratum of each point.
    events
        Whether the points of one event are relabeled together.
    alternative
        ``two-sided``, ``segregation`` (entropy below the null) or ``ordering`` (above).
    threads
        Threads; all that the process may use by default. No number depends on it.
    progress
        Called with what is done and what there is to do, in centers and relabelings.
    rng
        Needed for relabelings.

    Returns
    -------
    NeighborhoodEntropy
        ``excess_information`` > 0 means segregation, < 0 better mixing than random.

    Raises
    ------
    InputError
        If the points cannot tell about mixing, both radii and k are given, or a number is out of range.

    Notes
    -----
    For random labels the points of a sphere follow the hypergeometric law (the label of the center is random too), so
    that the null entropy is exact from the numbers N_a alone. Overlapping areas are no independent samples: the
    standard deviation over centers says nothing about the error of the mean.
    """
    check_points(points)
    question = _question(points, radii_nm, k, include_center, weight, margin_nm, threads)
    check_integer(n_relabel, "n_relabel", low=0)
    check_alternative(alternative)
    if n_relabel and rng is None:
        raise InputError("relabelings need a random generator: pass rng=entrox.core.generator(seed).")
    observed = _observe(question, per_atom, n_relabel, progress)
    relabeler = Relabeler(points, strata, events)
    entropy, corrected = weighted_means(observed.sums)
    informative = _informative(question, observed)
    exact, more = _exact_null(question, observed, relabeler)
    notices = point_notices(points, events) + more
    draws = _relabeled(question, observed, relabeler, n_relabel, progress, rng) if n_relabel else None
    blank = np.where(informative, 0.0, np.nan)
    tested = compare_with_relabelings(
        entropy + blank,
        np.empty((0, question.n_radii)) if draws is None else draws,
        SIDE_OF_ENTROPY[alternative],
        family=informative,
        exact_mean=exact,
    )
    null = np.where(np.isfinite(exact), exact, tested.mean) + blank
    low, middle, high = observed.sums.quantiles((0.05, 0.5, 0.95))
    with np.errstate(invalid="ignore"):
        mean_points = observed.sums.n_points / observed.sums.n_areas
    return NeighborhoodEntropy(
        species=points.species,
        totals=points.totals,
        radius_nm=question.radii if k is None else np.array([observed.mean_distance]),
        neighbors_k=k,
        informative=informative,
        n_centers=observed.sums.n_areas,
        n_isolated=observed.n_isolated,
        n_per_area_mean=mean_points,
        n_per_area_q05=low,
        n_per_area_q50=middle,
        n_per_area_q95=high,
        entropy=entropy + blank,
        entropy_sd=observed.sums.sd + blank,
        entropy_corrected=corrected + blank,
        entropy_null=null,
        sd_null=tested.sd,
        excess_information=null - entropy,
        z=tested.z,
        p=tested.p,
        p_adjusted=tested.p_adjusted,
        family_p=tested.family_p,
        entropy_bulk=bulk_entropy(points.totals),
        n_atoms=len(points),
        n_relabel=n_relabel,
        margin_nm=margin_nm,
        include_center=include_center,
        weight=weight,
        alternative=alternative,
        entropy_per_atom=observed.entropy_per_atom,
        n_per_atom=observed.n_per_atom,
        notices=notices + _notices(question, informative),
    )


def _question(
    points: PointSet,
    radii_nm: Sequence[float] | None,
    k: int | None,
    include_center: bool,
    weight: Weight,
    margin_nm: float,
    threads: int | None,
) -> _Question:
    """Return the checked question."""
    if radii_nm is not None and k is not None:
        raise InputError("give radii_nm or k, not both: one call counts spheres or nearest neighbors.")
    if k is not None:
        check_integer(k, "k", low=1)
    if weight not in get_args(Weight):
        raise InputError(f"weight must be one of {', '.join(get_args(Weight))}; got {weight!r}.")
    margin = check_in_range(margin_nm, "margin_nm", low=0.0, unit="nm")
    radii = np.empty(0) if k is not None else check_radii(DEFAULT_RADII_NM if radii_nm is None else radii_nm)
    return _Question(points, radii, k, include_center, weight, margin, available_threads(threads))


@dataclass(eq=False)
class _Observed:
    """What was counted with the labels as they are."""

    cells: CellList
    sums: AreaSums
    n_isolated: Ints
    entropy_per_atom: Floats | None
    n_per_atom: NDArray[np.int32] | None
    mean_distance: float = float("nan")
    largest_distance: float = 0.0


def _observe(question: _Question, per_atom: bool, n_relabel: int, progress: Progress | None) -> _Observed:
    """Count around every point and add up the entropies."""
    points, n_radii = question.points, question.n_radii
    cells = question.cells()
    observed = _Observed(
        cells,
        AreaSums(n_radii, question.weight == "count"),
        np.zeros(n_radii, dtype=np.int64),
        np.full((n_radii, len(points)), np.nan) if per_atom else None,
        np.zeros((n_radii, len(points)), dtype=np.int32) if per_atom else None,
    )
    tables = EntropyTables()
    for piece in _counted(question, cells, observed):
        rows = cells.order[piece.first_row : piece.first_row + len(piece.counts)]
        kept, counts = _area_counts(question, rows, piece.counts, points.labels)
        areas = tables.entropies(counts)
        observed.sums.add(areas)
        observed.n_isolated += (areas.n_points == int(question.include_center)).sum(axis=0)
        if observed.entropy_per_atom is not None and observed.n_per_atom is not None:
            observed.entropy_per_atom[:, rows[kept]] = areas.plugin.T
            observed.n_per_atom[:, rows[kept]] = areas.n_points.T
        if progress is not None:
            progress(piece.first_row + len(piece.counts), len(points) + n_relabel)
    if question.margin_nm > 0.0 and all(len(counts) == 1 and counts[0] == 0 for counts in observed.sums.histogram):
        raise InputError(
            f"margin_nm = {question.margin_nm:g} leaves no centers: no atom is that far from the open faces. Take a "
            "smaller margin."
        )
    return observed


def _counted(question: _Question, cells: CellList, observed: _Observed) -> Iterator[SphereCounts]:
    """Counts around every point, in sorted order."""
    points = question.points
    if question.k is None:
        yield from iter_sphere_counts(points, cells, question.radii, question.threads)
        return
    labels = points.labels[cells.order].astype(np.int16)
    total = 0.0
    for piece in question.lists(cells):
        farthest = piece.distance_nm[piece.start[1:] - 1]
        total += float(farthest.sum())
        observed.largest_distance = max(observed.largest_distance, float(farthest.max()))
        yield SphereCounts(piece.first_row, _listed_counts(piece, labels, 1, len(points.species)))
    observed.mean_distance = total / len(points)


def _listed_counts(
    piece: ListedNeighbors, labels: NDArray[np.integer], n_radii: int, n_species: int
) -> NDArray[np.int32]:
    """Counts of listed neighbors and their centers; ``labels`` are those of the sorted points."""
    counts = np.empty((len(piece.start) - 1, n_radii, n_species), dtype=np.int32)
    count_listed(piece.start, piece.neighbor, piece.ring, labels, piece.first_row, counts)
    return counts


def _area_counts(
    question: _Question, rows: NDArray[np.integer], counts: NDArray[np.int32], labels: NDArray[np.integer]
) -> tuple[NDArray[np.bool_] | slice, NDArray[np.int32]]:
    """Choose the centers that count, and take the center itself out if it does not belong to its area."""
    if not question.include_center:
        counts[np.arange(len(rows)), :, labels[rows]] -= 1
    if question.margin_nm == 0.0:
        return slice(None), counts
    kept = wall_distance(question.points, rows) >= question.margin_nm
    return kept, counts[kept]


def _informative(question: _Question, observed: _Observed) -> NDArray[np.bool_]:
    """Radii at which areas hold more than one point and less than all; images of points are points of their own."""
    found = []
    for counts, repeated in zip(observed.sums.histogram, _repeated(question, observed), strict=True):
        sizes = 1 + np.flatnonzero(counts[1:])
        found.append(bool(sizes.size) and sizes[-1] > 1 and bool(repeated or sizes[0] < len(question.points)))
    return np.array(found)


def _repeated(question: _Question, observed: _Observed) -> NDArray[np.bool_]:
    """Whether spheres of each radius hold several images of one point."""
    radii = question.radii if question.k is None else np.array([observed.largest_distance])
    return np.array([images_overlap(question.points, float(radius)) for radius in radii])


def _exact_null(question: _Question, observed: _Observed, relabeler: Relabeler) -> tuple[Floats, tuple[str, ...]]:
    """Null entropy by the hypergeometric law, NaN where it does not hold, and why."""
    nothing = np.full(question.n_radii, np.nan)
    if not relabeler.is_simple:
        return nothing, ("labels move by events or inside strata: the null entropy is the mean of the relabelings",)
    radii = question.radii if question.k is None else np.array([observed.largest_distance])
    repeated = _repeated(question, observed)
    exact = nothing
    if not repeated.all():
        # A sphere with two images of one point may hold more points than there are.
        held = AreaSums(question.n_radii, observed.sums.by_count)
        held.histogram = [
            np.zeros(1, dtype=np.int64) if twice else counts
            for twice, counts in zip(repeated, observed.sums.histogram, strict=True)
        ]
        exact = held.null(question.points.totals)
    if repeated.any():
        return exact, (
            f"from r = {float(radii[np.argmax(repeated)]):g} nm on, spheres hold several images of one atom: there the "
            "null entropy is the mean of the relabelings; a larger box avoids it",
        )
    return exact, ()


def _relabeled(
    question: _Question,
    observed: _Observed,
    relabeler: Relabeler,
    n_relabel: int,
    progress: Progress | None,
    rng: np.random.Generator | None,
) -> Floats:
    """Entropies of relabeled points, shape ``(n_relabel, n_radii)``."""
    assert rng is not None
    seeds = relabeler.seeds(rng, n_relabel)
    listed = observed.sums.n_points.max() <= LISTED_PAIRS
    pieces = list(question.lists(observed.cells)) if listed else []

    def work(seed: np.uint64) -> Floats:
        labels = relabeler.draw_seeded(int(seed))
        sums, tables = AreaSums(question.n_radii, question.weight == "count"), EntropyTables()
        for rows, counts in _counts_of(question, observed.cells, pieces, labels, listed):
            sums.add(tables.entropies(_area_counts(question, rows, counts, labels)[1]))
        return weighted_means(sums)[0]

    draws = np.empty((n_relabel, question.n_radii))
    for number, found in enumerate(in_order(work, seeds.tolist(), question.threads)):
        draws[number] = found
        if progress is not None:
            progress(len(question.points) + number + 1, len(question.points) + n_relabel)
    return draws


def _counts_of(
    question: _Question,
    cells: CellList,
    pieces: list[ListedNeighbors],
    labels: NDArray[np.integer],
    listed: bool,
) -> Iterator[tuple[NDArray[np.integer], NDArray[np.int32]]]:
    """Counts with other labels: from the neighbors in memory, or by a new search."""
    n_species = len(question.points.species)
    if question.k is None and not listed:
        anew = sphere_cell_list(question.points, float(question.radii[-1]), labels)
        for found in iter_sphere_counts(question.points, anew, question.radii):
            yield anew.order[found.first_row : found.first_row + len(found.counts)], found.counts
        return
    by_row = labels[cells.order].astype(np.int16)
    for piece in pieces if listed else question.lists(cells):
        rows = cells.order[piece.first_row : piece.first_row + len(piece.start) - 1]
        yield rows, _listed_counts(piece, by_row, question.n_radii, n_species)


def _notices(question: _Question, informative: NDArray[np.bool_]) -> tuple[str, ...]:
    """What a reader must know about the radii."""
    if informative.all():
        return ()
    if question.k is not None:
        return ("every neighborhood holds all points: it says nothing about mixing",)
    bad = ", ".join(f"{radius:g}" for radius in question.radii[~informative])
    return (f"no information at r = {bad} nm: every sphere holds one point, or all of them",)
