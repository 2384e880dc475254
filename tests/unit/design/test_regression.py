"""Regression of the map, the published one, the threshold law; exponents; rank correlations; ledger rows."""

import numpy as np
import pytest

from entrox.breakdown.dielectric_fields import run_dielectrics
from entrox.core import InputError, generator
from entrox.design.ledger import read_ledger, reproduce
from entrox.design.map_ledger import LEDGER, _coefficients
from entrox.design.parameter_map import parameter_grid, run_parameter_map
from entrox.design.ranks import correlate_with_measured, rank_correlation
from entrox.design.regression import (
    PUBLISHED_COEFFICIENTS,
    compare_map,
    fit_exponents,
    fit_map,
    published_point_misses,
    published_regression,
)


@pytest.fixture(scope="module")
def dataset():
    return run_parameter_map(parameter_grid((4, 4, 5)), seeds=4)


@pytest.fixture(scope="module")
def comparison(dataset):
    return compare_map(dataset, generator(1))


@pytest.fixture(scope="module")
def dielectrics():
    return run_dielectrics(generator(1), seeds=4, draws=200)


def replace_fields(dataset, fields):
    """Return the map with other fields, the same for all seeds."""
    changed = dataset.copy(deep=True)
    changed["breakdown_fields_mv_per_m"][:] = np.asarray(fields)[..., None]
    changed["breakdown_field_mv_per_m"][:] = fields
    return changed


def grids(dataset):
    axes = [dataset[name].to_numpy() for name in ("ionization_energy", "mean_free_path", "bond_energy")]
    return np.meshgrid(*axes, indexing="ij")


def test_published_regression_misses_its_own_points_by_three_to_ten_percent() -> None:
    assert np.round(100 * published_point_misses(), 1).tolist() == [-3.0, 5.2, 9.4, 9.7]


def test_published_regression_is_refused_outside_its_box_where_it_turns_negative() -> None:
    with pytest.raises(InputError, match=r"mean_free_path.*threshold law"):
        published_regression(4.0, 40.0, 2.0)
    assert float(np.array([np.log(1.2), 60.0**-0.5, 1.0, 1.0]) @ np.array(PUBLISHED_COEFFICIENTS)) < 0


def test_map_made_by_the_published_regression_gives_its_coefficients_back(dataset) -> None:
    made = replace_fields(dataset, published_regression(*grids(dataset)))
    fit = fit_map(made, generator(1), draws=50, calibration_draws=5)
    assert fit.coefficients == pytest.approx(PUBLISHED_COEFFICIENTS)
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.rank == 4
    assert np.ptp(fit.intervals, axis=1) == pytest.approx(np.zeros(4), abs=1e-6)


def test_coefficients_of_path_and_bond_energy_agree_with_the_published_ones(comparison) -> None:
    assert abs(comparison.differences[1]) < 0.10
    assert abs(comparison.differences[2]) < 0.25


def test_coefficient_of_the_ionization_energy_is_open_within_the_calibration(comparison) -> None:
    # the four calibration points hold W_i at 4 and 5.21 eV only: what the anions do at large W_i stays open
    ours, published = comparison.ours.coefficients[0], PUBLISHED_COEFFICIENTS[0]
    low, high = comparison.ours.calibration_intervals[0]
    assert low < ours < high
    assert low < published < 1.05 * high
    assert 0.7 < ours / published < 1.1


def test_threshold_law_meets_the_map_ten_times_better_than_any_regression(comparison) -> None:
    law, ours, published = (
        comparison.law_agreement, comparison.regression_agreement, comparison.published_agreement
    )  # fmt: skip
    assert law.rms_relative < 0.01 < ours.rms_relative < published.rms_relative
    assert law.r_squared > 0.998 > ours.r_squared
    assert law.largest_relative < 0.03
    assert 10 < comparison.propagation < 40


