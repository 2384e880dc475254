from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.spatial import cKDTree
from scipy.special import xlogy

from entrox.atomprobe.maps import entropy_map
from entrox.core import InputError
from entrox.order.local_entropy.area_spread import null_entropy_sd
from entrox.order.local_entropy.null import null_entropy
from entrox.order.point_set import PointSet

TOTALS = np.array([3060, 2670, 2190, 2080])


def random_points(seed: int, count: int = 30_000, edge: float = 10.0) -> PointSet:
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0.0, edge, (count, 3)).astype(np.float32)
    return PointSet(positions, rng.choice(4, count, p=TOTALS / TOTALS.sum()), ("Ni", "Cu", "Co", "Fe"))


def plugin(counts: np.ndarray) -> np.ndarray:
    part = counts / counts.sum(axis=-1, keepdims=True)
    return np.asarray(-xlogy(part, part).sum(axis=-1))


@pytest.mark.parametrize("size", [2, 5, 25, 200, 1400])
def test_the_spread_of_the_null_is_that_of_hypergeometric_draws(size: int) -> None:
    drawn = np.random.default_rng(1).multivariate_hypergeometric(TOTALS, size, size=20_000)
    assert null_entropy_sd(size, TOTALS) == pytest.approx(plugin(drawn).std(), rel=0.025)
    assert null_entropy(size, TOTALS) == pytest.approx(plugin(drawn).mean(), abs=5 * plugin(drawn).std() / 141)


def test_the_exact_spread_meets_its_expansion_and_ends_at_zero() -> None:
    many = TOTALS * 100
    assert null_entropy_sd(1500, many) == pytest.approx(float(null_entropy_sd(1501, many)), rel=2e-3)
    assert null_entropy_sd(1500, [10**6, 10**6]) == pytest.approx(float(null_entropy_sd(1501, [10**6] * 2)), rel=2e-3)
    assert null_entropy_sd(12, [6, 6]) == 0.0
    # Two atoms of six and six: unlike with probability 6/11.
    assert null_entropy_sd(2, [6, 6]) == pytest.approx(np.log(2.0) * np.sqrt(30.0) / 11.0, rel=1e-9)


def test_the_counts_of_a_map_are_those_of_a_tree_search() -> None:
    points = random_points(2, 5_000, 6.0)
    found = entropy_map(points, 0.7, radius_nm=1.1, min_count=1)
    nodes = np.stack(np.meshgrid(found.x_nm, found.y_nm, found.z_nm, indexing="ij"), axis=-1).reshape(-1, 3)
    for number in range(4):
        tree = cKDTree(points.positions_nm[points.labels == number].astype(float))
        expected = tree.query_ball_point(nodes, 1.1, return_length=True)
        assert np.array_equal(np.rint((found.fraction[number] * found.n_atoms).ravel()), expected)
    place = (3, 4, 2)
    assert found.entropy[place] == pytest.approx(plugin(found.fraction[(slice(None), *place)] * found.n_atoms[place]))


def test_gaussian_weights_are_those_of_the_definition() -> None:
    points = random_points(3, 8_000, 8.0)
    found = entropy_map(points, 0.35, sigma_nm=0.7, min_count=1)
    rng = np.random.default_rng(0)
    for i, j, k in rng.integers(0, len(found.x_nm), (20, 3)):
        node = np.array([found.x_nm[i], found.y_nm[j], found.z_nm[k]])
        weight = np.exp(-((points.positions_nm - node) ** 2).sum(axis=1) / (2.0 * 0.7**2))
        assert found.n_atoms[i, j, k] == pytest.approx(weight.sum() ** 2 / (weight**2).sum(), rel=0.03)
        share = np.bincount(points.labels, weights=weight, minlength=4) / weight.sum()
        assert found.fraction[:, i, j, k] == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("area", [{"radius_nm": 1.0}, {"sigma_nm": 0.6}])
@pytest.mark.parametrize("plane", [None, "xz"])
def test_a_random_alloy_lies_at_its_null_everywhere(area: dict[str, float], plane: str | None) -> None:
    scores, corrected = [], []
    for seed in range(3):
        found = entropy_map(random_points(seed), 0.5, plane=plane, **area)  # type: ignore[arg-type]
        scores.append(found.z_score[np.isfinite(found.z_score)])
        corrected.append(np.nanmean(found.entropy_corrected) - found.entropy_bulk)
    joined = np.concatenate(scores)
    # Neighboring areas overlap; a plane of 10 x 10 nm holds about thirty independent ones.
    assert abs(joined.mean()) < (0.06 if plane is None else 0.4)
    assert joined.std() == pytest.approx(1.0, abs=0.08 if plane is None else 0.3)
    assert np.mean(corrected) == pytest.approx(0.0, abs=2e-3)


