"""Lattice planes of a crystal: the ions and bonds in which an avalanche runs.

A plane is periodic in two directions; ``y`` is the direction of the applied field, perpendicular to the first cell
vector. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_integer, check_positive

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CrystalPlane", "Sample", "build_sample", "perovskite_plane", "planes_of_atoms", "rock_salt_plane"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class CrystalPlane:
    """Ions and cation-anion bonds of one lattice plane.

    Parameters
    ----------
    label
        What the plane is, for example ``AO``.
    cell
        Plane lattice vectors as rows, shape ``(2, 2)`` [angstrom]; the first lies along x.
    positions
        Ion positions, shape ``(n_sites, 2)`` [angstrom].
    species
        Chemical symbol of each ion, or the label of a shared site.
    is_anion
        Shape ``(n_sites,)``.
    bonds
        Cation and anion of each bond, shape ``(n_bonds, 2)``.
    bond_shifts
        Plane translation of the anion end, in cell vectors, shape ``(n_bonds, 2)``.
    spacing
        Thickness of crystal that belongs to the plane [angstrom]; it turns charge per area into charge per volume.
    """

    label: str
    cell: Floats
    positions: Floats
    species: tuple[str, ...]
    is_anion: NDArray[np.bool_]
    bonds: Ints
    bond_shifts: Ints
    spacing: float

    @property
    def bond_vectors(self) -> Floats:
        """Vectors from cation to anion, shape ``(n_bonds, 2)`` [angstrom]."""
        start, end = self.positions[self.bonds[:, 0]], self.positions[self.bonds[:, 1]]
        return np.asarray(end + self.bond_shifts @ self.cell - start)


def _bonded_plane(
    label: str,
    cell: Floats,
    positions: Floats,
    species: Sequence[str],
    is_anion: NDArray[np.bool_],
    spacing: float,
    heights: Floats | None = None,
    reach: float = 1.15,
) -> CrystalPlane:
    """Return the plane with every cation-anion pair up to ``reach`` times the shortest one as a bond."""
    heights = np.zeros(len(positions)) if heights is None else heights
    cations, anions = np.flatnonzero(~is_anion), np.flatnonzero(is_anion)
    # Enough translations to hold the shortest pair in a skewed cell as well.
    span = np.arange(-3, 4)
    shifts = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    flat = positions[anions][None, :, None, :] + (shifts @ cell)[None, None] - positions[cations][:, None, None, :]
    rise = heights[anions][None, :] - heights[cations][:, None]
    lengths = np.sqrt((flat**2).sum(-1) + rise[:, :, None] ** 2)
    chosen = np.argwhere(lengths <= reach * lengths.min())
    bonds = np.stack([cations[chosen[:, 0]], anions[chosen[:, 1]]], axis=1)
    return CrystalPlane(
        label=label,
        cell=cell,
        positions=positions,
        species=tuple(species),
        is_anion=is_anion,
        bonds=bonds.astype(np.int64),
        bond_shifts=shifts[chosen[:, 2]].astype(np.int64),
        spacing=float(spacing),
    )


def perovskite_plane(lattice_parameter: float, cation: str = "A", anion: str = "O", plane: str = "AO") -> CrystalPlane:
    """Return an (001) plane of a cubic perovskite ABO3.

    Parameters
    ----------
    lattice_parameter
        Pseudo-cubic lattice parameter [angstrom].
    cation, anion
        Symbols of the ions, used as names only.
    plane
        ``"AO"``, which breaks first in perovskites, or ``"BO2"``.

    Raises
    ------
    InputError
        If the plane is another one, or the lattice parameter is not positive.
    """
    a = check_positive(lattice_parameter, "lattice_parameter", "angstrom")
    layouts = {"AO": [[0.0, 0.0], [0.5, 0.5]], "BO2": [[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]]}
    if plane not in layouts:
        raise InputError(f"plane must be 'AO' or 'BO2'; got {plane!r}. For another plane use planes_of_atoms.")
    positions = np.array(layouts[plane])
    species = (cation, *[anion] * (len(positions) - 1))
    is_anion = np.arange(len(positions)) > 0
    return _bonded_plane(plane, a * np.eye(2), a * positions, species, is_anion, a / 2)


def rock_salt_plane(lattice_parameter: float, cation: str = "M", anion: str = "O") -> CrystalPlane:
    """Return the (001) plane of rock salt MO, in which cations and anions alternate.

    Parameters
    ----------
    lattice_parameter
        Cubic lattice parameter [angstrom].
    cation, anion
        Symbols of the ions, used as names only.
    """
    a = check_positive(lattice_parameter, "lattice_parameter", "angstrom")
    positions = a * np.array([[0.0, 0.0], [0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])
    species = (cation, cation, anion, anion)
    return _bonded_plane("MO", a * np.eye(2), positions, species, np.array([False, False, True, True]), a / 2)


def planes_of_atoms(
    atoms: Atoms,
    miller: tuple[int, int, int],
    *,
    anions: Sequence[str] = ("O",),
    layer_tolerance: float = 0.3,
    reach: float = 1.15,
) -> tuple[CrystalPlane, ...]:
    """Return the planes (hkl) of a crystal that hold both cations and anions, from bottom to top.

    Parameters
    ----------
    atoms
        Three-dimensional crystal.
    miller
        Miller indices in the cell of ``atoms``.
    anions
        Symbols that count as anions.
    layer_tolerance
        Atoms closer than this along the normal belong to one plane [angstrom].
    reach
        Pairs up to this multiple of the shortest cation-anion distance in the plane are bonds.

    Raises
    ------
    InputError
        If the indices are all zero, the crystal is not periodic in three directions, it has no anion, or no plane
        holds both kinds; the message lists the planes found.
    """
    from ase.build import surface

    if len(miller) != 3 or not any(miller):
        raise InputError(f"miller must be three whole numbers, not all zero; got {miller!r}.")
    if abs(atoms.cell.volume) < 1e-6:
        raise InputError("atoms must be a crystal with three cell vectors; the given cell has no volume.")
    if not set(anions) & set(atoms.get_chemical_symbols()):
        raise InputError(f"no anion among {tuple(anions)} in {atoms.get_chemical_formula()}; pass anions=...")
    slab = surface(atoms, tuple(int(index) for index in miller), layers=1, periodic=True)
    height = float(slab.cell[2, 2])
    z = slab.positions[:, 2] % height
    groups = _layers(z, height, layer_tolerance)
    centers = np.array([z[g][0] + np.mean((z[g] - z[g][0] + height / 2) % height - height / 2) for g in groups])
    planes, seen = [], []
    for index, group in enumerate(groups):
        symbols = [slab.get_chemical_symbols()[atom] for atom in group]
        anion_flags = np.array([symbol in anions for symbol in symbols])
        seen.append("".join(sorted(symbols)))
        if not anion_flags.any() or anion_flags.all():
            continue
        above = (centers[(index + 1) % len(groups)] - centers[index]) % height or height
        below = (centers[index] - centers[index - 1]) % height or height
        label = f"({' '.join(map(str, miller))}) {''.join(sorted(set(symbols)))}"
        heights = (z[group] - centers[index] + height / 2) % height - height / 2
        planes.append(
            _bonded_plane(
                label,
                np.array(slab.cell[:2, :2]),
                slab.positions[group][:, :2],
                symbols,
                anion_flags,
                (above + below) / 2,
                heights,
                reach,
            )
        )
    if not planes:
        raise InputError(
            f"no plane {tuple(miller)} of {atoms.get_chemical_formula()} holds cations and anions within "
            f"{layer_tolerance:g} angstrom; found {', '.join(seen)}. Try other indices or a larger layer_tolerance."
        )
    return tuple(planes)


def _layers(z: Floats, height: float, tolerance: float) -> list[Ints]:
    """Group heights on a circle of length ``height`` into layers separated by gaps larger than ``tolerance``."""
    order = np.argsort(z, kind="stable")
    gaps = np.diff(np.append(z[order], z[order[0]] + height))
    cuts = np.flatnonzero(gaps > tolerance)
    if len(cuts) == 0:
        return [order]
    rolled = np.roll(order, -(cuts[-1] + 1))
    return np.split(rolled, ((cuts[:-1] - cuts[-1]) % len(z)).tolist())


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A plane repeated into a sample between two electrodes; periodic across the field, open along it.

    Parameters
    ----------
    plane
        The repeated plane.
    cells
        Repetitions across and along the field.
    positions
        Shape ``(n_sites, 2)`` [angstrom].
    basis_site
        Site of the plane that each site repeats, shape ``(n_sites,)``.
    bonds
        Cation and anion of each bond, shape ``(n_bonds, 2)``.
    basis_bond
        Bond of the plane that each bond repeats, shape ``(n_bonds,)``.
    bond_cell
        Cell of the cation end of each bond, shape ``(n_bonds, 2)``.
    touches_bottom, touches_top
        Sites whose bonds the electrode cuts, shape ``(n_sites,)``.
    """

    plane: CrystalPlane
    cells: tuple[int, int]
    positions: Floats
    basis_site: Ints
    bonds: Ints
    basis_bond: Ints
    bond_cell: Ints
    touches_bottom: NDArray[np.bool_]
    touches_top: NDArray[np.bool_]

    def site_index(self, basis: Ints, cell: Ints) -> Ints:
        """Return site indices for basis sites in the given cells; -1 beyond an electrode.

        ``basis`` has shape ``(...)``, ``cell`` shape ``(..., 2)``; cells wrap across the field.
        """
        across, along = self.cells
        n_basis = len(self.plane.species)
        index = ((cell[..., 0] % across) * along + cell[..., 1]) * n_basis + basis
        inside = (cell[..., 1] >= 0) & (cell[..., 1] < along)
        return np.where(inside, index, -1).astype(np.int64)


