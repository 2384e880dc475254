"""The input of LAMMPS for a Langevin bath and a stretched cell, and that the program takes it."""

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import InputError, MissingExtraError
from entrox.dynamics import Bath, LammpsEngine, LennardJones, Nvt, Stretching, lammps_input
from entrox.dynamics.lammps.program import find_lammps

ARGON = LennardJones(0.0104, 3.40, 8.0)
CRYSTAL = bulk("Ar", cubic=True, a=5.3).repeat(3)


def _lines(protocol, **settings):
    return lammps_input(CRYSTAL, protocol, ARGON, **settings).splitlines()


def test_a_bath_is_friction_and_kicks_beside_plain_motion():
    ramp = Bath(temperature_k=300.0, end_temperature_k=30.0, length_ps=1.0)
    lines = _lines(ramp, seed=41)
    assert "fix stage_0 all nve" in lines
    assert "fix stage_0_bath all langevin 300.0 30.0 0.05 42 zero yes" in lines
    assert "unfix stage_0_bath" in lines
    assert any("v_temperature > 600.0" in line for line in lines)


def test_a_run_taken_up_again_gets_other_kicks():
    bath = Bath(temperature_k=300.0, length_ps=1.0)
    first = [line for line in _lines(bath, seed=41) if "langevin" in line]
    later = [line for line in _lines(bath, seed=41, restart="x.restart", restart_step=100) if "langevin" in line]
    assert first != later


def test_chains_are_written_as_before():
    assert "fix stage_0 all nvt temp 300.0 300.0 0.2" in _lines(Nvt(temperature_k=300.0, length_ps=1.0))


def test_a_stretched_cell_is_deformed_at_its_rate_after_its_rest():
    pulled = Stretching(temperature_k=20.0, strain=0.05, rate_per_ps=0.5, settle_ps=0.1, axis=1, frame_every=10)
    lines = _lines(pulled)
    assert "fix stage_1_pull all deform 1 y erate 0.5 remap x" in lines
    assert not any("stage_0_pull" in line for line in lines)


@pytest.mark.parametrize("bath", [True, False])
def test_free_sides_have_a_barostat_with_the_bath_and_without(bath):
    free = Stretching(
        temperature_k=75.0, strain=0.05, rate_per_ps=0.5, lateral="free", bath=bath, axis=1, barostat_ps=0.05
    )
    lines = _lines(free)
    assert "fix stage_0 all nph x 0.0 0.0 0.1 z 0.0 0.0 0.1 drag 1.0" in lines
    assert any("langevin" in line for line in lines) == bath


def test_lammps_stretches_and_heats_as_told(tmp_path):
    try:
        find_lammps()
    except MissingExtraError as error:
        pytest.skip(str(error))
    pulled = Stretching(
        temperature_k=20.0, strain=0.04, rate_per_ps=0.2, settle_ps=0.2, timestep_fs=2.0, frame_every=20,
        thermo_every=1, hot_factor=10.0,
    )  # fmt: skip
    run = LammpsEngine().run(CRYSTAL, pulled, ARGON, tmp_path / "run", seed=3)
    assert run.finished
    stretched = run.cell_angstrom[:, 0, 0] / run.cell_angstrom[0, 0, 0] - 1.0
    assert stretched[100] == pytest.approx(0.0, abs=1e-9)
    assert stretched[-1] == pytest.approx(0.04, rel=1e-6)
    assert run.temperature_k[50:].mean() == pytest.approx(20.0, rel=0.3)
    assert run.cell_angstrom[-1, 1, 1] == pytest.approx(15.9)


def test_free_sides_of_lammps_shrink_until_they_carry_nothing(tmp_path):
    try:
        find_lammps()
    except MissingExtraError as error:
        pytest.skip(str(error))
    pulled = Stretching(
        temperature_k=20.0, strain=0.02, rate_per_ps=0.02, lateral="free", timestep_fs=2.0, thermo_every=1,
        barostat_ps=0.05, hot_factor=10.0,
    )  # fmt: skip
    run = LammpsEngine().run(CRYSTAL, pulled, ARGON, tmp_path / "run", seed=3)
    assert run.finished
    stress = run.stress_ev_per_angstrom3[len(run.step) // 2 :]
    assert abs(stress[:, 1:3].mean()) < 0.15 * np.ptp(run.stress_ev_per_angstrom3[:, 0])
    assert run.cell_angstrom[-1, 1, 1] != pytest.approx(15.9, abs=1e-3)


def test_impossible_protocols_are_refused():
    with pytest.raises(InputError, match="strain other than 0"):
        Stretching(temperature_k=20.0, strain=0.0, rate_per_ps=0.2)
    with pytest.raises(InputError, match="friction_per_fs"):
        Bath(temperature_k=300.0, length_ps=1.0, friction_per_fs=0.0)
    bath = Bath(temperature_k=300.0, length_ps=1.01, timestep_fs=2.0, frame_every=25)
    assert bath.n_steps == 500
    assert np.isclose(bath.guard.hottest_k, 600.0)
