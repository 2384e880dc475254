"""Tables of a run as text: rows of temperature, pressure, energies and cell, and the deviations of a committee.

Numbers come back bit for bit. A last row that was not written to its end, as a killed run leaves it, does not count.
Units: ps, K, bar, eV, eV/angstrom, eV/angstrom3, angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError
from entrox.core.whole_file import write_whole

__all__ = [
    "COLUMNS",
    "DEVIATION",
    "THERMO",
    "ThermoRows",
    "append_rows",
    "read_deviations",
    "read_rows",
    "write_deviations",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THERMO, DEVIATION = "thermo.csv", "deviation.csv"
COLUMNS = (
    "step",
    "time_ps",
    "temperature_k",
    "pressure_bar",
    *(f"stress_{pair}_ev_per_angstrom3" for pair in ("xx", "yy", "zz", "yz", "xz", "xy")),
    "potential_energy_ev",
    "conserved_energy_ev",
    *(f"cell_{vector}{axis}_angstrom" for vector in "abc" for axis in "xyz"),
)
DEVIATION_COLUMNS = ("step", "force_deviation_ev_per_angstrom")


@dataclass(frozen=True, kw_only=True)
class ThermoRows:
    """Rows of a run as in :class:`~entrox.dynamics.engine.Trajectory`.

    All of shape ``(n_rows,)``, but the stress (xx, yy, zz, yz, xz, xy) ``(n_rows, 6)`` and the cell vectors
    ``(n_rows, 3, 3)``. What a force field does not give is NaN.
    """

    step: Ints
    time_ps: Floats
    temperature_k: Floats
    pressure_bar: Floats
    stress_ev_per_angstrom3: Floats
    potential_energy_ev: Floats
    conserved_energy_ev: Floats
    cell_angstrom: Floats

    @classmethod
    def from_table(cls, table: Floats) -> ThermoRows:
        """Return the rows of a table with the columns ``COLUMNS``, shape ``(n_rows, 21)``."""
        return cls(
            step=table[:, 0].astype(np.int64),
            time_ps=table[:, 1],
            temperature_k=table[:, 2],
            pressure_bar=table[:, 3],
            stress_ev_per_angstrom3=table[:, 4:10],
            potential_energy_ev=table[:, 10],
            conserved_energy_ev=table[:, 11],
            cell_angstrom=table[:, 12:].reshape(len(table), 3, 3),
        )

    @property
    def table(self) -> Floats:
        """All numbers with the columns ``COLUMNS``, shape ``(n_rows, 21)``."""
        return np.column_stack(
            [
                self.step,
                self.time_ps,
                self.temperature_k,
                self.pressure_bar,
                self.stress_ev_per_angstrom3,
                self.potential_energy_ev,
                self.conserved_energy_ev,
                self.cell_angstrom.reshape(len(self), 9),
            ]
        )

    @property
    def finite(self) -> NDArray[np.bool_]:
        """Whether all numbers of a row are finite, shape ``(n_rows,)``."""
        return np.asarray(np.isfinite(self.table).all(axis=1))

    def __len__(self) -> int:
        return len(self.step)

    def chosen(self, which: slice | NDArray[np.bool_]) -> ThermoRows:
        """Return some of the rows."""
        return ThermoRows.from_table(self.table[which])

    def until(self, last_step: int) -> ThermoRows:
        """Return the rows up to and with a step."""
        return self.chosen(self.step <= last_step)


def append_rows(path: Path, rows: ThermoRows, *, anew: bool = False) -> None:
    """Write rows behind those of a file, or in their place at once.

    Parameters
    ----------
    path
        Table, begun if it is absent or empty. Its last row must be whole.
    rows
        Rows to write, also none.
    anew
        Replace the file as a whole.
    """
    text = _lines(rows.table.tolist())
    if anew or not path.is_file() or path.stat().st_size == 0:
        write_whole(path, ",".join(COLUMNS) + "\n" + text)
        return
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def read_rows(path: Path) -> ThermoRows:
    """Read the rows of a run that were written to their end.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it is no table of a run, or a row is damaged.
    """
    if not path.is_file():
        raise InputError(f"there is no table {path}. Is {path.parent} the whole folder of a run?")
    return ThermoRows.from_table(_read_table(path, COLUMNS))


def write_deviations(path: Path, step: Ints, deviation: Floats) -> None:
    """Write the deviations of a committee, the file complete or not at all.

    Parameters
    ----------
    path
        Table to write.
    step
        Time steps, shape ``(n_rows,)``.
    deviation
        Largest deviation of a force [eV/angstrom], shape ``(n_rows,)``; NaN is kept.
    """
    rows = np.column_stack([step, deviation]).tolist()
    write_whole(path, ",".join(DEVIATION_COLUMNS) + "\n" + _lines(rows))


def read_deviations(path: Path) -> tuple[Ints, Floats]:
    """Read steps and deviations [eV/angstrom], both of shape ``(n_rows,)``; no file means none.

    Raises
    ------
    FormatError
        If the file holds something else.
    """
    table = _read_table(path, DEVIATION_COLUMNS) if path.is_file() else np.empty((0, len(DEVIATION_COLUMNS)))
    return table[:, 0].astype(np.int64), table[:, 1]


def _lines(rows: Sequence[Sequence[float]]) -> str:
    return "".join(f"{int(step)},{','.join(map(repr, values))}\n" for step, *values in rows)


def _read_table(path: Path, columns: Sequence[str]) -> Floats:
    head, *lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    wanted = ",".join(columns)
    if head != wanted:
        raise FormatError(f"the first line must be {wanted}", path=path, line=1, text=head[:200])
    rows = []
    # what stands behind the last line end was not written to its end
    for number, line in enumerate(lines[:-1], start=2):
        try:
            step, *values = line.split(",")
            rows.append([int(step), *map(float, values)])
            if len(rows[-1]) != len(columns):
                raise ValueError(f"{len(rows[-1])} numbers in place of {len(columns)}")
        except ValueError as error:
            raise FormatError(f"no row of this table: {error}", path=path, line=number, text=line[:200]) from error
    return np.array(rows, dtype=float).reshape(len(rows), len(columns))
