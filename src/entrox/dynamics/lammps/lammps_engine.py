"""The engine LAMMPS: runs protocols as a program of its own, with checkpoints, and reads what they leave.

Units: angstrom, eV, K, bar, ps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.dynamics.electric.field_force import full_field_forces
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.lammps.batch import Start, run_batch
from entrox.dynamics.lammps.input_text import DATA, LOG, lammps_input
from entrox.dynamics.lammps.output import last_step
from entrox.dynamics.lammps.parts import (
    LammpsRun,
    complete_run,
    forget_parts,
    new_part,
    newest_checkpoint,
    prepare_run,
    prune_checkpoints,
)
from entrox.dynamics.lammps.program import LammpsExit, find_lammps, run_lammps
from entrox.dynamics.lammps.run_end import reason_of_end
from entrox.dynamics.lammps.structure_files import lammps_data, structure_elements, type_masses
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.checkpoint import RunRecord, hold_folder, open_run, run_identity, save_record
from entrox.dynamics.runs.trajectory_files import read_trajectory

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LammpsEngine"]


@dataclass(frozen=True, kw_only=True)
class LammpsEngine:
    """LAMMPS as an engine.

    Parameters
    ----------
    program
        Program to start; found by :func:`~entrox.dynamics.lammps.program.find_lammps` if None.
    launcher
        What starts it on several processors, such as ``mpiexec -n 4``: that of the MPI it was built with.
    threads
        Threads of one process.
    progress
        Called now and then with the steps done and the steps of the run.
    """

    program: str | None = None
    launcher: str = ""
    threads: int = 1
    progress: Callable[[int, int], None] | None = None

    @property
    def name(self) -> str:
        """``lammps``."""
        return "lammps"

    def check(self, atoms: Atoms, protocol: MdProtocol, potential: Potential) -> None:
        """Raise what :meth:`run` would raise before anything is written.

        Raises
        ------
        InputError
            If an element is unknown, LAMMPS cannot compute the force field, or the structure does not suit it.
        MissingExtraError
            If there is no LAMMPS.
        """
        find_lammps(self.program)
        run = prepare_run(atoms, protocol, potential, Path(), seed=0)
        lammps_input(run.start, protocol, potential)
        type_masses(run.start, structure_elements(run.start))
        _field_forces(run)

    def run(
        self,
        atoms: Atoms,
        protocol: MdProtocol,
        potential: Potential,
        folder: Path,
        *,
        seed: int,
        resume: bool = True,
    ) -> Trajectory:
        """Run a protocol in a folder; parameters and errors as for :class:`~entrox.dynamics.engine.Engine`."""
        self.check(atoms, protocol, potential)
        run = prepare_run(atoms, protocol, potential, folder, seed)
        with hold_folder(folder):
            record = open_run(folder, run_identity(self.name, atoms, protocol, potential, seed), resume=resume)
            if not resume:
                forget_parts(folder)
            if not record.complete:
                self._advance(run, potential, record)
        return read_trajectory(folder)

    def run_many(self, starts: Sequence[Start], potential: Potential, folder: Path) -> tuple[Trajectory, ...]:
        """Run several structures of one composition in one process, so that the models are loaded once.

        Parameters
        ----------
        starts
            Structures with the same numbers of the same elements, each with its protocol and seed.
        potential
            Forces of all of them.
        folder
            Each run gets a folder ``000``, ``001``, ... in it. Finished runs are read, the others start anew.

        Returns
        -------
        tuple of Trajectory
            One for each start, in their order; a run that diverges leaves the others alone.

        Raises
        ------
        InputError
            If the compositions or the steps between two deviations differ, or a protocol has a field.
        EngineError
            If LAMMPS fails for another reason than a diverging run.
        """
        find_lammps(self.program)
        runs = [
            prepare_run(start.atoms, start.protocol, potential, folder / f"{number:03d}", start.seed)
            for number, start in enumerate(starts)
        ]
        identities = [run_identity(self.name, s.atoms, s.protocol, potential, s.seed) for s in starts]
        run_batch(runs, identities, potential, folder, self._launch)
        return tuple(read_trajectory(run.folder) for run in runs)

    def _advance(self, run: LammpsRun, potential: Potential, record: RunRecord) -> None:
        """Run what is left of a run, from its newest checkpoint if it has one."""
        checkpoint = newest_checkpoint(run.folder)
        part = new_part(run.folder)
        if checkpoint is None:
            text = lammps_data(run.start, structure_elements(run.start), _field_forces(run))
            (part / DATA).write_text(text, encoding="ascii")
            script = lammps_input(run.start, run.protocol, potential, seed=record.identity["seed"])
        else:
            step, path = checkpoint
            script = lammps_input(
                run.start, run.protocol, potential, restart=f"../{path.parent.name}/{path.name}", restart_step=step,
                seed=record.identity["seed"],
            )  # fmt: skip
        end = self._launch(script, part, lambda: self._watch(part, run.protocol.n_steps))
        record = replace(record, cpu_s=record.cpu_s + end.cpu_s, wall_s=record.wall_s + end.wall_s)
        save_record(run.folder, record)
        complete_run(run, record, reason_of_end(end, part / LOG))

    def _launch(self, script: str, folder: Path, watch: Callable[[], None] | None = None) -> LammpsExit:
        return run_lammps(
            script, folder, program=self.program, launcher=self.launcher, threads=self.threads, watch=watch
        )

    def _watch(self, part: Path, n_steps: int) -> None:
        prune_checkpoints(part)
        if self.progress is not None:
            self.progress(last_step(part / LOG), n_steps)


def _field_forces(run: LammpsRun) -> NDArray[np.float64] | None:
    return None if run.protocol.field is None else full_field_forces(run.start, run.protocol.field)
