"""A family: a formula in x, its host oxide, and the x values at which it is studied.

The x values are exact fractions, so that the same composition reached in two families is one composition.
Units: x dimensionless.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_integer
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Family", "exact_fraction", "x_grid"]

LARGEST_DENOMINATOR = 1_000_000
ExactNumber = int | float | str | Fraction


def exact_fraction(value: ExactNumber, name: str = "x") -> Fraction:
    """Return the exact fraction of a number or of text such as ``"1/3"``; a float counts as the decimal it prints as.

    Examples
    --------
    >>> exact_fraction(0.1), exact_fraction("1/3")
    (Fraction(1, 10), Fraction(1, 3))
    """
    try:
        if isinstance(value, bool):
            raise ValueError("a truth value is not a number")
        fraction = Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise InputError(f'{name} must be a finite number or a fraction such as "1/3"; got {value!r}.') from error
    return fraction.limit_denominator(LARGEST_DENOMINATOR)


def x_grid(start: ExactNumber, stop: ExactNumber, steps: int) -> tuple[Fraction, ...]:
    """Return ``steps`` equally spaced x values from ``start`` to ``stop``, both included, as exact fractions.

    Examples
    --------
    >>> x_grid(0, "1/3", 3)
    (Fraction(0, 1), Fraction(1, 6), Fraction(1, 3))
    """
    first, last = exact_fraction(start, "x.start"), exact_fraction(stop, "x.stop")
    count = check_integer(steps, "x.steps", low=1)
    if count == 1 and first != last:
        raise InputError(f"x.steps = 1 needs x.start = x.stop; got {first} and {last}. Give steps >= 2.")
    if count > 1 and not last > first:
        raise InputError(f"x.stop must be > x.start; got start {first} and stop {last}.")
    if count == 1:
        return (first,)
    return tuple(first + (last - first) * Fraction(index, count - 1) for index in range(count))


@dataclass(frozen=True)
class Family:
    """Compositions along one substitution variable x.

    Parameters
    ----------
    name
        How tables and figures call it.
    formula
        Formula in x, for example ``Ba(1-2x)SrxCaxTi(1-2x)ZrxHfxO3``.
    host
        Formula of the oxide that is substituted.
    x_values
        The x values, dimensionless; kept as exact fractions.

    Raises
    ------
    FormatError
        If a formula cannot be read.
    InputError
        If the formula has no x, or an x value makes an amount negative or overfills a site; the message names the
        x range that is valid.
    """

    name: str
    formula: str
    host: str
    x_values: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        from entrox.composition import parse_formula

        if not self.x_values:
            raise InputError(f"family {self.name!r} has no x values; give at least one.")
        exact = tuple(exact_fraction(value, "x") for value in self.x_values)
        object.__setattr__(self, "x_values", exact)
        formula = parse_formula(self.formula)
        if not formula.variables:
            raise InputError(
                f"family {self.name!r}: the formula {self.formula} has no x. Write amounts such as Ba(1-x)."
            )
        parse_formula(self.host).at()
        self._check_range(formula.valid_range(), exact)

    def _check_range(self, valid: tuple[Fraction, Fraction] | None, x_values: Sequence[Fraction]) -> None:
        if valid is None:
            raise InputError(f"family {self.name!r}: no x makes all amounts of {self.formula} positive or zero.")
        low, high = valid
        outside = [x for x in x_values if not low <= x <= high]
        if outside:
            raise InputError(
                f"family {self.name!r}: x must be in [{low}, {high}] for {self.formula}; got {min(outside)} to "
                f"{max(outside)} ({len(outside)} of {len(x_values)} values outside). Narrow start and stop."
            )

    @property
    def x(self) -> NDArray[np.float64]:
        """The x values as floats, shape ``(n_points,)``, dimensionless."""
        return np.array([float(value) for value in self.x_values])

    def compositions(self) -> Iterator[Composition]:
        """Yield the composition at each x value, in their order."""
        from entrox.composition import parse_formula

        formula = parse_formula(self.formula)
        for value in self.x_values:
            yield formula.at(value)
