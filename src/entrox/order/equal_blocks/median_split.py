"""Recursive split of points at their median, along the longest axis, and counts of the blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_integer, generator
from entrox.core.interrupts import deferred_interrupt
from entrox.order.equal_blocks._kernels import median_blocks
from entrox.order.point_set import PointSet

__all__ = ["block_counts", "median_split"]

Ints = NDArray[np.int64]


def median_split(points: PointSet, n_per_block: int) -> NDArray[np.int32]:
    """Split points into blocks of exactly ``n_per_block`` by halving along the longest axis, again and again.

    Parameters
    ----------
    points
        The points; in a periodic box they are first put inside the cell.
    n_per_block
        Points per block, from 1 to the number of points.

    Returns
    -------
    ndarray
        Block of each point, shape ``(n,)``; -1 for the fewer than ``n_per_block`` at one end that fill no block.

    Raises
    ------
    InputError
        If the number does not fit.

    Notes
    -----
    Points with equal coordinates are separated by their other coordinates, and points that coincide in an order that is
    shuffled once: the split never follows the order of the points, which in a molecular ion is that of its species.
    """
    check_integer(n_per_block, "n_per_block", low=1, high=max(len(points), 1))
    positions = points.positions_nm
    if any(points.pbc) and points.cell_nm is not None:
        place = positions @ np.linalg.inv(points.cell_nm)
        positions = positions - np.floor(place) * np.array(points.pbc) @ points.cell_nm
    rank = generator(0).permutation(len(points)).astype(np.int32)
    order = np.arange(len(points), dtype=np.int32)
    block = np.empty(len(points), dtype=np.int32)
    with deferred_interrupt():
        median_blocks(positions, rank, order, n_per_block, block)
    return block


def block_counts(block: NDArray[np.int32], labels: NDArray[np.integer], n_species: int) -> Ints:
    """Points of each species in each block, shape ``(n_blocks, n_species)``; block -1 is left out."""
    n_blocks = int(block.max(initial=-1)) + 1
    # One bin before the first block takes the points that belong to none.
    place = (block.astype(np.int64) + 1) * n_species + labels
    return np.bincount(place, minlength=(n_blocks + 1) * n_species).reshape(-1, n_species)[1:]
