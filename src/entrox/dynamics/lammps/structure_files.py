"""A structure as LAMMPS reads it: the data file of a start, and the dump that replaces it by another one.

Units ``metal``: angstrom, angstrom/ps, u. Atoms are ordered by element, so that structures of one composition differ in
numbers only; the id of an atom is its place in that order, counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.dynamics.lammps.cell import lammps_cell

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "FIELD_SECTION",
    "id_order",
    "lammps_data",
    "lammps_dump",
    "structure_elements",
    "type_masses",
    "velocity_unit",
    "write_lammps_data",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIELD_SECTION = "FieldDrive"
LARGEST_IMAGE = 511
"""LAMMPS keeps how often an atom has left the box in ten bits."""


def structure_elements(atoms: Atoms) -> tuple[str, ...]:
    """Elements of a structure in the order of the LAMMPS types, that of the alphabet."""
    return tuple(sorted(set(atoms.get_chemical_symbols())))


def id_order(atoms: Atoms, elements: Sequence[str]) -> Ints:
    """Atoms in the order of their ids: by element, then as they stand."""
    kinds = np.array([elements.index(symbol) for symbol in atoms.get_chemical_symbols()])
    return np.asarray(np.argsort(kinds, kind="stable"))


def velocity_unit() -> float:
    """Return the velocity of ASE in angstrom/ps."""
    from ase.units import fs

    return float(1000.0 * fs)


def write_lammps_data(atoms: Atoms, path: Path, elements: Sequence[str] | None = None) -> None:
    """Write a structure with its velocities as a data file; the box is always written as a tilted one.

    Parameters
    ----------
    atoms
        Periodic structure; it is turned so that its cell is lower triangular.
    path
        File.
    elements
        Elements of the types 1, 2, ...; those of the structure by the alphabet if None.
    """
    path.write_text(lammps_data(atoms, structure_elements(atoms) if elements is None else elements), encoding="ascii")


def lammps_data(atoms: Atoms, elements: Sequence[str], field_forces: Floats | None = None) -> str:
    """Return the text of a data file.

    Parameters
    ----------
    atoms
        Periodic structure with its momenta.
    elements
        Elements of the types 1, 2, ...
    field_forces
        Forces of the field at its amplitude, shape ``(n_atoms, 3)``, in the orientation of the input; they go into a
        section of their own with the starting positions in units of the cell.
    """
    cell, order = lammps_cell(atoms), id_order(atoms, elements)
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell.lower.tolist()
    masses = enumerate(zip(elements, type_masses(atoms, elements), strict=True), start=1)
    lines = [
        "written by entrox; atoms are ordered by element",
        "",
        f"{len(atoms)} atoms",
        f"{len(elements)} atom types",
        f"0.0 {lx!r} xlo xhi",
        f"0.0 {ly!r} ylo yhi",
        f"0.0 {lz!r} zlo zhi",
        f"{xy!r} {xz!r} {yz!r} xy xz yz",
        "",
        "Masses",
        "",
        *(f"{k} {mass!r} # {name}" for k, (name, mass) in masses),
    ]
    kinds = [elements.index(atoms[index].symbol) + 1 for index in order]
    positions, images = _wrapped(atoms)
    rows = zip(kinds, positions[order].tolist(), images[order].tolist(), strict=True)
    lines += ["", "Atoms # atomic", ""]
    lines += [_row(k, [kind, *place, *image]) for k, (kind, place, image) in enumerate(rows, start=1)]
    lines += ["", "Velocities", ""]
    lines += [_row(k, speed) for k, speed in enumerate(_velocities(atoms)[order].tolist(), start=1)]
    if field_forces is not None:
        start = positions @ np.linalg.inv(cell.lower) + images
        columns = np.hstack([cell.to_lammps(field_forces), start])[order]
        lines += ["", FIELD_SECTION, "", *(_row(k, values) for k, values in enumerate(columns.tolist(), start=1))]
    return "\n".join(lines) + "\n"


def lammps_dump(atoms: Atoms, elements: Sequence[str]) -> str:
    """Return a structure with its velocities as one frame of a dump, step 0."""
    cell, order = lammps_cell(atoms), id_order(atoms, elements)
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell.lower.tolist()
    positions, images = _wrapped(atoms)
    columns = zip(positions[order].tolist(), images[order].tolist(), _velocities(atoms)[order].tolist(), strict=True)
    lines = [
        "ITEM: TIMESTEP",
        "0",
        "ITEM: NUMBER OF ATOMS",
        str(len(atoms)),
        "ITEM: BOX BOUNDS xy xz yz pp pp pp",
        # a dump names the bounds of the orthogonal box around the tilted one
        f"{min(0.0, xy, xz, xy + xz)!r} {lx + max(0.0, xy, xz, xy + xz)!r} {xy!r}",
        f"{min(0.0, yz)!r} {ly + max(0.0, yz)!r} {xz!r}",
        f"0.0 {lz!r} {yz!r}",
        "ITEM: ATOMS id x y z ix iy iz vx vy vz",
        *(_row(k, [*place, *image, *speed]) for k, (place, image, speed) in enumerate(columns, start=1)),
    ]
    return "\n".join(lines) + "\n"


def _row(number: int, values: Sequence[float]) -> str:
    return " ".join([str(number), *map(repr, values)])


def type_masses(atoms: Atoms, elements: Sequence[str]) -> list[float]:
    """Return one mass for each type [u]; a type without atoms gets that of its element.

    Raises
    ------
    InputError
        If atoms of one element differ in their masses.
    """
    from ase.data import atomic_masses, atomic_numbers

    symbols, masses = np.array(atoms.get_chemical_symbols()), atoms.get_masses()
    found = []
    for name in elements:
        here = np.unique(masses[symbols == name]).tolist() or [float(atomic_masses[atomic_numbers[name]])]
        if len(here) > 1:
            raise InputError(f"LAMMPS types have one mass; the atoms of {name} have {here[0]:g} and {here[-1]:g} u.")
        found.append(here[0])
    return found


def _velocities(atoms: Atoms) -> Floats:
    return lammps_cell(atoms).to_lammps(atoms.get_velocities()) * velocity_unit()


def _wrapped(atoms: Atoms) -> tuple[Floats, Ints]:
    """Return positions inside the box of LAMMPS and the number of boxes by which each atom was moved."""
    cell = lammps_cell(atoms)
    fractions = cell.to_lammps(atoms.positions) @ np.linalg.inv(cell.lower)
    images = np.floor(fractions)
    if np.abs(images).max(initial=0.0) > LARGEST_IMAGE:
        raise InputError(
            f"an atom lies {np.abs(images).max():.0f} cells away; wrap the structure first (atoms.wrap())."
        )
    return (fractions - images) @ cell.lower, images.astype(np.int64)
