"""Labeled frames in one extended XYZ file. Units: eV, eV/angstrom, angstrom; virial in eV.

Numbers are written with all their digits. The comment line carries ``energy``, ``virial``, ``source`` and ``group``; a
file that has ``stress`` instead gets its virial from that. Frames whose virial is written have no ``stress``: one would
follow from the other only up to rounding.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.potentials.datasets.frame_checks import Dropped, FrameSieve
from entrox.potentials.label import LabeledFrame, virial_of_stress
from entrox.structure.extended_xyz import read_extended_xyz

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_labeled_xyz", "write_labeled_xyz"]

TRANSIENT = ("virial", "source", "group")
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-/]*")
READ_AS_VALUES = ("t", "f", "true", "false", "nan", "inf", "infinity")


def read_labeled_xyz(
    path: Path, source: str, *, skip_bad: bool, notices: list[str] | None = None
) -> tuple[list[LabeledFrame], tuple[str, ...], list[Dropped]]:
    """Read a file; return the frames, the elements in the order of first appearance, and what was dropped."""
    sieve = FrameSieve(skip_bad=skip_bad)
    frames: list[LabeledFrame] = []
    elements: dict[str, None] = {}
    for index, atoms in enumerate(read_extended_xyz(path, notices=notices)):
        frame = _labeled(atoms, source, path.stem)
        if sieve.passes(frame, path, index):
            frames.append(frame)
            elements.update(dict.fromkeys(frame.atoms.get_chemical_symbols()))
    return frames, tuple(elements), sieve.dropped


def _labeled(atoms: Atoms, source: str, group: str) -> LabeledFrame:
    results = {} if atoms.calc is None else dict(atoms.calc.results)
    atoms.calc = None
    virial: Any = None
    if "virial" in atoms.info:
        # the dictionary of ASE holds matrices in Fortran's order
        virial = np.array(atoms.info["virial"], dtype=float).reshape(3, 3).T.copy()
    elif "stress" in results and atoms.cell.rank == 3:
        virial = virial_of_stress(results["stress"], atoms.get_volume())
    frame = LabeledFrame(
        atoms=atoms,
        energy_ev=None if "energy" not in results else float(results["energy"]),
        forces_ev_per_angstrom=results.get("forces"),
        virial_ev=virial,
        source=str(atoms.info.get("source", source)),
        group=str(atoms.info.get("group", group)),
    )
    for name in TRANSIENT:
        atoms.info.pop(name, None)
    return frame


def write_labeled_xyz(frames: Sequence[LabeledFrame], path: Path) -> None:
    """Write frames into a new file, which appears when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        for frame in frames:
            file.write(_text(frame))
    temporary.replace(path)


def _text(frame: LabeledFrame) -> str:
    atoms = frame.atoms
    fields = [f"Lattice={_numbers(atoms.cell.array.ravel())}"] if atoms.cell.rank == 3 else []
    columns = atoms.positions
    properties = "species:S:1:pos:R:3"
    if frame.forces_ev_per_angstrom is not None:
        columns = np.hstack([columns, frame.forces_ev_per_angstrom])
        properties += ":forces:R:3"
    fields.append(f"Properties={properties}")
    if frame.energy_ev is not None:
        fields.append(f"energy={float(frame.energy_ev)!r}")
    if frame.virial_ev is not None:
        fields.append(f"virial={_numbers(np.ravel(frame.virial_ev))}")
    fields.append('pbc="' + " ".join("T" if flag else "F" for flag in atoms.pbc) + '"')
    fields += [f"{name}={_quoted(text)}" for name, text in (("source", frame.source), ("group", frame.group))]
    rows = (
        f"{symbol} {' '.join(map(repr, row))}"
        for symbol, row in zip(atoms.get_chemical_symbols(), columns.tolist(), strict=True)
    )
    return "\n".join([str(len(atoms)), " ".join(fields), *rows]) + "\n"


def _numbers(values: Iterable[float]) -> str:
    return '"' + " ".join(repr(float(value)) for value in values) + '"'


def _quoted(text: str) -> str:
    """Return a text as the reader gives it back: a number or a flag stays a text."""
    if PLAIN.fullmatch(text) and text.lower() not in READ_AS_VALUES:
        return text
    packed = "_JSON " + json.dumps(text)
    return '"' + packed.replace("\\", "\\\\").replace('"', '\\"') + '"'
