"""``.epos``: the extended ``.pos``, with the raw data of the instrument and the multi-hit columns.

A record holds nine single-precision numbers, x, y, z [nm], m/q [Da], time of flight [ns], DC voltage [V], pulse voltage
[V], detector x, y [mm], and two unsigned whole numbers, pulses since the last event and ions in the pulse; big-endian.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.formats.ion_records import BLOCK, ByteOrder, RecordFormat, gather_ions, iter_records, written
from entrox.atomprobe.ions import Ions
from entrox.core import InputError

__all__ = ["iter_epos", "read_epos", "write_epos"]

_COLUMNS = ("time_of_flight_ns", "dc_voltage_v", "pulse_voltage_v")


def _ions(raw: NDArray[np.void]) -> Ions:
    # Copies of single columns: a view would keep the whole record alive.
    return Ions(
        positions_nm=raw["position"].astype(np.float32),
        mass_to_charge_da=raw["mass"][:, 0].astype(np.float32),
        time_of_flight_ns=raw["instrument"][:, 0].astype(np.float32),
        dc_voltage_v=raw["instrument"][:, 1].astype(np.float32),
        pulse_voltage_v=raw["instrument"][:, 2].astype(np.float32),
        detector_mm=raw["instrument"][:, 3:].astype(np.float32),
        pulses_since_last=raw["pulses"][:, 0].astype(np.uint32),
        ions_in_pulse=raw["pulses"][:, 1].astype(np.uint32),
        format="epos",
    )


EPOS = RecordFormat(
    "epos", (("position", "f4", 3), ("mass", "f4", 1), ("instrument", "f4", 5), ("pulses", "u4", 2)), _ions
)


def read_epos(
    path: str | Path, *, byte_order: ByteOrder = "big", chunk: int | None = None, drop_invalid: bool = False
) -> Ions:
    """Read an ``.epos`` file, 44 bytes per ion; all else as for :func:`~entrox.atomprobe.formats.pos.read_pos`.

    A notice says where the two multi-hit columns contradict each other. Where ions are dropped, their pulses keep the
    others: a pulse that lost its first ion starts at its next one.
    """
    ions = gather_ions(path, EPOS, byte_order, BLOCK if chunk is None else chunk, drop_invalid)
    since, inside = ions.pulses_since_last, ions.ions_in_pulse
    if since is None or inside is None or not len(ions):
        return ions
    starts = np.flatnonzero(since)
    sizes = np.diff(np.append(starts, len(ions)))
    wrong = int(np.count_nonzero(inside[starts] != sizes)) if len(starts) else 1
    if not wrong:
        return ions
    said = (
        f"the multi-hit columns disagree in {wrong} of {len(starts)} pulses: ions_in_pulse is not the number of ions "
        "up to the next pulse. Pulses follow pulses_since_last."
    )
    return replace(ions, notices=(*ions.notices, said))


def iter_epos(
    path: str | Path, chunk: int, *, byte_order: ByteOrder = "big", drop_invalid: bool = False
) -> Iterator[Ions]:
    """Yield the ions of an ``.epos`` file, at most ``chunk`` at a time and in whole pulses where they fit."""
    return iter_records(path, EPOS, byte_order, chunk, drop_invalid)


def write_epos(path: str | Path, ions: Ions) -> None:
    """Write a big-endian ``.epos`` file; double precision is rounded to single.

    An existing file is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the cloud lacks a column of the format.
    """
    names = (*_COLUMNS, "detector_mm", "pulses_since_last", "ions_in_pulse")
    missing = [name for name in names if getattr(ions, name) is None]
    if missing:
        raise InputError(f"an .epos file needs {', '.join(missing)}, which the ions do not have; write a .pos instead.")
    columns = {name: getattr(ions, name) for name in names}
    with written(path) as file:
        for start in range(0, len(ions), BLOCK):
            block = slice(start, start + BLOCK)
            records = np.empty(len(ions.mass_to_charge_da[block]), dtype=EPOS.record("big"))
            records["position"] = ions.positions_nm[block]
            records["mass"][:, 0] = ions.mass_to_charge_da[block]
            for column, name in enumerate(_COLUMNS):
                records["instrument"][:, column] = columns[name][block]
            records["instrument"][:, 3:] = columns["detector_mm"][block]
            records["pulses"][:, 0] = columns["pulses_since_last"][block]
            records["pulses"][:, 1] = columns["ions_in_pulse"][block]
            records.tofile(file)
