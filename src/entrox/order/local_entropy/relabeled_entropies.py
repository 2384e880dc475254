"""Entropies of many relabelings on all grids of a scan, on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from entrox.order.local_entropy import _kernels
from entrox.order.local_entropy.areas import Blocks, n_log_n
from entrox.order.local_entropy.cubes import CubeGrid, occupied_cubes
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.point_set import PointSet

__all__ = ["RelabeledEntropies", "relabeled_entropies"]

Floats = NDArray[np.float64]

BLOCK = 1 << 21
"""Points that are counted at a time."""
INDEX_BYTES = 64_000_000
"""Cube numbers of as many grids as fit are kept at a time (always those of one grid)."""

SEEDS_PER_TASK = 16


@dataclass(frozen=True, eq=False)
class RelabeledEntropies:
    """Entropies of the relabelings, shape (n_relabel, n_grids), and mean n ln n per block, (n_grids, n_blocks)."""

    entropies: Floats
    by_block: Floats | None


@dataclass(frozen=True, eq=False)
class _Batch:
    """Grids that are worked on together."""

    cells: NDArray[np.integer]
    n_cells: NDArray[np.int64]
    blocks: NDArray[np.int64]
    by_block: tuple[int, int]


def relabeled_entropies(
    points: PointSet,
    grids: Sequence[CubeGrid],
    relabeler: Relabeler,
    seeds: NDArray[np.uint64],
    *,
    blocks: Blocks | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> RelabeledEntropies:
    """Size-weighted entropy of every relabeling on every grid.

    Parameters
    ----------
    points
        The points.
    grids
        Grids of all sizes and origins.
    relabeler
        Draws the labels.
    seeds
        One seed per relabeling; the same relabelings are used on all grids.
    blocks
        Where given, mean sums per block are returned too.
    threads
        Number of threads; all processors if not given. Changes no number.
    progress
        Called with the number of relabelings (times grids over all grids) done since the last call.
    """
    n = len(points)
    per_batch = max(1, min(len(grids), INDEX_BYTES // (4 * max(n, 1))))
    entropies = np.empty((len(seeds), len(grids)))
    by_block = np.zeros((len(grids), len(blocks))) if blocks is not None else None
    for first in range(0, len(grids), per_batch):
        chosen = slice(first, min(first + per_batch, len(grids)))
        batch, size_terms = _batch(points, grids[chosen], blocks)
        sums, block_sums = _run(points, batch, relabeler, seeds, threads, progress)
        entropies[:, chosen] = (size_terms - sums) / n
        if by_block is not None:
            by_block[chosen] = block_sums / len(seeds)
    return RelabeledEntropies(entropies=entropies, by_block=by_block)


def _batch(points: PointSet, grids: Sequence[CubeGrid], blocks: Blocks | None) -> tuple[_Batch, Floats]:
    """Cube numbers times the number of species on each grid, and the sums of N ln N."""
    n_species = len(points.species)
    cells = np.empty((len(grids), len(points)), dtype=np.int32 if len(points) * n_species < 2**31 else np.int64)
    n_cells, size_terms, block_rows = [], [], []
    for g, grid in enumerate(grids):
        occupied = occupied_cubes(points, grid)
        n_points = _points_of_cubes(occupied.cubes, len(occupied))
        np.multiply(occupied.cubes, n_species, out=cells[g], dtype=cells.dtype)
        n_cells.append(len(occupied) * n_species)
        size_terms.append(float(xlogy(n_points, n_points).sum()))
        if blocks is not None:
            places = _kernels.mean_places(points.positions_nm, grid.arrays, occupied.cubes, occupied.cells, n_points)
            block_rows.append(blocks.numbers(places))
    longest = max((len(row) for row in block_rows), default=0)
    table = np.zeros((len(grids) if block_rows else 0, longest), dtype=np.int64)
    for row, numbers in zip(table, block_rows, strict=False):
        row[: len(numbers)] = numbers
    shape = (len(grids), len(blocks)) if blocks is not None else (0, 0)
    return _Batch(cells=cells, n_cells=np.array(n_cells), blocks=table, by_block=shape), np.array(size_terms)


def _points_of_cubes(cubes: NDArray[np.integer], n_cubes: int) -> NDArray[np.int64]:
    """Points of each cube; in blocks, as ``bincount`` copies its argument to eight bytes per point."""
    found = np.zeros(n_cubes, dtype=np.int64)
    for first in range(0, len(cubes), BLOCK):
        found += np.bincount(cubes[first : first + BLOCK], minlength=n_cubes)
    return found


def _run(
    points: PointSet,
    batch: _Batch,
    relabeler: Relabeler,
    seeds: NDArray[np.uint64],
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> tuple[Floats, Floats]:
    n, n_species = len(points), len(points.species)
    label_type = np.uint8 if n_species <= 256 else np.int32
    largest = int(batch.n_cells.max())
    out = np.empty((len(seeds), len(batch.cells)))
    total = np.zeros(batch.by_block)

    def task(first: int) -> tuple[int, Floats]:
        part = slice(first, min(first + SEEDS_PER_TASK, len(seeds)))
        by_block = np.zeros(batch.by_block)
        _kernels.relabeled_sums(
            seeds[part], relabeler.groups, batch.cells, batch.n_cells, n_species, n_log_n(),
            np.empty(n, dtype=label_type), np.zeros(largest, dtype=np.int32), batch.blocks, by_block, out[part],
        )  # fmt: skip
        return part.stop - part.start, by_block

    # Working space of all threads together stays below that of the points.
    affordable = max(1, int((100e6 + 4.0 * n) // (n + 4.0 * largest)))
    workers = min(threads or os.cpu_count() or 1, affordable)
    starts = range(0, len(seeds), SEEDS_PER_TASK)
    with ThreadPoolExecutor(workers) as executor:
        # Sums are added in the order of the tasks, so that threads change no bit.
        for done, by_block in executor.map(task, starts):
            total += by_block
            if progress is not None:
                progress(done * len(batch.cells))
    return out, total
