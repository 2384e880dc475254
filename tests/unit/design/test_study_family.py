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


def test_the_same_composition_in_two_families_is_one_composition() -> None:
    one = next(iter(make((0,)).compositions()))
    other = next(iter(make((0,), formula="Ba(1-2x)SrxCaxTiO3").compositions()))
    assert composition_key(one) == composition_key(other)
    assert composition_key(one) != composition_key(next(iter(make((0.1,)).compositions())))
