"""The engine that runs any calculator of ASE: molecular dynamics in this process, with checkpoints.

Units: angstrom, eV, K, bar, ps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import InputError
from entrox.dynamics.ase_md.ase_run import AseRun, RunawayError
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.potential import Potential, check_elements
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.checkpoint import RunRecord, hold_folder, open_run, run_identity, save_record
from entrox.dynamics.runs.trajectory_files import read_trajectory

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["AseEngine"]


@dataclass(frozen=True, kw_only=True)
class AseEngine:
    """Calculators of ASE as an engine.

    Parameters
    ----------
    progress
        Called at each row of the table with the steps done and the steps of the run.
    """

    progress: Callable[[int, int], None] | None = None

    @property
    def name(self) -> str:
        """``ase``."""
        return "ase"

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
        check_elements(potential, atoms)
        _check_periodic(atoms, protocol)
        with hold_folder(folder):
            record = open_run(folder, run_identity(self.name, atoms, protocol, potential, seed), resume=resume)
            if not record.complete:
                self._advance(AseRun(atoms, protocol, folder, seed), potential, record, resume=resume)
        return read_trajectory(folder)

    def _advance(self, run: AseRun, potential: Potential, record: RunRecord, *, resume: bool) -> None:
        """Run what is left, and say in the record how it ended."""
        wall, cpu = time.monotonic(), time.thread_time()
        reason = ""
        with potential.open_calculator() as calculator:
            try:
                run.begin(calculator, resume=resume)
                while run.step < run.protocol.n_steps:
                    run.advance()
                    if self.progress is not None and run.step % run.protocol.thermo_every == 0:
                        self.progress(run.step, run.protocol.n_steps)
            except RunawayError as error:
                reason = str(error)
            finally:
                run.close()
                record = replace(
                    record,
                    cpu_s=record.cpu_s + time.thread_time() - cpu + run.other_cpu_s,
                    wall_s=record.wall_s + time.monotonic() - wall,
                )
                save_record(run.folder, record)
        done = replace(record, status="diverged" if reason else "finished", reason=reason, n_steps=run.step)
        save_record(run.folder, done)


def _check_periodic(atoms: Atoms, protocol: MdProtocol) -> None:
    constant_pressure = any(stage.ensemble == "npt" for stage in protocol.stages())
    if constant_pressure and not atoms.pbc.all():
        raise InputError(
            "constant pressure needs a cell that is periodic in all directions; got periods "
            f"{atoms.pbc.tolist()}. Use Nvt or Nve."
        )
    if len(atoms) < 2:
        raise InputError(f"molecular dynamics needs at least two atoms; got {len(atoms)}. Repeat the cell.")
