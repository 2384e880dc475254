r"""Noise that vectors have in common: neighbors share columns, and row jitter or a filter reaches farther.

.. math:: \mathrm{Cov}(d_n, d_m) = \sum_{k \in n \cap m} w_{nk} w_{mk} C_{kk}, \quad w = (1, -1/n, \dots, -1/n)

With columns of equal error this is +sigma_A^2/8 per component for cells side by side (two common columns of
four) and +sigma_A^2/16 for cells on a diagonal. In px, x right and y up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.vectors.cell_grid import cell_grid
from entrox.microscopy.vectors.displacement_map import NEIGHBORS, DisplacementMap
from entrox.microscopy.vectors.vector_cages import VectorCages

__all__ = ["UPWARDS", "noise_products", "shared_covariance"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UPWARDS: Floats = np.array([[1.0, -1.0], [-1.0, 1.0]])
"""Signs of a covariance when the y axis turns over."""


def shared_covariance(
    fit: ColumnFit, cages: VectorCages, cells: Ints, used: NDArray[np.bool_],
    neighbors: Sequence[tuple[int, int]] = NEIGHBORS,
) -> Floats:  # fmt: skip
    """Covariance of each vector with that of its neighbors, from the columns that both rest on.

    Parameters
    ----------
    fit
        Fitted columns with their covariances.
    cages
        Cages of the vectors.
    cells
        Cells of the cations, shape ``(vector, 2)``.
    used
        Vectors that count.
    neighbors
        Steps to the neighbors.

    Returns
    -------
    ndarray
        Shape ``(vector, neighbor, 2, 2)`` [px^2]; zero where one of the two vectors does not count.

    Notes
    -----
    Two different columns count as independent here: each is placed by a fit of its own, and the common background that
    ties a cation to its cage inside one fit leaves no trace between fits (measured on simulated images).
    """
    shared = np.zeros((len(cells), len(neighbors), 2, 2))
    if not used.any():
        return shared
    grid = cell_grid(cells, used)
    rows = np.concatenate([cages.columns[:, None], cages.members], axis=1)
    n = cages.members.shape[1]
    weights = np.concatenate([[1.0], np.full(n, -1.0 / n)])
    for k, step in enumerate(neighbors):
        other = grid.at(np.asarray(cells) + np.array(step))
        first = np.flatnonzero(used & (other >= 0))
        same = rows[first][:, :, None] == rows[other[first]][:, None, :]
        weight = weights * (same * weights).sum(axis=2)
        shared[first, k] = np.einsum("pa,paij->pij", weight, fit.covariance_px2[rows[first]]) * UPWARDS
    return shared


def noise_products(vectors: DisplacementMap) -> dict[tuple[int, ...], float]:
    """Mean product of the noise of neighboring vectors, as ``order.correlation(noise_products=...)`` takes it.

    Parameters
    ----------
    vectors
        Displacements with their shared covariance.

    Returns
    -------
    dict
        Mean of noise(n) . noise(n + R) [px^2], one of R and -R: the trace of the covariance from shared columns,
        averaged over the pairs of good vectors, plus what row jitter or a filter adds at any offset. Empty if neither
        is known.
    """
    found: dict[tuple[int, ...], float] = {}
    if not vectors.good.any():
        return found
    if vectors.shared_covariance_px2 is not None:
        grid = cell_grid(vectors.cell, vectors.good)
        for k, step in enumerate(NEIGHBORS):
            pair = vectors.good & (grid.at(vectors.cell + np.array(step)) >= 0)
            if pair.any():
                found[step] = float(np.trace(vectors.shared_covariance_px2[pair, k], axis1=1, axis2=2).mean())
    if vectors.offset_cells is not None and vectors.offset_covariance_px2 is not None:
        traces = np.trace(vectors.offset_covariance_px2, axis1=1, axis2=2)
        for (i, j), product in zip(vectors.offset_cells.tolist(), traces.tolist(), strict=True):
            key = (-i, -j) if (-i, -j) in found else (i, j)
            found[key] = found.get(key, 0.0) + product
    return found
