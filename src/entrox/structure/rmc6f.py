"""Boxes of reverse Monte Carlo in the format rmc6f.

The positions of the file are fractions of the whole box, not of the unit cell, and atoms may have drifted across its
border; they are kept as they stand. Lengths in angstrom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.structure.notices import give_notice

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_rmc6f", "write_rmc6f"]

Floats = NDArray[np.float64]

KEY = re.compile(r"^\s*([^:]+?)\s*:\s*(.*)$")
LABEL = re.compile(r"^([A-Z][a-z]?)\d*$")
CELL_TOLERANCE = 1e-3
"""Of edges [angstrom] and angles [degrees]."""


def read_rmc6f(path: str | Path, *, notices: list[str] | None = None) -> Atoms:
    """Read a box.

    Parameters
    ----------
    path
        File; line ends of Windows and Fortran's exponents with D are understood.
    notices
        List that takes up the remarks; None makes them warnings.

    Returns
    -------
    Atoms
        Arrays ``site_number`` (the site of the unit cell, from 1) and ``cell_index`` (the unit cell, shape
        ``(n_atoms, 3)``) where the file has them; ``info["supercell"]`` where it tells the unit cells of the box.
        Vacancies (``Va``) are left out.

    Raises
    ------
    FormatError
        If a count is wrong, the box is missing or a number cannot be read.
    """
    from ase import Atoms

    path = Path(path)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    header, begin = _read_header(path, lines)
    cell = _read_cell(path, header, lines, notices)
    rows = [(number, line) for number, line in enumerate(lines[begin:], start=begin + 1) if line.strip()]
    labels, fractions, tags = _read_rows(path, rows)
    _check_counts(path, header, labels)
    real = np.array([label != "Va" for label in labels], dtype=bool)
    if not real.all():
        give_notice(f"{path}: {int((~real).sum())} vacancies (Va) left out", notices)
    atoms = Atoms(
        symbols=[label for label in labels if label != "Va"],
        positions=fractions[real] @ cell,
        cell=cell,
        pbc=True,
    )
    if tags is not None:
        atoms.set_array("site_number", tags[real, 0])
        atoms.set_array("cell_index", tags[real, 1:])
    supercell = header.get("supercell dimensions")
    if supercell is not None:
        atoms.info["supercell"] = tuple(int(value) for value in _numbers(path, supercell, 3))
    return atoms


def write_rmc6f(path: str | Path, atoms: Atoms, *, title: str = "") -> None:
    """Write a box; atoms of one element stand together, in the order of their first appearance.

    Parameters
    ----------
    path
        File.
    atoms
        Box, periodic. The arrays ``site_number`` and ``cell_index`` are written where they exist, and
        ``info["supercell"]``, else one unit cell.
    title
        Goes into the metadata.

    Raises
    ------
    InputError
        If the box has no volume or no atoms.
    """
    if len(atoms) == 0 or atoms.cell.rank < 3:
        raise InputError(f"rmc6f needs atoms in a box with a volume; got {len(atoms)} atoms, cell {atoms.cell.array}.")
    symbols = np.array(atoms.get_chemical_symbols())
    kinds = list(dict.fromkeys(symbols.tolist()))
    order = np.concatenate([np.flatnonzero(symbols == kind) for kind in kinds])
    fractions = atoms.positions @ np.linalg.inv(atoms.cell.array)
    tags = None
    if atoms.has("site_number") and atoms.has("cell_index"):
        tags = np.column_stack([atoms.get_array("site_number"), atoms.get_array("cell_index")])
    text = _header_lines(atoms, kinds, [int((symbols == kind).sum()) for kind in kinds], title)
    for number, k in enumerate(order, start=1):
        x, y, z = fractions[k]
        tail = "" if tags is None else "".join(f"{value:6d}" for value in tags[k])
        text.append(f"{number:8d} {symbols[k]:>4s} [1] {x:20.16f} {y:20.16f} {z:20.16f}{tail}")
    Path(path).write_text("\n".join(text) + "\n", encoding="utf-8")


def _header_lines(atoms: Atoms, kinds: Sequence[str], counts: Sequence[int], title: str) -> list[str]:
    p, q, r = atoms.info.get("supercell", (1, 1, 1))
    return [
        "(Version 6f format configuration file)",
        *([f"Metadata title:              {' '.join(title.split())}"] if title else []),
        f"Number of types of atoms:    {len(kinds)}",
        f"Atom types present:          {' '.join(kinds)}",
        f"Number of each atom type:    {' '.join(map(str, counts))}",
        "Number of moves generated:           0",
        "Number of moves tried:               0",
        "Number of moves accepted:            0",
        "Number of prior configuration saves: 0",
        f"Number of atoms:             {len(atoms)}",
        f"Supercell dimensions:        {p} {q} {r}",
        f"Number density (Ang^-3):     {len(atoms) / atoms.get_volume():.10f}",
        f"Cell (Ang/deg): {' '.join(f'{value:.12f}' for value in atoms.cell.cellpar())}",
        "Lattice vectors (Ang):",
        *(" ".join(f"{value:22.15f}" for value in row) for row in atoms.cell.array),
        "Atoms:",
    ]


def _read_header(path: Path, lines: Sequence[str]) -> tuple[dict[str, tuple[int, str]], int]:
    """Return the values by key in lower case without units, with their lines, and the first line of the atoms."""
    header: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines, start=1):
        found = KEY.match(line)
        if found is None:
            continue
        key = re.sub(r"\s*\(.*\)$", "", found[1]).lower()
        if key == "atoms":
            return header, number
        header[key] = (number, found[2])
    raise FormatError("the line 'Atoms:' is missing", path=path, line=len(lines) or None)


def _numbers(path: Path, entry: tuple[int, str], count: int) -> list[float]:
    """Return the numbers of one line, Fortran's D for E allowed."""
    number, text = entry
    try:
        values = [float(word.replace("D", "E").replace("d", "e")) for word in text.split()]
    except ValueError:
        values = []
    if len(values) != count:
        raise FormatError(f"{count} numbers expected", path=path, line=number, text=text)
    return values


