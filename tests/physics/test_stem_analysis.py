"""From a simulated image to its truth, through the whole analysis: displacements, errors, detection, gain, classes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import kstest

from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.controls.fitted_image import fitted_image
from entrox.microscopy.simulation.fields import domain_field, random_field
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph, truth_position_px
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.vectors.noise_products import noise_products

PLAIN = StemSettings(null_fields=0, bootstrap=100)
PICTURE = SimulationSettings()
COARSE = SimulationSettings(pixel_size_pm=20)
"""The same dose on a quarter of the pixels: errors in pm are the same, and it takes a quarter of the time."""


def image_of(field, cells=24, seed=1, image=COARSE, **crystal):
    """Truth and image of a crystal whose B are displaced by ``field(rng)`` [angstrom]."""
    rng = np.random.default_rng(seed)
    truth = perovskite_columns((cells, cells), displacement=field(rng, (cells - 1, cells - 1)), **crystal)
    return truth, simulate_micrograph(truth, image, rng)


def random_directions(rng, shape):
    return random_field(shape, 0.15, rng)


def domains_of_six(rng, shape):
    return domain_field(shape, 0.15, 6, rng)


def none(rng, shape):
    return np.zeros((*shape, 2))


def true_vectors(truth, vectors, image=COARSE):
    """True displacement [px, y up] of each measured vector, found by its place."""
    places = truth_position_px(truth, image)
    site = 1 if vectors.site == "B" else 0
    rows = np.flatnonzero(truth.site == site)
    known = np.isfinite(vectors.position_px).all(axis=1)
    distance, near = cKDTree(places[rows]).query(np.where(known[:, None], vectors.position_px, places[rows[0]]))
    assert distance.max() < 0.4 / image.pixel_size_angstrom
    return truth.displacement_angstrom[rows[near]] / image.pixel_size_angstrom


def slope(measured, true):
    return float((measured * true).sum() / (true**2).sum())


@pytest.mark.parametrize(("field", "microscope"), [(random_directions, PICTURE), (domains_of_six, COARSE)])
def test_the_analysis_returns_the_true_displacements_within_its_own_errors(field, microscope):
    truth, image = image_of(field, cells=22, rotation_deg=7.0, image=microscope)
    vectors = analyze_micrograph(image, PLAIN).main.vectors
    good = vectors.good
    true = true_vectors(truth, vectors, microscope)[good]
    error = vectors.vector_px[good] - true
    assert good.sum() == 21 * 21
    assert slope(vectors.vector_px[good], true) == pytest.approx(1.0, abs=0.03)
    for component in (0, 1):
        assert slope(vectors.vector_px[good, component], true[:, component]) == pytest.approx(1.0, abs=0.04)
    predicted = np.sqrt(vectors.covariance_px2[good][:, [0, 1], [0, 1]].mean())
    assert np.sqrt((error**2).mean()) / predicted == pytest.approx(1.0, abs=0.1)
    whitened = np.linalg.solve(np.linalg.cholesky(vectors.covariance_px2[good]), error[..., None]).ravel()
    assert kstest(whitened, "norm").pvalue > 0.01
    assert microscope.pixel_size_pm * predicted < 3.0


def test_without_a_field_none_is_detected_and_with_one_it_is():
    settings = StemSettings(null_fields=10, bootstrap=50)
    found = analyze_micrograph(image_of(none, cells=14, seed=4)[1], settings, np.random.default_rng(2))
    assert not found.main.detection.detected
    assert found.main.null_error_ratio == pytest.approx(1.0, abs=0.05)
    assert found.main.classes.shares[0] == pytest.approx(0.989, abs=0.03)
    assert any(text.startswith("no_field") for text in found.warnings)
    faint = analyze_micrograph(
        image_of(lambda rng, shape: random_field(shape, 0.02, rng), cells=14, seed=4)[1], settings,
        np.random.default_rng(2),
    )  # fmt: skip
    assert faint.main.detection.detected
    # 2 pm of random directions under 2.2 pm of noise: no single vector shows it, all together do
    assert faint.main.classes.shares[0] > 0.9


def test_swapped_roles_of_a_rigid_shift_give_opposite_means():
    _, image = image_of(lambda rng, shape: np.broadcast_to([0.08, -0.05], (*shape, 2)), cells=16)
    found = analyze_micrograph(image, PLAIN.model_copy(update={"displaced": "both"}))
    b, a = found.site("B").field_mean, found.site("A").field_mean
    np.testing.assert_allclose(b.mean_px, [0.4, -0.25], atol=4 * b.sigma_px.max())
    np.testing.assert_allclose(a.mean_px, -b.mean_px, atol=5 * np.hypot(a.sigma_px, b.sigma_px).max())
    taken = analyze_micrograph(image, PLAIN.model_copy(update={"subtract": "mean"})).main
    assert np.abs(taken.vectors.vector_px[taken.vectors.good].mean(axis=0)).max() < 0.02
    assert taken.vectors.subtracted != "nothing"
    np.testing.assert_allclose(taken.field_mean.mean_px, b.mean_px, atol=1e-9)


def test_what_the_user_calls_a_is_a_and_b_is_then_the_other():
    image = image_of(random_directions, cells=14)[1]
    bright = analyze_micrograph(image, PLAIN.model_copy(update={"a_site": "brighter"}))
    dim = analyze_micrograph(image, PLAIN.model_copy(update={"a_site": "dimmer"}))
    assert (bright.sublattices.site == 0).sum() == (dim.sublattices.site == 1).sum()
    other = analyze_micrograph(image, PLAIN.model_copy(update={"a_site": "dimmer", "displaced": "A"})).main.vectors
    away, near = cKDTree(bright.main.vectors.position_px).query(other.position_px)
    known = np.isfinite(other.vector_px).all(axis=1)
    assert known.sum() == 13 * 13
    # the same columns under the other name, fitted in another order: a tenth of the error of a column
    assert away.max() < 0.01
    np.testing.assert_allclose(other.vector_px[known], bright.main.vectors.vector_px[near[known]], atol=0.01)


def test_a_lattice_mask_shrinks_random_directions_by_the_gain_that_is_printed():
    truth, image = image_of(random_directions, cells=26, seed=3)
    settings = StemSettings(filter="lattice-mask", mask_radius_rlu=0.2, null_fields=3, gain_fields=1, bootstrap=50)
    found = analyze_micrograph(image, settings, np.random.default_rng(2))
    vectors = found.main.vectors
    good = vectors.good
    measured = slope(vectors.vector_px[good], true_vectors(truth, vectors)[good])
    gain = dict(zip(found.gain.domain_cells.tolist(), found.gain.gain.tolist(), strict=True))
    assert gain[1] == pytest.approx(0.245, abs=1e-3)
    assert measured == pytest.approx(gain[1], abs=0.05)
    np.testing.assert_allclose(found.empirical_gain.gain[:3], found.gain.gain[:3], atol=0.06)
    # errors of a filtered map are those of the null fields, not of its smooth residual
    assert found.main.null_error_ratio == pytest.approx(1.0, abs=0.25)
    assert any(text.startswith("lattice_mask") for text in found.warnings)


def test_a_low_pass_keeps_displacements_and_errors_stay_honest():
    truth, image = image_of(random_directions, cells=14, seed=5)
    found = analyze_micrograph(image, StemSettings(filter="low-pass", null_fields=4, gain_fields=1, bootstrap=50))
    vectors = found.main.vectors
    error = (vectors.vector_px - true_vectors(truth, vectors))[vectors.good]
    assert slope(vectors.vector_px[vectors.good], true_vectors(truth, vectors)[vectors.good]) == pytest.approx(
        1, abs=0.04
    )
    assert np.sqrt((error**2).mean()) / found.main.sigma_px == pytest.approx(1.0, abs=0.15)
    assert found.empirical_gain.gain == pytest.approx(np.ones(5), abs=0.05)


def test_numbers_do_not_depend_on_the_number_of_workers():
    image = image_of(domains_of_six, cells=12)[1]
    settings = StemSettings(null_fields=3, bootstrap=50)
    one, two = (analyze_micrograph(image, settings, np.random.default_rng(3), workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.main.null.vector_px, two.main.null.vector_px)
    np.testing.assert_array_equal(one.main.vectors.vector_px, two.main.vectors.vector_px)
    np.testing.assert_array_equal(one.main.classes.intervals, two.main.classes.intervals)


def test_row_jitter_is_measured_and_enters_the_errors_of_the_vectors():
    shaken = COARSE.model_copy(update={"row_jitter_pm": 6.0})
    truth, image = image_of(random_directions, cells=20, seed=6, image=shaken)
    found = analyze_micrograph(image, PLAIN)
    assert found.jitter.detected
    assert found.main.jitter_sigma_px > 0.0
    # rows move vectors side by side together: the map knows, and so do correlations and reports
    assert found.main.vectors.offset_cells is not None
    assert noise_products(found.main.vectors)[3, 0] > 0.5 * found.main.jitter_sigma_px**2
    vectors = found.main.vectors
    error = (vectors.vector_px - true_vectors(truth, vectors, shaken))[vectors.good]
    predicted = np.sqrt(vectors.noise_covariance_px2[vectors.good][:, [0, 1], [0, 1]].mean(axis=0))
    np.testing.assert_allclose(error.std(axis=0) / predicted, 1.0, atol=0.12)


def test_the_fitted_columns_drawn_again_give_the_same_statistics():
    _, image = image_of(domains_of_six, cells=20, seed=8)
    first = analyze_micrograph(image, PLAIN)
    drawn = fitted_image(first.fit, first.sublattices)
    rows = {int(c): k for k, c in enumerate(first.main.vectors.column)}
    moved = first.main.vectors.vector_px[[rows[int(c)] for c in drawn.columns]]
    moved_at = cKDTree(first.main.vectors.position_px)
    again = analyze_micrograph(drawn.micrograph(moved, np.random.default_rng(1)), PLAIN)
    assert again.main.magnitudes.mean_raw_px == pytest.approx(first.main.magnitudes.mean_raw_px, rel=0.02)
    assert again.main.sigma_px == pytest.approx(first.main.sigma_px, rel=0.05)
    same = first.main.vectors.vector_px[moved_at.query(again.main.vectors.position_px)[1]]
    assert slope(again.main.vectors.vector_px, same) == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(again.main.classes.shares, first.main.classes.shares, atol=0.08)


def test_intensity_offset_scale_and_frame_leave_the_displacements_alone():
    image = image_of(random_directions, cells=12)[1]
    base = analyze_micrograph(image, PLAIN).main.vectors.vector_px
    other = dataclasses.replace(image, intensity=7.0 * np.asarray(image.intensity) + 300.0)
    found = analyze_micrograph(other, PLAIN).main.vectors.vector_px
    assert np.nanmax(np.abs(found - base)) * COARSE.pixel_size_pm < 0.01
