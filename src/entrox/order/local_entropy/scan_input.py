"""What a scan needs of its points and sizes, and what it has to say about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.core.checks import check_all_positive
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.point_set import PointSet

__all__ = [
    "check_points",
    "check_sizes",
    "duplicate_fraction",
    "in_space_order",
    "point_notices",
    "size_notices",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MINIMUM_POINTS, FEW_OF_A_SPECIES, MANY_DUPLICATES = 100, 5, 0.01

SAMPLED = 1_000_000
"""Duplicates are looked for among about this many points, chosen by their position."""


def check_points(points: PointSet) -> None:
    """Raise if there are too few points or species for any statistics.

    Raises
    ------
    InputError
        If there are fewer than 100 points, fewer than two species, or a species without points.
    """
    if len(points) < MINIMUM_POINTS:
        raise InputError(
            f"at least {MINIMUM_POINTS} points are needed; got {len(points)}. Do the ranges belong to the file?"
        )
    if len(points.species) < 2:
        raise InputError(f"at least two species are needed; got {', '.join(points.species) or 'none'}.")
    empty = [name for name, count in zip(points.species, points.totals, strict=True) if count == 0]
    if empty:
        raise InputError(f"no points of {', '.join(empty)}; leave out species that do not occur.")


def check_sizes(sizes_nm: ArrayLike, cell_aspect: Sequence[float]) -> tuple[Floats, Floats]:
    """Return sizes and aspect as arrays.

    Raises
    ------
    InputError
        If there is no size, one is not positive or occurs twice, or the aspect is not three positive numbers.
    """
    sizes = np.atleast_1d(check_all_positive(sizes_nm, "sizes_nm", "nm"))
    if sizes.ndim != 1 or not len(sizes) or len(np.unique(sizes)) < len(sizes):
        raise InputError(f"sizes_nm must be one or more distinct sizes; got {sizes.tolist()}.")
    aspect = check_all_positive(cell_aspect, "cell_aspect")
    if aspect.shape != (3,):
        raise InputError(f"cell_aspect must be three numbers, the edges along x, y, z in sizes; got {aspect.tolist()}.")
    return sizes, aspect


def in_space_order(points: PointSet, stratum: Ints | None, size_nm: float) -> tuple[PointSet, Ints | None]:
    """Points sorted by cubes of one size, inside them by coordinate, and their strata."""
    x, y, z = (points.positions_nm[:, axis] for axis in range(3))
    order = np.lexsort((points.labels, z, y, x, _cell_numbers(points, size_nm)))
    moved = replace(
        points,
        positions_nm=points.positions_nm[order],
        labels=points.labels[order],
        event=None if points.event is None else points.event[order],
    )
    return moved, None if stratum is None else stratum[order]


def _cell_numbers(points: PointSet, size_nm: float) -> NDArray[np.integer]:
    """Number of the cube of each point, in the narrowest type that holds it."""
    low = points.positions_nm.min(axis=0)
    shape = ((points.positions_nm.max(axis=0) - low) / size_nm).astype(np.int64) + 1
    kind = np.int32 if float(np.prod(shape.astype(float))) < 2**31 else np.int64
    numbers: NDArray[Any] = np.zeros(len(points), dtype=kind)
    for axis in range(3):
        numbers *= kind(shape[axis])
        numbers += ((points.positions_nm[:, axis] - low[axis]) / size_nm).astype(kind)
    return numbers


def duplicate_fraction(points: PointSet) -> float:
    """Share of points whose position another point before them has; from a sample beyond a million points."""
    share = np.uint64(max(1, len(points) // SAMPLED))
    word = np.uint32 if points.positions_nm.itemsize == 4 else np.uint64
    kept = []
    for first in range(0, len(points), SAMPLED):
        words: NDArray[np.unsignedinteger] = np.ascontiguousarray(points.positions_nm[first : first + SAMPLED]).view(
            word
        )
        hashed = np.zeros(len(words), dtype=np.uint64)
        for axis in range(3):
            hashed = (hashed ^ words[:, axis].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            hashed ^= hashed >> np.uint64(29)
        # Equal positions share their hash, so that a sample of hashes holds all or none of them.
        kept.append(hashed[hashed % share == 0])
    sample = np.sort(np.concatenate(kept))  # sorting is faster than the hash table of np.unique
    return int(np.count_nonzero(sample[1:] == sample[:-1])) / max(len(sample), 1)


def point_notices(points: PointSet, events: bool) -> tuple[str, ...]:
    """Remarks on the points: rare species, lost events."""
    notices = []
    rare = [name for name, count in zip(points.species, points.totals, strict=True) if count < FEW_OF_A_SPECIES]
    if rare:
        notices.append(f"fewer than {FEW_OF_A_SPECIES} points of {', '.join(rare)}: they tell nothing about mixing")
    if points.event is None:
        duplicates = duplicate_fraction(points)
        if duplicates > MANY_DUPLICATES:
            notices.append(
                f"{100.0 * duplicates:.1f} % of the positions occur more than once and there are no events: molecular "
                "events are lost and p is too small; group the points by position"
            )
    elif not events:
        notices.append("atoms of one event are relabeled independently: molecular ions then look like segregation")
    return tuple(notices)


def size_notices(scan: EntropyScan) -> tuple[str, ...]:
    """Remarks on the sizes: without information, below the resolution, and what is missing for a verdict."""
    notices = []
    idle = scan.size_nm[~np.asarray(scan.informative)]
    if len(idle):
        sizes = ", ".join(f"{size:g}" for size in idle)
        reason = "larger than the box, one cube, one point per cube, or labels that cannot move"
        if scan.n_relabel == 1:
            reason = "one relabeling has no spread"
        notices.append(f"no information at {sizes} nm: {reason}")
    if scan.n_relabel == 0:
        notices.append("no relabelings: no spread, no p value and no verdict")
        if scan.null == "relabeling":
            notices.append("the null of events or strata needs relabelings")
    elif scan.n_relabel < 99:
        smallest = 1.0 / (scan.n_relabel + 1.0)
        said = f"{scan.n_relabel} relabelings: the smallest p value is {smallest:.3g}"
        if smallest >= scan.alpha:
            said += f", so that nothing can be found at the level {scan.alpha:g}; the verdict has no meaning"
        notices.append(said)
    if len(scan.excess_bootstrap) and not scan.interval_reliable:
        notices.append("fewer than 8 bootstrap blocks: the limits of the excess are not reliable")
    return tuple(notices)
