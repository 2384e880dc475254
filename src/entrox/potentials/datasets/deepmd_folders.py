"""Labeled frames in folders of DeePMD-kit with NumPy arrays. Units: eV, eV/angstrom, angstrom; virial in eV.

A system has one order of atoms (``type.raw``), or one number of atoms (mixed type, ``real_atom_types.npy``). Source and
group of its frames stand in ``entrox.json`` beside them, which DeePMD-kit does not read; without it the group is the
path of the folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.potentials.datasets.frame_checks import Dropped, FrameSieve
from entrox.potentials.label import LabeledFrame
from entrox.structure.deepmd_npy import deepmd_systems, read_deepmd_npy

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_deepmd_folders", "write_deepmd_folders"]

Key = tuple[Any, ...]

ORIGIN = "entrox.json"
FRAMES_PER_SET = 5000


def read_deepmd_folders(
    path: Path, type_map: Sequence[str] | None, source: str, *, skip_bad: bool, notices: list[str] | None = None
) -> tuple[list[LabeledFrame], tuple[str, ...], list[Dropped]]:
    """Read all systems below a folder; return the frames, the elements in their order, and what was dropped."""
    systems = deepmd_systems(path)
    if not systems:
        raise FormatError("the folder holds no deepmd system: no type.raw beside folders set.*", path=path)
    sieve = FrameSieve(skip_bad=skip_bad)
    frames: list[LabeledFrame] = []
    elements: dict[str, None] = {}
    for folder in systems:
        names = _names(folder)
        read = _read_system(folder, type_map if names is None else None, *_origin(folder, path, source), sieve, notices)
        frames += read
        elements.update(dict.fromkeys(names or type_map or ()))
    present = {symbol for frame in frames for symbol in set(frame.atoms.get_chemical_symbols())}
    return frames, tuple(name for name in elements if name in present), sieve.dropped


def _names(folder: Path) -> list[str] | None:
    """Return the elements that a system gives to its types."""
    written = folder / "type_map.raw"
    return written.read_text(encoding="utf-8").split() if written.is_file() else None


def _origin(folder: Path, root: Path, source: str) -> tuple[str, str]:
    """Return source and group of a system; the source may be the user's word, the group is the place."""
    group = root.resolve().name if folder == root else folder.relative_to(root).as_posix()
    file = folder / ORIGIN
    if not file.is_file():
        return source, group
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return str(content.get("source", source)), str(content.get("group", group))
    except (json.JSONDecodeError, AttributeError) as error:
        raise FormatError(f"not readable: {error}", path=file) from error


def _read_system(
    folder: Path,
    type_map: Sequence[str] | None,
    source: str,
    group: str,
    sieve: FrameSieve,
    notices: list[str] | None,
) -> list[LabeledFrame]:
    frames: list[LabeledFrame] = []
    n_read = 0
    try:
        virials = _virials(folder)
        for atoms in read_deepmd_npy(folder, type_map, notices=notices):
            frame = _labeled(atoms, next(virials), source, group)
            if sieve.passes(frame, folder, n_read):
                frames.append(frame)
            n_read += 1
    except (FormatError, InputError) as error:
        # the arrays of a set do not fit together, or the system has no type map: the rest of it is lost
        if not sieve.skip_bad:
            raise
        sieve.drop(Dropped(folder, None, _frame_count(folder) - n_read, str(error)))
    return frames


def _frame_count(folder: Path) -> int:
    """Return the number of frames of a system by the longest array of each set, one for a set without any."""
    count = 0
    for part in folder.glob("set.*"):
        lengths = [1]
        for file in part.glob("*.npy"):
            try:
                lengths.append(len(np.load(file, mmap_mode="r")))
            except (ValueError, EOFError, OSError, TypeError):
                continue
        count += max(lengths)
    return count


def _virials(folder: Path) -> Iterator[NDArray[np.float64] | None]:
    """Yield the virials as written: a stress over the volume and back would change their last bits."""
    for part in sorted(folder.glob("set.*")):
        count = len(np.load(part / "coord.npy", mmap_mode="r"))
        file = part / "virial.npy"
        if file.is_file():
            yield from np.asarray(np.load(file), dtype=float).reshape(-1, 3, 3)
        else:
            yield from [None] * count


