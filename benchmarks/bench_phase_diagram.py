"""Speed of what follows the runs of a phase diagram: rows of temperature, transitions with their noise, bands."""

import tempfile
from pathlib import Path

import numpy as np

from entrox.dynamics.diagrams.ramps import temperature_run
from entrox.dynamics.diagrams.transition_band import transition_band
from entrox.dynamics.diagrams.transition_points import run_transitions
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import Ladder
from entrox.dynamics.runs.frames import FRAMES, write_frame
from entrox.order import fit_lattice
from entrox.structure import build_perovskite

FRAMES_PER_RUNG = 20
RUNGS = tuple(float(t) for t in range(100, 420, 20))
TRUE_TRANSITION_K = 310.0


def planted_run(folder, ideal, protocol):
    """Frames in which B leaves its center below 310 K, with thermal noise."""
    rng = np.random.default_rng(0)
    steps = np.arange(0, protocol.n_steps + 1, protocol.frame_every)
    temperature = np.array(RUNGS)[np.maximum(steps - 1, 0) // (protocol.n_steps // len(RUNGS))]
    on_b = ideal.arrays["site"] == "B"
    with (folder / FRAMES).open("wb") as file:
        for step, t in zip(steps.tolist(), temperature.tolist(), strict=True):
            atoms = ideal.copy()
            atoms.positions += rng.normal(0.0, 0.03, (len(atoms), 3))
            atoms.positions[on_b, 2] += 0.15 * (t < TRUE_TRANSITION_K)
            write_frame(file, atoms, step, 0.002 * step)
    count = len(steps)
    return Trajectory(
        folder=folder, engine="planted", potential="none", status="finished", seed=0, step=steps,
        time_ps=0.002 * steps, temperature_k=temperature, pressure_bar=np.zeros(count),
        stress_ev_per_angstrom3=np.zeros((count, 6)), potential_energy_ev=rng.normal(size=count),
        conserved_energy_ev=np.zeros(count), cell_angstrom=np.tile(ideal.cell.array, (count, 1, 1)),
        deviation_step=np.empty(0, dtype=int), force_deviation_ev_per_angstrom=np.empty(0),
        frames_file=folder / FRAMES, frame_step=steps, n_steps=protocol.n_steps, cpu_s=0.0, wall_s=0.0,
    )  # fmt: skip


class TemperatureRun:
    """A ladder of 16 rungs of 20 frames: 12x12x4 cells are the boxes of the published plan."""

    params = [(4, 4, 4), (12, 12, 4)]
    param_names = ("shape",)

    def setup(self, shape):
        self.place = tempfile.TemporaryDirectory()
        ideal = build_perovskite("Ba", "Ti", shape, 4.0)
        self.protocol = Ladder(temperatures_k=RUNGS, hold_ps=0.4, frame_every=10)
        self.trajectory = planted_run(Path(self.place.name), ideal, self.protocol)
        self.map = fit_lattice(ideal, shape=shape)
        self.run = temperature_run(self.trajectory, self.protocol, self.map)

    def teardown(self, shape):
        self.place.cleanup()

    def time_rows(self, shape):
        temperature_run(self.trajectory, self.protocol, self.map)

    def peakmem_rows(self, shape):
        temperature_run(self.trajectory, self.protocol, self.map)

    def time_transitions_with_their_noise(self, shape):
        run_transitions(self.run, np.random.default_rng(0))

    def track_error_transition_k(self, shape):
        """Distance of the planted transition from the middle of its bracket, at most half a rung."""
        (found,) = run_transitions(self.run, np.random.default_rng(0)).transitions
        return abs(found.temperature_k - TRUE_TRANSITION_K)


class Band:
    """A line through transition temperatures."""

    params = [6, 11, 21]
    param_names = ("points",)

    def setup(self, points):
        self.x = np.linspace(0.0, 0.25, points)
        self.at = np.linspace(0.0, 0.25, 51)
        self.t = 400.0 - 300.0 * self.x + 600.0 * (self.x - 0.1) ** 2

    def time_band(self, points):
        transition_band(self.x, self.t, np.full(len(self.x), 5.0))

    def track_error_band_k(self, points):
        """Largest distance of the line from the truth, points without noise."""
        true = 400.0 - 300.0 * self.at + 600.0 * (self.at - 0.1) ** 2
        return float(np.abs(transition_band(self.x, self.t, np.full(len(self.x), 5.0), self.at).t_k - true).max())
