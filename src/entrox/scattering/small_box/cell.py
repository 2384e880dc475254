"""The cell of a small-box fit: sites with their weights, what its symmetry leaves free, and its pairs of atoms.

Units: angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PairList", "SmallBoxCell", "pairs_within"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mode = tuple[str, Floats]


@dataclass(frozen=True)
class SmallBoxCell:
    """Sites of a cell.

    Parameters
    ----------
    lattice, positions
        Cell vectors as rows, and fractional coordinates, shapes ``(3, 3)`` and ``(n_sites, 3)``.
    symbols, labels
        Main element of each site, and a name that tells sites apart that symmetry does ("O1", "O2").
    scattering, occupation
        Sum of the scattering lengths on each site, weighted with the shares, and sum of the shares.
    lattice_modes, coordinate_modes, tensor_modes
        Name of each free number, and the change with it: of the lattice, of all positions, of all tensors.
    repeats
        Cells of the structure along each edge of this one; the free numbers are those of one cell.
    """

    lattice: Floats
    positions: Floats
    symbols: tuple[str, ...]
    labels: tuple[str, ...]
    scattering: Floats
    occupation: Floats
    lattice_modes: tuple[Mode, ...]
    coordinate_modes: tuple[Mode, ...]
    tensor_modes: tuple[Mode, ...]
    repeats: int = 1

    @property
    def kinds(self) -> Ints:
        """Number of what stands on each site, shape ``(n_sites,)``."""
        contents = list(zip(self.labels, self.scattering.tolist(), self.occupation.tolist(), strict=True))
        return np.array([contents.index(one) for one in contents])

    @property
    def n_atoms(self) -> float:
        """Atoms in the cell, vacancies not counted."""
        return float(self.occupation.sum())

    @property
    def mean_scattering(self) -> float:
        """Mean scattering length of an atom."""
        return float(self.scattering.sum() / self.n_atoms)

    def repeated(self, count: int) -> SmallBoxCell:
        """Cell of count x count x count cells; names and modes stay those of the small one."""
        steps = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        positions = ((self.positions[None] + steps[:, None]) / count).reshape(-1, 3)
        n = len(steps)
        return SmallBoxCell(
            lattice=self.lattice * count,
            positions=positions,
            symbols=self.symbols * n,
            labels=self.labels * n,
            scattering=np.tile(self.scattering, n),
            occupation=np.tile(self.occupation, n),
            lattice_modes=tuple((name, mode * count) for name, mode in self.lattice_modes),
            coordinate_modes=tuple((name, np.tile(mode, (n, 1)) / count) for name, mode in self.coordinate_modes),
            tensor_modes=tuple((name, np.tile(mode, (n, 1, 1))) for name, mode in self.tensor_modes),
            repeats=self.repeats * count,
        )


@dataclass(frozen=True)
class PairList:
    """Pairs of sites, counted from one site of each kind that symmetry makes alike.

    Parameters
    ----------
    pairs, shifts
        Numbers of the two sites, and cell of the second, shapes ``(n_pairs, 2)`` and ``(n_pairs, 3)``.
    counts
        Sites that the first one stands for, shape ``(n_pairs,)``.
    shortest
        Shortest distance [angstrom].
    """

    pairs: Ints
    shifts: Ints
    counts: Floats
    shortest: float


def pairs_within(lattice: Floats, positions: Floats, orbits: Ints, radius_angstrom: float) -> PairList:
    """All pairs closer than a radius.

    Parameters
    ----------
    lattice, positions
        Cell.
    orbits
        First of the sites that are equivalent to each, shape ``(n_sites,)``.
    radius_angstrom
        Largest distance.
    """
    # Cells whose planes are nearer than the radius, and those in which a site may lie beyond the edge of its cell.
    heights = 1.0 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    reach = np.ceil(radius_angstrom / heights + np.ptp(positions, axis=0)).astype(np.int64)
    axes = [np.arange(-n, n + 1) for n in reach]
    shifts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    pairs, cells, counts, shortest = [], [], [], np.inf
    for i in np.unique(orbits):
        count = float((orbits == i).sum())
        for j in range(len(positions)):
            distance = np.linalg.norm((shifts + positions[j] - positions[i]) @ lattice, axis=1)
            near = (distance < radius_angstrom) & ((distance > 0.0) if i == j else True)
            n = int(near.sum())
            if n:
                shortest = min(shortest, float(distance[near].min()))
                cells.append(shifts[near])
                pairs.append(np.tile(np.array([[i, j]]), (n, 1)))
                counts.append(np.full(n, count))
    return PairList(
        pairs=np.concatenate(pairs), shifts=np.concatenate(cells), counts=np.concatenate(counts), shortest=shortest
    )
