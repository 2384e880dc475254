from __future__ import annotations

from collections.abc import Callable

import pytest

from entrox.cli.terminal import rounded

FAMILY = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"
KEYS = {
    "formula",
    "sites",
    "entropy_r",
    "lattice_distortion",
    "tolerance_factor",
    "bartel_tau",
    "octahedral_factor",
    "charge_imbalance",
    "mean_electronegativity_difference",
    "warnings",
}


def test_json_holds_the_published_entropy_under_its_normalization(entrox: Callable) -> None:
    answer = entrox("describe", FAMILY, "--x", "0.2", "--json")
    assert answer.code == 0
    assert set(answer.json) >= KEYS
    entropy = answer.json["entropy_r"]
    assert set(entropy) == {"per_formula_unit", "per_site", "per_cation", "per_atom", "entropy_metric"}
    assert entropy["per_formula_unit"] == pytest.approx(2.282, abs=5e-4)
    assert entropy["per_cation"] == pytest.approx(entropy["per_formula_unit"] / 2)
    assert entropy["per_atom"] == pytest.approx(entropy["per_formula_unit"] / 5)
    assert answer.json["sites"]["A"] == {"Ba": 0.4, "Sr": 0.2, "Na": 0.2, "Sm": 0.2}
    assert answer.json["lattice_distortion"]["total"] == pytest.approx(0.12729, abs=1e-5)
    assert answer.json["charge_imbalance"] == 0


def test_the_table_names_every_normalization_beside_its_value(entrox: Callable) -> None:
    out = entrox("describe", FAMILY, "--x", "0.2").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "entropy per formula unit 2.282 R" in lines
    assert "entropy per mole of the A site 1.332 R" in lines
    assert "entropy per cation 1.141 R" in lines
    assert "entropy per atom 0.4565 R" in lines
    assert "lattice distortion 12.73 %" in lines
    assert "Ba0.4Sr0.2Na0.2Sm0.2Ti0.6Zr0.2Hf0.2O3 (perovskite, x = 0.2)" in lines
    assert any("Sm3+ in coordination 12" in line for line in lines), "a radius of low status is flagged"


def test_x_is_taken_as_an_exact_fraction(entrox: Callable) -> None:
    answer = entrox("describe", "BaTi(1-5x)ZrxHfxSnxScxTaxO3", "--x", "1/6", "--json")
    assert answer.json["entropy_r"]["per_formula_unit"] == pytest.approx(1.791759, abs=1e-6)


def test_a_given_charge_replaces_the_chosen_one(entrox: Callable) -> None:
    assert entrox("describe", "BaFeO3", "--json").json["charge_imbalance"] == -1
    for text in ("Fe=+4", "Fe=4", "Fe=4+"):
        assert entrox("describe", "BaFeO3", "--charge", text, "--json").json["charge_imbalance"] == 0


def test_a_given_site_replaces_the_chosen_one(entrox: Callable) -> None:
    sites = entrox("describe", "Ba0.9Mn0.1TiO3", "--site", "Mn=A", "--json").json["sites"]
    assert sites["A"] == {"Ba": 0.9, "Mn": 0.1}


def test_an_unbalanced_formula_is_an_answer_with_a_warning(entrox: Callable) -> None:
    answer = entrox("describe", "Ba0.9Na0.1TiO3")
    assert answer.code == 0
    assert "not charge balanced: -0.1 e per formula unit; 0.05 oxygen vacancies" in answer.out


def test_a_missing_bracket_is_shown_with_a_caret(fails: Callable) -> None:
    lines = fails("describe", "Ba(1-3x)SrxNaxSmxTi(1-2xZrxHfxO3", "--x", "0.1").splitlines()
    assert lines[1].strip() == "Ba(1-3x)SrxNaxSmxTi(1-2xZrxHfxO3"
    caret = lines[2].index("^") - lines[1].index("B")
    assert lines[1].strip()[caret:].startswith("ZrxHfxO3"), "the caret stands where the bracket should close"
    assert f"column {caret + 1}" in lines[0]


def test_a_fraction_outside_its_site_names_the_valid_range(fails: Callable) -> None:
    assert "0 <= x <= 1/3" in fails("describe", FAMILY, "--x", "0.4")


def test_a_missing_value_of_x_names_its_option_and_range(fails: Callable) -> None:
    assert "needs a value of x between 0 and 1/3: give --x" in fails("describe", FAMILY)


def test_an_unknown_element_names_the_nearest_symbols(fails: Callable) -> None:
    message = fails("describe", "XxTiO3")
    assert "'Xx' is not an element symbol" in message
    assert "Xe" in message


def test_a_site_that_is_not_full_asks_for_a_vacancy(fails: Callable) -> None:
    message = fails("describe", "BaTi0.98O3")
    assert "sum 0.98" in message
    assert "Va0.02" in message
    assert "--site" in message


@pytest.mark.parametrize("text", ["Fe", "Fe=", "=3", "Fe=many", "Fe=2.5"])
def test_a_malformed_charge_shows_how_to_write_it(fails: Callable, text: str) -> None:
    assert "Fe=+3" in fails("describe", "BaFeO3", "--charge", text)


def test_a_charge_of_an_absent_element_is_refused(fails: Callable) -> None:
    assert "'Mn', which is not in the formula" in fails("describe", "BaFeO3", "--charge", "Mn=+4")


def test_an_element_without_data_lists_what_is_known_and_the_option(fails: Callable) -> None:
    message = fails("describe", "BaPoO3")
    assert "'Po'" in message
    assert "Known: " in message
    assert "--charge Po=+4" in message


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.28245, "2.282"), (0.1, "0.1000"), (-835.0, "-835.0"), (1e9, "1.000e+09"), (2e-7, "2.000e-07"), (None, "-")],
)
def test_numbers_are_printed_with_four_significant_digits(value: float | None, text: str) -> None:
    assert rounded(value) == text