def _read_cell(
    path: Path, header: dict[str, tuple[int, str]], lines: Sequence[str], notices: list[str] | None
) -> Floats:
    """Return the lattice vectors in rows, or the cell made of edges and angles where they are missing."""
    from ase.geometry import cell_to_cellpar, cellpar_to_cell

    edges = _numbers(path, header["cell"], 6) if "cell" in header else None
    if "lattice vectors" not in header:
        if edges is None:
            raise FormatError("neither 'Cell (Ang/deg):' nor 'Lattice vectors (Ang):' is given", path=path)
        return np.array(cellpar_to_cell(edges))
    below = header["lattice vectors"][0]
    rows = [(below + k, lines[below + k - 1] if below + k <= len(lines) else "") for k in (1, 2, 3)]
    cell = np.array([_numbers(path, row, 3) for row in rows])
    if edges is None or np.abs(cell_to_cellpar(cell) - edges).max() < CELL_TOLERANCE:
        return cell
    # Some programs, ASE among them, write the vectors in columns.
    if np.abs(cell_to_cellpar(cell.T) - edges).max() < CELL_TOLERANCE:
        return cell.T.copy()
    give_notice(f"{path}: the lattice vectors do not fit the line 'Cell'; the vectors are used", notices)
    return cell


def _read_rows(path: Path, rows: Sequence[tuple[int, str]]) -> tuple[list[str], Floats, NDArray[np.int64] | None]:
    """Return labels, fractions and, where every row has them, site number and unit cell."""
    labels, values = [], []
    for number, line in rows:
        words = re.sub(r"\[[^\]]*\]", " ", line).split()
        named = LABEL.match(words[1]) if len(words) > 1 else None
        if named is None or len(words) not in (5, 9):
            raise FormatError(
                "an atom is 'index label [n] x y z', optionally followed by 'site ia ib ic'",
                path=path,
                line=number,
                text=line,
            )
        labels.append(_element(path, number, named[1], line))
        values.append(_numbers(path, (number, " ".join(words[2:])), len(words) - 2))
    widths = {len(row) for row in values}
    fractions = np.array([row[:3] for row in values]).reshape(len(values), 3)
    tags = np.array([row[3:] for row in values]).astype(np.int64) if widths == {7} else None
    return labels, fractions, tags


def _element(path: Path, number: int, label: str, line: str) -> str:
    from ase.data import atomic_numbers

    if label != "Va" and label not in atomic_numbers:
        raise FormatError(f"{label!r} is no element", path=path, line=number, text=line)
    return label


def _check_counts(path: Path, header: dict[str, tuple[int, str]], labels: Sequence[str]) -> None:
    """Refuse counts of the header that the rows do not bear out."""
    if "number of atoms" in header:
        (announced,) = _numbers(path, header["number of atoms"], 1)
        if announced != len(labels):
            line = header["number of atoms"][0]
            raise FormatError(f"{announced:g} atoms announced, {len(labels)} found", path=path, line=line)
    if "number of each atom type" in header and "atom types present" in header:
        line, text = header["number of each atom type"]
        kinds = re.sub(r"[\[\],]", " ", header["atom types present"][1]).split()
        announced_by_kind = dict(zip(kinds, _numbers(path, (line, text), len(kinds)), strict=True))
        found = {kind: labels.count(_symbol(kind)) for kind in kinds}
        if any(announced_by_kind[kind] != found[kind] for kind in kinds) or sum(found.values()) != len(labels):
            raise FormatError(
                f"atoms by type announced {text.split()}, found {[found[kind] for kind in kinds]} of {len(labels)}",
                path=path,
                line=line,
            )


def _symbol(label: str) -> str:
    named = LABEL.match(label)
    return named[1] if named else label
