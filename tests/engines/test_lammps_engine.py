"""LAMMPS against ASE and closed forms, through interruptions and explosions; Lennard-Jones crystals, 0.2 s a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.units import fs

from entrox.core import EngineError, InputError
from entrox.core.blocking import block_average
from entrox.core.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_PER_BAR
from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.lammps.batch import Start
from entrox.dynamics.lammps.lammps_engine import LammpsEngine
from entrox.dynamics.potential import LennardJones
from entrox.dynamics.protocols import Field, FieldDriven, Ladder, MdProtocol, Npt, Nve, Nvt, Ramp
from entrox.dynamics.runs.checkpoint import hold_folder
from entrox.dynamics.runs.velocities import draw_momenta

pytestmark = pytest.mark.engine

ARGON = LennardJones(0.0104, 3.4, 8.5)
Run = Callable[..., Trajectory]


def argon(repeat: int = 3, lattice: float = 5.3) -> Atoms:
    """Face-centered cubic argon."""
    return bulk("Ar", cubic=True, a=lattice).repeat(repeat)


def tilted_crystal() -> Atoms:
    """Two elements in a cell that is tilted, turned, and left by some of its atoms."""
    atoms = bulk("Ar", a=5.3).repeat((5, 6, 5))
    atoms.symbols[::3] = "Kr"
    atoms.rotate(41.0, (1, 2, 3), rotate_cell=True)
    atoms.rattle(0.05, seed=4)
    atoms.positions[::7] += atoms.cell.array[1] - 2 * atoms.cell.array[2]
    return atoms


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a protocol in a folder of its own."""

    def run_protocol(
        atoms: Atoms, protocol: MdProtocol, potential: LennardJones = ARGON, name: str = "run", **settings: Any
    ) -> Trajectory:
        return LammpsEngine().run(atoms, protocol, potential, tmp_path / name, **{"seed": 1, **settings})

    return run_protocol


def test_ten_steps_at_constant_energy_are_those_of_ase(run: Run) -> None:
    from ase.md.verlet import VelocityVerlet

    atoms = tilted_crystal()
    atoms.set_momenta(draw_momenta(atoms.get_masses(), 60, np.random.default_rng(2)))
    before = atoms.copy()
    protocol = Nve(temperature_k=60, length_ps=0.02, thermo_every=1, frame_every=1, keep_velocities=True)
    trajectory = run(atoms, protocol)
    assert np.array_equal(atoms.positions, before.positions)
    with ARGON.open_calculator() as calculator:
        atoms.calc = calculator
        energies, stresses = [], []
        motion = VelocityVerlet(atoms, timestep=2 * fs)
        motion.attach(lambda: energies.append(atoms.get_potential_energy()))
        motion.attach(lambda: stresses.append(atoms.get_stress(include_ideal_gas=True)))
        motion.run(10)
    *_, last = trajectory.frames()
    assert len(trajectory.frame_step) == 11
    np.testing.assert_allclose(last.positions, atoms.positions, atol=1e-6)
    np.testing.assert_allclose(last.cell.array, atoms.cell.array, atol=1e-9)
    np.testing.assert_allclose(last.get_momenta(), atoms.get_momenta(), atol=1e-6)
    np.testing.assert_allclose(trajectory.potential_energy_ev, energies, atol=1e-7)
    np.testing.assert_allclose(trajectory.stress_ev_per_angstrom3, stresses, atol=1e-8)


def test_both_engines_give_the_same_run_of_one_seed(run: Run, tmp_path: Path) -> None:
    protocol = Nve(temperature_k=60, length_ps=0.02, thermo_every=1, frame_every=5)
    mine = run(tilted_crystal(), protocol)
    other = AseEngine().run(tilted_crystal(), protocol, ARGON, tmp_path / "ase", seed=1)
    np.testing.assert_array_equal(mine.step, other.step)
    np.testing.assert_allclose(mine.time_ps, other.time_ps, atol=1e-12)
    np.testing.assert_allclose(mine.temperature_k, other.temperature_k, rtol=1e-5)
    np.testing.assert_allclose(mine.potential_energy_ev, other.potential_energy_ev, atol=1e-7)
    np.testing.assert_allclose(np.diff(mine.conserved_energy_ev), np.diff(other.conserved_energy_ev), atol=1e-7)
    np.testing.assert_allclose(mine.stress_ev_per_angstrom3, other.stress_ev_per_angstrom3, atol=1e-8)
    np.testing.assert_allclose(mine.pressure_bar, other.pressure_bar, atol=1e-2)
    np.testing.assert_allclose(mine.cell_angstrom, other.cell_angstrom, atol=1e-9)
    for left, right in zip(mine.frames(), other.frames(), strict=True):
        np.testing.assert_allclose(left.positions, right.positions, atol=1e-6)
        np.testing.assert_allclose(left.get_momenta(), right.get_momenta(), atol=1e-5)


