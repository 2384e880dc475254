"""A box with the sites of its atoms, as a refinement starts from it. Lengths in angstrom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["SUBLATTICES", "StartBox", "rounding_notes", "with_positions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUBLATTICES = ("A", "B", "O", "O", "O")
"""Names of the five sites of a perovskite."""
NOTABLE_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class StartBox:
    """A box with the sites of its atoms.

    Parameters
    ----------
    atoms
        Positions at the start [angstrom], species, cell; ``site_number`` (from 1) and ``cell_index`` where there is a
        grid.
    sites_angstrom
        Places of the sites, shape ``(n, 3)``.
    grid
        Unit cells along the three vectors; None for a box without a lattice.
    site_kind
        Number of the site in the unit cell of each atom, shape ``(n,)``; 0 A, 1 B, 2-4 anions in perovskites.
    sublattice
        Name of each kind of site.
    perovskite
        Whether the kinds are those of a perovskite.
    warnings
        What was rounded or decided.
    """

    atoms: Atoms
    sites_angstrom: Floats
    grid: tuple[int, int, int] | None
    site_kind: Ints
    sublattice: tuple[str, ...]
    perovskite: bool
    warnings: tuple[str, ...] = ()

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements, in alphabetical order."""
        return tuple(sorted(set(self.atoms.get_chemical_symbols())))

    @property
    def counts(self) -> dict[str, int]:
        """Atoms of each element, in alphabetical order."""
        return dict(sorted(Counter(self.atoms.get_chemical_symbols()).items()))

    @property
    def number_density(self) -> float:
        """Atoms per volume [1/angstrom^3]."""
        return len(self.atoms) / float(self.atoms.get_volume())


def with_positions(start: StartBox, positions: Floats) -> StartBox:
    """The same box with its atoms elsewhere."""
    atoms = start.atoms.copy()
    atoms.set_positions(positions)
    return replace(start, atoms=atoms)


def rounding_notes(atoms: Atoms) -> tuple[str, ...]:
    """Say how far the composition was rounded, if it was."""
    occupation = atoms.info.get("occupation")
    if occupation is None or occupation["largest_rounding"] <= NOTABLE_ROUNDING:
        return ()
    drawn = "; ".join(
        f"{site}: " + ", ".join(f"{count} {name}" for name, count in counts.items())
        for site, counts in occupation["counts"].items()
    )
    return (f"composition rounded to whole atoms by at most {occupation['largest_rounding']:.2g} of a site ({drawn})",)
