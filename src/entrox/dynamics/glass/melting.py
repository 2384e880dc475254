"""Whether a crystal has melted: its cations have left their places, and its strongest reflections are gone.

Both must hold. Lengths in angstrom, mean-square displacements in angstrom2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.reflections import order_limit, reflection_order, strongest_reflections

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "ANIONS",
    "CrystalMemory",
    "MeltCheck",
    "cation_mask",
    "mean_square_displacements",
    "shortest_cation_distance",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ANIONS = ("N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I")
"""What counts as an anion, if there is anything else in the structure."""
N_TRACKED = 10


@dataclass(frozen=True, kw_only=True)
class MeltCheck(Result):
    """What is left of a crystal; ``melted`` where the displacement is above and all order below its limit."""

    cation_msd: float = quantity("angstrom2", "mean-square displacement of the cations")
    msd_limit: float = quantity("angstrom2", "squared nearest distance of cations in the crystal")
    anion_msd: float | None = quantity("angstrom2", "mean-square displacement of the anions; None without")
    indices: Ints = quantity("1", "tracked reflections", axes=("reflection", "hkl"))
    order: Floats = quantity("1", "order |S(h)|/N of the cations", axes=("reflection",))
    start_order: Floats = quantity("1", "the same of the crystal", axes=("reflection",))
    order_limit: float = quantity("1", "order that random phases exceed once in a thousand")
    n_cations: int = quantity("1", "number of cations")

    @property
    def displaced(self) -> bool:
        """Whether the cations have left their places."""
        return self.cation_msd > self.msd_limit

    @property
    def largest_order(self) -> float:
        """Largest order of the tracked reflections."""
        return float(self.order.max())

    @property
    def disordered(self) -> bool:
        """Whether every tracked reflection is below the limit."""
        return self.largest_order < self.order_limit

    @property
    def melted(self) -> bool:
        """Whether both hold."""
        return self.displaced and self.disordered


class CrystalMemory:
    """What a crystal looked like, to compare later structures with.

    Parameters
    ----------
    atoms
        Crystal at the start; positions of later frames must be unwrapped from here.
    """

    def __init__(self, atoms: Atoms) -> None:
        self.cations = cation_mask(atoms)
        self._start = atoms.copy()
        places = atoms.get_scaled_positions(wrap=False)
        self.indices = strongest_reflections(places[self.cations], atoms.cell.array, N_TRACKED)
        self.start_order = reflection_order(places[self.cations], self.indices)
        self.msd_limit = shortest_cation_distance(atoms) ** 2

    @property
    def was_crystal(self) -> bool:
        """Whether the start had order to lose."""
        return float(self.start_order.max()) >= order_limit(int(self.cations.sum()))

    def compared(self, atoms: Atoms) -> MeltCheck:
        """Compare a later structure of the same atoms.

        Parameters
        ----------
        atoms
            Unwrapped; the cell may have changed, displacements are then counted from places carried along by it.
        """
        places = atoms.get_scaled_positions(wrap=False)
        displaced = mean_square_displacements(self._start, atoms)
        anions = displaced[~self.cations]
        n_cations = int(self.cations.sum())
        return MeltCheck(
            cation_msd=float(displaced[self.cations].mean()),
            msd_limit=self.msd_limit,
            anion_msd=float(anions.mean()) if len(anions) else None,
            indices=self.indices,
            order=reflection_order(places[self.cations], self.indices),
            start_order=self.start_order,
            order_limit=order_limit(n_cations),
            n_cations=n_cations,
        )


def cation_mask(atoms: Atoms) -> NDArray[np.bool_]:
    """Whether each atom is a cation, shape ``(n_atoms,)``; all atoms are where there are no others than anions."""
    mask = ~np.isin(atoms.get_chemical_symbols(), ANIONS)
    return mask if mask.any() else np.ones(len(atoms), dtype=bool)


def mean_square_displacements(first: Atoms, later: Atoms) -> Floats:
    """Squared displacements of atoms, the drift of the center of mass taken off [angstrom2], shape ``(n_atoms,)``."""
    if len(first) != len(later) or (first.numbers != later.numbers).any():
        raise InputError("displacements need the same atoms in the same order in both structures.")
    moved = (later.get_scaled_positions(wrap=False) - first.get_scaled_positions(wrap=False)) @ later.cell.array
    masses = first.get_masses()
    moved -= (masses[:, None] * moved).sum(axis=0) / masses.sum()
    return np.asarray((moved**2).sum(axis=1))


def shortest_cation_distance(atoms: Atoms) -> float:
    """Shortest distance between two cations, images counted [angstrom]."""
    from ase.neighborlist import neighbor_list

    cations = atoms[cation_mask(atoms)]
    reach = (abs(cations.get_volume()) / len(cations)) ** (1.0 / 3.0) * 1.5
    for _ in range(6):
        distances = neighbor_list("d", cations, reach)
        if len(distances):
            return float(distances.min())
        reach *= 1.5
    raise InputError("no two cations are near each other; the melt cannot be judged.")
