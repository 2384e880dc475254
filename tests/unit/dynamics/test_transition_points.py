from __future__ import annotations

import numpy as np
import pytest

from entrox.dynamics.diagrams.ramps import TemperatureRun
from entrox.dynamics.diagrams.transition_points import RunTransitions, run_transitions, transition_points
from entrox.order import Transition

TEMPERATURES = np.arange(100.0, 400.0, 10.0)


def run_of(order: np.ndarray, error: float = 0.001) -> TemperatureRun:
    rows = len(TEMPERATURES)
    edges = np.full((rows, 3), 4.0)
    return TemperatureRun(
        temperature_k=TEMPERATURES,
        measured_k=TEMPERATURES,
        order_parameter=order,
        order_error=np.full((rows, 3), error),
        susceptibility=np.zeros(rows),
        energy_ev=np.zeros(rows),
        lattice_angstrom=edges,
        lattice_error_angstrom=np.zeros((rows, 3)),
        lattice_axis=np.tile([0, 1, 2], (rows, 1)),
        angle_deg=np.full((rows, 3), 90.0),
        n_frames=np.full(rows, 50),
        n_cells=64,
        measure="displacement of B",
        unit="angstrom",
        source="made",
    )


def tetragonal(t_c: float, size: float = 0.15, sharp_k: float = 0.0) -> np.ndarray:
    """Order along z that ends at t_c, or fades over a width."""
    order = np.zeros((len(TEMPERATURES), 3))
    fading = (TEMPERATURES < t_c).astype(float)
    if sharp_k:
        fading = 1.0 / (1.0 + np.exp((TEMPERATURES - t_c) / sharp_k))
    order[:, 2] = size * fading
    return order


def found(arrangement: int, model: int, t_k: float, error_k: float = 1.0, kind: str = "T-C") -> RunTransitions:
    change = Transition(kind=kind, direction="heating", t_low_k=t_k - 5.0, t_high_k=t_k + 5.0)
    return RunTransitions(arrangement=arrangement, model=model, transitions=(change,), block_error_k=(error_k,))


def test_a_sharp_transition_has_no_block_error() -> None:
    one = run_transitions(run_of(tetragonal(245.0)), np.random.default_rng(0))
    assert [(t.kind, t.t_low_k, t.t_high_k) for t in one.transitions] == [("T-C", 240.0, 250.0)]
    assert one.block_error_k == (0.0,)


def test_noise_moves_a_gradual_transition_by_its_slope() -> None:
    smooth = tetragonal(245.0, sharp_k=40.0)
    # at half the reference the order falls by 0.15/160 angstrom a kelvin: an error of 0.01 is some 10 K
    one = run_transitions(run_of(smooth, error=0.01), np.random.default_rng(0), min_run=1)
    steady = run_transitions(run_of(smooth, error=0.001), np.random.default_rng(0), min_run=1)
    assert 3.0 < one.block_error_k[0] < 30.0
    assert steady.block_error_k[0] < 0.6 * one.block_error_k[0]


def test_a_box_that_never_orders_has_no_transition_only_noise() -> None:
    rng = np.random.default_rng(4)
    cubic = run_of(rng.normal(0.0, 0.01, (len(TEMPERATURES), 3)), error=0.01)
    one = run_transitions(cubic, rng)
    assert one.transitions == ()
    assert "no order" in one.warnings[0]
    loud = run_transitions(run_of(rng.normal(0.0, 0.05, (len(TEMPERATURES), 3)), error=0.05), rng)
    assert loud.transitions == ()


def test_the_components_add_in_quadrature() -> None:
    runs = [found(a, m, 300.0 + 6.0 * a + 10.0 * m, error_k=2.0) for a in range(3) for m in range(2)]
    (point,) = transition_points(runs)
    assert point.t_k == pytest.approx(311.0)
    assert point.bracket_k == 5.0
    assert point.block_k == pytest.approx(1.96 * 2.0 / np.sqrt(6), rel=1e-3)
    # Student: 4.303 for three arrangements, 12.706 for two models
    assert point.arrangement_k == pytest.approx(4.303 * 6.0 / np.sqrt(3), rel=1e-3)
    assert point.committee_k == pytest.approx(12.706 * 10.0 / np.sqrt(2), rel=1e-3)
    total = np.sqrt(5.0**2 + point.block_k**2 + point.arrangement_k**2 + point.committee_k**2)
    assert (point.t_low_k, point.t_high_k) == pytest.approx((311.0 - total, 311.0 + total))
    assert (point.n_arrangements, point.n_models, point.n_runs, point.n_searched) == (3, 2, 6, 6)


def test_a_single_run_is_as_wide_as_its_bracket_and_noise() -> None:
    (point,) = transition_points([found(0, 0, 300.0, error_k=0.0)])
    assert (point.t_low_k, point.t_k, point.t_high_k) == (295.0, 300.0, 305.0)
    assert point.arrangement_k is None
    assert point.committee_k is None


def test_runs_that_do_not_show_a_transition_are_counted() -> None:
    silent = RunTransitions(arrangement=1, model=0, transitions=(), block_error_k=())
    (point,) = transition_points([found(0, 0, 300.0), silent])
    assert (point.n_runs, point.n_searched, point.n_arrangements) == (1, 2, 1)


def test_the_interval_holds_the_mean_over_arrangements_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(400):
        runs = []
        for a in range(5):
            true = 300.0 + 12.0 * rng.normal()
            low = 10.0 * np.floor((true + 3.0 * rng.normal()) / 10.0)
            runs.append(found(a, 0, low + 5.0, error_k=3.0))
        (point,) = transition_points(runs)
        held.append(point.t_low_k <= 300.0 <= point.t_high_k)
    assert np.mean(held) > 0.93
