from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import generator
from entrox.order.equal_blocks import block_counts, median_split
from entrox.order.local_entropy.area_sums import EntropyTables
from entrox.order.local_entropy.blocks import block_entropy
from entrox.order.local_entropy.estimators import entropy_estimate, expected_entropy
from entrox.order.local_entropy.neighborhoods import neighborhood_entropy
from entrox.order.local_entropy.null import null_entropy
from entrox.order.local_entropy.sublattices import Sublattice, sublattice_entropy
from entrox.order.neighbors.neighbor_lists import iter_sphere_counts, sphere_cell_list
from entrox.order.point_set import PointSet

PUBLISHED = (0.306, 0.267, 0.219, 0.208)


def random_box(n: int, seed: int, *, density: float = 32.0, periodic: bool = True) -> PointSet:
    """Random points of the published composition."""
    rng = np.random.default_rng(seed)
    edge = (n / density) ** (1.0 / 3.0)
    return PointSet(
        rng.random((n, 3)) * edge, rng.choice(4, n, p=PUBLISHED).astype(np.int16), ("Ni", "Cu", "Co", "Fe"),
        cell_nm=np.eye(3) * edge, pbc=(periodic,) * 3,
    )  # fmt: skip


def poisson_expectation(radius_nm: float, density: float = 32.0) -> float:
    """Mean entropy of 1 + Poisson atoms drawn from the published fractions."""
    mean = 4.0 / 3.0 * math.pi * density * radius_nm**3
    low, high = max(0, int(mean - 8.0 * mean**0.5)), int(mean + 8.0 * mean**0.5) + 8
    total = 0.0
    for n in range(low, high):
        weight = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
        if weight > 1e-9:
            total += weight * expected_entropy(n + 1, PUBLISHED)
    return total


@pytest.mark.parametrize(("radius_nm", "published"), [(0.5, 1.2774), (1.0, 1.3629), (2.0, 1.3727)])
def test_spheres_in_a_random_alloy_hold_the_entropy_of_poisson_counts(radius_nm: float, published: float) -> None:
    # Small spheres scatter most: the mean over n centers has a standard error of about 0.09 / sqrt(n / 17) at 0.5 nm.
    found = neighborhood_entropy(random_box(3_000_000 if radius_nm < 1.0 else 200_000, 1), [radius_nm])
    expected = poisson_expectation(radius_nm)
    assert expected == pytest.approx(published, abs=1e-4)
    # The composition drawn differs from the nominal one; the bulk entropy carries that difference.
    shift = found.entropy_bulk - 1.37413
    assert found.entropy[0] - shift == pytest.approx(expected, abs=3e-4)
    assert abs(found.excess_information[0]) < 3e-4


def test_an_open_surface_cuts_spheres_and_a_margin_removes_that() -> None:
    points = random_box(1_000_000, 2, periodic=False)
    cut = neighborhood_entropy(points, [0.5, 1.0])
    inner = neighborhood_entropy(points, [0.5, 1.0], margin_nm=1.0)
    assert cut.entropy == pytest.approx([1.274, 1.362], abs=1e-3)
    assert (inner.n_per_area_mean > cut.n_per_area_mean).all()
    assert inner.n_per_area_mean == pytest.approx([1 + 16.755, 1 + 134.04], rel=0.01)
    assert inner.entropy == pytest.approx([1.2774, 1.3629], abs=1e-3)
    assert inner.n_centers[0] == pytest.approx(1_000_000 * (1 - 2.0 / 31250 ** (1 / 3)) ** 3, rel=0.01)


@pytest.mark.parametrize("include_center", [True, False])
def test_the_exact_null_is_the_mean_over_all_arrangements_of_eight_points(include_center: bool) -> None:
    rng = np.random.default_rng(3)
    positions, radii, tables = rng.random((8, 3)), np.array([0.4, 0.6]), EntropyTables()
    totals = np.array([4, 3, 1])
    sums, arrangements = np.zeros(2), set(itertools.permutations([0] * 4 + [1] * 3 + [2]))
    for labels in arrangements:
        points = PointSet(positions, np.array(labels), ("A", "B", "C"))
        cells = sphere_cell_list(points, 0.6)
        (piece,) = iter_sphere_counts(points, cells, radii)
        if not include_center:
            piece.counts[np.arange(8), :, points.labels[cells.order]] -= 1
        areas = tables.entropies(piece.counts)
        sums += np.nanmean(areas.plugin, axis=0)
    assert len(arrangements) == 280
    for radius in range(2):
        n = areas.n_points[:, radius]
        assert sums[radius] / 280 == pytest.approx(null_entropy(n[n > 0], totals).mean(), abs=1e-12)