def build_sample(plane: CrystalPlane, cells: tuple[int, int] = (15, 15)) -> Sample:
    """Return ``plane`` repeated ``cells`` times across and along the field.

    Raises
    ------
    InputError
        If a number of cells is below 2 (across) or 1 (along).
    """
    across = check_integer(cells[0], "cells across the field", low=2)
    along = check_integer(cells[1], "cells along the field", low=1)
    n_basis, n_bonds = len(plane.species), len(plane.bonds)
    grid = np.stack(np.meshgrid(np.arange(across), np.arange(along), indexing="ij"), axis=-1).reshape(-1, 2)
    positions = (grid @ plane.cell)[:, None, :] + plane.positions[None]
    draft = Sample(
        plane=plane,
        cells=(across, along),
        positions=positions.reshape(-1, 2),
        basis_site=np.tile(np.arange(n_basis, dtype=np.int64), len(grid)),
        bonds=np.zeros((0, 2), dtype=np.int64),
        basis_bond=np.zeros(0, dtype=np.int64),
        bond_cell=np.zeros((0, 2), dtype=np.int64),
        touches_bottom=np.zeros(len(grid) * n_basis, dtype=bool),
        touches_top=np.zeros(len(grid) * n_basis, dtype=bool),
    )
    # One more row below the sample finds the bonds that the lower electrode cuts.
    wide = np.stack(np.meshgrid(np.arange(across), np.arange(-2, along + 2), indexing="ij"), axis=-1).reshape(-1, 2)
    cell_of_bond = np.repeat(wide, n_bonds, axis=0).astype(np.int64)
    basis_bond = np.tile(np.arange(n_bonds, dtype=np.int64), len(wide))
    start = draft.site_index(plane.bonds[basis_bond, 0], cell_of_bond)
    end = draft.site_index(plane.bonds[basis_bond, 1], cell_of_bond + plane.bond_shifts[basis_bond])
    inside, cut = (start >= 0) & (end >= 0), (start >= 0) ^ (end >= 0)
    end_row = cell_of_bond[:, 1] + plane.bond_shifts[basis_bond, 1]
    lowest = np.minimum(cell_of_bond[:, 1], end_row)
    cut_site = np.where(start >= 0, start, end)
    draft.touches_bottom[cut_site[cut & (lowest < 0)]] = True
    draft.touches_top[cut_site[cut & (lowest >= 0)]] = True
    return Sample(
        plane=plane,
        cells=(across, along),
        positions=draft.positions,
        basis_site=draft.basis_site,
        bonds=np.stack([start[inside], end[inside]], axis=1),
        basis_bond=basis_bond[inside],
        bond_cell=cell_of_bond[inside],
        touches_bottom=draft.touches_bottom,
        touches_top=draft.touches_top,
    )
