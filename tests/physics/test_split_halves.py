"""Halves of a stack tell how far columns scatter, whatever the fit believes."""

import dataclasses

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.fit.split_halves import split_half_error
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from stem_truth import sublattices_of_truth, truth_in_pixels

PIXEL_ANGSTROM = 0.2


def stack(n_frames=4, seed=1, cells=(14, 14), **settings):
    """Frames of one crystal, its sublattices and true positions [px]."""
    truth = perovskite_columns(cells, a_peak=2000.0 / n_frames)
    microscope = SimulationSettings(pixel_size_pm=100.0 * PIXEL_ANGSTROM, **settings)
    rng = np.random.default_rng(seed)
    frames = np.array([simulate_micrograph(truth, microscope, rng).intensity for _ in range(n_frames)])
    image = Micrograph(intensity=frames.sum(axis=0), frames=frames, pixel_size_angstrom=PIXEL_ANGSTROM)
    return image, sublattices_of_truth(truth, PIXEL_ANGSTROM), truth_in_pixels(truth, PIXEL_ANGSTROM)


def test_halves_scatter_as_the_covariances_of_the_whole_say():
    image, kinds, truth = stack()
    found = split_half_error(image, kinds, noise=NoiseModel(gain=1.0), radius=7.0, threads=1)
    assert (found.sites, found.n_frames) == (("A", "B"), 2)
    # about 180 columns of each kind, two components: 4 %
    assert found.ratio == pytest.approx(1.0, abs=0.15)
    fit = fit_columns(image, kinds, noise=NoiseModel(gain=1.0), radius=7.0, threads=1)
    for k in range(2):
        rest = (fit.position_px - truth)[(kinds.site == k) & (fit.flag == 0)]
        assert found.error_px[k].mean() == pytest.approx(np.sqrt((rest**2).mean()), rel=0.15)
        assert found.error_of_error_px[k] == pytest.approx(found.error_px[k] / np.sqrt(2.0 * (found.n_columns[k] - 1)))


def test_row_jitter_of_the_frames_shows_along_the_rows_and_not_in_the_noise():
    image, kinds, _ = stack(row_jitter_pm=12.0)
    found = split_half_error(image, kinds, noise=NoiseModel(gain=1.0), radius=7.0, threads=1)
    ratio = found.error_px / found.predicted_px
    assert (ratio[:, 0] > 1.3).all()
    # scatter of 180 columns is known to 5 %
    assert ratio[:, 1] == pytest.approx(1.0, abs=0.12)


def test_row_jitter_is_no_noise_of_pixels_along_either_axis():
    image, kinds, _ = stack(n_frames=1, row_jitter_pm=12.0)
    turned = dataclasses.replace(image, intensity=image.intensity.T, frames=None)
    mirrored = dataclasses.replace(kinds, position_px=kinds.position_px[:, ::-1], basis_px=kinds.basis_px[:, ::-1])
    for picture, columns in ((image, kinds), (turned, mirrored)):
        fit = fit_columns(picture, columns, radius=7.0, threads=1)
        assert fit.noise_gain == pytest.approx(1.0, abs=0.05)
        assert fit.noise_correlation_px == 1.0


def test_a_motion_between_the_halves_is_told_and_taken_off():
    image, kinds, _ = stack()
    moved = np.array(image.frames)
    moved[1::2] = np.roll(moved[1::2], 1, axis=2)
    plain = split_half_error(image, kinds, radius=7.0, threads=1)
    found = split_half_error(dataclasses.replace(image, frames=moved), kinds, radius=7.0, threads=1)
    assert found.shift_px - plain.shift_px == pytest.approx([1.0, 0.0], abs=0.01)
    assert found.error_px == pytest.approx(plain.error_px, rel=0.1)


def test_an_image_without_frames_has_no_halves():
    image, kinds, _ = stack(n_frames=1)
    with pytest.raises(InputError, match="--frame all"):
        split_half_error(image, kinds)
    with pytest.raises(InputError, match="--frame all"):
        split_half_error(dataclasses.replace(image, frames=None), kinds)
