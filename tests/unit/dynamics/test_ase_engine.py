"""The engine of ASE calculators: rows, frames and deviations, continuation, explosion, fields, bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose, assert_array_equal

from entrox.core import FormatError, InputError
from entrox.core.units import VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.ase_md.ase_run import CHECKPOINT
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.potential import CalculatorPotential
from entrox.dynamics.protocols import Field, FieldDriven, MdProtocol, Npt, Nve, Nvt, Ramp
from entrox.structure import build_perovskite
from ion_toys import SPRING as ION_SPRING
from ion_toys import ion_chain

TOY = CalculatorPotential("entrox.potentials.teachers.toy:toy_calculator", known_elements=("Ba", "Ca", "Ti", "Sn", "O"))
NPT = Npt(temperature_k=300, length_ps=0.08, thermo_every=3, frame_every=7, checkpoint_every=10)
RAMP = Ramp(t_start_k=100, t_end_k=300, rate_k_per_ps=4000, settle_ps=0.02, thermo_every=5, checkpoint_every=15)


class StoppedError(Exception):
    """The run was stopped from outside."""


def box() -> Atoms:
    found = build_perovskite("Ba", "Ti", (2, 1, 1), 4.0)
    return Atoms(found.symbols, positions=found.positions, cell=found.cell, pbc=True)


def run(folder: Path, protocol: MdProtocol, **changes: object) -> Trajectory:
    asked = {"atoms": box(), "potential": TOY, "seed": 1, "resume": True, **changes}
    return AseEngine().run(
        asked["atoms"], protocol, asked["potential"], folder, seed=asked["seed"], resume=asked["resume"]
    )


def stopping_at(step: int) -> AseEngine:
    def progress(done: int, total: int) -> None:
        if done >= step:
            raise StoppedError

    return AseEngine(progress=progress)


def same(one: Trajectory, other: Trajectory) -> None:
    for name in ("step", "temperature_k", "stress_ev_per_angstrom3", "conserved_energy_ev", "cell_angstrom"):
        assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert_array_equal(one.frame_step, other.frame_step)
    for first, second in zip(one.frames(), other.frames(), strict=True):
        assert_array_equal(first.positions, second.positions)
        assert_array_equal(first.get_momenta(), second.get_momenta())


def test_rows_and_frames_come_at_their_steps(tmp_path):
    found = run(tmp_path, NPT)
    assert (found.status, found.engine, found.n_steps) == ("finished", "ase", 40)
    assert found.step.tolist() == [*range(0, 40, 3), 40]
    assert found.frame_step.tolist() == [0, 7, 14, 21, 28, 35]
    assert_allclose(found.time_ps, 0.002 * found.step)
    assert found.temperature_k[0] == pytest.approx(300.0)
    assert_allclose(found.pressure_bar[0], -found.stress_ev_per_angstrom3[0, :3].mean() * 1.602176634e6, rtol=1e-9)
    assert found.cpu_s > 0.0


def test_frames_are_in_the_order_of_the_start_with_its_first_positions(tmp_path):
    first = next(run(tmp_path, NPT).frames())
    assert first.get_chemical_symbols() == box().get_chemical_symbols()
    assert_allclose(first.positions, box().positions, atol=1e-10)


def test_finished_run_is_read_and_not_repeated(tmp_path):
    one = run(tmp_path, NPT)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    same(one, run(tmp_path, NPT))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_folder_of_another_run_is_refused(tmp_path):
    run(tmp_path, NPT)
    with pytest.raises(InputError, match="holds a run with another seed"):
        run(tmp_path, NPT, seed=2)


@pytest.mark.parametrize("protocol", [NPT, RAMP], ids=["npt", "ramp"])
@pytest.mark.parametrize("stop", [3, 12, 30])
def test_stopped_run_goes_on_as_if_nothing_had_been(tmp_path, protocol, stop):
    whole = run(tmp_path / "whole", protocol)
    with pytest.raises(StoppedError):
        stopping_at(stop).run(box(), protocol, TOY, tmp_path / "parts", seed=1)
    same(whole, run(tmp_path / "parts", protocol))


def test_start_anew_forgets_the_checkpoint(tmp_path):
    with pytest.raises(StoppedError):
        stopping_at(24).run(box(), NPT, TOY, tmp_path / "a", seed=1)
    same(run(tmp_path / "b", NPT), run(tmp_path / "a", NPT, resume=False))


def test_damaged_checkpoint_is_named(tmp_path):
    with pytest.raises(StoppedError):
        stopping_at(24).run(box(), NPT, TOY, tmp_path, seed=1)
    (tmp_path / CHECKPOINT).write_bytes(b"nonsense")
    with pytest.raises(FormatError, match="not a checkpoint"):
        run(tmp_path, NPT)


def test_same_seed_same_run_another_seed_another(tmp_path):
    one, two, other = (run(tmp_path / str(n), NPT, seed=seed) for n, seed in enumerate((5, 5, 6)))
    same(one, two)
    assert not np.array_equal(one.temperature_k[1:], other.temperature_k[1:])


def test_structure_and_its_calculator_are_left_alone(tmp_path):
    atoms = box()
    before = atoms.copy()
    run(tmp_path, NPT, atoms=atoms)
    assert atoms == before
    assert atoms.calc is None


def test_run_that_explodes_is_a_result_with_its_reason(tmp_path):
    found = run(tmp_path, Nve(temperature_k=300, length_ps=2, timestep_fs=20, thermo_every=1, frame_every=1))
    assert found.status == "diverged"
    assert "at step" in found.reason
    assert len(found.step) == len(found.frame_step) == found.n_steps + 1
    assert np.isfinite(found.temperature_k).all()
    assert run(tmp_path, Nve(temperature_k=300, length_ps=2, timestep_fs=20, thermo_every=1, frame_every=1)).reason


def test_start_without_finite_forces_is_a_diverged_run_without_rows(tmp_path):
    found = run(tmp_path, NPT, potential=CalculatorPotential("odd_calculators:not_finite"))
    assert (found.status, found.n_steps, len(found.step)) == ("diverged", 0, 0)
    assert "forces not finite at step 0" in found.reason
    assert list(found.frames()) == []


def test_temperature_follows_a_ramp(tmp_path):
    protocol = Ramp(t_start_k=100, t_end_k=500, rate_k_per_ps=200, settle_ps=1.0, thermostat_ps=0.05, frame_every=500)
    found = run(tmp_path, protocol, atoms=build_perovskite("Ba", "Ti", (2, 2, 2), 4.0))
    late = found.time_ps > 2.5
    assert found.temperature_k[(found.time_ps > 0.5) & (found.time_ps <= 1.0)].mean() == pytest.approx(100.0, rel=0.2)
    assert found.temperature_k[late].mean() == pytest.approx(450.0, rel=0.2)


def test_toy_crystal_stays_a_crystal_at_room_temperature(tmp_path):
    start = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    found = run(tmp_path, Npt(temperature_k=300, length_ps=2), atoms=start)
    assert found.finished
    volumes = np.abs(np.linalg.det(found.cell_angstrom))
    assert volumes.max() < 1.1 * start.get_volume()
    *_, last = found.frames()
    moved = last.get_scaled_positions(wrap=False) - start.get_scaled_positions(wrap=False)
    assert np.abs((moved - moved.mean(axis=0)) @ start.cell.array).max() < 1.0


def test_energy_drift_at_one_femtosecond_is_below_a_tenth_of_a_millielectronvolt(tmp_path):
    start = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    found = run(tmp_path, Nve(temperature_k=300, length_ps=2, timestep_fs=1), atoms=start)
    slope = np.polyfit(found.time_ps, found.conserved_energy_ev / len(start), 1)[0]
    assert abs(slope) < 1e-4


def test_deviation_is_the_largest_root_mean_square_over_models(tmp_path):
    potential = CalculatorPotential("spring_crystal:with_committee", {"spread": 0.25})
    from spring_crystal import crystal

    protocol = Nvt(temperature_k=50, length_ps=0.04, deviation_every=5, checkpoint_every=10)
    found = run(tmp_path, protocol, atoms=crystal(), potential=potential)
    assert found.deviation_step.tolist() == [0, 5, 10, 15, 20]
    assert_allclose(found.force_deviation_ev_per_angstrom, 0.25)


@pytest.mark.parametrize(("charge", "strength"), [(1.0, 2e8), (1.5, -4e8)])
def test_ions_in_a_field_rest_where_spring_and_field_balance(tmp_path, charge, strength):
    """A chain of ions on springs has P V = sum Z^2 E / k, to the last digit: there it stays."""
    atoms, drive = ion_chain((2, 1, 1)), {"Na": charge, "Cl": -charge}
    charges = np.array([drive[symbol] for symbol in atoms.get_chemical_symbols()])
    field = strength / VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
    polarized = atoms.copy()
    polarized.positions[:, 2] += charges * field / ION_SPRING
    polarized.set_momenta(np.zeros_like(atoms.positions))
    protocol = FieldDriven(
        temperature_k=300, length_ps=0.1, fixed_cell=True, keep_velocities=True, frame_every=10,
        drive=Field(amplitude_v_per_m=(0.0, 0.0, strength), charges_e=drive),
    )  # fmt: skip
    springs = CalculatorPotential("ion_toys:bound_ions", {"cells": [2, 1, 1]})
    found = run(tmp_path, protocol, atoms=polarized, potential=springs)
    *_, last = found.frames()
    dipole = charges @ (last.positions - atoms.positions)[:, 2]
    assert_allclose(dipole, (charges**2).sum() * field / ION_SPRING, rtol=1e-9)
    assert_allclose(found.temperature_k, 0.0, atol=1e-12)


def test_energy_of_a_constant_field_belongs_to_the_conserved_energy(tmp_path):
    drive = Field(amplitude_v_per_m=(0.0, 1e8, 2e9), charges_e={"Ba": 1.0, "Ti": 2.0, "O": -1.0})
    protocol = FieldDriven(temperature_k=100, length_ps=1.0, timestep_fs=1, fixed_cell=True, drive=drive)
    found = run(tmp_path, protocol, atoms=build_perovskite("Ba", "Ti", (2, 2, 2), 4.0))
    change = found.conserved_energy_ev - found.conserved_energy_ev[0]
    assert np.ptp(found.potential_energy_ev) > 0.2
    assert np.abs(change).max() < 0.01


@pytest.mark.parametrize(
    ("atoms", "protocol", "message"),
    [
        (Atoms("BaTi", positions=[[0, 0, 0], [0, 0, 3]]), NPT, "periodic in all directions"),
        (Atoms("Ba", cell=[4, 4, 4], pbc=True), NPT, "at least two atoms"),
        (Atoms("BaZr", positions=[[0, 0, 0], [0, 0, 3]], cell=[4, 4, 6], pbc=True), NPT, "also has Zr"),
    ],
)
def test_structure_that_cannot_run_is_one_clear_error(tmp_path, atoms, protocol, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path / "run", protocol, atoms=atoms)
    assert not (tmp_path / "run").exists()
