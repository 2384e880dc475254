"""One run of the ASE engine: forces of a calculator, the stages of a protocol, rows, frames, deviations, checkpoints.

A checkpoint holds all that moves, so a run that goes on from one repeats the uninterrupted run. Rows, frames and
deviations after it are cut off. Units: angstrom, eV, K, bar, ps; momenta and times inside in the units of ASE.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, FormatError, InputError
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.ase_md.extended_system import (
    Chain,
    Forces,
    MdState,
    StepSettings,
    advance,
    conserved_energy,
    initial_state,
)
from entrox.dynamics.ase_md.langevin import Langevin
from entrox.dynamics.ase_md.stretch import Stretch
from entrox.dynamics.electric.field_force import full_field_forces
from entrox.dynamics.engine import HOT_FACTOR
from entrox.dynamics.force_deviation import force_deviation
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS, Guard, MdProtocol, Stage
from entrox.dynamics.runs.frames import FRAMES, cut_frames, write_frame
from entrox.dynamics.runs.thermo_rows import (
    DEVIATION,
    THERMO,
    ThermoRows,
    append_rows,
    read_deviations,
    read_rows,
    write_deviations,
)
from entrox.dynamics.runs.velocities import starting_momenta, temperature_of

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["CHECKPOINT", "AseRun", "RunawayError"]

Floats = NDArray[np.float64]

CHECKPOINT = "checkpoint.npz"
SMALLEST_VOLUME, LARGEST_VOLUME = 0.3, 4.0
"""A cell outside these parts of its first volume has run away."""
NO_ROWS = ThermoRows.from_table(np.empty((0, 21)))
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])


class RunawayError(Exception):
    """The run has exploded; the message says how."""


class AseRun:
    """A run in its folder, from :meth:`begin` to :meth:`close`.

    Parameters
    ----------
    atoms
        Starting structure; it is not changed.
    protocol, folder, seed
        What to run, where, and the seed of the velocities.
    """

    def __init__(self, atoms: Atoms, protocol: MdProtocol, folder: Path, seed: int) -> None:
        from ase.units import fs

        self.protocol, self.folder, self._seed = protocol, folder, seed
        self._start = atoms.copy()
        self._work = atoms.copy()
        self._stages = protocol.stages()
        self._settings = StepSettings(
            ensemble="nve",
            masses=atoms.get_masses()[:, None],
            timestep=protocol.timestep_fs * fs,
            thermostat_time=protocol.thermostat_ps * FEMTOSECONDS_PER_PS * fs,
            barostat_time=protocol.barostat_ps * FEMTOSECONDS_PER_PS * fs,
            kt=1.0,
            pressure=protocol.pressure_bar * EV_PER_ANGSTROM3_PER_BAR,
        )
        if protocol.langevin_per_fs is not None:
            bath = Langevin(friction=protocol.langevin_per_fs / fs, seed=seed)
            self._settings = replace(self._settings, langevin=bath)
        drive = protocol.field
        self._field_forces = None if drive is None else full_field_forces(atoms, drive)
        self._first_energy_ev: float | None = None
        self._state: MdState | None = None
        self._calculator: Calculator | None = None
        self._cpu_before_s = 0.0
        self._frames: IO[bytes] | None = None
        self._rows: list[ThermoRows] = []
        self._deviations: tuple[list[int], list[float]] = ([], [])

    @property
    def step(self) -> int:
        """Steps that are done."""
        return 0 if self._state is None else self._state.step

    @property
    def other_cpu_s(self) -> float:
        """Processor time that a calculator in another process has taken for this run."""
        return float(getattr(self._calculator, "cpu_s", 0.0)) - self._cpu_before_s

    def begin(self, calculator: Calculator, *, resume: bool) -> None:
        """Start, or go on from the checkpoint."""
        self._calculator = self._work.calc = calculator
        self._cpu_before_s = float(getattr(calculator, "cpu_s", 0.0))
        state = self._read_checkpoint() if resume else None
        if state is None:
            (self.folder / CHECKPOINT).unlink(missing_ok=True)
            momenta = starting_momenta(self._start, self.protocol, self._seed)
            state = initial_state(self._start.positions, momenta, self._start.cell.array, self._forces)
            self._first_energy_ev = state.forces.energy
        self._state = state
        self._cut_files(state.step if state.step > 0 else -1)
        self._frames = (self.folder / FRAMES).open("ab")
        if state.step == 0:
            self._record()

    def advance(self) -> None:
        """Make one step, keep what is due, and check that the run is still one.

        Raises
        ------
        RunawayError
            If it has exploded.
        """
        state = self._present
        stage, done = self._stage(state.step)
        if done == 0 and state.step > 0:  # a new stage starts with its own thermostat
            at_rest = Chain.at_rest()
            state = replace(state, thermostat=at_rest, barostat=at_rest, cell_momentum=np.zeros((3, 3)))
        state = advance(state, self._step_settings(stage, done + 1), self._forces)
        self._check_temperature(state)
        self._state = state
        self._record()
        if self.step % self.protocol.checkpoint_every == 0 or self.step == self.protocol.n_steps:
            self._write_checkpoint()

    def close(self) -> None:
        """Write what is still in memory."""
        self._flush()
        if not (self.folder / THERMO).is_file():
            append_rows(self.folder / THERMO, NO_ROWS)
        if self._frames is not None:
            self._frames.close()
            self._frames = None

    @property
    def _present(self) -> MdState:
        if self._state is None:
            raise RuntimeError("the run has not begun")
        return self._state

    def _stage(self, step: int) -> tuple[Stage, int]:
        """Return the stage of the step after ``step``, and how many steps of it are done."""
        left = step
        for stage in self._stages:
            if left < stage.n_steps:
                return stage, left
            left -= stage.n_steps
        return self._stages[-1], self._stages[-1].n_steps

    def _step_settings(self, stage: Stage, n_done: int) -> StepSettings:
        temperature = stage.start_k + (stage.end_k - stage.start_k) * n_done / stage.n_steps
        settings = replace(self._settings.at_temperature(temperature), ensemble=stage.ensemble)
        if self.protocol.pull is None or stage.strain_rate_per_ps == 0.0:
            return settings
        before, after = (1.0 + stage.strain_rate_per_ps * self._time_ps(n) for n in (max(n_done - 1, 0), n_done))
        return replace(settings, stretch=Stretch(self.protocol.pull.axis, self.protocol.pull.lateral, after / before))

    def _forces(self, step: int, positions: Floats, cell: Floats) -> Forces:
        if not (np.isfinite(positions).all() and np.isfinite(cell).all()):
            raise RunawayError(f"positions or cell not finite at step {step}")
        self._check_volume(step, cell)
        self._work.set_cell(cell, scale_atoms=False)
        self._work.positions = positions
        try:
            energy, forces = float(self._work.get_potential_energy()), np.array(self._work.get_forces())
        except ConvergenceError as error:
            raise RunawayError(f"no forces at step {step}: {error}") from error
        if not self._work.calc.results.get("converged", True):
            raise RunawayError(f"the self-consistent field did not converge at step {step}")
        derivative = self._strain_derivative()
        if not np.isfinite(energy) or not np.isfinite(forces).all():
            raise RunawayError(f"forces not finite at step {step}")
        return self._driven(step, Forces(energy, forces, derivative), positions, cell)

    def _strain_derivative(self) -> Floats | None:
        """Derivative of the energy by strain; without it, constant pressure would silently be constant volume."""
        from ase.calculators.calculator import PropertyNotImplementedError

        if not self._work.pbc.all():
            return None
        try:
            return np.asarray(self._work.get_stress(voigt=False) * self._work.get_volume())
        except PropertyNotImplementedError:
            if self.protocol.pull is not None:
                raise InputError("stretching needs the stress, which this force field does not give.") from None
            if any(stage.ensemble == "npt" for stage in self._stages):
                raise InputError(
                    "constant pressure needs the stress, which this force field does not give; use constant volume "
                    "(nvt) or constant energy (nve)."
                ) from None
            return None

    def _driven(self, step: int, bare: Forces, positions: Floats, cell: Floats) -> Forces:
        """Add force and energy of the field; the energy counts from the starting positions carried by the cell."""
        drive = self.protocol.field
        if drive is None or self._field_forces is None:
            return bare
        length_ps = self._time_ps(self.protocol.n_steps)
        force = drive.strength(self._time_ps(step), length_ps) * self._field_forces
        moved = positions - self._start.get_scaled_positions(wrap=False) @ cell
        derivative = bare.strain_derivative
        if derivative is not None:
            # What has moved is carried along by the cell, and the field does work on it.
            carried = moved.T @ force
            derivative = derivative - 0.5 * (carried + carried.T)
        return Forces(bare.energy, bare.forces + force, derivative, -float((force * moved).sum()))

    def _check_volume(self, step: int, cell: Floats) -> None:
        if not self._start.pbc.all():
            return
        ratio = abs(float(np.linalg.det(cell))) / self._start.get_volume()
        if not SMALLEST_VOLUME < ratio < LARGEST_VOLUME:
            raise RunawayError(f"the cell ran away to {ratio:.3g} of its volume at step {step}")

    def _check_temperature(self, state: MdState) -> None:
        temperature = temperature_of(self._settings.masses[:, 0], state.momenta)
        guard = self.protocol.guard
        hottest = HOT_FACTOR * self.protocol.highest_k if guard is None else guard.hottest_k
        if not temperature <= hottest:
            raise RunawayError(f"temperature of {temperature:.6g} K at step {state.step}")
        if guard is not None:
            self._check_energy(state, guard)

    def _check_energy(self, state: MdState, guard: Guard) -> None:
        first = self._first_energy_ev
        if first is None:
            return
        change = (state.forces.energy - first) / len(self._start)
        if not abs(change) <= guard.energy_change_ev_per_atom:
            raise RunawayError(f"energy changed by {change:.4g} eV per atom at step {state.step}")

    def _check_distances(self, step: int) -> None:
        guard = self.protocol.guard
        if guard is None or guard.closest_angstrom <= 0.0:
            return
        from ase.neighborlist import neighbor_list

        near = neighbor_list("d", self._work, guard.closest_angstrom)
        if len(near):
            raise RunawayError(f"two atoms {near.min():.4g} angstrom apart at step {step}")

    def _time_ps(self, step: int) -> float:
        return step * self.protocol.timestep_fs / FEMTOSECONDS_PER_PS

    def _record(self) -> None:
        """Keep the row, frame and deviation that are due."""
        step, protocol = self.step, self.protocol
        last = step == protocol.n_steps
        if step % protocol.thermo_every == 0 or last:
            self._rows.append(self._row())
        if step % protocol.frame_every == 0 and self._frames is not None:
            self._work.set_momenta(self._present.momenta)
            write_frame(self._frames, self._work, step, self._time_ps(step))
            self._check_distances(step)
        committee = getattr(self._calculator, "committee_forces", None)
        if committee is not None and step % protocol.deviation_every == 0:
            self._deviations[0].append(step)
            self._deviations[1].append(float(force_deviation(committee(self._work)).max()))

    def _row(self) -> ThermoRows:
        state, masses = self._present, self._settings.masses
        stage, done = self._stage(max(state.step - 1, 0))
        settings = self._step_settings(stage, min(done + 1, state.step))
        stress = np.full((3, 3), np.nan)
        if state.forces.strain_derivative is not None:
            kinetic = state.momenta.T @ (state.momenta / masses)
            stress = (state.forces.strain_derivative - kinetic) / state.volume
        return ThermoRows(
            step=np.array([state.step]),
            time_ps=np.array([self._time_ps(state.step)]),
            temperature_k=np.array([temperature_of(masses[:, 0], state.momenta)]),
            pressure_bar=np.array([-np.trace(stress) / 3.0 / EV_PER_ANGSTROM3_PER_BAR]),
            stress_ev_per_angstrom3=stress[VOIGT][None],
            potential_energy_ev=np.array([state.forces.energy]),
            conserved_energy_ev=np.array([conserved_energy(state, settings)]),
            cell_angstrom=state.cell[None],
        )

    def _flush(self) -> None:
        if self._rows:
            table = np.concatenate([rows.table for rows in self._rows])
            append_rows(self.folder / THERMO, ThermoRows.from_table(table))
            self._rows = []
        if self._deviations[0]:
            step, deviation = np.array(self._deviations[0]), np.array(self._deviations[1])
            write_deviations(self.folder / DEVIATION, step, deviation)

    def _cut_files(self, last_step: int) -> None:
        """Take off what was written after a step."""
        thermo = self.folder / THERMO
        if thermo.is_file():
            rows = read_rows(thermo).until(last_step)
            append_rows(thermo, rows, anew=True)
        step, deviation = read_deviations(self.folder / DEVIATION)
        kept = step <= last_step
        self._deviations = (step[kept].tolist(), deviation[kept].tolist())
        cut_frames(self.folder / FRAMES, last_step)

    def _write_checkpoint(self) -> None:
        """Write all that moves, whole or not at all, after the rows before it."""
        self._flush()
        state = self._present
        path, temporary = self.folder / CHECKPOINT, self.folder / f".{CHECKPOINT}.{os.getpid()}.tmp"
        derivative = state.forces.strain_derivative
        with temporary.open("wb") as file:
            np.savez(
                file,
                step=state.step, positions=state.positions, momenta=state.momenta, cell=state.cell,
                cell_momentum=state.cell_momentum,
                thermostat=np.stack([state.thermostat.place, state.thermostat.momentum]),
                barostat=np.stack([state.barostat.place, state.barostat.momentum]),
                energies=[state.forces.energy, state.forces.field_energy], forces=state.forces.forces,
                strain_derivative=np.empty(0) if derivative is None else derivative,
                bath=[state.bath_energy, np.nan if self._first_energy_ev is None else self._first_energy_ev],
            )  # fmt: skip
        temporary.replace(path)

    def _read_checkpoint(self) -> MdState | None:
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return None
        try:
            with np.load(path) as found:
                kept: dict[str, Any] = {name: found[name] for name in found.files}
            derivative = kept["strain_derivative"] if kept["strain_derivative"].size else None
            energy, field_energy = kept["energies"].tolist()
            # a checkpoint without them is that of a run without a Langevin thermostat
            bath_energy, first = kept["bath"].tolist() if "bath" in kept else (0.0, np.nan)
            self._first_energy_ev = None if np.isnan(first) else first
            return MdState(
                step=int(kept["step"]), positions=kept["positions"], momenta=kept["momenta"], cell=kept["cell"],
                cell_momentum=kept["cell_momentum"], thermostat=Chain(*kept["thermostat"]),
                barostat=Chain(*kept["barostat"]), forces=Forces(energy, kept["forces"], derivative, field_energy),
                bath_energy=bath_energy,
            )  # fmt: skip
        except (OSError, ValueError, KeyError) as error:
            raise FormatError(f"not a checkpoint of this engine: {error!r}", path=path) from error
