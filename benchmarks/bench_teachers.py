"""Cost of a label: the force fields that come with entrox, what a process adds, and what two processes gain.

CHGNet is asked where it is installed. Rates count processor time; the gain of two workers is by the clock and means
something on an idle machine with two processors only.
"""

import importlib.util
import os
import subprocess
import sys
import time

from ase import Atoms

from entrox.dynamics.calculators.process import CalculatorProcess
from entrox.dynamics.calculators.sources import FactorySource
from entrox.potentials.teachers.labeling import label_many
from entrox.potentials.teachers.shell_model import shell_answer
from entrox.potentials.teachers.teacher import chgnet_teacher
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure import build_perovskite

BARE = """
import sys, time, torch
from ase.io import read
from chgnet.model.dynamics import CHGNetCalculator
torch.set_num_threads(1)
calculator = CHGNetCalculator(use_device="cpu")
frames = read(sys.argv[1], ":")
def label(atoms):
    atoms.calc = calculator
    atoms.get_potential_energy()
label(frames[0])
start = time.process_time()
for atoms in frames[1:]:
    label(atoms)
print("cpu", (time.process_time() - start) / len(frames[1:]))
"""


def frames(count, shape=(2, 2, 2)):
    """Return rattled boxes of BaTiO3 without the arrays of their sites."""
    found = []
    for seed in range(count):
        box = build_perovskite("Ba", "Ti", shape, 4.0)
        atoms = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
        atoms.rattle(0.05, seed=seed)
        found.append(atoms)
    return found


class ForceFields:
    """Energy, forces and stress of the toy and of the shell model, in this process."""

    params = [[1, 2]]
    param_names = ("cells along an edge",)

    def setup(self, cells):
        (self.atoms,) = frames(1, (cells, cells, cells))
        toy_answer(self.atoms)

    def time_toy(self, cells):
        toy_answer(self.atoms)

    def time_shell(self, cells):
        shell_answer(self.atoms)


class ProcessOverhead:
    """What a question to a process costs by the clock beyond the work itself, 40 atoms."""

    def setup(self):
        self.process = CalculatorProcess(FactorySource("entrox.potentials.teachers.toy:toy_calculator"))
        self.atoms = frames(1)
        self.process.evaluate(self.atoms)

    def teardown(self):
        self.process.close()

    def time_toy_in_a_process(self):
        self.process.evaluate(self.atoms)


class ChgnetLabels:
    """Labels of 40 atoms by CHGNet: processor time over that of a bare loop, and the gain of two processes."""

    timeout = 600

    def setup(self):
        if importlib.util.find_spec("chgnet") is None:
            raise NotImplementedError("chgnet is not installed")
        self.frames = frames(13)

    def track_processor_time_over_bare_chgnet(self):
        from tempfile import TemporaryDirectory

        from ase.io import write

        with TemporaryDirectory() as folder:
            write(f"{folder}/frames.traj", self.frames)
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            done = subprocess.run(
                [sys.executable, "-c", BARE, f"{folder}/frames.traj"], capture_output=True, text=True, check=True,
                env=environment,
            )  # fmt: skip
        bare = float(done.stdout.split("cpu")[-1])
        start = time.process_time()
        labels = dict(label_many(chgnet_teacher(), self.frames))
        ours = time.process_time() - start + sum(labels[index].cpu_s for index in range(1, len(labels)))
        return ours / (len(labels) - 1) / bare

    def track_gain_of_two_processes(self):
        def seconds(workers):
            """Return the time after each process has loaded its model."""
            labels = label_many(chgnet_teacher(), [*self.frames, *self.frames], workers=workers)
            for _ in range(2 * workers):
                next(labels)
            start = time.perf_counter()
            count = sum(1 for _ in labels)
            return (time.perf_counter() - start) / count

        return seconds(1) / seconds(2)
