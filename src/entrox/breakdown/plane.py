"""Lattice planes of a crystal: presets, and planes cut from any structure.

A plane is periodic in two directions; ``y`` is the direction of the applied field, perpendicular to the first cell
vector. Units: angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.lattice import IonLattice, bonded_lattice
from entrox.breakdown.orientation import turned_crystal
from entrox.core import InputError, check_positive

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["perovskite_plane", "planes_of_atoms", "rock_salt_plane"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def perovskite_plane(lattice_parameter: float, cation: str = "A", anion: str = "O", plane: str = "AO") -> IonLattice:
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
    return bonded_lattice(plane, a * np.eye(2), a * positions, species, is_anion, a / 2)


def rock_salt_plane(lattice_parameter: float, cation: str = "M", anion: str = "O") -> IonLattice:
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
    return bonded_lattice("MO", a * np.eye(2), positions, species, np.array([False, False, True, True]), a / 2)


def planes_of_atoms(
    atoms: Atoms,
    miller: tuple[int, int, int],
    *,
    anions: Sequence[str] = ("O",),
    layer_tolerance: float = 0.3,
    reach: float = 1.15,
) -> tuple[IonLattice, ...]:
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
    if not set(anions) & set(atoms.get_chemical_symbols()):
        raise InputError(f"no anion among {tuple(anions)} in {atoms.get_chemical_formula()}; pass anions=...")
    turned = turned_crystal(atoms, miller)
    height = float(turned.cell[2, 2])
    z = turned.positions[:, 2] % height
    groups = _layers(z, height, layer_tolerance)
    centers = np.array([z[g][0] + np.mean(_around(z[g] - z[g][0], height)) for g in groups])
    planes, seen = [], []
    for index, group in enumerate(groups):
        symbols = [turned.symbols[atom] for atom in group]
        anion_flags = np.array([symbol in anions for symbol in symbols])
        seen.append("".join(sorted(symbols)))
        if not anion_flags.any() or anion_flags.all():
            continue
        above = (centers[(index + 1) % len(groups)] - centers[index]) % height or height
        below = (centers[index] - centers[index - 1]) % height or height
        heights = _around(z[group] - centers[index], height)
        # An atom of the layer may be listed a whole cell above or below: bring it back by the full, tilted vector.
        cells_moved = np.round((centers[index] + heights - turned.positions[group, 2]) / height)
        flat = turned.positions[group] + cells_moved[:, None] * turned.cell[2]
        planes.append(
            bonded_lattice(
                f"({' '.join(map(str, miller))}) {''.join(sorted(set(symbols)))}",
                turned.cell[:2, :2].copy(),
                flat[:, :2],
                symbols,
                anion_flags,
                (above + below) / 2,
                heights=heights,
                reach=reach,
            )
        )
    if not planes:
        raise InputError(
            f"no plane {tuple(miller)} of {atoms.get_chemical_formula()} holds cations and anions within "
            f"{layer_tolerance:g} angstrom; found {', '.join(seen)}. Try other indices or a larger layer_tolerance."
        )
    return tuple(planes)


def _around(offset: Floats, period: float) -> Floats:
    """Return offsets on a circle between minus and plus half its length."""
    return (offset + period / 2) % period - period / 2


def _layers(z: Floats, height: float, tolerance: float) -> list[Ints]:
    """Group heights on a circle of length ``height`` into layers separated by gaps larger than ``tolerance``."""
    order = np.argsort(z, kind="stable")
    gaps = np.diff(np.append(z[order], z[order[0]] + height))
    cuts = np.flatnonzero(gaps > tolerance)
    if len(cuts) == 0:
        return [order]
    rolled = np.roll(order, -(cuts[-1] + 1))
    return np.split(rolled, ((cuts[:-1] - cuts[-1]) % len(z)).tolist())
