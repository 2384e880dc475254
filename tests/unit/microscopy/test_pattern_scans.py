"""Scans of patterns: sums are linear, drift is a plane, crystal is where the ring is uneven, neighbors are not new."""

import tracemalloc

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy import (
    Micrograph,
    PatternScan,
    ScanCenters,
    annular_detector,
    circle_region,
    crystallinity_map,
    disc_overlap,
    effective_number,
    glass_threshold,
    rectangle_region,
    region_sums,
    scan_centers,
    simulate_scan,
    virtual_images,
    window_crystallinity,
)


@pytest.fixture(scope="module")
def mosaic():
    """A scan whose right half is crystal, with a drifting center."""
    share = np.zeros((10, 14))
    share[:, 7:] = 0.6
    return share, PatternScan(data=simulate_scan(share, np.random.default_rng(1), drift_px=(2.0, -1.0)))


def test_sums_of_regions_are_linear_and_those_of_numpy(mosaic):
    _, scan = mosaic
    left, right = rectangle_region((10, 14), (0, 0), (6, 9)), rectangle_region((10, 14), (7, 0), (13, 9))
    both = region_sums(scan, np.stack([left, right, left | right]))
    assert both[0] + both[1] == pytest.approx(both[2])
    assert both[2] == pytest.approx(np.asarray(scan.data).sum(axis=(0, 1), dtype=float))
    weights = np.random.default_rng(2).random((10, 14))
    assert region_sums(scan, weights) == pytest.approx(np.einsum("ij,ijkl->kl", weights, scan.data))


def test_virtual_detectors_count_what_falls_on_them(mosaic):
    _, scan = mosaic
    detector = annular_detector(scan.pattern_shape, (31.5, 31.5), 5.0, 12.0)
    image = virtual_images(scan, detector)
    assert image == pytest.approx((scan.data * detector).sum(axis=(2, 3), dtype=float))


def test_blocks_of_any_size_hold_the_whole_scan(mosaic):
    _, scan = mosaic
    for size in (1, 64 * 64 * 2 * 5, 64 * 64 * 2 * 40, 10**9):
        seen = np.zeros(scan.scan_shape, dtype=int)
        for rows, columns, block in scan.blocks(size):
            seen[rows, columns] += 1
            assert np.array_equal(block, scan.data[rows, columns])
        assert (seen == 1).all()


def test_the_center_drifts_on_a_plane(mosaic):
    _, scan = mosaic
    found = scan_centers(scan, 9.0)
    # along columns and along rows; only x moves
    assert found.slope_px[0] == pytest.approx([-1.0 / 9.0, 2.0 / 13.0], abs=0.01)
    assert found.slope_px[1] == pytest.approx([0.0, 0.0], abs=0.01)
    assert found.residual_px < 0.1


def test_spots_on_the_ring_stand_out_and_an_even_ring_shows_counting_noise_only(mosaic):
    share, scan = mosaic
    found = crystallinity_map(scan, scan_centers(scan, 9.0), (14.0, 22.0))
    glass, crystal = found.variance[share == 0.0], found.variance[share > 0.0]
    assert glass.min() > -4.0 * found.counting_error.max()
    assert np.abs(glass.mean()) < 3.0 * np.std(glass, ddof=1) / np.sqrt(glass.size)
    assert np.std(glass, ddof=1) == pytest.approx(found.counting_error[share == 0.0].mean(), rel=0.25)
    threshold = glass_threshold(found, share == 0.0)
    assert (crystal > threshold).mean() > 0.98
    assert found.contrast[share > 0.0].min() > found.contrast[share == 0.0].max()


def test_the_counting_error_of_the_ring_is_its_scatter_at_a_tenth_of_an_electron_per_pixel():
    rng = np.random.default_rng(7)
    flat = PatternScan(data=rng.poisson(0.1, (12, 40, 48, 48)).astype(np.uint16))
    still = ScanCenters(
        measured_px=np.full((12, 40, 2), 23.5), plane_px=np.full((12, 40, 2), 23.5), slope_px=np.zeros((2, 2)),
        residual_px=0.0,
    )  # fmt: skip
    found = crystallinity_map(flat, still, (12.0, 20.0))
    assert np.std(found.variance) == pytest.approx(np.median(found.counting_error), rel=0.15)
    assert abs(found.variance.mean()) < 4.0 * np.std(found.variance) / np.sqrt(found.variance.size)


