"""The published procedure for the smallest unit of maximal entropy, kept to compare with print: few cubes, two points.

Nine cubes per size, their plain mean, a straight line through the two smallest sizes up to the entropy of all ions. For
counting noise alone this returns the second size plus 2 to 7 per cent, whatever the material, so that every result here
carries the same construction on relabeled ions and the unit from the excess information beside it.

Units: nm, entropies in R.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_all_positive, check_integer, quantity
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate
from entrox.order.local_entropy.maximal_unit import MaximalEntropyUnit, maximal_entropy_unit
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet

__all__ = ["PAPER_SIZES_NM", "PAPER_WARNING", "PaperMode", "paper_mode", "tangent_size_nm"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Axis = Literal["linear", "log"]

PAPER_SIZES_NM = (40.0, 20.0, 10.0, 5.0, 3.0, 2.0, 1.0)
"""Sizes where none are given; the published list is not known."""
PAPER_WARNING = (
    "The tangent construction returns about the second smallest cube size for any material, an ideal random alloy "
    "included: compare it with the construction on relabeled ions, and use the unit from the excess information."
)
FIT_TOLERANCE = 0.01
"""A cube fits where it reaches over the box by less than this share of its edge: a cloud never fills its box."""
MOST_CUBES = 9
CUBES_OF_WHOLE_BOX = 5


@dataclass(frozen=True, kw_only=True)
class PaperMode(Result):
    """The published construction, what it gives for relabeled ions, and the unit from the excess information.

    Sizes of which no occupied cube fits into the cloud keep NaN. ``entropy_printed`` has the sign of the literature if
    that was asked for; all other entropies are positive.
    """

    species: tuple[str, ...]
    size_nm: Floats = quantity("nm", "cube size", axes=("size",))
    n_requested: Ints = quantity("1", "cubes asked for", axes=("size",))
    n_cubes: Ints = quantity("1", "cubes that fit and are occupied", axes=("size",))
    n_per_cube_mean: Floats = quantity("1", "ions per cube, mean", axes=("size",))
    n_per_cube_lowest: Floats = quantity("1", "ions per cube, fewest", axes=("size",))
    n_per_cube_highest: Floats = quantity("1", "ions per cube, most", axes=("size",))
    entropy: Floats = quantity("R", "plain mean entropy of the cubes", axes=("size",))
    entropy_sd: Floats = quantity("R", "standard deviation over the cubes", axes=("size",))
    entropy_printed: Floats = quantity("R", "plain mean entropy with the sign as printed", axes=("size",))
    relabeled_entropy: Floats = quantity("R", "plain mean entropy, mean over relabelings", axes=("size",))
    relabeled_entropy_sd: Floats = quantity("R", "plain mean entropy, scatter over relabelings", axes=("size",))
    relabeled_scatter: Floats = quantity("R", "standard deviation over cubes, mean over relabelings", axes=("size",))
    entropy_bulk: float = quantity("R", "entropy of all points together")
    tangent_nm: float | None = quantity("nm", "size at which the line meets the bulk entropy; None if it does not")
    tangent_relabeled_nm: float | None = quantity("nm", "the same for relabeled ions, mean")
    tangent_relabeled_sd_nm: float | None = quantity("nm", "the same for relabeled ions, scatter")
    n_relabel: int = quantity("1", "relabelings")
    axis: Axis
    minus_sign: bool
    unit: MaximalEntropyUnit
    warning: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Cubes:
    """Points of each occupied cube of one size, and how many cubes were asked for."""

    requested: int
    members: tuple[Ints, ...]

    def entropies(self, labels: NDArray[np.integer], n_species: int) -> Floats:
        if not self.members:
            return np.empty(0)
        counts = np.array([np.bincount(labels[item], minlength=n_species) for item in self.members])
        return np.asarray(entropy_estimate(counts, "plugin"))


def paper_mode(
    points: PointSet,
    sizes_nm: ArrayLike | None = None,
    *,
    axis: Axis = "linear",
    minus_sign: bool = False,
    n_relabel: int = 99,
    events: bool = True,
    unit: MaximalEntropyUnit | None = None,
    rng: np.random.Generator,
) -> PaperMode:
    """Follow the published procedure, and say what it is worth.

    Parameters
    ----------
    points
        Labeled points.
    sizes_nm
        Cube sizes; 40, 20, 10, 5, 3, 2 and 1 nm if not given.
    axis
        Whether the line is straight over the size or over its logarithm.
    minus_sign
        Give ``entropy_printed`` the minus sign of the literature.
    n_relabel
        Relabelings of the comparison.
    events
        Relabel molecular ions as a whole.
    unit
        Result of :func:`entrox.order.maximal_entropy_unit` to stand beside; computed from a scan over the sizes that
        fit if not given.
    rng
        Source of randomness of the relabelings.

    Returns
    -------
    PaperMode
        Cubes sit in the center of the cloud and at the eight places a quarter of its edges away from it, as many as
        fit; of a cube as large as the cloud five are asked for and one fits.

    Raises
    ------
    InputError
        If sizes are not positive and distinct, the axis is unknown, or no cube fits.
    """
    sizes = _checked_sizes(sizes_nm, axis)
    check_integer(n_relabel, "n_relabel", low=2)
    cubes = [_place_cubes(np.asarray(points.positions_nm, dtype=np.float64), float(size)) for size in sizes]
    if not any(item.members for item in cubes):
        raise InputError(f"no cube of {sizes.min():g} nm or more fits into the cloud; give smaller sizes_nm.")
    bulk, n_species = bulk_entropy(points.totals), len(points.species)
    numbers = [np.array([float(len(item)) for item in cube.members] or [np.nan]) for cube in cubes]
    mean, sd = _mean_and_sd(cubes, points.labels, n_species)
    relabeler = Relabeler(points, events=events)
    drawn = np.array([_mean_and_sd(cubes, relabeler.draw(rng), n_species) for _ in range(n_relabel)])
    tangents = np.array([t for row in drawn[:, 0] if (t := tangent_size_nm(sizes, row, bulk, axis)) is not None])
    failed = n_relabel - len(tangents)
    return PaperMode(
        species=points.species,
        size_nm=sizes,
        n_requested=np.array([item.requested for item in cubes]),
        n_cubes=np.array([len(item.members) for item in cubes]),
        n_per_cube_mean=np.array([item.mean() for item in numbers]),
        n_per_cube_lowest=np.array([item.min() for item in numbers]),
        n_per_cube_highest=np.array([item.max() for item in numbers]),
        entropy=mean,
        entropy_sd=sd,
        entropy_printed=-mean if minus_sign else mean,
        relabeled_entropy=drawn[:, 0].mean(axis=0),
        relabeled_entropy_sd=drawn[:, 0].std(axis=0, ddof=1),
        relabeled_scatter=drawn[:, 1].mean(axis=0),
        entropy_bulk=bulk,
        tangent_nm=tangent_size_nm(sizes, mean, bulk, axis),
        tangent_relabeled_nm=float(tangents.mean()) if len(tangents) else None,
        tangent_relabeled_sd_nm=float(tangents.std(ddof=1)) if len(tangents) > 1 else None,
        n_relabel=n_relabel,
        axis=axis,
        minus_sign=minus_sign,
        unit=_unit(points, sizes, events, rng) if unit is None else unit,
        warning=PAPER_WARNING,
        notices=(f"the line of {failed} of {n_relabel} relabelings does not rise.",) if failed else (),
    )


def _checked_sizes(sizes_nm: ArrayLike | None, axis: Axis) -> Floats:
    """Sizes in falling order."""
    sizes = check_all_positive(PAPER_SIZES_NM if sizes_nm is None else sizes_nm, "sizes_nm", "nm").ravel()
    if len(np.unique(sizes)) != len(sizes):
        raise InputError(f"sizes_nm must be distinct; got {', '.join(f'{size:g}' for size in sizes)}.")
    if axis not in get_args(Axis):
        raise InputError(f"axis must be one of {', '.join(get_args(Axis))}; got {axis!r}.")
    return np.sort(sizes)[::-1]


def _place_cubes(positions: Floats, size: float) -> _Cubes:
    low, high = positions.min(axis=0), positions.max(axis=0)
    edges, center = high - low, 0.5 * (low + high)
    slack = FIT_TOLERANCE * size
    whole = bool((np.abs(edges - size) <= slack).all())
    signs = [(0.0, 0.0, 0.0), *itertools.product((-0.25, 0.25), repeat=3)]
    members = []
    for sign in signs:
        middle = center + np.array(sign) * edges
        if ((middle - 0.5 * size >= low - slack) & (middle + 0.5 * size <= high + slack)).all():
            start = middle - 0.5 * size
            inside = np.flatnonzero(((positions >= start) & (positions < start + size)).all(axis=1))
            if len(inside):
                members.append(inside)
    return _Cubes(requested=CUBES_OF_WHOLE_BOX if whole else MOST_CUBES, members=tuple(members))


def _mean_and_sd(cubes: Sequence[_Cubes], labels: NDArray[np.integer], n_species: int) -> tuple[Floats, Floats]:
    values = [item.entropies(labels, n_species) for item in cubes]
    mean = np.array([item.mean() if len(item) else np.nan for item in values])
    sd = np.array([item.std(ddof=1) if len(item) > 1 else np.nan for item in values])
    return mean, sd


def tangent_size_nm(
    sizes_nm: ArrayLike, entropies: ArrayLike, entropy_bulk: float, axis: Axis = "linear"
) -> float | None:
    """Size at which the line through the two smallest sizes meets the bulk entropy.

    Parameters
    ----------
    sizes_nm
        Cube sizes, any order; those without entropy (NaN) do not count.
    entropies
        Mean entropy of each size [R].
    entropy_bulk
        Entropy of all ions [R].
    axis
        Whether the line is straight over the size or over its logarithm.

    Returns
    -------
    float or None
        [nm]; None if there are less than two sizes or the line does not rise.

    Examples
    --------
    >>> round(tangent_size_nm([1.0, 3.0], [1.3085, 1.3719], 1.3741), 2)
    3.07
    """
    size, entropy = np.asarray(sizes_nm, dtype=float), np.asarray(entropies, dtype=float)
    known = np.flatnonzero(np.isfinite(entropy))
    if len(known) < 2:
        return None
    small, next_small = known[np.argsort(size[known])[:2]]
    rise = entropy[next_small] - entropy[small]
    if rise <= 0.0:
        return None
    share = float((entropy_bulk - entropy[small]) / rise)
    if axis == "log":
        return float(size[small] * math.exp(share * math.log(size[next_small] / size[small])))
    return float(size[small] + share * (size[next_small] - size[small]))


def _unit(points: PointSet, sizes: Floats, events: bool, rng: np.random.Generator) -> MaximalEntropyUnit:
    scan = limited_area_entropy(points, np.sort(sizes), events=events, rng=rng)
    return maximal_entropy_unit(scan)
