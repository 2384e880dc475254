"""What a filter makes vectors share, measured in the null fields: the covariance of their noise at every near offset.

A filter spreads the noise of one cell over many, so that the columns shared by two cages say little about it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.controls.null_field import NullField
from entrox.microscopy.vectors.cell_grid import cell_grid
from entrox.microscopy.vectors.displacement_map import DisplacementMap

__all__ = ["with_null_covariance"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FARTHEST_CELLS = 16
"""Masks of 0.05 reciprocal-lattice units reach 13 cells before noise of theirs is below one percent."""


def with_null_covariance(vectors: DisplacementMap, null: NullField) -> DisplacementMap:
    """Map whose vectors share what those of the null fields share, in place of what the fit says.

    Parameters
    ----------
    vectors
        Displacements of the image.
    null
        Null fields of the same columns.

    Raises
    ------
    InputError
        If the null fields belong to other columns, or hold no vector.
    """
    if not np.array_equal(null.column, vectors.column):
        raise InputError("the null fields belong to other columns.")
    offsets, covariance = _offset_covariance(null, vectors.cell)
    return replace(vectors, shared_covariance_px2=None, offset_cells=offsets, offset_covariance_px2=covariance)


def _offset_covariance(null: NullField, cells: Ints) -> tuple[Ints, Floats]:
    """Offsets, one of R and -R, and the mean over pairs and fields of d(n) d(n + R)."""
    grid = cell_grid(cells)
    fields = np.stack([grid.spread(field) for field in null.vector_px])
    known = np.isfinite(fields[..., 0])
    shape = np.array(known.shape[1:])
    padded = tuple(int(n) for n in 2 * shape)
    values = np.fft.rfft2(np.where(known[..., None], fields, 0.0), padded, axes=(1, 2))
    ones = np.fft.rfft2(known.astype(float), padded, axes=(1, 2))
    sums = np.fft.irfft2(np.einsum("fpqa,fpqb->pqab", values.conj(), values), padded, axes=(0, 1))
    pairs = np.rint(np.fft.irfft2((np.abs(ones) ** 2).sum(axis=0), padded))
    steps = np.stack(np.meshgrid(*(np.arange(1 - n, n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 2)
    half = (steps[:, 0] > 0) | ((steps[:, 0] == 0) & (steps[:, 1] > 0))
    steps = steps[half & (np.hypot(steps[:, 0], steps[:, 1]) <= FARTHEST_CELLS)]
    place = steps[:, 0] % padded[0], steps[:, 1] % padded[1]
    there = pairs[place] > 0.5
    found = sums[place][there] / pairs[place][there][:, None, None]
    return steps[there].astype(np.int64), 0.5 * (found + found.transpose(0, 2, 1))
