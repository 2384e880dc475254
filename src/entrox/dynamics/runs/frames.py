"""Kept frames of a run: one extended XYZ file that grows frame by frame and can be cut back.

Positions are unwrapped. A frame that was not written to its end, as a killed run leaves it, does not count.
Units: angstrom, ps; momenta in those of ASE, sqrt(eV u).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["FRAMES", "cut_frames", "frame_steps", "write_frame"]

Ints = NDArray[np.int64]

FRAMES = "frames.extxyz"
STEP = re.compile(rb"\bstep=(\d+)\b")


def write_frame(file: IO[bytes], atoms: Atoms, step: int, time_ps: float) -> None:
    """Write a frame behind those of a file, out of this process's memory.

    Parameters
    ----------
    file
        Open for writing bytes.
    atoms
        Elements, positions, momenta, cell, periods, and masses where they are not those of the elements.
    step, time_ps
        Time step, and time [ps]; they become ``step`` and ``time_ps`` of the frame.
    """
    columns = [atoms.positions, atoms.get_momenta()]
    properties = "species:S:1:pos:R:3:momenta:R:3"
    if atoms.has("masses"):
        columns.append(atoms.get_masses()[:, None])
        properties += ":masses:R:1"
    values = np.hstack(columns)
    lattice = " ".join(map(repr, atoms.cell.array.ravel().tolist()))
    periods = " ".join("T" if period else "F" for period in atoms.pbc)
    head = (
        f'{len(atoms)}\nLattice="{lattice}" Properties={properties} pbc="{periods}" '
        f"step={int(step)} time_ps={float(time_ps)!r}\n"
    )
    row = "%s" + " %.10f" * values.shape[1] + "\n"
    symbols = atoms.get_chemical_symbols()
    rows = "".join(row % (symbol, *numbers) for symbol, numbers in zip(symbols, values.tolist(), strict=True))
    file.write((head + rows).encode("ascii"))
    # a checkpoint counts on the frames before it, and a process that is killed loses what it still holds
    file.flush()


def frame_steps(path: Path) -> Ints:
    """Time steps of the complete frames of a file, shape ``(n_frames,)``; no file means none.

    Raises
    ------
    FormatError
        If the file is not one that :func:`write_frame` wrote.
    """
    return np.array([step for step, _ in _complete_frames(path)], dtype=np.int64)


def cut_frames(path: Path, last_step: int) -> Ints:
    """Take off the frames after a step and what is not complete.

    Parameters
    ----------
    path
        File of frames; nothing is done if it is absent.
    last_step
        Last step to be kept.

    Returns
    -------
    numpy.ndarray
        Time steps of the frames that are left, shape ``(n_frames,)``.

    Raises
    ------
    FormatError
        If the file is not one that :func:`write_frame` wrote.
    """
    steps, end = [], 0
    for step, place in _complete_frames(path):
        if step > last_step:
            break
        steps.append(step)
        end = place
    if path.is_file():
        with path.open("r+b") as file:
            file.truncate(end)
    return np.array(steps, dtype=np.int64)


def _complete_frames(path: Path) -> Iterator[tuple[int, int]]:
    """Yield the step of each complete frame and the byte at which it ends."""
    if not path.is_file():
        return
    number = 1
    with path.open("rb") as file:
        while True:
            head, comment = file.readline(), file.readline()
            if not comment.endswith(b"\n"):
                return
            step = STEP.search(comment)
            if not head.strip().isdigit() or int(head) == 0 or step is None:
                raise FormatError("no frame of a run begins here", path=path, line=number)
            count = int(head)
            rows = list(islice(file, count))
            if len(rows) < count or not rows[-1].endswith(b"\n"):
                return
            number += 2 + count
            yield int(step[1]), file.tell()
