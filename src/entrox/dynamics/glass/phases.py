"""The phases of a melt and quench, each a run of an engine in a folder of its own, the next starting where it ended.

A phase that has ended is read, not repeated, and what it ended with is read from its file: a run taken up again takes
the same path as one that was never stopped. Units: angstrom, eV, K, ps, GPa.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR, GIGAPASCAL_PER_EV_PER_ANGSTROM3
from entrox.dynamics.engine import Engine, Trajectory
from entrox.dynamics.glass.melting import CrystalMemory
from entrox.dynamics.glass.quench_result import QuenchHistory
from entrox.dynamics.glass.quench_settings import QuenchSettings
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import MdProtocol

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["GIGAPASCAL_PER_BAR", "Phase", "PhaseFailedError", "Phases", "phase_settings", "start_of"]

Floats = NDArray[np.float64]

GIGAPASCAL_PER_BAR = EV_PER_ANGSTROM3_PER_BAR * GIGAPASCAL_PER_EV_PER_ANGSTROM3


class PhaseFailedError(Exception):
    """A phase has exploded; carries its name, the reason and the last kept structure."""

    def __init__(self, name: str, reason: str, atoms: Atoms) -> None:
        super().__init__(f"{name}: {reason}")
        self.atoms = atoms


@dataclass(frozen=True)
class Phase:
    """A phase that has ended: its name, its run and its last frame."""

    name: str
    run: Trajectory
    atoms: Atoms

    def mean_pressure_gpa(self) -> float:
        """Mean pressure over the second half [GPa]."""
        half = self.run.time_ps >= 0.5 * self.run.time_ps[-1]
        return float(self.run.pressure_bar[half].mean()) * GIGAPASCAL_PER_BAR


@dataclass
class Phases:
    """Runs phases one after the other and remembers those that make the history.

    Parameters
    ----------
    engine, potential, folder, seed
        What runs them, where, and the seed of velocities and bath.
    """

    engine: Engine
    potential: Potential
    folder: Path
    seed: int
    main: list[Phase] = field(default_factory=list)
    cpu_s: float = 0.0
    n_steps: int = 0

    def run(self, name: str, atoms: Atoms, protocol: MdProtocol, *, counts: bool = True) -> Phase:
        """Run a phase, or read it if it has ended.

        Parameters
        ----------
        name
            Path of its folder in that of the member.
        atoms
            Where it starts.
        protocol
            What to run.
        counts
            Whether it belongs to the history.

        Raises
        ------
        PhaseFailedError
            If it explodes.
        """
        # each phase draws kicks of its own
        seed = int(np.random.SeedSequence([self.seed, *name.encode()]).generate_state(1)[0])
        run = self.engine.run(atoms, protocol, self.potential, self.folder / name, seed=seed)
        self.cpu_s += run.cpu_s
        self.n_steps += run.n_steps
        frames = deque(run.frames(), maxlen=1)
        last = start_of(frames[0], atoms) if frames else atoms.copy()
        phase = Phase(name, run, last)
        if counts:
            self.main.append(phase)
        if not run.finished:
            raise PhaseFailedError(name, run.reason, last)
        return phase

    def history(self, memory: CrystalMemory, n_atoms: int) -> QuenchHistory:
        """Return the phases that count as one series over time."""
        # a phase without forces at its start has no rows
        lengths = [float(phase.run.time_ps[-1]) if len(phase.run.time_ps) else 0.0 for phase in self.main]
        starts = np.cumsum([0.0, *lengths])
        runs = [phase.run for phase in self.main]
        checks = [
            (start + time, memory.compared(atoms))
            for phase, start in zip(self.main, starts, strict=False)
            for time, atoms in _timed_frames(phase)
        ]
        return QuenchHistory(
            time_ps=_joined([start + run.time_ps for run, start in zip(runs, starts, strict=False)]),
            temperature_k=_joined([run.temperature_k for run in runs]),
            energy_ev_per_atom=_joined([run.potential_energy_ev for run in runs]) / n_atoms,
            pressure_gpa=_joined([run.pressure_bar for run in runs]) * GIGAPASCAL_PER_BAR,
            volume_angstrom3=_joined([np.abs(np.linalg.det(run.cell_angstrom)) for run in runs]),
            frame_time_ps=np.array([time for time, _ in checks]),
            cation_msd=np.array([check.cation_msd for _, check in checks]),
            anion_msd=np.array([np.nan if check.anion_msd is None else check.anion_msd for _, check in checks]),
            largest_order=np.array([check.largest_order for _, check in checks]),
            phase_names=tuple(phase.name for phase in self.main),
            phase_end_ps=starts[1:],
        )


def _joined(rows: list[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *rows])


def _timed_frames(phase: Phase) -> Iterator[tuple[float, Atoms]]:
    for frame in phase.run.frames():
        yield float(frame.info["time_ps"]), frame


def start_of(frame: Atoms, before: Atoms) -> Atoms:
    """Return a frame as the start of the next phase: places and momenta, with the labels of the structure before."""
    start: Atoms = before.copy()
    start.set_cell(frame.cell)
    start.positions = frame.positions
    start.set_momenta(frame.get_momenta())
    return start


def phase_settings(settings: QuenchSettings) -> dict[str, Any]:
    """Return what all phases of a protocol share."""
    return {
        "timestep_fs": settings.timestep_fs,
        "frame_every": settings.frame_every,
        "checkpoint_every": settings.checkpoint_every,
        "thermo_every": max(1, settings.frame_every // 5),
        "closest_angstrom": settings.closest_angstrom,
        "energy_change_ev_per_atom": settings.energy_change_ev_per_atom,
    }
