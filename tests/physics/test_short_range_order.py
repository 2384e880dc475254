from __future__ import annotations

import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import InputError, generator
from entrox.order.block_frequency import block_frequency
from entrox.order.neighbor_distances import neighbor_distances, poisson_mean_distance, poisson_survival
from entrox.order.point_set import PointSet
from entrox.order.short_range_order import pair_order


def crystal(structure: str, repeat: int) -> PointSet:
    """An ordered alloy: L1_2 on the fcc lattice, B2 on the bcc lattice."""
    host = bulk("Cu", "fcc" if structure == "L12" else "bcc", a=3.6 if structure == "L12" else 2.9, cubic=True)
    symbols = ["Au", "Cu", "Cu", "Cu"] if structure == "L12" else ["Al", "Ni"]
    host.set_chemical_symbols(symbols)
    return PointSet.from_atoms(host.repeat(repeat))


def random_points(n: int, seed: int, fractions: tuple[float, ...] = (0.3, 0.3, 0.4), edge: float = 6.0) -> PointSet:
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(fractions), n, p=fractions)
    return PointSet(
        rng.random((n, 3)) * edge, labels, tuple("ABCD"[: len(fractions)]), cell_nm=np.eye(3) * edge, pbc=(True,) * 3
    )


def test_the_first_shell_of_l12_has_warren_cowley_minus_one_third() -> None:
    points = crystal("L12", 5)
    found = pair_order(points, [(0.0, 0.26)], n_relabel=0)
    gold, copper = points.species.index("Au"), points.species.index("Cu")
    assert found.n_pairs[0] == 12 * len(points)
    assert found.warren_cowley_bulk[0, gold, copper] == pytest.approx(-1.0 / 3.0, abs=1e-12)
    assert found.warren_cowley_bulk[0, copper, gold] == pytest.approx(-1.0 / 3.0, abs=1e-12)
    assert found.warren_cowley_bulk[0, gold, gold] == 1.0
    # The finite set expects N/(N-1) more unlike pairs than the infinite crystal.
    n = len(points)
    assert found.warren_cowley[0, gold, copper] == pytest.approx(1.0 - 4.0 / 3.0 * (n - 1) / n, abs=1e-12)


def test_the_first_shell_of_b2_has_warren_cowley_minus_one_by_shell_and_by_neighbors() -> None:
    points = crystal("B2", 6)
    by_shell = pair_order(points, [(0.0, 0.26), (0.26, 0.3)], n_relabel=0)
    by_neighbors = pair_order(points, k=8, n_relabel=0)
    assert by_shell.warren_cowley_bulk[0, 0, 1] == -1.0
    assert by_shell.warren_cowley_bulk[0, 0, 0] == 1.0
    assert by_shell.warren_cowley_bulk[1, 0, 1] == 1.0
    assert np.array_equal(by_neighbors.pair_counts[0], by_shell.pair_counts[0])


def test_ties_among_lattice_neighbors_are_all_included() -> None:
    points = crystal("L12", 4)
    one, twelve = pair_order(points, k=1, n_relabel=0), pair_order(points, k=12, n_relabel=0)
    assert one.n_pairs[0] == 12 * len(points)
    assert np.array_equal(one.pair_counts, twelve.pair_counts)


def test_the_null_of_the_symmetric_form_has_zero_mean_and_the_row_form_balances() -> None:
    points = random_points(2000, 1)
    found = pair_order(points, [0.0, 0.3, 0.5], n_relabel=400, rng=generator(1))
    fractions = found.totals / len(points)
    assert np.abs((fractions * found.warren_cowley_bulk).sum(axis=2)).max() < 1e-12
    reference = (found.totals - np.eye(3)) / (len(points) - 1)
    assert np.abs((reference * found.warren_cowley_row).sum(axis=2)).max() < 1e-12
    assert np.array_equal(found.pair_counts, np.swapaxes(found.pair_counts, 1, 2))
    assert np.abs(found.z).max() < 4.0
    mean = np.mean(
        [
            pair_order(
                PointSet(points.positions_nm, generator(9, turn).permutation(points.labels), points.species,
                         cell_nm=points.cell_nm, pbc=points.pbc),
                [0.0, 0.3, 0.5], n_relabel=0,
            ).warren_cowley
            for turn in range(200)
        ],
        axis=0,
    )  # fmt: skip
    assert (np.abs(mean) < 4.0 * found.sd_null / np.sqrt(200)).all()


