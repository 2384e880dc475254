from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.order.equal_blocks import median_split
from entrox.order.local_entropy.blocks import block_entropy
from entrox.order.local_entropy.neighborhoods import neighborhood_entropy
from entrox.order.local_entropy.sublattices import sublattice_entropy
from entrox.order.point_set import PointSet


def cloud(n: int = 400, seed: int = 1, periodic: bool = False) -> PointSet:
    rng = np.random.default_rng(seed)
    return PointSet(
        rng.random((n, 3)) * 2.5, rng.integers(0, 3, n), ("A", "B", "C"), cell_nm=np.eye(3) * 2.5, pbc=(periodic,) * 3
    )


def test_entropies_of_atoms_average_to_the_entropy_of_the_cloud() -> None:
    found = neighborhood_entropy(cloud(), [0.4, 0.8], per_atom=True)
    weighted = neighborhood_entropy(cloud(), [0.4, 0.8], weight="count")
    assert found.entropy_per_atom is not None
    assert found.n_per_atom is not None
    assert np.allclose(found.entropy_per_atom.mean(axis=1), found.entropy, rtol=1e-12)
    assert np.allclose(found.n_per_atom.mean(axis=1), found.n_per_area_mean, rtol=1e-12)
    share = found.n_per_atom / found.n_per_atom.sum(axis=1, keepdims=True)
    assert np.allclose((share * found.entropy_per_atom).sum(axis=1), weighted.entropy, rtol=1e-12)
    assert np.allclose(found.entropy_per_atom.std(axis=1, ddof=1), found.entropy_sd, rtol=1e-9)


@pytest.mark.parametrize("options", [{"radii_nm": [0.5, 0.3]}, {"k": 7}])
def test_neither_the_order_of_atoms_nor_their_names_nor_rotation_changes_the_entropy(
    options: dict[str, object],
) -> None:
    points = cloud(periodic=True)
    found = neighborhood_entropy(points, **options)  # type: ignore[arg-type]
    order = np.random.default_rng(2).permutation(len(points))
    turned = points.positions_nm[order][:, [1, 2, 0]] + [0.3, -7.0, 2.0]
    other = PointSet(turned, 2 - points.labels[order], ("C", "B", "A"), cell_nm=points.cell_nm, pbc=points.pbc)
    again = neighborhood_entropy(other, **options)  # type: ignore[arg-type]
    assert np.allclose(again.entropy, found.entropy, rtol=0, atol=1e-12)
    assert np.array_equal(again.n_per_area_mean, found.n_per_area_mean)
    assert np.allclose(again.entropy_null, found.entropy_null, rtol=0, atol=1e-12)


def test_isolated_atoms_are_left_out_only_without_their_center() -> None:
    points = cloud()
    lonely = PointSet(np.vstack([points.positions_nm, [[50.0, 0.0, 0.0]]]), np.append(points.labels, 0), points.species)
    with_center = neighborhood_entropy(lonely, [0.8])
    without = neighborhood_entropy(lonely, [0.8], include_center=False)
    assert with_center.n_isolated[0] == without.n_isolated[0] == 1
    assert with_center.n_centers[0] == 401
    assert without.n_centers[0] == 400
    assert without.n_per_area_mean[0] == pytest.approx((with_center.n_per_area_mean[0] * 401 - 401) / 400)


def test_radii_without_information_stay_with_nan_and_leave_the_family() -> None:
    found = neighborhood_entropy(cloud(), [1e-6, 0.5, 20.0], n_relabel=49, rng=generator(3))
    assert found.informative.tolist() == [False, True, False]
    assert np.isnan(found.entropy[[0, 2]]).all()
    assert np.isnan(found.z[[0, 2]]).all()
    assert found.n_centers.tolist() == [400, 400, 400]
    assert found.family_p == found.p[1] == found.p_adjusted[1]
    assert any("no information" in notice for notice in found.notices)


def test_the_same_seed_gives_the_same_numbers_with_any_number_of_threads() -> None:
    one = neighborhood_entropy(cloud(), [0.5, 0.9], n_relabel=30, threads=1, rng=generator(4))
    two = neighborhood_entropy(cloud(), [0.5, 0.9], n_relabel=30, threads=3, rng=generator(4))
    assert np.array_equal(one.z, two.z)
    assert np.array_equal(one.entropy, two.entropy)


def test_relabelings_beyond_memory_give_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ({"radii_nm": [0.5, 0.9]}, {"k": 6})
    held = [neighborhood_entropy(cloud(), **a, n_relabel=20, rng=generator(5)) for a in asked]  # type: ignore[arg-type]
    monkeypatch.setattr("entrox.order.local_entropy.neighborhoods.LISTED_PAIRS", 10)
    anew = [neighborhood_entropy(cloud(), **a, n_relabel=20, rng=generator(5)) for a in asked]  # type: ignore[arg-type]
    for first, second in zip(held, anew, strict=True):
        assert np.allclose(first.z, second.z, rtol=1e-9)


