"""Reader of the thermodynamic output of a field-driven LAMMPS run.

A log holds the tables of several runs with different columns; the run that switched is the one whose header names
both the field and the polarization. Units of such logs: steps, ps, V/angstrom, e/angstrom2; they are converted here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, Result, check_integer, quantity
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2, VOLT_PER_METER_PER_VOLT_PER_ANGSTROM

__all__ = ["SwitchingLog", "read_switching_log"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMORY_LINE = "Per MPI rank memory allocation"
"""The line before the header of every table."""


@dataclass(frozen=True, kw_only=True)
class SwitchingLog(Result):
    """Field and polarization of one run."""

    step: Ints = quantity("1", "time step", axes=("row",))
    time_ps: Floats | None = quantity("ps", "time", axes=("row",))
    field_v_per_m: Floats = quantity("V/m", "driving field", axes=("row",))
    polarization_c_per_m2: Floats = quantity("C/m2", "polarization along the field", axes=("row",))
    n_tables: int = quantity("1", "tables of the log")
    warnings: tuple[str, ...] = ()

    def rows_per_block(self, block_steps: int) -> int:
        """Rows that ``block_steps`` time steps take; refused where the rows do not divide them."""
        check_integer(block_steps, "block_steps", low=1)
        stride = int(self.step[1] - self.step[0])
        if block_steps % stride:
            raise InputError(f"block_steps must be a multiple of the {stride} steps between rows; got {block_steps}.")
        return block_steps // stride


def read_switching_log(path: str | Path, field: str = "v_efield", polarization: str = "v_Pz") -> SwitchingLog:
    """Read the last run of a LAMMPS log whose table has both columns.

    Parameters
    ----------
    path
        Log of LAMMPS in one-line thermodynamic style.
    field
        Column of the field [V/angstrom].
    polarization
        Column of the polarization [e/angstrom2].

    Raises
    ------
    FormatError
        If no table has both columns, one of its rows is not numeric, or it holds fewer than two rows.
    """
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    headers = [k + 1 for k, text in enumerate(lines[:-1]) if text.startswith(MEMORY_LINE)]
    # logs cut at their start, or of old versions, have no such line before the first table
    headers += [k for k, text in enumerate(lines) if text.split()[:1] == ["Step"] and k not in headers]
    wanted = [k for k in sorted(headers) if {field, polarization} <= set(lines[k].split())]
    if not wanted:
        seen = "; ".join(" ".join(lines[k].split()) for k in sorted(headers)) or "none"
        raise FormatError(f"no table has the columns {field} and {polarization}; headers: {seen}.", path=path)
    start = wanted[-1]
    names = lines[start].split()
    rows, complete = _rows(lines, start, len(names), path)
    if len(rows) < 2:
        raise FormatError(f"the table has {len(rows)} rows; expected at least two.", path=path, line=start + 1)
    table = dict(zip(names, np.array(rows).T, strict=True))
    warnings = [] if complete else ["the log ends within a run: its complete rows are used."]
    if len(wanted) > 1:
        warnings.append(f"{len(wanted)} tables have both columns: the last one is used.")
    if "Step" not in table:
        raise FormatError("the table has no column Step.", path=path, line=start + 1)
    return SwitchingLog(
        step=table["Step"].astype(np.int64),
        time_ps=table.get("Time"),
        field_v_per_m=table[field] * VOLT_PER_METER_PER_VOLT_PER_ANGSTROM,
        polarization_c_per_m2=table[polarization] * C_PER_M2_PER_E_PER_ANGSTROM2,
        n_tables=len(headers),
        warnings=tuple(warnings),
    )


def _rows(lines: list[str], start: int, width: int, path: str | Path) -> tuple[list[list[float]], bool]:
    """Rows of the table below line ``start`` (from zero), and whether LAMMPS closed it."""
    rows: list[list[float]] = []
    for number in range(start + 1, len(lines)):
        text = lines[number]
        if text.startswith("Loop time"):
            return rows, True
        # warnings of fixes come between the rows
        if not text.strip() or text.startswith(("WARNING", "ERROR")):
            continue
        try:
            values = [float(item) for item in text.split()]
        except ValueError as error:
            if number == len(lines) - 1:
                return rows, False
            raise FormatError("expected a row of numbers.", path=path, line=number + 1, text=text) from error
        if len(values) != width:
            if number == len(lines) - 1:
                return rows, False
            raise FormatError(f"expected {width} numbers; got {len(values)}.", path=path, line=number + 1, text=text)
        if not all(math.isfinite(item) for item in values):
            raise FormatError("the run exploded: not a finite row.", path=path, line=number + 1, text=text)
        rows.append(values)
    return rows, False
