"""Distortion, tolerance factors, charge, lattice parameter."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.composition import (
    balancing_vacancies,
    bartel_tau,
    charge_imbalance,
    charge_warnings,
    density,
    describe,
    electronegativity_mismatch,
    goldschmidt_tolerance,
    lattice_distortion,
    mean_electronegativity_difference,
    molar_mass,
    octahedral_factor,
    parse_formula,
    pseudo_cubic_lattice_parameter,
    site_distortion,
)
from entrox.composition.radii import common_coordination, shannon_radius
from entrox.core import InputError


def at(text, x=None, **arguments):
    return parse_formula(text).at(x, **arguments)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("Ba0.4Na0.3Sm0.3TiO3", 10.87),
        ("BaTi0.5Zr0.1Hf0.1Sn0.1Sc0.1Ta0.1O3", 60.39 / 7.29),
        ("Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3", 12.729),
    ],
)
def test_published_distortions(text, percent):
    assert 100.0 * lattice_distortion(at(text)).total == pytest.approx(percent, abs=5e-3)


def test_one_species_per_site_is_undistorted():
    found = lattice_distortion(at("BaTiO3"))
    assert found.total == 0.0
    assert found.per_site == {"A": 0.0, "B": 0.0}


def test_the_total_is_the_root_sum_of_squares_of_the_sites():
    found = lattice_distortion(at("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 0.2))
    assert found.total == pytest.approx(math.hypot(found.per_site["A"], found.per_site["B"]))


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(st.lists(st.floats(0.5, 2.0), min_size=2, max_size=6), st.floats(0.5, 3.0))
def test_distortion_depends_on_ratios_of_radii_only(radii, scale):
    fractions = np.full(len(radii), 1.0 / len(radii))
    scaled = site_distortion(fractions, np.array(radii) * scale)
    assert scaled == pytest.approx(site_distortion(fractions, radii), abs=1e-12)


def test_two_equal_halves_differ_by_half_their_relative_difference():
    assert site_distortion([0.5, 0.5], [1.1, 0.9]) == pytest.approx(0.1)


def test_distortion_is_vectorised_over_leading_axes():
    fractions = np.random.default_rng(2).dirichlet(np.ones(3), size=(4, 5))
    radii = [1.61, 1.44, 1.24]
    found = site_distortion(fractions, radii)
    assert found.shape == (4, 5)
    assert found[2, 3] == pytest.approx(site_distortion(fractions[2, 3], radii))


@pytest.mark.parametrize("radii", [[1.0, -1.0], [1.0], [1.0, float("nan")]])
def test_radii_must_be_positive_and_as_many_as_the_species(radii):
    with pytest.raises(InputError, match="radii"):
        site_distortion([0.5, 0.5], radii)


def test_vacancies_have_no_radius():
    assert lattice_distortion(at("Ba0.9Va0.1TiO3")).total == 0.0


def test_doubtful_radii_are_flagged_once_each():
    warnings = lattice_distortion(at("Ba(1-3x)SrxNaxNdxTi(1-2x)ZrxHfxO3", 0.2)).warnings
    assert len(warnings) == len(set(warnings))
    assert any("Nd3+" in warning and "estimated" in warning for warning in warnings)


def test_a_radius_of_the_user_replaces_the_table():
    composition = at("SrTi0.5Ru0.5O3", charges={"Ru": 4}, site_of={"Ru": "B"})
    with pytest.raises(InputError, match=r"radii=\{'Ru'"):
        lattice_distortion(composition)
    assert lattice_distortion(composition, radii={"Ru": 0.605}).total == pytest.approx(0.0)
    with pytest.raises(InputError, match="must be > 0"):
        lattice_distortion(composition, radii={"Ru": 0.0})


@pytest.mark.parametrize(("text", "expected"), [("SrTiO3", 1.0016), ("BaTiO3", 1.0615), ("CaTiO3", 0.9663)])
def test_goldschmidt_factors_of_the_titanates(text, expected):
    assert goldschmidt_tolerance(at(text)) == pytest.approx(expected, abs=2e-4)


def test_bartel_tau_accepts_the_titanates_and_refuses_a_small_a_cation():
    assert all(bartel_tau(at(text)) < 4.18 for text in ("BaTiO3", "SrTiO3", "CaTiO3", "LaMnO3"))
    assert bartel_tau(at("MgTiO3")) > 4.18


def test_bartel_tau_of_calcium_titanate_by_hand():
    ratio = 1.34 / 0.605
    assert bartel_tau(at("CaTiO3")) == pytest.approx(1.40 / 0.605 - 2 * (2 - ratio / math.log(ratio)))


def test_the_octahedral_factor_is_the_ratio_of_radii():
    assert octahedral_factor(at("BaTiO3")) == pytest.approx(0.605 / 1.40)


@pytest.mark.parametrize("function", [goldschmidt_tolerance, bartel_tau, octahedral_factor, density])
def test_perovskite_quantities_are_refused_elsewhere(function):
    with pytest.raises(InputError, match="rock salt"):
        function(at("MgO"))


def test_electronegativity_of_barium_titanate():
    assert mean_electronegativity_difference(at("BaTiO3")) == pytest.approx(3.44 - (0.89 + 1.54) / 2)
    assert electronegativity_mismatch(at("BaTiO3")) == {"A": 0.0, "B": 0.0}


def test_electronegativity_mismatch_of_two_halves():
    assert electronegativity_mismatch(at("Ba0.5Sr0.5TiO3"))["A"] == pytest.approx((0.95 - 0.89) / 2)


def test_a_missing_electronegativity_raises_and_can_be_passed():
    with pytest.raises(InputError, match=r"electronegativities=\{'Eu': 1.2\}"):
        mean_electronegativity_difference(at("EuTiO3"))
    assert mean_electronegativity_difference(at("EuTiO3"), electronegativities={"Eu": 1.2}) == pytest.approx(2.07)


@pytest.mark.parametrize(
    ("text", "x", "imbalance"),
    [
        ("BaTiO3", None, 0),
        ("Ba0.97La0.03TiO3", None, Fraction(3, 100)),
        ("BaTi0.9Sc0.1O3", None, Fraction(-1, 10)),
        ("BaTi0.9Sc0.1O2.95Va0.05", None, 0),
        ("Ba(1-4x)SrxCaxNaxSmxTiO3", Fraction(1, 7), 0),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", Fraction(1, 7), 0),
        ("Ba(1-2x)SrxCaxTi(1-2x)ZrxHfxO3", Fraction(1, 7), 0),
        ("Ba(1-3x)SrxNaxNdxTi(1-2x)ZrxHfxO3", Fraction(1, 7), 0),
        ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", Fraction(1, 7), 0),
        ("Bi(4-4x)LaxNdxPrxSmxTi3O12", Fraction(1, 7), 0),
        ("Ba(1-x)NaxTiO3", Fraction(1, 7), Fraction(-1, 7)),
    ],
)
def test_charge_is_exact(text, x, imbalance):
    assert charge_imbalance(at(text, x)) == imbalance


def test_oxygen_vacancies_balance_a_missing_charge_exactly():
    assert balancing_vacancies(at("BaTi0.9Sc0.1O3")) == Fraction(1, 20)
    assert any("0.05 oxygen vacancies" in warning for warning in charge_warnings(at("BaTi0.9Sc0.1O3")))


def test_an_excess_of_positive_charge_has_negative_oxygen_vacancies_and_names_cation_vacancies():
    assert balancing_vacancies(at("Ba0.97La0.03TiO3")) == Fraction(-3, 200)
    assert any("cation vacancies" in warning for warning in charge_warnings(at("Ba0.97La0.03TiO3")))


def test_a_balanced_composition_has_no_charge_warning():
    assert charge_warnings(at("BaTiO3")) == ()


def test_vegard_is_linear_between_end_members():
    ends = [pseudo_cubic_lattice_parameter(at(text)).value for text in ("BaTiO3", "SrTiO3")]
    middle = pseudo_cubic_lattice_parameter(at("Ba0.25Sr0.75TiO3"))
    assert middle.value == pytest.approx(0.25 * ends[0] + 0.75 * ends[1])
    assert middle.unit == "angstrom"
    assert middle.warnings == ()


def test_unknown_pairs_are_estimated_and_named():
    datum = pseudo_cubic_lattice_parameter(at("Ba0.5Na0.25Sm0.25TiO3"))
    assert datum.status == "E"
    assert datum.uncertainty == pytest.approx(0.02)
    assert "Na-Ti, Sm-Ti" in datum.warnings[0]


def test_density_of_barium_titanate_is_the_crystal_density():
    assert molar_mass(at("BaTiO3")) == pytest.approx(233.19, abs=0.01)
    assert density(at("BaTiO3")) == pytest.approx(6.02, abs=0.03)
    assert density(at("SrTiO3")) == pytest.approx(5.12, abs=0.02)


def test_the_ions_of_a_site_are_compared_in_the_highest_coordination_that_all_of_them_have():
    lanthanum, praseodymium = (shannon_radius(symbol, 3, 9).value for symbol in ("La", "Pr"))
    found = lattice_distortion(at("La0.5Pr0.5AlO3"))
    expected = (lanthanum - praseodymium) / (lanthanum + praseodymium)
    assert found.total == pytest.approx(expected)
    assert "radii of site A in coordination 9, the highest that all its ions have; the site's is 12" in found.warnings
    assert not any("taken from coordination" in warning for warning in found.warnings)


def test_a_smaller_difference_of_radii_is_a_smaller_distortion_whatever_the_table_lacks():
    neodymium, praseodymium = (lattice_distortion(at(f"La0.5{s}0.5AlO3")).total for s in ("Nd", "Pr"))
    assert praseodymium < neodymium
    heavy = lattice_distortion(at("Y0.2Dy0.2Er0.2Ho0.2Yb0.2AlO3")).total
    radii = [shannon_radius(symbol, 3, 9).value for symbol in ("Y", "Dy", "Er", "Ho", "Yb")]
    assert heavy == pytest.approx(float(np.std(radii) / np.mean(radii)))


def test_the_common_coordination_is_the_nearest_above_where_none_is_below():
    assert common_coordination([("La", 3), ("Sm", 3)], 12) == 12
    assert common_coordination([("Mg", 2), ("Nd", 2)], 6) == 8
    found = lattice_distortion(at("Mg0.5Nd0.5O", charges={"Nd": 2}))
    assert "radii of site M in coordination 8, the lowest that all its ions have; the site's is 6" in found.warnings


def test_ions_without_a_common_coordination_are_said_to_have_no_meaningful_distortion():
    assert common_coordination([("Ni", 2), ("Nd", 2)], 6) is None
    composition = at("Ni0.5Nd0.5O", charges={"Nd": 2})
    found = lattice_distortion(composition)
    assert "coordinations mixed on site M: its distortion is not meaningful" in found.warnings
    assert any("taken from coordination 8" in warning for warning in found.warnings)
    own = lattice_distortion(composition, radii={"Nd": 1.1})
    assert not any("mixed" in warning for warning in own.warnings)
    assert own.total > 0.0


def test_tolerance_factors_keep_the_coordination_of_the_site_and_say_which_radii_they_take():
    composition = at("La0.5Pr0.5AlO3")
    large = (shannon_radius("La", 3, 12).value + shannon_radius("Pr", 3, 9).value) / 2
    small, anion = shannon_radius("Al", 3, 6).value, shannon_radius("O", -2, 6).value
    assert goldschmidt_tolerance(composition) == pytest.approx((large + anion) / math.sqrt(2) / (small + anion))
    found = [text for text in describe("La0.5Pr0.5AlO3").warnings if text.startswith("tolerance factors: ")]
    assert len(found) == 2
    assert "La3+ in coordination 12 (1.36 angstrom) is listed as calculated" in found[0]
    assert "Pr3+: no value for coordination 12, taken from coordination 9" in found[1]
    assert not any(text.startswith("tolerance") for text in describe("Ba0.4Sr0.2Na0.2Nd0.2TiO3").warnings)


def test_mixed_valence_is_offered_where_the_element_has_such_a_charge():
    (lacking,) = charge_warnings(at("La0.7Sr0.3MnO3"))
    assert "mixed valence (0.3 of Mn as Mn4+)" in lacking
    (excess,) = charge_warnings(at("Fe3O4"))
    assert "mixed valence (1 of Fe as Fe2+)" in excess
    assert "mixed valence" not in charge_warnings(at("Ba0.9Na0.1TiO3"))[0]
    assert "mixed valence" not in charge_warnings(at("SrFeO3"))[0]


def test_the_charge_advised_is_the_one_that_lessens_the_imbalance():
    (chosen,) = (text for text in at("La0.7Sr0.3MnO3").warnings if text.startswith("charge chosen"))
    assert chosen.endswith("pass charges={'Mn': 4} (--charge Mn=+4) to change it")


def test_an_ion_without_radius_is_offered_charges_of_its_own_sign_only():
    with pytest.raises(
        InputError, match=r"charge \+2; tabulated charges: \+4\. Pass charges=\{'Sn': 4\} \(--charge Sn="
    ):
        shannon_radius("Sn", 2, 6)
    with pytest.raises(InputError, match=r"None of them is of the same sign: pass your own radius") as caught:
        describe("CsPbI3")
    assert "--charge" not in str(caught.value)
