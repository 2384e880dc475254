"""Vectorised families equal their members; descriptions, measures and ledger rows hold what they promise."""

import json
import subprocess
import sys

import numpy as np
import pytest

from entrox.composition import composition_descriptors, describe, family_descriptors, parse_formula
from entrox.composition.ledger import LEDGER
from entrox.composition.measures import MEASURES
from entrox.core import InputError, generator

FAMILIES = [
    ("Ba(1-4x)SrxCaxNaxSmxTiO3", 0.25),
    ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", 0.2),
    ("Ba(1-2x)SrxCaxTi(1-2x)ZrxHfxO3", 0.5),
    ("Ba(1-3x)SrxNaxNdxTi(1-2x)ZrxHfxO3", 1 / 3),
    ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 1 / 3),
    ("Bi(4-4x)LaxNdxPrxSmxTi3O12", 1.0),
    ("La(1-x)SrxMnO3", 1.0),
    ("La(1-x)BaxTiO3", 1.0),
    ("BaTi(1-x)FexO(3-x/2)Vax/2", 1.0),
    ("Ba(1-x)Y(2x)Ti(1-x)O3", 0.02),
    ("Ti(1-x)ZrxO2", 1.0),
    ("Mg(1-4x)CoxNixCuxZnxO", 0.25),
    ("Eu(1-x)BaxTiO3", 1.0),
    ("Ba(1-x)VaxTiO3", 0.3),
    ("La(1-2x)PrxHoxAlO3", 0.5),
    ("Na(1-x)AgxNbO3", 1.0),
]


@pytest.mark.parametrize(("text", "largest"), FAMILIES)
def test_a_family_at_once_equals_its_members_one_by_one(text, largest):
    formula = parse_formula(text)
    values = np.concatenate([np.linspace(0.0, largest, 13), np.random.default_rng(3).uniform(0, largest, 12)])
    found = family_descriptors(formula, values)
    for index, x in enumerate(values):
        for name, value in composition_descriptors(formula.at(x)).items():
            expected = np.nan if value is None else value
            assert found[name][index] == pytest.approx(expected, abs=1e-9, nan_ok=True), (name, x)


def test_a_family_of_two_variables_takes_the_second_as_a_number():
    found = family_descriptors("Ba(1-y)CayTi(1-x)SnxO3", [0.0, 0.1], y=0.2)
    single = composition_descriptors(parse_formula("Ba(1-y)CayTi(1-x)SnxO3").at(x=0.1, y=0.2))
    assert found["lattice_distortion"][1] == pytest.approx(single["lattice_distortion"])


def test_a_family_outside_its_range_names_the_range():
    with pytest.raises(InputError, match=r"Valid range: 0 <= x <= 0\.25"):
        family_descriptors("Ba(1-4x)SrxCaxNaxSmxTiO3", [0.1, 0.3])


@pytest.mark.parametrize(
    ("text", "x", "message"),
    [
        ("BaTiO3", [0.1], "has no variable x"),
        ("Ba(1-2x)SrxCaxTiO3", [[0.1]], "one-dimensional"),
        ("Ba(1-2x)SrxCaxTiO3", [float("nan")], "finite"),
        ("Ba(1-y)CayTi(1-x)SnxO3", [0.1], "needs a value of y"),
        ("Ba(1-x)TiO3", [0.0, 0.1], "a vacancy must be named Va"),
    ],
)
def test_wrong_input_to_a_family_is_refused(text, x, message):
    with pytest.raises(InputError, match=message):
        family_descriptors(text, x)


def test_a_description_has_the_documented_keys_and_is_json():
    found = describe("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", x=0.2).to_dict()
    assert set(found) == {
        "formula",
        "x",
        "prototype",
        "sites",
        "charges",
        "entropy_r",
        "lattice_distortion",
        "tolerance_factor",
        "bartel_tau",
        "octahedral_factor",
        "charge_imbalance",
        "mean_electronegativity_difference",
        "molar_mass_g_per_mol",
        "lattice_parameter_angstrom",
        "density_g_per_cm3",
        "warnings",
    }
    assert set(found["entropy_r"]) == {"per_formula_unit", "per_site", "per_cation", "per_atom", "entropy_metric"}
    assert found["charges"] == {"Ba": 2, "Sr": 2, "Na": 1, "Sm": 3, "Ti": 4, "Zr": 4, "Hf": 4, "O": -2}
    assert set(found["lattice_distortion"]) == {"A", "B", "total"}
    assert json.loads(json.dumps(found)) == found


def test_a_description_says_what_does_not_apply_or_is_missing():
    salt = describe("MgO")
    assert salt.tolerance_factor is None
    assert salt.density_g_per_cm3 is None
    europium = describe("EuTiO3")
    assert europium.mean_electronegativity_difference is None
    (warning,) = (text for text in europium.warnings if "electronegativity" in text)
    assert warning.startswith("no electronegativity for Eu: ")
    assert len(warning) < 120
    assert describe("EuTiO3", electronegativities={"Eu": 1.2}).mean_electronegativity_difference == pytest.approx(2.07)


def test_a_description_warns_of_charge_radii_and_estimates():
    warnings = " ".join(describe("Ba0.9Na0.1TiO3").warnings)
    assert "not charge balanced: -0.1 e" in warnings
    assert "0.05 oxygen vacancies" in warnings
    assert "listed as calculated" in warnings
    assert "estimated from radii" in warnings


def test_a_composition_describes_itself_and_takes_no_second_x():
    composition = parse_formula("Ba(1-x)SrxTiO3").at(x=0.5)
    assert describe(composition) == describe("Ba(1-x)SrxTiO3", 0.5)
    with pytest.raises(InputError, match="already"):
        describe(composition, x=0.5)


def test_the_measure_returns_exactly_what_it_declares():
    measure = MEASURES[0]
    for text, x in (("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 0.2), ("MgO", None)):
        values = measure.evaluate(parse_formula(text).at(x), measure.settings(), generator(1))
        assert set(values) == {declared.name for declared in measure.quantities} | {"warnings"}
        assert isinstance(values["warnings"], tuple)
    assert values["entropy_a_site_r"] is None
    assert values["entropy_m_site_r"] == 0.0


@pytest.mark.parametrize("row", LEDGER, ids=lambda row: row.id)
def test_every_ledger_row_is_reproduced(row):
    assert abs(row.compute() - row.published) <= row.tolerance
    assert row.room == "composition"


def test_ledger_ids_are_unique():
    assert len({row.id for row in LEDGER}) == len(LEDGER)


def test_importing_the_room_stays_light():
    code = (
        "import sys, entrox.composition; "
        "heavy = {'pandas', 'numba', 'scipy.stats', 'matplotlib', 'pydantic', 'ase', 'xarray'}; "
        "sys.exit('loaded: ' + ', '.join(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
