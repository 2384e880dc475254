"""Strain from ellipses and from peaks, particles that move, and areas whose composition differs."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from diffraction_patterns import as_pattern, ring_picture
from entrox.core import InputError
from entrox.core.binomial_interval import binomial_interval
from entrox.microscopy import (
    affine_slope,
    area_counts,
    compare_areas,
    ellipse_strain,
    fit_geometry,
    fit_ring_peaks,
    follow_particles,
    radial_profile,
    track_peak,
)


def rings_of(picture):
    pattern = as_pattern(picture)
    geometry = fit_geometry(pattern, ellipse=True)
    return geometry, fit_ring_peaks(radial_profile(pattern, geometry))


def test_an_affinely_stretched_pattern_returns_its_strain_whatever_the_lenses_do():
    turn = np.radians(35.0)
    along = np.array([np.cos(turn), np.sin(turn)])
    stretch = np.eye(2) * (1.0 - 0.008) + (0.030 + 0.008) * np.outer(along, along)
    free = ring_picture(400, (200.3, 198.8), 1.012, 110.0, counts=600.0, rng=np.random.default_rng(1))
    # the lenses distort what the strained sample scatters
    loaded = ring_picture(
        400, (195.1, 202.4), 1.012, 110.0, counts=600.0, rng=np.random.default_rng(2), stretch=stretch
    )
    found = ellipse_strain(*rings_of(loaded), *rings_of(free))
    assert found.strain_parallel == pytest.approx(0.030, abs=5e-4)
    assert found.strain_perpendicular == pytest.approx(-0.008, abs=5e-4)
    assert found.angle_deg == pytest.approx(35.0, abs=1.5)
    assert found.error < 1e-3
    assert found.n_rings == 4


def test_the_same_sample_twice_has_no_strain():
    first, second = (
        rings_of(ring_picture(320, (160.0, 158.0), 1.01, 60.0, rng=np.random.default_rng(k))) for k in (3, 4)
    )
    found = ellipse_strain(*second, *first)
    assert abs(found.strain_parallel) < 5e-4
    assert abs(found.strain_perpendicular) < 5e-4


def test_strain_needs_ellipses():
    pattern = as_pattern(ring_picture(200, (100.0, 99.0)))
    circle = fit_geometry(pattern)
    rings = fit_ring_peaks(radial_profile(pattern, circle))
    with pytest.raises(InputError, match="fitted ellipse"):
        ellipse_strain(circle, rings, circle, rings)


def test_slopes_of_shells_that_follow_the_sample_are_those_of_random_bonds():
    rng = np.random.default_rng(5)
    bonds = rng.normal(size=(200_000, 3))
    bonds *= 3.7 / np.linalg.norm(bonds, axis=1, keepdims=True)
    strain, poisson = 1e-3, 0.24
    after = np.linalg.norm(bonds * (1.0 + strain * np.array([1.0, -poisson, -poisson])), axis=1)
    assert after.mean() - 3.7 == pytest.approx(strain * affine_slope(3.7, poisson), rel=0.02)
    angle = rng.uniform(0.0, 2.0 * np.pi, 200_000)
    plane = 3.7 * np.hypot(np.cos(angle) * (1.0 + strain), np.sin(angle) * (1.0 - poisson * strain))
    assert plane.mean() - 3.7 == pytest.approx(strain * affine_slope(3.7, poisson, "plane"), rel=0.02)
    assert affine_slope(3.7, poisson, "axis") == pytest.approx(3.7, rel=1e-12)
    with pytest.raises(InputError, match="poisson"):
        affine_slope(3.7, 0.7)


def test_a_peak_is_followed_with_its_slope_and_stays_one():
    r = np.arange(2.0, 3.4, 0.02)
    rng = np.random.default_rng(6)
    strain = np.array([0.0, 0.01, 0.02, 0.03, 0.04])
    curves = [
        np.exp(-0.5 * ((r - 2.7 - 0.5 * e) / 0.18) ** 2) - 0.2 * r + rng.normal(0.0, 0.003, len(r)) for e in strain
    ]
    found = track_peak(r, curves, strain, (2.05, 3.35), poisson=0.2)
    assert found.slope_angstrom == pytest.approx(0.5, abs=4.0 * found.slope_error_angstrom)
    assert found.affine_slope_angstrom == pytest.approx(2.7 * 0.2, rel=0.01)
    assert np.isnan(found.splitting_angstrom).all()
    assert found.width_angstrom == pytest.approx(0.18, abs=0.01)


def test_a_peak_that_splits_is_seen_to_split():
    r = np.arange(2.0, 3.4, 0.02)
    rng = np.random.default_rng(7)

    def pair(gap):
        return sum(np.exp(-0.5 * ((r - 2.7 - sign * 0.5 * gap) / 0.12) ** 2) for sign in (-1, 1)) + rng.normal(
            0.0, 0.003, len(r)
        )

    found = track_peak(r, [pair(0.0), pair(0.45), pair(0.5)], [0.0, 0.03, 0.05], (2.05, 3.35))
    assert np.isnan(found.splitting_angstrom[0])
    assert found.splitting_angstrom[1:] == pytest.approx([0.45, 0.5], abs=0.02)
    assert found.position_angstrom == pytest.approx(2.7, abs=0.01)


def test_drift_and_turn_of_the_picture_are_no_movement_of_particles():
    rng = np.random.default_rng(8)
    before = rng.uniform(0.0, 100.0, (14, 2))
    turn = np.radians(1.2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = np.zeros((14, 2))
    moved[[5, 8, 11]] = [[4.0, 1.0], [-3.0, 3.0], [0.5, -5.0]]
    after = (before + moved) @ rotation.T + [12.0, -7.0] + rng.normal(0.0, 0.05, (14, 2))
    found = follow_particles(before, after, [0, 1, 2, 3], position_error=0.05, registration="rigid")
    assert np.flatnonzero(found.moved).tolist() == [5, 8, 11]
    assert (found.n_moved, found.n_judged) == (3, 10)
    assert (found.share_low, found.share_high) == pytest.approx((0.067, 0.652), abs=1e-3)
    assert found.length[[5, 8, 11]] == pytest.approx(np.linalg.norm(moved[[5, 8, 11]], axis=1), abs=0.5)


def test_reference_particles_scatter_by_the_error_of_their_positions_whatever_the_registration():
    """The mean square residual over the numbers that are left is the variance of a displacement."""
    rng = np.random.default_rng(12)
    for registration, count in (("shift", 2), ("rigid", 2), ("rigid", 3), ("affine", 4)):
        squares = []
        for _ in range(400):
            before = rng.uniform(0.0, 100.0, (count + 1, 2))
            after = before + rng.normal(0.0, 0.1, before.shape)
            found = follow_particles(
                before, after, np.arange(count), position_error=0.1, registration=registration
            )  # fmt: skip
            squares.append(found.residual**2)
        assert np.mean(squares) == pytest.approx(0.01, rel=0.2), (registration, count)


def test_reference_particles_that_fix_no_registration_are_refused():
    places = np.array([[0.0, 0.0], [10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [5.0, 40.0]])
    with pytest.raises(InputError, match="on one line"):
        follow_particles(places, places, [0, 1, 2, 3], position_error=0.1)
    assert follow_particles(places, places, [0, 1, 2, 3], position_error=0.1, registration="rigid").n_moved == 0
    with pytest.raises(InputError, match="0 to 4"):
        follow_particles(places, places, [0, 1, 9], position_error=0.1)


def test_binomial_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(9)
    for chance in (0.1, 0.3, 0.7):
        counts = rng.binomial(10, chance, 2000)
        bounds = [binomial_interval(k, 10) for k in range(11)]
        covered = np.mean([bounds[k][0] <= chance <= bounds[k][1] for k in counts])
        assert covered >= 0.94


def ratio_maps(counts_per_area, ratios, rng):
    """Return maps of two areas with Bi to four lanthanides in the given ratios."""
    areas = np.repeat([0, 1], 50)[None, :] * np.ones((20, 1), dtype=int)
    maps = {}
    for name, share in (("Bi", 1.0), *((ln, None) for ln in ("La", "Nd", "Pr", "Sm"))):
        expected = np.zeros(areas.shape)
        for k, ratio in enumerate(ratios):
            part = 1.0 / (1.0 + ratio) if share else ratio / 4.0 / (1.0 + ratio)
            expected[areas == k] = counts_per_area * part / (areas == k).sum()
        maps[name] = rng.poisson(expected)
    return maps, areas


@pytest.mark.parametrize(("counts", "decided"), [(2_000, False), (200_000, True)])
def test_whether_two_nanophases_differ_depends_on_the_counts(counts, decided):
    maps, areas = ratio_maps(counts, (2.69, 3.04), np.random.default_rng(10))
    found = compare_areas(area_counts(maps, areas), ("Bi",), ("La", "Nd", "Pr", "Sm"))
    assert (found.p_value < 1e-3) == decided
    assert found.log_error == pytest.approx(np.sqrt(2.0 * (3.86 + 3.86 / 2.86) / counts), rel=0.1)
    if decided:
        assert found.ratio == pytest.approx([2.69, 3.04], rel=0.03)
        assert found.entropy_difference == pytest.approx(1.6028 - 1.5949, abs=0.003)


def test_smoothed_maps_are_no_counts():
    with pytest.raises(InputError, match="whole counts"):
        area_counts({"Bi": np.full((4, 4), 0.5)}, np.zeros((4, 4), dtype=int))


def test_the_slope_of_three_positions_is_no_better_known_than_they_are():
    # two shells under one asymmetric peak, in a window that cuts its foot: positions are known to some hundredths
    r, strain = np.arange(3.4, 4.6, 0.02), np.array([0.0, 0.02, 0.04])

    def curve(e):
        at = r / (1.0 + 0.2 * e)
        return np.exp(-0.5 * ((at - 3.9) / 0.2) ** 2) + 0.8 * np.exp(-0.5 * ((at - 4.25) / 0.2) ** 2) - 0.1 * at**2

    found = track_peak(r, [curve(e) for e in strain], strain, (3.4, 4.6))
    lever = (strain - strain.mean()) / ((strain - strain.mean()) ** 2).sum()
    assert found.slope_error_angstrom >= np.hypot.reduce(lever * found.position_error_angstrom) * (1.0 - 1e-12)
    assert found.slope_angstrom == pytest.approx(0.2 * 4.05, abs=2.0 * found.slope_error_angstrom)
