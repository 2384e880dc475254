"""What a run of LAMMPS leaves: the table of its log, kept frames, deviations, how far it is.

Everything is turned into the orientation and atom order of the input. A file may end anywhere, as that of a killed run
does; what is complete counts. Units as in :class:`~entrox.dynamics.engine.Trajectory`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.lammps.cell import LammpsCell
from entrox.dynamics.lammps.input_text import FRAME_COLUMNS, THERMO_COLUMNS
from entrox.dynamics.lammps.structure_files import velocity_unit
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS
from entrox.dynamics.runs.thermo_rows import ThermoRows

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["DeviationTable", "last_step", "read_deviation", "read_dump", "read_log"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TAIL = 4096


@dataclass(frozen=True, kw_only=True)
class DeviationTable:
    """Deviations of a committee along a run, as ``pair_style deepmd`` writes them.

    ``force_ev_per_angstrom`` is the largest over the atoms, ``mean_force_ev_per_angstrom`` the mean; ``virial_ev`` the
    largest over the components, per atom as DeePMD-kit counts it. All of shape ``(n_rows,)``.
    """

    step: Ints
    force_ev_per_angstrom: Floats
    mean_force_ev_per_angstrom: Floats
    virial_ev: Floats

    def chosen(self, which: slice | NDArray[np.bool_]) -> DeviationTable:
        """Return some of the rows."""
        return DeviationTable(
            step=self.step[which],
            force_ev_per_angstrom=self.force_ev_per_angstrom[which],
            mean_force_ev_per_angstrom=self.mean_force_ev_per_angstrom[which],
            virial_ev=self.virial_ev[which],
        )

    def runs(self) -> list[DeviationTable]:
        """Return the tables of runs that stand one behind the other, each from step 0."""
        starts = np.flatnonzero(self.step == 0)
        ends = np.append(starts[1:], len(self.step))
        return [self.chosen(slice(start, end)) for start, end in zip(starts, ends, strict=False)]


def read_deviation(path: Path) -> DeviationTable:
    """Read the deviation file of ``pair_style deepmd`` with several models; no file is an empty table.

    Raises
    ------
    FormatError
        If a line holds something else.
    """
    lines = path.read_text(encoding="ascii", errors="replace").split("\n") if path.is_file() else [""]
    heads = [line[1:].split() for line in lines if line.startswith("#")]
    names = heads[0] if heads else []
    wanted = ("step", "max_devi_f", "avg_devi_f", "max_devi_v")
    rows: list[list[float]] = []
    # a line that was not written to its end stands behind the last line end
    for number, line in enumerate(lines[:-1], start=1):
        if line.startswith("#") or not line.strip():
            continue
        try:
            values = dict(zip(names, map(float, line.split()), strict=True))
            rows.append([values[name] for name in wanted])
        except (ValueError, KeyError) as error:
            raise FormatError(f"no row of deviations: {error}", path=path, line=number, text=line[:200]) from error
    table = np.array(rows).reshape(len(rows), len(wanted))
    return DeviationTable(
        step=table[:, 0].astype(np.int64), force_ev_per_angstrom=table[:, 1], mean_force_ev_per_angstrom=table[:, 2],
        virial_ev=table[:, 3],
    )  # fmt: skip


def read_log(path: Path, cell: LammpsCell, timestep_fs: float) -> ThermoRows:
    """Read the rows of a log, each step once: of two stages that meet, the row of the first is kept."""
    rows: dict[int, list[float]] = {}
    inside = False
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for line in text.split("\n")[:-1]:
        words = line.split()
        if line.lstrip().startswith("Step "):
            inside = True
        elif line.startswith("Loop time"):
            inside = False
        elif inside and len(words) == len(THERMO_COLUMNS) and words[0].isdigit():
            rows.setdefault(int(words[0]), [_number(word) for word in words])
    table = np.array(list(rows.values())).reshape(len(rows), len(THERMO_COLUMNS))
    return _thermo_rows(table, cell, timestep_fs)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _thermo_rows(table: Floats, cell: LammpsCell, timestep_fs: float) -> ThermoRows:
    column = {name: table[:, index] for index, name in enumerate(THERMO_COLUMNS)}
    pressure = np.stack([column[name] for name in ("pxx", "pyy", "pzz", "pyz", "pxz", "pxy")], axis=1)
    lower = np.zeros((len(table), 3, 3))
    for (row, axis), name in {
        (0, 0): "lx",
        (1, 1): "ly",
        (2, 2): "lz",
        (1, 0): "xy",
        (2, 0): "xz",
        (2, 1): "yz",
    }.items():
        lower[:, row, axis] = column[name]
    with np.errstate(invalid="ignore"):
        stress = cell.voigt_to_input(-EV_PER_ANGSTROM3_PER_BAR * pressure)
        cells = cell.to_input(lower)
    return ThermoRows(
        step=column["step"].astype(np.int64),
        time_ps=column["step"] * timestep_fs / FEMTOSECONDS_PER_PS,
        temperature_k=column["temp"],
        pressure_bar=column["press"],
        stress_ev_per_angstrom3=stress,
        potential_energy_ev=column["c_bare"],
        conserved_energy_ev=column["econserve"],
        cell_angstrom=cells,
    )


def read_dump(path: Path, start: Atoms, order: Ints, cell: LammpsCell) -> Iterator[tuple[int, Atoms]]:
    """Yield step and structure of the frames that are complete.

    Parameters
    ----------
    path
        Dump with the columns of our input, sorted by id.
    start
        Starting structure, which gives the elements.
    order
        Atoms in the order of their ids.
    cell
        Cell of the start.
    """
    if not path.is_file():
        return
    count, n_lines = len(start), 9 + len(start)
    with path.open("rb") as file:
        while True:
            lines = [file.readline() for _ in range(n_lines)]
            if not lines[-1].endswith(b"\n"):
                return
            if lines[0] != b"ITEM: TIMESTEP\n" or int(lines[3]) != count:
                raise FormatError(f"not a dump of {count} atoms as our input writes it", path=path)
            lower, origin = _box(lines[5:8])
            rows = np.fromstring(b"".join(lines[9:]), sep=" ").reshape(count, len(FRAME_COLUMNS))
            yield int(lines[1]), _frame(rows, start, order, cell, lower, origin)


def _box(lines: Sequence[bytes]) -> tuple[Floats, Floats]:
    """Return the lower-triangular cell and the corner of the box from its three lines."""
    (xl, xh, xy), (yl, yh, xz), (zl, zh, yz) = ([float(word) for word in line.split()] for line in lines)
    xl, xh = xl - min(0.0, xy, xz, xy + xz), xh - max(0.0, xy, xz, xy + xz)
    yl, yh = yl - min(0.0, yz), yh - max(0.0, yz)
    return np.array([[xh - xl, 0.0, 0.0], [xy, yh - yl, 0.0], [xz, yz, zh - zl]]), np.array([xl, yl, zl])


def _frame(rows: Floats, start: Atoms, order: Ints, cell: LammpsCell, lower: Floats, origin: Floats) -> Atoms:
    from ase import Atoms

    positions, velocities = np.empty((len(rows), 3)), np.empty((len(rows), 3))
    positions[order] = cell.to_input(rows[:, 1:4] - origin)
    velocities[order] = cell.to_input(rows[:, 4:7]) / velocity_unit()
    atoms = Atoms(numbers=start.numbers, positions=positions, cell=cell.to_input(lower), pbc=True)
    atoms.set_masses(start.get_masses())
    atoms.set_velocities(velocities)
    return atoms


def last_step(path: Path) -> int:
    """Return the step of the last row of a log that may still grow, 0 if it has none."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL))
        lines = file.read().decode("utf-8", "replace").split("\n")[1:-1]
    rows = [words for words in map(str.split, lines) if len(words) == len(THERMO_COLUMNS) and words[0].isdigit()]
    return int(rows[-1][0]) if rows else 0
