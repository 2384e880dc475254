"""Polarization loops against closed forms: linear, lagging, leaking, drifting, noisy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import constants

from entrox.core import FormatError, InputError, generator
from entrox.film.loop import linear_energy, measure_loop, turning_points

PEAK, PERMITTIVITY = 1e8, 35.0
LINEAR = constants.epsilon_0 * PERMITTIVITY


def cycle(n=801, periods=1.0, phase=0.0):
    return PEAK * np.sin(np.linspace(phase, phase + 2.0 * np.pi * periods, n))


def test_a_linear_dielectric_gives_all_its_energy_back():
    field = PEAK * (1.0 - np.abs(np.linspace(-1.0, 1.0, 401)))
    found = measure_loop(field, LINEAR * field)
    assert found.recoverable / 1e6 == pytest.approx(1.54948, rel=1e-5)
    assert found.recoverable == pytest.approx(linear_energy(PEAK, PERMITTIVITY), rel=1e-9)
    assert found.efficiency == pytest.approx(1.0, abs=1e-12)
    assert (found.kind, found.closure_gap, found.warnings) == ("unipolar", 0.0, ())
    turned = measure_loop(-field, -LINEAR * field)
    assert (turned.recoverable, turned.p_max) == pytest.approx((found.recoverable, found.p_max))


@pytest.mark.parametrize("lag", [0.02, 0.1, 0.5])
def test_a_lagging_polarization_loses_the_area_of_its_ellipse(lag):
    time = np.linspace(-0.5 * np.pi, 3.5 * np.pi, 4001)
    found = measure_loop(PEAK * np.sin(time), LINEAR * PEAK * np.sin(time - lag))
    assert found.area == pytest.approx(np.pi * LINEAR * PEAK**2 * np.sin(lag), rel=1e-4)
    assert found.p_r == pytest.approx(LINEAR * PEAK * np.sin(lag), rel=1e-4)
    assert found.coercive_field == pytest.approx(PEAK * np.sin(lag), rel=1e-4)


def test_energies_of_the_two_branches_differ_by_what_is_lost_between_them():
    time = np.linspace(-0.5 * np.pi, 1.5 * np.pi, 4001)
    lag = 0.3
    found = measure_loop(PEAK * np.sin(time), LINEAR * PEAK * np.sin(time - lag))
    energy = LINEAR * PEAK**2
    charge = energy * (0.5 * np.cos(lag) + 0.25 * np.pi * np.sin(lag))
    assert found.total == pytest.approx(charge, rel=1e-4)
    assert found.total - found.recoverable == pytest.approx(0.5 * np.pi * energy * np.sin(lag), rel=1e-4)


def test_leakage_opens_a_loop_that_is_none_and_is_taken_out_on_request():
    time = np.linspace(0.0, 0.1, 1001)
    field = PEAK * np.sin(2.0 * np.pi * 10.0 * time)
    sigma = 3e-8
    leak = sigma * PEAK * (1.0 - np.cos(2.0 * np.pi * 10.0 * time)) / (2.0 * np.pi * 10.0)
    raw = measure_loop(field, LINEAR * field + leak, time_s=time, conductivity_s_per_m=sigma)
    assert raw.area > 0.1 * LINEAR * PEAK**2
    assert any("it is no polarization" in text for text in raw.warnings)
    clean = measure_loop(field, LINEAR * field + leak, time_s=time, conductivity_s_per_m=sigma, remove_leakage=True)
    assert clean.area < 1e-4 * raw.area
    assert clean.coercive_field == pytest.approx(0.0, abs=1e-4 * PEAK)


def test_drift_is_told_and_only_removed_on_request():
    field = cycle()
    drift = np.linspace(0.0, 0.3 * LINEAR * PEAK, len(field))
    raw = measure_loop(field, LINEAR * field + drift)
    assert raw.closure_gap == pytest.approx(0.3 * LINEAR * PEAK)
    assert any("does not close" in text for text in raw.warnings)
    straight = measure_loop(field, LINEAR * field + drift, remove_drift=True)
    assert np.allclose(straight.polarization, LINEAR * field, atol=1e-9)
    assert straight.efficiency == pytest.approx(1.0)
    assert straight.closure_gap == raw.closure_gap


def test_noise_at_the_turning_points_makes_no_branches():
    field = cycle(801, 2.0) + 0.01 * PEAK * generator(1).standard_normal(801)
    marks = turning_points(field)
    assert len(marks) == 6
    assert np.allclose(marks[1:-1], [100, 300, 500, 700], atol=12)


def test_a_switching_loop_has_its_remanence_and_coercive_field():
    branch = np.linspace(-PEAK, PEAK, 501)
    coercive, width, saturation = 2e7, 1e7, 0.3
    up = saturation * np.tanh((branch - coercive) / width)
    down = saturation * np.tanh((branch + coercive) / width)
    found = measure_loop(np.concatenate([branch, branch[::-1]]), np.concatenate([up, down[::-1]]))
    assert found.coercive_field == pytest.approx(coercive, rel=1e-3)
    assert found.p_r == pytest.approx(saturation * np.tanh(2.0), rel=0.02)
    assert found.area == pytest.approx(4.0 * saturation * coercive, rel=1e-3)
    assert found.efficiency < 0.2


def test_one_branch_is_no_loop():
    field = np.linspace(0.0, PEAK, 50)
    with pytest.raises(FormatError, match="one branch"):
        measure_loop(field, LINEAR * field)
    with pytest.raises(InputError, match="--frequency-hz"):
        measure_loop(cycle(), LINEAR * cycle(), remove_leakage=True)
    with pytest.raises(InputError, match="leaks forth leaks back"):
        measure_loop(cycle(), LINEAR * cycle(), time_s=np.arange(len(cycle())), remove_leakage=True)
    with pytest.raises(InputError, match="throughout"):
        measure_loop(cycle(), 0.0 * cycle() + 0.1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_gap_of_a_unipolar_loop_gives_the_conductivity_that_explains_it(sign):
    time = np.linspace(0.0, 1e-3, 201)
    field = sign * PEAK * np.sin(np.pi * time / 1e-3)
    leaked = 4e-7 * np.concatenate([[0.0], np.cumsum(0.5 * (field[1:] + field[:-1]) * np.diff(time))])
    found = measure_loop(field, LINEAR * field + leaked, time_s=time, remove_leakage=True)
    assert found.conductivity_of_gap == pytest.approx(4e-7, rel=1e-6)
    assert found.efficiency == pytest.approx(1.0, abs=1e-6)
    assert found.leaked_charge == pytest.approx(abs(leaked[100]), rel=1e-6)
    assert any("whole gap is taken as leakage" in text for text in found.warnings)
    with pytest.raises(InputError, match="no gap"):
        measure_loop(field, LINEAR * field - leaked, time_s=time, remove_leakage=True)


def test_energies_that_no_film_has_tell_of_a_wrong_sign():
    field = PEAK * np.sin(np.linspace(0.0, np.pi, 101))
    upside_down = measure_loop(field, -LINEAR * field)
    assert np.isnan(upside_down.efficiency)
    assert "check the sign" in upside_down.warnings[0]
    backwards = measure_loop(
        field, LINEAR * field - 0.2 * LINEAR * PEAK * (np.arange(101) > 50) * (field < 0.999 * PEAK)
    )
    assert backwards.efficiency > 1.0
    assert "more energy comes back" in backwards.warnings[0]
