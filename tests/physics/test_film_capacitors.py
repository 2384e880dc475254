"""Capacitors of films: closed forms, leads, dead layers, bending cycles."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film.cycles import change_over_cycles, robust_slope
from entrox.film.permittivity import (
    dead_layer,
    disk_capacitance,
    relative_permittivity,
    series_resistance,
    temperature_coefficient,
)

DEPTH, ACROSS = 400e-9, 150e-6


def test_a_capacitor_of_the_published_film():
    assert 1e12 * disk_capacitance(35.0, DEPTH, ACROSS) == pytest.approx(13.6908, rel=1e-4)
    assert float(relative_permittivity(disk_capacitance(35.0, DEPTH, ACROSS), DEPTH, ACROSS)) == pytest.approx(35.0)


def test_the_fringe_matters_for_thick_films_only():
    thin, thick = (disk_capacitance(1.0, depth, 1e-3) * depth for depth in (1e-6, 1e-4))
    assert thick / thin == pytest.approx(1.0 + 0.2 / np.pi * (np.log(80.0 * np.pi) - 1.0))
    assert float(relative_permittivity(disk_capacitance(7.0, 1e-4, 1e-3), 1e-4, 1e-3)) == pytest.approx(7.0)


def apparent(resistance, noise=0.0):
    frequency = np.geomspace(1e3, 2e7, 25)
    omega = 2.0 * np.pi * frequency
    admittance = 1.0 / (resistance + 1.0 / (1j * omega * 13.69e-12 * (1.0 - 0.02j)))
    loss = admittance.real / admittance.imag * (1.0 + noise * generator(1).standard_normal(25))
    return frequency, admittance.imag / omega, loss


def test_a_series_resistance_is_found_and_taken_out():
    frequency, capacitance, loss = apparent(500.0, noise=0.01)
    assert loss[-1] > 0.5
    found = series_resistance(frequency, capacitance, loss)
    assert abs(found.resistance - 500.0) < 3.0 * found.resistance_error + 1.0
    assert found.found
    assert np.allclose(found.capacitance, 13.69e-12, rtol=0.02)
    assert found.largest_share > 0.3
    clean = series_resistance(*apparent(0.0, noise=0.01))
    assert not clean.found
    assert clean.largest_share == pytest.approx(0.0, abs=1e-12)


def test_a_dead_layer_is_what_is_left_at_no_thickness():
    depth = np.array([100.0, 200.0, 300.0, 400.0]) * 1e-9
    each = 1.0 / (
        1.0 / np.array([disk_capacitance(35.0, t, ACROSS) for t in depth]) + 1.0 / disk_capacitance(5.0, 2e-9, ACROSS)
    )
    found = dead_layer(depth, each * (1.0 + 1e-3 * generator(2).standard_normal(4)), ACROSS)
    assert found.permittivity == pytest.approx(35.0, rel=0.02)
    assert found.layer_interval[0] < 0.4e-9 < found.layer_interval[1]
    assert found.layer_interval[0] > 0.0
    with pytest.raises(InputError, match="three thicknesses"):
        dead_layer(depth[:2], each[:2], ACROSS)


def test_the_temperature_coefficient_of_a_straight_line_is_its_slope():
    temperature = np.linspace(173.0, 473.0, 31)
    slope, error = temperature_coefficient(temperature, 35.0 * (1.0 - 2e-4 * (temperature - 323.0)))
    assert slope == pytest.approx(-2e-4)
    assert error < 1e-10


def test_one_bad_contact_does_not_move_a_robust_slope():
    x = np.arange(8.0)
    y = 0.01 * x + 0.001 * generator(3).standard_normal(8)
    spoiled = y.copy()
    spoiled[6] = 1.0
    slope, (low, high) = robust_slope(x, spoiled)
    assert slope == pytest.approx(0.01, abs=0.001)
    assert low < 0.01 < high


def test_the_interval_of_the_slope_covers_it_in_95_of_100_sets():
    x = np.arange(12.0)
    inside = []
    for key in range(400):
        low, high = robust_slope(x, 0.3 * x + generator(4, key).standard_normal(12))[1]
        inside.append(low <= 0.3 <= high)
    assert 0.93 < np.mean(inside) < 0.99


def test_verdicts_name_rises_falls_and_changes_within_the_contacts():
    cycles = [0, 10, 100, 1000]
    assert change_over_cycles(cycles, [35, 35.1, 34.9, 34.3]).verdict == "stable within 2.4 %"
    assert change_over_cycles(cycles, [35, 35.1, 35.3, 35.7]).verdict.endswith("is a rise")
    assert change_over_cycles(cycles, [35, 34, 33, 31.5]).verdict == "falls by 10 %"
    assert change_over_cycles(cycles, [35, 35.1, 34.9, 35.1], reproducibility=0.01).verdict.startswith("no change")
    with pytest.raises(InputError, match="must hold 0"):
        change_over_cycles([1, 10, 100], [35, 35, 35])
