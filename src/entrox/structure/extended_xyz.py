"""Extended XYZ files read frame by frame. Lengths in angstrom, energies in eV.

Numbers of the comment line and columns keep their names in ``info`` and ``arrays``; only energy, forces and stress go
to a calculator, as everywhere in ASE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.structure.notices import give_notice
from entrox.structure.text_stream import EndOfText, TextStream, iter_complete, unpack_word

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["read_extended_xyz"]

Ints = NDArray[np.int64]

PLAIN = "species:S:1:pos:R:3"
VOIGT = [0, 4, 8, 5, 2, 1]


@dataclass(frozen=True)
class _Layout:
    """Where the columns of the file go; ``fields`` are name, kind, first column of the numbers and width."""

    goals: Ints
    fields: tuple[tuple[str, str, int, int], ...]


def read_extended_xyz(
    path: str | Path, every: int = 1, first: int = 0, *, notices: list[str] | None = None
) -> Iterator[Atoms]:
    """Read the frames of an extended XYZ file one after the other; plain XYZ is one without a cell.

    Parameters
    ----------
    path
        File, plain or packed with gzip.
    every, first
        Every how many frames, counted from frame ``first``.
    notices
        List that takes up the remarks; None makes them warnings.

    Yields
    ------
    Atoms
        ``info`` and ``arrays`` by the names of the file; periodic if the file gives a cell and does not say otherwise.

    Raises
    ------
    FormatError
        If the text breaks the format or no frame is complete.
    """
    with TextStream(path, close_last_line=True) as stream:
        yield from iter_complete(
            stream,
            _read_count,
            lambda n_atoms: _read_frame(stream, n_atoms, notices),
            lambda n_atoms: 1 + n_atoms,
            every=every,
            first=first,
            notices=notices,
        )
        if stream.closed:
            give_notice(f"{stream.path}: the last line has no end; it was read as it stands", notices)


def _read_count(stream: TextStream) -> int | None:
    """Return the number of atoms of the next frame, None at the end."""
    while True:
        try:
            text = stream.read_line().decode("utf-8", "replace").strip()
        except EndOfText:
            if not stream.damage and stream.byte == stream.end_byte:
                return None
            raise
        if text.isdigit():
            return int(text)
        if text:
            raise stream.error("the number of atoms must stand here", text=text[:200])


def _read_frame(stream: TextStream, n_atoms: int, notices: list[str] | None) -> Atoms:
    from ase import Atoms
    from ase.io.extxyz import key_val_str_to_dict

    comment = stream.read_line().decode("utf-8", "replace")
    # A comment without assignments is free text, as plain XYZ has it.
    info: dict[str, Any] = dict(key_val_str_to_dict(comment)) if "=" in comment else {}
    layout = _layout(stream, str(info.pop("Properties", info.pop("properties", PLAIN))), notices)
    cell = info.pop("Lattice", None)
    pbc = info.pop("pbc", cell is not None)
    numbers, words = stream.read_table(n_atoms, layout.goals)
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, column, width in layout.fields:
        values = numbers[:, column] if width == 1 else numbers[:, column : column + width]
        arrays[name] = values.astype(np.int64) if kind == "I" else values.copy()
    atoms = Atoms(
        numbers=_atomic_numbers(stream, arrays, words),
        positions=arrays.pop("pos"),
        # The dictionary of ASE holds matrices in Fortran's order.
        cell=None if cell is None else np.array(cell, dtype=float).reshape(3, 3).T,
        pbc=pbc,
    )
    _attach_results(atoms, info, arrays)
    for name, values in arrays.items():
        atoms.set_array(name, values)
    atoms.info.update(info)
    return atoms


def _layout(stream: TextStream, properties: str, notices: list[str] | None) -> _Layout:
    """Return where the columns named by ``Properties`` go."""
    words = properties.split(":")
    goals: list[int] = []
    fields = []
    n_numbers = 0
    dropped = []
    try:
        for name, kind, width in zip(words[::3], words[1::3], map(int, words[2::3]), strict=True):
            if name == "species":
                goals.append(-2)
            elif kind in "RI":
                fields.append((name, kind, n_numbers, width))
                goals.extend(range(n_numbers, n_numbers + width))
                n_numbers += width
            else:
                dropped.append(name)
                goals.extend([-1] * width)
    except ValueError:
        raise stream.error(f"Properties must be name:kind:columns, repeated; found {properties!r}") from None
    if ("pos", "R", 3) not in {(name, kind, width) for name, kind, _, width in fields}:
        raise stream.error(f"Properties must hold pos:R:3; found {properties!r}")
    if dropped:
        give_notice(f"{stream.path}: columns of words left out: {', '.join(dropped)}", notices)
    return _Layout(np.array(goals, dtype=np.int64), tuple(fields))


def _atomic_numbers(stream: TextStream, arrays: dict[str, NDArray[Any]], words: Ints) -> Ints:
    """Return atomic numbers from the species, else from a column of them."""
    from ase.data import atomic_numbers

    if words.shape[1] == 0:
        for name in ("Z", "numbers"):
            if name in arrays:
                return arrays.pop(name)
        raise stream.error("Properties must hold species:S:1 or Z:I:1")
    kinds, inverse = np.unique(words[:, 0], return_inverse=True)
    names = [unpack_word(kind) for kind in kinds.tolist()]
    unknown = [name for name in names if name not in atomic_numbers]
    if unknown:
        raise stream.error(f"{', '.join(map(repr, unknown))} is no element, in the frame that ends here")
    return np.array([atomic_numbers[name] for name in names], dtype=np.int64)[inverse]


def _attach_results(atoms: Atoms, info: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Move energy, forces and stress to a calculator."""
    from ase.calculators.singlepoint import SinglePointCalculator

    results: dict[str, Any] = {name: info.pop(name) for name in ("energy", "free_energy") if name in info}
    if "forces" in arrays:
        results["forces"] = arrays.pop("forces")
    stress = np.ravel(info["stress"]) if "stress" in info else np.empty(0)
    if stress.size in (6, 9):
        results["stress"] = stress if stress.size == 6 else stress[VOIGT]
        del info["stress"]
    if results:
        atoms.calc = SinglePointCalculator(atoms, **results)
