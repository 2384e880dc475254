from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrox.core import InputError
from entrox.potentials.learning.descriptors import descriptor_length, environment_descriptor, smooth_inverse
from entrox.potentials.learning.select import covering_radius, farthest_points, fill_quotas, select_frames
from entrox.structure import build_perovskite

ELEMENTS = ("Ba", "Ca", "Ti", "O")


def clustered(rng: np.random.Generator) -> np.ndarray:
    """Return nine points in ten close together, the others far apart."""
    return np.concatenate([0.05 * rng.normal(size=(90, 3)), rng.uniform(-5, 5, size=(10, 3))])


@pytest.mark.parametrize("seed", range(5))
def test_farthest_points_cover_clusters_better_than_random_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = clustered(rng)
    spread = covering_radius(points, points[farthest_points(points, 12, np.empty((0, 3)))])
    drawn = [covering_radius(points, points[rng.choice(len(points), 12, replace=False)]) for _ in range(50)]
    assert spread < min(drawn)


def test_farthest_points_keep_away_from_what_is_known() -> None:
    points = np.array([[0.0], [1.0], [4.0], [9.0]])
    assert farthest_points(points, 2, np.array([[9.5]])) == [0, 2]
    assert farthest_points(points, 4, np.empty((0, 1)))[0] == 3


@given(
    available=st.dictionaries(st.integers(0, 20), st.integers(0, 30), max_size=12),
    total=st.integers(0, 100),
)
def test_quotas_give_all_that_there_is_and_never_more(available: dict[int, int], total: int) -> None:
    quotas = fill_quotas(available, total)
    assert sum(quotas.values()) == min(total, sum(available.values()))
    assert all(quotas[cell] <= count for cell, count in available.items())
    # a cell that is not used up has as much as any other, but for one
    for cell, count in available.items():
        if quotas[cell] < count:
            assert quotas[cell] >= max(quotas.values()) - 1


def test_every_composition_and_temperature_gets_its_share() -> None:
    rng = np.random.default_rng(1)
    cells = ["a"] * 80 + ["b"] * 80 + ["c"] * 2
    rows = select_frames(cells, rng.normal(size=(162, 4)), np.empty((0, 4)), 22, rng=rng)
    assert Counter(cells[row] for row in rows) == {"a": 10, "b": 10, "c": 2}
    assert rows == sorted(set(rows))


def test_a_candidate_near_a_labeled_frame_is_dropped() -> None:
    rng = np.random.default_rng(2)
    known = np.array([[0.0, 0.0]])
    candidates = np.array([[0.05, 0.0], [1.0, 0.0], [1.02, 0.0], [3.0, 0.0]])
    rows = select_frames(["a"] * 4, candidates, known, 4, min_distance=0.1, random_share=0.0, rng=rng)
    assert rows in ([1, 3], [2, 3])


def test_the_same_seed_chooses_the_same_frames() -> None:
    points = np.random.default_rng(3).normal(size=(60, 3))
    chosen = [
        select_frames(["a"] * 60, points, points[:2], 20, random_share=0.5, rng=np.random.default_rng(seed))
        for seed in (4, 4, 5)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_without_candidates_nothing_is_chosen() -> None:
    assert select_frames([], np.empty((0, 5)), np.empty((3, 5)), 10, rng=np.random.default_rng(0)) == []


def shaken_crystal(seed: int = 1):
    atoms = build_perovskite({"Ba": 0.75, "Ca": 0.25}, "Ti", (2, 2, 2), 4.0, rng=np.random.default_rng(seed))
    atoms.positions += np.random.default_rng(seed).normal(scale=0.05, size=atoms.positions.shape)
    return atoms


def test_a_descriptor_does_not_change_with_place_direction_and_order_of_the_atoms() -> None:
    atoms = shaken_crystal()
    moved = atoms[np.random.default_rng(1).permutation(len(atoms))]
    moved.positions += [0.3, -5.0, 2.0]
    moved.rotate(37.0, (1.0, 2.0, 3.0), rotate_cell=True)
    expected = environment_descriptor(atoms, ELEMENTS)
    assert expected.shape == (descriptor_length(ELEMENTS),)
    assert environment_descriptor(moved, ELEMENTS) == pytest.approx(expected, abs=1e-9)


def test_a_descriptor_grows_with_the_displacement_of_the_cations() -> None:
    """In the ideal crystal the rows around a cation cancel; they are as long as it is far off its center."""
    ideal = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    at_rest = environment_descriptor(ideal, ELEMENTS)
    off_center = []
    for shift in (0.05, 0.1):
        polar = ideal.copy()
        polar.positions[polar.symbols == "Ti", 2] += shift
        off_center.append(float(np.linalg.norm(environment_descriptor(polar, ELEMENTS) - at_rest)))
    assert off_center[1] == pytest.approx(2 * off_center[0], rel=0.1)


def test_a_descriptor_refuses_an_element_that_it_was_not_made_for() -> None:
    with pytest.raises(InputError, match="made for Ba, O; the frame has Ca, Ti"):
        environment_descriptor(shaken_crystal(), ("Ba", "O"))


def test_the_weight_of_a_neighbor_is_its_inverse_distance_faded_out_smoothly() -> None:
    distance = np.linspace(0.2, 6.5, 2001)
    weight = smooth_inverse(distance, 0.5, 6.0)
    near = distance < 0.5
    assert weight[near] == pytest.approx(1.0 / distance[near])
    assert weight[distance >= 6.0] == pytest.approx(0.0, abs=1e-15)
    assert (np.diff(weight) <= 1e-15).all()
    # no kink at either end: the second differences stay bounded as the step shrinks
    fine = 6.0 + 1e-3 * np.arange(-50, 50)
    assert np.abs(np.diff(smooth_inverse(fine, 0.5, 6.0), 2)).max() < 1e-7
