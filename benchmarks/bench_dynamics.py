"""Speed of LAMMPS runs and what the engine adds to them, in processor seconds; averages of a long run."""

import os
import resource
import tempfile
from pathlib import Path

import numpy as np
from ase.build import bulk

from entrox.core.errors import EntroxError
from entrox.dynamics.lammps.batch import Start
from entrox.dynamics.lammps.lammps_engine import LammpsEngine
from entrox.dynamics.lammps.program import find_lammps, run_lammps
from entrox.dynamics.lammps.structure_files import structure_elements, write_lammps_data
from entrox.dynamics.potential import DeepmdPotential, LennardJones
from entrox.dynamics.protocols import Npt
from entrox.dynamics.runs.run_averages import run_averages
from entrox.dynamics.runs.velocities import starting_momenta
from entrox.structure import build_perovskite

ARGON = LennardJones(0.0104, 3.4, 8.5)
TYPE_MAP = ("Ba", "Pb", "Ca", "Sr", "Bi", "K", "Na", "Hf", "Ti", "Zr", "Nb", "Mg", "In", "Zn", "O")
BARE = """units metal
atom_style atomic
read_data start.data
{pair}
timestep 0.002
thermo 10
dump frames all custom 100 frames.dump id xu yu zu vx vy vz
restart 5000 a.restart b.restart
fix run all npt temp 30 30 0.2 tri 0 0 2.0
run {steps}
"""


def cpu_s():
    """Processor time of this process and of its children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def bare_cpu_s(atoms, protocol, potential, folder):
    """Processor time of the program alone, with a short input for the same run."""
    folder.mkdir()
    start = atoms.copy()
    start.set_momenta(starting_momenta(start, protocol, 1))
    write_lammps_data(start, folder / "start.data")
    pair = "\n".join(potential.lammps_lines(structure_elements(atoms), protocol.deviation_every))
    return run_lammps(BARE.format(pair=pair, steps=protocol.n_steps), folder).cpu_s


def check_lammps():
    try:
        find_lammps()
    except EntroxError as error:
        raise NotImplementedError(str(error)) from error


class LennardJonesRun:
    """Argon, a hundred times faster than any trained model: an upper bound of what the engine adds."""

    params = [500, 4000]
    param_names = ("atoms",)

    def setup(self, atoms):
        check_lammps()
        self.steps = 4_000_000 // atoms
        self.atoms = bulk("Ar", cubic=True, a=5.3).repeat(round((atoms / 4) ** (1 / 3)))
        self.protocol = Npt(temperature_k=30, length_ps=0.002 * self.steps)
        self.folder = tempfile.TemporaryDirectory()
        self._engine("warm_up", Npt(temperature_k=30, length_ps=0.1))

    def teardown(self, atoms):
        self.folder.cleanup()

    def _engine(self, name, protocol):
        return LammpsEngine().run(self.atoms, protocol, ARGON, Path(self.folder.name) / name, seed=1, resume=False)

    def track_atom_steps_per_cpu_s(self, atoms):
        trajectory = self._engine("rate", self.protocol)
        return len(self.atoms) * trajectory.n_steps / trajectory.cpu_s

    def track_overhead_percent(self, atoms):
        """Processor time over that of the program with a short input of its own; the smaller of three runs each."""
        whole, bare = [], []
        for number in range(3):
            start = cpu_s()
            self._engine(f"run_{number}", self.protocol)
            whole.append(cpu_s() - start)
            bare.append(self._bare(number))
        return 100.0 * (min(whole) / min(bare) - 1.0)

    def _bare(self, number):
        return bare_cpu_s(self.atoms, self.protocol, ARGON, Path(self.folder.name) / f"bare_{number}")


class DeepPotentialRuns:
    """Barium titanate of 40 atoms with four copies of a universal model, found in the folder ENTROX_DATA."""

    timeout = 300

    def setup(self):
        check_lammps()
        model = Path(os.environ.get("ENTROX_DATA", "")) / "perovskite" / "models" / "UniPero.pb"
        if not model.is_file():
            raise NotImplementedError("set ENTROX_DATA to the folder of the data")
        self.potential = DeepmdPotential((model,) * 4, TYPE_MAP)
        box = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
        protocol = Npt(temperature_k=300, length_ps=0.01, deviation_every=5)
        self.starts = [Start(atoms=box, protocol=protocol, seed=seed) for seed in range(4)]
        self.folder = tempfile.TemporaryDirectory()
        LammpsEngine().run_many(self.starts[:1], self.potential, Path(self.folder.name) / "warm_up")

    def teardown(self):
        self.folder.cleanup()

    def track_cpu_s_of_a_start(self):
        """Processor time of runs of their own over that in one process, per start that is saved."""
        place, engine = Path(self.folder.name), LammpsEngine()
        begun = cpu_s()
        for number, start in enumerate(self.starts):
            engine.run(start.atoms, start.protocol, self.potential, place / f"own_{number}", seed=start.seed)
        own, begun = cpu_s() - begun, cpu_s()
        engine.run_many(self.starts, self.potential, place / "together")
        return (own - (cpu_s() - begun)) / (len(self.starts) - 1)

    def track_overhead_percent(self):
        """Over the program alone, 100 steps; the requirement is less than 3 %."""
        place, box = Path(self.folder.name), self.starts[0].atoms
        protocol = Npt(temperature_k=300, length_ps=0.2)
        begun = cpu_s()
        LammpsEngine().run(box, protocol, self.potential, place / "whole", seed=1)
        whole = cpu_s() - begun
        return 100.0 * (whole / bare_cpu_s(box, protocol, self.potential, place / "bare") - 1.0)


class Averages:
    """Means of a run of 10,000 rows; the error is that of the temperature in its own units of error."""

    def setup(self):
        from entrox.dynamics.engine import Trajectory

        rng, count = np.random.default_rng(1), 10_000
        self.protocol = Npt(temperature_k=300, length_ps=0.02 * count)
        empty = np.empty(0, dtype=np.int64)
        step = 10 * np.arange(count + 1)
        self.trajectory = Trajectory(
            folder=Path(), engine="none", potential="none", status="finished", seed=1, step=step, time_ps=0.002 * step,
            temperature_k=300 + rng.normal(size=count + 1), pressure_bar=rng.normal(size=count + 1),
            stress_ev_per_angstrom3=np.zeros((count + 1, 6)), potential_energy_ev=rng.normal(size=count + 1),
            conserved_energy_ev=np.zeros(count + 1), deviation_step=empty,
            cell_angstrom=np.eye(3) * (16 + rng.normal(scale=0.01, size=(count + 1, 1, 1))),
            force_deviation_ev_per_angstrom=empty.astype(float), frames_file=Path(), frame_step=empty,
            n_steps=10 * count, cpu_s=1.0, wall_s=1.0,
        )  # fmt: skip

    def time_averages(self):
        run_averages(self.trajectory, self.protocol, 320)

    def track_error(self):
        (found,) = run_averages(self.trajectory, self.protocol, 320)
        return abs(found.temperature_k - 300) / found.temperature_error_k
