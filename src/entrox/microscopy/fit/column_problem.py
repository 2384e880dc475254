"""What the fit works on: the image, the patch of every column, and who shares a background with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_positive
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.order.neighbors.threads import available_threads, in_order

__all__ = ["SHAPES", "ColumnProblem", "column_problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHAPES = {"circular": 1, "elliptical": 3}
"""Number of parameters of the width."""
CHUNK = 256
RADIUS_OF_PERIOD = 0.35
RADIUS_OF_NEAREST = 0.495  # patches of nearest columns just do not touch
N_PARTNERS = 4
NEAR_OF_RADIUS = 2.3


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

    @property
    def patches(self) -> tuple[Any, ...]:
        """Arguments of a kernel that loads patches, after the columns."""
        return self.starts, self.references, self.spans, self.radius, self.half

    def for_chunks(self, work: Callable[[int, int], object]) -> None:
        """Call ``work(first, last)`` for all columns in pieces, on the threads."""
        self.for_pieces(len(self.starts), work)

    def for_pieces(self, count: int, work: Callable[[int, int], object]) -> None:
        """Call ``work(first, last)`` for ``count`` rows in pieces, on the threads."""
        pieces = [(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
        finished: Iterator[object] = in_order(lambda piece: work(*piece), pieces, self.threads)
        for _ in finished:
            pass


def column_problem(
    micrograph: Micrograph, sublattices: Sublattices, *, shape: str, radius: float | None, threads: int | None
) -> ColumnProblem:
    """Lay the patches of a fit; see :func:`entrox.microscopy.fit.fitting.fit_columns` for the arguments."""
    starts = np.ascontiguousarray(sublattices.position_px)
    if len(starts) < 2:
        raise InputError(f"sublattices must hold at least two columns; got {len(starts)}.")
    if shape not in SHAPES:
        raise InputError(f"shape must be one of {', '.join(SHAPES)}; got {shape!r}.")
    nearest = _nearest_distance(starts)
    if radius is None:
        period = float(np.linalg.norm(sublattices.basis_px, axis=1).min())
        radius = min(RADIUS_OF_PERIOD * period, RADIUS_OF_NEAREST * nearest)
    radius = check_positive(radius, "radius", "px")
    if radius < 2.0:
        raise InputError(
            f"The radius of the patches must be at least 2 px; got {radius:.2f} px. "
            "Columns this close together cannot be fitted: use an image with smaller pixels."
        )
    references, half = np.floor(starts + 0.5).astype(np.int64), int(np.floor(radius + 0.5))
    return ColumnProblem(
        image=np.ascontiguousarray(micrograph.intensity),
        sign=-1.0 if sublattices.dark else 1.0,
        starts=starts,
        references=references,
        spans=_spans(starts, references, radius, half),
        partners=_partners(sublattices, radius),
        radius=radius,
        half=half,
        shape=SHAPES[shape],
        threads=available_threads(threads),
    )


def _nearest_distance(starts: Floats) -> float:
    """Median distance to the nearest other column."""
    from scipy.spatial import cKDTree

    distances = np.asarray(cKDTree(starts).query(starts, k=2)[0])
    return float(np.median(distances[:, 1]))


def _spans(starts: Floats, references: Ints, radius: float, half: int) -> NDArray[np.int32]:
    """Pixels that each column owns, row by row."""
    from entrox.microscopy.fit._kernels import owned_spans

    spans = np.zeros((len(starts), 2 * half + 1, 2), dtype=np.int32)
    owned_spans(0, len(starts), starts, references, _overlapping(starts, radius), radius, half, spans)
    return spans


def _overlapping(starts: Floats, radius: float) -> Floats:
    """Starts of the columns within two radii of each, padded with infinity."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(starts).query_pairs(2.0 * radius, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    counts = np.bincount(both[:, 0], minlength=len(starts))
    near = np.full((len(starts), int(counts.max(initial=0)), 2), np.inf)
    place = np.arange(len(both)) - np.repeat(np.cumsum(counts) - counts, counts)
    near[both[:, 0], place] = starts[both[:, 1]]
    return near


def _partners(sublattices: Sublattices, radius: float) -> Ints:
    """The cage of a cation, then all other columns near enough to overlap; without any, the nearest columns."""
    from scipy.spatial import cKDTree

    starts, cage = sublattices.position_px, sublattices.cage
    tree = cKDTree(starts)
    pairs = tree.query_pairs(NEAR_OF_RADIUS * radius, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    lonely = np.flatnonzero((cage < 0).all(axis=1))
    if len(lonely):
        count = min(N_PARTNERS, len(starts) - 1) + 1
        nearest = tree.query(starts[lonely], k=count)[1]
        both = np.concatenate([both, np.column_stack([np.repeat(lonely, count), nearest.ravel()])])
        both = both[both[:, 0] != both[:, 1]]
    both = both[~(cage[both[:, 0]] == both[:, 1:]).any(axis=1)]
    both = np.unique(both, axis=0)
    counts = np.bincount(both[:, 0], minlength=len(starts))
    place = np.arange(len(both)) - np.repeat(np.cumsum(counts) - counts, counts)
    partners = np.full((len(starts), cage.shape[1] + int(counts.max())), -1, dtype=np.int64)
    partners[:, : cage.shape[1]] = cage
    partners[both[:, 0], cage.shape[1] + place] = both[:, 1]
    return partners
