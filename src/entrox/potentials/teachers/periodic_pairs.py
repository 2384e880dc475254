"""Pairs of atoms closer than a cutoff, periodic images included. Lengths in angstrom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

__all__ = ["periodic_pairs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOUCHING = 1e-9
"""Images are kept this far beyond the cutoff, so that rounding loses none [angstrom]."""


def periodic_pairs(
    positions: Floats, cell: Floats, pbc: NDArray[np.bool_], cutoff_angstrom: float
) -> tuple[Ints, Ints, Floats]:
    """Directed pairs within a cutoff: every pair is listed from both of its ends, an atom and its own images too.

    Parameters
    ----------
    positions
        Shape ``(n_atoms, 3)``, anywhere in space.
    cell, pbc
        Cell vectors as rows, shape ``(3, 3)``; which of them are periods. Rows that are not may be zero.
    cutoff_angstrom
        Largest distance.

    Returns
    -------
    first, second, vectors
        Atoms of each pair, shape ``(n_pairs,)``, and the way from the first to the image of the second, ``(n_pairs,
        3)``.
    """
    wrapped = _wrapped(positions, cell, pbc)
    owner, images = _images(wrapped, cell, pbc, cutoff_angstrom)
    found = KDTree(wrapped).sparse_distance_matrix(KDTree(images), cutoff_angstrom, output_type="ndarray")
    first, image = found["i"].astype(np.int64), found["j"].astype(np.int64)
    # The image that is the atom itself is no pair; atoms in the same place are one.
    apart = (owner[image] != first) | (found["v"] > TOUCHING)
    first, image = first[apart], image[apart]
    order = np.lexsort((image, first))
    first, image = first[order], image[order]
    return first, owner[image], images[image] - wrapped[first]


def _wrapped(positions: Floats, cell: Floats, pbc: NDArray[np.bool_]) -> Floats:
    """Return positions moved into the cell along its periods."""
    if not pbc.any():
        return positions
    periods = cell[pbc]
    moved: Floats = positions - np.floor(positions @ np.linalg.pinv(periods)) @ periods
    return moved


def _images(wrapped: Floats, cell: Floats, pbc: NDArray[np.bool_], cutoff: float) -> tuple[Ints, Floats]:
    """Return all images that can be within the cutoff of an atom of the cell, and whose images they are."""
    owner = np.arange(len(wrapped))
    if not pbc.any():
        return owner, wrapped
    periods = cell[pbc]
    inverse = np.linalg.pinv(periods)
    reach = (cutoff + TOUCHING) * np.linalg.norm(inverse, axis=0)
    scaled = wrapped @ inverse
    steps = [np.arange(-n, n + 1) for n in np.ceil(reach).astype(int)]
    moves = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, len(periods))
    places = scaled + moves[:, None, :]
    kept = np.all((places >= scaled.min(axis=0) - reach) & (places <= scaled.max(axis=0) + reach), axis=-1)
    move, atom = np.nonzero(kept)
    return owner[atom], wrapped[atom] + moves[move] @ periods
