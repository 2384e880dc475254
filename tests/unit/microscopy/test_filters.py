"""Filters of images: what they keep, what they average, and where they looked beyond the border."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.controls.mask_gain import domain_cells_of_gain, mask_gain, mask_gain_curve
from entrox.microscopy.images.filters import lattice_mask, low_pass
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import expected_electrons
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

COARSE = SimulationSettings(poisson=False, pixel_size_pm=20.0)
BASIS = np.array([[20.0, 0.0], [0.0, -20.0]])


def crystal(cells=(24, 20), **options):
    """Expected image of a perfect crystal, 20 px per cell."""
    truth = perovskite_columns(cells, **options)
    image = expected_electrons(truth, COARSE, np.zeros(20 * cells[1]))
    return Micrograph(intensity=image, pixel_size_angstrom=0.2)


def test_a_lattice_mask_leaves_a_perfect_crystal_as_it_is():
    image = crystal()
    kept = lattice_mask(image, BASIS, 0.2).intensity
    inside = np.isfinite(kept)
    assert inside.sum() == (24 * 20 - 200) * (20 * 20 - 200)
    np.testing.assert_allclose(kept[inside], image.intensity[inside], atol=1e-3 * image.intensity.max())


def test_the_border_that_the_mask_spoils_is_one_over_its_radius():
    kept = np.isfinite(lattice_mask(crystal(), BASIS, 0.4).intensity)
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    assert (rows[0], columns[0]) == (50, 50)
    assert (len(rows), len(columns)) == (300, 380)


def test_a_mask_that_spoils_everything_is_refused():
    with pytest.raises(InputError, match="nothing is left"):
        lattice_mask(crystal(), BASIS, 0.05)


def test_a_mask_takes_white_noise_down_to_the_share_of_its_area():
    rng = np.random.default_rng(2)
    noise = Micrograph(intensity=rng.standard_normal((600, 600)))
    kept = lattice_mask(noise, BASIS, 0.1).intensity
    # the mean of the squared transfer over a zone: pi rho^2
    assert np.nanvar(kept) == pytest.approx(np.pi * 0.1**2, rel=0.1)


def test_a_mask_damps_a_wave_of_displacements_as_its_transfer():
    q, rho, n = 0.1, 0.15, 60
    positions = np.arange(n)
    wave = 0.02 * np.cos(2.0 * np.pi * q * positions)
    field = np.zeros((n - 1, 11, 2))
    field[..., 0] = wave[: n - 1, None]
    image = crystal((n, 12), displacement=field)
    kept = lattice_mask(image, BASIS, rho, border_cells=4.0).intensity
    still = lattice_mask(crystal((n, 12)), BASIS, rho, border_cells=4.0).intensity
    # first order: the image changes by the displacement times its slope, along a row of B
    row = 20 * 6 - 1
    change, before = kept[row] - still[row], (image.intensity - crystal((n, 12)).intensity)[row]
    inside = np.isfinite(change)
    x = np.arange(n * 20)[inside] / 20.0
    carrier = np.exp(-2j * np.pi * (1.0 + q) * x)
    assert abs(carrier @ change[inside]) / abs(carrier @ before[inside]) == pytest.approx(
        np.exp(-0.5 * (q / rho) ** 2), abs=0.03
    )


def test_a_low_pass_beyond_all_spots_keeps_the_picture():
    image = crystal()
    smooth = low_pass(image, 1.6).intensity
    np.testing.assert_allclose(smooth, image.intensity, atol=5e-3 * image.intensity.max())


def test_a_low_pass_removes_what_lies_above_its_cut():
    x = np.arange(400)
    slow, fast = np.cos(2 * np.pi * 0.05 * x), np.cos(2 * np.pi * 0.25 * x)
    image = Micrograph(intensity=np.tile(slow + fast, (400, 1)))
    smooth = low_pass(image, per_px=0.15).intensity
    np.testing.assert_allclose(smooth[:, 50:-50], np.tile(slow, (400, 1))[:, 50:-50], atol=0.02)


def test_pixels_without_a_value_stay_so_and_are_reported():
    image = crystal()
    values = np.array(image.intensity)
    values[100:110, 100:110] = np.nan
    smooth = low_pass(Micrograph(intensity=values, pixel_size_angstrom=0.2), 1.6)
    np.testing.assert_array_equal(np.isnan(smooth.intensity), np.isnan(values))
    assert any(remark.startswith("filled") for remark in smooth.warnings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: low_pass(m), "one of the two"),
        (lambda m: low_pass(m, 1.0, per_px=0.1), "one of the two"),
        (lambda m: low_pass(Micrograph(intensity=m.intensity), 1.6), "needs the size of a pixel"),
        (lambda m: low_pass(m, per_px=0.9), "beyond all frequencies"),
        (lambda m: lattice_mask(m, [[20.0, 0.0], [40.0, 0.0]], 0.2), "different directions"),
        (lambda m: lattice_mask(m, BASIS, 0.0), "radius_rlu"),
        (lambda m: low_pass(Micrograph(intensity=np.full((9, 9), np.nan)), per_px=0.2), "no pixel"),
    ],
)
def test_impossible_filters_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(crystal((4, 4)))


def test_gain_of_independent_cells_is_the_squared_mean_of_the_transfer():
    gains = mask_gain(0.4), mask_gain(0.2), mask_gain(0.1), mask_gain(0.05)
    np.testing.assert_allclose(gains, [0.625, 0.245, 0.0628, 0.0157], atol=1e-3)


def test_gain_of_domains_of_six_cells():
    gains = [float(mask_gain(radius, 6)) for radius in (0.4, 0.2, 0.1, 0.05)]
    np.testing.assert_allclose(gains, [0.938, 0.826, 0.633, 0.350], atol=1e-3)


def test_a_wide_mask_and_a_large_domain_lose_nothing():
    assert mask_gain(50.0, 1) == pytest.approx(1.0, abs=1e-3)
    assert mask_gain(0.1, 2000) == pytest.approx(1.0, abs=3e-3)
    assert np.all(np.diff(mask_gain(0.1, np.arange(1, 40))) > 0.0)


def test_gain_is_the_average_over_the_block_of_the_kernel_in_real_space():
    rho, n = 0.15, 5
    q = (np.arange(20000) + 0.5) / 20000 - 0.5
    kernel = [(np.exp(-0.5 * (q / rho) ** 2) * np.cos(2 * np.pi * q * m)).mean() for m in range(n)]
    weights = np.array([1.0] + [2.0 * (1.0 - m / n) for m in range(1, n)])
    assert mask_gain(rho, n) == pytest.approx((weights @ kernel) ** 2, abs=1e-7)


def test_the_curve_says_which_domains_fall_below_one_half():
    curve = mask_gain_curve(0.1)
    assert curve.domain_cells.tolist() == [1, 2, 4, 8, 16]
    low, high = mask_gain(0.1, [4, 5])
    assert curve.half_gain_cells == pytest.approx(4.0 + (0.5 - low) / (high - low))
    assert curve.ninety_gain_cells > curve.half_gain_cells
    assert domain_cells_of_gain(0.4, 0.5) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: mask_gain(-1.0),
        lambda: mask_gain(0.1, 0),
        lambda: mask_gain(0.1, 1.5),
        lambda: domain_cells_of_gain(0.1, 1.0),
    ],
)
def test_impossible_gains_are_refused(call):
    with pytest.raises(InputError):
        call()