def test_the_mean_of_overlapping_probes_scatters_as_their_effective_number_says():
    """Patterns as areas of white noise: the variance of the mean over a region is that of n_eff independent ones."""
    rng = np.random.default_rng(3)
    step, probe, fine = 0.4, 1.0, 0.05
    region = np.ones((4, 5), dtype=bool)
    y, x = np.indices((88, 88)) * fine
    means = []
    for _ in range(120):
        noise = rng.normal(size=(88, 88))
        values = [
            noise[np.hypot(x - 1.2 - step * j, y - 1.2 - step * i) < 0.5 * probe].mean()
            for i, j in np.argwhere(region)
        ]  # fmt: skip
        means.append(np.mean(values))
    pixels = np.pi * (0.5 * probe / fine) ** 2
    assert np.var(means) * pixels == pytest.approx(1.0 / effective_number(region, step, probe), rel=0.35)


def test_a_three_nanometer_square_holds_fewer_than_its_56_patterns():
    square = np.ones((7, 8), dtype=bool)
    assert effective_number(square, 0.4, 1.0) == pytest.approx(13.3, abs=0.1)
    assert effective_number(square, 1.0, 0.9) == pytest.approx(56.0)
    assert disc_overlap(0.5, 1.0) == pytest.approx(0.391, abs=1e-3)


def test_a_scan_is_read_in_blocks_and_not_as_a_whole(tmp_path):
    size = (24, 32, 64, 64)
    stored = np.lib.format.open_memmap(tmp_path / "scan.npy", mode="w+", dtype=np.float32, shape=size)
    stored[:] = np.random.default_rng(4).random((1, 1, 64, 64), dtype=np.float32)
    stored.flush()
    scan = PatternScan(data=np.load(tmp_path / "scan.npy", mmap_mode="r"))
    regions = np.stack([circle_region((24, 32), (10, 10), 5.0), np.ones((24, 32), dtype=bool)])
    tracemalloc.start()
    total = sum(block.sum(dtype=float) for *_, block in scan.blocks(2**20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20
    assert region_sums(scan, regions)[1].sum() == pytest.approx(total, rel=1e-6)


def test_what_is_no_scan_or_region_is_refused():
    with pytest.raises(InputError, match="four axes"):
        PatternScan(data=np.zeros((3, 4, 5)))
    scan = PatternScan(data=np.ones((3, 4, 8, 8)))
    with pytest.raises(InputError, match="shape of the scan"):
        region_sums(scan, np.ones((4, 3)))
    with pytest.raises(InputError, match="no scan point"):
        region_sums(scan, np.zeros((3, 4)))
    with pytest.raises(InputError, match="leaves the pattern"):
        crystallinity_map(scan, scan_centers(PatternScan(data=_beams()), 3.0), (6.0, 9.0))


def _beams():
    data = np.zeros((3, 4, 8, 8))
    data[..., 3:5, 3:5] = 100.0
    return data


def test_windows_with_fringes_are_crystal_and_noise_is_not():
    rng = np.random.default_rng(5)
    y, x = np.indices((256, 320), dtype=float)
    fringes = 0.5 * (np.cos(2 * np.pi * (x + 0.4 * y) / 7.3) + np.cos(2 * np.pi * (y - 0.3 * x) / 6.1))
    image = rng.normal(size=x.shape) + np.where(x > 160, fringes, 0.0)
    found = window_crystallinity(Micrograph(intensity=image), window_px=64)
    inside = found.column_px > 160 + 32
    outside = found.column_px < 160 - 32
    assert found.crystal[:, inside].all()
    assert not found.crystal[:, outside].any()
    periods = np.array([7.3 / np.hypot(1.0, 0.4), 6.1 / np.hypot(1.0, 0.3)])
    away = np.abs(found.spacing[:, inside][..., None] - periods).min(axis=-1)
    # the resolution of a window of 64 px
    assert away.max() < 6.5**2 / 64


def test_pure_noise_is_called_crystal_no_more_often_than_stated():
    rng = np.random.default_rng(6)
    false = [
        window_crystallinity(Micrograph(intensity=rng.normal(size=(144, 144))), window_px=48).crystal.any()
        for _ in range(30)
    ]
    # 5 % of images; five of thirty is the 99 % limit
    assert sum(false) <= 5
