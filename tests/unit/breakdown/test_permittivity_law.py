"""Breakdown field against permittivity."""

import numpy as np
import pytest

from entrox.breakdown import published_points, run_ensemble, stored_calibration
from entrox.breakdown.dielectric_fields import run_dielectrics
from entrox.breakdown.law_draws import calibration_draws, threshold_field_draws
from entrox.breakdown.materials import dielectric_parameters, reference_dielectric
from entrox.breakdown.permittivity_law import (
    fit_power_law,
    mcpherson_field,
    power_law_exponents,
    published_permittivity_field,
)
from entrox.core import InputError, generator

EPS = np.geomspace(3.0, 3000.0, 14)


@pytest.fixture(scope="module")
def fields():
    return run_dielectrics(generator(1), seeds=6, draws=300)


def test_mcpherson_trend_gives_the_printed_fields():
    assert np.round(mcpherson_field([3.9, 25.0]) / 1e6).tolist() == [1465.0, 446.0]


def test_published_fit_falls_much_slower_than_mcpherson():
    assert published_permittivity_field(1.0) == pytest.approx(1846e6)
    assert mcpherson_field(100.0) < published_permittivity_field(100.0)


def test_permittivity_below_one_is_refused():
    with pytest.raises(InputError, match="relative permittivity"):
        mcpherson_field(0.5)
    with pytest.raises(InputError, match="fields must be > 0"):
        fit_power_law(EPS, -np.ones(14), generator(1))


def test_exact_power_law_is_found():
    law = fit_power_law(EPS, published_permittivity_field(EPS), generator(1))
    assert law.exponent == pytest.approx(0.18)
    assert law.prefactor == pytest.approx(1846e6)
    assert law.r_squared == pytest.approx(1.0)
    assert law.field(EPS) == pytest.approx(published_permittivity_field(EPS))


def test_scatter_widens_the_interval_of_the_exponent_and_it_covers_the_truth():
    noise = np.exp(generator(2).normal(0.0, 0.2, 14))
    law = fit_power_law(EPS, mcpherson_field(EPS) * noise, generator(1))
    low, high = law.exponent_interval
    assert low < 0.64 < high
    assert (high - low) / 3.92 == pytest.approx(law.exponent_standard_error, rel=0.5)


def test_many_sets_at_once_give_the_exponents_of_each():
    sets = np.stack([mcpherson_field(EPS), published_permittivity_field(EPS)])
    exponents, r_squared = power_law_exponents(EPS, sets)
    assert exponents == pytest.approx([0.64, 0.18])
    assert r_squared == pytest.approx([1.0, 1.0])


def test_simple_oxides_break_above_perovskites(fields):
    perovskite = np.array([group == "perovskite" for group in fields.material_classes])
    assert fields.field[perovskite].max() < 0.7 * fields.field[~perovskite].min()


def test_exponent_of_the_reference_dielectrics_is_near_the_published_one_and_its_interval_holds_it(fields):
    low, high = fields.exponent_interval
    assert low < 0.18 < high
    assert low < fields.mean_free_path_exponent_interval[0] < fields.power_law.exponent
    assert fields.power_law.exponent == pytest.approx(0.18, abs=0.05)
    assert high < 0.64  # far from McPherson's trend of measured fields


def test_fields_lie_inside_their_interval_over_the_mean_free_path(fields):
    assert (fields.field_interval[:, 0] < fields.field).all()
    assert (fields.field < fields.field_interval[:, 1]).all()


def test_drawn_fields_agree_with_simulation_at_another_mean_free_path(fields):
    # the draws add the propagation at the assumed path to the law at the drawn one
    index = fields.names.index("MgO")
    parameters = dielectric_parameters(reference_dielectric("MgO"))
    other = run_ensemble(dielectric_parameters(reference_dielectric("MgO"), 2.5), generator(1), seeds=8)
    assumed = run_ensemble(parameters, generator(1), seeds=8)
    by_draw = other.threshold_law + fields.field[index] - assumed.threshold_law
    assert by_draw == pytest.approx(other.mean, rel=0.01)


def test_same_seed_gives_the_same_intervals():
    one, two = (run_dielectrics(generator(5), seeds=2, draws=20) for _ in range(2))
    assert np.array_equal(one.draws, two.draws)
    assert one.exponent_interval == two.exponent_interval


def test_drawn_calibrations_meet_the_published_fields_and_scatter_between_them():
    points = published_points()
    arguments = [[getattr(point, name) for point in points] for name in ("ionization_energy", "mean_free_path")]
    bonds = [point.bond_energy for point in points]
    drawn = threshold_field_draws(*arguments, bonds, generator(3), 400)
    assert drawn.shape == (400, 4)
    at_points = (drawn.std(axis=0) / drawn.mean(axis=0)).max()
    assert at_points < 0.01
    far = threshold_field_draws([30.0], [4.0], [100.0], generator(3), 400)
    assert far.std() / far.mean() > 2 * at_points


def test_drawn_constants_scatter_along_the_line_of_good_fits():
    stored, constants = stored_calibration(), calibration_draws(generator(4), 1000)
    assert constants.shape == (1000, 3)
    logs = np.log(constants)
    assert 0.1 < logs[:, 2].std() < 1.0
    assert logs[:, 0].std() < 0.1
    # Along the line the constants move together, far more than the fields they give.
    assert logs[:, 1].std() > 10 * 0.005
    assert abs(np.median(logs[:, 2]) - np.log(stored.amplitude_anion)) < logs[:, 2].std()
