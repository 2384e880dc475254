"""Data files of LAMMPS: one configuration with its box, types and masses. Lengths in angstrom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.structure.notices import give_notice
from entrox.structure.type_map import numbers_of_types

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["looks_like_lammps_data", "read_lammps_data"]

Floats = NDArray[np.float64]
Lines = list[tuple[int, str, str]]
"""Number of a line, its text without the comment, its comment."""

COUNT = re.compile(r"^\s*(\d+)\s+atoms\s*$")
PLACES = {
    "atomic": (1, None, 2, 5),
    "charge": (1, 2, 3, 6),
    "full": (2, 3, 4, 7),
    "molecular": (2, None, 3, 6),
    "bond": (2, None, 3, 6),
    "angle": (2, None, 3, 6),
    "dipole": (1, 2, 3, 9),
    "sphere": (1, None, 4, 7),
}
"""Columns of type, charge, x, and the number of columns without image flags, by atom style."""

STYLE_OF_WIDTH = {5: "atomic", 8: "atomic", 7: "full", 10: "full"}
SECTIONS = frozenset(
    {
        "Masses", "Atoms", "Velocities", "Bonds", "Angles", "Dihedrals", "Impropers", "Ellipsoids", "Lines",
        "Triangles", "Bodies", "Atom Type Labels", "Bond Type Labels", "Angle Type Labels", "Dihedral Type Labels",
        "Improper Type Labels", "Pair Coeffs", "PairIJ Coeffs", "Bond Coeffs", "Angle Coeffs", "Dihedral Coeffs",
        "Improper Coeffs", "BondBond Coeffs", "BondAngle Coeffs", "MiddleBondTorsion Coeffs",
        "EndBondTorsion Coeffs", "AngleTorsion Coeffs", "AngleAngleTorsion Coeffs", "BondBond13 Coeffs",
        "AngleAngle Coeffs",
    }
)  # fmt: skip


def looks_like_lammps_data(text: str) -> bool:
    """Tell whether the first lines of a file are the head of a LAMMPS data file."""
    lines = [line.split("#")[0] for line in text.splitlines()[1:40]]
    return any(COUNT.match(line) for line in lines)


def read_lammps_data(
    path: str | Path, type_map: Sequence[str] | None = None, *, notices: list[str] | None = None
) -> Atoms:
    """Read a data file.

    Parameters
    ----------
    path
        Data file; the atom style stands behind ``Atoms #`` or follows from the number of columns.
    type_map
        Element of each type; without it type labels or the comments of the masses must name elements.
    notices
        List that takes up the remarks; None makes them warnings.

    Returns
    -------
    Atoms
        Sorted by id, with the arrays ``id``, ``type`` and, where the file has charges, ``initial_charges``; corner of
        the box at the origin; image flags give unwrapped positions.

    Raises
    ------
    FormatError
        If the text breaks the format.
    InputError
        If the elements are unknown.
    """
    from ase import Atoms

    path = Path(path)
    header, sections, style = _split(path)
    n_atoms, cell, origin = _read_header(path, header)
    if "Atoms" not in sections:
        raise FormatError("the file has no section Atoms", path=path)
    rows = sections["Atoms"]
    if len(rows) != n_atoms:
        last = rows[-1][0] if rows else None
        raise FormatError(f"{n_atoms} atoms announced, {len(rows)} found", path=path, line=last)
    style = _atom_style(path, style, rows, notices)
    kind_column, charge_column, x_column, width = PLACES[style]
    table = _table(path, rows, style, width, sections.get("Atom Type Labels", []), kind_column)
    table = table[np.argsort(table[:, 0], kind="stable")]
    if (np.diff(table[:, 0]) <= 0).any():
        raise FormatError("an id stands twice in the section Atoms", path=path)
    positions = table[:, x_column : x_column + 3] - origin
    if table.shape[1] == width + 3:
        positions += table[:, width:] @ cell
    kinds, inverse = np.unique(table[:, kind_column], return_inverse=True)
    names = type_map if type_map is not None else _named_types(path, sections, kinds, notices)
    numbers = np.array(numbers_of_types(kinds, names, path))[inverse]
    atoms = Atoms(numbers=numbers, positions=positions, cell=cell, pbc=True)
    atoms.set_array("id", table[:, 0].astype(np.int64))
    atoms.set_array("type", table[:, kind_column].astype(np.int64))
    if charge_column is not None:
        atoms.set_initial_charges(table[:, charge_column])
    return atoms


def _split(path: Path) -> tuple[Lines, dict[str, Lines], str]:
    """Return the lines of the header and of each section, and the atom style named behind ``Atoms``."""
    header: Lines = []
    sections: dict[str, Lines] = {}
    current, style = header, ""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            text, _, comment = line.partition("#")
            text = text.strip()
            if number == 1 or not text:
                continue
            if text in SECTIONS:
                current = sections.setdefault(text, [])
                style = comment.strip() if text == "Atoms" else style
            else:
                current.append((number, text, comment.strip()))
    return header, sections, style


def _read_header(path: Path, header: Lines) -> tuple[int, Floats, Floats]:
    """Return number of atoms, cell and origin."""
    n_atoms: int | None = None
    bounds, tilts, vectors = {}, (0.0, 0.0, 0.0), {}
    for number, text, _ in header:
        words = text.split()
        try:
            if COUNT.match(text):
                n_atoms = int(words[0])
            elif words[-1] in ("xhi", "yhi", "zhi"):
                bounds[words[-1][0]] = (float(words[0]), float(words[1]))
            elif words[-3:] == ["xy", "xz", "yz"]:
                tilts = (float(words[0]), float(words[1]), float(words[2]))
            elif words[-1] in ("avec", "bvec", "cvec") or words[-2:] == ["abc", "origin"]:
                vectors[words[-1]] = [float(word) for word in words[:3]]
        except (ValueError, IndexError):
            raise FormatError("numbers expected", path=path, line=number, text=text) from None
    if n_atoms is None:
        raise FormatError("the header does not tell the number of atoms ('N atoms')", path=path)
    if {"avec", "bvec", "cvec"} <= set(vectors):
        cell = np.array([vectors["avec"], vectors["bvec"], vectors["cvec"]])
        return n_atoms, cell, np.array(vectors.get("origin", [0.0, 0.0, 0.0]))
    if set(bounds) != set("xyz"):
        raise FormatError("the header does not give the box ('xlo xhi', 'ylo yhi', 'zlo zhi')", path=path)
    low, high = np.array([bounds[axis] for axis in "xyz"]).T
    (lx, ly, lz), (xy, xz, yz) = high - low, tilts
    return n_atoms, np.array([[lx, 0.0, 0.0], [xy, ly, 0.0], [xz, yz, lz]]), low


def _atom_style(path: Path, style: str, rows: Lines, notices: list[str] | None) -> str:
    """Return the named style, or the one that the number of columns leaves open."""
    if style in PLACES:
        return style
    if style:
        raise FormatError(
            f"the atom style {style!r} is not supported; known: {', '.join(PLACES)}. Write a dump instead.", path=path
        )
    width = len(rows[0][1].split()) if rows else 5
    if width not in STYLE_OF_WIDTH:
        raise FormatError(
            f"{width} columns fit several atom styles; write the style behind the section, as in 'Atoms # charge'",
            path=path,
            line=rows[0][0] - 1,
        )
    chosen = STYLE_OF_WIDTH[width]
    give_notice(f"{path}: no atom style named; {width} columns were read as {chosen!r}", notices)
    return chosen


def _table(path: Path, rows: Lines, style: str, width: int, labels: Lines, kind_column: int) -> Floats:
    """Return the section Atoms as numbers, type labels replaced by the numbers of the types."""
    number_of = {text.split()[1]: text.split()[0] for _, text, _ in labels}
    values = []
    columns = len(rows[0][1].split()) if rows else width
    if columns not in (width, width + 3):
        raise FormatError(
            f"atom style {style!r} has {width} columns, or {width + 3} with image flags; found {columns}",
            path=path,
            line=rows[0][0],
        )
    for number, text, _ in rows:
        words = text.split()
        if len(words) != columns:
            raise FormatError(f"{columns} columns expected, {len(words)} found", path=path, line=number, text=text)
        words[kind_column] = number_of.get(words[kind_column], words[kind_column])
        try:
            values.append([float(word) for word in words])
        except ValueError as error:
            raise FormatError(str(error), path=path, line=number, text=text) from None
    return np.array(values).reshape(len(rows), columns)


def _named_types(path: Path, sections: dict[str, Lines], kinds: Floats, notices: list[str] | None) -> tuple[str, ...]:
    """Return the elements that type labels or the comments of the masses name."""
    from ase.data import atomic_numbers

    labels = {text.split()[0]: text.split()[-1] for _, text, _ in sections.get("Atom Type Labels", [])}
    masses = {text.split()[0]: (text.split()[-1], comment) for _, text, comment in sections.get("Masses", [])}
    comments = {kind: comment.split()[0] for kind, (_, comment) in masses.items() if comment}
    wanted = [str(k) for k in range(1, int(kinds.max()) + 1)]
    for source, where in ((labels, "type labels"), (comments, "comments of the masses")):
        if wanted and all(source.get(kind) in atomic_numbers for kind in wanted):
            names = tuple(source[kind] for kind in wanted)
            give_notice(f"{path}: elements {', '.join(names)} taken from the {where}", notices)
            return names
    found = [
        f"{kind:g} (mass {masses[f'{kind:g}'][0]})" if f"{kind:g}" in masses else f"{kind:g} (no mass)"
        for kind in kinds.tolist()
    ]
    raise InputError(
        f"{path}: LAMMPS types without elements: {', '.join(found)}. "
        "Pass type_map=... (--type-map), one element for each type, the first for type 1."
    )
