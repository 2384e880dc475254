"""The input of LAMMPS for every protocol, as text."""

from __future__ import annotations

from typing import Any

import pytest
from ase.build import bulk

from entrox.core import InputError
from entrox.dynamics.lammps.input_text import batch_input, lammps_input
from entrox.dynamics.potential import CalculatorPotential, DeepmdPotential, LennardJones
from entrox.dynamics.protocols import Field, FieldDriven, Ladder, MdProtocol, Npt, Nve, Nvt, Ramp

ARGON = LennardJones(0.01, 3.4, 8.5)
CRYSTAL = bulk("NaCl", "rocksalt", a=5.6, cubic=True)


def written(protocol: MdProtocol, **settings: Any) -> list[str]:
    return lammps_input(CRYSTAL, protocol, ARGON, **settings).splitlines()


def stage_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("fix stage", "run", "unfix stage"))]


def test_the_whole_cell_moves_at_constant_pressure_and_never_jumps() -> None:
    lines = written(Npt(temperature_k=300, length_ps=2, pressure_bar=1000))
    assert "fix stage_0 all npt temp 300.0 300.0 0.2 tri 1000 1000 2.0 flip no" in lines
    assert "run 1000 upto start 0 stop 1000" in lines
    assert "timestep 0.002" in lines
    assert lines.index("read_data start.data") < lines.index("pair_style lj/cut 8.5")


def test_the_other_ensembles_are_theirs() -> None:
    assert "fix stage_0 all nve" in written(Nve(temperature_k=300, length_ps=1))
    assert "fix stage_0 all nvt temp 300.0 300.0 0.1" in written(Nvt(temperature_k=300, length_ps=1, thermostat_ps=0.1))


def test_a_ramp_goes_over_the_whole_of_its_stage_also_after_a_checkpoint() -> None:
    protocol = Ramp(t_start_k=100, t_end_k=300, rate_k_per_ps=100, settle_ps=1)
    whole = stage_lines(written(protocol))
    assert whole[3:] == [
        "fix stage_1 all npt temp 100 300 0.2 tri 0.0 0.0 2.0 flip no",
        "run 1500 upto start 500 stop 1500",
        "unfix stage_1",
    ]
    assert stage_lines(written(protocol, restart="../part_000/x", restart_step=700)) == whole[3:]


def test_a_checkpoint_goes_on_with_the_stages_that_are_left() -> None:
    protocol = Ladder(temperatures_k=(100, 200, 300), hold_ps=1)
    whole = stage_lines(written(protocol))
    assert stage_lines(written(protocol, restart="x", restart_step=300)) == whole
    assert stage_lines(written(protocol, restart="x", restart_step=500)) == whole[3:]
    assert stage_lines(written(protocol, restart="x", restart_step=1500)) == whole[6:]
    lines = written(protocol, restart="../part_000/checkpoint.300.restart", restart_step=300)
    assert "read_restart ../part_000/checkpoint.300.restart" in lines
    assert not any(line.startswith(("read_data", "velocity")) for line in lines)


def test_a_run_is_halted_far_above_its_highest_temperature() -> None:
    (halt,) = [line for line in written(Ladder(temperatures_k=(100, 200), hold_ps=1)) if " halt " in line]
    assert halt == "fix hot all halt 10 v_temperature > 1000.0 error soft message yes"


def test_rows_frames_and_checkpoints_come_as_often_as_asked() -> None:
    protocol = Nve(temperature_k=300, length_ps=1, thermo_every=7, frame_every=11, checkpoint_every=13)
    lines = written(protocol)
    assert "thermo 7" in lines and "restart 13 checkpoint.*.restart" in lines
    assert any(line.startswith("dump frames all custom 11 frames.dump id xu yu zu") for line in lines)


@pytest.mark.parametrize(
    ("settings", "strength"),
    [
        ({"shape": "constant"}, '"1.0"'),
        ({"shape": "ramp"}, '"step*dt/2.0"'),
        ({"shape": "sine", "period_ps": 0.5}, '"sin(2.0*PI*step*dt/0.5)"'),
    ],
)  # fmt: skip
def test_a_field_has_its_course_and_its_energy(settings: dict[str, Any], strength: str) -> None:
    drive = Field(amplitude_v_per_m=(0, 0, 1e8), charges_e={"Na": 1.0, "Cl": -1.0}, **settings)
    protocol = FieldDriven(temperature_k=300, length_ps=2, drive=drive)
    lines = written(protocol)
    assert f"variable strength equal {strength}" in lines
    assert "fix_modify drive energy yes" in lines
    values = next(line for line in lines if line.startswith("fix field_values"))
    assert "read_data start.data fix field_values NULL FieldDrive" in lines
    again = written(protocol, restart="x", restart_step=10)
    assert again.index(values) > again.index("read_restart x")


def test_models_are_named_in_full_with_their_deviation(tmp_path: Any) -> None:
    paths = tuple(tmp_path / f"model_{number}.pb" for number in range(2))
    for path in paths:
        path.write_bytes(b"")
    potential = DeepmdPotential(paths, ("Na", "Cl"))
    text = lammps_input(CRYSTAL, Npt(temperature_k=300, length_ps=1, deviation_every=25), potential)
    assert f"pair_style deepmd {paths[0]} {paths[1]} out_file deviation.out out_freq 25" in text
    assert "pair_coeff * * Cl Na" in text


def test_runs_of_one_process_set_the_force_field_up_once() -> None:
    protocols = [Npt(temperature_k=t, length_ps=1) for t in (100, 200, 300)]
    text = batch_input(CRYSTAL, protocols, ARGON, ["../000", "../001", "../002"])
    assert text.count("pair_style") == text.count("read_data") == 1
    assert text.count("read_dump") == text.count("reset_timestep 0") == text.count("timer timeout off") == 2
    assert [line for line in text.splitlines() if line.startswith("log")] == [
        f"log ../00{number}/log.lammps" for number in range(3)
    ]


def test_a_calculator_of_python_is_refused() -> None:
    with pytest.raises(InputError, match="--engine ase"):
        lammps_input(CRYSTAL, Nve(temperature_k=300, length_ps=1), CalculatorPotential("ase.calculators.emt:EMT"))
