"""Compiled scan against plain NumPy, and bootstrap against direct recomputation."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import generator
from entrox.order.local_entropy import relabeled_entropies as module
from entrox.order.local_entropy.areas import measure_grid
from entrox.order.local_entropy.bootstrap import block_partition, excess_replicates, reachable_composition
from entrox.order.local_entropy.cubes import cube_grids, frame_of, occupied_cubes, origin_offsets
from entrox.order.local_entropy.estimators import entropy_estimate
from entrox.order.local_entropy.null import null_entropy
from entrox.order.local_entropy.relabeled_entropies import relabeled_entropies
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet


def cloud(n: int = 3000, seed: int = 1, events: bool = False) -> PointSet:
    rng = generator(seed)
    place = (rng.random((n, 3)) * [6.0, 5.0, 9.0]).astype(np.float32)
    event = rng.integers(0, n // 2, n) if events else None
    return PointSet(place, rng.choice(3, n, p=[0.5, 0.3, 0.2]).astype(np.int8), ("A", "B", "C"), event=event)


def plain_cells(points: PointSet, size: float, offset: np.ndarray) -> np.ndarray:
    """Cube of each point on a shifted grid: slices thinner than 0.45 edges join their neighbor."""
    place = points.positions_nm.astype(np.float64)
    low, high = place.min(axis=0), place.max(axis=0)
    start = low - offset * size
    cell = np.floor((place - start) / size).astype(int)
    for axis in range(3):
        last = cell[:, axis].max()
        if offset.any() and 1.0 - offset[axis] < 0.45:
            cell[:, axis] = np.maximum(cell[:, axis], 1)
        if offset.any() and (high[axis] - start[axis]) / size - last < 0.45:
            cell[:, axis] = np.minimum(cell[:, axis], last - 1)
    return np.unique(cell, axis=0, return_inverse=True)[1].ravel()


def plain_counts(cubes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    counts = np.zeros((cubes.max() + 1, 3), dtype=int)
    np.add.at(counts, (cubes, labels), 1)
    return counts


@pytest.mark.parametrize("origin", [0, 1, 3])
def test_one_grid_is_what_plain_numpy_says(origin: int) -> None:
    points = cloud()
    frame, offset = frame_of(points), origin_offsets(4)[origin]
    grid = cube_grids(frame, np.full(3, 1.3), offset[None])[0]
    blocks = block_partition(points, frame, np.full(3, 1.3), None)[0]
    fast = measure_grid(
        points, grid, occupied_cubes(points, grid), reachable_composition(points, frame, blocks), blocks
    )
    counts = plain_counts(plain_cells(points, 1.3, offset), points.labels)
    n = counts.sum(axis=1)
    single, weight = entropy_estimate(counts, "plugin"), n / n.sum()
    p = points.totals / len(points)
    assert (fast.n_areas, fast.points_largest) == (len(n), n.max())
    assert fast.points_quantiles == pytest.approx(np.quantile(n, [0.05, 0.5, 0.95]))
    assert fast.entropy_weighted == pytest.approx(weight @ single, abs=1e-12)
    assert fast.entropy_unweighted == pytest.approx(single.mean(), abs=1e-12)
    assert fast.sd_unweighted == pytest.approx(single.std(ddof=1), abs=1e-12)
    assert fast.entropy_corrected == pytest.approx(weight @ entropy_estimate(counts, "grassberger"), abs=1e-12)
    assert fast.entropy_null == pytest.approx(weight @ null_entropy(n, points.totals), abs=1e-12)
    scatter = np.sqrt((weight[:, None] * (counts / n[:, None] - p) ** 2).sum(axis=0))
    assert fast.scatter == pytest.approx(scatter, abs=1e-12)
    assert fast.blocks is not None
    assert fast.blocks.counts.sum(axis=0) == pytest.approx(points.totals)


@pytest.mark.parametrize("events", [False, True])
def test_relabeled_entropies_are_those_of_the_drawn_labels(events: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    points = cloud(events=events)
    frame, offsets = frame_of(points), origin_offsets(2)
    grids = [grid for size in (0.8, 2.0) for grid in cube_grids(frame, np.full(3, size), offsets)]
    relabeler = Relabeler(points)
    seeds = Relabeler.seeds(generator(3), 20)
    blocks = block_partition(points, frame, np.full(3, 2.0), None)[0] if events else None
    fast = relabeled_entropies(points, grids, relabeler, seeds, blocks=blocks, threads=3)
    for b in (0, 7, 19):
        drawn = relabeler.draw_seeded(int(seeds[b]))
        for g, (size, origin) in enumerate([(0.8, 0), (0.8, 1), (2.0, 0), (2.0, 1)]):
            counts = plain_counts(plain_cells(points, size, offsets[origin]), drawn)
            plain = (counts.sum(axis=1) / len(points)) @ entropy_estimate(counts, "plugin")
            assert fast.entropies[b, g] == pytest.approx(plain, abs=1e-12)
    one = relabeled_entropies(points, grids, relabeler, seeds, blocks=blocks, threads=1)
    monkeypatch.setattr(module, "INDEX_BYTES", 1)
    piecewise = relabeled_entropies(points, grids, relabeler, seeds, blocks=blocks, threads=2)
    for other in (one, piecewise):
        assert (other.entropies == fast.entropies).all()
        if events:
            assert (other.by_block == fast.by_block).all()


def test_threads_change_no_number_of_a_scan() -> None:
    results = [
        limited_area_entropy(
            cloud(), [1.0, 2.0], n_relabel=50, n_bootstrap=60, threads=threads, rng=generator(4)
        ).to_dict()
        for threads in (1, 4)
    ]
    assert results[0] == results[1]


def test_bootstrap_replicates_are_those_of_the_resampled_blocks() -> None:
    points = cloud(6000)
    frame = frame_of(points)
    grid = cube_grids(frame, np.full(3, 1.0), origin_offsets(1))[0]
    number = occupied_cubes(points, grid)
    blocks = block_partition(points, frame, np.full(3, 1.0), None)[0]
    composition = reachable_composition(points, frame, blocks)
    sums = measure_grid(points, grid, number, composition, blocks)
    assert sums.blocks is not None
    draws = excess_replicates([[sums.blocks]], composition, [None], 5, generator(5))[:, 0]
    counts = plain_counts(number.cubes, points.labels)
    n = counts.sum(axis=1)
    place = np.zeros((len(n), 3))
    np.add.at(place, number.cubes, points.positions_nm.astype(float))
    block = blocks.numbers(place / n[:, None])
    used = np.flatnonzero(sums.blocks.counts.sum(axis=1))
    weights = generator(5).multinomial(len(used), np.full(len(used), 1 / len(used)), size=5)
    for draw, weight in zip(draws, weights, strict=True):
        times = np.zeros(len(blocks))
        times[used] = weight
        times = times[block]
        totals = times @ counts
        # The null of the drawn composition, scaled to the number of points of the set.
        scaled = np.round(totals / totals.sum() * 1e9)
        expected = null_entropy(n, scaled)
        finite = null_entropy(n, points.totals) - null_entropy(n, np.round(points.totals / len(points) * 1e9))
        excess = (times * n * (expected + finite - entropy_estimate(counts, "plugin"))).sum() / (times * n).sum()
        assert draw == pytest.approx(excess, abs=2e-6)


def test_numbers_beyond_the_tables_are_computed() -> None:
    rng = generator(6)
    n = 400_000
    points = PointSet(rng.random((n, 3)).astype(np.float32), rng.integers(0, 2, n).astype(np.int8), ("A", "B"))
    scan = limited_area_entropy(points, [0.6], origins=1, n_relabel=2, n_bootstrap=0, rng=rng)
    counts = plain_counts(plain_cells(points, 0.6, np.zeros(3)), points.labels)[:, :2]
    assert counts.max() > 2**15
    weight = counts.sum(axis=1) / n
    assert scan.entropy_weighted[0] == pytest.approx(weight @ entropy_estimate(counts, "plugin"), abs=1e-12)
    assert scan.entropy_corrected[0] == pytest.approx(weight @ entropy_estimate(counts, "grassberger"), abs=1e-10)
