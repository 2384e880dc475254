"""Folders of DeePMD-kit with NumPy arrays, one system or many, also of mixed type.

Units: angstrom, eV, eV/angstrom; the virial [eV] becomes the stress of ASE, minus the virial over the volume.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.structure.notices import give_notice
from entrox.structure.type_map import numbers_of_types

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["deepmd_systems", "read_deepmd_npy"]

Ints = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]

OPTIONAL = ("energy", "force", "virial", "real_atom_types")


def deepmd_systems(path: str | Path) -> list[Path]:
    """Folders below ``path`` that hold a system (a file ``type.raw`` and folders ``set.*``), sorted by name."""
    found = {file.parent for file in Path(path).rglob("type.raw") if any(file.parent.glob("set.*"))}
    return sorted(found)


def read_deepmd_npy(
    path: str | Path,
    type_map: Sequence[str] | None = None,
    every: int = 1,
    first: int = 0,
    *,
    notices: list[str] | None = None,
) -> Iterator[Atoms]:
    """Read the frames of a system, or of all systems below a folder in the order of their names.

    Parameters
    ----------
    path
        Folder with ``type.raw``, ``type_map.raw`` and ``set.*``, or a folder above such folders.
    type_map
        Elements of the types 0, 1, ...; needed where ``type_map.raw`` is missing, and before it where both are given.
    every, first
        Every how many frames, counted from frame ``first`` over all systems.
    notices
        List that takes up the remarks; None makes them warnings.

    Yields
    ------
    Atoms
        With energy, forces and stress where the folder has them; atoms of type -1 (padding of mixed sets) left out.

    Raises
    ------
    FormatError
        If a file is missing or arrays do not fit together.
    InputError
        If the elements are unknown.
    """
    systems = deepmd_systems(path)
    if not systems:
        raise FormatError("the folder holds no deepmd system: no type.raw beside folders set.*", path=path)
    index = 0
    for folder in systems:
        system = _System(folder, type_map, notices)
        for part in sorted(folder.glob("set.*")):
            arrays = _load(part, system)
            for row in range(len(arrays["coord"])):
                if index >= first and (index - first) % every == 0:
                    yield _frame(arrays, row, system)
                index += 1


@dataclass(frozen=True, init=False)
class _System:
    """Types and elements of one folder."""

    folder: Path
    types: Ints
    names: tuple[str, ...]
    periodic: bool

    def __init__(self, folder: Path, type_map: Sequence[str] | None, notices: list[str] | None) -> None:
        try:
            types = np.array([int(word) for word in (folder / "type.raw").read_text().split()], dtype=np.int64)
        except ValueError as error:
            raise FormatError(f"type.raw must hold whole numbers: {error}", path=folder / "type.raw") from None
        written = folder / "type_map.raw"
        names = tuple(written.read_text().split()) if written.is_file() else None
        if type_map is not None:
            if names is not None and names != tuple(type_map):
                give_notice(f"{folder}: type_map={','.join(type_map)} used instead of {','.join(names)}", notices)
            names = tuple(type_map)
        if names is None:
            raise InputError(
                f"{folder}: no type_map.raw; found the types {', '.join(map(str, np.unique(types)))}. "
                "Pass type_map=... (--type-map), one element for each type, the first for type 0."
            )
        object.__setattr__(self, "folder", folder)
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "periodic", not (folder / "nopbc").exists())


def _load(part: Path, system: _System) -> Arrays:
    """Map the arrays of one set into memory and check that they fit together."""
    arrays: Arrays = {}
    for name in ("coord", *(["box"] if system.periodic else []), *OPTIONAL):
        file = part / f"{name}.npy"
        if file.is_file():
            try:
                arrays[name] = np.load(file, mmap_mode="r")
            except (ValueError, EOFError, OSError) as error:
                raise FormatError(f"not a readable array: {error}", path=file) from None
        elif name not in OPTIONAL:
            raise FormatError("the file is missing", path=file)
    n_frames, n_atoms = len(arrays["coord"]), len(system.types)
    widths = {"coord": 3 * n_atoms, "box": 9, "energy": 1, "force": 3 * n_atoms, "virial": 9}
    widths["real_atom_types"] = n_atoms
    for name, array in arrays.items():
        if array.size != n_frames * widths[name] or len(array) != n_frames:
            raise FormatError(
                f"shape ({n_frames}, {widths[name]}) expected for {n_atoms} atoms; found {array.shape}",
                path=part / f"{name}.npy",
            )
    return arrays


def _frame(arrays: Arrays, row: int, system: _System) -> Atoms:
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator

    types = system.types
    if "real_atom_types" in arrays:
        types = np.array(arrays["real_atom_types"][row], dtype=np.int64).ravel()
    real = types >= 0
    kinds, inverse = np.unique(types[real], return_inverse=True)
    atoms = Atoms(
        numbers=np.array(numbers_of_types(kinds, system.names, system.folder, lowest=0))[inverse],
        positions=np.array(arrays["coord"][row], dtype=float).reshape(-1, 3)[real],
        cell=np.array(arrays["box"][row], dtype=float).reshape(3, 3) if system.periodic else None,
        pbc=system.periodic,
    )
    results: dict[str, Any] = {}
    if "energy" in arrays:
        results["energy"] = float(arrays["energy"][row].ravel()[0])
    if "force" in arrays:
        results["forces"] = np.array(arrays["force"][row], dtype=float).reshape(-1, 3)[real]
    if "virial" in arrays and system.periodic and atoms.cell.rank == 3:
        virial = np.array(arrays["virial"][row], dtype=float).reshape(3, 3)
        results["stress"] = -virial.ravel()[[0, 4, 8, 5, 2, 1]] / atoms.get_volume()
    if results:
        atoms.calc = SinglePointCalculator(atoms, **results)
    return atoms
