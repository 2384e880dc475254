"""Lattices of ions with their cation-anion bonds, in a plane or in space, and samples between two electrodes.

The field runs along the last axis; the electrodes are perpendicular to it, and all cell vectors but the last lie in
them. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from entrox.core import InputError, check_integer

__all__ = ["IonLattice", "Sample", "bonded_lattice", "build_sample", "cell_grid", "nearest_pairs", "with_vacancy_sites"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class IonLattice:
    """Ions and cation-anion bonds of one cell of a lattice of dimension d, 2 or 3.

    Parameters
    ----------
    label
        What the lattice is, for example ``AO``.
    cell
        Lattice vectors as rows, shape ``(d, d)`` [angstrom].
    positions
        Ion positions, shape ``(n_sites, d)`` [angstrom].
    species
        Chemical symbol of each ion, or the label of a shared site.
    kinds
        ``cation``, ``anion`` or ``vacancy`` for each site; a vacancy site lies on an anion and has no bonds.
    bonds
        Cation and anion of each bond, shape ``(n_bonds, 2)``.
    bond_shifts
        Lattice translation of the anion end, in cell vectors, shape ``(n_bonds, d)``.
    spacing
        In a plane the thickness of crystal that belongs to it [angstrom], which turns charge per area into charge per
        volume; 1 in space.
    """

    label: str
    cell: Floats
    positions: Floats
    species: tuple[str, ...]
    kinds: tuple[str, ...]
    bonds: Ints
    bond_shifts: Ints
    spacing: float

    @property
    def dimension(self) -> int:
        """Dimension d."""
        return len(self.cell)

    @cached_property
    def is_anion(self) -> NDArray[np.bool_]:
        """Which sites are anions, shape ``(n_sites,)``."""
        return np.array([kind == "anion" for kind in self.kinds])

    @property
    def bond_vectors(self) -> Floats:
        """Vectors from cation to anion, shape ``(n_bonds, d)`` [angstrom]."""
        start, end = self.positions[self.bonds[:, 0]], self.positions[self.bonds[:, 1]]
        return np.asarray(end + self.bond_shifts @ self.cell - start)


def cell_grid(*ranges: range) -> Ints:
    """Return all cells of a block, shape ``(n_cells, d)``, the last index running fastest."""
    axes = np.meshgrid(*[np.arange(r.start, r.stop) for r in ranges], indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, len(ranges)).astype(np.int64)


def bonded_lattice(
    label: str,
    cell: Floats,
    positions: Floats,
    species: Sequence[str],
    is_anion: NDArray[np.bool_],
    spacing: float,
    *,
    heights: Floats | None = None,
    reach: float = 1.15,
) -> IonLattice:
    """Return the lattice in which each cation is bonded to the anions up to ``reach`` times its nearest one.

    Parameters
    ----------
    label, cell, positions, species, spacing
        As in :class:`IonLattice`.
    is_anion
        Shape ``(n_sites,)``.
    heights
        Distance of each ion from the plane that the positions are projected on, shape ``(n_sites,)`` [angstrom].
    reach
        Largest bond length over the shortest one of the same cation.
    """
    heights = np.zeros(len(positions)) if heights is None else heights
    cations, anions = np.flatnonzero(~is_anion), np.flatnonzero(is_anion)
    # Enough translations to hold the nearest anions in a skewed cell as well.
    shifts = cell_grid(*[range(-3, 4)] * len(cell))
    offset = positions[anions][None, :, None, :] + (shifts @ cell)[None, None] - positions[cations][:, None, None, :]
    rise = heights[anions][None, :] - heights[cations][:, None]
    lengths = np.sqrt((offset**2).sum(-1) + rise[:, :, None] ** 2)
    chosen = np.argwhere(lengths <= reach * lengths.min(axis=(1, 2), keepdims=True))
    bonds = np.stack([cations[chosen[:, 0]], anions[chosen[:, 1]]], axis=1)
    return IonLattice(
        label=label,
        cell=cell,
        positions=positions,
        species=tuple(species),
        kinds=tuple("anion" if anion else "cation" for anion in is_anion),
        bonds=bonds.astype(np.int64),
        bond_shifts=shifts[chosen[:, 2]],
        spacing=float(spacing),
    )


def with_vacancy_sites(lattice: IonLattice) -> IonLattice:
    """Return the lattice with a vacancy site on every anion, after all ions."""
    if "vacancy" in lattice.kinds:
        return lattice
    anions = np.flatnonzero(lattice.is_anion)
    return replace(
        lattice,
        positions=np.concatenate([lattice.positions, lattice.positions[anions]]),
        species=(*lattice.species, *["Va"] * len(anions)),
        kinds=(*lattice.kinds, *["vacancy"] * len(anions)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A lattice repeated into a sample between two electrodes; periodic across the field, open along it.

    Parameters
    ----------
    lattice
        The repeated lattice.
    cells
        Repetitions along each cell vector, the last one along the field.
    positions
        Shape ``(n_sites, d)`` [angstrom].
    basis_site
        Site of the lattice that each site repeats, shape ``(n_sites,)``.
    bonds
        Cation and anion of each bond, shape ``(n_bonds, 2)``.
    basis_bond
        Bond of the lattice that each bond repeats, shape ``(n_bonds,)``.
    bond_cell
        Cell of the cation end of each bond, shape ``(n_bonds, d)``.
    touches_bottom, touches_top
        Sites whose bonds the electrode cuts, shape ``(n_sites,)``.
    """

    lattice: IonLattice
    cells: tuple[int, ...]
    positions: Floats
    basis_site: Ints
    bonds: Ints
    basis_bond: Ints
    bond_cell: Ints
    touches_bottom: NDArray[np.bool_]
    touches_top: NDArray[np.bool_]

    def site_index(self, basis: Ints, cell: Ints) -> Ints:
        """Return site indices for lattice sites in the given cells; -1 beyond an electrode.

        ``basis`` has shape ``(...)``, ``cell`` shape ``(..., d)``; cells wrap across the field.
        """
        index = np.zeros(np.broadcast_shapes(np.shape(basis), cell.shape[:-1]), dtype=np.int64)
        for axis, count in enumerate(self.cells):
            place = cell[..., axis] if axis == len(self.cells) - 1 else cell[..., axis] % count
            index = index * count + place
        inside = (cell[..., -1] >= 0) & (cell[..., -1] < self.cells[-1])
        return np.where(inside, index * len(self.lattice.species) + basis, -1).astype(np.int64)

    @cached_property
    def site_cell(self) -> Ints:
        """Cell of each site, shape ``(n_sites, d)``."""
        return np.repeat(cell_grid(*[range(n) for n in self.cells]), len(self.lattice.species), axis=0)

    @cached_property
    def height(self) -> float:
        """Length of the sample along the field [angstrom]."""
        return float(self.cells[-1] * self.lattice.cell[-1, -1])