def test_a_random_crystal_has_no_order_within_three_standard_errors() -> None:
    points = crystal("L12", 8)
    shuffled = PointSet(
        points.positions_nm, generator(2).permutation(points.labels), points.species, cell_nm=points.cell_nm,
        pbc=points.pbc,
    )  # fmt: skip
    found = pair_order(shuffled, [0.0, 0.26, 0.37], n_relabel=199, rng=generator(3))
    assert np.abs(found.z).max() < 3.0
    ordered = pair_order(points, [0.0, 0.26, 0.37], n_relabel=199, rng=generator(3))
    assert ordered.family_p == 1.0 / 200.0
    assert np.abs(ordered.z[0]).min() > 10.0


def test_the_generalized_form_is_positive_for_avoidance_and_for_clustering() -> None:
    rng = np.random.default_rng(5)
    positions = rng.random((4000, 3)) * 8.0
    labels = (positions[:, 0] > 4.0).astype(int)
    found = pair_order(PointSet(positions, labels, ("A", "B")), [0.0, 0.5], n_relabel=0)
    assert (found.generalized[0] > 0.5).all()
    assert found.warren_cowley[0, 0, 0] < -0.5
    assert found.warren_cowley[0, 0, 1] > 0.5


def test_pairs_of_one_event_never_count() -> None:
    points = random_points(600, 6)
    doubled = PointSet(
        np.repeat(points.positions_nm, 2, axis=0), np.repeat(points.labels, 2), points.species,
        event=np.repeat(np.arange(600), 2), cell_nm=points.cell_nm, pbc=points.pbc,
    )  # fmt: skip
    single = pair_order(points, [0.0, 0.6, 0.9], n_relabel=0)
    double = pair_order(doubled, [0.0, 0.6, 0.9], n_relabel=99, rng=generator(4))
    assert np.array_equal(double.pair_counts, 4 * single.pair_counts)
    # Labels moved by events keep the null wide: the same order is no more significant than before.
    assert np.abs(double.z).max() < 4.0
    assert any("events" in notice for notice in double.notices)


def test_relabelings_beyond_memory_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    points = random_points(500, 7)
    held = pair_order(points, [0.0, 0.8], n_relabel=20, rng=generator(1))
    monkeypatch.setattr("entrox.order.short_range_order.LISTED_PAIRS", 10)
    searched = pair_order(points, [0.0, 0.8], n_relabel=20, rng=generator(1))
    assert np.array_equal(held.z, searched.z)


def test_neighbor_distances_of_random_points_follow_the_poisson_law() -> None:
    points = random_points(12000, 8, edge=9.0)
    density = points.totals / 9.0**3
    for k in (1, 3):
        found = neighbor_distances(points, k, n_relabel=0)
        middle = found.edge_nm[1:]
        for center, neighbor in itertools.product(range(3), repeat=2):
            share = 1.0 - np.cumsum(found.frequency[center, neighbor]) / found.totals[center]
            law = poisson_survival(middle, k, density[neighbor])
            assert np.abs(share - law).max() < 2.2 / np.sqrt(found.totals[center])
        assert np.abs(found.mean_nm / poisson_mean_distance(k, density)[None] - 1.0).max() < 0.02
        assert np.allclose(found.mean_poisson_nm[0], poisson_mean_distance(k, density), rtol=1e-12)


def test_segregated_species_are_nearer_to_their_own_kind() -> None:
    rng = np.random.default_rng(11)
    positions = rng.random((3000, 3)) * 6.0
    labels = (positions[:, 2] > 3.0).astype(int)
    found = neighbor_distances(PointSet(positions, labels, ("A", "B")), 1, 99, rng=generator(5))
    assert (np.diag(found.z) < -5.0).all()
    assert found.z[0, 1] > 5.0
    assert found.family_p == 0.01


