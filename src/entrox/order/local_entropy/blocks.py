"""Mixing entropy of disjoint blocks that all hold the same number of atoms, so that they share one counting bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.order.equal_blocks import block_counts, median_split
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate
from entrox.order.local_entropy.null import null_entropy
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.relabeling_comparison import SIDE_OF_ENTROPY, compare_with_relabelings
from entrox.order.local_entropy.scan_input import check_points, point_notices
from entrox.order.local_entropy.significance import Alternative, check_alternative
from entrox.order.neighbors.threads import available_threads, in_order
from entrox.order.point_set import PointSet

__all__ = ["BlockEntropy", "block_entropy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class BlockEntropy(Result):
    """Mixing entropy of blocks of equal numbers of atoms, with its null; one entry per number."""

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    n_per_block: Ints = quantity("1", "points per block", axes=("size",))
    n_blocks: Ints = quantity("1", "blocks", axes=("size",))
    n_left_out: Ints = quantity("1", "points in no block", axes=("size",))
    block_edge_nm: Floats = quantity("nm", "edge of a cube as large as a block, median", axes=("size",))
    informative: NDArray[np.bool_] = quantity("1", "number enters the family of tests", axes=("size",))
    entropy: Floats = quantity("R", "mean entropy of blocks", axes=("size",))
    entropy_sd: Floats = quantity("R", "standard deviation over blocks", axes=("size",))
    entropy_corrected: Floats = quantity("R", "entropy with Grassberger's correction", axes=("size",))
    entropy_null: Floats = quantity("R", "entropy of the relabeled points", axes=("size",))
    sd_null: Floats = quantity("R", "standard deviation over relabelings", axes=("size",))
    excess_information: Floats = quantity("R", "null entropy minus entropy", axes=("size",))
    z: Floats = quantity("1", "deviation from the null in its standard deviations", axes=("size",))
    p: Floats = quantity("1", "p value of one number", axes=("size",))
    p_adjusted: Floats = quantity("1", "p value adjusted for all numbers", axes=("size",))
    family_p: float = quantity("1", "p value of all numbers together")
    entropy_bulk: float = quantity("R", "entropy of all points together")
    n_atoms: int = quantity("1", "counted points")
    n_relabel: int = quantity("1", "relabelings")
    alternative: str
    notices: tuple[str, ...] = ()


def block_entropy(
    points: PointSet,
    n_per_block: int | Sequence[int],
    *,
    n_relabel: int = 0,
    strata: float | NDArray[np.integer] | None = None,
    events: bool = True,
    alternative: Alternative = "two-sided",
    threads: int | None = None,
    rng: np.random.Generator | None = None,
) -> BlockEntropy:
    """Mixing entropy of disjoint blocks of exactly n atoms, against random labels.

    Parameters
    ----------
    points
        At least 100 points of at least two species.
    n_per_block
        Points per block, one number or several.
    n_relabel
        Relabelings for the spread of the null, z and p; 0 for none.
    strata, events
        How points are relabeled, see :class:`~entrox.order.local_entropy.relabeling.Relabeler`.
    alternative
        ``two-sided``, ``segregation`` (entropy below the null) or ``ordering`` (above).
    threads
        Threads; all that the process may use by default.
    rng
        Needed for relabelings.

    Returns
    -------
    BlockEntropy
        The null is exact where every event carries one counted atom; else the mean of the relabelings.

    Raises
    ------
    InputError
        If the points cannot tell about mixing or a number is out of range.
    """
    check_points(points)
    notices = point_notices(points, events)
    sizes = np.unique(np.atleast_1d(n_per_block))
    for size in sizes:
        check_integer(size, "n_per_block", low=1, high=len(points))
    check_integer(n_relabel, "n_relabel", low=0)
    check_alternative(alternative)
    if n_relabel and rng is None:
        raise InputError("relabelings need a random generator: pass rng=entrox.core.generator(seed).")
    blocks = [median_split(points, int(size)) for size in sizes]
    counts = [block_counts(block, points.labels, len(points.species)) for block in blocks]
    informative = np.array([size > 1 and len(count) > 1 for size, count in zip(sizes, counts, strict=True)])
    blank = np.where(informative, 0.0, np.nan)
    relabeler = Relabeler(points, strata, events)
    exact = np.full(len(sizes), np.nan)
    if relabeler.is_simple:
        exact = np.atleast_1d(null_entropy(sizes, points.totals))
    else:
        notices += ("labels move by events or inside strata: the null entropy is the mean of the relabelings",)
    if not informative.all():
        notices += ("numbers of one point, or with fewer than two blocks, say nothing about mixing",)
    entropy = np.array([entropy_estimate(count, "plugin").mean() for count in counts])
    tested = compare_with_relabelings(
        entropy + blank,
        _relabeled(points, blocks, relabeler, n_relabel, available_threads(threads), rng),
        SIDE_OF_ENTROPY[alternative],
        family=informative,
        exact_mean=exact,
    )
    null = np.where(np.isfinite(exact), exact, tested.mean) + blank
    return BlockEntropy(
        species=points.species,
        totals=points.totals,
        n_per_block=sizes,
        n_blocks=np.array([len(count) for count in counts]),
        n_left_out=np.array([int((block < 0).sum()) for block in blocks]),
        block_edge_nm=np.array([_median_edge(points, block) for block in blocks]),
        informative=informative,
        entropy=entropy + blank,
        entropy_sd=np.array([_sd(entropy_estimate(count, "plugin")) for count in counts]) + blank,
        entropy_corrected=np.array([entropy_estimate(count).mean() for count in counts]) + blank,
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
        alternative=alternative,
        notices=notices,
    )


def _relabeled(
    points: PointSet,
    blocks: list[NDArray[np.int32]],
    relabeler: Relabeler,
    n_relabel: int,
    threads: int,
    rng: np.random.Generator | None,
) -> Floats:
    """Mean entropies of the blocks of relabeled points, shape ``(n_relabel, n_sizes)``."""

    def work(seed: int) -> list[float]:
        labels = relabeler.draw_seeded(seed)
        counts = (block_counts(block, labels, len(points.species)) for block in blocks)
        return [float(entropy_estimate(count, "plugin").mean()) for count in counts]

    seeds = [] if rng is None else relabeler.seeds(rng, n_relabel).tolist()
    return np.array(list(in_order(work, seeds, threads))).reshape(n_relabel, len(blocks))


def _sd(values: Floats) -> float:
    """Standard deviation over blocks; NaN for one block."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _median_edge(points: PointSet, block: NDArray[np.int32]) -> float:
    """Edge of the cube with the median volume of the blocks' bounding boxes [nm]."""
    inside = np.flatnonzero(block >= 0)
    by_block = inside[np.argsort(block[inside], kind="stable")]
    size = len(inside) // (int(block.max()) + 1)
    volume = np.ones(len(inside) // size)
    for axis in range(3):
        along = points.positions_nm[by_block, axis].reshape(-1, size)
        volume *= along.max(axis=1) - along.min(axis=1)
    return float(np.cbrt(np.median(volume)))
