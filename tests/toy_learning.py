"""A learning loop that takes seconds: toy teachers in this process, a short-winded engine, a recipe of 40 atoms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.runs.frames import FRAMES, frame_steps, write_frame
from entrox.potentials.label import Label, virial_of_stress
from entrox.potentials.learning.learn_parts import LearningParts
from entrox.potentials.learning.learn_settings import LearnSettings
from entrox.potentials.teachers.toy import TOY_ELEMENTS, toy_answer
from entrox.potentials.training.linear_student import LinearStudent

FEMTOSECOND = 0.09822694788464063
"""In the time unit of ASE, angstrom sqrt(u / eV)."""
KELVIN = 8.617333262e-5
"""In eV."""


@dataclass(frozen=True)
class InstantTeacher:
    """The toy force field in this process, about a millisecond for a label."""

    name: str = "toy"

    def fingerprint(self) -> str:
        return "instant toy"

    def label(self, atoms, timeout_s=600.0) -> Label:
        answer = toy_answer(atoms)
        return Label(
            state="done",
            energy_ev=answer.energy_ev,
            forces_ev_per_angstrom=answer.forces_ev_per_angstrom,
            virial_ev=virial_of_stress(answer.stress_ev_per_angstrom3, atoms.get_volume()),
        )


@dataclass(frozen=True)
class NoisyFailures(InstantTeacher):
    """Fails for a share of the structures, always for the same ones."""

    share: float = 0.3

    def fails(self, atoms) -> bool:
        draw = int.from_bytes(hashlib.sha256(atoms.positions.tobytes()).digest()[:4], "big") / 2**32
        return draw < self.share

    def label(self, atoms, timeout_s=600.0) -> Label:
        return Label(state="failed", reason="out of luck") if self.fails(atoms) else super().label(atoms)


@dataclass(frozen=True)
class StepEngine:
    """Velocity Verlet with a thermostat that scales velocities; enough to walk away from the starting structure."""

    hasty: bool = False
    """Stop every run after its first frame, as one that blew up."""

    @property
    def name(self) -> str:
        return "steps"

    def run(self, atoms, protocol, potential, folder: Path, *, seed: int, resume: bool = True) -> Trajectory:
        folder.mkdir(parents=True, exist_ok=True)
        rng, dt = generator(seed), protocol.timestep_fs * FEMTOSECOND
        at = atoms.copy()
        masses = at.get_masses()[:, None]
        velocities = rng.normal(size=(len(at), 3)) * np.sqrt(KELVIN * protocol.start_k / masses)
        temperatures = []
        with potential.open_calculator() as calculator, (folder / FRAMES).open("wb") as file:
            forces = calculator.get_forces(at)
            n_steps = 0 if self.hasty else protocol.n_steps
            for step in range(n_steps + 1):
                if step % protocol.frame_every == 0:
                    write_frame(file, at, step, step * protocol.timestep_fs / 1000)
                temperatures.append((masses * velocities**2).sum() / (3 * len(at) * KELVIN))
                velocities *= np.sqrt(1 + 0.05 * (protocol.start_k / max(temperatures[-1], 1.0) - 1))
                velocities += 0.5 * dt * forces / masses
                at.positions += dt * velocities
                forces = calculator.get_forces(at)
                velocities += 0.5 * dt * forces / masses
        steps = np.arange(n_steps + 1)
        zeros = np.zeros(len(steps))
        return Trajectory(
            folder=folder, engine=self.name, potential=potential.name,
            status="diverged" if self.hasty else "finished", reason="blew up" if self.hasty else "", seed=seed,
            step=steps, time_ps=steps * protocol.timestep_fs / 1000, temperature_k=np.array(temperatures),
            pressure_bar=zeros, stress_ev_per_angstrom3=np.zeros((len(steps), 6)), potential_energy_ev=zeros,
            conserved_energy_ev=zeros, cell_angstrom=np.broadcast_to(at.cell.array, (len(steps), 3, 3)),
            deviation_step=np.empty(0, dtype=int), force_deviation_ev_per_angstrom=np.empty(0),
            frames_file=folder / FRAMES, frame_step=frame_steps(folder / FRAMES), n_steps=n_steps,
            cpu_s=0.0, wall_s=0.0,
        )  # fmt: skip


def toy_parts(teacher=None, engine=None) -> LearningParts:
    """Parts of a loop that all run in this process."""
    student = LinearStudent(elements=TOY_ELEMENTS)
    return LearningParts(teacher or InstantTeacher(), student, student, engine or StepEngine())


def toy_recipe(**changes) -> LearnSettings:
    """Two compositions in one cell each, some ten labels a generation; tables of ``changes`` replace single values."""
    tables = {
        "seed": 3,
        "compositions": [{"formula": "Ba(1-x)CaxTiO3", "x": [0, "1/4"], "lattice_angstrom": 4.0}],
        "teacher": {"name": "toy"},
        "student": {"kind": "linear"},
        "start": {"frames": 4},
        "explore": {
            "engine": "ase", "temperatures_k": [300], "first_ps": 0.04, "longest_ps": 0.08, "deviation_every": 2,
        },
        "trust": {"sigma_low_ev_per_angstrom": 0.02, "sigma_high_ev_per_angstrom": 0.5},
        "select": {"labels_per_generation": 6, "held_out_share": 0.25},
        "stop": {"generations": 2},
    }  # fmt: skip
    for name, values in changes.items():
        tables[name] = {**tables[name], **values} if isinstance(values, dict) else values
    return LearnSettings(**tables)
