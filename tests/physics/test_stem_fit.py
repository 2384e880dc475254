"""The fit of columns: errors as the Cramer-Rao bound has them, and nothing that moves a column but a displacement."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import FLAGS
from entrox.microscopy.fit.column_model import model_image
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.joint_covariance import group_covariance
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from stem_truth import sublattices_of_truth, truth_in_pixels

PM = 10.0
"""Picometres in a pixel."""
COUNTS = NoiseModel(gain=1.0)


def random_directions(cells):
    """Displacements of 15 pm [angstrom], one for each cell."""
    angle = np.random.default_rng(5).uniform(0.0, 2.0 * np.pi, len(cells))
    return 0.15 * np.column_stack([np.cos(angle), np.sin(angle)])


def picture(cells=(20, 20), seed=3, start_error=0.3, settings=None, **columns):
    """Image, sublattices and true positions [px] of a crystal."""
    truth = perovskite_columns(cells, displacement=random_directions, **columns)
    image = simulate_micrograph(truth, settings or SimulationSettings(), np.random.default_rng(seed))
    zone = columns.get("zone_axis", "001")
    found = sublattices_of_truth(truth, 0.1, zone_axis=zone, start_error_px=start_error, seed=seed)
    return image, found, truth_in_pixels(truth, 0.1)


def errors_pm(fit, found, true, site):
    """Errors of columns with a whole cage and of their vectors [pm], each with the median of the predicted error."""
    rows = np.flatnonzero((found.site == site) & (found.cage >= 0).all(axis=1))
    error = PM * (fit.position_px - true)
    members = found.cage.shape[1]
    weights = np.array([1.0] + [-1.0 / members] * members)
    covariance = np.einsum("k,nklab,l->nab", weights, fit.cage_covariance_px2[rows], weights)
    column = PM * np.sqrt(np.median(fit.covariance_px2[rows][:, [0, 1], [0, 1]]))
    vector = PM * np.sqrt(np.median(covariance[:, [0, 1], [0, 1]]))
    return error[rows], column, error[rows] - error[found.cage[rows]].mean(axis=1), vector


@pytest.fixture(scope="module")
def benchmark():
    """A crop of the benchmark image."""
    return picture()


@pytest.fixture(scope="module")
def fitted(benchmark):
    """Its fit with known noise."""
    return fit_columns(*benchmark[:2], noise=COUNTS)


@pytest.fixture(scope="module")
def small():
    """A picture of few columns."""
    return picture((6, 6), seed=8)


@pytest.mark.parametrize(
    ("likelihood", "b_sigma", "a_sigma", "vector_sigma"),
    [("gauss", 2.13, 1.17, 2.21), ("poisson", 2.13, 1.17, 2.21), ("unweighted", 2.27, 1.32, 2.37)],
)
def test_errors_are_those_of_the_cramer_rao_bound(benchmark, likelihood, b_sigma, a_sigma, vector_sigma):
    image, found, true = benchmark
    fit = fit_columns(image, found, noise=COUNTS, likelihood=likelihood)
    assert np.all(fit.flag == 0)
    b_error, b_column, d_error, d_vector = errors_pm(fit, found, true, 1)
    a_error, a_column, _, _ = errors_pm(fit, found, true, 0)
    assert b_column == pytest.approx(b_sigma, rel=0.03)
    assert a_column == pytest.approx(a_sigma, rel=0.03)
    assert d_vector == pytest.approx(vector_sigma, rel=0.03)
    for error, predicted in ((b_error, b_column), (a_error, a_column), (d_error, d_vector)):
        assert np.sqrt((error**2).mean()) == pytest.approx(predicted, rel=0.10)
        assert np.sqrt((error**2).mean(axis=0)).max() < 3.0
    assert np.abs(b_error.mean(axis=0)).max() < 0.3


def test_errors_without_background_are_those_of_the_cramer_rao_bound():
    # The fit leaves the background free, so the bound of a known background is not reached; it must lie below.
    image, found, true = picture(settings=SimulationSettings(background=0.0))
    fit = fit_columns(image, found, noise=NoiseModel(gain=1.0, read_noise=0.05))
    error, column, vector_error, vector = errors_pm(fit, found, true, 1)
    assert column > 1.41
    assert vector > 1.48
    assert np.sqrt((error**2).mean()) == pytest.approx(column, rel=0.10)
    assert np.sqrt((vector_error**2).mean()) == pytest.approx(vector, rel=0.10)


def test_normalized_errors_have_unit_variance_when_noise_is_estimated(benchmark):
    image, found, true = benchmark
    fit = fit_columns(image, found)
    assert not fit.noise_known
    assert fit.noise_gain == pytest.approx(1.0, abs=0.03)
    assert fit.read_noise < 0.4
    assert fit.noise_correlation_px == 1.0
    whole = (found.cage >= 0).all(axis=1)
    normalized = (fit.position_px - true)[whole] / np.sqrt(fit.covariance_px2[whole][:, [0, 1], [0, 1]])
    assert np.mean(normalized**2) == pytest.approx(1.0, abs=0.1)


def test_at_a_seventh_of_the_dose_no_column_is_lost():
    image, found, true = picture((25, 25), settings=SimulationSettings(dose_per_square_angstrom=300.0))
    fit = fit_columns(image, found)
    assert np.count_nonzero(fit.flag) <= 1e-3 * len(fit.flag)
    assert PM * np.abs(fit.position_px - true).max() < 40.0
    error, column, _, _ = errors_pm(fit, found, true, 1)
    assert np.sqrt((error**2).mean()) == pytest.approx(column, rel=0.12)


def test_the_joint_fit_of_a_cage_agrees_with_the_sweep(small):
    image, found, _ = small
    swept = fit_columns(image, found, noise=COUNTS)
    joint = fit_columns(image, found, noise=COUNTS, mode="joint")
    assert np.all(joint.flag == 0)
    assert 0.0 < PM * np.sqrt(np.mean((joint.position_px - swept.position_px) ** 2)) < 0.3


def test_a_column_fitted_alone_has_a_larger_error_than_one_with_its_cage(benchmark, fitted):
    image, found, _ = benchmark
    alone = fit_columns(image, found, noise=COUNTS, mode="single")
    assert np.median(alone.covariance_px2[:, 0, 0]) > 1.1 * np.median(fitted.covariance_px2[:, 0, 0])
    inner = (found.cage >= 0).all(axis=1)
    blocks = alone.cage_covariance_px2[inner]
    assert np.all(blocks[:, 0, 1] == 0.0)
    np.testing.assert_array_equal(blocks[:, 0, 0], alone.covariance_px2[inner])


def test_a_column_between_pixels_is_found_without_bias():
    settings = SimulationSettings(poisson=False)
    for offset in (0.0, 0.25, 0.5, 0.75):
        truth = perovskite_columns((4, 4), margin_angstrom=2.0 + 0.1 * offset)
        image = simulate_micrograph(truth, settings, np.random.default_rng(0))
        fit = fit_columns(image, sublattices_of_truth(truth, 0.1), noise=COUNTS)
        assert PM * np.abs(fit.position_px - truth_in_pixels(truth, 0.1)).max() < 0.02


def test_widths_include_the_integration_over_the_pixel():
    truth = perovskite_columns((4, 4))
    image = simulate_micrograph(truth, SimulationSettings(poisson=False), np.random.default_rng(0))
    fit = fit_columns(image, sublattices_of_truth(truth, 0.1), noise=COUNTS)
    expected = np.sqrt((truth.sigma_angstrom / 0.1) ** 2 + 1.0 / 12.0)
    np.testing.assert_allclose(fit.width_px[:, 0], expected, rtol=1e-4)
    electrons = 2.0 * np.pi * truth.peak * truth.sigma_angstrom**2
    np.testing.assert_allclose(fit.integrated_intensity, electrons, rtol=1e-3)


@pytest.mark.parametrize(("factor", "constant"), [(1.0, 700.0), (1.0, -3.0), (1e-4, 0.0), (5e3, 100.0)])
def test_scale_and_zero_of_the_intensity_move_nothing(small, factor, constant):
    image, found, _ = small
    other = dataclasses.replace(image, intensity=factor * image.intensity + constant)
    first, second = fit_columns(image, found), fit_columns(other, found)
    assert PM * np.abs(first.position_px - second.position_px).max() < 0.01
    np.testing.assert_allclose(second.covariance_px2, first.covariance_px2, rtol=1e-3, atol=1e-9)


def test_a_negative_image_has_the_same_columns(small):
    image, found, _ = small
    negative = dataclasses.replace(image, intensity=100.0 - image.intensity)
    bright = fit_columns(image, found)
    dark = fit_columns(negative, dataclasses.replace(found, dark=True))
    assert np.all(dark.amplitude > 0.0)
    # The noise of the negative falls with intensity, which no electron does: the weights are equal, the places alike.
    assert PM * np.sqrt(np.mean((bright.position_px - dark.position_px) ** 2)) < 1.5
    np.testing.assert_allclose(dark.background, 100.0 - bright.background, rtol=0.02)


def test_oxygen_columns_are_fitted_and_their_group_has_a_covariance():
    settings = SimulationSettings(contrast="dark", background=1.5)
    truth = perovskite_columns((12, 12), o_peak_ratio=0.35, b_sigma=0.36, a_sigma=0.40, o_sigma=0.34)
    image = simulate_micrograph(truth, settings, np.random.default_rng(4))
    found = sublattices_of_truth(truth, 0.1, dark=True, start_error_px=0.2)
    fit = fit_columns(image, found)
    true = truth_in_pixels(truth, 0.1)
    assert set(found.site) == {0, 1, 2}
    cations = np.flatnonzero((found.site == 1) & (found.cage >= 0).all(axis=1))
    normalized = (fit.position_px - true)[cations] / np.sqrt(fit.covariance_px2[cations][:, [0, 1], [0, 1]])
    assert np.mean(normalized**2) == pytest.approx(1.0, abs=0.25)
    oxygen = np.flatnonzero(found.site == 2)
    groups = [[b, *oxygen[np.argsort(np.linalg.norm(true[oxygen] - true[b], axis=1))[:4]]] for b in cations]
    block = group_covariance(image, found, fit, groups)
    flat = block.transpose(0, 1, 3, 2, 4).reshape(len(groups), 10, 10)
    assert np.all(np.linalg.eigvalsh(flat) > 0.0)


def test_the_group_of_a_cation_and_its_cage_is_the_block_of_the_fit(small):
    image, found, _ = small
    fit = fit_columns(image, found)
    rows = np.flatnonzero((found.cage >= 0).all(axis=1))
    block = group_covariance(image, found, fit, np.column_stack([rows, found.cage[rows]]))
    np.testing.assert_allclose(block, fit.cage_covariance_px2[rows], rtol=1e-8, atol=1e-12)
    with pytest.raises(InputError, match="groups"):
        group_covariance(image, found, fit, [[0, len(fit.flag)]])


def test_the_group_of_a_cage_of_two_is_the_block_of_the_fit_as_well():
    image, found, _ = picture((8, 6), zone_axis="110")
    fit = fit_columns(image, found)
    rows = np.flatnonzero((found.cage >= 0).all(axis=1))
    block = group_covariance(image, found, fit, np.column_stack([rows, found.cage[rows]]))
    np.testing.assert_allclose(block, fit.cage_covariance_px2[rows], rtol=1e-8, atol=1e-12)


def test_a_cage_of_two_in_the_110_view_has_honest_errors():
    image, found, true = picture((30, 20), zone_axis="110", a_sigma=0.36, b_sigma=0.34)
    fit = fit_columns(image, found)
    assert fit.cage_covariance_px2.shape[1:] == (3, 3, 2, 2)
    for site in (0, 1):
        error, column, vector_error, vector = errors_pm(fit, found, true, site)
        assert np.sqrt((error**2).mean()) == pytest.approx(column, rel=0.10)
        assert np.sqrt((vector_error**2).mean()) == pytest.approx(vector, rel=0.10)


@pytest.mark.parametrize(("a_sigma", "b_sigma"), [(0.47, 0.42), (0.36, 0.34)])
def test_displacements_between_close_columns_have_unit_normalized_errors(a_sigma, b_sigma):
    squares = {0: [], 1: []}
    for seed in range(4):
        image, found, true = picture((14, 14), zone_axis="110", seed=20 + seed, a_sigma=a_sigma, b_sigma=b_sigma)
        fit = fit_columns(image, found)
        weights = np.array([1.0, -0.5, -0.5])
        for site, values in squares.items():
            rows = np.flatnonzero((found.site == site) & (found.cage >= 0).all(axis=1))
            covariance = np.einsum("k,nklab,l->nab", weights, fit.cage_covariance_px2[rows], weights)
            error = (fit.position_px - true)[rows] - (fit.position_px - true)[found.cage[rows]].mean(axis=1)
            values.append(np.einsum("na,nab,nb->n", error, np.linalg.inv(covariance), error))
    for values in squares.values():
        assert np.concatenate(values).mean() / 2.0 == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("zone", "cells"), [("001", (20, 20)), ("110", (20, 16))])
def test_white_noise_has_a_correlation_area_of_one_pixel_and_smoothed_noise_its_own(zone, cells):
    image, found, _ = picture(cells, seed=11, zone_axis=zone)
    assert fit_columns(image, found).noise_correlation_px == pytest.approx(1.0, abs=0.05)
    for sigma in (0.7, 1.0):
        smooth = dataclasses.replace(image, intensity=gaussian_filter(image.intensity, sigma, mode="nearest"))
        kernel = np.zeros((41, 41))
        kernel[20, 20] = 1.0
        true = 1.0 / np.sum(gaussian_filter(kernel, sigma) ** 2)
        fit = fit_columns(smooth, found)
        assert fit.noise_correlation_px == pytest.approx(true, rel=0.15)
        assert any("filtered or resampled" in text for text in fit.warnings) == (fit.noise_correlation_px > 6.0)


def test_smoothed_noise_is_counted_with_its_correlation(benchmark):
    image, found, true = benchmark
    smooth = Micrograph(intensity=gaussian_filter(image.intensity, 1.0, mode="nearest"), pixel_size_angstrom=0.1)
    fit = fit_columns(smooth, found)
    # White noise behind a Gaussian of sigma s has the correlation area 4 pi s^2.
    assert fit.noise_correlation_px == pytest.approx(4.0 * np.pi, rel=0.1)
    assert "correlated" in fit.warnings[0]
    error, column, _, _ = errors_pm(fit, found, true, 1)
    assert np.sqrt((error**2).mean()) == pytest.approx(column, rel=0.15)


def test_the_read_noise_is_told_from_the_shot_noise():
    settings = SimulationSettings(gain_counts_per_electron=3.0, read_noise_counts=6.0)
    image, found, _ = picture(settings=settings)
    fit = fit_columns(image, found)
    assert fit.noise_gain == pytest.approx(3.0, rel=0.03)
    assert fit.read_noise == pytest.approx(6.0, rel=0.03)


def test_the_numbers_do_not_depend_on_the_threads(benchmark, fitted):
    image, found, _ = benchmark
    serial = fit_columns(image, found, noise=COUNTS, threads=1)
    threaded = fit_columns(image, found, noise=COUNTS, threads=3)
    for name in ("position_px", "covariance_px2", "cage_covariance_px2", "amplitude", "residual", "reduced_chi2"):
        np.testing.assert_array_equal(getattr(serial, name), getattr(threaded, name))


def test_pixels_without_a_value_are_left_out_and_too_many_mask_the_column(small):
    image, found, true = small
    holes = image.intensity.copy()
    column, victim = 10, 40
    x, y = np.rint(true[column]).astype(int)
    holes[y + 3 : y + 6, x - 4 : x] = np.nan
    x, y = np.rint(true[victim]).astype(int)
    holes[y - 8 : y + 8, x - 8 : x + 8] = np.inf
    fit = fit_columns(dataclasses.replace(image, intensity=holes), found)
    assert FLAGS[fit.flag[column]] == "ok"
    assert PM * np.abs(fit.position_px[column] - true[column]).max() < 10.0
    assert FLAGS[fit.flag[victim]] == "masked"
    assert np.all(np.isnan(fit.position_px[victim]))
    assert np.count_nonzero(fit.flag) == 1
    assert np.all(np.isnan(fit.cage_covariance_px2[victim]))


def test_a_start_beside_the_column_ends_on_the_bound_with_a_flag(small):
    image, found, true = small
    starts = true.copy()
    starts[20, 0] += 9.5
    fit = fit_columns(image, dataclasses.replace(found, position_px=starts))
    assert FLAGS[fit.flag[20]] == "bound"
    assert np.linalg.norm(fit.position_px[20] - starts[20]) == pytest.approx(0.5 * fit.radius_px)


def test_the_fitted_model_is_the_image_but_for_noise(small):
    image, found, _ = small
    fit = fit_columns(image, found)
    known = np.isfinite(fit.residual)
    drawn = model_image(fit)
    assert np.std((image.intensity - drawn)[known]) == pytest.approx(np.std(fit.residual[known]), rel=0.02)


def test_unknown_words_and_few_columns_are_refused(small):
    image, found, _ = small
    for word in ({"mode": "fast"}, {"shape": "square"}, {"likelihood": "huber"}, {"radius": -1.0}, {"radius": 1.0}):
        with pytest.raises(InputError):
            fit_columns(image, found, **word)
    with pytest.raises(InputError, match="zero"):
        NoiseModel(gain=0.0)
