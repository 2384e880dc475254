"""Center, ellipse, masks, profile, rings and scale of patterns whose truth is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from diffraction_patterns import RADII, as_pattern, ring_picture
from entrox.core import InputError
from entrox.microscopy import (
    PatternSettings,
    RingGeometry,
    analyze_pattern,
    beam_stop_mask,
    build_standard,
    calibrate_pixel,
    fit_geometry,
    fit_ring_peaks,
    padding_mask,
    polygon_mask,
    powder_curve,
    radial_profile,
    ring_set,
    sector_profiles,
    simulate_pattern,
)


@pytest.mark.parametrize(("size", "center"), [(512, (255.2, 250.7)), (512, (190.3, 300.1)), (1024, (507.4, 519.9))])
def test_center_and_ellipse_are_found_under_counting_noise(size, center):
    picture = ring_picture(size, center, 1.01, 20.0, rng=np.random.default_rng(1))
    found = fit_geometry(as_pattern(picture), ellipse=True)
    assert np.abs(found.center_px - center).max() < 0.05
    assert found.axis_ratio == pytest.approx(1.01, abs=2e-4)
    assert found.angle_deg == pytest.approx(20.0, abs=1.0)
    assert np.abs(found.friedel_px - center).max() < 0.2


def test_errors_of_the_center_are_those_of_repeated_patterns():
    clean = ring_picture(160, (80.3, 78.6), counts=20.0)
    rng = np.random.default_rng(2)
    found = [fit_geometry(as_pattern(rng.poisson(clean).astype(float))) for _ in range(24)]
    scatter = np.std([one.center_px for one in found], axis=0)
    stated = np.mean([one.center_error_px for one in found], axis=0)
    assert (scatter / stated > 0.6).all()
    assert (scatter / stated < 1.5).all()


def test_circles_stay_circles_where_no_ellipse_is_asked():
    found = fit_geometry(as_pattern(ring_picture(256, (127.0, 128.0), 1.02, 70.0)))
    assert (found.axis_ratio, found.axis_ratio_error) == (1.0, None)
    assert np.abs(found.center_px - (127.0, 128.0)).max() < 0.05


def test_padding_and_a_beam_stop_do_not_move_the_center():
    center = (130.4, 121.8)
    picture = ring_picture(256, center, rng=np.random.default_rng(3))
    picture[:9] = 0.0
    picture[:, -5:] = 0.0
    y, x = np.indices(picture.shape)
    stop = (np.abs(y - center[1]) < 9) & (x < center[0] + 12)
    picture[stop] *= 0.02
    found = analyze_pattern(as_pattern(picture, ~padding_mask(picture)))
    assert found.masked_by_beam_stop > 0.8 * stop.sum()
    assert np.abs(found.geometry.center_px - center).max() < 0.05
    assert any("beam stop" in text for text in found.warnings)


def test_a_pattern_without_a_beam_stop_loses_no_pixel():
    picture = ring_picture(256, (127.5, 127.5), rng=np.random.default_rng(4))
    pattern = as_pattern(picture)
    assert not beam_stop_mask(picture, pattern.usable, fit_geometry(pattern)).any()
    assert not padding_mask(picture).any()


def test_a_polygon_masks_what_it_encloses():
    inside = polygon_mask((40, 60), [[(9.5, 9.5), (29.5, 9.5), (9.5, 29.5)]])
    y, x = np.indices(inside.shape)
    assert np.array_equal(inside, (x >= 10) & (y >= 10) & (x + y < 39))


def test_profile_of_even_light_is_even_and_counts_all_pixels():
    rng = np.random.default_rng(5)
    pattern = as_pattern(rng.poisson(50.0, (128, 128)).astype(float))
    found = radial_profile(pattern, RingGeometry(center_px=np.array([63.5, 63.5])))
    assert found.pixel_count.sum() == 128 * 128
    away = (found.mean - 50.0) / np.sqrt(50.0 / np.maximum(found.pixel_count, 1))
    assert np.nanstd(away) == pytest.approx(1.0, abs=0.25)
    full = found.pixel_count > 200
    assert found.variance[full] == pytest.approx(50.0, rel=0.35)
    assert found.median[full] == pytest.approx(50.0, abs=1.5)


def test_sectors_add_up_to_the_whole_ring():
    picture = ring_picture(200, (99.0, 101.0), rng=np.random.default_rng(6))
    geometry = RingGeometry(center_px=np.array([99.0, 101.0]))
    whole = radial_profile(as_pattern(picture), geometry)
    directions, parts = sector_profiles(as_pattern(picture), geometry, sectors=4)
    assert directions.tolist() == [0.0, 45.0, 90.0, 135.0]
    size = min(len(part.pixel_count) for part in parts)
    count = sum(part.pixel_count[:size] for part in parts)
    total = sum(np.nan_to_num(part.mean[:size]) * part.pixel_count[:size] for part in parts)
    assert np.array_equal(count, whole.pixel_count[:size])
    assert total == pytest.approx(np.nan_to_num(whole.mean[:size]) * count)


def test_rings_of_gaussians_have_their_radius_and_width():
    size = 512
    picture = ring_picture(size, (255.0, 256.0), counts=2000.0, rng=np.random.default_rng(7))
    pattern = as_pattern(picture)
    found = fit_ring_peaks(radial_profile(pattern, fit_geometry(pattern)))
    assert found.radius_px == pytest.approx(size * np.array(RADII), abs=0.05)
    widths = size * np.array([0.008, 0.008, 0.010, 0.012]) * np.sqrt(8.0 * np.log(2.0))
    # whole pixels widen a ring by the variance of their edge
    assert found.fwhm_px == pytest.approx(np.sqrt(widths**2 + 8.0 * np.log(2.0) / 12.0), rel=0.02)
    assert found.mixing < 0.1


def test_no_ring_is_found_where_there_is_none():
    y, x = np.indices((256, 256))
    smooth = 500.0 * np.exp(-np.hypot(x - 127.5, y - 127.5) / 60.0)
    pattern = as_pattern(np.random.default_rng(8).poisson(smooth).astype(float))
    found = analyze_pattern(pattern)
    assert found.rings is None
    assert any("no ring" in text for text in found.warnings)


def test_gold_rings_give_the_pixel_and_not_those_of_another_lattice():
    s = np.linspace(0.0, 2.2, 1500)
    settings = PatternSettings(size_px=512, pixel_per_angstrom=0.005, electrons=2e7)
    curve = powder_curve(build_standard("Au"), s, fwhm_per_angstrom=0.02)
    pattern = simulate_pattern(s, curve, settings, np.random.default_rng(9))
    rings = fit_ring_peaks(radial_profile(pattern, fit_geometry(pattern)))
    found = calibrate_pixel(rings, build_standard("Au"))
    assert found.pixel_per_angstrom == pytest.approx(0.005, rel=2e-3)
    assert found.label[:4] == ("111", "200", "220", "311")
    with pytest.raises(InputError, match="no scale brings all"):
        calibrate_pixel(rings, build_standard("TlCl"))


def test_face_centered_rings_have_unmixed_indices_and_full_multiplicity():
    found = ring_set(build_standard("Au"), 1.3)
    assert found.label == ("111", "200", "220", "311", "222", "400", "331", "420", "422", "511")
    assert found.multiplicity.tolist() == [8, 6, 12, 24, 8, 6, 24, 24, 24, 32]
    assert found.s_per_angstrom == pytest.approx(np.sqrt([3, 4, 8, 11, 12, 16, 19, 20, 24, 27]) / 4.0782)


def test_the_117_ring_of_bismuth_titanate_lies_where_its_lattice_says():
    from ase import Atoms

    crystal = Atoms("Bi", [(0, 0, 0)], cell=[5.4105, 5.4478, 32.835], pbc=True)
    found = ring_set(crystal, 0.34)
    planes = dict(zip(found.label, found.s_per_angstrom, strict=True))
    assert 1.0 / planes["117"] == pytest.approx(2.9708, abs=1e-3)
    assert 10.0 * planes["117"] == pytest.approx(3.366, abs=1e-3)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: fit_geometry(as_pattern(np.ones((64, 64)))), "same intensity everywhere"),
        (lambda: build_standard("Cobalt"), "no standard"),
        (lambda: as_pattern(np.ones((8, 8)), np.zeros((8, 8), dtype=bool)), "leave no pixel"),
        (lambda: polygon_mask((8, 8), [[(0, 0), (1, 1)]]), "three corners"),
    ],
)
def test_what_is_no_pattern_is_refused_by_name(call, text):
    with pytest.raises(InputError, match=text):
        call()
