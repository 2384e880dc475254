"""Crystals in three dimensions: presets, and any structure.

The field runs along ``z``. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from entrox.breakdown.lattice import IonLattice, bonded_lattice
from entrox.breakdown.orientation import turned_crystal
from entrox.core import InputError, check_positive

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["crystal_of_atoms", "perovskite_crystal"]


def perovskite_crystal(lattice_parameter: float, a_site: str = "A", b_site: str = "B", anion: str = "O") -> IonLattice:
    """Return a cubic perovskite ABO3 with its twelve A-O and six B-O bonds per cell, field along [001].

    Parameters
    ----------
    lattice_parameter
        Pseudo-cubic lattice parameter [angstrom].
    a_site, b_site, anion
        Symbols of the ions, used as names only.
    """
    a = check_positive(lattice_parameter, "lattice_parameter", "angstrom")
    positions = a * np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    species = (a_site, b_site, anion, anion, anion)
    return bonded_lattice("ABO3", a * np.eye(3), positions, species, np.arange(5) >= 2, 1.0)


def crystal_of_atoms(
    atoms: Atoms,
    miller: tuple[int, int, int] = (0, 0, 1),
    *,
    anions: Sequence[str] = ("O",),
    reach: float = 1.3,
) -> IonLattice:
    """Return a crystal turned so that the field is perpendicular to the planes (hkl).

    Parameters
    ----------
    atoms
        Three-dimensional crystal.
    miller
        Miller indices of the electrodes' planes, in the cell of ``atoms``.
    anions
        Symbols that count as anions.
    reach
        Each cation is bonded to the anions up to this multiple of its nearest one.

    Raises
    ------
    InputError
        If the indices are all zero, the cell has no volume, or the crystal lacks cations or anions.
    """
    turned = turned_crystal(atoms, miller)
    is_anion = np.array([symbol in anions for symbol in turned.symbols])
    if is_anion.all() or not is_anion.any():
        raise InputError(
            f"the crystal must hold cations and anions {tuple(anions)}; got {atoms.get_chemical_formula()}."
        )
    label = f"{atoms.get_chemical_formula(mode='metal')} ({' '.join(map(str, miller))})"
    return bonded_lattice(label, turned.cell, turned.positions, turned.symbols, is_anion, 1.0, reach=reach)
