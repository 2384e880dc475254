from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from entrox.core import InputError, generator
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate, expected_entropy, grassberger_digamma

FRACTIONS = np.array([0.306, 0.267, 0.219, 0.208])
TRUTH = 1.37413


@pytest.mark.parametrize(
    ("n_atoms", "mean", "first_order"),
    [
        (10, 1.2027, 1.2241), (11, 1.2204, 1.2378), (12, 1.2348, 1.2491), (15, 1.2656, 1.2741), (20, 1.2949, 1.2991),
        (25, 1.3116, 1.3141), (32, 1.3258, 1.3273), (87, 1.3567, 1.3569),
    ],
)  # fmt: skip
def test_counting_noise_lowers_the_plug_in_entropy_by_the_tabulated_amount(
    n_atoms: int, mean: float, first_order: float
) -> None:
    assert expected_entropy(n_atoms, FRACTIONS) == pytest.approx(mean, abs=1e-4)
    assert TRUTH - 3.0 / (2 * n_atoms) == pytest.approx(first_order, abs=1e-4)


@pytest.mark.parametrize(
    ("n_atoms", "sd"),
    [(10, 0.147), (11, 0.135), (12, 0.124), (15, 0.099), (20, 0.075), (25, 0.061), (32, 0.048), (87, 0.022)],
)
def test_the_scatter_of_single_areas_is_the_tabulated_one(n_atoms: int, sd: float) -> None:
    draws = generator(1).multinomial(n_atoms, FRACTIONS, size=20000)
    assert entropy_estimate(draws, "plugin").std() == pytest.approx(sd, rel=0.03)


@pytest.mark.parametrize(
    ("n_atoms", "row"),
    [
        (5, (1.0035, 1.2061, 1.3035, 1.2375, 1.3610, 1.3834)),
        (10, (1.2027, 1.3401, 1.3527, 1.3541, 1.3738, 1.3997)),
        (12, (1.2348, 1.3536, 1.3598, 1.3640, 1.3740, 1.3938)),
        (25, (1.3116, 1.3715, 1.3716, 1.3739, 1.3741, 1.3776)),
        (50, (1.3436, 1.3736, 1.3736, 1.3741, 1.3741, 1.3747)),
    ],
)
def test_estimators_have_their_exact_means(n_atoms: int, row: tuple[float, ...]) -> None:
    methods = ("plugin", "miller_madow", "miller_madow_known_k", "psi", "grassberger", "jackknife")
    exact = [expected_entropy(n_atoms, FRACTIONS, method) for method in methods]
    assert exact == pytest.approx(row, abs=1e-4)
    draws = generator(2).multinomial(n_atoms, FRACTIONS, size=40000)
    for method, value in zip(methods, exact, strict=True):
        sampled = entropy_estimate(draws, method)
        assert sampled.mean() == pytest.approx(value, abs=4.5 * sampled.std() / np.sqrt(len(draws)))


@pytest.mark.parametrize(("n_atoms", "mean"), [(5, 1.473), (10, 1.358), (12, 1.344), (25, 1.324), (50, 1.344)])
def test_chao_shen_is_worse_where_the_species_are_known(n_atoms: int, mean: float) -> None:
    draws = generator(3).multinomial(n_atoms, FRACTIONS, size=100000)
    assert entropy_estimate(draws, "chao_shen").mean() == pytest.approx(mean, abs=5e-3)


def test_the_logarithm_in_place_of_psi_overshoots_by_half_an_atom() -> None:
    right = expected_entropy(25, FRACTIONS, "grassberger")
    assert right - digamma(25) + np.log(25) == pytest.approx(1.3943, abs=1e-4)


def test_grassbergers_function_is_its_defining_formula() -> None:
    n = np.arange(1, 400)
    defined = digamma(n) + (-1.0) ** n * (digamma((n + 1) / 2) - digamma(n / 2)) / 2
    assert grassberger_digamma(n) == pytest.approx(defined, abs=1e-13)
    assert grassberger_digamma([0])[0] == 0.0


def test_mixing_entropy_is_positive_and_largest_for_equal_parts() -> None:
    assert bulk_entropy([306, 267, 219, 208]) == pytest.approx(TRUTH, abs=5e-6)
    assert bulk_entropy([7, 7, 7]) == pytest.approx(np.log(3.0), abs=1e-14)
    assert bulk_entropy([7, 0]) == 0.0


def test_nothing_counted_has_no_entropy_and_one_atom_has_none_left() -> None:
    for method in ("plugin", "miller_madow", "psi", "grassberger", "jackknife", "chao_shen"):
        values = entropy_estimate([[0, 0, 0], [0, 1, 0]], method)
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
    assert entropy_estimate([0, 1, 0], "plugin") == 0.0


def test_counts_that_are_no_counts_are_refused() -> None:
    with pytest.raises(InputError, match="whole numbers"):
        entropy_estimate([1.5, 2.0])
    with pytest.raises(InputError, match="whole numbers"):
        entropy_estimate([-1, 2])
    with pytest.raises(InputError, match="method must be one of"):
        entropy_estimate([1, 2], "nsb")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="method must be one of"):
        expected_entropy(10, FRACTIONS, "chao_shen")
