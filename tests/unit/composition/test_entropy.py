"""Entropy of mixing: closed forms, invariances, normalizations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.composition import configurational_entropy, describe, entropies, mixing_entropy_of_site, parse_formula
from entrox.core import InputError

weights = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8).filter(lambda found: sum(found) > 0.1)


def normalized(found):
    return np.array(found) / np.sum(found)


@pytest.mark.parametrize("count", range(1, 12))
def test_n_equal_species_on_one_site_give_ln_n(count):
    assert mixing_entropy_of_site(np.full(count, 1.0 / count)) == pytest.approx(math.log(count), abs=1e-14)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(weights, weights, st.floats(0.1, 5.0), st.floats(0.1, 5.0))
def test_entropy_is_additive_over_sites(first, second, m, n):
    a, b = normalized(first), normalized(second)
    together = configurational_entropy([a, b], [m, n])
    assert together == pytest.approx(m * mixing_entropy_of_site(a) + n * mixing_entropy_of_site(b), abs=1e-12)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(weights, st.randoms())
def test_entropy_does_not_depend_on_the_order_of_species(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert mixing_entropy_of_site(normalized(found)) == pytest.approx(
        mixing_entropy_of_site(normalized(shuffled)), abs=1e-12
    )


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(weights)
def test_entropy_lies_between_zero_and_ln_n(found):
    value = mixing_entropy_of_site(normalized(found))
    assert -1e-15 <= value <= math.log(len(found)) + 1e-12


def test_absent_species_change_nothing():
    assert mixing_entropy_of_site([0.5, 0.5, 0.0]) == mixing_entropy_of_site([0.5, 0.5])


def test_many_compositions_at_once_equal_each_one():
    rng = np.random.default_rng(1)
    a, b = rng.dirichlet(np.ones(4), size=50), rng.dirichlet(np.ones(3), size=50)
    together = configurational_entropy([a, b], [1, 2])
    assert together.shape == (50,)
    for index in range(50):
        assert together[index] == pytest.approx(configurational_entropy([a[index], b[index]], [1, 2]), abs=1e-14)


@pytest.mark.parametrize(
    ("fractions", "sites"),
    [([[0.5, 0.6]], [1]), ([[-0.1, 1.1]], [1]), ([[0.5, 0.5]], [1, 1]), ([[float("nan"), 1.0]], [1])],
)
def test_fractions_that_are_no_fractions_are_refused(fractions, sites):
    with pytest.raises(InputError):
        configurational_entropy(fractions, sites)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", "0.2", 2.282),
        ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", "0.25", 2.426),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", "0.1", 1.498),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", "1/6", 1.792),
        ("Ba(1-4x)SrxCaxNaxSmxTiO3", "0.2", 1.609),
    ],
)
def test_published_entropies_per_formula_unit(text, x, expected):
    assert describe(text, x).entropy_r["per_formula_unit"] == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(("x", "expected"), [(0, 0.0), (0.25, 0.909), (0.5, 1.386), (0.75, 1.602)])
def test_published_entropies_of_the_layered_series_hold_per_mole_of_the_bismuth_site(x, expected):
    found = entropies(parse_formula("Bi(4-4x)LaxNdxPrxSmxTi3O12").at(x))
    assert found.per_site["A"] == pytest.approx(expected, abs=5e-4)
    assert found.per_formula_unit == pytest.approx(4.0 * found.per_site["A"])


def test_normalizations_differ_by_the_numbers_of_sites():
    found = entropies(parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").at(x=0.2))
    assert found.per_formula_unit == pytest.approx(found.per_site["A"] + found.per_site["B"])
    assert found.per_cation == pytest.approx(found.per_formula_unit / 2)
    assert found.per_atom == pytest.approx(found.per_formula_unit / 5)
    assert found.entropy_metric == pytest.approx(3 * found.per_formula_unit / 5)


def test_five_equal_cations_in_rock_salt_have_ln_5_and_the_same_entropy_metric():
    found = entropies(parse_formula("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O").at())
    assert found.per_formula_unit == pytest.approx(math.log(5))
    assert found.entropy_metric == pytest.approx(math.log(5))
    assert found.per_atom == pytest.approx(math.log(5) / 2)


def test_a_scaled_formula_has_the_same_entropies():
    once, twice = describe("Ba0.5Sr0.5TiO3"), describe("BaSrTi2O6")
    assert once.entropy_r == twice.entropy_r
    assert any("2 formula units" in warning for warning in twice.warnings)


def test_a_cation_vacancy_counts_as_a_species():
    found = entropies(parse_formula("Ba0.9Va0.1TiO3").at())
    expected = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert found.per_formula_unit == pytest.approx(expected)
    assert found.per_cation == pytest.approx(expected / 1.9)


def test_mixing_on_the_anion_site_is_reported_apart():
    found = entropies(parse_formula("BaTaO2N").at())
    assert found.per_formula_unit == 0.0
    assert found.per_site["X"] == pytest.approx(math.log(3) - 2 / 3 * math.log(2))
    assert any("anion site" in warning for warning in found.warnings)


def test_entropy_is_not_one_to_one_in_x():
    family = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
    values = [entropies(family.at(x=step / 300)).per_formula_unit for step in range(101)]
    peak = int(np.argmax(values))
    assert 0 < peak < 100
    assert values[100] < values[peak]
