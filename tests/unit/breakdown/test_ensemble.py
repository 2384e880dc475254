"""Ensembles: statistics over seeds, calibration, measure."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown import (
    AvalancheModel,
    calibrated_plane,
    default_settings,
    mean_parameters,
    perovskite_plane,
    published_points,
    run_ensemble,
    stored_calibration,
)
from entrox.breakdown.calibrate import calibrate
from entrox.breakdown.calibration import calibration_error
from entrox.breakdown.ensemble import mean_interval
from entrox.breakdown.ledger import LEDGER
from entrox.breakdown.measures import MEASURES
from entrox.composition import parse_formula
from entrox.core import InputError, generator

HOST = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
SM_FAMILY = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")


def test_barium_titanate_breaks_at_the_published_field():
    ensemble = run_ensemble(HOST, generator(1), seeds=32)
    assert ensemble.mean / 1e6 == pytest.approx(576, rel=0.02)
    assert ensemble.mean_interval[0] < ensemble.mean < ensemble.mean_interval[1]
    assert ensemble.onset_field == pytest.approx(ensemble.threshold_law, rel=1e-5)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_workers_change_nothing(pool):
    alone = run_ensemble(HOST, generator(1), seeds=12)
    with pool(2) as executor:
        shared = run_ensemble(HOST, generator(1), seeds=12, executor=executor)
    assert np.array_equal(alone.breakdown_fields, shared.breakdown_fields)
    assert alone.mean_interval == shared.mean_interval


def test_first_seeds_do_not_depend_on_how_many_follow():
    few = run_ensemble(HOST, generator(1), seeds=4).breakdown_fields
    assert np.array_equal(few, run_ensemble(HOST, generator(1), seeds=8).breakdown_fields[:4])


def test_a_given_plane_equal_to_the_model_plane_gives_the_same_fields():
    ours = run_ensemble(HOST, generator(1), seeds=4, plane=perovskite_plane(4.0))
    assert np.allclose(ours.breakdown_fields, run_ensemble(HOST, generator(1), seeds=4).breakdown_fields)


def test_ensemble_without_channel_has_no_mean_and_a_reason():
    ensemble = run_ensemble(HOST, generator(1), seeds=5, settings=default_settings(maximum_field=400e6))
    assert ensemble.mean is None
    assert ensemble.weibull is None
    assert "5 of 5 seeds" in ensemble.reason


def test_a_single_failed_seed_takes_the_statistics_away():
    fields = run_ensemble(HOST, generator(1), seeds=8).breakdown_fields
    cut = float(np.median(fields))
    ensemble = run_ensemble(HOST, generator(1), seeds=8, settings=default_settings(maximum_field=cut))
    assert 0 < np.isnan(ensemble.breakdown_fields).sum() < 8
    assert ensemble.mean is None
    assert ensemble.std is None
    assert ensemble.weibull is None
    assert "of 8 seeds" in ensemble.reason


def test_one_seed_gives_no_interval():
    ensemble = run_ensemble(HOST, generator(1), seeds=1)
    assert ensemble.mean is not None
    assert ensemble.mean_interval is None


@pytest.mark.parametrize("size", [3, 8, 32])
def test_interval_of_the_mean_covers_the_truth_as_often_as_it_says(size):
    pool = run_ensemble(HOST, generator(1), seeds=1500).breakdown_fields
    rng = generator(2)
    hits = 0
    for _ in range(1000):
        low, high = mean_interval(rng.choice(pool, size), 0.0)
        hits += low < pool.mean() < high
    assert 0.92 < hits / 1000 < 0.975


def test_calibration_widens_the_interval_in_quadrature():
    fields = np.array([1.0, 2.0, 3.0, 4.0])
    narrow, wide = (np.ptp(mean_interval(fields, error)) / 2 for error in (0.0, 3.0))
    assert wide == pytest.approx(np.hypot(narrow, 1.96 * 3.0))


@pytest.mark.parametrize("x", [0.1, 0.2])
def test_path_band_ends_where_runs_with_the_ends_of_the_range_do(x):
    band = run_ensemble(mean_parameters(SM_FAMILY.at(x)), generator(1), seeds=1).path_band
    ends = [
        run_ensemble(mean_parameters(SM_FAMILY.at(x), host_path=path), generator(1), seeds=1).threshold_law
        for path in (25.0, 10.0)
    ]
    assert band == pytest.approx(ends)


def test_what_the_calibration_does_not_cover_is_flagged():
    def tokens(**options):
        model = options.pop("model", None)
        return {w.split(":")[0] for w in run_ensemble(HOST, generator(1), seeds=1, model=model, **options).warnings}

    assert "uncalibrated_sample_size" not in tokens()
    assert "uncalibrated_sample_size" in tokens(model=AvalancheModel(cells=12))
    assert "uncalibrated_sample_size" in tokens(model=AvalancheModel(thickness=30))
    assert "uncalibrated_plane" not in tokens()
    assert "uncalibrated_plane" in tokens(plane=perovskite_plane(4.1))


def test_few_seeds_give_no_weibull_statistics():
    assert run_ensemble(HOST, generator(1), seeds=4).weibull is None
    assert run_ensemble(HOST, generator(1), seeds=5).weibull is not None


def test_band_over_the_host_path_brackets_the_law():
    assumed = mean_parameters(parse_formula("BaTiO3").at())
    ensemble = run_ensemble(assumed, generator(1), seeds=2)
    assert ensemble.path_band[0] < ensemble.threshold_law < ensemble.path_band[1]


def test_a_given_host_path_leaves_no_band():
    low, high = run_ensemble(HOST, generator(1), seeds=2).path_band
    assert low == high


def test_family_rises_to_a_maximum_near_one_fifth_and_falls():
    xs = [0.0, 0.1, 0.16, 0.18, 0.2, 0.22, 0.24, 0.28]
    fields = [
        run_ensemble(mean_parameters(SM_FAMILY.at(x), host_path=16.0), generator(1), seeds=8).mean / 1e6 for x in xs
    ]
    best = int(np.argmax(fields))
    assert abs(xs[best] - 0.20) <= 0.021
    assert (np.diff(fields[: best + 1]) > 0).all()
    assert (np.diff(fields[best:]) < 0).all()
    assert fields[best] > 3 * fields[0]


def test_stored_calibration_meets_the_four_published_fields():
    stored = stored_calibration()
    assert stored.converged
    assert np.abs(stored.residuals).max() < 0.01
    for point, residual in zip(published_points(), stored.residuals[:-1], strict=True):
        parameters = replace(
            HOST,
            ionization_energy=point.ionization_energy,
            mean_free_path=point.mean_free_path,
            bond_energy=point.bond_energy,
        )
        mean = run_ensemble(parameters, generator(1), seeds=64).mean
        assert mean / point.breakdown_field - 1 == pytest.approx(residual, abs=0.004)


def test_calibration_gives_back_the_stored_result():
    fresh, stored = calibrate(seeds=24, rounds=2), stored_calibration()
    assert fresh.converged
    assert fresh.ramp_rate == pytest.approx(stored.ramp_rate, rel=0.03)
    assert fresh.amplitude_cation == pytest.approx(stored.amplitude_cation, rel=0.15)
    assert np.abs(fresh.residuals).max() < 0.01


def test_calibration_needs_three_points():
    with pytest.raises(InputError, match="three points"):
        calibrate(published_points()[:2])


def test_calibration_error_is_small_inside_the_box_and_grows_outside():
    inside = calibration_error(5.21, 16.0, 5.85)
    assert 0 < inside < 0.01
    assert calibration_error(5.21, 16.0, 50.0) > inside


def test_measure_returns_all_that_it_declares():
    measure = MEASURES[0]
    values = measure.evaluate(SM_FAMILY.at(0.1), measure.settings(seeds=6), generator(3))
    assert {q.name for q in measure.quantities} <= set(values)
    assert values["breakdown_fields_mv_per_m"].shape == (6,)
    assert values["breakdown_field_low_mv_per_m"] < values["breakdown_field_mv_per_m"]
    assert any("assumed" in w for w in values["warnings"])


NOT_DECIDABLE = {
    "breakdown.film_ratio", "breakdown.fit14_exponent", "breakdown.fit14_prefactor", "breakdown.fit14_r_squared",
    "breakdown.fit14_perovskites", "breakdown.fit14_hard_oxides",
}  # fmt: skip


@pytest.mark.parametrize(
    "options", [{"alloy": "explicit", "clustering": 0.5}, {"trap_depth_ev": 0.4}, {"dimensions": 3, "cells": 3}]
)
def test_measure_knows_the_other_models(options):
    measure = MEASURES[0]
    plain = measure.evaluate(SM_FAMILY.at(0.1), measure.settings(seeds=2), generator(3))
    other = measure.evaluate(SM_FAMILY.at(0.1), measure.settings(seeds=2, **options), generator(3))
    assert other["breakdown_field_mv_per_m"] < plain["breakdown_field_mv_per_m"]


@pytest.mark.parametrize("row", [row for row in LEDGER if row.id not in NOT_DECIDABLE], ids=lambda row: row.id)
def test_ledger_rows_meet_their_tolerance(row):
    ours = row.compute()
    difference = abs(ours - row.published) / (abs(row.published) if row.relative else 1.0)
    assert difference <= row.tolerance


def test_calibration_rows_are_marked_as_such():
    predictions = {row.id.removeprefix("breakdown.") for row in LEDGER if not row.calibration}
    undecided = {name.removeprefix("breakdown.") for name in NOT_DECIDABLE}
    assert predictions - undecided == {
        "mcpherson_3p9", "mcpherson_25", "vacancy_0p8", "forty_generations", "bond_energy_ba", "bond_energy_ti",
    }  # fmt: skip


def test_model_plane_is_cached():
    assert calibrated_plane("AO") is calibrated_plane("AO")
