"""Frames of any trajectory or structure file that the rooms understand, one after the other.

Always ``ase.Atoms``; lengths in angstrom. The memory needed does not depend on the number of frames.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import FormatError, InputError, check_integer
from entrox.structure.deepmd_npy import read_deepmd_npy
from entrox.structure.extended_xyz import read_extended_xyz
from entrox.structure.lammps_data import looks_like_lammps_data, read_lammps_data
from entrox.structure.lammps_dump import read_lammps_dump
from entrox.structure.rmc6f import read_rmc6f
from entrox.structure.text_stream import GZIP_MAGIC

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["FRAME_FORMS", "frame_form", "read_frames"]

FRAME_FORMS = ("lammps-dump", "lammps-data", "extxyz", "traj", "poscar", "deepmd-npy", "rmc6f")
SUFFIXES = {
    ".xyz": "extxyz", ".extxyz": "extxyz", ".traj": "traj", ".vasp": "poscar", ".poscar": "poscar", ".rmc6f": "rmc6f",
}  # fmt: skip
HEAD = 4096


def read_frames(
    path: str | Path,
    type_map: Sequence[str] | None = None,
    every: int = 1,
    first: int = 0,
    *,
    form: str | None = None,
    notices: list[str] | None = None,
) -> Iterator[Atoms]:
    """Read frames one after the other.

    Parameters
    ----------
    path
        LAMMPS dump (text, also gzip) or data file, extended XYZ, trajectory of ASE, POSCAR, folder of deepmd arrays,
        or rmc6f.
    type_map
        Elements of type numbers, where the file has no elements: from type 1 in LAMMPS, from type 0 in deepmd, in the
        order of the counts in a POSCAR without symbols.
    every, first
        Every how many frames, counted from frame ``first``.
    form
        One of :data:`FRAME_FORMS`; recognized from content and name if None.
    notices
        List that takes up remarks, such as the byte at which an incomplete last frame starts. None makes them Python
        warnings of the class ``StructureNotice``.

    Returns
    -------
    Iterator of Atoms
        New objects, in the order of the file; atoms of LAMMPS files sorted by id.

    Raises
    ------
    InputError
        If the path does not exist, the form is unknown, elements are unknown, or no frame is left after ``first``.
    FormatError
        If the file breaks its format; an incomplete last frame is only a notice where others stand before it.
    """
    check_integer(every, "every", low=1)
    check_integer(first, "first", low=0)
    if form is not None and form not in FRAME_FORMS:
        raise InputError(f"form must be one of {', '.join(FRAME_FORMS)}; got {form!r}.")
    place = Path(path)
    if not place.exists():
        raise InputError(f"{place}: no such file or folder.")
    return _checked(_open(place, form or frame_form(place), type_map, every, first, notices), place, first)


def frame_form(path: str | Path) -> str:
    """Form of a file or folder, one of :data:`FRAME_FORMS`, from its first bytes and its name.

    Raises
    ------
    FormatError
        If it cannot be told.
    """
    path = Path(path)
    if path.is_dir():
        return "deepmd-npy"
    head = _head(path)
    if head.startswith(b"- of Ulm"):
        return "traj"
    text = head.decode("utf-8", "replace")
    if text.lstrip().startswith("ITEM:"):
        return "lammps-dump"
    if text.startswith("(Version 6"):
        return "rmc6f"
    name = path.name.removesuffix(".gz").lower()
    if name.startswith(("poscar", "contcar")):
        return "poscar"
    if (suffix := Path(name).suffix) in SUFFIXES:
        return SUFFIXES[suffix]
    if looks_like_lammps_data(text):
        return "lammps-data"
    raise FormatError(
        f"the form of the file is not recognized; name it by form=..., one of {', '.join(FRAME_FORMS)}", path=path
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.startswith(GZIP_MAGIC):
        return head
    with gzip.open(path, "rb") as packed:
        try:
            return packed.read1(HEAD)
        except EOFError:
            return b""


def _open(
    path: Path, form: str, type_map: Sequence[str] | None, every: int, first: int, notices: list[str] | None
) -> Iterator[Atoms]:
    match form:
        case "lammps-dump":
            return read_lammps_dump(path, type_map, every, first, notices=notices)
        case "extxyz":
            return read_extended_xyz(path, every, first, notices=notices)
        case "deepmd-npy":
            return read_deepmd_npy(path, type_map, every, first, notices=notices)
        case "traj":
            return _read_traj(path, every, first)
    if first > 0:
        return iter(())
    if form == "lammps-data":
        return iter([read_lammps_data(path, type_map, notices=notices)])
    return iter([read_rmc6f(path, notices=notices) if form == "rmc6f" else _read_poscar(path, type_map)])


def _checked(frames: Iterator[Atoms], path: Path, first: int) -> Iterator[Atoms]:
    """Pass the frames on; no frame at all is an error."""
    count = 0
    for count, atoms in enumerate(frames, start=1):  # noqa: B007 - counts what has passed
        yield atoms
    if count == 0:
        raise InputError(f"{path}: no frame left from frame first = {first} on; frames are counted from 0.")


def _read_traj(path: Path, every: int, first: int) -> Iterator[Atoms]:
    from ase.io.trajectory import Trajectory

    try:
        trajectory = Trajectory(str(path))
    except Exception as error:  # ASE raises whatever the damaged bytes lead to
        raise FormatError(f"not a readable trajectory of ASE: {error}", path=path) from error
    with trajectory:
        for index in range(first, len(trajectory), every):
            yield trajectory[index]


def _read_poscar(path: Path, type_map: Sequence[str] | None) -> Atoms:
    """Read a POSCAR; one of the old kind without symbols needs a type map."""
    from ase.io.vasp import read_vasp

    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) < 7:
        raise FormatError("a POSCAR has at least seven lines", path=path, line=len(lines))
    if lines[5].split() and all(word.isdigit() for word in lines[5].split()):
        n_types = len(lines[5].split())
        if type_map is None or len(type_map) != n_types:
            given = "none" if type_map is None else ", ".join(type_map)
            raise InputError(
                f"{path}: the POSCAR has no symbols for its {n_types} counts ({' '.join(lines[5].split())}). "
                f"Pass type_map=... (--type-map) with {n_types} elements; got {given}."
            )
        lines.insert(5, " ".join(type_map))
    try:
        atoms: Atoms = read_vasp(io.StringIO("\n".join(lines) + "\n"))
    except Exception as error:  # ASE raises whatever the text leads to
        raise FormatError(f"not a readable POSCAR: {error!r}", path=path) from error
    return atoms
