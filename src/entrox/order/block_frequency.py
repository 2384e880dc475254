r"""How often a block of n atoms holds 0, 1, ... n atoms of a species, against random labels.

.. math:: \mu = \sqrt{X^2 / (N_\mathrm{blocks} + X^2)}, \quad X^2 = \sum_m (o_m - e_m)^2 / e_m

Pearson's contingency coefficient is 0 for a random and near 1 for a fully segregated material. It depends on n, on the
number of blocks and on the detection efficiency: compare only values that share all three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from entrox.core import InputError, Result, check_integer, quantity
from entrox.order.equal_blocks import block_counts, median_split
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.relabeling_comparison import compare_with_relabelings
from entrox.order.local_entropy.scan_input import check_points, point_notices
from entrox.order.neighbors.threads import available_threads, in_order
from entrox.order.point_set import PointSet

__all__ = ["BlockFrequency", "block_frequency"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_EXPECTED = 5.0
"""Neighboring counts are put together until so many blocks are expected (W. G. Cochran, Biometrics 10, 417 (1954))."""


@dataclass(frozen=True, kw_only=True)
class BlockFrequency(Result):
    """Frequency distribution of every species in blocks of equal size, with Pearson's coefficient."""

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    n_per_block: int = quantity("1", "points per block")
    n_blocks: int = quantity("1", "blocks")
    observed: Ints = quantity("1", "blocks with so many atoms of the species", axes=("species", "count"))
    expected: Floats = quantity("1", "blocks expected for random labels", axes=("species", "count"))
    degrees_of_freedom: Ints = quantity("1", "classes of counts minus one", axes=("species",))
    chi_square: Floats = quantity("1", "Pearson's X^2", axes=("species",))
    pearson_mu: Floats = quantity("1", "Pearson's contingency coefficient", axes=("species",))
    pearson_mu_null: Floats = quantity("1", "contingency coefficient of relabeled points", axes=("species",))
    z: Floats = quantity("1", "X^2 in standard deviations of the relabelings", axes=("species",))
    p: Floats = quantity("1", "p value of one species, by relabeling", axes=("species",))
    p_adjusted: Floats = quantity("1", "p value adjusted for all species", axes=("species",))
    family_p: float = quantity("1", "p value of all species together")
    n_atoms: int = quantity("1", "counted points")
    n_relabel: int = quantity("1", "relabelings")
    notices: tuple[str, ...] = ()


def block_frequency(
    points: PointSet,
    n_per_block: int,
    n_relabel: int = 499,
    *,
    strata: float | NDArray[np.integer] | None = None,
    events: bool = True,
    threads: int | None = None,
    rng: np.random.Generator | None = None,
) -> BlockFrequency:
    """Frequency distribution of every species in disjoint blocks of exactly n atoms.

    Parameters
    ----------
    points
        At least 100 points of at least two species.
    n_per_block
        Points per block; at least two blocks must fit.
    n_relabel
        Relabelings; 0 for none.
    strata, events
        How points are relabeled, see :class:`~entrox.order.local_entropy.relabeling.Relabeler`.
    threads
        Threads; all that the process may use by default.
    rng
        Needed for relabelings.

    Returns
    -------
    BlockFrequency
        p counts large X^2 only. Expected frequencies are hypergeometric, which is the binomial law of a finite set.

    Raises
    ------
    InputError
        If the points cannot tell about mixing or a number is out of range.

    Notes
    -----
    M. P. Moody et al., Microsc. Res. Tech. 71, 542 (2008). The chi-square law holds only about: p is by relabeling.
    """
    check_points(points)
    notices = point_notices(points, events)
    check_integer(n_per_block, "n_per_block", low=1, high=len(points) // 2)
    check_integer(n_relabel, "n_relabel", low=0)
    if n_relabel and rng is None:
        raise InputError("relabelings need a random generator: pass rng=entrox.core.generator(seed), or n_relabel=0.")
    block = median_split(points, n_per_block)
    n_blocks = int(block.max()) + 1
    count = np.arange(n_per_block + 1)
    expected = n_blocks * np.array([hypergeom.pmf(count, len(points), total, n_per_block) for total in points.totals])
    classes = [_classes(row) for row in expected]

    def frequencies(labels: NDArray[np.integer]) -> Ints:
        found = block_counts(block, labels, len(points.species))
        return np.array([np.bincount(column, minlength=n_per_block + 1) for column in found.T])

    def chi_square(observed: Ints) -> Floats:
        return np.array([_chi_square(o, e, c) for o, e, c in zip(observed, expected, classes, strict=True)])

    relabeler = Relabeler(points, strata, events)
    seeds = [] if rng is None else relabeler.seeds(rng, n_relabel).tolist()

    def work(seed: int) -> Floats:
        return chi_square(frequencies(relabeler.draw_seeded(seed)))

    found = list(in_order(work, seeds, available_threads(threads)))
    draws = np.array(found).reshape(n_relabel, len(points.species))
    observed = frequencies(points.labels)
    square = chi_square(observed)
    tested = compare_with_relabelings(square, draws, "upper")
    mu = np.sqrt(draws / (n_blocks + draws))
    return BlockFrequency(
        species=points.species,
        totals=points.totals,
        n_per_block=n_per_block,
        n_blocks=n_blocks,
        observed=observed,
        expected=expected,
        degrees_of_freedom=np.array([int(row.max()) for row in classes]),
        chi_square=square,
        pearson_mu=np.sqrt(square / (n_blocks + square)),
        pearson_mu_null=mu.mean(axis=0) if n_relabel else np.full(len(points.species), np.nan),
        z=tested.z,
        p=tested.p,
        p_adjusted=tested.p_adjusted,
        family_p=tested.family_p,
        n_atoms=len(points),
        n_relabel=n_relabel,
        notices=notices,
    )


def _classes(expected: Floats) -> Ints:
    """Class of every count: neighbors together until enough blocks are expected; the last joins its neighbor."""
    classes = np.empty(len(expected), dtype=np.int64)
    number, held = 0, 0.0
    for count, value in enumerate(expected):
        classes[count] = number
        held += float(value)
        if held >= FEWEST_EXPECTED:
            number, held = number + 1, 0.0
    return np.minimum(classes, max(number - 1, 0))


def _chi_square(observed: Ints, expected: Floats, classes: Ints) -> float:
    """Pearson's X^2 over classes of counts."""
    wanted = np.bincount(classes, weights=expected)
    return float(((np.bincount(classes, weights=observed) - wanted) ** 2 / wanted).sum())