def test_drawn_velocities_have_the_temperature_and_no_momentum(run: Run) -> None:
    trajectory = run(argon(), Nvt(temperature_k=40, length_ps=0.4, frame_every=50))
    assert trajectory.temperature_k[0] == pytest.approx(40, rel=1e-5)
    for frame in trajectory.frames():
        assert np.abs(frame.get_momenta().sum(axis=0)).max() < 1e-6
    other = run(argon(), Nvt(temperature_k=40, length_ps=0.4, frame_every=50), name="other", seed=2)
    assert not np.allclose(trajectory.temperature_k[1:], other.temperature_k[1:])


def test_a_crystal_at_constant_pressure_has_its_temperature_pressure_and_bulk_modulus(run: Run) -> None:
    """The volume fluctuates by the modulus with which it answers to pressure: <dV^2> = k T <V> / B."""

    def settled(pressure_bar: float, length_ps: float) -> tuple[Trajectory, slice]:
        protocol = Npt(
            temperature_k=30, length_ps=length_ps, timestep_fs=4, pressure_bar=pressure_bar, barostat_ps=0.5,
            frame_every=10**6,
        )  # fmt: skip
        trajectory = run(argon(3), protocol, name=f"run_{pressure_bar:g}")
        return trajectory, slice(len(trajectory.step) // 8, None)

    trajectory, rest = settled(200, 400)
    for series, target in ((trajectory.temperature_k, 30), (trajectory.pressure_bar, 200)):
        found = block_average(series[rest])
        assert found.error is not None and abs(found.mean - target) < 3 * found.error
    volume = np.linalg.det(trajectory.cell_angstrom[rest])
    square = block_average((volume - volume.mean()) ** 2)
    assert square.converged and square.error is not None
    fluctuating = BOLTZMANN_EV_PER_K * 30 * volume.mean() / square.mean
    softer, harder = (np.linalg.det(t.cell_angstrom[cut]).mean() for t, cut in (settled(0, 200), settled(400, 200)))
    answering = -volume.mean() * 400 * EV_PER_ANGSTROM3_PER_BAR / (harder - softer)
    assert square.error / square.mean < 0.15
    assert fluctuating == pytest.approx(answering, rel=3 * square.error / square.mean)
    drift = np.ptp(trajectory.conserved_energy_ev[rest]) / len(argon(3)) / (0.875 * 400)
    assert drift < 1e-6


def test_stress_and_pressure_agree_and_tension_is_positive(run: Run) -> None:
    stretched = run(argon(3, 5.5), Nve(temperature_k=1, length_ps=0.02, thermo_every=1))
    trace = stretched.stress_ev_per_angstrom3[:, :3].sum(axis=1)
    assert (trace > 0).all()
    np.testing.assert_allclose(-trace / 3, stretched.pressure_bar * EV_PER_ANGSTROM3_PER_BAR, rtol=1e-5)


def test_a_ramp_heats_at_its_rate_and_a_ladder_holds_its_steps(run: Run) -> None:
    ramp = run(argon(), Ramp(t_start_k=10, t_end_k=50, rate_k_per_ps=2, settle_ps=1), name="ramp")
    assert ramp.time_ps[-1] == pytest.approx(21)
    slope = np.polyfit(ramp.time_ps[100:], ramp.temperature_k[100:], 1)[0]
    assert slope == pytest.approx(2, abs=0.3)
    ladder = run(argon(), Ladder(temperatures_k=(10, 30, 20), hold_ps=4), name="ladder")
    assert ladder.step[-1] == 6000
    assert len(set(ladder.step.tolist())) == len(ladder.step)
    for number, target in enumerate((10, 30, 20)):
        held = (ladder.time_ps > 4 * number + 2) & (ladder.time_ps <= 4 * number + 4)
        assert ladder.temperature_k[held].mean() == pytest.approx(target, rel=0.15)


def test_a_killed_run_goes_on_from_its_checkpoint_as_if_nothing_had_been(run: Run, tmp_path: Path) -> None:
    protocol = Ladder(temperatures_k=(20, 30, 25), hold_ps=8, checkpoint_every=900, frame_every=200)
    whole = run(tilted_crystal(), protocol, name="whole")
    for count in (1, 2):
        _start_and_kill(protocol, tmp_path / "pieces", count)
    pieces = run(tilted_crystal(), protocol, name="pieces")
    assert whole.finished and pieces.finished
    assert len(list((tmp_path / "pieces").glob("part_*"))) == 3
    np.testing.assert_array_equal(pieces.step, whole.step)
    np.testing.assert_array_equal(pieces.frame_step, whole.frame_step)
    np.testing.assert_allclose(pieces.conserved_energy_ev, whole.conserved_energy_ev, atol=1e-9)
    np.testing.assert_allclose(pieces.temperature_k, whole.temperature_k, atol=1e-6)
    for mine, other in zip(pieces.frames(), whole.frames(), strict=True):
        np.testing.assert_allclose(mine.positions, other.positions, atol=1e-8)


def _start_and_kill(protocol: Ladder, folder: Path, parts: int) -> None:
    """Run in a process of its own and kill it, without warning, when its last part has a checkpoint."""
    code = (
        "import sys; from pathlib import Path; from test_lammps_engine import *\n"
        f"LammpsEngine().run(tilted_crystal(), {protocol!r}, ARGON, Path(sys.argv[1]), seed=1)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=Path(__file__).parent)
    end = time.monotonic() + 60
    while not list(folder.glob(f"part_{parts - 1:03d}/*.restart")) and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # the kernel ends LAMMPS with its parent
    log = folder / f"part_{parts - 1:03d}" / "log.lammps"
    time.sleep(0.3)
    assert "Total wall time" not in log.read_text()


def test_a_finished_run_is_read_and_not_repeated(run: Run, tmp_path: Path) -> None:
    protocol = Nvt(temperature_k=30, length_ps=0.2)
    first = run(argon(), protocol)
    stamp = (tmp_path / "run" / "thermo.csv").stat().st_mtime_ns
    again = run(argon(), protocol)
    assert (tmp_path / "run" / "thermo.csv").stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(again.temperature_k, first.temperature_k)
    anew = run(argon(), protocol, resume=False)
    assert (tmp_path / "run" / "thermo.csv").stat().st_mtime_ns != stamp
    np.testing.assert_array_equal(anew.temperature_k, first.temperature_k)


def test_the_folder_of_another_run_is_refused(run: Run, tmp_path: Path) -> None:
    protocol = Nvt(temperature_k=30, length_ps=0.2)
    run(argon(), protocol)
    with pytest.raises(InputError, match="another seed"):
        run(argon(), protocol, seed=2)
    with pytest.raises(InputError, match="another protocol and structure"):
        run(argon(2, 5.4), Nvt(temperature_k=31, length_ps=0.2))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis\.tex"):
        run(argon(), protocol, name="mine")
    with hold_folder(tmp_path / "busy"), pytest.raises(InputError, match="another process"):
        run(argon(), protocol, name="busy")


def test_a_hot_run_has_diverged_and_keeps_what_was_before(run: Run) -> None:
    atoms = argon()
    atoms.positions[0] += 1.9
    trajectory = run(atoms, Nvt(temperature_k=20, length_ps=2, timestep_fs=1, thermo_every=1, frame_every=2))
    assert trajectory.status == "diverged" and "temperature of" in trajectory.reason
    assert 0 < trajectory.n_steps < 2000 and len(trajectory.frame_step) > 0
    assert trajectory.temperature_k[-1] > 5 * 20
    assert np.isfinite(trajectory.potential_energy_ev).all()
    again = run(atoms, Nvt(temperature_k=20, length_ps=2, timestep_fs=1, thermo_every=1, frame_every=2))
    assert again.reason == trajectory.reason


def test_atoms_in_one_place_are_a_diverged_run(run: Run) -> None:
    atoms = argon()
    atoms.positions[0] = atoms.positions[1] + 1e-160
    trajectory = run(atoms, Npt(temperature_k=20, length_ps=2, thermo_every=1, frame_every=1))
    assert trajectory.status == "diverged" and trajectory.reason
    assert len(trajectory.step) == trajectory.n_steps == 0


def test_runs_of_one_process_are_those_of_their_own(run: Run, tmp_path: Path) -> None:
    starts = _starts()
    together = LammpsEngine().run_many(starts, ARGON, tmp_path / "together")
    for number, (start, trajectory) in enumerate(zip(starts, together, strict=True)):
        alone = run(start.atoms, start.protocol, seed=start.seed, name=f"alone_{number}")
        np.testing.assert_array_equal(trajectory.step, alone.step)
        np.testing.assert_allclose(trajectory.conserved_energy_ev, alone.conserved_energy_ev, atol=1e-8)
        np.testing.assert_allclose(trajectory.cell_angstrom, alone.cell_angstrom, atol=1e-8)
        for mine, other in zip(trajectory.frames(), alone.frames(), strict=True):
            np.testing.assert_allclose(mine.positions, other.positions, atol=1e-7)
            assert mine.get_chemical_symbols() == start.atoms.get_chemical_symbols()
    assert len(list((tmp_path / "together").glob("batch_*"))) == 1
    again = LammpsEngine().run_many(starts, ARGON, tmp_path / "together")
    assert [trajectory.cpu_s for trajectory in again] == [trajectory.cpu_s for trajectory in together]


def _starts() -> list[Start]:
    """Three arrangements of one composition in cells of their own, at three temperatures."""
    found = []
    for number, temperature in enumerate((20, 30, 40)):
        atoms = tilted_crystal()
        atoms.symbols = np.random.default_rng(number).permutation(atoms.get_chemical_symbols()).tolist()
        atoms.set_cell(atoms.cell.array * (1 + 0.01 * number), scale_atoms=True)
        atoms.rotate(20.0 * number, "z", rotate_cell=True)
        protocol = Npt(temperature_k=temperature, length_ps=0.4, thermo_every=5, frame_every=50)
        found.append(Start(atoms=atoms, protocol=protocol, seed=number))
    return found


@pytest.mark.parametrize("displacement", [1.9, 3.7476], ids=["too-hot", "lost-atoms"])
def test_a_run_that_diverges_leaves_the_others_alone(run: Run, tmp_path: Path, displacement: float) -> None:
    starts = _starts()
    starts[1].atoms.positions[0] += (
        displacement * starts[1].atoms.cell.array[0] / np.linalg.norm(starts[1].atoms.cell.array[0])
    )
    together = LammpsEngine().run_many(starts, ARGON, tmp_path / "together")
    assert [trajectory.status for trajectory in together] == ["finished", "diverged", "finished"]
    assert together[1].reason
    alone = run(starts[2].atoms, starts[2].protocol, seed=2)
    np.testing.assert_allclose(together[2].conserved_energy_ev, alone.conserved_energy_ev, atol=1e-8)


def test_runs_of_one_process_must_be_alike(tmp_path: Path) -> None:
    starts = _starts()
    other = Start(atoms=argon(), protocol=starts[0].protocol, seed=0)
    with pytest.raises(InputError, match="one composition"):
        LammpsEngine().run_many([starts[0], other], ARGON, tmp_path / "a")
    slow = Start(atoms=starts[0].atoms, protocol=Npt(temperature_k=1, length_ps=1, deviation_every=5), seed=0)
    with pytest.raises(InputError, match="deviation_every"):
        LammpsEngine().run_many([starts[0], slow], ARGON, tmp_path / "b")
    assert not (tmp_path / "a").exists() and not (tmp_path / "b").exists()


def _driven(shape: str, **settings: Any) -> FieldDriven:
    drive = Field(
        amplitude_v_per_m=(2e8, -1e8, 3e8), shape=shape, charges_e={"Ar": 1.0, "Kr": -2.0}, **settings  # type: ignore[arg-type]
    )  # fmt: skip
    return FieldDriven(
        temperature_k=10, length_ps=1, timestep_fs=1, thermo_every=1, frame_every=1, drive=drive, fixed_cell=True
    )


def _dipoles(trajectory: Trajectory) -> Any:
    charges = {"Ar": 1.0, "Kr": -2.0}
    return np.array(
        [[charges[s] for s in frame.get_chemical_symbols()] @ frame.positions for frame in trajectory.frames()]
    )


@pytest.mark.parametrize("shape", ["constant", "ramp", "sine"])
def test_work_of_the_field_is_the_field_times_the_change_of_the_dipole(run: Run, shape: str) -> None:
    """dH/dt = -s'(t) E0 (P(t) - P(0)) for the conserved energy H: zero in a constant field."""
    protocol = _driven(shape, **({"period_ps": 0.7} if shape == "sine" else {}))
    trajectory = run(tilted_crystal(), protocol)
    strength = np.array([protocol.drive.strength(t, protocol.length_ps) for t in trajectory.time_ps])
    dipole = _dipoles(trajectory) @ np.array([2e-2, -1e-2, 3e-2])
    moved = dipole - dipole[0]
    mean = 0.5 * (moved[1:] + moved[:-1])
    work = np.concatenate([[0.0], np.cumsum(-np.diff(strength) * mean)])
    change = trajectory.conserved_energy_ev - trajectory.conserved_energy_ev[0]
    assert np.abs(strength * moved).max() > 1e-2
    np.testing.assert_allclose(change, work, atol=3e-5)


def test_a_field_pushes_each_atom_by_its_charge_and_no_center_of_mass(run: Run) -> None:
    driven = list(run(tilted_crystal(), _driven("constant")).frames())
    free = list(
        run(
            tilted_crystal(), Nvt(temperature_k=10, length_ps=0.001, timestep_fs=1, frame_every=1), name="free"
        ).frames()
    )
    assert np.abs(driven[-1].get_momenta().sum(axis=0)).max() < 1e-6
    charges = np.array([{"Ar": 1.0, "Kr": -2.0}[symbol] for symbol in free[0].get_chemical_symbols()])
    push = charges[:, None] * np.array([2e-2, -1e-2, 3e-2]) * fs
    np.testing.assert_allclose(driven[1].get_momenta() - free[1].get_momenta(), push, atol=2e-3 * np.abs(push).max())


def test_a_field_at_constant_pressure_goes_on_from_its_checkpoint(run: Run, tmp_path: Path) -> None:
    drive = Field(amplitude_v_per_m=(2e8, 0, 0), shape="sine", period_ps=3.0, charges_e={"Ar": 1.0, "Kr": -2.0})
    protocol = FieldDriven(temperature_k=20, length_ps=20, drive=drive, checkpoint_every=1000, frame_every=500)
    whole = run(tilted_crystal(), protocol, name="whole")
    _start_and_kill(protocol, tmp_path / "pieces", 1)
    pieces = run(tilted_crystal(), protocol, name="pieces")
    np.testing.assert_allclose(pieces.conserved_energy_ev, whole.conserved_energy_ev, atol=1e-9)
    np.testing.assert_allclose(pieces.cell_angstrom, whole.cell_angstrom, atol=1e-8)


def test_another_failure_is_an_error_with_the_end_of_the_log(tmp_path: Path) -> None:
    class Nonsense(LennardJones):
        def lammps_lines(self, elements: Any, deviation_every: int) -> tuple[str, ...]:
            return ("pair_style lj/cut 8.5", "pair_coeff * * words instead of numbers")

    with pytest.raises(EngineError, match=r"(?s)LAMMPS failed: ERROR.*command: .*lmp.*end of its log") as caught:
        LammpsEngine().run(argon(), Nvt(temperature_k=20, length_ps=1), Nonsense(1, 1, 1), tmp_path / "run", seed=1)
    assert "pair_coeff" in caught.value.log_tail


def test_progress_counts_steps_and_the_environment_stays_as_it_was(tmp_path: Path) -> None:
    before, seen = dict(os.environ), []
    engine = LammpsEngine(progress=lambda done, total: seen.append((done, total)))
    trajectory = engine.run(argon(), Nvt(temperature_k=20, length_ps=20), ARGON, tmp_path / "run", seed=1)
    assert dict(os.environ) == before
    assert {total for _, total in seen} == {10_000}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen) and seen[-1][0] > 0
    assert 0 < trajectory.cpu_s < 60


@pytest.mark.skipif(not (Path(sys.executable).parent / "mpiexec").is_file(), reason="needs mpiexec beside this Python")
def test_two_processors_run_the_same_trajectory(run: Run, tmp_path: Path) -> None:
    protocol = Npt(temperature_k=30, length_ps=0.4, frame_every=50)
    alone = run(tilted_crystal(), protocol)
    engine = LammpsEngine(launcher="mpiexec -n 2")
    together = engine.run(tilted_crystal(), protocol, ARGON, tmp_path / "together", seed=1)
    assert "on 2 procs" in (tmp_path / "together" / "part_000" / "log.lammps").read_text()
    assert together.cpu_s > 0
    np.testing.assert_allclose(together.potential_energy_ev, alone.potential_energy_ev, atol=1e-7)
    for mine, other in zip(together.frames(), alone.frames(), strict=True):
        np.testing.assert_allclose(mine.positions, other.positions, atol=1e-6)
