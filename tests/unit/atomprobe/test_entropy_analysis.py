from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from entrox.atomprobe import EntropySettings, analyze_entropy
from entrox.atomprobe.imputed_scans import mean_scan
from entrox.order import PointSet, limited_area_entropy, maximal_entropy_unit


def random_points(seed: int, n: int = 1_500, edge_nm: float = 8.0) -> PointSet:
    rng = np.random.default_rng(seed)
    return PointSet(rng.uniform(0.0, edge_nm, (n, 3)), rng.integers(0, 2, n), ("Co", "Ni"))


def test_a_map_can_be_asked_for_beside_a_scan() -> None:
    settings = EntropySettings(sizes_nm=(1.0,), relabelings=19, bootstraps=0, origins=1, map_spacing_nm=1.0)
    found = analyze_entropy(random_points(1), settings, rng=np.random.default_rng(1))
    assert found.map is not None
    assert np.isfinite(found.map.entropy).any()


def test_sizes_that_tell_nothing_have_no_detectable_effect_and_no_verdict() -> None:
    settings = EntropySettings(sizes_nm=(500.0,), relabelings=19, bootstraps=10, origins=1)
    found = analyze_entropy(random_points(2), settings, rng=np.random.default_rng(1))
    assert found.verdict == "not_informative"
    assert found.detectable is None
    assert any("larger than the box" in notice for notice in found.notices)


def test_strata_take_a_smooth_trend_out_of_the_neighborhoods_too() -> None:
    rng = np.random.default_rng(3)
    places = rng.uniform(0.0, 8.0, (4_000, 3))
    labels = (rng.random(4_000) < 0.1 + 0.1 * places[:, 2]).astype(np.int64)
    points = PointSet(places, labels, ("Co", "Ni"))
    asked = EntropySettings(sizes_nm=(1.0,), radii_nm=(1.0,), neighbors_k=12, relabelings=99, bootstraps=0, origins=1)
    plain = analyze_entropy(points, asked, rng=np.random.default_rng(1))
    inside = analyze_entropy(points, asked.model_copy(update={"strata_nm": 0.4}), rng=np.random.default_rng(1))
    for name in ("neighborhoods", "nearest_neighbors"):
        assert getattr(plain, name).z[0] < -10.0
        assert abs(getattr(inside, name).z[0]) < 4.0


def test_the_mean_of_drawings_keeps_the_scatter_of_the_bootstrap() -> None:
    points = random_points(4, 6_000)
    rng = np.random.default_rng(5)
    scans = [
        limited_area_entropy(points, [0.7, 1.0], origins=1, n_relabel=49, n_bootstrap=300, rng=rng) for _ in "123456"
    ]
    together = mean_scan(scans)
    single = np.mean([scan.excess_bootstrap.std(axis=0) for scan in scans], axis=0)
    assert together.excess_bootstrap.std(axis=0) == pytest.approx(single, rel=0.1)
    assert together.excess_upper == pytest.approx(np.mean([scan.excess_upper for scan in scans], axis=0))


def test_the_verdict_of_drawings_is_that_of_their_mean_and_the_notice_counts_who_agrees() -> None:
    scan = limited_area_entropy(random_points(6), [1.0, 2.0], n_relabel=49, rng=np.random.default_rng(7))
    clear = dataclasses.replace(
        scan, family_p=0.02, p_adjusted=np.full(2, 0.02), excess_information=np.full(2, -0.1), verdict="ordered"
    )
    found = mean_scan([scan, clear, clear])
    assert found.verdict == maximal_entropy_unit(found).verdict == "ordered"
    assert found.notices[-1].startswith("2 of 3 drawings")
