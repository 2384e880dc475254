"""The map of a perovskite: which atom sits on which site, and which sites are neighbors.

Lengths in angstrom; cells are row vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.order.lattice.film import OpenDirection

__all__ = ["LatticeMap"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LatticeMap:
    """Sites of a perovskite supercell of N formula units, made once and reused for every frame.

    Pseudo-cubic coordinates are ``m = s M`` with the scaled coordinates ``s`` of the supercell. The A site of cell
    ``n`` lies at ``n``, its B site at ``n + 1/2``, its X site ``k`` between its B site and that of ``n + e_k``.
    Atom indices and cell indices of -1 mean: nothing there (a vacancy, or beyond the open border of a film).

    Parameters
    ----------
    a, b
        Atom on the A and the B site of each cell, shape ``(N,)``.
    x
        Atom on the three X sites of each cell, shape ``(N, 3)``.
    cells
        Integer coordinates of the cells, shape ``(N, 3)``, in C order of the grid.
    matrix
        Integer matrix M, shape ``(3, 3)``: the vectors of the supercell are ``M @ (pseudo-cubic vectors)``.
    shape
        ``(p, q, r)`` of the grid; None where M is not diagonal.
    a_x, b_x
        Atoms of the oxygen cages, shapes ``(N, 12)`` and ``(N, 6)``; the six in the order +x, -x, +y, -y, +z, -z.
    b_a, a_b
        Atoms on the eight cation sites around each B and each A, shape ``(N, 8)``.
    neighbors
        Cells of the six like neighbors in the order +x, -x, +y, -y, +z, -z, shape ``(N, 6)``.
    axes
        Pseudo-cubic frame: right-handed orthonormal rows, shape ``(3, 3)``.
    lattice_angstrom
        Lengths of the three pseudo-cubic vectors [angstrom], shape ``(3,)``.
    origin
        Place of the A site of cell 0 in pseudo-cubic coordinates, shape ``(3,)``.
    opened
        The open direction of a film, where one empty layer of cells closes the grid; None for a crystal.
    periodic
        Whether the grid closes on itself along each pseudo-cubic axis.
    a_symbols, b_symbols
        Element on the A and the B site of each cell; an empty string where there is none.
    symbols
        Elements of all atoms, in their order.
    residual_angstrom
        Root mean square distance of the cations from their sites [angstrom].
    x_residual_angstrom
        The same for X, tilts included [angstrom]; None without X.
    a_site, b_site, x_site
        Elements that may sit on each kind of site.
    vacancies
        Numbers of empty A, B and X sites, those beyond the border of a film not counted.
    vacancies_allowed
        Whether cages with missing members count.
    warnings
        What the fit decided or found unusual.
    """

    a: Ints
    b: Ints
    x: Ints
    cells: Ints
    matrix: Ints
    shape: tuple[int, int, int] | None
    a_x: Ints
    b_x: Ints
    b_a: Ints
    a_b: Ints
    neighbors: Ints
    axes: Floats
    lattice_angstrom: Floats
    origin: Floats = field(default_factory=lambda: np.zeros(3))
    opened: OpenDirection | None = None
    periodic: tuple[bool, bool, bool] = (True, True, True)
    a_symbols: tuple[str, ...]
    b_symbols: tuple[str, ...]
    symbols: tuple[str, ...]
    residual_angstrom: float
    x_residual_angstrom: float | None = None
    a_site: tuple[str, ...] = ()
    b_site: tuple[str, ...] = ()
    x_site: tuple[str, ...] = ("O",)
    vacancies: tuple[int, int, int] = (0, 0, 0)
    vacancies_allowed: bool = False
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                array = value.copy()
                array.setflags(write=False)
                object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def n_atoms(self) -> int:
        """Number of atoms of a frame that the map fits."""
        return len(self.symbols)

    @property
    def matrix_inverse(self) -> Floats:
        """Inverse of M: pseudo-cubic offsets times it are scaled offsets of the supercell."""
        inverse: Floats = np.linalg.inv(self.matrix.astype(float))
        return inverse

    def grid(self, values: ArrayLike) -> NDArray[Any]:
        """Return values given per cell, shape ``(N, ...)``, on the grid, shape ``(p, q, r, ...)``.

        Raises
        ------
        InputError
            If the supercell is not p x q x r along the pseudo-cubic axes, or the first axis is not N long.
        """
        if self.shape is None:
            raise InputError(
                f"a grid needs a supercell of p x q x r along the pseudo-cubic axes; its matrix is "
                f"{self.matrix.tolist()}. Use the tables of neighbors instead, or repeat the cell to a diagonal one."
            )
        array = np.asarray(values)
        if array.ndim < 1 or len(array) != len(self):
            raise InputError(
                f"values must have one entry per cell, {len(self)} along the first axis; got {array.shape}."
            )
        return array.reshape(self.shape + array.shape[1:])
