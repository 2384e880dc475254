"""Speed of everything around a training: reading, counting neighbors, deviations, and our share of its time."""

import importlib.util
import tempfile
import time
from pathlib import Path

import numpy as np
from ase import Atoms

from entrox.potentials.committee import force_deviation
from entrox.potentials.datasets.dataset import Dataset, read_dataset, write_dataset
from entrox.potentials.datasets.reference import fit_energy_reference
from entrox.potentials.label import LabeledFrame
from entrox.potentials.training.neighbor_counts import count_neighbors
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import train_committee
from entrox.structure.perovskite import build_perovskite


def labeled_boxes(count, seed=0):
    """Shaken boxes of 40 atoms with random labels."""
    rng = np.random.default_rng(seed)
    ideal = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    frames = []
    for _ in range(count):
        places = ideal.positions + rng.normal(0.0, 0.05, ideal.positions.shape)
        box = Atoms(ideal.symbols, positions=places, cell=ideal.cell, pbc=True)
        frames.append(
            LabeledFrame(
                atoms=box, energy_ev=float(rng.normal()), forces_ev_per_angstrom=rng.normal(size=(40, 3)),
                virial_ev=rng.normal(size=(3, 3)), source="random", group="run",
            )
        )  # fmt: skip
    return Dataset(tuple(frames))


class Frames:
    """1,000 frames of 40 atoms: a training of 1,500 steps takes 20 s, so that none of this may take seconds."""

    params = ["deepmd", "extxyz"]
    param_names = ("form",)

    def setup(self, form):
        self.dataset = labeled_boxes(1000)
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "data"
        write_dataset(self.dataset, self.path, form)

    def teardown(self, form):
        self.folder.cleanup()

    def time_read(self, form):
        read_dataset(self.path)

    def time_write(self, form):
        with tempfile.TemporaryDirectory() as folder:
            write_dataset(self.dataset, Path(folder) / "data", form)

    def track_error(self, form):
        """Largest difference of a label after writing and reading: none."""
        pairs = zip(self.dataset, read_dataset(self.path), strict=True)
        return max(float(np.abs(a.forces_ev_per_angstrom - b.forces_ev_per_angstrom).max()) for a, b in pairs)


class Preparation:
    """What is done once before a training of 1,000 frames."""

    def setup(self):
        self.dataset = labeled_boxes(1000)
        self.forces = np.random.default_rng(1).normal(size=(4, 2880, 3))

    def time_neighbor_counts(self):
        count_neighbors(self.dataset, 6.0)

    def time_energy_reference(self):
        fit_energy_reference(self.dataset)

    def time_deviation_of_2880_atoms(self):
        force_deviation(self.forces)


class Training:
    """Our own share of the processor time of a training with DeePMD-kit; the requirement is 3 %."""

    timeout = 600

    def setup(self):
        if importlib.util.find_spec("deepmd") is None:
            raise NotImplementedError
        self.dataset = labeled_boxes(100)
        self.settings = TrainSettings.preset("laptop", n_steps=500)

    def track_own_share_percent(self):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            (model,) = train_committee(self.dataset, self.settings, Path(folder) / "run", [1])
            return 100.0 * (time.process_time() - start) / model.cpu_s

    track_own_share_percent.unit = "%"
