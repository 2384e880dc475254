"""Exact amounts of species: fractions, and linear expressions such as 1 - 3x.

Pure functions and one noun. Amounts are atoms per formula unit, dimensionless, always :class:`fractions.Fraction`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from entrox.composition.mapping import FrozenDict
from entrox.core.errors import InputError

__all__ = ["LinearAmount", "exact_fraction", "format_fraction"]

LARGEST_GUESSED_DENOMINATOR = 100_000
ROUNDING = 1e-13


def exact_fraction(value: float | Fraction | str, name: str = "value") -> Fraction:
    """Return the fraction that a user means by a number.

    Parameters
    ----------
    value
        A fraction or whole number is taken as it is; a text such as ``"1/6"`` or ``"0.2"`` is read exactly; a float is
        taken as the fraction of denominator <= 100000 that it rounds, else as its shortest decimal form.
    name
        How the message calls the number.

    Returns
    -------
    Fraction
        The exact number.

    Raises
    ------
    InputError
        If the value is not a finite number.

    Examples
    --------
    >>> exact_fraction(0.2), exact_fraction(1 / 6), exact_fraction(0.1667)
    (Fraction(1, 5), Fraction(1, 6), Fraction(1667, 10000))
    """
    if isinstance(value, Fraction):
        return value
    try:
        if isinstance(value, str):
            return Fraction(value.strip())
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(value)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{name} must be a finite number or a fraction such as 1/6; got {value!r}.") from error
    decimal = Fraction(repr(number))
    simple = decimal.limit_denominator(LARGEST_GUESSED_DENOMINATOR)
    return simple if abs(simple - decimal) <= ROUNDING * max(1.0, abs(number)) else decimal


def format_fraction(value: Fraction) -> str:
    """Return a fraction as a decimal number if that is exact, else as ``p/q``.

    Examples
    --------
    >>> format_fraction(Fraction(1, 5)), format_fraction(Fraction(1, 6)), format_fraction(Fraction(3))
    ('0.2', '1/6', '3')
    """
    twos, rest = 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    fives = 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    if places == 0:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


@dataclass(frozen=True)
class LinearAmount:
    """A number plus multiples of the variables of a formula, exact.

    Parameters
    ----------
    constant
        The part without a variable.
    coefficients
        Factor of each variable; factors that are zero are left out.
    """

    constant: Fraction
    coefficients: FrozenDict[str, Fraction] = field(default_factory=FrozenDict)

    def __post_init__(self) -> None:
        kept = {name: self.coefficients[name] for name in sorted(self.coefficients) if self.coefficients[name] != 0}
        object.__setattr__(self, "coefficients", FrozenDict(kept))

    @property
    def is_constant(self) -> bool:
        """Whether no variable appears."""
        return not self.coefficients

    def __add__(self, other: LinearAmount) -> LinearAmount:
        names = {**self.coefficients, **other.coefficients}
        zero = Fraction(0)
        total = {name: self.coefficients.get(name, zero) + other.coefficients.get(name, zero) for name in names}
        return LinearAmount(self.constant + other.constant, FrozenDict(total))

    def scaled(self, factor: Fraction) -> LinearAmount:
        """Return the amount times a number."""
        return LinearAmount(
            self.constant * factor, FrozenDict({name: value * factor for name, value in self.coefficients.items()})
        )

    def at(self, values: Mapping[str, Fraction]) -> Fraction:
        """Return the exact amount for the values of the variables."""
        return self.constant + sum((factor * values[name] for name, factor in self.coefficients.items()), Fraction(0))

    def evaluate(self, values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the amounts for arrays of the variables, in floating point, shape of the arrays."""
        total: NDArray[np.float64] = np.full(np.shape(next(iter(values.values()))), float(self.constant))
        for name, factor in self.coefficients.items():
            total = total + float(factor) * values[name]
        return total

    def __str__(self) -> str:
        terms = [format_fraction(self.constant)] if self.constant != 0 or self.is_constant else []
        for name, factor in self.coefficients.items():
            terms.append(_variable_term(name, factor))
        return "+".join(terms).replace("+-", "-")


def _variable_term(name: str, factor: Fraction) -> str:
    """Return ``factor`` times a variable: ``x``, ``-3x``, ``0.2x``, ``2x/3``."""
    text, divisor = format_fraction(factor), ""
    if "/" in text:
        text, divisor = str(factor.numerator), f"/{factor.denominator}"
    text = {"1": "", "-1": "-"}.get(text, text)
    return f"{text}{name}{divisor}"
