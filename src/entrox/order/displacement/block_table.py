r"""What a block of a trajectory, of a box or of an image says about displacements: counts that add up.

A block is a stretch of time or a part of space. Its counts are all that a comparison of two sources needs, so that
errors come from blocks and not from single, correlated vectors. Lengths in angstrom, angles in degrees.

Directions lie in 36 bins. In three dimensions these are six rings of equal height in the cosine to the third axis times
six sectors, all of the same solid angle; in two dimensions 36 sectors of 10 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity

__all__ = [
    "DIRECTION_BINS", "FOLDED_EDGES_DEG", "MODULUS_EDGES", "NOTHING_ANGSTROM2", "N_CLASSES", "WIDTH", "BlockTable",
    "block_counts",
    "direction_centers", "folded_angle_deg", "table_of_counts",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_CLASSES = 5
"""Classes in the order of ``CLASSES`` of the phases; the four of a projection leave the last one empty."""
MODULUS_EDGES: Floats = np.linspace(0.0, 1.0, 201)
"""Edges of the bins of |d| [angstrom]; longer ones are counted in the last bin."""
FOLDED_EDGES_DEG: Floats = np.linspace(0.0, 45.0, 46)
RINGS = SECTORS = 6
NOTHING_ANGSTROM2 = 1e-12
"""Mean squares below are rounding errors of a perfect crystal."""
DIRECTION_BINS = 36
_SPLIT = np.cumsum([len(MODULUS_EDGES) - 1, DIRECTION_BINS, len(FOLDED_EDGES_DEG) - 1, N_CLASSES])
WIDTH = int(_SPLIT[-1]) + 5


@dataclass(frozen=True, kw_only=True)
class BlockTable(Result):
    """Counts of the vectors of one group of cations, block by block."""

    group: str
    site: str
    kind: str
    modulus_counts: Floats = quantity("1", "vectors per bin of the length", axes=("block", "bin"))
    direction_counts: Floats = quantity("1", "vectors per bin of the direction", axes=("block", "direction"))
    folded_counts: Floats = quantity("1", "vectors per degree of the folded angle; 2-D only", axes=("block", "degree"))
    class_counts: Floats = quantity("1", "vectors per class", axes=("block", "class"))
    n_vectors: Floats = quantity("1", "vectors", axes=("block",))
    modulus_sum_angstrom: Floats = quantity("angstrom", "summed lengths", axes=("block",))
    square_sum_angstrom2: Floats = quantity("angstrom^2", "summed squares, noise subtracted", axes=("block",))
    neighbor_sum_angstrom2: Floats = quantity("angstrom^2", "summed products of neighbors", axes=("block",))
    neighbor_pairs: Floats = quantity("1", "pairs of neighbors", axes=("block",))

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.n_vectors)


def folded_angle_deg(vectors: ArrayLike) -> Floats:
    """Angle of 2-D vectors to the nearer of the two axes, 0 to 45 degrees.

    Examples
    --------
    >>> [round(float(a), 6) for a in folded_angle_deg([[1.0, 0.0], [1.0, 1.0], [0.0, -2.0]])]
    [0.0, 45.0, 0.0]
    """
    array = np.abs(np.asarray(vectors, dtype=float))
    return np.asarray(np.degrees(np.arctan2(array.min(axis=-1), array.max(axis=-1))))


def block_counts(
    vectors: Floats, classes: Ints | None, pair_sums: Floats | None = None, noise_square: float | Floats = 0.0
) -> Floats:
    """Counts of rows of vectors.

    Parameters
    ----------
    vectors
        In the pseudo-cubic frame, shape ``(row, cell, dimension)`` [angstrom]; NaN is left out.
    classes
        Number of the class of each, shape ``(row, cell)``, -1 for none; None for no classes.
    pair_sums
        Sum of the products of neighbors and number of pairs, shape ``(row, 2)``.
    noise_square
        Trace of the covariance of a vector, one for all or one for each, subtracted from its square.

    Returns
    -------
    ndarray
        Shape ``(row, width)``; rows add up. :func:`table_of_counts` gives the columns their names.
    """
    rows = len(vectors)
    size = np.linalg.norm(vectors, axis=-1)
    good = np.isfinite(size)
    row = np.broadcast_to(np.arange(rows)[:, None], size.shape)[good]
    flat, length = vectors[good], size[good]
    noise = np.broadcast_to(noise_square, size.shape)[good]
    counts = np.zeros((rows, WIDTH))

    def fill(start: int, bins: int, index: NDArray[np.integer]) -> None:
        counts[:, start : start + bins] = np.bincount(row * bins + index, minlength=rows * bins).reshape(rows, bins)

    n_modulus = len(MODULUS_EDGES) - 1
    fill(0, n_modulus, np.minimum((length / MODULUS_EDGES[1]).astype(np.int64), n_modulus - 1))
    fill(int(_SPLIT[0]), DIRECTION_BINS, _direction_index(flat, length))
    if vectors.shape[-1] == 2:
        fill(int(_SPLIT[1]), 45, np.minimum(folded_angle_deg(flat).astype(np.int64), 44))
    if classes is not None:
        start = int(_SPLIT[2])
        for k in range(N_CLASSES):
            counts[:, start + k] = ((classes == k) & good).sum(axis=1)
    last = int(_SPLIT[3])
    counts[:, last] = np.bincount(row, minlength=rows)
    counts[:, last + 1] = np.bincount(row, weights=length, minlength=rows)
    counts[:, last + 2] = np.bincount(row, weights=length**2 - noise, minlength=rows)
    if pair_sums is not None:
        counts[:, last + 3 :] = pair_sums
    return counts


def _direction_index(vectors: Floats, length: Floats) -> Ints:
    """Bin of the direction; a vector of zero length has none and goes to the first."""
    angle = np.mod(np.arctan2(vectors[:, 1], vectors[:, 0]), 2.0 * np.pi) / (2.0 * np.pi)
    if vectors.shape[1] == 2:
        return np.minimum((angle * DIRECTION_BINS).astype(np.int64), DIRECTION_BINS - 1)
    cosine = vectors[:, 2] / np.where(length > 0.0, length, 1.0)
    ring = np.clip(((cosine + 1.0) * 0.5 * RINGS).astype(np.int64), 0, RINGS - 1)
    return np.asarray(ring * SECTORS + np.minimum((angle * SECTORS).astype(np.int64), SECTORS - 1))


def direction_centers(dimension: int) -> Floats:
    """Unit vectors at the centers of the 36 bins, shape ``(36, dimension)``."""
    if dimension == 2:
        angle = np.radians(10.0 * np.arange(DIRECTION_BINS) + 5.0)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cosine = np.repeat(-1.0 + (2.0 * np.arange(RINGS) + 1.0) / RINGS, SECTORS)
    angle = np.tile(2.0 * np.pi * (np.arange(SECTORS) + 0.5) / SECTORS, RINGS)
    sine = np.sqrt(1.0 - cosine**2)
    return np.stack([sine * np.cos(angle), sine * np.sin(angle), cosine], axis=1)


def table_of_counts(group: str, site: str, kind: str, counts: Floats) -> BlockTable:
    """Name the columns of summed counts, shape ``(block, width)``."""
    if counts.ndim != 2 or counts.shape[1] != WIDTH:
        raise InputError(f"counts must have shape (block, {WIDTH}); got {counts.shape}.")
    modulus, direction, folded, classes, rest = np.split(counts, _SPLIT, axis=1)
    return BlockTable(
        group=group, site=site, kind=kind, modulus_counts=modulus, direction_counts=direction, folded_counts=folded,
        class_counts=classes, n_vectors=rest[:, 0], modulus_sum_angstrom=rest[:, 1], square_sum_angstrom2=rest[:, 2],
        neighbor_sum_angstrom2=rest[:, 3], neighbor_pairs=rest[:, 4],
    )  # fmt: skip
