from fractions import Fraction

import pytest

from entrox.core.errors import FormatError, InputError
from entrox.design import Family, x_grid
from entrox.design.identity import composition_key

FORMULA = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"


def make(x_values: tuple[object, ...], formula: str = FORMULA, host: str = "BaTiO3") -> Family:
    return Family(name="Sm", formula=formula, host=host, x_values=x_values)  # type: ignore[arg-type]


def test_x_grid_holds_both_ends_and_exact_thirds() -> None:
    grid = x_grid(0, "1/3", 21)
    assert len(grid) == 21
    assert grid[0] == 0
    assert grid[-1] == Fraction(1, 3)
    assert Fraction(1, 5) in grid


def test_floats_count_as_the_decimals_they_print_as() -> None:
    assert make((0.1, 0.3)).x_values == (Fraction(1, 10), Fraction(3, 10))


@pytest.mark.parametrize(
    ("start", "stop", "steps"),
    [(0.2, 0.1, 3), (0, 0.2, 0), (0, 0.2, 1), ("a", 1, 2), (0, "1/0", 2), (0, float("inf"), 2)],
)
def test_an_impossible_grid_is_refused(start: object, stop: object, steps: int) -> None:
    with pytest.raises(InputError):
        x_grid(start, stop, steps)  # type: ignore[arg-type]


def test_x_outside_the_solid_solution_names_the_valid_range() -> None:
    with pytest.raises(InputError, match=r"\[0, 1/3\].*got 2/5 to 1/2 \(2 of 3"):
        make((0.1, 0.4, 0.5))


def test_a_family_without_x_is_refused() -> None:
    with pytest.raises(InputError, match="has no x"):
        make((0.1,), formula="BaTiO3")


def test_a_broken_formula_keeps_its_caret() -> None:
    with pytest.raises(FormatError, match=r"\^"):
        make((0.1,), formula="Ba(1-3x)SrxNaxSmxTi(1-2xZrxHfxO3")


def test_choices_of_a_family_are_part_of_what_its_compositions_are() -> None:
    formula = "La(1-x)BaxFeO3"
    plain = Family(name="f", formula=formula, host="LaFeO3", x_values=(0, Fraction(1, 2)))
    chosen = Family(name="f", formula=formula, host="LaFeO3", x_values=(0, Fraction(1, 2)), charges={"Fe": 4})
    assert plain.choices == {}
    assert chosen.choices == {"charges": {"Fe": 4}}
    assert [point.sites["B"].charges["Fe"] for point in chosen.compositions()] == [4, 4]
    keys = [[composition_key(point) for point in family.compositions()] for family in (plain, chosen)]
    assert not set(keys[0]) & set(keys[1])
    assert hash(chosen) != hash(plain)


def test_an_element_without_a_tabulated_charge_makes_a_family_when_its_charge_is_given() -> None:
    given = {"charges": {"Ru": 4}, "site_of": {"Ru": "B"}}
    family = Family(name="f", formula="SrTi(1-x)RuxO3", host="SrTiO3", x_values=(Fraction(1, 2),), **given)
    assert next(family.compositions()).sites["B"].charges["Ru"] == 4
    with pytest.raises(InputError, match="names 'Fe'"):
        Family(name="f", formula="Ba(1-x)SrxTiO3", host="BaTiO3", x_values=(Fraction(1, 2),), charges={"Fe": 3})


def test_the_same_composition_in_two_families_is_one_composition() -> None:
    one = next(iter(make((0,)).compositions()))
    other = next(iter(make((0,), formula="Ba(1-2x)SrxCaxTiO3").compositions()))
    assert composition_key(one) == composition_key(other)
    assert composition_key(one) != composition_key(next(iter(make((0.1,)).compositions())))
