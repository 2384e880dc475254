"""Which frames are worth a label: those that could be a state of the material at all.

A student that has lost its way invents frames in which atoms sit on one another; their labels would spoil the training.
Units: angstrom, eV/angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.composition import VACANCY, Composition, shannon_radius
from entrox.potentials.teachers.periodic_pairs import periodic_pairs

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Sieve", "ionic_radii"]

Floats = NDArray[np.float64]


def ionic_radii(composition: Composition) -> dict[str, float]:
    """Shannon's radius of each element of a composition [angstrom], the smallest where it stands on several sites."""
    radii: dict[str, float] = {}
    for site in composition.sites.values():
        for symbol in site.fractions:
            if symbol != VACANCY:
                radius = shannon_radius(symbol, site.charges[symbol], site.coordination).value
                radii[symbol] = min(radius, radii.get(symbol, radius))
    return radii


@dataclass(frozen=True, kw_only=True)
class Sieve:
    """Bounds that a frame must keep.

    Parameters
    ----------
    radii_angstrom
        Ionic radius of each element.
    volume_per_atom_angstrom3
        Volume of the material that the frames are held against.
    shortest_pair
        No two atoms are nearer than this part of the sum of their radii.
    volume_tolerance
        The volume may differ by this part.
    largest_force_ev_per_angstrom
        No force may be larger.
    """

    radii_angstrom: Mapping[str, float]
    volume_per_atom_angstrom3: float
    shortest_pair: float = 0.6
    volume_tolerance: float = 0.15
    largest_force_ev_per_angstrom: float = 15.0

    def objection(self, atoms: Atoms, forces_ev_per_angstrom: Floats) -> str:
        """Why a frame is no state of the material, in words; empty if it may be one.

        Parameters
        ----------
        atoms
            Structure.
        forces_ev_per_angstrom
            Mean forces of the committee, shape ``(n_atoms, 3)``.
        """
        if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
            return "positions are not finite"
        change = atoms.get_volume() / (len(atoms) * self.volume_per_atom_angstrom3) - 1.0
        if abs(change) > self.volume_tolerance:
            return f"the volume differs by {100 * change:+.0f} %"
        largest = float(np.linalg.norm(forces_ev_per_angstrom, axis=1).max())
        if not largest <= self.largest_force_ev_per_angstrom:
            return f"a force is {largest:.1f} eV/angstrom"
        return self._close_pair(atoms)

    def _close_pair(self, atoms: Atoms) -> str:
        symbols = atoms.get_chemical_symbols()
        radii = np.array([self.radii_angstrom[symbol] for symbol in symbols])
        reach = 2.0 * self.shortest_pair * float(radii.max())
        first, second, vectors = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, reach)
        distance = np.linalg.norm(vectors, axis=1)
        ratio = distance / (radii[first] + radii[second])
        if ratio.size == 0 or ratio.min() >= self.shortest_pair:
            return ""
        worst = int(ratio.argmin())
        return f"{symbols[first[worst]]} and {symbols[second[worst]]} are {distance[worst]:.2f} angstrom apart"
