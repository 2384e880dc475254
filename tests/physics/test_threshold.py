"""The threshold law: closed form, limits, monotony, and the avalanche's onset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.breakdown import (
    AvalancheSettings,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    initial_state,
    mie_factor,
    seitz_field,
    single_kind_threshold_field,
    stored_calibration,
    threshold_field,
    uniform_properties,
)
from entrox.breakdown.calibration import ANION_IONIZATION_ENERGY
from entrox.core import InputError, generator

CALIBRATION = stored_calibration()
LAW = dict(
    ramp_rate=CALIBRATION.ramp_rate,
    amplitude_cation=CALIBRATION.amplitude_cation,
    amplitude_anion=CALIBRATION.amplitude_anion,
    anion_ionization_energy=ANION_IONIZATION_ENERGY,
    coupling=CALIBRATION.coupling,
)
BOX = dict(
    ionization_energy=st.floats(4.0, 10.0), mean_free_path=st.floats(4.0, 16.0), bond_energy=st.floats(2.0, 10.0)
)


def test_starting_constants_give_the_four_published_fields_within_their_stated_error():
    fields = threshold_field(
        [5.21, 5.21, 4.0, 4.0],
        [16.0, 4.0, 4.0, 4.0],
        [5.85, 5.85, 10.0, 2.0],
        ramp_rate=11.5e18,
        amplitude_cation=np.sqrt(7.8e-4),
        amplitude_anion=np.sqrt(2.7e-3),
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
    )
    assert np.abs(fields / 1e6 / [576, 1128, 1035, 935] - 1).max() < 0.0115


@given(**BOX)
@settings(max_examples=50, deadline=None)
def test_root_satisfies_the_law(ionization_energy, mean_free_path, bond_energy):
    field = threshold_field(ionization_energy, mean_free_path, bond_energy, **LAW)
    exponent = mean_free_path * 1e-10 * 1e12 * field**2 / (2 * CALIBRATION.ramp_rate)
    a = CALIBRATION.amplitude_cation * np.exp(exponent / ionization_energy)
    b = CALIBRATION.amplitude_anion * np.exp(exponent / ANION_IONIZATION_ENERGY)
    assert a * a + 2 * CALIBRATION.coupling * a * b + b * b == pytest.approx(bond_energy, rel=1e-10)


@given(**BOX)
@settings(max_examples=50, deadline=None)
def test_onset_rises_with_ionization_and_bond_energy_and_falls_with_the_mean_free_path(
    ionization_energy, mean_free_path, bond_energy
):
    base = threshold_field(ionization_energy, mean_free_path, bond_energy, **LAW)
    assert threshold_field(ionization_energy * 1.01, mean_free_path, bond_energy, **LAW) > base
    assert threshold_field(ionization_energy, mean_free_path * 1.01, bond_energy, **LAW) < base
    assert threshold_field(ionization_energy, mean_free_path, bond_energy * 1.01, **LAW) > base


@given(factor=st.floats(0.1, 10.0), **BOX)
@settings(max_examples=30, deadline=None)
def test_onset_goes_as_the_inverse_root_of_the_mean_free_path(factor, ionization_energy, mean_free_path, bond_energy):
    ratio = threshold_field(ionization_energy, mean_free_path * factor, bond_energy, **LAW) / threshold_field(
        ionization_energy, mean_free_path, bond_energy, **LAW
    )
    assert ratio == pytest.approx(factor**-0.5, rel=1e-9)


def test_law_of_two_kinds_tends_to_the_explicit_law_of_one():
    weak = {**LAW, "amplitude_anion": 1e-12}
    one = single_kind_threshold_field(
        5.21, 16.0, 5.85, ramp_rate=CALIBRATION.ramp_rate, amplitude=CALIBRATION.amplitude_cation
    )
    assert threshold_field(5.21, 16.0, 5.85, **weak) == pytest.approx(float(one), rel=1e-9)


def test_explicit_law_is_the_logarithm_it_claims():
    field = single_kind_threshold_field(5.0, 10.0, 4.0, ramp_rate=1e19, amplitude=0.1)
    assert float(field) == pytest.approx(np.sqrt(1e19 * 5.0 * np.log(4.0 / 0.01) / (1e12 * 10.0e-10)), rel=1e-12)


def test_only_the_ratio_of_ramp_and_attempt_rate_matters():
    double = threshold_field(5.21, 16.0, 5.85, **{**LAW, "ramp_rate": 4 * CALIBRATION.ramp_rate})
    assert double == pytest.approx(2 * threshold_field(5.21, 16.0, 5.85, **LAW), rel=1e-10)


@pytest.mark.parametrize("path", [4.0, 16.0])
@pytest.mark.parametrize("bond", [2.0, 5.85, 10.0])
def test_avalanche_onset_equals_the_threshold_law_in_the_perfect_crystal(path, bond):
    sample = build_sample(calibrated_plane(), (5, 5))
    properties = uniform_properties(
        sample,
        ionization_energy=5.21,
        anion_ionization_energy=ANION_IONIZATION_ENERGY,
        mean_free_path=path,
        bond_energy=bond,
    )
    state = initial_state(
        sample,
        calibrated_forms(),
        properties,
        calibrated_patterns(),
        AvalancheSettings(ramp_rate=CALIBRATION.ramp_rate),
        generator(1),
    )
    law = threshold_field(5.21, path, bond, **LAW)
    assert state.onset_field == pytest.approx(float(law), rel=1e-5)


def test_forty_generations_lie_about_two_and_a_half_times_higher():
    field = float(seitz_field(5.21, 16.0, ramp_rate=11.5e18)) / 1e6
    assert field == pytest.approx(1441, rel=0.005)


def test_law_never_turns_negative_outside_the_box():
    fields = threshold_field(np.array([1.0, 2.0, 30.0]), 200.0, 0.1, **LAW)
    assert (fields > 0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("ionization_energy", 0.0), ("mean_free_path", -4.0), ("mean_free_path", np.nan), ("ramp_rate", 0.0)],
)
def test_nonpositive_quantities_are_refused_by_name(name, value):
    arguments = dict(ionization_energy=5.0, mean_free_path=10.0, bond_energy=5.0, **LAW)
    arguments[name] = value
    with pytest.raises(InputError, match=name):
        threshold_field(**arguments)


def test_bond_weaker_than_the_initial_energy_is_refused():
    with pytest.raises(InputError, match="bond_energy"):
        threshold_field(5.0, 10.0, 1e-6, **LAW)


def test_mie_factor_is_one_without_strain_and_falls_on_both_sides():
    assert mie_factor(1.0) == pytest.approx(1.0)
    assert mie_factor(1.05) < 1.0
    assert mie_factor(0.95) < 1.0


def test_mie_factor_has_no_slope_at_the_ideal_length():
    step = 1e-5
    slope = (mie_factor(1 + step) - mie_factor(1 - step)) / (2 * step)
    assert abs(float(slope)) < 1e-8


@pytest.mark.parametrize("exponents", [(2, 1), (0, 2)])
def test_unordered_mie_exponents_are_refused(exponents):
    with pytest.raises(InputError, match="exponents"):
        mie_factor(1.0, exponents)
