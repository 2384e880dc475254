from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.order.local_entropy.maximal_unit import maximal_entropy_unit
from entrox.order.local_entropy.power import detectable_effect
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.local_entropy.scan_input import duplicate_fraction
from entrox.order.point_set import PointSet


def random_points(n: int = 2000, box: float = 5.0, seed: int = 1, **more: object) -> PointSet:
    rng = generator(seed)
    place = (rng.random((n, 3)) * box).astype(np.float32)
    return PointSet(place, rng.integers(0, 3, n), ("A", "B", "C"), **more)  # type: ignore[arg-type]


def test_too_few_points_or_species_are_refused() -> None:
    with pytest.raises(InputError, match="at least 100 points"):
        limited_area_entropy(random_points(99), [1.0], rng=generator(1))
    alone = PointSet(random_points().positions_nm, np.zeros(2000, int), ("A",))
    with pytest.raises(InputError, match="two species"):
        limited_area_entropy(alone, [1.0], rng=generator(1))
    absent = PointSet(random_points().positions_nm, random_points().labels, ("A", "B", "C", "D"))
    with pytest.raises(InputError, match="no points of D"):
        limited_area_entropy(absent, [1.0], rng=generator(1))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sizes_nm": [0.0]}, "sizes_nm"),
        ({"sizes_nm": [1.0, 1.0]}, "distinct"),
        ({"sizes_nm": []}, "one or more"),
        ({"cell_aspect": (1, 1)}, "three numbers"),
        ({"origins": 0}, "origins"),
        ({"n_relabel": -1}, "n_relabel"),
        ({"alternative": "less"}, "alternative"),
        ({"alpha": 1.0}, "alpha"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"block_nm": 0.5}, "block_nm"),
    ],
)
def test_settings_out_of_range_are_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        limited_area_entropy(random_points(), **({"sizes_nm": [1.0], "rng": generator(1)} | more))  # type: ignore[arg-type]


def test_sizes_without_information_are_reported_and_left_out_of_the_family() -> None:
    points = random_points()
    scan = limited_area_entropy(points, [0.01, 1.0, 9.0], n_relabel=39, n_bootstrap=50, rng=generator(2))
    alone = limited_area_entropy(points, [1.0], n_relabel=39, n_bootstrap=50, rng=generator(2))
    assert scan.informative.tolist() == [False, True, False]
    assert scan.n_areas[0] == 2000
    assert np.isnan(scan.z[[0, 2]]).all()
    assert np.isnan(scan.excess_information[[0, 2]]).all()
    assert scan.family_p == scan.p[1] == alone.family_p
    assert any("no information at 0.01, 9 nm" in notice for notice in scan.notices)


def test_without_relabelings_there_is_no_verdict_but_the_exact_null_stays() -> None:
    points = random_points()
    scan = limited_area_entropy(points, [1.0, 2.0], n_relabel=0, rng=generator(1))
    full = limited_area_entropy(points, [1.0, 2.0], n_relabel=19, rng=generator(1))
    assert scan.verdict == "not_informative"
    assert np.isnan(scan.sd_null).all()
    assert np.isnan(scan.family_p)
    assert scan.informative.all()
    assert scan.entropy_null == pytest.approx(full.entropy_null, abs=1e-13)
    assert any("no verdict" in notice for notice in scan.notices)
    assert maximal_entropy_unit(scan).sume_bc_nm is None
    with pytest.raises(InputError, match="n_relabel"):
        detectable_effect(scan)


def test_no_size_at_all_gives_no_verdict() -> None:
    scan = limited_area_entropy(random_points(), [20.0], n_relabel=19, rng=generator(1))
    assert scan.verdict == "not_informative"
    assert maximal_entropy_unit(scan).verdict == "not_informative"


def test_lost_events_and_rare_species_are_noticed() -> None:
    points = random_points()
    doubled = PointSet(np.repeat(points.positions_nm, 2, axis=0), np.repeat(points.labels, 2), points.species)
    labels = points.labels.copy()
    labels[labels == 2] = 0
    labels[:3] = 2
    rare = PointSet(points.positions_nm, labels, points.species)
    settings = {"n_relabel": 0, "n_bootstrap": 0, "rng": generator(1)}
    assert any("molecular" in note for note in limited_area_entropy(doubled, [1.0], **settings).notices)  # type: ignore[arg-type]
    assert any("fewer than 5 points of C" in note for note in limited_area_entropy(rare, [1.0], **settings).notices)  # type: ignore[arg-type]
    assert duplicate_fraction(doubled) == pytest.approx(0.5)
    assert duplicate_fraction(points) == 0.0


def test_a_sample_of_positions_finds_the_share_of_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.order.local_entropy.scan_input.SAMPLED", 2000)
    points = random_points(18000)
    place = points.positions_nm.copy()
    place[:1800] = place[-1800:]
    assert duplicate_fraction(PointSet(place, points.labels, points.species)) == pytest.approx(0.1, abs=0.03)


def test_progress_runs_to_the_whole_work() -> None:
    steps: list[tuple[int, int]] = []
    limited_area_entropy(
        random_points(300),
        [1.0, 2.0],
        n_relabel=40,
        progress=lambda done, total: steps.append((done, total)),
        rng=generator(1),
    )
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_labels_that_cannot_move_inside_their_strata_are_named_as_the_reason() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(0.0, 4.0, (400, 3))
    side = (places[:, 2] > 2.0).astype(np.int64)
    scan = limited_area_entropy(PointSet(places, side, ("A", "B")), [1.0], strata=side, n_relabel=19, rng=rng)
    assert scan.verdict == "not_informative"
    assert any("labels that cannot move" in notice for notice in scan.notices)


def test_a_scan_of_both_signs_is_segregated_and_its_notes_name_where_it_is_ordered() -> None:
    rng = np.random.default_rng(2)
    points = PointSet(rng.uniform(0.0, 6.0, (1_000, 3)), rng.integers(0, 2, 1_000), ("A", "B"))
    scan = limited_area_entropy(points, [1.0, 1.5, 2.0], n_relabel=19, rng=rng)
    both = replace(
        scan, family_p=0.01, p_adjusted=np.array([0.01, 0.5, 0.01]), excess_information=np.array([-0.05, 0.0, 0.02]),
        excess_upper_one_sided=np.array([-0.03, 0.02, 0.03]),
    )  # fmt: skip
    unit = maximal_entropy_unit(both)
    assert unit.verdict == "not_reached"
    assert any("both signs occur: at 1 nm" in note for note in unit.notes)


def test_too_few_relabelings_to_reach_the_level_are_said_to_find_nothing() -> None:
    rng = np.random.default_rng(3)
    points = PointSet(rng.uniform(0.0, 4.0, (300, 3)), rng.integers(0, 2, 300), ("A", "B"))
    few = limited_area_entropy(points, [1.0], origins=1, n_relabel=19, n_bootstrap=0, rng=rng)
    enough = limited_area_entropy(points, [1.0], origins=1, n_relabel=39, n_bootstrap=0, rng=rng)
    assert any("nothing can be found at the level 0.05" in notice for notice in few.notices)
    assert not any("nothing can be found" in notice for notice in enough.notices)
