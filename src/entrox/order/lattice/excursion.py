"""Whether an atom of a frame has left its site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.order.lattice._kernels import largest_excursion
from entrox.order.lattice.lattice_map import LatticeMap

__all__ = ["SiteWatch", "site_watch"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CATION_LIMIT = 0.5
"""Half the distance of like cation sites, in units of it."""
ANION_LIMIT = 0.5 / np.sqrt(2.0)
"""Half the distance of neighboring X sites."""


@dataclass(frozen=True, eq=False)
class SiteWatch:
    """Places of the atoms of a map, in scaled coordinates.

    Parameters
    ----------
    atoms
        Atoms that have a site, shape ``(n,)``.
    places
        Scaled coordinates of their sites, shape ``(n, 3)``.
    limits
        Distances at which they have left, in pseudo-cubic coordinates, shape ``(n,)``.
    matrix
        Integer matrix of the supercell, as floats.
    """

    atoms: Ints
    places: Floats
    limits: Floats
    matrix: Floats

    def has_left(self, scaled: Floats) -> bool:
        """Whether any atom has left its site, a common drift taken out; ``scaled`` has shape ``(n_atoms, 3)``."""
        return bool(largest_excursion(scaled, self.atoms, self.places, self.matrix, self.limits) > 1.0)


def site_watch(lattice_map: LatticeMap) -> SiteWatch:
    """Return the places of the atoms of a map."""
    cells = lattice_map.cells.astype(float)
    sites = [(lattice_map.a, cells, CATION_LIMIT), (lattice_map.b, cells + 0.5, CATION_LIMIT)]
    sites += [(lattice_map.x[:, k], cells + 0.5 + 0.5 * np.eye(3)[k], ANION_LIMIT) for k in range(3)]
    atoms = np.concatenate([atom for atom, _, _ in sites])
    places = np.concatenate([place for _, place, _ in sites]) @ lattice_map.matrix_inverse
    limits = np.repeat([limit for _, _, limit in sites], len(cells))
    full = atoms >= 0
    return SiteWatch(atoms[full], places[full], limits[full], lattice_map.matrix.astype(float))
