"""Density of directions in stereographic projection."""

import numpy as np
import pytest
from scipy.stats import chi2

from entrox.core import InputError
from entrox.order.phases.stereographic import stereographic_density, stereographic_points

RANDOM = np.random.default_rng(0).normal(size=(400_000, 3))


def chi_square(found):
    """Chi-square of the counts against random directions over whole and cut bins, and the number of bins."""
    panels = found.counts.shape[0]
    expected = found.n_directions * found.solid_angle / (2 * np.pi * panels)
    used = np.broadcast_to(expected > 5, found.counts.shape)
    expected = np.broadcast_to(expected, found.counts.shape)[used]
    return ((found.counts[used] - expected) ** 2 / expected).sum(), used.sum()


@pytest.mark.parametrize("projection", ["equal_area", "equal_angle"])
@pytest.mark.parametrize("axial", [True, False])
def test_random_directions_have_density_one_everywhere(projection, axial):
    found = stereographic_density(RANDOM, projection, 30, axial=axial)
    statistic, count = chi_square(found)
    assert statistic < chi2.ppf(0.999, count)
    assert np.nanmean(found.density * np.where(found.solid_angle > 0, 1, np.nan)) == pytest.approx(1.0, abs=0.05)


def test_equal_area_counts_are_flat_and_equal_angle_counts_are_not():
    inner = np.zeros((30, 30), dtype=bool)
    inner[8:22, 8:22] = True
    spread = {}
    for projection in ("equal_area", "equal_angle"):
        counts = stereographic_density(RANDOM, projection, 30, axial=True).counts[0][inner]
        spread[projection] = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert spread["equal_area"] < chi2.ppf(0.999, inner.sum() - 1) < 0.1 * spread["equal_angle"]


@pytest.mark.parametrize("projection", ["equal_area", "equal_angle"])
@pytest.mark.parametrize("bins", [2, 7, 40])
def test_the_bins_share_the_half_sphere(projection, bins):
    solid = stereographic_density(RANDOM[:10], projection, bins).solid_angle
    assert solid.sum() == pytest.approx(2 * np.pi, rel=1e-5)
    assert np.abs(solid - solid.T).max() < 2e-4 * solid.max()


def test_places_on_the_map():
    assert stereographic_points([0.0, 0.0, 5.0]) == pytest.approx([0.0, 0.0])
    for projection in ("equal_area", "equal_angle"):
        assert stereographic_points([0.0, -2.0, 0.0], projection) == pytest.approx([0.0, -1.0])
    theta = np.radians(50.0)
    direction = [np.sin(theta), 0.0, np.cos(theta)]
    assert stereographic_points(direction)[0] == pytest.approx(np.sqrt(2) * np.sin(theta / 2))
    assert stereographic_points(direction, "equal_angle")[0] == pytest.approx(np.tan(theta / 2))


def test_axial_maps_fold_opposite_directions_together():
    vectors = RANDOM[:100]
    both = stereographic_density(np.concatenate([vectors, -vectors]), axial=True, bins=10)
    one = stereographic_density(vectors, axial=True, bins=10)
    assert np.array_equal(both.counts, 2 * one.counts)
    assert stereographic_density(vectors, bins=10).counts.shape == (2, 10, 10)


def test_short_vectors_and_nan_are_left_out_and_nothing_left_is_refused():
    vectors = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.01], [np.nan] * 3, [0.0] * 3])
    assert stereographic_density(vectors, threshold_angstrom=0.1).n_directions == 1
    with pytest.raises(InputError, match="threshold"):
        stereographic_density(vectors, threshold_angstrom=2.0)
    with pytest.raises(InputError, match="three components"):
        stereographic_density(np.ones((4, 4, 2)))
    with pytest.raises(InputError, match="projection"):
        stereographic_density(vectors, "mercator")
