"""Means of a run: the start that has not settled is left out, errors know the memory of the series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import Field, FieldDriven, Ladder, MdProtocol, Npt, Nvt, Ramp
from entrox.dynamics.runs.run_averages import run_averages
from entrox.dynamics.runs.run_remarks import run_remarks


def planted(protocol: MdProtocol, *, seed: int = 1, rows: int | None = None, **columns: Any) -> Trajectory:
    """A run with correlated noise around planted means: a memory of five rows."""
    count = protocol.n_steps // protocol.thermo_every + 1 if rows is None else rows
    rng = np.random.default_rng(seed)

    def noise(size: float) -> np.ndarray:
        series = np.zeros(count)
        kicks = rng.normal(scale=size * np.sqrt(1 - 0.8**2), size=count)
        for k in range(1, count):
            series[k] = 0.8 * series[k - 1] + kicks[k]
        return series

    cells = np.diag([16.4, 16.0, 16.2]) * (1 + noise(0.002))[:, None, None]
    values: dict[str, Any] = {
        "temperature_k": 300 + noise(5.0), "pressure_bar": noise(200.0), "potential_energy_ev": -800 + noise(1.0),
        "conserved_energy_ev": -790 + 1e-6 * np.arange(count), "cell_angstrom": cells,
    }  # fmt: skip
    values.update(columns)
    empty = np.empty(0, dtype=np.int64)
    step = protocol.thermo_every * np.arange(count)
    return Trajectory(
        folder=Path(), engine="lammps", potential="planted", status="finished", seed=1, step=step,
        time_ps=step * protocol.timestep_fs / 1000, stress_ev_per_angstrom3=np.zeros((count, 6)), deviation_step=empty,
        force_deviation_ev_per_angstrom=empty.astype(float), frames_file=Path(), frame_step=empty,
        n_steps=int(step[-1]), cpu_s=1.0, wall_s=1.0, **values,
    )  # fmt: skip


def test_means_lie_within_their_errors_of_the_planted_values() -> None:
    protocol = Npt(temperature_k=300, length_ps=40)
    z, edges = [], []
    for seed in range(40):
        (found,) = run_averages(planted(protocol, seed=seed), protocol, 320, (4, 4, 4))
        assert found.temperature_error_k is not None
        z.append((found.temperature_k - 300) / found.temperature_error_k)
        edges.append(found.lattice_angstrom)
    assert 0.7 < np.std(z) < 1.5
    np.testing.assert_allclose(np.mean(edges, axis=0), [4.0, 4.05, 4.1], atol=1e-3)


def test_edges_are_sorted_and_keep_their_axis_and_angle() -> None:
    protocol = Nvt(temperature_k=300, length_ps=10)
    cell = np.array([[16.4, 0, 0], [1.0, 16.0, 0], [0, 0, 16.2]])
    trajectory = planted(protocol, cell_angstrom=np.broadcast_to(cell, (501, 3, 3)))
    (found,) = run_averages(trajectory, protocol, 320, (4, 4, 4))
    assert found.lattice_axis.tolist() == [1, 2, 0]
    np.testing.assert_allclose(found.lattice_angstrom, np.linalg.norm(cell, axis=1)[[1, 2, 0]] / 4)
    np.testing.assert_allclose(found.angle_deg, [90.0, np.degrees(np.arctan2(16.0, 1.0)), 90.0])
    assert found.volume_angstrom3_per_atom == pytest.approx(np.linalg.det(cell) / 320)


def test_a_start_far_from_rest_does_not_pull_the_mean() -> None:
    protocol = Npt(temperature_k=300, length_ps=40)
    decay = np.exp(-np.arange(2001) / 150)
    plain = planted(protocol)
    trajectory = planted(
        protocol,
        potential_energy_ev=plain.potential_energy_ev + 60 * decay,
        temperature_k=plain.temperature_k + 200 * decay,
    )
    (found,) = run_averages(trajectory, protocol, 320)
    assert found.start_ps > 8.0
    assert found.temperature_error_k is not None
    assert abs(found.temperature_k - 300) < 4 * found.temperature_error_k
    assert abs(trajectory.temperature_k.mean() - 300) > 10


def test_each_rung_has_its_mean_and_a_ramp_keeps_all_and_has_no_drift() -> None:
    ladder = Ladder(temperatures_k=(100, 200, 300), hold_ps=4)
    temperature = np.repeat([100.0, 200.0, 300.0], 200) + np.random.default_rng(1).normal(size=600)
    found = run_averages(planted(ladder, temperature_k=np.append(temperature[:1], temperature)), ladder, 320)
    assert [round(item.temperature_k / 100) for item in found] == [1, 2, 3]
    assert [item.target_k for item in found] == [100, 200, 300]
    ramp = Ramp(t_start_k=100, t_end_k=300, rate_k_per_ps=50)
    (whole,) = run_averages(planted(ramp), ramp, 320)
    assert whole.n_rows == 200 and whole.drift_mev_per_atom_ps is None


def test_drift_is_the_slope_of_the_conserved_energy() -> None:
    protocol = Npt(temperature_k=300, length_ps=20)
    time = np.arange(1001) * 0.02
    trajectory = planted(protocol, conserved_energy_ev=-790 + 0.032 * time)
    (found,) = run_averages(trajectory, protocol, 320)
    assert found.drift_mev_per_atom_ps == pytest.approx(0.1)
    drive = Field(amplitude_v_per_m=(0, 0, 1e8), shape="ramp", charges_e={"Ba": 0.0})
    driven = FieldDriven(temperature_k=300, length_ps=20, drive=drive)
    assert run_averages(planted(driven), driven, 320)[0].drift_mev_per_atom_ps is None


def test_a_stage_that_was_not_finished_has_no_means() -> None:
    protocol = Ladder(temperatures_k=(100, 200), hold_ps=4)
    assert len(run_averages(planted(protocol, rows=300), protocol, 320)) == 1
    short = Npt(temperature_k=300, length_ps=0.1)
    assert run_averages(planted(short), short, 320) == ()


def test_remarks_say_what_applies() -> None:
    protocol = Npt(temperature_k=300, length_ps=40)
    trajectory = planted(protocol)
    stages = run_averages(trajectory, protocol, 320)
    few = run_remarks(trajectory, protocol, stages, 2880, mixed=False, learned=False)
    assert len(few) == 1 and "classical" in few[0]
    many = " ".join(run_remarks(trajectory, protocol, (), 40, mixed=True, learned=True))
    for words in ("too short", "short-ranged", "40 atoms", "one arrangement"):
        assert words in many
    drive = Field(amplitude_v_per_m=(0, 0, 1e8))
    driven = run_remarks(
        trajectory, FieldDriven(temperature_k=1, length_ps=1, drive=drive), stages, 2880, mixed=False, learned=False
    )
    assert any("fixed charges" in words for words in driven)