@pytest.mark.parametrize("options", [{}, {"include_center": False}, {"weight": "count"}, {"k": 9}])
def test_the_exact_null_is_the_mean_of_relabelings(options: dict[str, object]) -> None:
    rng = np.random.default_rng(4)
    labels = (rng.random(150) < 0.2).astype(int) + (rng.random(150) < 0.5)
    points = PointSet(rng.random((150, 3)) * 2.0, labels, ("A", "B", "C"))
    arguments = {**({} if "k" in options else {"radii_nm": (0.4, 0.8)}), **options}
    exact = neighborhood_entropy(points, **arguments, n_relabel=3000, rng=generator(5))  # type: ignore[arg-type]
    deviation = (mean_of_relabelings(points, arguments) - exact.entropy_null) / (exact.sd_null / np.sqrt(2000))
    assert np.abs(deviation).max() < 4.0
    assert (exact.sd_null > 0).all()


def mean_of_relabelings(points: PointSet, arguments: dict[str, object]) -> np.ndarray:
    """Mean entropy of 2000 shuffled label arrays, from the definition."""
    rng = np.random.default_rng(6)
    distances = np.linalg.norm(points.positions_nm[None] - points.positions_nm[:, None], axis=2)
    if "k" in arguments:
        inside = [distances <= np.sort(distances, axis=1)[:, [int(arguments["k"])]]]  # type: ignore[call-overload]
    else:
        inside = [distances <= radius for radius in arguments["radii_nm"]]  # type: ignore[attr-defined]
    if not arguments.get("include_center", True):
        inside = [area & ~np.eye(len(points), dtype=bool) for area in inside]
    total = np.zeros(len(inside))
    for _ in range(2000):
        labels = np.eye(3)[rng.permutation(points.labels)]
        for number, area in enumerate(inside):
            counts = area.astype(float) @ labels
            n = counts.sum(axis=1)
            weight = n if arguments.get("weight") == "count" else (n > 0).astype(float)
            entropy = np.nan_to_num(entropy_estimate(counts, "plugin"))
            total[number] += (weight * entropy).sum() / weight.sum()
    return total / 2000


def test_the_exact_null_of_blocks_is_the_mean_of_relabelings() -> None:
    points = random_box(600, 7)
    exact = block_entropy(points, [5, 40], n_relabel=10, rng=generator(8))
    rng, draws = np.random.default_rng(9), []
    for _ in range(2000):
        labels = rng.permutation(points.labels)
        draws.append(
            [entropy_estimate(block_counts(median_split(points, n), labels, 4), "plugin").mean() for n in (5, 40)]
        )
    mean, error = np.mean(draws, axis=0), np.std(draws, axis=0) / np.sqrt(2000)
    assert (np.abs(mean - exact.entropy_null) < 4.0 * error).all()


def test_a_molecular_ion_does_not_look_like_segregation() -> None:
    rng = np.random.default_rng(10)
    positions, labels = np.repeat(rng.random((6000, 3)) * 8.0, 2, axis=0), np.repeat(rng.integers(0, 4, 6000), 2)
    event = np.repeat(np.arange(6000), 2)
    kept = neighborhood_entropy(
        PointSet(positions, labels, ("A", "B", "C", "D"), event=event), [0.6], n_relabel=99, rng=generator(11)
    )
    lost = neighborhood_entropy(
        PointSet(positions, labels, ("A", "B", "C", "D")), [0.6], n_relabel=99, rng=generator(11)
    )
    assert abs(kept.z[0]) < 4.0
    assert abs(kept.excess_information[0]) < 0.002
    assert lost.excess_information[0] > 0.02
    assert lost.p[0] == 0.01
    assert any("events" in notice for notice in lost.notices)


def test_clustering_lowers_and_order_raises_the_entropy_of_neighborhoods() -> None:
    rocksalt = bulk("NaCl", "rocksalt", a=4.2, cubic=True).repeat(4)
    ordered = neighborhood_entropy(PointSet.from_atoms(rocksalt), [0.22], n_relabel=99, rng=generator(12))
    assert ordered.n_per_area_mean[0] == 7.0
    assert ordered.entropy[0] == pytest.approx(math.log(7) - 6 / 7 * math.log(6), abs=1e-12)
    clustered = random_box(20_000, 13)
    waves = (np.sin(2.0 * np.pi * clustered.positions_nm[:, 0] / 4.0) > 0).astype(int)
    found = neighborhood_entropy(
        PointSet(clustered.positions_nm, waves, ("A", "B")), [0.5, 1.0], n_relabel=99, rng=generator(12)
    )
    assert (found.z < -20.0).all()
    assert (found.excess_information > 0.1).all()


