"""Occupation of sites: exact counts, randomness, clustering."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.core import InputError, generator
from entrox.structure import site_counts, species_on_sites, unlike_fraction

SIDE = 20


def square_pairs(side=SIDE):
    index = np.arange(side * side).reshape(side, side)
    right = np.stack([index.ravel(), np.roll(index, -1, axis=1).ravel()], axis=1)
    up = np.stack([index.ravel(), np.roll(index, -1, axis=0).ravel()], axis=1)
    return np.concatenate([right, up])


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_counts_add_up_and_miss_the_fractions_by_less_than_one(weights, n_sites):
    total = sum(weights)
    counts = site_counts({f"s{k}": w / total for k, w in enumerate(weights)}, n_sites)
    assert sum(counts.values()) == n_sites
    for k, weight in enumerate(weights):
        assert abs(counts[f"s{k}"] - n_sites * weight / total) < 1.0


def test_whole_counts_are_exact():
    assert site_counts({"A": 0.25, "B": 0.75}, 400) == {"A": 100, "B": 300}


@pytest.mark.parametrize("clustering", [-1.0, 0.0, 0.4, 1.0])
def test_composition_is_exact_whatever_the_clustering(clustering):
    names, species = species_on_sites(
        {"Ba": 0.4, "Na": 0.3, "Sm": 0.3}, SIDE**2, generator(1), clustering=clustering, neighbors=square_pairs()
    )
    assert dict(zip(names, np.bincount(species), strict=True)) == {"Ba": 160, "Na": 120, "Sm": 120}


def test_random_occupation_has_the_pair_statistics_of_chance():
    shares = [
        unlike_fraction(species_on_sites({"A": 0.5, "B": 0.5}, SIDE**2, generator(1, k))[1], square_pairs())
        for k in range(200)
    ]
    # Without replacement the chance of an unlike pair is 2 * 200 * 200 / (400 * 399).
    expected = 2 * 200 * 200 / (400 * 399)
    assert np.mean(shares) == pytest.approx(expected, abs=4 * np.std(shares) / np.sqrt(200))


def test_clustering_gathers_and_ordering_spreads_monotonically():
    def share(clustering):
        return np.mean(
            [
                unlike_fraction(
                    species_on_sites(
                        {"A": 0.5, "B": 0.5}, SIDE**2, generator(2, k), clustering=clustering, neighbors=square_pairs()
                    )[1],
                    square_pairs(),
                )
                for k in range(4)
            ]
        )

    values = [share(c) for c in (-1.0, -0.3, 0.0, 0.3, 1.0)]
    assert (np.diff(values) < 0).all()
    assert values[0] > 0.9
    assert values[-1] < 0.25


def test_weak_coupling_gives_the_pair_statistics_of_detailed_balance():
    shares = [
        unlike_fraction(
            species_on_sites(
                {"A": 0.5, "B": 0.5}, SIDE**2, generator(3, k), clustering=0.05, neighbors=square_pairs(), sweeps=30
            )[1],
            square_pairs(),
        )
        for k in range(400)
    ]
    # A like pair weighs e^J with J = 2 * clustering: at weak coupling the pair correlation is tanh(J/2), here with the
    # shift of sampling without replacement.
    expected = 0.5 * (1 + 1 / (SIDE**2 - 1)) - 0.5 * np.tanh(0.05)
    assert np.mean(shares) == pytest.approx(expected, abs=4 * np.std(shares) / np.sqrt(400))


def test_same_seed_same_arrangement():
    first, second = (
        species_on_sites({"A": 0.5, "B": 0.5}, 100, generator(4), clustering=0.3, neighbors=square_pairs(10))[1]
        for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_clustering_without_neighbors_is_refused():
    with pytest.raises(InputError, match="neighbors"):
        species_on_sites({"A": 1.0}, 10, generator(1), clustering=0.5)


@pytest.mark.parametrize("clustering", [-1.5, 2.0, np.nan])
def test_clustering_outside_its_range_is_refused(clustering):
    with pytest.raises(InputError, match="clustering"):
        species_on_sites({"A": 1.0}, 10, generator(1), clustering=clustering)


def test_fractions_that_miss_one_are_refused():
    with pytest.raises(InputError, match="sum"):
        site_counts({"A": 0.5, "B": 0.48}, 10)
