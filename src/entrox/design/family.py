"""A family: a formula in x, its host oxide, and the x values at which it is studied.

The x values are exact fractions, so that the same composition reached in two families is one composition.
Units: x dimensionless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_integer
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Family", "exact_fraction", "x_grid"]

LARGEST_DENOMINATOR = 1_000_000
CHOICES = ("charges", "site_of", "prototype")
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
    charges, site_of, prototype
        Ionic charge [e] and label of the site by species, and the structure type, where they shall not be chosen from
        the formula; as for :meth:`~entrox.composition.Formula.at`.

    Raises
    ------
    FormatError
        If a formula cannot be read.
    InputError
        If the formula has no x, or an x value makes an amount negative or overfills a site; the message names the
        x range that is valid. If a charge, a site or the structure type cannot be that of the formula.
    """

    name: str
    formula: str
    host: str
    x_values: tuple[Fraction, ...]
    charges: Mapping[str, int] | None = None
    site_of: Mapping[str, str] | None = None
    prototype: str | None = None

    def __post_init__(self) -> None:
        from entrox.composition import parse_formula

        if not self.x_values:
            raise InputError(f"family {self.name!r} has no x values; give at least one.")
        self._freeze_choices()
        exact = tuple(exact_fraction(value, "x") for value in self.x_values)
        object.__setattr__(self, "x_values", exact)
        formula = parse_formula(self.formula)
        if not formula.variables:
            raise InputError(
                f"family {self.name!r}: the formula {self.formula} has no x. Write amounts such as Ba(1-x)."
            )
        host = parse_formula(self.host)
        host.at(
            charges={name: charge for name, charge in (self.charges or {}).items() if name in host.amounts},
            site_of={name: label for name, label in (self.site_of or {}).items() if name in host.amounts},
            prototype=self.prototype,
        )
        valid = formula.valid_range(charges=self.charges, site_of=self.site_of, prototype=self.prototype)
        if self.choices and valid is None:
            formula.at(exact[0], **self.choices)  # says what is wrong
        self._check_range(valid, exact)

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

    def _freeze_choices(self) -> None:
        """Keep the choices so that they neither change nor count when they are empty."""
        from entrox.composition.mapping import FrozenDict

        for name in ("charges", "site_of"):
            chosen = getattr(self, name)
            object.__setattr__(self, name, FrozenDict(chosen) if chosen else None)

    @property
    def choices(self) -> dict[str, Any]:
        """What the user chose of charges, sites and structure type, by name; empty where nothing was chosen."""
        return {name: getattr(self, name) for name in CHOICES if getattr(self, name) is not None}

    @property
    def x(self) -> NDArray[np.float64]:
        """The x values as floats, shape ``(n_points,)``, dimensionless."""
        return np.array([float(value) for value in self.x_values])

    def compositions(self) -> Iterator[Composition]:
        """Yield the composition at each x value, in their order."""
        from entrox.composition import parse_formula

        formula = parse_formula(self.formula)
        for value in self.x_values:
            yield formula.at(value, **self.choices)