def test_twelve_neighbors_of_an_fcc_crystal_are_one_shell() -> None:
    atoms = bulk("Cu", "fcc", a=3.6, cubic=True).repeat(5)
    atoms.set_chemical_symbols(generator(14).permutation(["Cu", "Ni"] * (len(atoms) // 2)))
    points = PointSet.from_atoms(atoms)
    by_k = neighborhood_entropy(points, k=5, per_atom=True)
    by_radius = neighborhood_entropy(points, [0.26], per_atom=True)
    assert by_k.n_per_area_mean[0] == 13.0
    assert by_k.radius_nm[0] == pytest.approx(0.36 / math.sqrt(2.0), abs=1e-12)
    assert np.array_equal(by_k.entropy_per_atom, by_radius.entropy_per_atom)


def test_the_cocrni_file_has_the_entropies_of_its_spheres() -> None:
    folder = Path(__file__).parents[1] / "data" / "apt" / "cocrni_csro"
    ions = np.fromfile(folder / "cocrni_real.pos", dtype=">f4").reshape(-1, 4)
    mass, labels = ions[:, 3].astype(float), np.full(len(ions), -1)
    for line in (folder / "cocrni.rrng").read_text().splitlines():
        if line.startswith("Range") and "=" in line:
            low, high = (float(word) for word in line.split("=")[1].split()[:2])
            label = next(i for i, name in enumerate(("Co", "Cr", "Ni")) if f"{name}:1" in line)
            labels[(mass >= low) & (mass < high)] = label
    kept = labels >= 0
    points = PointSet(ions[kept, :3].astype(np.float32), labels[kept], ("Co", "Cr", "Ni"))
    found = neighborhood_entropy(points, [0.5, 1.0, 1.5])
    assert found.n_per_area_mean == pytest.approx([11.615, 33.857, 52.104], abs=1e-3)
    assert found.entropy == pytest.approx([0.96485, 1.04484, 1.06011], abs=1e-4)
    assert found.entropy_null == pytest.approx([0.96951, 1.04789, 1.06229], abs=1e-4)


def rock_salt(cations: tuple[str, ...]) -> PointSet:
    atoms = bulk("MgO", "rocksalt", a=4.2, cubic=True).repeat(5)
    symbols = np.array(atoms.get_chemical_symbols())
    symbols[symbols == "Mg"] = np.resize(cations, (symbols == "Mg").sum())
    atoms.set_chemical_symbols(symbols.tolist())
    return PointSet.from_atoms(atoms)


def test_five_equal_cations_in_rock_salt_have_ln_five_per_cation() -> None:
    cations = ("Co", "Cu", "Mg", "Ni", "Zn")
    found = sublattice_entropy(rock_salt(cations), {"cation": (cations, 1.0), "anion": (("O",), 1.0)})
    assert found.per_cation == pytest.approx(math.log(5.0), abs=1e-12)
    assert found.per_formula_unit == pytest.approx(1.6094, abs=1e-4)
    assert found.per_atom == pytest.approx(0.8047, abs=1e-4)
    assert found.entropy_metric == pytest.approx(1.6094, abs=1e-4)
    assert found.holds_anions == (False, True)


def test_the_two_cation_sites_of_a_perovskite_never_mix() -> None:
    counts = {"Ba": 400, "Sr": 400, "Ti": 400, "Zr": 400, "O": 2000}
    labels = np.repeat(np.arange(5), list(counts.values()))
    points = PointSet(np.zeros((len(labels), 3)), labels, tuple(counts))
    sites = {
        "A": Sublattice(("Ba", "Sr"), 1.0), "B": Sublattice(("Ti", "Zr"), 1.0), "X": Sublattice(("O",), 3.0),
    }  # fmt: skip
    found = sublattice_entropy(points, sites)
    assert found.per_site == pytest.approx([math.log(2.0), math.log(2.0), 0.0], abs=1e-12)
    assert found.per_cation == pytest.approx(math.log(2.0), abs=1e-12)
    assert found.per_formula_unit == pytest.approx(2.0 * math.log(2.0), abs=1e-12)
    # The oxygen that the atom probe loses changes nothing: site numbers are given, not counted.
    assert found.per_atom == pytest.approx(2.0 * math.log(2.0) / 5.0, abs=1e-12)
    assert found.entropy_metric == pytest.approx(6.0 * math.log(2.0) / 5.0, abs=1e-12)
