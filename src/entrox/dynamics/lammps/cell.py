"""The cell as LAMMPS wants it, lower triangular, and the way back.

A cell with the rows a, b, c is the product L Q of a lower-triangular matrix with a positive diagonal and an orthogonal
one. A row vector v of LAMMPS is v Q in the orientation of the input; a left-handed cell is mirrored, which changes no
energy. Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LammpsCell", "lammps_cell"]

Floats = NDArray[np.float64]
VOIGT = ((0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1))
SMALLEST_HEIGHT_ANGSTROM = 0.5
"""Between two opposite faces; a flatter cell is a mistake in the file."""


@dataclass(frozen=True)
class LammpsCell:
    """A lower-triangular cell and the orthogonal matrix that turns vectors of LAMMPS back, both ``(3, 3)``."""

    lower: Floats
    back: Floats

    def to_lammps(self, vectors: Floats) -> Floats:
        """Turn row vectors, shape ``(..., 3)``, into the orientation of LAMMPS."""
        return np.asarray(vectors @ self.back.T)

    def to_input(self, vectors: Floats) -> Floats:
        """Turn row vectors, shape ``(..., 3)``, into the orientation of the input."""
        return np.asarray(vectors @ self.back)

    def voigt_to_input(self, voigt: Floats) -> Floats:
        """Turn symmetric tensors (xx, yy, zz, yz, xz, xy), shape ``(..., 6)``, into the orientation of the input."""
        matrix = np.empty((*voigt.shape[:-1], 3, 3))
        matrix[..., VOIGT[0], VOIGT[1]] = voigt
        matrix[..., VOIGT[1], VOIGT[0]] = voigt
        return np.asarray((self.back.T @ matrix @ self.back)[..., VOIGT[0], VOIGT[1]])


def lammps_cell(atoms: Atoms) -> LammpsCell:
    """Return the lower-triangular cell of a structure.

    Raises
    ------
    InputError
        If the structure is not periodic in all directions, or its cell is flat.
    """
    cell = np.array(atoms.cell.array, dtype=float)
    if not atoms.pbc.all():
        raise InputError(
            f"LAMMPS runs need a structure that is periodic in all three directions; got pbc = {atoms.pbc.tolist()}. "
            "Give it a cell with room around it, or use the ASE engine."
        )
    heights = abs(np.linalg.det(cell)) / np.maximum(np.linalg.norm(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1),
                                                    1e-12)  # fmt: skip
    if heights.min() < SMALLEST_HEIGHT_ANGSTROM:
        raise InputError(
            f"the cell is flat: {heights.min():.3g} angstrom between two of its faces; got {cell.tolist()}."
        )
    if not np.triu(cell, 1).any() and (np.diag(cell) > 0).all():
        return LammpsCell(cell, np.eye(3))
    q, r = np.linalg.qr(cell.T)
    sign = np.sign(np.diag(r))
    return LammpsCell(np.tril((sign[:, None] * r).T), (q * sign).T)
