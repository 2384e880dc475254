"""Prototypes, charges and the placement of species on sites."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.composition import parse_formula
from entrox.composition.assignment import large_site_preference
from entrox.composition.sites import build_composition
from entrox.core import InputError


def occupants(text, label, x=None):
    return set(parse_formula(text).at(x).sites[label].fractions)


@pytest.mark.parametrize(
    ("text", "on_a", "on_b"),
    [
        ("BaTiO3", "Ba", "Ti"),
        ("PbTiO3", "Pb", "Ti"),
        ("BiFeO3", "Bi", "Fe"),
        ("AgNbO3", "Ag", "Nb"),
        ("CaTiO3", "Ca", "Ti"),
        ("PbZrO3", "Pb", "Zr"),
        ("SrTiO3", "Sr", "Ti"),
        ("LaMnO3", "La", "Mn"),
        ("KNbO3", "K", "Nb"),
        ("LiNbO3", "Li", "Nb"),
        ("MgTiO3", "Mg", "Ti"),
        ("LaAlO3", "La", "Al"),
        ("YMnO3", "Y", "Mn"),
        ("LuFeO3", "Lu", "Fe"),
        ("BaCeO3", "Ba", "Ce"),
        ("CeAlO3", "Ce", "Al"),
        ("EuTiO3", "Eu", "Ti"),
        ("BaPbO3", "Ba", "Pb"),
        ("Ba0.97La0.03TiO3", "Ba La", "Ti"),
        ("Bi0.5Na0.5TiO3", "Bi Na", "Ti"),
        ("Pb(Mg1/3Nb2/3)O3", "Pb", "Mg Nb"),
        ("K0.47Na0.47Li0.06NbO3", "K Na Li", "Nb"),
        ("BaZr0.8Y0.2O3", "Ba", "Zr Y"),
        ("Sr2FeMoO6", "Sr", "Fe Mo"),
        ("La2Zr2O7", "La", "Zr"),
        ("TiBaO3", "Ba", "Ti"),
    ],
)
def test_large_low_charged_cations_take_the_a_site(text, on_a, on_b):
    assert occupants(text, "A") == set(on_a.split())
    assert occupants(text, "B") == set(on_b.split())


@pytest.mark.parametrize(
    ("text", "x", "on_a", "on_b"),
    [
        ("Ba(1-4x)SrxCaxNaxSmxTiO3", 0.2, "Ba Sr Ca Na Sm", "Ti"),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", 0.1, "Ba", "Ti Zr Hf Sn Sc Ta"),
        ("Ba(1-2x)SrxCaxTi(1-2x)ZrxHfxO3", 0.2, "Ba Sr Ca", "Ti Zr Hf"),
        ("Ba(1-3x)SrxNaxNdxTi(1-2x)ZrxHfxO3", 0.2, "Ba Sr Na Nd", "Ti Zr Hf"),
        ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 0.2, "Ba Sr Na Sm", "Ti Zr Hf"),
        ("Bi(4-4x)LaxNdxPrxSmxTi3O12", 0.5, "Bi La Nd Pr Sm", "Ti"),
    ],
)
def test_published_families_are_placed_as_published(text, x, on_a, on_b):
    assert occupants(text, "A", x) == set(on_a.split())
    assert occupants(text, "B", x) == set(on_b.split())


@pytest.mark.parametrize(
    ("text", "prototype"),
    [
        ("BaTiO3", "perovskite"),
        ("MgO", "rock salt"),
        ("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O", "rock salt"),
        ("ZnO", "wurtzite"),
        ("ZrO2", "fluorite"),
        ("Ce0.8Gd0.2O1.9Va0.1", "fluorite"),
        ("(Ce0.2Zr0.2Hf0.2Sn0.2Ti0.2)O2", "fluorite"),
        ("TiO2", "rutile"),
        ("SiO2", "silica"),
        ("Al2O3", "sesquioxide"),
        ("Bi2O3", "sesquioxide"),
        ("(Al0.5Cr0.5)2O3", "sesquioxide"),
        ("Ta2O5", "pentoxide"),
        ("WO3", "trioxide"),
        ("Cu2O", "antifluorite"),
        ("Bi4Ti3O12", "Aurivillius"),
        ("SrBi2Ta2O9", "Aurivillius n=2"),
        ("MgAl2O4", "spinel"),
        ("FeCr2O4", "spinel"),
        ("Y3Al5O12", "garnet"),
        ("Y2.9Ce0.1Al5O12", "garnet"),
        ("LaAlO3", "perovskite"),
        ("HoLuO3", "sesquioxide"),
        ("Fe3O4", "binary oxide"),
    ],
)
def test_the_prototype_follows_from_stoichiometry_and_size(text, prototype):
    assert parse_formula(text).at().prototype == prototype


def test_sites_of_a_perovskite_are_listed_cations_first_with_their_coordination():
    sites = parse_formula("BaTiO3").at().sites
    assert list(sites) == ["A", "B", "X"]
    assert [site.coordination for site in sites.values()] == [12, 6, 6]
    assert [site.multiplicity for site in sites.values()] == [1, 1, 3]


@pytest.mark.parametrize(
    ("text", "tetrahedral", "octahedral"),
    [
        ("MgAl2O4", "Mg", "Al"),
        ("MgIn2O4", "Mg", "In"),  # the 3+ ion is the larger one: charge decides, not size
        ("(Mg0.5Zn0.5)(Al0.5Cr0.5)2O4", "Mg Zn", "Al Cr"),
    ],
)
def test_a_normal_spinel_has_its_divalent_ions_on_the_tetrahedral_site(text, tetrahedral, octahedral):
    composition = parse_formula(text).at()
    assert set(composition.sites["A"].fractions) == set(tetrahedral.split())
    assert set(composition.sites["B"].fractions) == set(octahedral.split())
    assert [site.coordination for site in composition.sites.values()] == [4, 6, 4]
    assert not any("suit the other site" in warning for warning in composition.warnings)


def test_a_ratio_of_three_to_four_without_two_trivalent_ions_is_no_spinel():
    for text in ("Mg2SiO4", "Mg2TiO4", "Li2MoO4"):
        with pytest.raises(InputError, match="No prototype"):
            parse_formula(text).at()


def test_a_garnet_has_its_large_ions_in_eightfold_coordination():
    composition = parse_formula("(Y0.5Gd0.5)3Al5O12").at()
    assert set(composition.sites["A"].fractions) == {"Y", "Gd"}
    assert (composition.sites["A"].coordination, composition.sites["A"].multiplicity) == (8, 3)
    assert (composition.sites["B"].multiplicity, composition.sites["X"].multiplicity) == (5, 12)


@pytest.mark.parametrize("text", ["Y4Al4O12", "La2Y2Al4O12", "BaTiO3", "Ba3Ti3O9"])
def test_a_perovskite_stays_one_beside_the_garnets(text):
    assert parse_formula(text).at().prototype == "perovskite"


def test_a_warning_names_the_argument_and_the_option_of_the_command_line():
    charge = next(text for text in parse_formula("SnO2").at().warnings if text.startswith("charge chosen"))
    assert charge.endswith("pass charges={'Sn': 2} (--charge Sn=+2) to change it")
    alike = next(text for text in parse_formula("HoLuO3").at(prototype="perovskite").warnings if "ambiguous" in text)
    assert "(--site Lu=A --site Ho=B)" in alike


def test_the_aurivillius_phase_has_four_three_and_twelve_sites():
    sites = parse_formula("Bi4Ti3O12").at().sites
    assert [site.multiplicity for site in sites.values()] == [4, 3, 12]


@pytest.mark.parametrize("text", ["(Ba0.5Sr0.48)TiO3", "Ba0.98TiO3", "BaTi0.98O3", "BaTiO2.94", "Mg0.98O", "Ce0.98O2"])
def test_a_site_that_is_not_full_asks_for_a_named_vacancy(text):
    with pytest.raises(InputError, match=r"a vacancy must be named Va, here Va0\.0"):
        parse_formula(text).at()


def test_a_site_that_sums_to_098_names_the_site_and_the_sum():
    with pytest.raises(InputError, match=r"Site A of the perovskite prototype holds Ba0.5 Sr0.48, sum 0.98"):
        parse_formula("(Ba0.5Sr0.48)TiO3").at()


@pytest.mark.parametrize("text", ["BaTi1.1O3", "Ba1.1TiO3", "BaTiO3.1"])
def test_a_site_that_is_too_full_is_refused(text):
    with pytest.raises(InputError, match=r"reduce it by 0\.1"):
        parse_formula(text).at()


@pytest.mark.parametrize(
    ("text", "label", "content"),
    [
        ("Ba0.95Va0.05TiO3", "A", Fraction(1, 20)),
        ("Ba(Ti0.95Va0.05)O3", "B", Fraction(1, 20)),
        ("BaTiO2.95Va0.05", "X", Fraction(1, 60)),
        ("Ba0.9Va0.1TiO2.9Va0.1", "A", Fraction(1, 10)),
        ("Ba0.9Va0.1TiO2.9Va0.1", "X", Fraction(1, 30)),
    ],
)
def test_a_named_vacancy_goes_where_the_gap_is(text, label, content):
    assert parse_formula(text).at().sites[label].fractions["Va"] == content


def test_a_vacancy_carries_no_charge():
    assert parse_formula("Ba0.95Va0.05TiO3").at().sites["A"].charges["Va"] == 0


def test_an_amphoteric_cation_is_shared_between_both_sites_with_a_warning():
    composition = parse_formula("Ba0.99Y0.02Ti0.99O3").at()
    assert composition.sites["A"].fractions["Y"] == composition.sites["B"].fractions["Y"] == Fraction(1, 100)
    assert any("amphoteric" in warning for warning in composition.warnings)


def test_a_cation_is_not_pushed_to_the_wrong_site_to_fill_it():
    with pytest.raises(InputError, match="Site A"):
        parse_formula("Ba0.9Ti1.1O3").at()


def test_alike_cations_on_two_sites_give_a_warning_of_ambiguity():
    warnings = parse_formula("HoLuO3").at(prototype="perovskite").warnings
    assert any("ambiguous" in warning and "Ho" in warning and "Lu" in warning for warning in warnings)


def test_the_user_places_a_species_by_hand():
    sites = parse_formula("Ba0.99Y0.02Ti0.99O3").at
    with pytest.raises(InputError, match="Site A"):
        sites(site_of={"Y": "B"})
    swapped = parse_formula("MgTiO3").at(site_of={"Mg": "B", "Ti": "A"}).sites
    assert set(swapped["A"].fractions) == {"Ti"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"site_of": {"Ba": "C"}}, r"must be a site of the perovskite prototype \(A, B, X\)"),
        ({"site_of": {"Sr": "A"}}, "not in the formula"),
        ({"charges": {"Sr": 2}}, "not in the formula"),
        ({"charges": {"Ti": 3.5}}, "whole number"),
        ({"charges": {"Ti": "4"}}, "whole number"),
        ({"prototype": "perovskit"}, "did you mean perovskite"),
    ],
)
def test_wrong_overrides_are_refused_with_what_is_allowed(arguments, message):
    with pytest.raises(InputError, match=message):
        parse_formula("BaTiO3").at(**arguments)


@pytest.mark.parametrize(
    ("text", "species", "charge"),
    [
        ("BiFeO3", "Fe", 3),
        ("LaMnO3", "Mn", 3),
        ("CaMnO3", "Mn", 4),
        ("LaCoO3", "Co", 3),
        ("CoO", "Co", 2),
        ("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O", "Co", 2),
        ("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O", "Cu", 2),
        ("La0.8Sr0.2CoO3", "Co", 3),
        ("BaTi0.9Fe0.1O3", "Fe", 3),
        ("CeO2", "Ce", 4),
        ("Ba0.9Ce0.1TiO3", "Ce", 3),
        ("BaTi0.9Ce0.1O3", "Ce", 4),
        ("EuTiO3", "Eu", 2),
        ("LaTiO3", "Ti", 3),
        ("La0.6Ba0.4TiO3", "Ti", 4),
        ("BaPbO3", "Pb", 4),
        ("Sr2FeMoO6", "Mo", 6),
        ("Cu2O", "Cu", 1),
    ],
)
def test_mixed_valence_takes_the_charge_nearest_to_balance(text, species, charge):
    composition = parse_formula(text).at()
    assert [site.charges[species] for site in composition.sites.values() if species in site.charges] == [charge]


def test_a_chosen_charge_is_stated_and_can_be_replaced():
    assert any("Fe +3" in warning and "charges=" in warning for warning in parse_formula("BiFeO3").at().warnings)
    given_charge = parse_formula("SrFeO3").at(charges={"Fe": 4})
    assert given_charge.sites["B"].charges["Fe"] == 4
    assert given_charge.warnings == ()


def test_fixed_valence_needs_no_warning():
    assert parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").at(x=0.2).warnings == ()


def test_missing_charge_or_radius_lists_what_is_known_and_how_to_go_on():
    with pytest.raises(InputError, match=r"no ionic charge for 'Ru'.*Known: .*Ba.*charges=\{'Ru': 4\}"):
        parse_formula("SrRuO3").at()
    with pytest.raises(InputError, match=r"no Shannon radius for 'Ru'.*site_of=\{'Ru'"):
        parse_formula("SrRuO3").at(charges={"Ru": 4})
    placed = parse_formula("SrRuO3").at(charges={"Ru": 4}, site_of={"Ru": "B"})
    assert set(placed.sites["B"].fractions) == {"Ru"}


@pytest.mark.parametrize(("text", "what"), [("BaTi", "anions"), ("O3", "cations")])
def test_an_oxide_needs_cations_and_anions(text, what):
    with pytest.raises(InputError, match=f"has no {what}"):
        parse_formula(text).at()


def test_an_unknown_stoichiometry_lists_the_prototypes():
    with pytest.raises(InputError, match=r"Known prototypes: perovskite \(BaTiO3\)"):
        parse_formula("Mg2SiO4").at()


def test_oxynitrides_share_the_anion_site():
    fractions = parse_formula("BaTaO2N").at().sites["X"].fractions
    assert dict(fractions) == {"O": Fraction(2, 3), "N": Fraction(1, 3)}


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(
    st.permutations(["Ba", "Sr", "Na", "Sm", "Ti", "Zr", "Hf", "O"]),
    st.fractions(0, Fraction(1, 3), max_denominator=48),
)
def test_placement_does_not_depend_on_the_order_of_the_species(order, x):
    formula = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
    amounts = {symbol: formula.amounts[symbol].at({"x": x}) for symbol in order}
    assert build_composition(amounts, x=float(x)).sites == formula.at(x=x).sites


@settings(max_examples=50, deadline=None, database=None, derandomize=True)
@given(st.fractions(min_value=Fraction(1, 8), max_value=12, max_denominator=8))
def test_a_scaled_formula_is_the_same_composition(scale):
    formula = parse_formula("Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3")
    amounts = {symbol: amount.constant * scale for symbol, amount in formula.amounts.items()}
    scaled = build_composition(amounts)
    assert scaled.amounts == formula.at().amounts
    assert scaled.sites == formula.at().sites


def test_site_fractions_sum_to_exactly_one_over_a_family():
    formula = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
    for step in range(49):
        for site in formula.at(x=Fraction(step, 144)).sites.values():
            assert sum(site.fractions.values()) == 1


def test_the_preference_for_the_large_site_orders_the_cations_of_perovskites():
    large = [large_site_preference(*ion) for ion in (("Ba", 2), ("Sr", 2), ("Na", 1), ("La", 3), ("Sm", 3))]
    small = [large_site_preference(*ion) for ion in (("Ti", 4), ("Zr", 4), ("Sc", 3), ("Ta", 5), ("Mg", 2))]
    assert min(large) > 0.5
    assert max(small) < -0.5
