r"""Confidence limits of the excess information: block bootstrap.

The excess of a cube, :math:`e_j = N_j (S_\mathrm{null}(N_j) - S_j)`, is additive. Blocks larger than the largest cube
are drawn with replacement, and the excess per atom is formed anew, with the null of the composition that was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.core.bootstrap import resampling_counts
from entrox.core.checks import check_positive
from entrox.order.local_entropy._kernels import count_species
from entrox.order.local_entropy.areas import NODES, Blocks, BlockSums, Composition
from entrox.order.local_entropy.cubes import CubeGrid, Frame, occupied_cubes
from entrox.order.point_set import PointSet

__all__ = ["block_partition", "excess_replicates", "reachable_composition"]

Floats = NDArray[np.float64]

FEW_BLOCKS, MANY_BLOCKS = 20, 2000


def block_partition(points: PointSet, frame: Frame, largest_nm: Floats, block_nm: float | None) -> tuple[Blocks, int]:
    """Blocks of the bootstrap and the number of those that hold points.

    Parameters
    ----------
    points
        The points.
    frame
        Axes.
    largest_nm
        Edges of the largest cubes, shape ``(3,)``.
    block_nm
        Edge of a block; None for twice the largest cube, or the largest cube where that gives fewer than 20 blocks.
        Beyond 2000 blocks their edge grows: more blocks than that bring no better limits.

    Raises
    ------
    InputError
        If ``block_nm`` is not positive or smaller than the largest cube.
    """
    if block_nm is not None:
        check_positive(block_nm, "block_nm", "nm")
        if block_nm < float(np.min(largest_nm)):
            raise InputError(
                f"block_nm must be at least the largest cube, {np.min(largest_nm):g} nm; got {block_nm:g}."
            )
        return _blocks(points, frame, np.full(3, block_nm))
    blocks, occupied = _blocks(points, frame, 2.0 * largest_nm)
    if occupied < FEW_BLOCKS:
        return _blocks(points, frame, largest_nm)
    while len(blocks) > MANY_BLOCKS:
        blocks, occupied = _blocks(points, frame, 1.1 * blocks.edge_nm)
    return blocks, occupied


def _blocks(points: PointSet, frame: Frame, edge_nm: Floats) -> tuple[Blocks, int]:
    shape = np.maximum(np.round(frame.extent_nm / edge_nm), 1.0).astype(np.int64)
    # A trifle longer, so that the last point lies inside; a plane of points has no extent.
    edge = np.maximum(frame.extent_nm / shape, 1e-6) * (1.0 + 1e-9)
    blocks = Blocks(low_nm=frame.low_nm, edge_nm=edge, shape=shape, periodic=np.isfinite(frame.period_nm))
    return blocks, len(occupied_cubes(points, _block_grid(frame, blocks)))


def _block_grid(frame: Frame, blocks: Blocks) -> CubeGrid:
    """Blocks as a grid."""
    first = np.zeros(3, dtype=np.int64)
    return CubeGrid(
        frame=frame,
        start_nm=blocks.low_nm,
        edge_nm=blocks.edge_nm,
        shape=blocks.shape,
        first=first,
        last=blocks.shape - 1,
    )


def reachable_composition(points: PointSet, frame: Frame, blocks: Blocks) -> Composition:
    """Totals of the points, and six standard deviations of the fractions of a bootstrap sample."""
    totals = points.totals
    p = totals / totals.sum()
    occupied = occupied_cubes(points, _block_grid(frame, blocks))
    counts = np.zeros((len(occupied), len(totals)), dtype=np.int32)
    count_species(occupied.cubes, points.labels, counts)
    deviation = counts - p * counts.sum(axis=1, keepdims=True)
    spread = 6.0 * np.sqrt((deviation**2).sum(axis=0)) / totals.sum()
    return Composition(totals=totals, half_width=np.minimum(spread + 1e-9, np.minimum(p, 1.0 - p)))


def excess_replicates(
    sums: Sequence[Sequence[BlockSums]],
    composition: Composition,
    relabeled: Sequence[Sequence[Floats] | None],
    n_bootstrap: int,
    rng: np.random.Generator,
) -> Floats:
    """Excess information of every bootstrap sample and size [R], shape ``(n_bootstrap, n_sizes)``.

    Parameters
    ----------
    sums
        Block sums of each size and origin.
    composition
        Totals, and the range of fractions covered by the nodes.
    relabeled
        For each size, the mean of n ln n per block over relabelings for each origin, shape ``(n_blocks,)``, where the
        null is not hypergeometric; the hypergeometric law then gives only its change with composition.
    n_bootstrap
        Number of samples.
    rng
        Source of randomness. The same blocks are drawn for all sizes.

    Notes
    -----
    Every sample takes the cubes of one origin, the origins in turn, and its deviation is laid around the mean over
    origins. Summing over the origins first would not do: cubes of different origins reach over the same block faces,
    so that neighboring blocks share atoms, and drawing them independently would lose a third of the scatter.
    """
    atoms = np.sum([item.counts.sum(axis=1) for row in sums for item in row], axis=0)
    used = np.flatnonzero(atoms > 0)
    weights = resampling_counts(rng, len(used), n_bootstrap)
    columns = []
    for row, replaced in zip(sums, relabeled, strict=True):
        column = np.empty(n_bootstrap)
        whole = np.empty(len(row))
        for origin, item in enumerate(row):
            mine = slice(origin, None, len(row))
            null_sums = None if replaced is None else replaced[origin]
            values = _excess_of_samples(
                np.vstack([np.ones(len(used)), weights[mine]]), item, used, composition, null_sums
            )
            whole[origin] = values[0]
            column[mine] = values[1:] - values[0]
        columns.append(column + whole.mean())
    return np.column_stack(columns)


def _excess_of_samples(
    weights: Floats, item: BlockSums, used: NDArray[np.intp], composition: Composition, replaced: Floats | None
) -> Floats:
    """Excess information of samples that draw each block as often as its weight says, shape (n_samples,)."""
    counts = weights @ item.counts[used]
    # A sample of blocks that hold no cube of this size says nothing about it.
    atoms = np.where(counts.sum(axis=1) > 0, counts.sum(axis=1), np.nan)
    nodes = _interpolation_weights(counts / atoms[:, None], composition)
    random = weights @ item.random[used].reshape(len(used), -1)
    null = (random * nodes.reshape(len(weights), -1)).sum(axis=1)
    if replaced is not None:
        middle = item.random[used, :, len(NODES) // 2].sum(axis=1)
        null += weights @ (replaced[used] - middle)
    return np.asarray((weights @ item.plain[used] - null) / atoms)


def _interpolation_weights(fractions: Floats, composition: Composition) -> Floats:
    """Lagrange weights of the nodes at given fractions, shape (n, species, nodes)."""
    place = np.clip((fractions - composition.fractions) / composition.half_width, -1.0, 1.0)
    weights = np.ones((*fractions.shape, len(NODES)))
    for k, node in enumerate(NODES):
        for other in np.delete(NODES, k):
            weights[..., k] *= (place - other) / (node - other)
    return weights