def nearest_pairs(sample: Sample, sites: Ints) -> Ints:
    """Return the pairs of nearest sites among ``sites``, periodic across the field.

    Parameters
    ----------
    sample
        The sample.
    sites
        Sites of one sublattice, shape ``(n,)``.

    Returns
    -------
    array
        Pairs as positions in ``sites``, shape ``(n_pairs, 2)``.
    """
    positions = sample.positions[sites]
    shifts = [np.zeros(positions.shape[1])]
    for vector, count in zip(sample.lattice.cell[:-1], sample.cells[:-1], strict=True):
        shifts = [shift + sign * count * vector for shift in shifts for sign in (-1, 0, 1)]
    tree = cKDTree(np.concatenate([positions + shift for shift in shifts]))
    owner = np.tile(np.arange(len(sites)), len(shifts))
    distances = np.asarray(tree.query(positions, k=2)[0])
    found = [tree.query_ball_point(position, 1.1 * float(distances[:, 1].min())) for position in positions]
    pairs = {(i, int(owner[j])) for i, near in enumerate(found) for j in near if owner[j] > i}
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def build_sample(lattice: IonLattice, cells: Sequence[int] = (15, 15)) -> Sample:
    """Return ``lattice`` repeated ``cells`` times; the last number counts along the field.

    Raises
    ------
    InputError
        If there is not one number per dimension, or a number is below 1.
    """
    if len(cells) != lattice.dimension:
        raise InputError(
            f"cells must hold {lattice.dimension} numbers for the lattice {lattice.label}; got {tuple(cells)}."
        )
    across = [check_integer(count, "cells across the field", low=1) for count in cells[:-1]]
    along = check_integer(cells[-1], "cells along the field", low=1)
    n_basis, n_bonds = len(lattice.species), len(lattice.bonds)
    grid = cell_grid(*[range(n) for n in (*across, along)])
    positions = (grid @ lattice.cell)[:, None, :] + lattice.positions[None]
    n_sites = len(grid) * n_basis
    draft = Sample(
        lattice=lattice,
        cells=(*across, along),
        positions=positions.reshape(n_sites, -1),
        basis_site=np.tile(np.arange(n_basis, dtype=np.int64), len(grid)),
        bonds=np.zeros((0, 2), dtype=np.int64),
        basis_bond=np.zeros(0, dtype=np.int64),
        bond_cell=np.zeros((0, lattice.dimension), dtype=np.int64),
        touches_bottom=np.zeros(n_sites, dtype=bool),
        touches_top=np.zeros(n_sites, dtype=bool),
    )
    # Two more rows on either side of the sample find the bonds that an electrode cuts.
    wide = cell_grid(*[range(n) for n in across], range(-2, along + 2))
    cell_of_bond = np.repeat(wide, n_bonds, axis=0)
    basis_bond = np.tile(np.arange(n_bonds, dtype=np.int64), len(wide))
    end_cell = cell_of_bond + lattice.bond_shifts[basis_bond]
    start = draft.site_index(lattice.bonds[basis_bond, 0], cell_of_bond)
    end = draft.site_index(lattice.bonds[basis_bond, 1], end_cell)
    inside, cut = (start >= 0) & (end >= 0), (start >= 0) ^ (end >= 0)
    lowest = np.minimum(cell_of_bond[:, -1], end_cell[:, -1])
    cut_site = np.where(start >= 0, start, end)
    draft.touches_bottom[cut_site[cut & (lowest < 0)]] = True
    draft.touches_top[cut_site[cut & (lowest >= 0)]] = True
    return replace(
        draft,
        bonds=np.stack([start[inside], end[inside]], axis=1),
        basis_bond=basis_bond[inside],
        bond_cell=cell_of_bond[inside],
    )
