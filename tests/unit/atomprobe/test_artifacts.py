from __future__ import annotations

import numpy as np
import pytest

from entrox.atomprobe.artifacts import detector_composition_map, remove_trend, sector_strata
from entrox.atomprobe.masks import density_mask, pole_mask
from entrox.core import InputError
from entrox.order.point_set import PointSet

SPECIES = ("Co", "Cr", "Ni")


def tip(seed: int, count: int = 60_000) -> PointSet:
    """Random alloy in a cylinder of radius 10 nm and length 20 nm."""
    rng = np.random.default_rng(seed)
    radius, angle = 10.0 * np.sqrt(rng.random(count)), rng.uniform(-np.pi, np.pi, count)
    positions = np.stack([radius * np.cos(angle), radius * np.sin(angle), rng.uniform(0.0, 20.0, count)], axis=1)
    return PointSet(positions, rng.choice(3, count, p=[0.5, 0.3, 0.2]), SPECIES)


def relabeled(points: PointSet, share: np.ndarray, seed: int = 0) -> PointSet:
    """Turn atoms into the first species with a probability that depends on the place."""
    turned = np.random.default_rng(seed).random(len(points)) < share
    return PointSet(points.positions_nm, np.where(turned, 0, points.labels), points.species)


@pytest.mark.parametrize("coordinates", ["xy", "polar"])
def test_the_map_of_a_random_alloy_scatters_by_counting(coordinates: str) -> None:
    found = detector_composition_map(tip(1), coordinates=coordinates, n_bins=(20, 20))  # type: ignore[arg-type]
    assert found.dispersion == pytest.approx(1.0, abs=0.3)
    assert found.counts.sum() == 60_000
    assert np.nansum(found.fraction, axis=0)[found.counts >= 20] == pytest.approx(1.0)


def test_rings_of_a_polar_map_have_equal_areas() -> None:
    found = detector_composition_map(tip(1), coordinates="polar", n_bins=(10, 12), center=(0.0, 0.0))
    assert found.counts.std() / found.counts.mean() < 3.0 / np.sqrt(found.counts.mean())


def test_a_streak_of_composition_shows_where_it_is() -> None:
    points = tip(2)
    x, y = points.positions_nm[:, 0], points.positions_nm[:, 1]
    found = detector_composition_map(
        relabeled(points, 0.5 * ((np.abs(x - 4.0) < 1.0) & (np.abs(y) < 4.0))), n_bins=(20, 20)
    )
    i, _ = np.unravel_index(np.nanargmax(found.z_score[0]), found.z_score[0].shape)
    middle = 0.5 * (found.first_edges[i] + found.first_edges[i + 1])
    assert abs(middle - 4.0) < 1.0
    assert found.dispersion[0] > 2.0


@pytest.mark.parametrize("coordinates", ["xy", "polar"])
def test_a_smooth_gradient_is_taken_off_and_a_streak_is_left(coordinates: str) -> None:
    points = tip(3)
    gradient = 0.02 * (points.positions_nm[:, 0] + 10.0)
    sloped = detector_composition_map(relabeled(points, gradient), coordinates=coordinates, n_bins=(16, 16))  # type: ignore[arg-type]
    flat = remove_trend(sloped)
    assert sloped.dispersion[0] > 2.5
    assert flat.dispersion[0] == pytest.approx(1.0, abs=0.3)
    assert flat.trend_degree == 2
    spot = 0.8 * (np.hypot(points.positions_nm[:, 0] + 3.0, points.positions_nm[:, 1]) < 1.5)
    streaked = detector_composition_map(
        relabeled(points, np.maximum(gradient, spot)),
        coordinates=coordinates,
        n_bins=(16, 16),  # type: ignore[arg-type]
    )
    assert remove_trend(streaked).dispersion[0] > 1.5


def test_hits_on_the_detector_replace_the_reconstruction() -> None:
    points = tip(4)
    hits = points.positions_nm[:, :2] * 1.7
    found = detector_composition_map(points, detector_mm=hits)
    assert found.unit == "mm"
    assert found.first_edges[-1] == pytest.approx(hits[:, 0].max())
    with pytest.raises(InputError, match="one x, y per point"):
        detector_composition_map(points, detector_mm=hits[:-1])


def test_a_pole_is_masked_and_a_smooth_tip_is_not() -> None:
    points = tip(5, 150_000)
    assert pole_mask(points).masked_fraction < 1e-3
    near = np.hypot(points.positions_nm[:, 0] - 3.0, points.positions_nm[:, 1] - 2.0)
    lost = (near < 1.2) & (np.random.default_rng(0).random(len(points)) < 0.7)
    holed = PointSet(points.positions_nm[~lost], points.labels[~lost], SPECIES)
    found = pole_mask(holed)
    assert found.in_pole[near[~lost] < 0.9].mean() > 0.9
    assert found.in_pole[near[~lost] > 2.0].mean() < 1e-3


def test_pores_and_surfaces_are_masked_and_the_bulk_is_kept() -> None:
    points = tip(6, 100_000)
    from_pore = np.linalg.norm(points.positions_nm - np.array([0.0, 0.0, 10.0]), axis=1)
    solid = from_pore > 3.0
    found = density_mask(PointSet(points.positions_nm[solid], points.labels[solid], SPECIES))
    away, radius = from_pore[solid], np.hypot(*points.positions_nm[solid, :2].T)
    height = points.positions_nm[solid, 2]
    bulk = (away > 5.5) & (radius < 7.5) & (height > 3.0) & (height < 17.0)
    assert found.keep[bulk].mean() > 0.999
    assert found.keep[away < 3.1].mean() < 0.6
    assert found.keep[radius > 9.9].mean() < 0.05
    density = 100_000 / (np.pi * 100.0 * 20.0)
    assert found.density_per_nm3[bulk].mean() == pytest.approx(density, rel=0.02)


def test_strata_of_sectors_are_places_of_their_own() -> None:
    points = tip(7)
    found = sector_strata(points, n_rings=3, n_sectors=6, slab_nm=10.0, center=(0.0, 0.0))
    assert len(np.unique(found)) == found.max() + 1 == 36
    assert np.bincount(found) == pytest.approx(60_000 / 36, rel=0.2)
    radius = np.hypot(*points.positions_nm[:, :2].T)
    in_one = radius[found == found[np.argmin(radius)]]
    assert in_one.max() < 10.0 / np.sqrt(3.0) + 0.1


def test_bad_maps_are_refused() -> None:
    points = tip(8, 1_000)
    with pytest.raises(InputError, match="coordinates must be one of xy, polar"):
        detector_composition_map(points, coordinates="rphi")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="fewer bins"):
        detector_composition_map(points, n_bins=(200, 200))
    with pytest.raises(InputError, match="lower degree or more bins"):
        remove_trend(detector_composition_map(points, n_bins=(3, 2)), 3)
    with pytest.raises(InputError, match="low"):
        density_mask(points, low=1.5)
