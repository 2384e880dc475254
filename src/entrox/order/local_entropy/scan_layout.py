"""Grids of all sizes and origins of a scan, the blocks of its bootstrap, and what is measured on them. Unit: nm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.order.local_entropy.areas import Blocks, Composition, GridSums, measure_grid
from entrox.order.local_entropy.bootstrap import block_partition, reachable_composition
from entrox.order.local_entropy.cubes import (
    CubeGrid,
    Frame,
    cube_grids,
    cube_shape,
    frame_of,
    occupied_cubes,
    origin_offsets,
)
from entrox.order.point_set import PointSet

__all__ = ["GridLayout", "grid_layout", "measure_grids"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GridLayout:
    """Grids of every size and origin, and the blocks of the bootstrap."""

    frame: Frame
    asked_nm: Floats
    size_nm: Floats
    edge_nm: Floats
    fits: NDArray[np.bool_]
    grids: list[list[CubeGrid]]
    composition: Composition
    blocks: Blocks | None


def grid_layout(
    points: PointSet, sizes: Floats, aspect: Floats, origins: int, block_nm: float | None, with_blocks: bool
) -> GridLayout:
    """Lay out grids and blocks.

    Parameters
    ----------
    points
        The points.
    sizes, aspect
        Sizes asked for [nm], and edges of the cells in sizes along the axes.
    origins
        Number of grid origins.
    block_nm
        Edge of the blocks [nm]; None for the default.
    with_blocks
        Whether there is a bootstrap.
    """
    frame = frame_of(points)
    shapes = [cube_shape(frame, float(size), aspect) for size in sizes]
    edges = np.array([edge for edge, _ in shapes])
    offsets = origin_offsets(origins)
    # Inside the box along one axis at least: a plane of points has no extent along its normal.
    fits = np.asarray((edges <= frame.extent_nm * (1.0 + 1e-9)).any(axis=1))
    blocks, composition = None, Composition(totals=points.totals, half_width=np.zeros(len(points.species)))
    if with_blocks and fits.any():
        largest = edges[fits][np.argmax(edges[fits].prod(axis=1))]
        blocks = block_partition(points, frame, largest, block_nm)[0]
        composition = reachable_composition(points, frame, blocks)
    return GridLayout(
        frame=frame,
        asked_nm=sizes,
        size_nm=np.array([size for _, size in shapes]),
        edge_nm=edges,
        fits=fits,
        grids=[cube_grids(frame, edge, offsets) for edge in edges],
        composition=composition,
        blocks=blocks,
    )


def measure_grids(points: PointSet, layout: GridLayout, report: Callable[[int], None]) -> list[list[GridSums]]:
    """Entropies of every grid, one row per size; ``report`` is called with 1 after each."""
    rows = []
    for grids in layout.grids:
        row = []
        for grid in grids:
            row.append(measure_grid(points, grid, occupied_cubes(points, grid), layout.composition, layout.blocks))
            report(1)
        rows.append(row)
    return rows
