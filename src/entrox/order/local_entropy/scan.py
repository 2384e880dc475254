"""Mixing entropy of cubes of many sizes, told apart from counting noise.

Entropies in R per mole of counted points; lengths in nm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import spawn_generators
from entrox.core.checks import check_in_range, check_integer
from entrox.order.local_entropy.areas import GridSums
from entrox.order.local_entropy.bootstrap import excess_replicates
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.estimators import bulk_entropy
from entrox.order.local_entropy.maximal_unit import scan_verdict
from entrox.order.local_entropy.relabeled_entropies import RelabeledEntropies, relabeled_entropies
from entrox.order.local_entropy.relabeling import Relabeler, Strata, stratum_numbers
from entrox.order.local_entropy.scan_input import check_points, check_sizes, in_space_order, point_notices, size_notices
from entrox.order.local_entropy.scan_layout import GridLayout, grid_layout, measure_grids
from entrox.order.local_entropy.significance import (
    Alternative,
    Significance,
    check_alternative,
    detectable_excess,
    significance,
)
from entrox.order.point_set import PointSet

__all__ = ["limited_area_entropy"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

POWER = 0.8
"""Power of the detectable excess that every scan carries."""

SMALLEST_SPREAD = 1e-12
"""Below this spread over relabelings [R], labels cannot change the entropy: the size tells nothing."""


def limited_area_entropy(
    points: PointSet,
    sizes_nm: ArrayLike,
    *,
    origins: int = 8,
    n_relabel: int = 499,
    strata: Strata = None,
    events: bool = True,
    alternative: Alternative = "two-sided",
    n_bootstrap: int = 1000,
    block_nm: float | None = None,
    cell_aspect: Sequence[float] = (1.0, 1.0, 1.0),
    alpha: float = 0.05,
    tolerance: float = 0.01,
    threads: int | None = None,
    progress: Progress | None = None,
    rng: np.random.Generator,
) -> EntropyScan:
    r"""Mixing entropy of all occupied cubes of several sizes, with null, significance and confidence limits.

    .. math::
        S(L) = \sum_j \frac{N_j}{N} S_j, \qquad \Delta I(L) = S_\mathrm{null}(L) - S(L)

    The excess information is > 0 for segregation and < 0 for order that mixes better than chance; the raw entropy S
    lies below that of the bulk even in an ideal random alloy.

    Parameters
    ----------
    points
        Counted atoms: at least 100, of at least two species.
    sizes_nm
        Cube sizes [nm], shape ``(n_sizes,)``; all of them form the family of the tests.
    origins
        Grid origins: the smallest coordinates, then a low-discrepancy sequence. The statistic is the mean over them.
    n_relabel
        Relabelings for the spread and the p values; the same ones serve all sizes and origins. 0 leaves both out.
    strata
        Relabel inside slabs of this thickness along z [nm], or inside the strata numbered per point: a second null,
        "random beyond a smooth trend".
    events
        Relabel whole events; False treats every atom as independent, which is wrong for molecular ions.
    alternative
        ``"two-sided"``, ``"segregation"`` or ``"ordering"``.
    n_bootstrap
        Bootstrap samples of blocks; 0 leaves the limits out.
    block_nm
        Edge of the blocks [nm]; by default twice the largest cube, or the largest cube for fewer than 20 blocks.
    cell_aspect
        Edges of the cells in units of the size, ``(x, y, z)``, for a resolution that differs with direction.
    alpha
        Level of significance.
    tolerance
        Excess that counts as fully mixed, as a share of the bulk entropy.
    threads
        Number of threads of the relabelings; all processors if not given. Changes no number.
    progress
        Called with the work done and the whole work.
    rng
        Source of randomness.

    Returns
    -------
    EntropyScan
        Sizes in the order given.

    Raises
    ------
    InputError
        If there are fewer than 100 points or two species, a species has no point, or a size does not fit the cell.

    Notes
    -----
    The null entropy is exact (hypergeometric) if every unit carries one atom and there are no strata; otherwise it is
    the mean over the relabelings. Cubes of one scan are not independent, so that no chi-square law applies.
    """
    settings = _Settings(
        origins=check_integer(origins, "origins", low=1),
        n_relabel=check_integer(n_relabel, "n_relabel", low=0),
        n_bootstrap=check_integer(n_bootstrap, "n_bootstrap", low=0),
        alternative=check_alternative(alternative),
        alpha=check_in_range(alpha, "alpha", low=0.0, high=1.0, low_open=True, high_open=True),
        tolerance=check_in_range(tolerance, "tolerance", low=0.0, high=1.0, low_open=True),
        threads=threads,
    )
    check_points(points)
    sizes, aspect = check_sizes(sizes_nm, cell_aspect)
    stratum = stratum_numbers(points, strata)
    notices = point_notices(points, events)
    if n_relabel:
        # One order for all orders of the atoms: the same seed then gives the same relabelings, near in memory.
        points, stratum = in_space_order(points, stratum, float(np.median(sizes)))
    relabeler = Relabeler(points, stratum, events)
    layout = grid_layout(points, sizes, aspect, settings.origins, block_nm if n_bootstrap else None, n_bootstrap > 0)
    count = _Progress(progress, len(sizes) * origins * (1 + n_relabel))
    grid_sums = measure_grids(points, layout, count.add)
    relabel_rng, bootstrap_rng = spawn_generators(rng, 2)
    relabeled = None
    if n_relabel:
        relabeled = relabeled_entropies(
            points, [grid for row in layout.grids for grid in row], relabeler, Relabeler.seeds(relabel_rng, n_relabel),
            blocks=None if relabeler.is_simple else layout.blocks, threads=threads, progress=count.add,
        )  # fmt: skip
    return _assemble(points, relabeler, layout, grid_sums, relabeled, settings, bootstrap_rng, notices)


@dataclass(frozen=True)
class _Settings:
    origins: int
    n_relabel: int
    n_bootstrap: int
    alternative: Alternative
    alpha: float
    tolerance: float
    threads: int | None


class _Progress:
    def __init__(self, call: Progress | None, total: int) -> None:
        self.call, self.total, self.done = call, total, 0

    def add(self, step: int) -> None:
        self.done += step
        if self.call is not None:
            self.call(self.done, self.total)


def _mean(rows: list[list[GridSums]], name: str) -> Floats:
    """Mean over origins of a number of every grid, shape (n_sizes, ...)."""
    return np.array([np.mean([getattr(item, name) for item in row], axis=0) for row in rows])


@dataclass(frozen=True, eq=False)
class _Null:
    """Mean under the null and its spread, and the relabelings, mean over origins."""

    entropy: Floats
    by_origin: Floats
    sd: Floats
    relabeled: Floats
    exact: bool


def _null(rows: list[list[GridSums]], relabeled: RelabeledEntropies | None, simple: bool) -> _Null:
    n_sizes, origins = len(rows), len(rows[0])
    by_origin = np.array([[item.entropy_null for item in row] for row in rows])
    if relabeled is None:
        if not simple:
            by_origin = np.full_like(by_origin, np.nan)
        missing = np.full(n_sizes, np.nan)
        nothing = np.empty((0, n_sizes))
        return _Null(by_origin.mean(axis=1), by_origin=by_origin, sd=missing, relabeled=nothing, exact=simple)
    cube = relabeled.entropies.reshape(-1, n_sizes, origins)
    means = cube.mean(axis=2)
    if not simple:
        by_origin = cube.mean(axis=0)
    sd = means.std(axis=0, ddof=1) if len(means) > 1 else np.full(n_sizes, np.nan)
    return _Null(by_origin.mean(axis=1), by_origin=by_origin, sd=sd, relabeled=means, exact=simple)


def _replicates(
    rows: list[list[GridSums]], layout: GridLayout, relabeled: RelabeledEntropies | None, simple: bool,
    n_bootstrap: int, rng: np.random.Generator,
) -> tuple[Floats, NDArray[np.int64]]:  # fmt: skip
    """Bootstrap replicates, shape (n_bootstrap, n_sizes), and the blocks in use at each size."""
    if layout.blocks is None or (not simple and relabeled is None):
        return np.full((0, len(rows)), np.nan), np.zeros(len(rows), dtype=np.int64)
    sums = [[item.blocks for item in row if item.blocks is not None] for row in rows]
    replaced: list[Sequence[Floats] | None] = [None] * len(rows)
    if not simple and relabeled is not None and relabeled.by_block is not None:
        replaced = list(relabeled.by_block.reshape(len(rows), len(rows[0]), -1))
    draws = np.full((n_bootstrap, len(rows)), np.nan)
    fits = np.flatnonzero(layout.fits)
    draws[:, fits] = excess_replicates(
        [sums[k] for k in fits], layout.composition, [replaced[k] for k in fits], n_bootstrap, rng
    )
    return draws, np.array([int((row[0].counts.sum(axis=1) > 0).sum()) for row in sums])


def _assemble(
    points: PointSet,
    relabeler: Relabeler,
    layout: GridLayout,
    rows: list[list[GridSums]],
    relabeled: RelabeledEntropies | None,
    settings: _Settings,
    rng: np.random.Generator,
    notices: tuple[str, ...],
) -> EntropyScan:
    simple = relabeler.is_simple
    null = _null(rows, relabeled, simple)
    draws, n_blocks = _replicates(rows, layout, relabeled, simple, settings.n_bootstrap, rng)
    informative = layout.fits & np.array([row[0].n_areas > 1 and row[0].points_largest > 1 for row in rows])
    if settings.n_relabel:
        informative &= null.sd > SMALLEST_SPREAD
    scan = EntropyScan(
        species=points.species,
        totals=points.totals,
        entropy_bulk=bulk_entropy(points.totals),
        n_atoms=len(points),
        n_events=relabeler.n_units,
        n_species=len(points.species),
        n_origins=settings.origins,
        n_relabel=settings.n_relabel,
        alpha=settings.alpha,
        tolerance=settings.tolerance,
        alternative=settings.alternative,
        null="hypergeometric" if simple else "relabeling",
        informative=informative,
        **_cubes_of(layout, rows),
        **_excess(rows, null, draws, informative, settings, len(points)),
        n_blocks=n_blocks,
        block_nm=np.nan if layout.blocks is None else float(np.cbrt(layout.blocks.edge_nm.prod())),
        interval_reliable=len(draws) > 0 and bool(informative.any()) and bool((n_blocks[informative] >= 8).all()),
        verdict="not_informative",
        notices=notices,
    )
    verdict = scan_verdict(scan, settings.tolerance, settings.alpha)
    return replace(scan, verdict=verdict, notices=notices + size_notices(scan))


def _cubes_of(layout: GridLayout, rows: list[list[GridSums]]) -> dict[str, Any]:
    """Sizes, points per cube, and the entropies that need no null."""
    first = [row[0] for row in rows]
    quantiles = np.array([item.points_quantiles for item in first])
    return {
        "size_nm": layout.size_nm,
        "size_asked_nm": layout.asked_nm,
        "cell_nm": layout.edge_nm,
        "n_areas": np.array([item.n_areas for item in first]),
        "n_per_area_mean": np.array([item.points_mean for item in first]),
        "n_per_area_q05": quantiles[:, 0],
        "n_per_area_q50": quantiles[:, 1],
        "n_per_area_q95": quantiles[:, 2],
        "entropy_weighted": _mean(rows, "entropy_weighted"),
        "entropy_unweighted": _mean(rows, "entropy_unweighted"),
        "sd_unweighted": _mean(rows, "sd_unweighted"),
        "entropy_corrected": _mean(rows, "entropy_corrected"),
        "concentration_sd": _mean(rows, "scatter"),
        "concentration_sd_binomial": _mean(rows, "scatter_binomial"),
    }


def _excess(
    rows: list[list[GridSums]], null: _Null, draws: Floats, informative: NDArray[np.bool_], settings: _Settings,
    n_points: int,
) -> dict[str, Any]:  # fmt: skip
    """Excess information, its limits and its significance; NaN at sizes without information."""
    blank = np.where(informative, 1.0, np.nan)
    tests = _tests(_mean(rows, "entropy_weighted"), null, informative & np.isfinite(null.sd), settings, null.exact)
    excess = null.by_origin - np.array([[item.entropy_weighted for item in row] for row in rows])
    excess = excess * blank[:, None]
    limits = np.full((3, len(rows)), np.nan)
    held = np.isfinite(draws).any(axis=0)
    if held.any():
        limits[:, held] = np.nanquantile(draws[:, held], [0.025, 0.975, 0.95], axis=0)
    return {
        "entropy_null": null.entropy,
        "sd_null": null.sd * blank,
        "excess_information": excess.mean(axis=1),
        "excess_lower": limits[0] * blank,
        "excess_upper": limits[1] * blank,
        "excess_upper_one_sided": limits[2] * blank,
        "excess_origin_sd": excess.std(axis=1, ddof=1) if settings.origins > 1 else np.full(len(rows), np.nan),
        "excess_bootstrap": draws * blank,
        "z": tests.z,
        "p": tests.p,
        "p_adjusted": tests.p_adjusted,
        "family_p": tests.family_p,
        "critical_z": tests.critical,
        "detectable_excess": detectable_excess(tests.critical, null.sd, n_points, POWER) * blank,
    }


def _tests(observed: Floats, null: _Null, known: NDArray[np.bool_], settings: _Settings, exact: bool) -> Significance:
    """Deviations and p values of the sizes that can be tested; NaN elsewhere."""
    blank = np.full(len(observed), np.nan)
    if not known.any():
        return Significance(z=blank, p=blank, p_adjusted=blank, family_p=np.nan, critical=np.nan)
    found = significance(
        observed[known],
        null.entropy[known],
        null.sd[known],
        null.relabeled[:, known],
        settings.alternative,
        settings.alpha,
        exact=exact,
    )
    full = []
    for values in (found.z, found.p, found.p_adjusted):
        column = blank.copy()
        column[known] = values
        full.append(column)
    return Significance(z=full[0], p=full[1], p_adjusted=full[2], family_p=found.family_p, critical=found.critical)
