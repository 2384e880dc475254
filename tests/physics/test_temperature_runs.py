from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.core import EngineError, InputError
from entrox.core.blocking import settled_start
from entrox.dynamics.diagrams.ramps import temperature_run
from entrox.dynamics.protocols import Ladder, Ramp
from entrox.order import find_transitions, fit_lattice
from entrox.structure import build_perovskite
from synthetic_runs import planted_run

IDEAL = build_perovskite("Ba", "Ti", (3, 3, 2), 4.0)
MAP = fit_lattice(IDEAL, shape=(3, 3, 2))
TEMPERATURES = tuple(float(t) for t in range(100, 420, 20))


def ladder(*, heating: bool) -> Ladder:
    return Ladder(
        temperatures_k=TEMPERATURES if heating else TEMPERATURES[::-1], hold_ps=0.4, timestep_fs=2.0, frame_every=20
    )


def first_order(t_c: float):
    return lambda t, step: np.array([0.0, 0.0, 0.15 if t < t_c else 0.0])


def test_a_first_order_transition_gives_the_planted_hysteresis(tmp_path: Path) -> None:
    up = planted_run(tmp_path / "up", IDEAL, ladder(heating=True), first_order(310.0))
    down = planted_run(tmp_path / "down", IDEAL, ladder(heating=False), first_order(250.0))
    curves = [
        temperature_run(up, ladder(heating=True), MAP).curve(),
        temperature_run(down, ladder(heating=False), MAP).curve(),
    ]
    found = find_transitions(curves)
    assert [(t.kind, t.direction, t.t_low_k, t.t_high_k) for t in found.transitions] == [
        ("T-C", "heating", 300.0, 320.0),
        ("T-C", "cooling", 240.0, 260.0),
    ]
    assert found.hysteresis[0].width_k == pytest.approx(60.0)


@pytest.mark.parametrize(("heating", "t_c"), [(True, 315.0), (False, 245.0)])
def test_a_ramp_brackets_the_transition_between_two_rows(tmp_path: Path, heating: bool, t_c: float) -> None:
    low, high = (100.0, 400.0) if heating else (400.0, 100.0)
    ramp = Ramp(t_start_k=low, t_end_k=high, rate_k_per_ps=50.0, settle_ps=1.0, frame_every=20)
    run = temperature_run(planted_run(tmp_path / "run", IDEAL, ramp, first_order(t_c)), ramp, MAP, row_k=10.0)
    assert len(run.temperature_k) == 30
    assert run.temperature_k[0] == pytest.approx(105.0 if heating else 395.0)
    assert run.direction == ("heating" if heating else "cooling")
    (change,) = find_transitions(run.curve()).transitions
    assert change.t_low_k - 5.0 <= t_c <= change.t_high_k + 5.0
    assert change.half_width_k == pytest.approx(5.0)


def test_order_and_its_error_are_those_that_were_planted(tmp_path: Path) -> None:
    run = temperature_run(
        planted_run(tmp_path / "run", IDEAL, ladder(heating=True), lambda t, step: np.array([0.1, -0.05, 0.0])),
        ladder(heating=True),
        MAP,
    )
    pulls = (run.order_parameter - [0.1, -0.05, 0.0]) / run.order_error
    assert run.order_parameter == pytest.approx(np.tile([0.1, -0.05, 0.0], (16, 1)), abs=0.01)
    assert np.sqrt((pulls**2).mean()) < 1.8
    # the noise of an ion is 0.02 angstrom; six O of a cage add a sixth, shared by neighbors
    assert run.measure == "displacement of B"
    assert run.unit == "angstrom"


def test_edges_are_sorted_and_keep_their_angles(tmp_path: Path) -> None:
    shear = np.array([[1.02, 0.0, 0.0], [0.03, 0.99, 0.0], [0.0, 0.0, 1.0]])
    protocol = ladder(heating=True)
    still = lambda t, step: np.zeros(3)  # noqa: E731
    run = temperature_run(planted_run(tmp_path / "run", IDEAL, protocol, still, stretch=lambda t: shear), protocol, MAP)
    second = 4.0 * np.hypot(0.03, 0.99)
    assert run.lattice_angstrom[0] == pytest.approx([second, 4.0, 4.08])
    assert run.lattice_axis[0].tolist() == [1, 2, 0]
    assert run.angle_deg[0] == pytest.approx([90.0, np.degrees(np.arctan2(0.99, 0.03)), 90.0])


def test_a_box_that_turns_keeps_its_order_along_its_axes(tmp_path: Path) -> None:
    angle = 0.4
    turn = np.array([[np.cos(angle), np.sin(angle), 0.0], [-np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    protocol = ladder(heating=True)
    along_x = lambda t, step: np.array([0.15, 0.0, 0.0]) @ turn  # noqa: E731
    run = temperature_run(
        planted_run(tmp_path / "run", IDEAL, protocol, along_x, stretch=lambda t: turn), protocol, MAP
    )
    assert run.order_parameter == pytest.approx(np.tile([0.15, 0.0, 0.0], (16, 1)), abs=0.01)


def test_polarization_can_be_the_order_parameter(tmp_path: Path) -> None:
    charges = {"Ba": 2.0, "Ti": 4.0, "O": -2.0}
    protocol = ladder(heating=True)
    still = lambda t, step: np.array([0.0, 0.0, 0.1])  # noqa: E731
    run = temperature_run(
        planted_run(tmp_path / "run", IDEAL, protocol, still, noise=0.005), protocol, MAP, charges=charges
    )
    assert run.unit == "C/m2"
    assert run.order_parameter[:, 2] == pytest.approx(4.0 * 0.1 / 64.0 * 16.0218, rel=0.05)


def test_a_domain_that_reverses_is_named(tmp_path: Path) -> None:
    protocol = ladder(heating=True)
    flips = lambda t, step: np.array([0.0, 0.0, 0.15 if step % 200 <= 100 else -0.15])  # noqa: E731
    run = temperature_run(planted_run(tmp_path / "run", IDEAL, protocol, flips), protocol, MAP)
    assert any("reverses within" in text for text in run.warnings)
    steady = temperature_run(planted_run(tmp_path / "other", IDEAL, protocol, first_order(300.0)), protocol, MAP)
    assert steady.warnings == ()


def test_of_a_run_that_broke_off_the_complete_rows_are_used(tmp_path: Path) -> None:
    protocol = ladder(heating=True)
    run = temperature_run(
        planted_run(tmp_path / "run", IDEAL, protocol, first_order(300.0), last_step=700), protocol, MAP
    )
    assert run.temperature_k.tolist() == [100.0, 120.0, 140.0]
    with pytest.raises(EngineError, match="exploded"):
        temperature_run(
            planted_run(tmp_path / "short", IDEAL, protocol, first_order(300.0), last_step=100), protocol, MAP
        )


def test_the_start_of_a_rung_is_left_out_where_it_drifts() -> None:
    rng = np.random.default_rng(2)
    drifting = np.concatenate([np.linspace(4.0, 0.0, 50), np.zeros(150)]) + rng.normal(0.0, 0.2, 200)
    assert 30 <= settled_start(drifting) <= 80
    assert settled_start(rng.normal(size=200)) <= 60
    assert settled_start(np.array([1.0])) == 0


def test_charges_that_are_missing_are_refused_before_the_frames_are_read(tmp_path: Path) -> None:
    protocol = ladder(heating=True)
    trajectory = planted_run(tmp_path / "run", IDEAL, protocol, first_order(300.0))
    with pytest.raises(InputError, match="Ti"):
        temperature_run(trajectory, protocol, MAP, charges={"Ba": 2.0, "O": -2.0})
