"""Speed of glasses: what a step of the bath costs over the forces, beside ASE's own Langevin; builders and judgement.

The peer is ``ase.md.langevin.Langevin`` with the same forces, friction and time step, in the same process.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
from ase import units
from ase.calculators.calculator import Calculator, all_changes
from ase.md.langevin import Langevin

from entrox.dynamics import (
    AseEngine,
    Bath,
    CrystalMemory,
)
from entrox.order import reflection_order, strongest_reflections
from entrox.structure import build_amorphous_start, build_bismuth_titanate, build_mosaic

STEPS, TEMPERATURE_K, FRICTION_PER_FS = 400, 300.0, 0.02
FORCE_S = 0.6
"""Processor time of CHGNet for a step of 76 atoms, to which the overhead is compared."""


class Still(Calculator):
    """Springs to the starting places: forces that cost nothing."""

    implemented_properties = ["energy", "forces", "stress"]

    def __init__(self, places) -> None:
        super().__init__()
        self.places = places

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
        """Energy, forces, and no stress."""
        super().calculate(atoms, properties, system_changes)
        moved = atoms.positions - self.places
        self.results = {"energy": float((moved**2).sum()), "forces": -2.0 * moved, "stress": np.zeros(6)}


class _Held:
    """A potential around a calculator of this process."""

    name, elements = "still", None

    def __init__(self, calculator) -> None:
        self.calculator = calculator

    def fingerprint(self):
        return "still"

    def open_calculator(self):
        from contextlib import nullcontext

        return nullcontext(self.calculator)


class BathOverhead:
    """CPU time of a step of 76 atoms without the forces."""

    timeout = 300

    def track_ms_per_step(self):
        """Ours: bath, rows, frames every 25 steps, checkpoints every 100."""
        atoms = build_bismuth_titanate()
        bath = Bath(
            temperature_k=TEMPERATURE_K, length_ps=STEPS * 0.002, frame_every=25, thermo_every=5, checkpoint_every=100,
            closest_angstrom=0.6,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            AseEngine().run(atoms, bath, _Held(Still(atoms.positions.copy())), Path(folder) / "run", seed=1)
            return 1000.0 * (time.process_time() - start) / STEPS

    track_ms_per_step.unit = "ms"

    def track_ms_per_step_of_ase(self):
        """The peer, without rows, frames and checkpoints."""
        atoms = build_bismuth_titanate()
        atoms.calc = Still(atoms.positions.copy())
        friction = FRICTION_PER_FS / units.fs
        run = Langevin(
            atoms, 2.0 * units.fs, temperature_K=TEMPERATURE_K, friction=friction, rng=np.random.default_rng(1)
        )
        start = time.process_time()
        run.run(STEPS)
        return 1000.0 * (time.process_time() - start) / STEPS

    track_ms_per_step_of_ase.unit = "ms"

    def track_percent_of_chgnet(self):
        """Overhead over the forces of CHGNet."""
        return 100.0 * self.track_ms_per_step() / (1000.0 * FORCE_S)

    track_percent_of_chgnet.unit = "%"


class Judgement:
    """Reflections and displacement of 684 atoms."""

    def setup(self):
        self.crystal = build_bismuth_titanate(size="684")
        self.memory = CrystalMemory(self.crystal)
        self.moved = self.crystal.copy()
        self.moved.positions += np.random.default_rng(1).normal(0.0, 0.3, self.moved.positions.shape)

    def time_compare(self):
        self.memory.compared(self.moved)

    def time_strongest_reflections(self):
        strongest_reflections(self.crystal.get_scaled_positions(), self.crystal.cell.array)

    def track_error_of_random_mean(self):
        """Relative error of the mean order of random phases against its closed form."""
        rng = np.random.default_rng(1)
        order = reflection_order(rng.random((252, 3)), rng.integers(1, 500, (20_000, 3)))
        return abs(order.mean() / np.sqrt(np.pi / (4 * 252)) - 1.0)


class Builders:
    """Boxes."""

    def time_substituted_684(self):
        build_bismuth_titanate(0.75, size="684", rng=np.random.default_rng(1))

    def time_random_start_7600(self):
        build_amorphous_start({"Bi": 4, "Ti": 3, "O": 12}, 7600, 7.5, 1.6, rng=np.random.default_rng(1))

    def time_mosaic(self):
        rng = np.random.default_rng(1)
        glass = build_amorphous_start({"Bi": 4, "Ti": 3, "O": 12}, 1900, 7.5, 1.6, rng=rng)
        build_mosaic(build_bismuth_titanate(), glass, 0.3, 14.0, rng=rng, shape="voronoi")
