"""Closed forms behind the composition room: counting of arrangements, small mismatch, extrema along a family."""

import math

import numpy as np
import pytest

from entrox.composition import (
    charge_imbalance,
    entropies,
    family_descriptors,
    lattice_distortion,
    mixing_entropy_of_site,
    parse_formula,
    pseudo_cubic_lattice_parameter,
    site_distortion,
)


def logarithm_of_arrangements(counts):
    return math.lgamma(sum(counts) + 1) - sum(math.lgamma(count + 1) for count in counts)


def test_entropy_is_the_limit_of_the_logarithm_of_the_number_of_arrangements():
    shares = np.array([4, 2, 2, 2])
    limit = mixing_entropy_of_site(shares / 10)
    sizes = np.array([10, 100, 1_000, 10_000])
    gaps = np.array([limit - logarithm_of_arrangements(shares * n) / (10 * n) for n in sizes])
    assert (gaps > 0).all()
    corrected = gaps * (10 * sizes) / np.log(10 * sizes)
    assert corrected[-1] == pytest.approx(1.5, abs=0.3)


def test_small_mismatch_gives_the_relative_standard_deviation():
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(5))
    radii = 1.5 * (1.0 + 1e-3 * rng.standard_normal(5))
    mean = shares @ radii
    deviation = np.sqrt(shares @ (radii - mean) ** 2) / mean
    assert site_distortion(shares, radii) == pytest.approx(deviation, rel=1e-12)


def test_a_family_peaks_where_the_derivative_of_its_entropy_vanishes():
    x = np.linspace(0.0, 1 / 3, 100_001)
    found = family_descriptors("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", x)
    peak = x[np.argmax(found["entropy_per_formula_unit_r"])]
    derivative = 3 * math.log((1 - 3 * peak) / peak) + 2 * math.log((1 - 2 * peak) / peak)
    assert derivative == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "largest", "equimolar"),
    [
        ("Ba(1-4x)SrxCaxNaxSmxTiO3", 0.25, 0.2),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", 0.2, 1 / 6),
        ("Bi(4-4x)LaxNdxPrxSmxTi3O12", 1.0, 0.8),
    ],
)
def test_entropy_of_one_shared_site_is_largest_at_equal_shares(text, largest, equimolar):
    x = np.linspace(0.0, largest, 6_001)
    found = family_descriptors(text, x)
    assert x[np.argmax(found["entropy_per_formula_unit_r"])] == pytest.approx(equimolar, abs=largest / 6_000)


def test_the_entropy_is_concave_along_a_family():
    found = family_descriptors("Ba(1-3x)SrxNaxNdxTi(1-2x)ZrxHfxO3", np.linspace(0.0, 1 / 3, 501))
    assert (np.diff(found["entropy_per_formula_unit_r"], 2) < 0).all()


def test_balanced_families_stay_balanced_for_every_x():
    for text in ("Ba(1-4x)SrxCaxNaxSmxTiO3", "BaTi(1-5x)ZrxHfxSnxScxTaxO3", "Ba(1-2x)NaxLaxTiO3"):
        formula = parse_formula(text)
        low, high = formula.valid_range()
        assert all(charge_imbalance(formula.at(x=low + (high - low) * step / 24)) == 0 for step in range(25))


def test_distortion_vanishes_with_the_square_root_of_a_dilute_substitution():
    x = np.array([1e-6, 1e-4])
    found = family_descriptors("Ba(1-x)SrxTiO3", x)["lattice_distortion"]
    assert found[1] / found[0] == pytest.approx(10.0, rel=1e-3)


def test_replacing_lanthanum_by_ever_smaller_rare_earths_distorts_ever_more():
    series = ["Pr", "Nd", "Sm", "Gd", "Dy", "Ho", "Er", "Yb"]
    found = [
        lattice_distortion(
            parse_formula(f"La0.5{symbol}0.5AlO3").at(prototype="perovskite", site_of={"La": "A", symbol: "A"})
        ).total
        for symbol in series
    ]
    limited = [series.index(symbol) for symbol in ("Pr", "Ho", "Er", "Yb", "Dy")]
    compared_in_nine = [found[place] for place in sorted(limited)]
    assert compared_in_nine == sorted(compared_in_nine)
    assert found[0] == min(found)


def test_a_smaller_cation_shrinks_the_cell():
    edges = [pseudo_cubic_lattice_parameter(parse_formula(f"{a}TiO3").at()).value for a in ("Ba", "Sr", "Ca")]
    assert edges == sorted(edges, reverse=True)


def test_ordering_in_two_sites_costs_the_entropy_of_mixing():
    ordered = entropies(parse_formula("BaTiO3").at()).per_formula_unit
    mixed = entropies(parse_formula("Ba0.5Sr0.5Ti0.5Zr0.5O3").at()).per_formula_unit
    assert ordered == 0.0
    assert mixed == pytest.approx(2 * math.log(2))
