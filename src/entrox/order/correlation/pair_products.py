"""Sums of d(n) . d(n + R) over all cells n, for every offset R: by Fourier transform on a grid, else pair by pair."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfftn, next_fast_len, rfftn

from entrox.order.lattice.topology import cell_grid

__all__ = ["PairProducts", "grid_products", "group_products"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PairProducts:
    """Sums over pairs of cells.

    Parameters
    ----------
    offsets
        R in cells, the shortest of its images, shape ``(offset, axis)``.
    sums
        Sum of the products in each frame, shape ``(frame, offset)``.
    counts
        Pairs of cells that both have a vector, shape ``(frame, offset)``.
    periods
        Lengths after which offsets repeat, in the unit of the edges; twice the largest offset of an open axis.
    """

    offsets: Ints
    sums: Floats
    counts: Floats
    periods: tuple[float, ...]


def grid_products(vectors: Floats, grid: tuple[int, ...], periodic: tuple[bool, ...], edges: Floats) -> PairProducts:
    """Products on a grid, shape of ``vectors`` ``(frame, cell, component)``, cells in C order."""
    # an open axis gets as many empty cells as it has, so that no pair closes around it
    padded = tuple(
        n if closed else next_fast_len(2 * n - 1, real=True) for n, closed in zip(grid, periodic, strict=True)
    )
    space = tuple(range(len(grid)))
    ranges = [_offsets_along(n, closed) for n, closed in zip(grid, periodic, strict=True)]
    offsets = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(grid))
    places = tuple((offsets % np.array(padded)).T)
    sums = np.empty((len(vectors), len(offsets)))
    counts = np.empty_like(sums)
    filled = _complete(vectors)
    for f, (frame, full) in enumerate(zip(vectors, filled, strict=True)):
        if f and np.array_equal(full, filled[f - 1]):
            counts[f] = counts[f - 1]
        else:
            mask = rfftn(full.reshape(grid).astype(float), padded, axes=space)
            counts[f] = np.rint(irfftn(np.abs(mask) ** 2, padded, axes=space)[places])
        components = np.where(full[:, None], frame, 0.0).T
        waves = [np.abs(rfftn(component.reshape(grid), padded, axes=space)) ** 2 for component in components]
        sums[f] = irfftn(np.sum(waves, axis=0), padded, axes=space)[places]
    periods = tuple(float(n * e) if n > 1 else 0.0 for n, e in zip(grid, edges, strict=True))
    return PairProducts(offsets=offsets, sums=sums, counts=counts, periods=periods)


def _complete(vectors: Floats) -> NDArray[np.bool_]:
    """Cells that have a vector, shape ``(frame, cell)``."""
    return np.asarray(np.isfinite(vectors).all(axis=2))


def _offsets_along(count: int, periodic: bool) -> Ints:
    """Offsets along one axis: -n/2 < R <= n/2 where it closes, all up to n - 1 where it is open."""
    return np.arange(-((count - 1) // 2), count // 2 + 1) if periodic else np.arange(1 - count, count)


def group_products(vectors: Floats, matrix: Ints, edges: Floats) -> PairProducts:
    """Products in a supercell with any integer matrix: N^2 pairs."""
    grid = cell_grid(matrix)
    turns = np.array(list(product(range(-2, 3), repeat=3))) @ grid.matrix
    near = np.rint(grid.cells @ np.linalg.inv(grid.matrix)).astype(np.int64)
    # of each offset the shortest image, and the first of equals
    images = (grid.cells - near @ grid.matrix)[:, None, :] + turns
    best = np.linalg.norm(images * edges, axis=2).round(9).argmin(axis=1)
    offsets = images[np.arange(len(images)), best]
    full = _complete(vectors)
    filled = np.where(full[..., None], vectors, 0.0)
    sums = np.empty((len(vectors), len(offsets)))
    counts = np.empty_like(sums)
    for k, offset in enumerate(grid.cells):
        target = grid.index(grid.cells + offset)
        sums[:, k] = np.einsum("fci,fci->f", filled, filled[:, target])
        counts[:, k] = (full & full[:, target]).sum(axis=1)
    shortest = np.linalg.norm(turns[np.abs(turns).any(axis=1)] * edges, axis=1).min()
    return PairProducts(offsets=offsets, sums=sums, counts=counts, periods=(float(shortest),))
