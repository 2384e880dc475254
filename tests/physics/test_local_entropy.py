"""Local mixing entropy: real ions, known structures, and what random labels do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, kstest

from entrox.core import generator
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate, expected_entropy
from entrox.order.local_entropy.maximal_unit import maximal_entropy_unit
from entrox.order.local_entropy.null import null_entropy
from entrox.order.local_entropy.power import detectable_effect
from entrox.order.local_entropy.relabeling import Relabeler
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet
from entrox.structure.composition_field import correlated_labels, gaussian_fields

DATA = Path(__file__).parents[1] / "data" / "apt" / "cocrni_csro"
FRACTIONS = np.array([0.306, 0.267, 0.219, 0.208])
SIZES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)


@pytest.fixture(scope="module")
def cocrni() -> PointSet:
    """Ranged ions of the annealed alloy: half-open ranges in float64 of the stored values."""
    rows = np.fromfile(DATA / "cocrni_real.pos", ">f4").reshape(-1, 4)
    ratio, labels = rows[:, 3].astype(float), np.full(len(rows), -1)
    names = ("Co", "Cr", "Ni")
    for line in (DATA / "cocrni.rrng").read_text().splitlines():
        found = re.match(r"Range\d+=(\S+) (\S+) .*?(Cr|Co|Ni):1", line)
        if found:
            labels[(ratio >= float(found[1])) & (ratio < float(found[2]))] = names.index(found[3])
    kept = labels >= 0
    return PointSet(rows[kept, :3].astype(np.float32), labels[kept].astype(np.int16), names)


def poisson(density: float, box: float, rng: np.random.Generator) -> np.ndarray:
    return (rng.random((rng.poisson(density * box**3), 3)) * box).astype(np.float32)


def random_points(density: float, box: float, rng: np.random.Generator) -> PointSet:
    place = poisson(density, box, rng)
    return PointSet(place, rng.choice(4, len(place), p=FRACTIONS).astype(np.int8), ("Ni", "Cu", "Co", "Fe"))


def test_real_alloy_has_its_reference_numbers(cocrni: PointSet) -> None:
    assert cocrni.totals.tolist() == [11172, 12282, 10377]
    scan = limited_area_entropy(cocrni, SIZES, origins=1, rng=generator(1))
    reference = {
        "n_areas": ([13864, 5886, 3646, 2443, 1210, 600, 338], 0),
        "n_per_area_mean": ([2.44, 5.75, 9.28, 13.85, 27.96, 56.4, 100.1], 0.05),
        "entropy_weighted": ([0.5976, 0.8869, 0.9662, 1.0125, 1.0546, 1.0768, 1.0858], 2e-4),
        "entropy_null": ([0.6072, 0.8920, 0.9721, 1.0150, 1.0576, 1.0778, 1.0860], 2e-4),
        "sd_null": ([0.0025, 0.0020, 0.0017, 0.0014, 0.0011, 0.0007, 0.0005], 1.5e-4),
        "z": ([-3.9, -2.7, -3.6, -1.8, -2.9, -1.4, -0.5], 0.3),
        "excess_information": ([0.0096, 0.0051, 0.0059, 0.0025, 0.0030, 0.0009, 0.0003], 1e-4),
        "excess_lower": ([0.0049, 0.0012, 0.0028, -0.0009, 0.0011, -0.0005, -0.0010], 7e-4),
        "excess_upper": ([0.0151, 0.0096, 0.0092, 0.0058, 0.0054, 0.0028, 0.0021], 1e-3),
        "entropy_unweighted": ([0.384, 0.619, 0.736, 0.830, 0.940, 1.021, 1.038], 6e-4),
    }
    for name, (values, tolerance) in reference.items():
        assert getattr(scan, name) == pytest.approx(values, abs=tolerance), name
    threshold = (scan.critical_z + 0.842) * scan.sd_null
    assert threshold == pytest.approx([0.0085, 0.0068, 0.0057, 0.0050, 0.0038, 0.0025, 0.0019], abs=5e-4)
    # An excess brings noise of its own: what is found with a power of 0.8 is a little more.
    own = np.sqrt(scan.sd_null**2 + 2.0 * scan.detectable_excess / len(cocrni))
    assert scan.detectable_excess == pytest.approx(scan.critical_z * scan.sd_null + 0.8416 * own, rel=1e-4)
    assert (scan.detectable_excess > threshold).all()
    assert scan.entropy_bulk == pytest.approx(1.09622, abs=5e-6)
    assert scan.family_p == 1 / 500
    assert scan.critical_z == pytest.approx(2.63, abs=0.1)
    assert scan.n_blocks.tolist() == [48] * 7
    assert scan.verdict == "resolved"


def test_real_alloy_has_a_smallest_unit_of_maximal_entropy(cocrni: PointSet) -> None:
    scan = limited_area_entropy(cocrni, SIZES, origins=1, rng=generator(2))
    unit = maximal_entropy_unit(scan, efficiency=0.37, cell_volume_nm3=0.35834**3)
    assert unit.sume_bc_nm == pytest.approx(0.75, abs=0.2)
    assert unit.sume_point_nm == 0.5
    assert 1.8 <= unit.listed_sume_bc_nm[0] <= 2.8
    assert not unit.underpowered
    assert unit.n_atoms == pytest.approx((unit.n_ions or 0.0) / 0.37)
    assert unit.n_cells == pytest.approx((unit.sume_bc_nm or 0.0) ** 3 / 0.35834**3)


def test_the_mean_over_origins_of_the_real_alloy_is_the_reference_one(cocrni: PointSet) -> None:
    scan = limited_area_entropy(cocrni, SIZES, origins=16, n_relabel=0, n_bootstrap=0, rng=generator(1))
    mean = [0.0070, 0.0057, 0.0046, 0.0038, 0.0018, 0.0012, 0.0006]
    spread = np.array([0.0016, 0.0016, 0.0012, 0.0010, 0.0007, 0.0008, 0.0005])
    assert (np.abs(scan.excess_information - mean) < 3 * spread / 4 + 1e-4).all()
    assert (scan.excess_origin_sd < 1.7 * spread).all()


def test_the_exact_null_is_the_mean_of_relabelings(cocrni: PointSet) -> None:
    scan = limited_area_entropy(cocrni, [0.5, 2.0], origins=2, n_relabel=400, n_bootstrap=0, rng=generator(3))
    sampled = limited_area_entropy(
        cocrni, [0.5, 2.0], origins=2, n_relabel=400, n_bootstrap=0, strata=np.zeros(len(cocrni), int), rng=generator(4)
    )
    assert sampled.null == scan.null == "hypergeometric"
    halves = np.arange(len(cocrni)) % 2
    split = limited_area_entropy(
        cocrni, [0.5, 2.0], origins=2, n_relabel=400, n_bootstrap=0, strata=halves, rng=generator(4)
    )
    # Two random halves of equal composition but for chance: the null by relabeling is that of the whole set.
    assert split.null == "relabeling"
    assert split.entropy_null == pytest.approx(scan.entropy_null, abs=4 * scan.sd_null.max() / 20)


def test_excess_of_the_bulk_is_the_divergence_of_the_cubes_and_merging_never_lowers_the_entropy() -> None:
    points = random_points(12.0, 8.0, generator(5))
    scan = limited_area_entropy(points, [0.5, 1.0, 2.0, 4.0], origins=1, n_relabel=0, n_bootstrap=0, rng=generator(1))
    stored = points.positions_nm.astype(float)
    for k, size in enumerate(scan.size_nm):
        cell = np.floor((stored - stored.min(axis=0)) / size).astype(int)
        _, cube = np.unique(cell, axis=0, return_inverse=True)
        joint = np.zeros((cube.max() + 1, 4))
        np.add.at(joint, (cube.ravel(), points.labels), 1.0 / len(points))
        expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
        information = (joint[joint > 0] * np.log(joint[joint > 0] / expected[joint > 0])).sum()
        assert scan.entropy_bulk - scan.entropy_weighted[k] == pytest.approx(information, abs=1e-12)
        assert information >= 0.0
    assert (np.diff(scan.entropy_weighted) >= 0.0).all()


def thinned_checkerboard_excess(efficiency: float) -> float:
    """Exact excess of cubes of 4 + 4 atoms of which a share is found: binomial counts, null of independent labels."""
    share = binom.pmf(np.arange(5), 4, efficiency)
    excess, atoms = 0.0, 0.0
    for a, b in np.ndindex(5, 5):
        if a + b:
            expected = expected_entropy(a + b, [0.5, 0.5])
            excess += share[a] * share[b] * (a + b) * (expected - entropy_estimate([a, b], "plugin"))
            atoms += share[a] * share[b] * (a + b)
    return float(excess / atoms)


@pytest.mark.parametrize(
    ("edge", "kept", "excess", "tolerance"),
    [(24, 1.0, -0.0676, 1e-4), (40, 0.37, thinned_checkerboard_excess(0.37), 0.005)],
)
def test_a_checkerboard_mixes_better_than_chance(edge: int, kept: float, excess: float, tolerance: float) -> None:
    cell = np.stack(np.meshgrid(*[np.arange(edge)] * 3, indexing="ij"), -1).reshape(-1, 3)
    chosen = generator(6).random(len(cell)) < kept
    points = PointSet(
        cell[chosen] * 0.25, (cell.sum(axis=1) % 2)[chosen], ("A", "B"), None, np.eye(3) * 0.25 * edge, (True,) * 3
    )
    scan = limited_area_entropy(points, [0.5], n_relabel=99, n_bootstrap=100, rng=generator(1))
    if kept == 1.0:
        assert scan.entropy_weighted[0] == pytest.approx(np.log(2.0), abs=1e-12)
        assert scan.entropy_null[0] == pytest.approx(0.62556, abs=2e-5)
    assert scan.excess_information[0] == pytest.approx(excess, abs=tolerance)
    assert scan.verdict == "ordered"
    assert maximal_entropy_unit(scan).sume_bc_nm is None


def test_a_gradient_is_an_excess_at_all_sizes_and_none_beyond_the_trend() -> None:
    rng = generator(7)
    place = poisson(25.0, 20.0, rng)
    labels = (rng.random(len(place)) < 0.4 + 0.2 * place[:, 2] / 20.0).astype(np.int8)
    points = PointSet(place, labels, ("A", "B"))
    scan = limited_area_entropy(points, [1.0, 2.0, 4.0], n_relabel=39, n_bootstrap=200, rng=generator(1))
    assert scan.excess_information == pytest.approx(np.full(3, 0.2**2 / 12 / 0.25 / 2), abs=6e-4)
    assert maximal_entropy_unit(scan, 0.005).verdict == "not_reached"
    assert maximal_entropy_unit(scan, 0.005).lower_bound_nm == 4.0
    local = limited_area_entropy(points, [1.0, 2.0, 4.0], n_relabel=99, n_bootstrap=200, strata=1.0, rng=generator(1))
    assert local.verdict == "consistent_with_random"
    assert (local.excess_lower < 0.0).all()
    assert (local.excess_upper > 0.0).all()


def test_two_pure_halves_hold_all_the_entropy_of_mixing() -> None:
    rng = generator(8)
    place = poisson(86.9, 10.0, rng)
    points = PointSet(place, (place[:, 0] > 5.0).astype(int), ("A", "B"))
    scan = limited_area_entropy(points, [1.0], origins=1, n_relabel=0, n_bootstrap=0, rng=generator(1))
    # Short of ln 2 by the counting noise of the null, 1/2N, and by the slice that the middle cubes share.
    assert scan.excess_information[0] == pytest.approx(np.log(2.0) - 1 / (2 * 86.9), abs=0.005)


def test_molecular_events_are_no_segregation() -> None:
    rng = generator(9)
    where = poisson(12.0, 20.0, rng)
    kind = rng.choice(4, len(where), p=FRACTIONS)
    points = PointSet(
        np.repeat(where, 2, axis=0),
        np.repeat(kind, 2),
        ("Ni", "Cu", "Co", "Fe"),
        event=np.repeat(np.arange(len(where)), 2),
    )
    wrong = limited_area_entropy(
        points, [1.0, 2.0, 3.0], origins=1, n_relabel=39, n_bootstrap=100, events=False, rng=generator(1)
    )
    right = limited_area_entropy(points, [1.0, 2.0, 3.0], origins=1, n_relabel=99, n_bootstrap=200, rng=generator(1))
    assert wrong.excess_information == pytest.approx([0.0742, 0.0084, 0.0025], abs=0.0012)
    assert np.abs(right.excess_information).max() < 1.2e-3
    assert wrong.verdict != "consistent_with_random"
    assert right.verdict == "consistent_with_random"
    assert right.n_events == len(where)
    assert (right.excess_lower < right.excess_information).all()
    assert (right.excess_information < right.excess_upper).all()


def field_points(density: float, box: float, rng: np.random.Generator) -> PointSet:
    place = poisson(density, box, rng)
    field = gaussian_fields(4, box, 0.7, rng)
    return PointSet(place, correlated_labels(place, FRACTIONS, 0.5, field, rng), ("Ni", "Cu", "Co", "Fe"))


def test_excess_is_that_of_the_field_and_does_not_change_with_efficiency() -> None:
    rng = generator(10)
    points = field_points(86.9, 20.0, rng)
    found = []
    for efficiency in (1.0, 0.6, 0.37):
        kept = rng.random(len(points)) < efficiency
        thinned = replace(points, positions_nm=points.positions_nm[kept], labels=points.labels[kept])
        scan = limited_area_entropy(thinned, [1.0, 2.0, 4.0], origins=1, n_relabel=0, n_bootstrap=0, rng=generator(1))
        found.append(scan)
    assert found[0].excess_information == pytest.approx([0.0657, 0.0365, 0.0100], rel=0.05, abs=1e-3)
    for scan in found[1:]:
        assert scan.excess_information == pytest.approx(found[0].excess_information, rel=0.05, abs=5e-4)
        assert scan.entropy_weighted[0] < found[0].entropy_weighted[0] - 0.01
    # The estimate without a null agrees from about ten points per cube on.
    second = found[0].entropy_bulk - found[0].entropy_corrected
    assert second == pytest.approx(found[0].excess_information, rel=0.04, abs=5e-4)


def test_names_directions_places_and_the_order_of_atoms_change_nothing() -> None:
    points = random_points(12.0, 8.0, generator(11))
    place = points.positions_nm.astype(np.float64).round(6) + 0.0
    points = PointSet(place, points.labels, points.species)
    settings = {"origins": 1, "n_relabel": 39, "n_bootstrap": 50}
    plain = limited_area_entropy(points, [1.0, 1.7], rng=generator(1), **settings)  # type: ignore[arg-type]
    renamed = PointSet(place, 3 - points.labels, points.species[::-1])
    turned = PointSet(place[:, [1, 2, 0]], points.labels, points.species)
    moved = PointSet(place + 16.0, points.labels, points.species)
    for other in (renamed, turned, moved):
        scan = limited_area_entropy(other, [1.0, 1.7], rng=generator(1), **settings)  # type: ignore[arg-type]
        for name in (
            "entropy_weighted",
            "entropy_null",
            "excess_information",
            "entropy_unweighted",
            "entropy_corrected",
        ):
            assert getattr(scan, name) == pytest.approx(getattr(plain, name), abs=1e-12), name
    order = generator(2).permutation(len(points))
    shuffled = PointSet(place[order], points.labels[order], points.species)
    scan = limited_area_entropy(shuffled, [1.0, 1.7], rng=generator(1), **settings)  # type: ignore[arg-type]
    for name in ("excess_information", "z", "p", "sd_null", "excess_upper"):
        assert getattr(scan, name) == pytest.approx(getattr(plain, name), abs=1e-12), name


def test_random_alloys_are_called_random_and_their_p_values_are_uniform() -> None:
    p_values = []
    for seed in range(100):
        rng = generator(seed, 1)
        points = random_points((9.0, 12.0, 25.0, 32.0)[seed % 4], 7.0, rng)
        scan = limited_area_entropy(points, [1.0, 1.5, 2.0], origins=2, n_relabel=99, n_bootstrap=0, rng=rng)
        p_values.append(scan.family_p)
        assert (scan.verdict == "consistent_with_random") == (scan.family_p >= 0.05)
    # At most 11 of 100 at a level of 5 % (99 % of the binomial law).
    assert (np.array(p_values) < 0.05).sum() <= 11
    assert kstest(p_values, "uniform").pvalue > 0.01


def test_a_planted_effect_of_the_detectable_size_is_found_as_often_as_promised() -> None:
    points = random_points(12.0, 9.0, generator(12))
    scan = limited_area_entropy(points, [2.0], origins=2, n_relabel=499, n_bootstrap=0, rng=generator(1))
    formula = detectable_effect(scan)
    assert formula.excess == pytest.approx(scan.detectable_excess, rel=1e-3)
    assert formula.correlation == pytest.approx(2.0 * formula.excess / 3.0)
    found = detectable_effect(
        scan,
        "simulate",
        points=points,
        correlation_length_nm=1.0,
        trials=30,
        amplitudes=(0.05, 0.12, 0.2, 0.35),
        rng=generator(2),
    )
    assert (np.diff(found.planted_excess[:, 0]) > 0).all()
    assert found.detected[0] < 0.5 < found.detected[-1]
    assert found.excess[0] == pytest.approx(formula.excess[0], rel=0.4)


def test_relabeled_points_have_the_entropy_of_the_null() -> None:
    points = random_points(12.0, 10.0, generator(13))
    drawn = replace(points, labels=Relabeler(points).draw(generator(1)))
    scan = limited_area_entropy(drawn, [1.0], origins=1, n_relabel=99, n_bootstrap=0, rng=generator(1))
    assert abs(scan.z[0]) < 4.0
    assert scan.entropy_null[0] < bulk_entropy(points.totals)
    assert float(null_entropy(12, points.totals)) == pytest.approx(1.2348, abs=0.01)
