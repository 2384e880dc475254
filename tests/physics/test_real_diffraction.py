"""A measured ring pattern of a gold grating: center, ellipse, rings and pixel."""

import numpy as np
import pytest

from entrox.microscopy import ProfileSettings, analyze_pattern, build_standard, read_pattern


@pytest.fixture(scope="module")
def gold(external_data):
    pattern = read_pattern(external_data("amorphous/Au_xgrating_SAED_20cm.tif"))
    return analyze_pattern(pattern, ProfileSettings(ellipse=True), calibrant=build_standard("Au"))


def test_the_center_is_that_of_the_rings_and_of_symmetry(gold):
    assert gold.geometry.center_px == pytest.approx([127.5, 128.0], abs=1.0)
    assert gold.geometry.friedel_px == pytest.approx([127.5, 128.0], abs=1.0)
    assert any("padding" in text for text in gold.warnings)


def test_the_rings_lie_where_they_were_read_off(gold):
    radius = gold.rings.radius_px
    assert radius[[0, 2, 3, 4]] == pytest.approx([42.3, 69.8, 81.8, 108.8], abs=0.5)
    # 200 is a shoulder of 111
    assert radius[1] == pytest.approx(49.0, abs=1.0)


def test_the_pixel_is_a_hundredth_and_the_ratios_are_those_of_gold(gold):
    calibration = gold.calibration
    assert calibration.pixel_per_angstrom == pytest.approx(0.0100, abs=2e-4)
    assert calibration.label[:3] == ("111", "200", "220")
    ratios = calibration.radius_px / calibration.radius_px[0]
    expected = calibration.expected_per_angstrom / calibration.expected_per_angstrom[0]
    assert np.abs(ratios / expected - 1.0).max() < 0.015


def test_no_size_comes_without_the_width_of_a_reference(gold):
    assert all(size.size_nm is None for size in gold.sizes)


def test_rings_are_sharper_on_ellipses_than_on_circles(gold, external_data):
    pattern = read_pattern(external_data("amorphous/Au_xgrating_SAED_20cm.tif"))
    circles = analyze_pattern(pattern)
    assert gold.rings.fwhm_px[-1] < 0.9 * circles.rings.fwhm_px[len(gold.rings.fwhm_px) - 1]
    assert gold.geometry.axis_ratio == pytest.approx(1.036, abs=0.003)
