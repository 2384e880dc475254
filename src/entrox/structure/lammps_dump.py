"""Text dumps of LAMMPS, plain or packed with gzip, read frame by frame.

Lengths in angstrom (LAMMPS units ``metal`` or ``real``). Positions are shifted so that the corner of the box is the
origin; unwrapped coordinates and image flags give unwrapped positions. Atoms are sorted by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.structure.notices import give_notice
from entrox.structure.text_stream import EndOfText, TextStream, iter_complete, unpack_word
from entrox.structure.type_map import numbers_of_types

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_lammps_dump"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COORDINATES = (("xu", "yu", "zu"), ("x", "y", "z"), ("xsu", "ysu", "zsu"), ("xs", "ys", "zs"))
IMAGES = ("ix", "iy", "iz")
UNITS_IN_ANGSTROM = ("metal", "real")


@dataclass(frozen=True)
class _Header:
    """What stands before the atoms of a frame; the cell in rows, the origin at the lower corner [angstrom]."""

    info: dict[str, Any]
    n_atoms: int
    cell: Floats
    origin: Floats
    periodic: tuple[bool, bool, bool]
    columns: tuple[str, ...]


def read_lammps_dump(
    path: str | Path,
    type_map: Sequence[str] | None = None,
    every: int = 1,
    first: int = 0,
    *,
    notices: list[str] | None = None,
) -> Iterator[Atoms]:
    """Read the frames of a text dump one after the other.

    Parameters
    ----------
    path
        Dump with the columns ``x y z``, ``xu yu zu``, ``xs ys zs`` or ``xsu ysu zsu``, optionally ``ix iy iz``, in an
        orthogonal, triclinic or general box.
    type_map
        Element of each LAMMPS type, the first for type 1; without it the column ``element`` is used.
    every, first
        Every how many frames, counted from frame ``first``.
    notices
        List that takes up the remarks, among them the place of an incomplete last frame; None makes them warnings.

    Yields
    ------
    Atoms
        Arrays ``id`` and, where the dump has types, ``type``; ``info["timestep"]``.

    Raises
    ------
    FormatError
        If the text is no dump or no frame of it is complete.
    InputError
        If the elements are unknown.
    """
    with TextStream(path) as stream:
        yield from iter_complete(
            stream,
            _read_header,
            _AtomTable(stream, type_map, notices).read,
            lambda header: header.n_atoms,
            every=every,
            first=first,
            notices=notices,
        )


def _read_header(stream: TextStream) -> _Header | None:
    """Read up to the first atom; None at the regular end of the file."""
    info: dict[str, Any] = {}
    n_atoms: int | None = None
    box: tuple[Floats, Floats, tuple[bool, bool, bool]] | None = None
    while True:
        line = _next_item(stream, started=bool(info) or n_atoms is not None)
        if line is None:
            return None
        item = line[5:].strip()
        if item == "TIMESTEP":
            info["timestep"] = int(_number(stream))
        elif item == "TIME":
            info["time"] = _number(stream)
        elif item == "UNITS":
            _check_units(stream)
        elif item == "NUMBER OF ATOMS":
            n_atoms = int(_number(stream))
        elif item.startswith("BOX BOUNDS"):
            box = _read_box(stream, item.split()[2:])
        elif item.startswith("ATOMS"):
            if n_atoms is None or box is None:
                raise stream.error("the number of atoms and the box must stand before the atoms", text=line)
            return _Header(info, n_atoms, *box, tuple(item.split()[1:]))
        else:
            raise stream.error(f"unknown part {item!r} of a LAMMPS dump", text=line)


def _next_item(stream: TextStream, *, started: bool) -> str | None:
    """Return the next line that names a part; None if only blank text is left and no frame has started."""
    while True:
        try:
            line = stream.read_line().decode("utf-8", "replace")
        except EndOfText:
            if not started and not stream.damage and stream.byte == stream.end_byte:
                return None
            raise
        if line.startswith("ITEM:"):
            return line
        if line.strip():
            raise stream.error("a LAMMPS dump goes on with 'ITEM: ...' here", text=line[:200])


def _number(stream: TextStream) -> float:
    text = stream.read_line().decode("utf-8", "replace")
    try:
        return float(text)
    except ValueError:
        raise stream.error("a number must stand here", text=text[:200]) from None


def _check_units(stream: TextStream) -> None:
    units = stream.read_line().decode("utf-8", "replace").strip()
    if units not in UNITS_IN_ANGSTROM:
        raise stream.error(
            f"lengths in the LAMMPS units {units!r} are not in angstrom; allowed: {', '.join(UNITS_IN_ANGSTROM)}"
        )


def _read_box(stream: TextStream, words: Sequence[str]) -> tuple[Floats, Floats, tuple[bool, bool, bool]]:
    """Return cell, origin and periodic directions from the three lines after ``ITEM: BOX BOUNDS``."""
    rows = []
    for _ in range(3):
        text = stream.read_line().decode("utf-8", "replace")
        try:
            rows.append([float(value) for value in text.split()])
        except ValueError:
            raise stream.error("the box must be given in numbers", text=text[:200]) from None
    general, tilted = "abc" in words, "xy" in words
    width = 4 if general else 3 if tilted else 2
    if any(len(row) != width for row in rows):
        raise stream.error(f"{width} numbers expected in each of the three lines of the box; found {rows}")
    bounds = np.array(rows)
    flags = [word for word in words if len(word) == 2 and set(word) <= set("pfsm")]
    x, y, z = (flag == "pp" for flag in flags) if len(flags) == 3 else (True, True, True)
    if general:
        return bounds[:, :3], bounds[:, 3].copy(), (x, y, z)
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy, xz, yz = bounds[:, 2] if tilted else (0.0, 0.0, 0.0)
    # The bounds of a tilted box are those of the orthogonal box around it.
    low[:2] -= min(0.0, xy, xz, xy + xz), min(0.0, yz)
    high[:2] -= max(0.0, xy, xz, xy + xz), max(0.0, yz)
    length = high - low
    return np.array([[length[0], 0, 0], [xy, length[1], 0], [xz, yz, length[2]]]), low, (x, y, z)


class _AtomTable:
    """Turns the rows of frames into atoms; keeps order and elements as long as the ids and types stay the same."""

    def __init__(self, stream: TextStream, type_map: Sequence[str] | None, notices: list[str] | None) -> None:
        self.stream, self.type_map, self.notices = stream, type_map, notices
        self.columns: tuple[str, ...] = ()
        self.goals = np.empty(0, dtype=np.int64)
        self.place: dict[str, int] = {}
        self.kind: tuple[str, ...] = ()
        self.ids: Floats | None = None
        self.order: Ints | None = None
        self.labels: NDArray[Any] | None = None
        self.numbers: Ints = np.empty(0, dtype=np.int64)

    def read(self, header: _Header) -> Atoms:
        """Return the atoms of the frame that starts here."""
        from ase import Atoms

        if header.columns != self.columns:
            self._choose_columns(header.columns)
        values, words = self.stream.read_table(header.n_atoms, self.goals)
        if "id" in self.place:
            order = self._sorting(values[:, self.place["id"]])
            if order is not None:
                values, words = values[order], words[order]
        atoms = Atoms(
            numbers=self._atomic_numbers(values, words),
            positions=self._positions(values, header),
            cell=header.cell,
            pbc=header.periodic,
        )
        for name in ("id", "type"):
            if name in self.place:
                atoms.arrays[name] = values[:, self.place[name]].astype(np.int64)
        atoms.info.update(header.info)
        return atoms

    def _choose_columns(self, columns: tuple[str, ...]) -> None:
        """Choose the columns that are read: ids, types, one set of coordinates, image flags, elements or masses."""
        self.columns = columns
        found = [kind for kind in COORDINATES if set(kind) <= set(columns)]
        if not found:
            raise self.stream.error(
                f"no coordinates x y z, xu yu zu, xs ys zs or xsu ysu zsu in the columns {' '.join(columns)}"
            )
        self.kind = found[0]
        unwrapped = self.kind[0].endswith("u")
        images = IMAGES if not unwrapped and set(IMAGES) <= set(columns) else ()
        by_type = self.type_map is not None and "type" in columns
        by_element = not by_type and "element" in columns
        extra = ("mass",) if not by_type and not by_element and "mass" in columns else ()
        wanted = [name for name in ("id", "type", *self.kind, *images, *extra) if name in columns]
        self.place = {name: k for k, name in enumerate(wanted)}
        goals = [self.place.get(name, -2 if name == "element" and by_element else -1) for name in columns]
        self.goals = np.array(goals, dtype=np.int64)
        self.ids = self.labels = None
        if "id" not in columns:
            give_notice(
                f"{self.stream.path}: the dump has no ids; atoms stand in the order of the file, which LAMMPS may "
                "change from frame to frame",
                self.notices,
            )

    def _sorting(self, ids: Floats) -> Ints | None:
        """Return the order that sorts the ids, None if they are sorted."""
        if self.ids is None or not np.array_equal(ids, self.ids):
            order = np.argsort(ids, kind="stable")
            step = np.diff(ids[order])
            if (step <= 0).any():
                twice = ids[order][:-1][step <= 0][0]
                raise self.stream.error(f"the id {twice:g} stands twice in the frame that ends here")
            self.order = None if (np.diff(order) == 1).all() else order
            self.ids = ids.copy()
        return self.order

    def _positions(self, values: Floats, header: _Header) -> Floats:
        chosen = values[:, [self.place[name] for name in self.kind]]
        positions = chosen @ header.cell if "s" in self.kind[0] else chosen - header.origin
        if "ix" in self.place:
            positions += values[:, [self.place[name] for name in IMAGES]] @ header.cell
        return positions

    def _atomic_numbers(self, values: Floats, words: Ints) -> Ints:
        """Return atomic numbers, looked up only where the labels differ from those of the last frame."""
        if words.shape[1]:
            labels: NDArray[Any] = words[:, 0]
        elif "type" in self.place:
            labels = values[:, self.place["type"]]
        else:
            raise InputError(
                f"{self.stream.path}: the dump has neither types nor elements; add 'type' or 'element' to dump_modify"
            )
        if self.labels is None or not np.array_equal(labels, self.labels):
            kinds, inverse = np.unique(labels, return_inverse=True)
            known = self._from_words(kinds) if words.shape[1] else self._from_types(kinds, values)
            self.numbers = np.array(known, dtype=np.int64)[inverse]
            self.labels = labels.copy()
        return self.numbers

    def _from_words(self, kinds: Ints) -> list[int]:
        from ase.data import atomic_numbers

        names = [unpack_word(kind) for kind in kinds.tolist()]
        unknown = [name for name in names if name not in atomic_numbers]
        if unknown:
            raise InputError(
                f"{self.stream.path}: the column 'element' holds {', '.join(map(repr, unknown))}, no element; "
                "pass type_map=... (--type-map) with one element for each LAMMPS type."
            )
        return [atomic_numbers[name] for name in names]

    def _from_types(self, kinds: Floats, values: Floats) -> list[int]:
        if self.type_map is None:
            found = [f"{kind:g}" for kind in kinds]
            if "mass" in self.place:
                masses = [values[values[:, self.place["type"]] == kind, self.place["mass"]][0] for kind in kinds]
                found = [f"{name} (mass {mass:g})" for name, mass in zip(found, masses, strict=True)]
            else:
                found.append("the dump has no masses")
            raise InputError(
                f"{self.stream.path}: LAMMPS types without elements: {', '.join(found)}. "
                "Pass type_map=... (--type-map), one element for each type, the first for type 1."
            )
        return numbers_of_types(kinds, self.type_map, self.stream.path)
