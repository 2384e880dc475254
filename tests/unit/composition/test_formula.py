"""Grammar of formulas: round trips, exactness, positions in errors, valid ranges."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrox.composition import (
    Formula,
    FrozenDict,
    LinearAmount,
    describe,
    exact_fraction,
    format_fraction,
    parse_formula,
)
from entrox.core import FormatError, InputError

ELEMENTS = ["Ba", "Sr", "Na", "Sm", "Ti", "Zr", "Hf", "O", "B", "C", "H", "N", "Y", "Dy", "S", "Sc", "Co", "Cs", "Va"]
fractions = st.fractions(min_value=-20, max_value=20, max_denominator=360)
amounts = st.builds(
    lambda constant, x, y: LinearAmount(constant, FrozenDict({"x": x, "y": y})),
    fractions,
    st.one_of(st.just(Fraction(0)), fractions),
    st.one_of(st.just(Fraction(0)), fractions),
)
formulas = st.dictionaries(st.sampled_from(ELEMENTS), amounts, min_size=1, max_size=8).map(
    lambda found: Formula("", FrozenDict(found))
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(formulas)
def test_every_formula_is_read_back_from_its_canonical_text(formula):
    assert parse_formula(str(formula)) == formula


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(formulas)
def test_the_canonical_text_is_a_fixed_point(formula):
    assert str(parse_formula(str(formula))) == str(formula)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.text(alphabet="BaSrTixy()[]0123./+-* OzX2", max_size=25))
def test_any_text_is_read_or_refused_with_an_error_of_entrox(text):
    try:
        formula = parse_formula(text)
    except FormatError as error:
        assert error.column is not None
        assert 1 <= error.column <= len(text) + 1
        assert str(error).endswith("^")
    except InputError as error:
        assert "element" in str(error)
    else:
        assert parse_formula(str(formula)) == formula


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(fractions, fractions, st.fractions(min_value=-2, max_value=2, max_denominator=50))
def test_linear_amounts_are_evaluated_exactly(constant, slope, x):
    amount = LinearAmount(constant, FrozenDict({"x": slope}))
    assert amount.at({"x": x}) == constant + slope * x


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(fractions)
def test_a_formatted_fraction_means_the_same_number(value):
    assert Fraction(format_fraction(value)) == value


@pytest.mark.parametrize(
    ("text", "species", "constant", "slope"),
    [
        ("Ba(1-3x)TiO3", "Ba", 1, -3),
        ("SrxTiO3", "Sr", 0, 1),
        ("Sr0.2xO", "Sr", 0, Fraction(1, 5)),
        ("Srx/2O", "Sr", 0, Fraction(1, 2)),
        ("Sr3xO", "Sr", 0, 3),
        ("Sr2x/3O", "Sr", 0, Fraction(2, 3)),
        ("Zr1/6O", "Zr", Fraction(1, 6), 0),
        ("Zr(1/6)O", "Zr", Fraction(1, 6), 0),
        ("Bi(4-4x)LaxTi3O12", "Bi", 4, -4),
        ("Bi(4(1-x))Ti3O12", "Bi", 4, -4),
        ("Ba(1-(x+0.5)/2)O", "Ba", Fraction(3, 4), Fraction(-1, 2)),
        ("NaxO", "Na", 0, 1),
        ("SmxO", "Sm", 0, 1),
        ("HfxO", "Hf", 0, 1),
        ("BxO", "B", 0, 1),
        ("(Ba(1-x)Srx)TiO3", "Ba", 1, -1),
        ("((Ba0.5Sr0.5)(1-x)Lax)TiO3", "Sr", Fraction(1, 2), Fraction(-1, 2)),
        ("[Ba0.5Sr0.5]2TiO4", "Sr", 1, 0),
        ("Ba(x*2+1)O", "Ba", 1, 2),
        ("Ba (1 - 3x) O", "Ba", 1, -3),
        ("BaO2O", "O", 3, 0),
        ("Ba.5O", "Ba", Fraction(1, 2), 0),
        ("BaTiO\N{SUBSCRIPT THREE}", "O", 3, 0),
        ("Ba(1\N{MINUS SIGN}x)O", "Ba", 1, -1),
    ],
)
def test_amounts_follow_the_written_arithmetic(text, species, constant, slope):
    amount = parse_formula(text).amounts[species]
    assert amount.constant == constant
    assert amount.coefficients.get("x", 0) == slope


def test_the_letter_y_is_a_variable_and_yttrium_and_dysprosium_stay_elements():
    formula = parse_formula("DyYCayTi(1-y)O")
    assert formula.variables == ("y",)
    assert list(formula.amounts) == ["Dy", "Y", "Ca", "Ti", "O"]


def test_two_variables_are_kept_apart():
    composition = parse_formula("Ba(1-y)CayTi(1-x)SnxO3").at(x=0.1, y=Fraction(1, 5))
    assert composition.formula == "Ba0.8Ca0.2Ti0.9Sn0.1O3"
    assert (composition.x, composition.y) == (0.1, 0.2)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Ba(1-3x)SrxNaxSmxTi(1-2xZrxHfxO3", 25),
        ("", 1),
        ("BaTizO3", 5),
        ("Ba(1-x)2TiO3", 8),
        ("BaTiO3)", 7),
        ("(BaTiO3", 8),
        ("Ba(x*x)TiO3", 6),
        ("Ba(1/x)TiO3", 6),
        ("BaTiO3/0", 8),
        ("Ba(1-)TiO3", 6),
        ("Ba()TiO3", 4),
        ("3BaO", 1),
        ("BaFe3+O3", 6),
        ("(x)BaO", 1),
        ("Ba" + "(" * 30, 23),
    ],
)
def test_a_broken_formula_shows_the_position(text, column):
    with pytest.raises(FormatError) as caught:
        parse_formula(text)
    assert caught.value.column == column
    assert str(caught.value).splitlines()[-1] == "    " + " " * (column - 1) + "^"


def test_a_missing_bracket_names_the_bracket_that_stayed_open():
    with pytest.raises(FormatError, match="opened at column 20"):
        parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2xZrxHfxO3")


@pytest.mark.parametrize(("text", "near"), [("Xx", "Xe"), ("BaTiXx", "Xe"), ("BrTo3", "Ti"), ("BaTiOm3", "Om")])
def test_an_unknown_element_is_refused_with_the_nearest_symbols(text, near):
    with pytest.raises(InputError, match="is not an element symbol") as caught:
        parse_formula(text)
    assert near in str(caught.value)


def test_a_formula_that_is_no_text_is_refused():
    with pytest.raises(InputError, match="must be a text"):
        parse_formula(3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", (0, Fraction(1, 3))),
        ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", (0, Fraction(1, 5))),
        ("Ba(1-4x)SrxCaxNaxSmxTiO3", (0, Fraction(1, 4))),
        ("Bi(4-4x)LaxNdxPrxSmxTi3O12", (0, 1)),
        ("Ba(1-x)TiO3", (0, 0)),
        ("SrxTiO3", (1, 1)),
        ("Ba(x-2)Sr(1-x)TiO3", None),
        ("BaTiO3", None),
    ],
)
def test_the_valid_range_keeps_every_fraction_between_zero_and_one(text, expected):
    assert parse_formula(text).valid_range() == expected


def test_the_valid_range_of_one_variable_may_depend_on_the_other():
    formula = parse_formula("Ba(1-x-y)SrxCayTiO3")
    assert formula.valid_range() == (0, 1)
    assert formula.valid_range("x", y=Fraction(1, 4)) == (0, Fraction(3, 4))


def test_fractions_outside_zero_to_one_name_the_valid_range():
    with pytest.raises(InputError, match=r"Ba -0\.2.*Valid range: 0 <= x <= 1/3 \(0 to 0\.333333\)"):
        parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").at(x=0.4)


def test_a_missing_variable_is_asked_for_with_its_range():
    with pytest.raises(InputError, match=r"needs a value of x, valid from 0 to 0\.5"):
        parse_formula("Ba(1-2x)SrxCaxTiO3").at()


def test_a_variable_that_the_formula_lacks_is_refused():
    with pytest.raises(InputError, match="has no variable x"):
        parse_formula("BaTiO3").at(x=0.1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a third", "1/0", [1]])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="x must be a finite number"):
        parse_formula("Ba(1-2x)SrxCaxTiO3").at(x=value)


@pytest.mark.parametrize(
    ("given_value", "exact"),
    [
        (0.2, Fraction(1, 5)),
        (0.1 + 0.2, Fraction(3, 10)),
        (1 / 6, Fraction(1, 6)),
        (0.1667, Fraction(1667, 10000)),
        ("1/6", Fraction(1, 6)),
        (Fraction(2, 7), Fraction(2, 7)),
        (0.123456789, Fraction(123456789, 10**9)),
        (1, Fraction(1)),
    ],
)
def test_numbers_of_the_user_become_the_fractions_meant(given_value, exact):
    assert exact_fraction(given_value) == exact


def test_a_family_stays_exact_at_a_rounded_value_of_x():
    composition = parse_formula("BaTi(1-5x)ZrxHfxSnxScxTaxO3").at(x=0.1667)
    assert sum(composition.sites["B"].fractions.values()) == 1
    assert composition.amounts["Ti"] == 1 - 5 * Fraction(1667, 10000)


def test_species_with_zero_amount_leave_the_composition():
    composition = parse_formula("Ba(1-x)SrxTiO3").at(x=0)
    assert composition.formula == "BaTiO3"
    assert "Sr" not in composition.amounts


def test_formulas_and_compositions_can_be_hashed_pickled_and_compared():
    formula = parse_formula("Ba(1-x)SrxTiO3")
    composition = formula.at(x=0.25)
    assert pickle.loads(pickle.dumps(formula)) == formula
    assert pickle.loads(pickle.dumps(composition)) == composition
    assert hash(parse_formula("(Ba(1-x)Srx)TiO3")) == hash(formula)
    assert len({composition, formula.at(x=Fraction(1, 4))}) == 1


def test_amounts_of_a_formula_cannot_be_changed():
    formula = parse_formula("BaTiO3")
    with pytest.raises(TypeError, match="immutable"):
        formula.amounts["Ba"] = formula.amounts["Ti"]
    with pytest.raises(TypeError, match="immutable"):
        formula.at().amounts.update({"Ba": 2})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "abc"])
@pytest.mark.parametrize("text", ["BaTiO3", "Ba(1-x)SrxTiO3"])
def test_a_value_that_is_no_number_is_refused_before_anything_else(text, value):
    with pytest.raises(InputError, match="x must be a finite number"):
        describe(text, x=value)


def test_a_needless_or_missing_value_names_the_argument_and_the_option():
    with pytest.raises(InputError, match=r"has no variable x.*leave x \(--x\) out"):
        parse_formula("BaTiO3").at(0.1)
    with pytest.raises(InputError, match=r"x=0\.1 \(--x 0\.1\)"):
        parse_formula("Ba(1-x)SrxTiO3").at()


def test_the_valid_range_of_a_formula_takes_the_charges_of_the_user():
    formula = parse_formula("SrTi(1-x)RuxO3")
    assert formula.valid_range() is None
    assert formula.valid_range(charges={"Ru": 4}, site_of={"Ru": "B"}) == (0, 1)
