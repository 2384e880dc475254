"""Laws of conduction: published coefficients, and laws recovered from points of known truth and noise."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.film.conduction import (
    exponential_trap_current,
    fowler_nordheim_current,
    poole_frenkel_current,
    schottky_coefficient,
    schottky_current,
    simmons_current,
    space_charge_current,
    trap_filled_voltage,
)
from entrox.film.leakage import fit_leakage, leakage_branches
from entrox.film.leakage_models import MODELS, Capacitor
from entrox.film.leakage_series import fit_temperature_series

FILM = Capacitor(400e-9, 300.0, static_permittivity=35.0, gap_ev=3.3)
FIELD = np.linspace(1e7, 1.2e8, 80)
HIGH = np.linspace(5e8, 1.2e9, 80)


def curve(name, field):
    return {
        "ohmic": lambda: 1e-9 * field,
        "schottky": lambda: schottky_current(field, 0.9, 5.0, 300.0),
        "poole-frenkel": lambda: poole_frenkel_current(field, 1e-3, 0.8, 5.0, 300.0),
        "fowler-nordheim": lambda: fowler_nordheim_current(field, 1.2),
        "space-charge": lambda: space_charge_current(field * 400e-9, 400e-9, 35.0, 1e-10),
    }[name]()


def noisy(values, *key):
    return values * np.exp(0.05 * generator(3, *key).standard_normal(len(values)))


TRUTH = {
    "ohmic": ("conductivity_s_per_m", 1e-9),
    "schottky": ("barrier_ev", 0.9),
    "poole-frenkel": ("coefficient_ev_per_root_v_per_m", 2.0 * schottky_coefficient(5.0)),
    "fowler-nordheim": ("barrier_ev", 1.2),
    "space-charge": ("free_mobility_m2_per_v_s", 1e-10),
}


def test_barrier_lowering_at_one_megavolt_per_centimeter():
    assert schottky_coefficient(5.0) * 1e4 == pytest.approx(0.16970, rel=1e-4)
    assert 2.0 * schottky_coefficient(5.0) * 1e4 == pytest.approx(0.33941, rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_the_law_that_made_the_points_is_selected_or_not_distinguishable(name):
    field = HIGH if name == "fowler-nordheim" else FIELD
    found = fit_leakage(field, noisy(curve(name, field), MODELS.index(name)), FILM)
    assert name in found.verdict.split(";")[0]
    assert name == found.selected or not found.distinguishable
    model = next(item for item in found.models if item.name == name)
    key, truth = TRUTH[name]
    assert model.parameters[key] == pytest.approx(truth, rel=0.03)
    assert model.scatter == pytest.approx(0.05, rel=0.3)


def test_constant_and_slope_lie_within_their_errors_as_often_as_they_should():
    inside = []
    for seed in range(100):
        found = fit_leakage(FIELD, noisy(curve("schottky", FIELD), 9, seed), FILM, models=["schottky"])
        slope, error = found.models[0].coefficients[1], found.models[0].standard_errors[1]
        inside.append(abs(slope * FILM.thermal_ev - schottky_coefficient(5.0)) < 2.0 * error * FILM.thermal_ev)
    assert 0.90 < np.mean(inside) < 0.99


def test_a_refractive_index_tells_schottky_from_poole_and_frenkel():
    measured = noisy(curve("schottky", FIELD), 20)
    gated = fit_leakage(FIELD, measured, Capacitor(400e-9, 300.0, 35.0, refractive_index=5.0**0.5))
    assert gated.selected == "schottky"
    wrong = fit_leakage(FIELD, measured, Capacitor(400e-9, 300.0, 35.0, refractive_index=1.2), models=["schottky"])
    assert wrong.models[0].flags == ("unphysical optical permittivity: far from n^2",)
    assert "flagged" in wrong.verdict
    assert wrong.selected == "schottky"


def test_an_optical_permittivity_above_the_static_one_is_unphysical():
    film = Capacitor(400e-9, 300.0, static_permittivity=3.0)
    found = fit_leakage(FIELD, curve("schottky", FIELD), film)
    schottky = next(item for item in found.models if item.name == "schottky")
    assert schottky.optical_permittivity == pytest.approx(5.0, rel=1e-6)
    assert "unphysical optical permittivity" in schottky.flags
    # no other law describes the points, so it is taken, and never without its flag
    assert found.selected == "schottky"
    assert "flagged: unphysical optical permittivity" in found.verdict


def test_a_flagged_law_gives_way_to_one_that_describes_the_points_as_well():
    field = np.linspace(5e7, 6e7, 30)
    measured = noisy(space_charge_current(field * 400e-9, 400e-9, 35.0, 1e-10), 40)
    found = fit_leakage(field, measured, FILM, models=["schottky", "space-charge"])
    assert found.selected == "space-charge"
    bent = noisy(curve("schottky", FIELD), 41)
    nothing = fit_leakage(FIELD, bent, Capacitor(400e-9, 300.0, 3.0), models=["schottky", "ohmic"])
    assert nothing.selected == "schottky"
    assert nothing.models[0].flags


@pytest.mark.parametrize("name", MODELS)
def test_parameters_lie_within_twice_their_standard_errors(name):
    field = HIGH if name == "fowler-nordheim" else FIELD
    key, truth = TRUTH[name]
    inside = []
    for seed in range(60):
        model = fit_leakage(field, noisy(curve(name, field), 50, seed), FILM, models=[name]).models[0]
        inside.append(abs(model.parameters[key] - truth) < 2.0 * model.errors[key])
    assert 0.86 <= np.mean(inside) <= 1.0


def test_simmons_has_the_slope_of_schottky_below_the_prefactor_of_poole_and_frenkel():
    measured = simmons_current(FIELD, 0.9, 5.0, 300.0, 1e-6)
    found = {item.name: item for item in fit_leakage(FIELD, measured, FILM, models=["simmons", "poole-frenkel"]).models}
    assert found["simmons"].optical_permittivity == pytest.approx(5.0)
    assert found["poole-frenkel"].optical_permittivity == pytest.approx(20.0)


def test_poole_frenkel_does_not_know_the_sign_of_the_field():
    measured = noisy(curve("poole-frenkel", FIELD), 5)
    up, down = fit_leakage(FIELD, measured, FILM), fit_leakage(-FIELD, -measured, FILM)
    assert up.models[0].aicc == down.models[0].aicc
    assert up.selected == down.selected


def test_a_change_from_ohmic_to_space_charge_is_found_where_it_is():
    field = np.geomspace(1e6, 1e8, 1000)
    ohmic, charge = 1e-9 * field, 1e-9 * field**2 / 1e7
    found = fit_leakage(field, noisy(np.where(field < 1e7, ohmic, charge), 8), FILM)
    assert [regime.model.name for regime in found.regimes] == ["ohmic", "space-charge"]
    assert found.regimes[0].high_v_per_m == pytest.approx(1e7, rel=0.1)
    assert found.regimes_aicc < found.models[0].aicc - 4.0
    single = fit_leakage(field, noisy(ohmic, 8), FILM)
    assert len(single.regimes) == 1


def test_the_local_exponent_of_a_power_law_is_its_power():
    voltage = np.geomspace(1.0, 40.0, 30)
    current = exponential_trap_current(voltage, 400e-9, 35.0, 1e-10, 1e25, 1e24, 3.0)
    found = fit_leakage(voltage / 400e-9, current, FILM, models=["trap-filling", "space-charge"])
    assert np.allclose(found.exponent, 4.0)
    assert found.models[0].parameters["trap_ratio"] == pytest.approx(3.0)
    thicker = exponential_trap_current(10.0, 800e-9, 35.0, 1e-10, 1e25, 1e24, 3.0)
    thin = exponential_trap_current(10.0, 400e-9, 35.0, 1e-10, 1e25, 1e24, 3.0)
    assert float(thin / thicker) == pytest.approx(2.0**7)


def test_traps_are_full_when_their_charge_is_that_of_the_capacitor():
    density, thickness = 1e23, 400e-9
    voltage = trap_filled_voltage(density, thickness, 35.0)
    charge = 1.602176634e-19 * density * thickness
    assert voltage == pytest.approx(charge * thickness / (2.0 * 35.0 * 8.8541878128e-12), rel=1e-6)


def test_simmons_differs_from_schottky_by_the_field_alone():
    ratio = simmons_current(FIELD, 0.9, 5.0, 300.0, 1e-6) / schottky_current(FIELD, 0.9, 5.0, 300.0)
    assert np.allclose(ratio / FIELD, ratio[0] / FIELD[0])


@pytest.mark.parametrize("name", ["schottky", "poole-frenkel"])
def test_several_temperatures_give_the_barrier(name):
    temperatures = np.repeat([280.0, 320.0, 360.0, 400.0], 30)
    field = np.tile(np.linspace(2e7, 1e8, 30), 4)
    laws = {
        "schottky": lambda e, t: schottky_current(e, 0.9, 5.0, t),
        "poole-frenkel": lambda e, t: poole_frenkel_current(e, 1e-3, 0.8, 5.0, t),
    }
    clean = np.concatenate([laws[name](field[temperatures == t], t) for t in (280.0, 320.0, 360.0, 400.0)])
    found = fit_temperature_series(field, noisy(clean, 31), temperatures, name)
    truth = {"schottky": 0.9, "poole-frenkel": 0.8}[name]
    assert abs(found.barrier_ev - truth) < 3.0 * found.barrier_error_ev < 0.05
    assert found.optical_permittivity == pytest.approx(5.0, rel=0.05)
    other = fit_temperature_series(
        field, noisy(clean, 31), temperatures, "schottky" if "po" in name else "poole-frenkel"
    )
    assert found.aicc < other.aicc
    film = Capacitor(400e-9, 300.0, 35.0, refractive_index=5.0**0.5, gap_ev=3.3)
    assert fit_temperature_series(field, clean, temperatures, name, film).flags == ()
    narrow = Capacitor(400e-9, 300.0, 35.0, refractive_index=1.1, gap_ev=0.5)
    assert set(fit_temperature_series(field, clean, temperatures, name, narrow).flags) == (
        {"barrier above the gap", "unphysical optical permittivity: far from n^2"} if name == "schottky"
        else {"barrier above the gap"}
    )  # fmt: skip


def test_a_double_sweep_falls_into_its_four_branches():
    up = np.linspace(1.0, 10.0, 10)
    sweep = np.concatenate([up, up[::-1][1:], -up, -up[::-1][1:]])
    branches = dict(leakage_branches(sweep))
    assert {name: len(points) for name, points in branches.items()} == {
        "positive up": 10, "positive down": 9, "negative up": 10, "negative down": 9,
    }  # fmt: skip


def test_points_without_current_are_counted_and_too_few_are_refused():
    current = 1e-9 * FIELD
    current[:5] *= -1.0
    assert fit_leakage(FIELD, current, FILM).n_masked == 5
    with pytest.raises(InputError, match="at least 8"):
        fit_leakage(FIELD, current, FILM, floor_a_per_m2=0.115)
    with pytest.raises(InputError, match="models must be among"):
        fit_leakage(FIELD, current, FILM, models=["magic"])
