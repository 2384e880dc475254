"""Benchmarks of the learning loop: the journal, the choice of frames, a whole loop on a toy (asv)."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ase import Atoms

from entrox.potentials.label import Label
from entrox.potentials.learning.descriptors import environment_descriptor
from entrox.potentials.learning.journal import Journal
from entrox.potentials.learning.journal_rows import NewFrame
from entrox.potentials.learning.learn_settings import CompositionSettings, StartSettings
from entrox.potentials.learning.select import covering_radius, select_frames
from entrox.potentials.learning.start_frames import build_cells, start_frames

ATOMS = 40
ELEMENTS = ("Ba", "Ca", "Ti", "Sn", "O")


def new_frame(rng: np.random.Generator) -> NewFrame:
    atoms = Atoms("Ba8Ti8O24", positions=8.0 * rng.random((ATOMS, 3)), cell=[8.0, 8.0, 8.0], pbc=True)
    return NewFrame(atoms=atoms, composition="BaTiO3", role="training", parent="benchmark")


class JournalCycles:
    """One queue, lease and commit of a label after the other; the target is 10,000 within 20 s."""

    cycles = 10_000
    timeout = 120

    def setup(self) -> None:
        rng = np.random.default_rng(1)
        self.frames = [new_frame(rng) for _ in range(self.cycles)]
        self.label = Label(
            state="done", energy_ev=-1.0, forces_ev_per_angstrom=rng.normal(size=(ATOMS, 3)), virial_ev=np.eye(3)
        )
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self) -> None:
        self.folder.cleanup()

    def track_seconds_per_10000_cycles(self) -> float:
        start = time.process_time()
        with Journal(Path(self.folder.name) / f"{time.monotonic_ns()}.sqlite") as journal:
            journal.take_over()
            for frame in self.frames:
                journal.add_frames([frame], 0, "benchmark")
                (taken,) = journal.take_labels("benchmark", 1)
                journal.commit_label(taken.number, "benchmark", self.label, retries=0)
        return time.process_time() - start

    track_seconds_per_10000_cycles.unit = "s"  # type: ignore[attr-defined]


class Selection:
    """Descriptors of candidates of 40 atoms, and the choice of 60 of them."""

    params = (400, 1800)
    param_names = ("candidates",)
    timeout = 120

    def setup(self, candidates: int) -> None:
        table = CompositionSettings(formula="Ba(1-y)CayTi(1-x)SnxO3", x=(0, "1/8"), y=(0, "1/4"))
        made = start_frames(build_cells([table], 1), StartSettings(), candidates, 1)
        self.frames = [atoms for _, atoms in made]
        self.cells = [cell.formula for cell, _ in made]
        self.rows = np.array([environment_descriptor(atoms, ELEMENTS) for atoms in self.frames])

    def time_descriptors(self, candidates: int) -> None:
        for atoms in self.frames:
            environment_descriptor(atoms, ELEMENTS)

    def time_choice(self, candidates: int) -> None:
        select_frames(self.cells, self.rows, self.rows[:120], 60, rng=np.random.default_rng(1))

    def track_covering_radius_over_random(self, candidates: int) -> float:
        """Largest distance of a candidate to a chosen one, over that of a random choice: below 1 is better."""
        rng = np.random.default_rng(1)
        chosen = select_frames(self.cells, self.rows, self.rows[:0], 60, random_share=0.0, rng=rng)
        drawn = rng.choice(candidates, 60, replace=False)
        return covering_radius(self.rows, self.rows[chosen]) / covering_radius(self.rows, self.rows[drawn])


class LoopOverhead:
    """A whole loop with a toy teacher, a linear student and a plain engine in this process."""

    timeout = 120

    def setup(self) -> None:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self) -> None:
        self.folder.cleanup()

    def track_processor_time_per_generation(self) -> float:
        """Journal, choice of frames, linear student, toy teacher and a few steps of dynamics."""
        from entrox.potentials.learning.learn import learn
        from toy_learning import StepEngine, toy_parts, toy_recipe

        recipe = toy_recipe(stop={"generations": 3})
        start = time.process_time()
        learn(recipe, Path(self.folder.name) / f"{time.monotonic_ns()}", parts=toy_parts(engine=StepEngine()))
        return (time.process_time() - start) / 4

    track_processor_time_per_generation.unit = "s"  # type: ignore[attr-defined]

    def peakmem_loop(self) -> None:
        self.track_processor_time_per_generation()
