"""Row jitter of a scan: what it does to columns and vectors, and what the image tells of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array

from entrox.core import InputError
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.scan.distortion import (
    RowJitter,
    _likeliest,
    _row_scores,
    correct_row_jitter,
    row_information,
    row_jitter,
)
from entrox.microscopy.scan.jitter_covariance import (
    column_jitter_variance,
    jitter_covariance,
    jitter_products,
    with_row_jitter,
)
from entrox.microscopy.scan.row_weights import row_weights
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import detected, expected_electrons, row_shifts_px, simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.image_correlation import image_correlation
from stem_fits import fit_of_truth
from stem_linear_fit import linear_fit
from stem_truth import sublattices_of_truth

JITTER_PX = 0.3


def shaken_image(
    truth: ColumnTruth, seed: int, *, poisson: bool = True, jitter_pm: float = 3.0
) -> tuple[Micrograph, SimulationSettings]:
    settings = SimulationSettings(row_jitter_pm=jitter_pm, poisson=poisson)
    return simulate_micrograph(truth, settings, np.random.default_rng(seed)), settings


def test_the_closed_form_of_one_column_is_that_of_the_specification() -> None:
    assert np.sqrt(column_jitter_variance(0.3, 4.5)) == pytest.approx(0.089, abs=5e-4)
    likelihood = column_jitter_variance(0.3, 4.5, estimator="likelihood")
    assert likelihood == pytest.approx(0.09 / (2 * np.sqrt(np.pi) * 4.5))
    with pytest.raises(InputError, match="estimator"):
        column_jitter_variance(0.3, 4.5, estimator="fit")


def test_unweighted_columns_listen_to_rows_within_their_sigma_over_root_two() -> None:
    truth = perovskite_columns((6, 6))
    fit, _ = fit_of_truth(truth, 0.1)
    widths = np.asarray(truth.sigma_angstrom) / 0.1
    for estimator, factor in (("unweighted", np.sqrt(0.5)), ("likelihood", 1.0)):
        found = row_weights(fit, estimator=estimator).effective_width_px
        assert found == pytest.approx(factor * widths, rel=1e-3)
    # the noise of a real fit lies between: a background makes tails worth less than Poisson noise alone
    own = row_weights(fit).effective_width_px / widths
    assert (own > np.sqrt(0.5)).all()
    assert (own < 1.0).all()
    bare = row_weights(replace(fit, background=np.zeros_like(fit.background), radius_px=30.0)).effective_width_px
    assert bare == pytest.approx(widths, rel=0.02)


def test_a_column_of_sigma_4_5_px_moves_by_0_089_px_along_the_rows_and_not_across() -> None:
    # one sigma for both kinds of column, and one height: all columns alike
    truth = perovskite_columns((14, 14), a_sigma=0.45, b_sigma=0.45, b_peak_ratio=1.0, rotation_deg=15.0)
    along, across = [], []
    for seed in range(3):
        image, settings = shaken_image(truth, seed, poisson=False)
        fit, _ = linear_fit(image, truth, settings, weighted=False)
        away = fit.position_px - fit_of_truth(truth, 0.1)[0].position_px
        along.append(away[:, 0])
        across.append(away[:, 1])
    expected = np.sqrt(column_jitter_variance(JITTER_PX, 4.5))
    assert np.std(along) == pytest.approx(expected, rel=0.1)
    assert np.std(across) < 0.05 * expected


@pytest.mark.parametrize("turn", [pytest.param(0.0, marks=pytest.mark.long), 15.0, 45.0])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_vector_follows_the_closed_form_at_any_rotation(turn: float, weighted: bool) -> None:
    # a strip: what averages is rows of atoms, not columns in a row
    truth = perovskite_columns((3, 30), rotation_deg=turn)
    settings = SimulationSettings(row_jitter_pm=3.0, poisson=False)
    squares = []
    for seed in range(8):
        image = simulate_micrograph(truth, settings, np.random.default_rng(seed))
        fit, sublattices = linear_fit(image, truth, settings, weighted=weighted)
        vectors = column_displacements(fit, sublattices)
        squares.append((vectors.vector_px**2).mean(axis=0))
    predicted = jitter_covariance(vectors, fit, JITTER_PX, estimator="fit" if weighted else "unweighted")
    along, across = np.sqrt(np.mean(squares, axis=0))
    assert along == pytest.approx(np.sqrt(predicted[:, 0, 0].mean()), rel=0.1)
    assert across < 0.06 * along
    assert (predicted[:, 1, 1] == 0.0).all()


def test_jitter_along_the_other_axis_moves_the_other_component() -> None:
    truth = perovskite_columns((8, 8))
    fit, sublattices = fit_of_truth(truth, 0.1)
    vectors = column_displacements(fit, sublattices)
    x, y = (jitter_covariance(vectors, fit, JITTER_PX, fast_axis=axis) for axis in "xy")
    assert x[:, 0, 0] == pytest.approx(y[:, 1, 1], rel=1e-6)
    assert (y[:, 0, 0] == 0.0).all()
    with pytest.raises(InputError, match="fast_axis"):
        jitter_covariance(vectors, fit, JITTER_PX, fast_axis="z")


@pytest.mark.parametrize("turn", [0.0, 15.0])
def test_the_jitter_of_a_noisy_image_is_measured_with_its_noise_taken_off(turn: float) -> None:
    truth = perovskite_columns((12, 12), rotation_deg=turn)
    image, settings = shaken_image(truth, 11)
    fit, _ = linear_fit(image, truth, settings)
    found = row_jitter(image, fit)
    assert found.detected
    assert found.variance_px2 == pytest.approx(JITTER_PX**2, abs=4 * found.variance_error_px2)
    assert found.variance_error_px2 < 0.2 * JITTER_PX**2
    assert found.noise_factor == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize("turn", [0.0, 15.0])
def test_without_noise_the_rows_show_the_whole_jitter(turn: float) -> None:
    truth = perovskite_columns((8, 8), rotation_deg=turn)
    settings = SimulationSettings(pixel_size_pm=20.0, poisson=False)
    shape = np.rint(truth.extent_angstrom[::-1] / 0.2).astype(int)
    rng = np.random.default_rng(0)
    shifts = rng.normal(0.0, 0.3, shape[0])
    image = detected(expected_electrons(truth, settings, shifts), settings, rng)
    fit = fit_columns(image, sublattices_of_truth(truth, 0.2), noise=NoiseModel(gain=1.0), threads=1)
    expected = row_information(fit, "x") @ shifts
    found = _row_scores(np.asarray(image.intensity), fit, "x")
    # without the rims of the patches it was 0.9
    assert found @ expected / (expected @ expected) == pytest.approx(1.0, abs=0.015)
    assert np.corrcoef(found, expected)[0, 1] > 0.999


@pytest.mark.long
@pytest.mark.parametrize("turn", [0.0, 15.0])
def test_the_jitter_of_fitted_images_has_no_bias(turn: float) -> None:
    truth = perovskite_columns((12, 12), rotation_deg=turn)
    ratios = []
    for seed in range(8):
        settings = SimulationSettings(pixel_size_pm=20.0, row_jitter_pm=8.0)
        image = simulate_micrograph(truth, settings, np.random.default_rng(seed))
        drawn = row_shifts_px(image.intensity.shape, settings, np.random.default_rng(seed))
        fit = fit_columns(image, sublattices_of_truth(truth, 0.2), threads=1)
        ratios.append(row_jitter(image, fit).variance_px2 / drawn.var())
    assert np.mean(ratios) == pytest.approx(1.0, abs=3.0 * np.std(ratios, ddof=1) / np.sqrt(8))
    assert np.std(ratios, ddof=1) < 0.3


def test_strong_jitter_is_not_lost_between_jitter_and_noise() -> None:
    truth = perovskite_columns((20, 20))
    image, settings = shaken_image(truth, 0, jitter_pm=10.0)
    drawn = row_shifts_px(image.intensity.shape, settings, np.random.default_rng(0))
    found = row_jitter(image, fit_columns(image, sublattices_of_truth(truth, 0.1), threads=1))
    assert found.sigma_px == pytest.approx(drawn.std(), rel=0.08)
    assert found.detected


def test_combinations_that_jitter_hardly_moves_do_not_make_it_smaller() -> None:
    rng = np.random.default_rng(3)
    # 256 rows that know their shift more or less well, and 128 that say little but hold thirty times the noise
    known = np.concatenate([rng.uniform(10.0, 200.0, 256), rng.uniform(0.3, 2.0, 128)])
    score = rng.normal(size=384) * np.sqrt(0.09 * known**2 + known * np.where(known > 5.0, 1.0, 30.0))
    order = rng.permutation(384)
    variance, error, factor = _likeliest(csr_array(diags_array(known[order])), score[order])
    assert variance == pytest.approx(0.09, abs=2.0 * error)
    assert error < 0.2 * 0.09
    # what the model misses is told all the same
    assert factor > 3.0


def test_a_steady_scan_has_no_jitter() -> None:
    truth = perovskite_columns((20, 20), rotation_deg=15.0)
    image, settings = shaken_image(truth, 12, jitter_pm=0.0)
    fit, _ = linear_fit(image, truth, settings)
    found = row_jitter(image, fit)
    assert not found.detected
    assert abs(found.variance_px2) < 4 * found.variance_error_px2
    assert found.sigma_px < 0.1


def test_the_correction_takes_off_what_the_image_shows_of_the_jitter() -> None:
    truth = perovskite_columns((14, 14), rotation_deg=15.0)
    settings = SimulationSettings(row_jitter_pm=6.0, poisson=False)
    rng = np.random.default_rng(13)
    shape = np.rint(truth.extent_angstrom[::-1] / 0.1).astype(int)
    shifts = rng.normal(0.0, 0.6, shape[0])
    # ten times the dose: jitter, not electrons, limits the vectors
    bright = SimulationSettings(dose_per_square_angstrom=20000.0)
    image = detected(expected_electrons(truth, bright, shifts), bright, rng)
    dim = replace(truth, peak=10.0 * truth.peak)
    fit, sublattices = linear_fit(image, dim, settings)
    vectors = column_displacements(fit, sublattices)
    found = row_jitter(image, fit)
    assert found.sigma_px == pytest.approx(0.6, rel=0.15)
    mended, _ = linear_fit(correct_row_jitter(image, found), dim, settings)
    after = column_displacements(mended, sublattices)
    before_rms, after_rms = (v.vector_px[:, 0].std() for v in (vectors, after))
    assert after_rms < 0.6 * before_rms
    remaining = jitter_covariance(vectors, fit, found, corrected=True)
    noise = after.vector_px[:, 1].std()
    assert after_rms == pytest.approx(np.sqrt(remaining[:, 0, 0].mean() + noise**2), rel=0.25)


def test_pixels_without_a_value_stay_without_one_after_the_correction() -> None:
    truth = perovskite_columns((10, 10))
    image, settings = shaken_image(truth, 5)
    fit, _ = linear_fit(image, truth, settings)
    found = row_jitter(image, fit)
    holed = np.array(image.intensity)
    holed[20, 30] = np.nan
    mended = correct_row_jitter(replace(image, intensity=holed), found)
    assert np.isnan(mended.intensity[20, 30])
    assert np.isnan(mended.intensity).sum() <= 3
    assert any("row_jitter_corrected" in w for w in mended.warnings)
    with pytest.raises(InputError, match="rows"):
        correct_row_jitter(replace(image, intensity=image.intensity[:-1]), found)


def test_vectors_of_one_row_of_atoms_move_together_and_are_not_taken_for_order() -> None:
    truth = perovskite_columns((24, 24))
    fit, sublattices = fit_of_truth(truth, 0.1, (0.117, 0.213, 0.3))
    weights = row_weights(fit).weights.toarray()
    jitter = RowJitter(
        shift_px=np.zeros(len(weights)), sigma_px=0.6, variance_px2=0.36, variance_error_px2=0.01, noise_factor=1.0,
        row_noise_px=0.1, fast_axis="x",
    )  # fmt: skip
    bare, clean = [], []
    products: dict[tuple[int, ...], float] = {}
    for seed in range(12):
        rng = np.random.default_rng(seed)
        position = fit.position_px + rng.normal(0.0, 1.0, fit.position_px.shape) * np.sqrt(fit.covariance_px2[:, :1, 0])
        position[:, 0] += rng.normal(0.0, 0.6, len(weights)) @ weights
        shaken = replace(fit, position_px=position)
        vectors = with_row_jitter(column_displacements(shaken, sublattices), fit, jitter)
        field = rng.normal(0.0, 0.5, vectors.vector_px.shape)
        noisy = replace(vectors, vector_px=vectors.vector_px + field)
        products = products or jitter_products(vectors, fit, jitter)
        unaware = replace(noisy, offset_cells=None, offset_covariance_px2=None)
        for found, item in ((bare, image_correlation(unaware)), (clean, image_correlation(noisy))):
            assert item is not None
            found.append(item.nearest_neighbor)
    own = vectors.jitter_covariance_px2
    assert own is not None
    assert vectors.members is not None
    # cells side by side along the rows feel the same rows
    assert products[1, 0] == pytest.approx(own[:, 0, 0].mean(), rel=1e-6)
    # cells above one another share a row of A, which is half of either cage
    shared = 0.25 * 0.36 * (weights[:, vectors.members[0, 0]] ** 2).sum()
    assert products[0, 1] == pytest.approx(shared, rel=0.02)
    error = np.std(clean) / np.sqrt(12)
    assert abs(np.mean(clean)) < 4 * error
    assert np.mean(bare) > 5 * error