def _labeled(atoms: Atoms, virial: NDArray[np.float64] | None, source: str, group: str) -> LabeledFrame:
    results = {} if atoms.calc is None else atoms.calc.results
    atoms.calc = None
    return LabeledFrame(
        atoms=atoms,
        energy_ev=results.get("energy"),
        forces_ev_per_angstrom=results.get("forces"),
        virial_ev=virial,
        source=source,
        group=group,
    )


def write_deepmd_folders(
    frames: Sequence[LabeledFrame], path: Path, elements: Sequence[str], *, mixed: bool = False
) -> list[Path]:
    """Write frames as systems and return their folders, in the order of first appearance.

    Frames share a system if source, group, kind of labels and order of atoms (for ``mixed`` only its number of atoms)
    agree. Folders are named by group where these names are plain and unique, else numbered.
    """
    systems: dict[Key, list[LabeledFrame]] = {}
    for frame in frames:
        symbols = tuple(frame.atoms.get_chemical_symbols())
        systems.setdefault((frame.source, frame.group, *_kind(frame), len(symbols) if mixed else symbols), []).append(
            frame
        )
    folders = [path / name for name in _folder_names([str(key[1]) for key in systems])]
    for folder, members in zip(folders, systems.values(), strict=True):
        _write_system(members, folder, elements, mixed=mixed)
    return folders


def _kind(frame: LabeledFrame) -> tuple[bool, ...]:
    """Return what a system can only have for all frames or none."""
    labels = (frame.energy_ev, frame.forces_ev_per_angstrom, frame.virial_ev)
    if frame.atoms.pbc.any() != frame.atoms.pbc.all():
        raise InputError(
            "frames of DeePMD-kit are periodic in all directions or none; got a frame with "
            f"pbc = {frame.atoms.pbc.tolist()}. Write extxyz."
        )
    return (bool(frame.atoms.pbc.all()), *(label is not None for label in labels))


def _folder_names(groups: Sequence[str]) -> list[str]:
    plain = [name for name in groups if name.replace("-", "").replace("_", "").replace(".", "").isalnum()]
    if len(set(plain)) == len(groups) and not any(name.startswith(("set.", ".")) for name in groups):
        return list(groups)
    return [f"system.{index:04d}" for index in range(len(groups))]


def _write_system(frames: Sequence[LabeledFrame], folder: Path, elements: Sequence[str], *, mixed: bool) -> None:
    folder.mkdir(parents=True)
    first = frames[0]
    numbers = {name: index for index, name in enumerate(elements)}
    types = np.array([[numbers[symbol] for symbol in frame.atoms.get_chemical_symbols()] for frame in frames])
    (folder / "type_map.raw").write_text("\n".join(elements) + "\n", encoding="utf-8")
    shown = np.zeros_like(types[0]) if mixed else types[0]
    (folder / "type.raw").write_text("\n".join(map(str, shown.tolist())) + "\n", encoding="utf-8")
    (folder / ORIGIN).write_text(json.dumps({"source": first.source, "group": first.group}) + "\n", encoding="utf-8")
    if not first.atoms.pbc.any():
        (folder / "nopbc").touch()
    for number, start in enumerate(range(0, len(frames), FRAMES_PER_SET)):
        members = frames[start : start + FRAMES_PER_SET]
        part = folder / f"set.{number:03d}"
        part.mkdir()
        for name, array in _arrays(members).items():
            np.save(part / f"{name}.npy", array)
        if mixed:
            np.save(part / "real_atom_types.npy", types[start : start + FRAMES_PER_SET])


def _arrays(frames: Sequence[LabeledFrame]) -> dict[str, NDArray[np.float64]]:
    arrays = {
        "coord": np.array([frame.atoms.positions.ravel() for frame in frames]),
        "box": np.array([frame.atoms.cell.array.ravel() for frame in frames]),
    }
    if frames[0].energy_ev is not None:
        arrays["energy"] = np.array([frame.energy_ev for frame in frames], dtype=float)
    if frames[0].forces_ev_per_angstrom is not None:
        arrays["force"] = np.array([np.asarray(frame.forces_ev_per_angstrom).ravel() for frame in frames])
    if frames[0].virial_ev is not None:
        arrays["virial"] = np.array([np.asarray(frame.virial_ev).ravel() for frame in frames])
    return arrays
