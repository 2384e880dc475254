"""Runs over temperature whose order is planted, without molecular dynamics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase import Atoms

from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import MdProtocol
from entrox.dynamics.runs.frames import FRAMES, write_frame

Shift = Callable[[float, int], np.ndarray]
"""Displacement of all B [angstrom] at a temperature and a step."""


def target_temperature(protocol: MdProtocol, step: int) -> float:
    """Temperature of the thermostat after a step."""
    start = 0
    for stage in protocol.stages():
        if step <= start + stage.n_steps:
            return stage.start_k + (stage.end_k - stage.start_k) * (step - start) / stage.n_steps
        start += stage.n_steps
    raise ValueError(step)


def planted_run(
    folder: Path,
    ideal: Atoms,
    protocol: MdProtocol,
    shift: Shift,
    *,
    noise: float = 0.02,
    seed: int = 0,
    last_step: int | None = None,
    stretch: Callable[[float], np.ndarray] | None = None,
) -> Trajectory:
    """Write frames of a run in which all B sit where ``shift`` says, with thermal noise on every atom."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    end = protocol.n_steps if last_step is None else last_step
    steps = np.arange(0, end + 1, protocol.frame_every)
    on_b = ideal.arrays["site"] == "B"
    temperatures = np.array([target_temperature(protocol, int(step)) for step in steps])
    cells = np.array([ideal.cell.array @ (np.eye(3) if stretch is None else stretch(t)) for t in temperatures])
    with (folder / FRAMES).open("wb") as file:
        for step, t, cell in zip(steps.tolist(), temperatures.tolist(), cells, strict=True):
            atoms = ideal.copy()
            atoms.set_cell(cell, scale_atoms=True)
            atoms.positions += rng.normal(0.0, noise, (len(atoms), 3))
            atoms.positions[on_b] += shift(t, step)
            write_frame(file, atoms, step, step * protocol.timestep_fs / 1000.0)
    count = len(steps)
    return Trajectory(
        folder=folder,
        engine="planted",
        potential="none",
        status="finished" if last_step is None else "diverged",
        reason="" if last_step is None else "exploded",
        seed=seed,
        step=steps,
        time_ps=steps * protocol.timestep_fs / 1000.0,
        temperature_k=temperatures,
        pressure_bar=np.zeros(count),
        stress_ev_per_angstrom3=np.zeros((count, 6)),
        potential_energy_ev=rng.normal(0.0, 0.01, count),
        conserved_energy_ev=np.zeros(count),
        cell_angstrom=cells,
        deviation_step=np.empty(0, dtype=np.int64),
        force_deviation_ev_per_angstrom=np.empty(0),
        frames_file=folder / FRAMES,
        frame_step=steps,
        n_steps=end,
        cpu_s=0.0,
        wall_s=0.0,
    )
