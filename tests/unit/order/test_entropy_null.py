from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.special import xlogy
from scipy.stats import hypergeom

from entrox.core import InputError, generator
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate, expected_entropy
from entrox.order.local_entropy.null import null_entropy, random_count_sums


@pytest.mark.parametrize("totals", [(3, 2), (4, 4), (2, 2, 3), (1, 1, 5), (1, 3, 2, 2)])
def test_the_null_is_the_mean_over_all_arrangements(totals: tuple[int, ...]) -> None:
    labels = [kind for kind, count in enumerate(totals) for _ in range(count)]
    arrangements = np.array(sorted(set(permutations(labels))))
    for drawn in range(1, len(labels) + 1):
        counts = np.array([np.bincount(row[:drawn], minlength=len(totals)) for row in arrangements])
        brute = entropy_estimate(counts, "plugin").mean()
        assert null_entropy(drawn, totals) == pytest.approx(brute, abs=1e-13)


def test_the_null_is_the_hypergeometric_mean() -> None:
    totals = np.array([12282, 11172, 10377])
    for drawn in (2, 3, 17, 500, 5000, 33000):
        n = np.arange(drawn + 1)
        exact = sum(-(hypergeom.pmf(n, totals.sum(), m, drawn) * xlogy(n, n / drawn)).sum() / drawn for m in totals)
        assert null_entropy(drawn, totals) == pytest.approx(exact, abs=1e-12)


def test_one_atom_has_no_entropy_and_all_atoms_have_that_of_the_bulk() -> None:
    totals = [306000, 267000, 219000, 208000]
    assert null_entropy(1, totals) == 0.0
    assert null_entropy(1_000_000, totals) == pytest.approx(bulk_entropy(totals), abs=1e-12)


def test_the_null_of_a_large_set_is_that_of_independent_draws() -> None:
    p = np.array([0.306, 0.267, 0.219, 0.208])
    for drawn in (1, 12, 25, 87):
        assert null_entropy(drawn, np.round(p * 1e9)) == pytest.approx(expected_entropy(drawn, p), abs=1e-6)


def test_rare_species_keep_their_tail() -> None:
    totals = np.array([10, 999_990])
    n = np.arange(11)
    exact = (hypergeom.pmf(n, 1_000_000, 10, 1000) * xlogy(n, n)).sum()
    assert random_count_sums(np.array([1000]), totals.astype(float), 1e6)[0, 0] == pytest.approx(exact, rel=1e-10)


def test_the_null_grows_with_the_area() -> None:
    values = null_entropy(np.arange(1, 300), [100, 90, 110])
    assert (np.diff(values) > 0).all()


def test_the_null_keeps_the_shape_of_its_argument() -> None:
    n = generator(1).integers(1, 50, size=(3, 4))
    values = null_entropy(n, [40, 60])
    assert values.shape == (3, 4)
    assert values[1, 2] == null_entropy(int(n[1, 2]), [40, 60])


def test_areas_larger_than_the_set_are_refused() -> None:
    with pytest.raises(InputError, match="from 1 to 10"):
        null_entropy(11, [5, 5])
    with pytest.raises(InputError, match="from 1 to 10"):
        null_entropy([0, 2], [5, 5])
    with pytest.raises(InputError, match="species_totals"):
        null_entropy(3, [5.5, 5])