def test_spheres_with_two_images_of_an_atom_take_their_null_from_relabelings() -> None:
    points = cloud(150, periodic=True)
    plain = neighborhood_entropy(points, [1.0, 1.6])
    drawn = neighborhood_entropy(points, [1.0, 1.6], n_relabel=49, rng=generator(6))
    assert np.isfinite(plain.entropy_null[0])
    assert np.isnan(plain.entropy_null[1])
    assert np.isfinite(drawn.entropy_null).all()
    assert any("images" in notice for notice in plain.notices)


def test_progress_is_reported_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    neighborhood_entropy(cloud(), [0.5], n_relabel=7, progress=lambda *a: told.append(a), rng=generator(7))
    assert told[-1] == (407, 407)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_an_interrupt_stops_between_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        neighborhood_entropy(cloud(), [0.5], progress=stop)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radii_nm": [0.5], "k": 3}, "radii_nm or k"),
        ({"radii_nm": [0.0]}, "radii_nm"),
        ({"radii_nm": []}, "1 to 255"),
        ({"k": 0}, "k must be"),
        ({"k": 400}, "number of points"),
        ({"radii_nm": [0.5], "weight": "volume"}, "weight"),
        ({"radii_nm": [0.5], "margin_nm": -1.0}, "margin_nm"),
        ({"radii_nm": [0.5], "margin_nm": 2.0}, "leaves no centers"),
        ({"radii_nm": [0.5], "n_relabel": 9}, "generator"),
        ({"radii_nm": [0.5], "alternative": "more"}, "alternative"),
        ({"radii_nm": [0.5], "threads": 0}, "threads"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        neighborhood_entropy(cloud(), **options)  # type: ignore[arg-type]


def test_points_that_cannot_tell_about_mixing_are_refused() -> None:
    positions = np.random.default_rng(8).random((120, 3))
    with pytest.raises(InputError, match="two species"):
        neighborhood_entropy(PointSet(positions, np.zeros(120, int), ("A",)), [0.3])
    with pytest.raises(InputError, match="no points of B"):
        neighborhood_entropy(PointSet(positions, np.zeros(120, int), ("A", "B")), [0.3])
    with pytest.raises(InputError, match="100"):
        neighborhood_entropy(PointSet(positions[:60], np.arange(60) % 2, ("A", "B")), [0.3])
    rare = neighborhood_entropy(PointSet(positions, (np.arange(120) < 2).astype(int), ("A", "B")), [0.3])
    assert any("B" in notice for notice in rare.notices)


def test_blocks_hold_exactly_their_number_and_follow_no_order_of_points() -> None:
    points = cloud(1003)
    block = median_split(points, 20)
    assert (np.bincount(block[block >= 0]) == 20).all()
    assert (block < 0).sum() == 3
    order = np.random.default_rng(9).permutation(len(points))
    shuffled = PointSet(points.positions_nm[order], points.labels[order], points.species)
    first, second = block_entropy(points, [20, 50]), block_entropy(shuffled, [20, 50])
    assert np.allclose(first.entropy, second.entropy, atol=1e-12)
    assert first.n_blocks.tolist() == [50, 20]
    assert first.n_left_out.tolist() == [3, 3]
    with pytest.raises(InputError, match="n_per_block"):
        block_entropy(points, 2000)


def test_coincident_atoms_are_split_without_regard_to_their_order() -> None:
    # Each event is an A followed by a B at one place; blocks of one would sort them by species if they went by index.
    positions = np.repeat(np.random.default_rng(10).random((500, 3)), 2, axis=0)
    labels = np.tile([0, 1], 500)
    block = median_split(PointSet(positions, labels, ("A", "B")), 1)
    first = (block[::2] < block[1::2]).mean()
    assert 0.35 < first < 0.65


def test_sublattices_must_hold_every_species_once() -> None:
    points = cloud()
    with pytest.raises(InputError, match="more than one"):
        sublattice_entropy(points, {"x": (("A", "B"), 1), "y": (("B", "C"), 1)})
    with pytest.raises(InputError, match="C has none"):
        sublattice_entropy(points, {"x": (("A", "B"), 1)})
    with pytest.raises(InputError, match="no species of the points"):
        sublattice_entropy(points, {"x": (("A", "B", "C", "D"), 1)})
    with pytest.raises(InputError, match="sites"):
        sublattice_entropy(points, {"x": (("A", "B", "C"), 0)})


def test_spheres_with_more_images_than_there_are_points_still_tell_about_mixing() -> None:
    points = cloud(150, periodic=True)
    radius = 2.6
    found = neighborhood_entropy(points, [radius], n_relabel=49, rng=np.random.default_rng(1))
    assert found.n_per_area_q05[0] > len(points)
    assert found.informative.all()
    shifts = 2.5 * np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3), axis=-1).reshape(-1, 3)
    entropies = []
    for place in points.positions_nm:
        near = np.linalg.norm(points.positions_nm[:, None] + shifts - place, axis=-1) <= radius
        share = near.sum(axis=1) @ np.eye(3)[points.labels] / near.sum()
        entropies.append(-(share * np.log(share)).sum())
    assert found.entropy[0] == pytest.approx(np.mean(entropies), abs=1e-12)
    assert np.isfinite(found.z).all()
