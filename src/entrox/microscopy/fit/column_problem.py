"""What the fit works on: the image, the patch of every column, and who shares a background with whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_positive
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.order.neighbors.threads import available_threads, side_by_side

__all__ = ["SHAPES", "ColumnProblem", "column_problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHAPES = {"circular": 1, "elliptical": 3}
"""Number of parameters of the width."""
LARGEST_PIECE = 2048
"""Columns of a thread between two looks at an interrupt."""
LEAST_PIECE = 64
"""Columns that are worth a call."""
RADIUS_OF_PERIOD = 0.35
RADIUS_OF_NEAREST = 0.495  # patches of nearest columns just do not touch
N_PARTNERS = 4
NEAR_OF_RADIUS = 2.3
REACH_OF_RADIUS = 3.8  # tails of columns as wide as 0.4 of the radius; wider ones are looked for one by one


@dataclass(frozen=True, kw_only=True)
class ColumnProblem:
    """Arrays of a fit; positions in px, x right and y down.

    ``spans`` holds the first and the last-but-one pixel of each row of a patch, from the reference pixel: where patches
    overlap, a pixel belongs to the nearest column. ``partners`` are the columns that share a background with a column,
    -1 where there are fewer: its cage, and what overlaps it.
    """

    image: Floats
    sign: float
    starts: Floats
    references: Ints
    spans: NDArray[np.int32]
    partners: Ints
    radius: float
    half: int
    shape: int
    threads: int
    order: Ints
    """Columns from row to row of the image: what they read is then still near the processor."""
    kinds: tuple[Ints, ...]
    """The columns of each sublattice in that order. A sweep takes one after the other: neighbors are of other kinds."""
    tree: Any
    near: tuple[Ints, Ints, Floats]
    reach: float
    """Pairs within this distance [px] are in ``near``."""

    def pairs(self, distances: Floats) -> tuple[Ints, Ints]:
        """Columns, and others that are nearer to them than a distance of the other one [px]; sorted."""
        owner, other, apart = self.near
        keep = apart < distances[other]
        owner, other = owner[keep], other[keep]
        wide = np.flatnonzero(distances > self.reach)
        if len(wide):
            around = self.tree.query_ball_point(self.starts[wide], distances[wide])
            found = np.concatenate([np.asarray(rows, dtype=np.int64) for rows in around])
            owner = np.concatenate([owner, found])
            other = np.concatenate([other, np.repeat(wide, [len(rows) for rows in around])])
            numbers = np.unique(owner * len(self.starts) + other)
            owner, other = np.divmod(numbers, len(self.starts))
            owner, other = owner[owner != other], other[owner != other]
        return owner, other

    @property
    def patches(self) -> tuple[Any, ...]:
        """Arguments of a kernel that loads patches, after the columns."""
        return self.order, self.starts, self.references, self.spans, self.radius, self.half

    def for_chunks(self, work: Callable[[int, int], object]) -> None:
        """Call ``work(first, last)`` for all columns in pieces, on the threads."""
        self.for_pieces(len(self.starts), work)

    def for_pieces(self, count: int, work: Callable[[int, int], object]) -> None:
        """Call ``work(first, last)`` for ``count`` rows in pieces, on the threads."""
        side_by_side(work, count, self.threads, most=LARGEST_PIECE, least=LEAST_PIECE)


def column_problem(
    micrograph: Micrograph,
    sublattices: Sublattices,
    *,
    shape: str,
    radius: float | None,
    threads: int | None,
    overlapping: bool = False,
) -> ColumnProblem:
    """Lay the patches of a fit; see :func:`entrox.microscopy.fit.fitting.fit_columns` for the arguments.

    ``overlapping`` patches may reach beyond half the way to the nearest column.
    """
    starts = np.ascontiguousarray(sublattices.position_px)
    if len(starts) < 2:
        raise InputError(f"sublattices must hold at least two columns; got {len(starts)}.")
    if shape not in SHAPES:
        raise InputError(f"shape must be one of {', '.join(SHAPES)}; got {shape!r}.")
    from scipy.spatial import cKDTree

    tree = cKDTree(starts)
    period = float(np.linalg.norm(sublattices.basis_px, axis=1).min())
    reach = REACH_OF_RADIUS * check_positive(RADIUS_OF_PERIOD * period if radius is None else radius, "radius", "px")
    near = _pairs(tree, reach)
    if radius is None:
        radius = RADIUS_OF_PERIOD * period
        if not overlapping:
            radius = min(radius, RADIUS_OF_NEAREST * _nearest_distance(near, len(starts)))
    radius = check_positive(radius, "radius", "px")
    if radius < 2.0:
        raise InputError(
            f"The radius of the patches must be at least 2 px; got {radius:.2f} px. "
            "Columns this close together cannot be fitted: use an image with smaller pixels."
        )
    references, half = np.floor(starts + 0.5).astype(np.int64), int(np.floor(radius + 0.5))
    order = np.lexsort((references[:, 0], references[:, 1] // (2 * half)))
    return ColumnProblem(
        image=np.ascontiguousarray(micrograph.intensity),
        sign=-1.0 if sublattices.dark else 1.0,
        starts=starts,
        references=references,
        spans=_spans(starts, references, _nearer(near, 2.0 * radius), radius, half),
        partners=_partners(sublattices, tree, _nearer(near, NEAR_OF_RADIUS * radius)),
        radius=radius,
        half=half,
        shape=SHAPES[shape],
        threads=available_threads(threads),
        order=order,
        kinds=tuple(order[sublattices.site[order] == kind] for kind in np.unique(sublattices.site)),
        tree=tree,
        near=near,
        reach=reach,
    )


def _pairs(tree: Any, distance: float) -> tuple[Ints, Ints, Floats]:
    """Both orders of all pairs of points nearer than a distance, sorted, and how far they are apart."""
    pairs = tree.query_pairs(distance, output_type="ndarray")
    # Numbers of pairs are sorted much faster than an order of pairs is found.
    one, two = pairs.T.astype(np.int64)
    numbers = np.sort(np.concatenate([one * tree.n + two, two * tree.n + one]))
    owner = numbers // tree.n
    other = numbers - owner * tree.n
    x, y = tree.data[:, 0], tree.data[:, 1]
    return owner, other, np.sqrt((x[owner] - x[other]) ** 2 + (y[owner] - y[other]) ** 2)


def _spans(
    starts: Floats, references: Ints, near: tuple[Ints, Ints, Floats], radius: float, half: int
) -> NDArray[np.int32]:
    """Pixels that each column owns, row by row."""
    from entrox.microscopy.fit._kernels import owned_spans

    spans = np.zeros((len(starts), 2 * half + 1, 2), dtype=np.int32)
    owned_spans(0, len(starts), starts, references, _overlapping(starts, near), radius, half, spans)
    return spans


def _overlapping(starts: Floats, near: tuple[Ints, Ints, Floats]) -> Floats:
    """Starts of the columns near each, padded with infinity."""
    owner, other, _ = near
    counts = np.bincount(owner, minlength=len(starts))
    padded = np.full((len(starts), int(counts.max(initial=0)), 2), np.inf)
    padded[owner, _places(counts)] = starts[other]
    return padded


def _nearer(near: tuple[Ints, Ints, Floats], distance: float) -> tuple[Ints, Ints, Floats]:
    """Pairs that are nearer than a distance [px]."""
    keep = near[2] <= distance
    return near[0][keep], near[1][keep], near[2][keep]


def _nearest_distance(near: tuple[Ints, Ints, Floats], count: int) -> float:
    """Median distance to the nearest other column; infinite if most have none near."""
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, near[0], near[2])
    return float(np.median(nearest))


def _places(counts: Ints) -> Ints:
    """0, 1, ... within each of some rows that follow one another."""
    return np.asarray(np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts))


def _partners(sublattices: Sublattices, tree: Any, near: tuple[Ints, Ints, Floats]) -> Ints:
    """The cage of a cation, then all other columns near enough to overlap; without any, the nearest columns."""
    starts, cage = sublattices.position_px, sublattices.cage
    both = np.column_stack(near[:2])
    lonely = np.flatnonzero((cage < 0).all(axis=1))
    if len(lonely):
        count = min(N_PARTNERS, len(starts) - 1) + 1
        nearest = tree.query(starts[lonely], k=count)[1]
        both = np.concatenate([both, np.column_stack([np.repeat(lonely, count), nearest.ravel()])])
        both = both[both[:, 0] != both[:, 1]]
    both = both[~(cage[both[:, 0]] == both[:, 1:]).any(axis=1)]
    both = np.unique(both, axis=0)
    counts = np.bincount(both[:, 0], minlength=len(starts))
    partners = np.full((len(starts), cage.shape[1] + int(counts.max())), -1, dtype=np.int64)
    partners[:, : cage.shape[1]] = cage
    partners[both[:, 0], cage.shape[1] + _places(counts)] = both[:, 1]
    return partners
