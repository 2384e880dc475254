"""Entropies of the cubes of one grid, their exact null, and the same added up in blocks for the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, xlogy

from entrox.order.local_entropy import _kernels
from entrox.order.local_entropy.cubes import CubeGrid, Occupied
from entrox.order.local_entropy.estimators import grassberger_digamma
from entrox.order.local_entropy.null import random_count_sums
from entrox.order.point_set import PointSet

__all__ = ["NODES", "BlockSums", "Blocks", "Composition", "GridSums", "measure_grid", "n_log_n"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NODES: Floats = np.cos(np.pi * (2.0 * np.arange(5) + 1.0) / 10.0)
"""Chebyshev nodes of the interpolation in composition; the middle one, zero, is the composition of the points."""
NODES[2] = 0.0


@dataclass(frozen=True, eq=False)
class Composition:
    """Totals of the points and, for every species, the half width of the fractions that the bootstrap may reach."""

    totals: Ints
    half_width: Floats

    @property
    def n_points(self) -> int:
        """All points."""
        return int(self.totals.sum())

    @property
    def fractions(self) -> Floats:
        """Fraction of each species, shape ``(n_species,)``."""
        return np.asarray(self.totals / self.n_points)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Partition of the frame into blocks of equal edges, shape cells per axis; edges along the axes [nm]."""

    low_nm: Floats
    edge_nm: Floats
    shape: Ints
    periodic: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.shape.prod())

    def numbers(self, places_nm: Floats) -> Ints:
        """Block of each place, given along the axes of the frame, shape ``(n, 3)``."""
        out = np.zeros(len(places_nm), dtype=np.int64)
        for axis in range(3):
            cell = np.floor((places_nm[:, axis] - self.low_nm[axis]) / self.edge_nm[axis]).astype(np.int64)
            size = self.shape[axis]
            out = out * size + (cell % size if self.periodic[axis] else np.clip(cell, 0, size - 1))
        return out


@dataclass(frozen=True, eq=False)
class BlockSums:
    """Sums over the cubes of each block.

    ``counts`` (blocks, species) atoms; ``plain`` (blocks,) sum of n ln n as measured; ``random`` (blocks, species,
    nodes) its mean under relabeling at the nodes of composition.
    """

    counts: Floats
    plain: Floats
    random: Floats


@dataclass(frozen=True, eq=False)
class GridSums:
    """What one grid says."""

    n_areas: int
    points_mean: float
    points_largest: int
    points_quantiles: Floats
    entropy_weighted: float
    entropy_unweighted: float
    sd_unweighted: float
    entropy_corrected: float
    entropy_null: float
    scatter: Floats
    scatter_binomial: Floats
    blocks: BlockSums | None


@lru_cache(maxsize=1)
def n_log_n() -> Floats:
    """Table of n ln n."""
    n = np.arange(_kernels.TABLE, dtype=float)
    return np.asarray(xlogy(n, n))


@lru_cache(maxsize=1)
def _n_grassberger() -> Floats:
    n = np.arange(_kernels.TABLE)
    return n * grassberger_digamma(n)


def measure_grid(
    points: PointSet, grid: CubeGrid, occupied: Occupied, composition: Composition, blocks: Blocks | None
) -> GridSums:
    """Entropies of the cubes of one grid.

    Parameters
    ----------
    points
        The points.
    grid, occupied
        The grid and its occupied cubes.
    composition
        Totals of all points.
    blocks
        Blocks of the bootstrap; None for none.
    """
    n_species = len(composition.totals)
    counts = np.zeros((len(occupied), n_species), dtype=np.int32)
    _kernels.count_species(occupied.cubes, points.labels, counts)
    n_points, plain, corrected, squares = _kernels.cube_sums(counts, n_log_n(), _n_grassberger())
    total = float(composition.n_points)
    distinct, row = _distinct(n_points)
    center = random_count_sums(distinct, composition.totals.astype(float), total)
    n_of_distinct = np.bincount(row, minlength=len(distinct))
    size_term = float((n_of_distinct * xlogy(distinct, distinct)).sum())
    weighted = (size_term - float(plain.sum())) / total
    sums = None
    if blocks is not None:
        block = blocks.numbers(
            _kernels.mean_places(points.positions_nm, grid.arrays, occupied.cubes, occupied.cells, n_points)
        )
        sums = _block_sums(block, len(blocks), counts, plain, row, _node_values(distinct, center, composition))
    # There are as many cubes as points at small sizes: what is done with is let go, what can be is done in place.
    plain /= n_points
    single = np.log(n_points)
    single -= plain
    p = composition.fractions
    finite = (total - (n_of_distinct * distinct).sum() / len(n_points)) / max(total - 1.0, 1.0)
    return GridSums(
        n_areas=len(n_points),
        points_mean=float(n_points.mean()),
        points_largest=int(n_points.max()),
        points_quantiles=np.quantile(n_points, [0.05, 0.5, 0.95]),
        entropy_weighted=weighted,
        entropy_unweighted=float(single.mean()),
        sd_unweighted=float(single.std(ddof=1)) if len(single) > 1 else np.nan,
        entropy_corrected=float((n_of_distinct * distinct * digamma(distinct)).sum() - corrected) / total,
        entropy_null=(size_term - float((n_of_distinct[:, None] * center).sum())) / total,
        scatter=np.sqrt(np.maximum(squares / total - p**2, 0.0)),
        scatter_binomial=np.sqrt(p * (1.0 - p) * len(n_points) / total * finite),
        blocks=sums,
    )


def _distinct(n_points: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values and, for each cube, which of them it has."""
    largest = int(n_points.max())
    if largest > 4 * len(n_points) + _kernels.TABLE:
        values, row = np.unique(n_points, return_inverse=True)
        return values, row
    present = np.bincount(n_points) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[n_points]


def _node_values(distinct: Ints, center: Floats, composition: Composition) -> Floats:
    """Mean of n ln n at every node of composition, shape (distinct, species * nodes)."""
    values = np.empty((*center.shape, len(NODES)))
    total = float(composition.n_points)
    for k, node in enumerate(NODES):
        shifted = np.clip(composition.totals + node * composition.half_width * total, 0.0, total)
        values[:, :, k] = center if node == 0.0 else random_count_sums(distinct, shifted, total)
    return values.reshape(len(distinct), -1)


def _block_sums(
    block: Ints, n_blocks: int, counts: NDArray[np.int32], plain: Floats, row: Ints, nodes: Floats
) -> BlockSums:
    random = np.zeros((n_blocks, nodes.shape[1]))
    _kernels.add_rows(block, row, nodes, random)
    atoms = np.zeros((n_blocks, counts.shape[1]))
    _kernels.add_rows(block, np.arange(len(block)), counts, atoms)
    return BlockSums(
        counts=atoms,
        plain=np.bincount(block, weights=plain, minlength=n_blocks).astype(np.float64),
        random=random.reshape(n_blocks, counts.shape[1], len(NODES)),
    )
