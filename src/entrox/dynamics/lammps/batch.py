"""Several short runs of one composition in one process of LAMMPS: the models are loaded once for all of them.

A run that ends the process is recorded as diverged, and the process is started again for those after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.core import InputError
from entrox.dynamics.lammps.input_text import DATA, LOG, SNAPSHOT, batch_input
from entrox.dynamics.lammps.output import read_deviation
from entrox.dynamics.lammps.parts import LammpsRun, complete_run, forget_parts, new_part
from entrox.dynamics.lammps.program import LammpsExit
from entrox.dynamics.lammps.run_end import reason_of_end
from entrox.dynamics.lammps.structure_files import lammps_data, lammps_dump, structure_elements
from entrox.dynamics.potential import DEVIATION_FILE, Potential
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.checkpoint import RunRecord, hold_folder, open_run

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["Start", "run_batch"]

BATCH = "batch_*"


@dataclass(frozen=True, kw_only=True)
class Start:
    """Start of one of several runs: structure, protocol, seed of the velocities."""

    atoms: Atoms
    protocol: MdProtocol
    seed: int


def run_batch(
    runs: Sequence[LammpsRun],
    identities: Sequence[Mapping[str, Any]],
    potential: Potential,
    folder: Path,
    launch: Callable[[str, Path], LammpsExit],
) -> None:
    """Run all that are not complete yet; ``launch`` runs an input in a folder.

    Raises
    ------
    InputError
        If the runs cannot share a process, or a folder holds another run.
    EngineError
        If LAMMPS fails for another reason than a diverging run; the runs before that are kept.
    """
    _check_alike(runs)
    with hold_folder(folder):
        waiting = []
        for run, identity in zip(runs, identities, strict=True):
            record = open_run(run.folder, identity, resume=True)
            if not record.complete:
                forget_parts(run.folder)
                waiting.append((run, record))
        while waiting:
            waiting = _run_some(waiting, potential, folder, launch)


def _check_alike(runs: Sequence[LammpsRun]) -> None:
    if not runs:
        raise InputError("run_many needs at least one start; got none.")
    formulas = {run.start.get_chemical_formula() for run in runs}
    if len(formulas) > 1:
        raise InputError(f"runs of one process must have one composition; got {', '.join(sorted(formulas))}.")
    if any(run.protocol.field is not None for run in runs):
        raise InputError("runs of one process cannot have a field; run them one by one.")
    every = {run.protocol.deviation_every for run in runs}
    if len(every) > 1:
        raise InputError(f"runs of one process must have one deviation_every; got {sorted(every)}.")


def _run_some(
    waiting: list[tuple[LammpsRun, RunRecord]],
    potential: Potential,
    folder: Path,
    launch: Callable[[str, Path], LammpsExit],
) -> list[tuple[LammpsRun, RunRecord]]:
    """Start the process once and complete the runs that it came to; return the others."""
    batch = folder / BATCH.replace("*", f"{len(list(folder.glob(BATCH))):03d}")
    batch.mkdir()
    first = waiting[0][0]
    elements = structure_elements(first.start)
    parts = [new_part(run.folder) for run, _ in waiting]
    for (run, _), part in zip(waiting, parts, strict=True):
        leads = run is first
        text = lammps_data(run.start, elements) if leads else lammps_dump(run.start, elements)
        (part / (DATA if leads else SNAPSHOT)).write_text(text, encoding="ascii")
    places = [f"../{part.relative_to(folder).as_posix()}" for part in parts]
    end = launch(batch_input(first.start, [run.protocol for run, _ in waiting], potential, places), batch)
    begun = max(1, sum((part / LOG).is_file() for part in parts))
    deviations = read_deviation(batch / DEVIATION_FILE).runs()
    # what has no log yet was not begun; what the process died of concerns the last run alone
    steps = sum(run.protocol.n_steps for run, _ in waiting[:begun])
    for number, ((run, record), part) in enumerate(zip(waiting[:begun], parts, strict=False)):
        last = number == begun - 1
        reason = reason_of_end(end if last else replace(end, code=0, screen=""), part / LOG)
        share = run.protocol.n_steps / steps
        record = replace(record, cpu_s=share * end.cpu_s, wall_s=share * end.wall_s)
        complete_run(run, record, reason, deviations[number] if number < len(deviations) else None)
    for run, _ in waiting[begun:]:
        forget_parts(run.folder)
    return waiting[begun:]
