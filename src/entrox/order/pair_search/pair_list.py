"""Every pair of atoms within a cutoff, once, with the image of the cell that it crosses.

An image stays with its pair: the vector of the same pair in a later, deformed cell follows from the same numbers, which
the nearest image would not give. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_positive
from entrox.core.interrupts import deferred_interrupt
from entrox.order.pair_search._kernels import list_pairs
from entrox.order.pair_search.search_box import search_box

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PairList", "pair_list"]

Floats = NDArray[np.float64]

ROOM = 1.2
"""Pairs expected at the mean density are multiplied by this; where more are found the search is repeated."""


@dataclass(frozen=True, eq=False)
class PairList:
    """Pairs of atoms.

    Parameters
    ----------
    first, second
        Indices of the atoms, shape ``(n_pairs,)``.
    images
        Cell of the second atom, that of the first being zero, for the positions as given, shape ``(n_pairs, 3)``.
    n_atoms
        Atoms of the structure.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    images: NDArray[np.int16]
    n_atoms: int

    def __len__(self) -> int:
        return len(self.first)

    def vectors(self, positions: ArrayLike, cell: ArrayLike) -> Floats:
        """Vectors from the first to the second atom [angstrom], shape ``(n_pairs, 3)``.

        Parameters
        ----------
        positions, cell
            Of the structure in which the pairs were found, or of a later one whose atoms were not wrapped meanwhile
            [angstrom].
        """
        places = np.asarray(positions, dtype=float)
        return np.asarray(places[self.second] - places[self.first] + self.images @ np.asarray(cell, dtype=float))

    def numbers(self) -> NDArray[np.int64]:
        """Pairs of each atom, shape ``(n_atoms,)``."""
        ends = np.bincount(self.first, minlength=self.n_atoms) + np.bincount(self.second, minlength=self.n_atoms)
        return np.asarray(ends, dtype=np.int64)


def pair_list(atoms: Atoms, cutoffs_angstrom: float | Mapping[tuple[str, str], float]) -> PairList:
    """All pairs of a structure within a cutoff, periodic images included as often as the cutoff needs.

    Parameters
    ----------
    atoms
        Any cell, any of its directions periodic.
    cutoffs_angstrom
        One for all, or by the elements of a pair in any order; pairs of other elements are not listed.

    Raises
    ------
    InputError
        If a cutoff is not positive, an element absent, or the cell of no use.

    Examples
    --------
    >>> from ase import Atoms
    >>> pairs = pair_list(Atoms("Po", cell=[3.0] * 3, pbc=True), 3.1)
    >>> len(pairs), pairs.numbers().tolist()
    (3, [6])
    """
    kinds, squares, longest = _square_table(atoms, cutoffs_angstrom)
    box = search_box(atoms.positions, np.asarray(atoms.cell), atoms.pbc, longest)
    density = len(kinds) / abs(float(np.linalg.det(box.box)))
    steps = box.half_steps(longest)
    room = int(ROOM * (len(kinds) * density * 2.0 / 3.0 * np.pi * longest**3)) + 64
    while True:
        first, second = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        images = np.empty((room, 3), dtype=np.int16)
        with deferred_interrupt():
            found = list_pairs(box.scaled, box.wraps, kinds, box.box, box.shape, steps, squares, first, second, images)
        if found <= room:
            break
        room = found
    return PairList(first[:found], second[:found], images[:found], len(kinds))


def _square_table(
    atoms: Atoms, cutoffs: float | Mapping[tuple[str, str], float]
) -> tuple[NDArray[np.int64], Floats, float]:
    """Kind of every atom, squared cutoffs by kinds (negative where a pair does not count), and the longest cutoff."""
    if not isinstance(cutoffs, Mapping):
        longest = check_positive(cutoffs, "cutoff_angstrom", "angstrom")
        return np.zeros(len(atoms), dtype=np.int64), np.array([[longest**2]]), longest
    symbols = np.array(atoms.get_chemical_symbols())
    names = sorted(set(symbols.tolist()))
    squares = np.full((len(names), len(names)), -1.0)
    for (one, two), value in cutoffs.items():
        missing = [name for name in (one, two) if name not in names]
        if missing:
            raise InputError(f"pairs name {', '.join(missing)}; the structure holds {', '.join(names)}.")
        a, b = names.index(one), names.index(two)
        squares[a, b] = squares[b, a] = check_positive(value, f"cutoff of {one}-{two}", "angstrom") ** 2
    if not cutoffs:
        raise InputError("cutoffs_angstrom must name at least one pair of elements, such as {('Si', 'O'): 2.2}.")
    return np.searchsorted(names, symbols).astype(np.int64), squares, float(np.sqrt(squares.max()))