def test_intervals_hold_the_coefficients_and_health_is_reported(comparison) -> None:
    ours = comparison.ours
    assert (ours.intervals[:, 0] < ours.coefficients).all()
    assert (ours.coefficients < ours.intervals[:, 1]).all()
    assert ours.rank == 4
    assert 5 < ours.condition < 100
    assert len(ours.residuals) == 80
    assert ours.residuals.mean() == pytest.approx(0.0, abs=1e-6)


def test_onset_falls_as_the_inverse_root_of_the_path_whatever_the_calibration(dataset) -> None:
    fit = fit_exponents(dataset, generator(1), onset=True, calibration_draws=20)
    assert fit.coefficients[1] == pytest.approx(-0.5, abs=1e-6)
    assert fit.calibration_intervals[1] == pytest.approx([-0.5, -0.5], abs=1e-6)


def test_exponents_are_below_those_of_one_kind_of_ion_and_weak_in_the_bond_energy(dataset) -> None:
    fit = fit_exponents(dataset, generator(1))
    ionization, path, bond, _ = fit.coefficients
    assert 0.2 < ionization < 0.5  # anions do not change with W_i of the cation
    assert -0.5 < path < -0.45  # the rise during the propagation does not depend on the path
    assert 0.0 < bond < 0.15
    assert (fit.intervals[:, 0] < fit.coefficients).all()
    assert (fit.coefficients < fit.intervals[:, 1]).all()


def test_map_with_a_missing_field_has_no_regression(dataset) -> None:
    fields = dataset["breakdown_field_mv_per_m"].to_numpy().copy()
    fields[0, 0, 0] = np.nan
    with pytest.raises(InputError, match="1 of 80 points"):
        fit_map(replace_fields(dataset, fields), generator(1))


def test_rank_correlation_knows_order_and_ties_and_ignores_monotone_changes() -> None:
    values = generator(1).normal(size=12)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1.0)
    assert rank_correlation(values, -values) == pytest.approx(-1.0)
    assert rank_correlation([1.0, 1.0, 2.0, 3.0], [1.0, 1.0, 2.0, 3.0]) == pytest.approx(1.0)
    assert np.isnan(rank_correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    with pytest.raises(InputError, match="two finite"):
        rank_correlation([1.0], [1.0])


def test_order_of_films_agrees_weakly_and_the_permittivity_alone_does_better(dielectrics) -> None:
    found = correlate_with_measured(dielectrics, "film", generator(2))
    assert len(found.materials) == 10
    assert found.interval[0] < found.coefficient < found.interval[1]
    assert 0.3 < found.coefficient < found.mcpherson
    assert 0.0 < found.p_value < 0.3


def test_within_a_class_the_assumed_path_is_equal_and_the_interval_admits_no_order(dielectrics) -> None:
    for group in ("perovskite", "simple oxide"):
        low, high = correlate_with_measured(dielectrics, "film", generator(2), material_class=group).interval
        assert low < 0.0 < high


def test_kinds_with_too_few_materials_give_a_reason_instead_of_a_number(dielectrics) -> None:
    for kind in ("nanoscale estimate", "crystal", "film, maximum applied field", "in-situ microscopy"):
        found = correlate_with_measured(dielectrics, kind, generator(2))
        assert found.coefficient is None
        assert "needs 4" in found.reason
    assert correlate_with_measured(dielectrics, "film", generator(2), statuses="A").coefficient is None


def test_ledger_rows_of_the_map_have_the_expected_verdicts_and_coefficients_of_the_full_map(comparison) -> None:
    ids = [row.id for row in LEDGER if row.id.startswith("breakdown.map_regression")]
    verdicts = reproduce(ids)
    assert all(verdict.as_expected for verdict in verdicts)
    assert [verdict.published for verdict in verdicts] == list(PUBLISHED_COEFFICIENTS)
    assert set(ids) <= set(read_ledger())
    assert np.array(_coefficients()) == pytest.approx(comparison.ours.coefficients, rel=0.08)