def test_rare_neighbors_beyond_the_lists_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    points = random_points(800, 12, (0.01, 0.99))
    full = neighbor_distances(points, 2, 10, rng=generator(6))
    # The room offers a function of the same name as its module.
    monkeypatch.setattr(importlib.import_module("entrox.order.neighbor_distances"), "MOST_LISTED", 6)
    short = neighbor_distances(points, 2, 10, rng=generator(6))
    assert np.array_equal(full.frequency, short.frequency)
    assert np.allclose(full.mean_null_nm, short.mean_null_nm, rtol=1e-12)


def test_block_frequencies_tell_clusters_from_a_random_alloy() -> None:
    rng = np.random.default_rng(13)
    positions = rng.random((5000, 3)) * 6.0
    random = block_frequency(PointSet(positions, rng.integers(0, 2, 5000), ("A", "B")), 20, 199, rng=generator(7))
    waves = (np.sin(2.0 * np.pi * positions[:, 0] / 3.0) + rng.normal(size=5000) > 0).astype(int)
    clustered = block_frequency(PointSet(positions, waves, ("A", "B")), 20, 199, rng=generator(7))
    assert random.n_blocks == 250
    assert np.allclose(random.expected.sum(axis=1), 250.0)
    assert (random.observed @ np.arange(21) == random.totals).all()
    assert random.family_p > 0.02
    assert clustered.family_p == 1.0 / 200.0
    assert (clustered.pearson_mu > 1.5 * random.pearson_mu).all()
    assert (np.abs(random.pearson_mu_null - clustered.pearson_mu_null) < 0.03).all()


def cobalt_chromium_nickel() -> PointSet:
    """Ranged ions of the CoCrNi file, half-open ranges."""
    folder = next(Path(__file__).parents[1].joinpath("data", "apt").rglob("cocrni_real.pos")).parent
    ions = np.fromfile(folder / "cocrni_real.pos", dtype=">f4").reshape(-1, 4)
    mass, labels = ions[:, 3].astype(float), np.full(len(ions), -1)
    names = ("Co", "Cr", "Ni")
    for line in (folder / "cocrni.rrng").read_text().splitlines():
        if line.startswith("Range") and "=" in line:
            low, high = (float(word) for word in line.split("=")[1].split()[:2])
            labels[(mass >= low) & (mass < high)] = next(i for i, name in enumerate(names) if f"{name}:1" in line)
    kept = labels >= 0
    return PointSet(ions[kept, :3].astype(np.float32), labels[kept], names)


def test_nickel_attracts_nickel_in_annealed_cocrni() -> None:
    points = cobalt_chromium_nickel()
    assert points.totals.tolist() == [11172, 12282, 10377]
    found = pair_order(points, [(0.0, 0.3), (0.0, 0.5), (0.5, 1.0)], n_relabel=199, rng=generator(8))
    assert (found.n_pairs // 2).tolist() == [56280, 179562, 376232]
    assert found.warren_cowley_row[:, 2, 2] == pytest.approx([-0.021, -0.025, 0.007], abs=5e-4)
    assert found.z_row[:, 2, 2] == pytest.approx([-1.9, -4.0, 1.1], abs=0.6)
    assert found.family_p < 0.02


def test_what_cannot_be_answered_is_refused() -> None:
    points = random_points(300, 14)
    with pytest.raises(InputError, match="shells_nm or k"):
        pair_order(points, [0.0, 0.5], k=3, n_relabel=0)
    with pytest.raises(InputError, match="ascending edges"):
        pair_order(points, [0.5, 0.3], n_relabel=0)
    with pytest.raises(InputError, match="generator"):
        pair_order(points, [0.0, 0.5])
    with pytest.raises(InputError, match="100"):
        pair_order(PointSet(points.positions_nm[:50], points.labels[:50], points.species), [0.0, 0.5], n_relabel=0)
    with pytest.raises(InputError, match="n_per_block"):
        block_frequency(points, 200, 0)
    with pytest.raises(InputError, match="k must be"):
        neighbor_distances(points, 300, 0)
