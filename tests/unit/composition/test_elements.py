"""Element data: values, units, status, and what is said where a value is missing."""

import pytest

from entrox.composition import elements, shannon_radius
from entrox.composition.tables import read_table
from entrox.core import InputError
from entrox.core.units import EV_PER_KJ_PER_MOL

TABLES = (
    "atomic_masses",
    "first_ionization_energies",
    "pauling_electronegativities",
    "bond_energies_with_oxygen",
    "shannon_radii",
    "ionic_charges",
    "perovskite_lattice_parameters",
)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_every_table_has_unit_status_and_source(table):
    rows = read_table(table)
    assert len(rows) >= 20
    for row in rows:
        assert row["unit"]
        assert row["status"] in ("A", "B", "C")
        assert row["source"]


@pytest.mark.parametrize(("symbol", "value"), [("Ba", 5.21166), ("Ti", 6.82812), ("O", 13.61806), ("Na", 5.13908)])
def test_ionization_energies_are_those_of_the_atoms(symbol, value):
    datum = elements.first_ionization_energy(symbol)
    assert datum.value == value
    assert datum.unit == "eV"
    assert datum.status == "A"


@pytest.mark.parametrize(("symbol", "kj_per_mol", "electronvolt"), [("Ba", 562.0, 5.825), ("Ti", 666.5, 6.908)])
def test_bond_energies_are_converted_exactly_from_the_tabulated_ones(symbol, kj_per_mol, electronvolt):
    datum = elements.bond_energy_with_oxygen(symbol)
    assert datum.value == kj_per_mol * EV_PER_KJ_PER_MOL
    assert datum.value == pytest.approx(electronvolt, abs=5e-4)
    assert "diatomic" in datum.source


def test_a_bond_energy_whose_sources_disagree_carries_the_difference_as_uncertainty():
    datum = elements.bond_energy_with_oxygen("Ta")
    assert datum.status == "C"
    assert datum.uncertainty == pytest.approx(49.8 * EV_PER_KJ_PER_MOL)
    assert any("status C" in warning for warning in datum.warnings)


def test_an_upper_limit_is_called_one():
    assert any("upper limit" in warning for warning in elements.bond_energy_with_oxygen("Zn").warnings)


@pytest.mark.parametrize(
    ("symbol", "charge", "coordination", "radius"),
    [
        ("Ba", 2, 12, 1.61),
        ("Sr", 2, 12, 1.44),
        ("Na", 1, 12, 1.39),
        ("Sm", 3, 12, 1.24),
        ("Ti", 4, 6, 0.605),
        ("O", -2, 6, 1.4),
    ],
)
def test_shannon_radii_are_those_of_1976(symbol, charge, coordination, radius):
    assert shannon_radius(symbol, charge, coordination).value == radius


@pytest.mark.parametrize(("symbol", "word"), [("Sm", "calculated"), ("Nd", "estimated"), ("Ba", "calculated")])
def test_radii_that_were_not_measured_are_flagged(symbol, word):
    charge = 2 if symbol == "Ba" else 3
    assert any(f"listed as {word}" in warning for warning in shannon_radius(symbol, charge, 12).warnings)


def test_a_plain_radius_carries_no_flag():
    assert shannon_radius("Na", 1, 12).warnings == ()
    assert shannon_radius("Ti", 4, 6).warnings == ()


@pytest.mark.parametrize(("symbol", "charge", "taken"), [("Pr", 3, 9), ("Bi", 3, 8), ("Ag", 1, 8), ("Gd", 3, 9)])
def test_a_radius_of_another_coordination_is_flagged_not_extrapolated(symbol, charge, taken):
    datum = shannon_radius(symbol, charge, 12)
    assert datum.value == shannon_radius(symbol, charge, taken).value
    assert f"no value for coordination 12, taken from coordination {taken}" in datum.warnings[0]


def test_the_spin_state_is_stated_and_can_be_chosen():
    assert any("high spin assumed" in warning for warning in shannon_radius("Fe", 3, 6).warnings)
    assert shannon_radius("Fe", 3, 6).value > shannon_radius("Fe", 3, 6, "LS").value
    with pytest.raises(InputError, match="spin must be"):
        shannon_radius("Fe", 3, 6, "high")


@pytest.mark.parametrize(
    ("function", "symbol", "message"),
    [
        (elements.bond_energy_with_oxygen, "Cs", "no M-O bond energy for 'Cs'.*Known: Ag.*bond_energy_ev="),
        (elements.electronegativity, "Eu", "no electronegativity for 'Eu'.*Known.*electronegativities="),
        (elements.first_ionization_energy, "Ru", "no first ionization energy for 'Ru'.*Known"),
    ],
)
def test_a_missing_value_lists_what_is_known_and_how_to_pass_one(function, symbol, message):
    with pytest.raises(InputError, match=message):
        function(symbol)


def test_an_unknown_symbol_is_answered_with_the_nearest_ones():
    with pytest.raises(InputError, match=r"not an element symbol; did you mean .*Ba"):
        elements.first_ionization_energy("Baa")


def test_an_unknown_charge_lists_the_tabulated_ones():
    with pytest.raises(InputError, match=r"charge \+5; tabulated charges: \+2, \+3, \+4"):
        shannon_radius("Ti", 5, 6)
    with pytest.raises(InputError, match=r"no Shannon radius for 'Ru'"):
        shannon_radius("Ru", 4, 6)


def test_end_members_lie_on_the_estimate_from_radii_within_its_uncertainty():
    from entrox.composition import parse_formula
    from entrox.composition.lattice import ESTIMATE_UNCERTAINTY, _estimate

    squares = []
    for row in read_table("perovskite_lattice_parameters"):
        a, b = row["a_element"], row["b_element"]
        sites = parse_formula(f"{a}{b}O3").at().sites
        estimate = _estimate(a, sites["A"].charges[a], b, sites["B"].charges[b], 1.40)
        squares.append((estimate - float(row["value"])) ** 2)
    assert (sum(squares) / len(squares)) ** 0.5 < ESTIMATE_UNCERTAINTY