def test_a_cluster_of_one_species_stands_out_in_its_place() -> None:
    points = random_points(4)
    labels = points.labels.copy()
    labels[np.linalg.norm(points.positions_nm - np.array([3.0, 7.0, 5.0]), axis=1) < 1.0] = 0
    found = entropy_map(PointSet(points.positions_nm, labels, points.species), 0.5, radius_nm=1.0)
    i, j, k = np.unravel_index(np.nanargmin(found.z_score), found.z_score.shape)
    away = np.linalg.norm([found.x_nm[i] - 3.0, found.y_nm[j] - 7.0, found.z_nm[k] - 5.0])
    assert away < 0.6
    assert found.z_score[i, j, k] < -20.0
    # Share of a sphere that an equal one covers from this distance.
    inside = 1.0 - 0.75 * away + away**3 / 16.0
    assert found.fraction[0, i, j, k] == pytest.approx(inside + (1.0 - inside) * 0.306, abs=0.08)


def test_areas_with_few_atoms_are_masked_and_counted() -> None:
    points = random_points(5, 2_000)
    found = entropy_map(points, 0.5, radius_nm=1.0, min_count=10)
    few = found.n_atoms < 10
    assert few.any()
    assert np.isnan(found.entropy[few]).all()
    assert np.isnan(found.z_score[few]).all()
    assert np.isfinite(found.entropy[~few]).all()
    assert found.n_masked == int(few.sum())


def test_a_slice_counts_only_its_slab_and_a_projection_all() -> None:
    points = random_points(6)
    inside = points.positions_nm[:, 1] < 3.0
    cut = entropy_map(points, 0.5, radius_nm=0.8, plane="xz", slab_nm=(-1.0, 3.0))
    same = entropy_map(
        PointSet(points.positions_nm[inside], points.labels[inside], points.species), 0.5, radius_nm=0.8, plane="xz"
    )
    assert cut.n_atoms.shape == (20, 1, 20)
    assert cut.to_dataset().slab_nm.values.tolist() == [-1.0, 3.0]
    assert np.array_equal(cut.n_atoms, same.n_atoms)
    assert entropy_map(points, 0.5, radius_nm=0.8, plane="xz").n_atoms.sum() > 3.0 * cut.n_atoms.sum()


def test_a_map_survives_netcdf(tmp_path: Path) -> None:
    found = entropy_map(random_points(7, 4_000, 5.0), 1.0, radius_nm=1.0)
    found.to_dataset().to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "map.nc", engine="h5netcdf") as stored:
        assert stored.z_score.dims == ("x", "y", "z")
        assert np.array_equal(stored.z_score, found.z_score, equal_nan=True)
        assert stored.x.attrs["units"] == "nm"
        assert stored.species.values.tolist() == ["Ni", "Cu", "Co", "Fe"]
        assert stored.entropy.attrs["units"] == "R"


def test_points_that_share_an_event_bring_a_notice() -> None:
    points = random_points(8, 2_000, 4.0)
    paired = PointSet(points.positions_nm, points.labels, points.species, event=np.arange(2_000) // 2)
    assert any("share an event" in notice for notice in entropy_map(paired, 1.0, radius_nm=1.0).notices)


def test_a_map_without_area_takes_spheres_of_two_spacings_or_a_nanometer() -> None:
    points = random_points(10, 2_000, 5.0)
    assert entropy_map(points, 0.4).radius_nm == 1.0
    wide = entropy_map(points, 0.8)
    assert wide.radius_nm == 1.6
    assert np.array_equal(wide.entropy, entropy_map(points, 0.8, radius_nm=1.6).entropy, equal_nan=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"radius_nm": 1.0, "sigma_nm": 1.0}, "not by both"),
        ({"radius_nm": -1.0}, "radius_nm"),
        ({"sigma_nm": 0.3}, "at least the spacing"),
        ({"radius_nm": 1.0, "plane": "ab"}, "plane must be None or one of"),
        ({"radius_nm": 1.0, "slab_nm": (0.0, 1.0)}, "needs a plane"),
        ({"radius_nm": 1.0, "plane": "xy", "slab_nm": (2.0, 1.0)}, "lower < upper"),
        ({"radius_nm": 1.0, "plane": "xy", "slab_nm": (50.0, 60.0)}, "no point lies in the slab"),
        ({"radius_nm": 1.0, "min_count": 0}, "min_count"),
    ],
)
def test_areas_that_make_no_sense_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        entropy_map(random_points(9, 500), 0.5, **arguments)  # type: ignore[arg-type]


def test_grids_that_are_too_fine_and_sets_of_one_species_are_refused() -> None:
    with pytest.raises(InputError, match="wider spacing"):
        entropy_map(random_points(9, 500), 0.01, radius_nm=0.5)
    alone = PointSet(np.random.default_rng(0).uniform(0, 5, (200, 3)), np.zeros(200, dtype=int), ("Ni", "Co"))
    with pytest.raises(InputError, match="two species"):
        entropy_map(alone, 0.5, radius_nm=1.0)
