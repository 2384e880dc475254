"""What noise and filters make of an image: null fields, gains, jitter, and the round trip through fitted columns."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.controls.empirical_gain import empirical_gain
from entrox.microscopy.controls.fitted_image import correlated_noise, fitted_image
from entrox.microscopy.controls.mask_gain import mask_gain
from entrox.microscopy.controls.null_field import null_field
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.images.filters import lattice_mask, low_pass
from entrox.microscopy.simulation.perovskite_columns import benchmark_truth, perovskite_columns
from entrox.microscopy.simulation.simulate import expected_electrons, row_shifts_px, simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.vectors.displacement import column_displacements
from stem_truth import sublattices_of_truth

COARSE = SimulationSettings(pixel_size_pm=25.0)


@dataclasses.dataclass(frozen=True)
class Case:
    """A simulated image with what is known and what was fitted."""

    truth: object
    settings: SimulationSettings
    image: object
    sublattices: object
    fit: object

    def measure(self, image):
        """The pipeline without a filter."""
        return column_displacements(fit_columns(image, self.sublattices, threads=1), self.sublattices)

    def masked(self, radius, **options):
        """The pipeline with a lattice mask."""
        return lambda image: self.measure(lattice_mask(image, self.sublattices.basis_px, radius, **options))


def made(truth, settings=COARSE, seed=1, **options):
    """Simulate and fit."""
    image = simulate_micrograph(truth, settings, np.random.default_rng(seed))
    sublattices = sublattices_of_truth(truth, settings.pixel_size_angstrom, **options)
    return Case(truth, settings, image, sublattices, fit_columns(image, sublattices, threads=1))


@pytest.fixture(scope="module")
def still():
    """Crystal without displacements."""
    return made(perovskite_columns((44, 44)))


@pytest.fixture(scope="module")
def disordered():
    """Crystal with random displacements of 15 pm."""
    return made(benchmark_truth(np.random.default_rng(4), (24, 24)))


@pytest.fixture(scope="module")
def nulls(disordered):
    """Null fields of the disordered crystal."""
    return null_field(disordered.fit, disordered.sublattices, disordered.measure, np.random.default_rng(7), 8)


def predicted_variance(case):
    """Mean variance of one component of the displacements [px^2]."""
    found = case.measure(case.image)
    return float(np.trace(found.covariance_px2[found.good], axis1=1, axis2=2).mean() / 2.0)


def test_the_null_field_is_pure_noise_of_the_predicted_size(disordered, nulls):
    # 8 x 529 vectors of two components; the noise that neighbors share leaves about a quarter of them independent
    assert np.sqrt(np.mean(nulls.rms_px**2)) == pytest.approx(np.sqrt(2.0 * predicted_variance(disordered)), rel=0.1)
    assert nulls.mean_length_px.mean() / nulls.rms_px.mean() == pytest.approx(np.sqrt(np.pi) / 2.0, rel=0.02)
    assert nulls.class_shares[:, 0].mean() == pytest.approx(1.0 - np.exp(-4.5), abs=0.008)


def test_the_null_field_prefers_no_direction(nulls):
    share = nulls.axis_shares[:, 0]
    # sectors of eight axes: binomial error of 4,232 vectors is 0.0077
    assert share.mean() == pytest.approx(0.5, abs=0.03)
    angles = np.arctan2(nulls.vector_px[..., 1], nulls.vector_px[..., 0])
    assert np.abs(np.nanmean(np.exp(1j * angles))) < 0.06
    assert np.abs(nulls.mean_vector_px.mean(axis=0)).max() < 0.15 * nulls.rms_px.mean()


def test_the_null_field_of_a_disordered_crystal_forgets_its_displacements(disordered, nulls):
    found = disordered.measure(disordered.image)
    real = np.sqrt((found.vector_px[found.good] ** 2).sum(axis=1).mean())
    assert real > 4.0 * nulls.rms_px.max()
    true = disordered.truth.displacement_angstrom[nulls.column] / 0.25
    slope = np.nansum(nulls.vector_px.mean(axis=0) * true) / np.nansum(true**2)
    assert abs(slope) < 0.02


def test_null_fields_do_not_depend_on_who_runs_them(disordered):
    arguments = disordered.fit, disordered.sublattices, disordered.measure
    alone = null_field(*arguments, np.random.default_rng(3), 3)
    with ThreadPoolExecutor(2) as executor:
        together = null_field(*arguments, np.random.default_rng(3), 3, executor=executor)
    np.testing.assert_array_equal(alone.vector_px, together.vector_px)
    np.testing.assert_array_equal(alone.domain_count, together.domain_count)


def test_a_mask_makes_correlation_out_of_nothing(still):
    plain = null_field(still.fit, still.sublattices, still.measure, np.random.default_rng(5), 1)
    masked = null_field(still.fit, still.sublattices, still.masked(0.2), np.random.default_rng(5), 1)
    # the kernel of the mask is 1 / (2 pi radius) = 0.8 cells wide, and its square root of two is that of C
    width = np.sqrt(2.0) * 16.0 / (2.0 * np.pi * 0.2)
    assert masked.apparent_length_px[0] == pytest.approx(np.sqrt(2.0) * width, rel=0.25)
    assert plain.apparent_length_px[0] < 16.0
    # with the noise taken off nothing is left to correlate
    assert np.isnan(plain.correlation_length_px[0])
    assert np.trace(masked.scatter_px2) < 0.3 * np.trace(plain.scatter_px2)


def test_an_honest_pipeline_has_a_gain_of_one(disordered):
    found = empirical_gain(
        disordered.fit, disordered.sublattices, disordered.measure, np.random.default_rng(0), (1, 6), 2
    )
    np.testing.assert_allclose(found.gain, 1.0, atol=0.03)
    assert found.magnitude_px == pytest.approx(0.15 / 0.25)
    assert found.n_vectors.tolist() == [[529, 529], [529, 529]]


def test_a_low_pass_beyond_the_spots_has_a_gain_of_one(disordered):
    found = empirical_gain(
        disordered.fit, disordered.sublattices, lambda image: disordered.measure(low_pass(image, 1.6)),
        np.random.default_rng(0), (1, 6), 1,
    )  # fmt: skip
    np.testing.assert_allclose(found.gain, 1.0, atol=0.05)


@pytest.mark.parametrize("radius", [0.4, 0.2, 0.1])
def test_a_lattice_mask_has_the_gain_of_the_closed_form(still, radius):
    found = empirical_gain(still.fit, still.sublattices, still.masked(radius), np.random.default_rng(2), (1, 6), 1)
    np.testing.assert_allclose(found.gain, mask_gain(radius, [1, 6]), atol=0.05)


def test_a_narrow_mask_has_the_gain_of_the_closed_form():
    # the kernel is 3.2 cells wide; beyond eight cells it holds one percent
    case = made(perovskite_columns((64, 64)), SimulationSettings(pixel_size_pm=35.0))
    measure = case.masked(0.05, border_cells=8.0)
    found = empirical_gain(case.fit, case.sublattices, measure, np.random.default_rng(1), (1, 6), 1)
    np.testing.assert_allclose(found.gain, mask_gain(0.05, [1, 6]), atol=0.05)


def test_the_round_trip_through_the_fitted_columns_keeps_the_statistics(disordered):
    first = disordered.measure(disordered.image)
    image = fitted_image(disordered.fit, disordered.sublattices)
    by_column = np.full(image.position_px.shape, np.nan)
    by_column[first.column] = first.vector_px
    again = image.micrograph(by_column[image.columns], np.random.default_rng(8))
    fit = fit_columns(again, disordered.sublattices, threads=1)
    second = column_displacements(fit, disordered.sublattices)
    good = first.good & second.good
    noise = np.trace(second.covariance_px2[good], axis1=1, axis2=2).mean()
    squares = (first.vector_px[good] ** 2).sum(axis=1).mean(), (second.vector_px[good] ** 2).sum(axis=1).mean() - noise
    assert squares[1] == pytest.approx(squares[0], rel=0.03)
    assert fit.amplitude.mean() == pytest.approx(disordered.fit.amplitude.mean(), rel=0.01)
    assert fit.width_px.mean() == pytest.approx(disordered.fit.width_px.mean(), rel=0.01)
    assert fit.background.mean() == pytest.approx(disordered.fit.background.mean(), rel=0.02)


@pytest.mark.parametrize("contrast", ["bright", "dark"])
def test_the_drawn_again_image_is_the_one_without_noise(contrast):
    settings = SimulationSettings(
        pixel_size_pm=25.0, contrast=contrast, background=0.1 if contrast == "bright" else 1.5
    )
    case = made(benchmark_truth(np.random.default_rng(0), (16, 16)), settings, dark=contrast == "dark")
    image = dataclasses.replace(fitted_image(case.fit, case.sublattices), noise_gain=0.0, read_noise=0.0)
    found = case.measure(case.image)
    by_column = np.full(image.position_px.shape, np.nan)
    by_column[found.column] = found.vector_px
    drawn = image.micrograph(by_column[image.columns], np.random.default_rng(0)).intensity
    expected = expected_electrons(case.truth, settings, np.zeros(len(drawn)))
    inside = (slice(20, -20),) * 2
    difference = (drawn - expected)[inside] / np.sqrt(expected[inside])
    # of the noise of a pixel, the fit of six numbers to about 150 pixels leaves a fifth
    assert np.sqrt((difference**2).mean()) < 0.25
    assert abs(difference.mean()) < 0.02


def test_row_jitter_of_the_fitted_image_adds_to_the_null(disordered):
    quiet = null_field(disordered.fit, disordered.sublattices, disordered.measure, np.random.default_rng(1), 2)
    shaken = null_field(
        disordered.fit, disordered.sublattices, disordered.measure, np.random.default_rng(1), 2, row_jitter_px=0.3
    )
    extra = np.nanvar(shaken.vector_px, axis=(0, 1)) - np.nanvar(quiet.vector_px, axis=(0, 1))
    assert extra[0] > 0.005
    assert abs(extra[1]) < 0.2 * extra[0]


@pytest.mark.parametrize(
    ("likelihood", "width", "expected"), [("unweighted", 4.5 / np.sqrt(2.0), 0.0893), ("gauss", 4.5, 0.0751)]
)
def test_simulated_row_jitter_moves_columns_as_the_closed_form_says(likelihood, width, expected):
    # widths of 4.5 px and 0.3 px of jitter; the dose drowns the noise, and there is next to no background
    truth = perovskite_columns((3, 40), a_sigma=0.45, b_sigma=0.45, b_peak_ratio=0.9)
    settings = SimulationSettings(row_jitter_pm=3.0, dose_per_square_angstrom=2e6, background=0.001)
    image = simulate_micrograph(truth, settings, np.random.default_rng(1))
    jitter = row_shifts_px(image.intensity.shape, settings, np.random.default_rng(1))
    sublattices = sublattices_of_truth(truth, 0.1)
    noise = NoiseModel(gain=1.0, read_noise=0.0)
    fit = fit_columns(image, sublattices, likelihood=likelihood, noise=noise, threads=1, radius=18.0)
    moved = fit.position_px - sublattices.position_px
    weights = np.exp(-0.5 * ((np.arange(len(jitter)) - sublattices.position_px[:, 1, None]) / width) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    # the sum over rows of w^2 is one over 2 sqrt(pi) times its width
    assert 0.3 * np.sqrt((weights**2).sum(axis=1)) == pytest.approx(expected, abs=1e-4)
    assert np.std(moved[:, 0] - weights @ jitter) < 0.1 * expected
    assert np.abs(moved[:, 1]).max() < 0.02


@pytest.mark.parametrize("area", [1.0, 2.0, 5.0, 12.0])
def test_correlated_noise_has_unit_variance_and_its_area(area):
    noise = correlated_noise((800, 800), area, np.random.default_rng(0))
    spectrum = np.abs(np.fft.fft2(noise)) ** 2 / noise.size
    # the autocorrelation sums to the spectrum at frequency zero
    near = np.hypot(np.fft.fftfreq(800)[:, None], np.fft.fftfreq(800)) < 0.02
    near[0, 0] = False
    assert noise.var() == pytest.approx(1.0, rel=0.02)
    assert spectrum[near].mean() == pytest.approx(area, rel=0.1)


def test_impossible_null_fields_are_refused(disordered):
    arguments = disordered.fit, disordered.sublattices
    with pytest.raises(InputError, match="fast_axis"):
        fitted_image(*arguments, fast_axis="z")
    with pytest.raises(InputError, match="row_jitter_px"):
        fitted_image(*arguments, row_jitter_px=-1.0)
    with pytest.raises(InputError, match="number"):
        null_field(*arguments, disordered.measure, np.random.default_rng(0), 0)
    with pytest.raises(InputError, match="at least one edge"):
        empirical_gain(*arguments, disordered.measure, np.random.default_rng(0), ())
