"""The parts in which a run of LAMMPS was made, one for each start of the program, and the files joined from them.

An interruption ends a part; the next one goes on from the newest checkpoint, whose step it repeats. What a part did
after that step is left out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import EngineError
from entrox.dynamics.lammps.cell import LammpsCell, lammps_cell
from entrox.dynamics.lammps.input_text import CHECKPOINTS, FRAME_DUMP, LOG
from entrox.dynamics.lammps.output import DeviationTable, read_deviation, read_dump, read_log
from entrox.dynamics.lammps.structure_files import id_order, structure_elements
from entrox.dynamics.potential import DEVIATION_FILE, Potential, check_elements
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS, MdProtocol
from entrox.dynamics.runs.checkpoint import RunRecord, save_record
from entrox.dynamics.runs.frames import FRAMES, write_frame
from entrox.dynamics.runs.thermo_rows import DEVIATION, THERMO, ThermoRows, append_rows, write_deviations
from entrox.dynamics.runs.velocities import starting_momenta

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "LammpsRun",
    "complete_run",
    "forget_parts",
    "new_part",
    "newest_checkpoint",
    "prepare_run",
    "prune_checkpoints",
]

PART = "part_*"
END_MARK = b"LammpS RestartT\0"
"""Last bytes of a checkpoint that was written to its end."""
KEPT_CHECKPOINTS = 2


@dataclass(frozen=True, kw_only=True)
class LammpsRun:
    """One run as LAMMPS sees it: start with momenta, its cell turned, atoms in the order of their ids."""

    folder: Path
    start: Atoms
    protocol: MdProtocol
    cell: LammpsCell
    order: NDArray[np.int64]


def prepare_run(atoms: Atoms, protocol: MdProtocol, potential: Potential, folder: Path, seed: int) -> LammpsRun:
    """Return a run that starts from a copy of a structure with its momenta.

    Raises
    ------
    InputError
        If the force field lacks an element, or the structure is not periodic or too small.
    """
    check_elements(potential, atoms)
    start = atoms.copy()
    start.set_momenta(starting_momenta(atoms, protocol, seed))
    order = id_order(start, structure_elements(start))
    return LammpsRun(folder=folder, start=start, protocol=protocol, cell=lammps_cell(start), order=order)


def new_part(folder: Path) -> Path:
    """Make the folder of the next part of a run."""
    part = folder / PART.replace("*", f"{len(_parts(folder)):03d}")
    part.mkdir()
    return part


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(PART))


def forget_parts(folder: Path) -> None:
    """Remove all that an earlier attempt at a run left."""
    for part in _parts(folder):
        shutil.rmtree(part)
    for name in (THERMO, DEVIATION, FRAMES):
        (folder / name).unlink(missing_ok=True)


def _checkpoints(folders: Iterable[Path]) -> list[tuple[int, Path]]:
    """Return the whole checkpoints of folders with their steps, the newest last."""
    found = []
    for folder in folders:
        for path in folder.glob(CHECKPOINTS):
            step = re.search(r"\.(\d+)\.", path.name)
            if step and _is_whole(path):
                found.append((int(step[1]), path))
    return sorted(found)


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - len(END_MARK)))
        return file.read() == END_MARK


def newest_checkpoint(folder: Path) -> tuple[int, Path] | None:
    """Return step and path of the newest whole checkpoint of a run, None without one."""
    found = _checkpoints(_parts(folder))
    return found[-1] if found else None


def prune_checkpoints(part: Path) -> None:
    """Remove all checkpoints of a part but the newest two."""
    for _, path in _checkpoints([part])[:-KEPT_CHECKPOINTS]:
        path.unlink(missing_ok=True)


def complete_run(
    run: LammpsRun, record: RunRecord, reason: str | None, deviations: DeviationTable | None = None
) -> RunRecord:
    """Join the parts of a run, write its files and record, and remove what they were made from.

    Parameters
    ----------
    run, record
        The run, and its record so far.
    reason
        Why it exploded, None if it did not say so; numbers that are not finite are a reason of their own.
    deviations
        Deviations of the committee; read from the parts if None.
    """
    parts = _parts(run.folder)
    tables = [read_log(part / LOG, run.cell, run.protocol.timestep_fs) for part in parts]
    ends = _ends(tables)
    rows = ThermoRows.from_table(
        np.concatenate([table.chosen(table.step < end).table for table, end in zip(tables, ends, strict=True)])
    )
    last = ends[-1]
    if not rows.finite.all():
        last = int(rows.step[~rows.finite][0])
        reason = reason or f"energy, pressure or cell not finite at step {last}"
        rows = rows.chosen(rows.step < last)
    append_rows(run.folder / THERMO, rows, anew=True)
    limits = [min(end, last) for end in ends]
    _write_frames(run, parts, limits)
    _write_deviations(run.folder, parts, ends, deviations)
    n_steps = int(rows.step[-1]) if len(rows) else 0
    if reason is None and n_steps < run.protocol.n_steps:
        raise EngineError(f"LAMMPS ended at step {n_steps} of {run.protocol.n_steps} without saying why.")
    record = replace(record, status="diverged" if reason else "finished", reason=reason or "", n_steps=n_steps)
    save_record(run.folder, record)
    for part in parts:
        for path in (part / FRAME_DUMP, *part.glob(CHECKPOINTS)):
            path.unlink(missing_ok=True)
    return record


def _ends(tables: Sequence[ThermoRows]) -> list[int]:
    """Return the step before which each part counts: the first of the next part that has rows."""
    ends, end = [], np.iinfo(np.int64).max
    for table in reversed(tables):
        ends.append(int(end))
        end = table.step[0] if len(table) else end
    return ends[::-1]


def _write_frames(run: LammpsRun, parts: Sequence[Path], limits: Sequence[int]) -> None:
    temporary = run.folder / f".{FRAMES}.tmp"
    with temporary.open("wb") as file:
        for step, atoms in _frames(run, parts, limits):
            write_frame(file, atoms, step, step * run.protocol.timestep_fs / FEMTOSECONDS_PER_PS)
    temporary.replace(run.folder / FRAMES)


def _frames(run: LammpsRun, parts: Sequence[Path], limits: Sequence[int]) -> Iterator[tuple[int, Atoms]]:
    for part, limit in zip(parts, limits, strict=True):
        for step, atoms in read_dump(part / FRAME_DUMP, run.start, run.order, run.cell):
            if step >= limit or not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
                break
            yield step, atoms


def _write_deviations(folder: Path, parts: Sequence[Path], ends: Sequence[int], given: DeviationTable | None) -> None:
    found = []
    for part, end in zip(parts, ends, strict=True):
        table = given if given is not None else read_deviation(part / DEVIATION_FILE)
        found.append(table.chosen(table.step < end))
    step = np.concatenate([table.step for table in found])
    if len(step):
        # where two stages meet, the models are asked twice
        step, first = np.unique(step, return_index=True)
        write_deviations(folder / DEVIATION, step, np.concatenate([t.force_ev_per_angstrom for t in found])[first])
