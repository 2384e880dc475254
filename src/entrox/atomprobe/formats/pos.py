"""``.pos``: records of four single-precision numbers, x, y, z [nm] and m/q [Da], big-endian and without a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.formats.ion_records import BLOCK, ByteOrder, RecordFormat, gather_ions, iter_records, written
from entrox.atomprobe.ions import Ions

__all__ = ["iter_pos", "read_pos", "write_pos"]


def _ions(raw: NDArray[np.void]) -> Ions:
    return Ions(
        positions_nm=raw["position"].astype(np.float32),
        mass_to_charge_da=raw["mass"][:, 0].astype(np.float32),
        format="pos",
    )


POS = RecordFormat("pos", (("position", "f4", 3), ("mass", "f4", 1)), _ions)


def read_pos(
    path: str | Path, *, byte_order: ByteOrder = "big", chunk: int | None = None, drop_invalid: bool = False
) -> Ions:
    """Read a ``.pos`` file.

    Parameters
    ----------
    path
        The file.
    byte_order
        ``"big"``, as the format has it, or ``"little"``; a file that looks like the other is refused, never switched.
    chunk
        Ions read at a time; it bounds the working memory.
    drop_invalid
        Leave out ions with a position or m/q that is not finite; a notice says how many.

    Returns
    -------
    Ions
        Positions and m/q in single precision, as stored.

    Raises
    ------
    FormatError
        If the size is no multiple of 16 bytes, the file is empty, or its values are implausible.
    InputError
        If the file cannot be read, or a value is not finite and ``drop_invalid`` is false.
    """
    return gather_ions(path, POS, byte_order, BLOCK if chunk is None else chunk, drop_invalid)


def iter_pos(
    path: str | Path, chunk: int, *, byte_order: ByteOrder = "big", drop_invalid: bool = False
) -> Iterator[Ions]:
    """Yield the ions of a ``.pos`` file, at most ``chunk`` at a time; errors as for :func:`read_pos`."""
    return iter_records(path, POS, byte_order, chunk, drop_invalid)


def write_pos(path: str | Path, ions: Ions) -> None:
    """Write positions and m/q as a big-endian ``.pos`` file; double precision is rounded to single.

    An existing file is replaced once the new one is complete.
    """
    with written(path) as file:
        for start in range(0, len(ions), BLOCK):
            block = slice(start, start + BLOCK)
            records = np.empty((len(ions.mass_to_charge_da[block]), 4), dtype=">f4")
            records[:, :3] = ions.positions_nm[block]
            records[:, 3] = ions.mass_to_charge_da[block]
            records.tofile(file)
