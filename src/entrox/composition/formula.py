"""Formulas with shared sites, and with variables: ``Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3``.

Amounts are exact and per formula unit as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

from entrox.composition.amounts import LinearAmount, exact_fraction, format_fraction
from entrox.composition.grammar import VARIABLES, parse_amounts
from entrox.composition.ionic_charges import is_anion
from entrox.composition.mapping import FrozenDict
from entrox.composition.prototypes import PROTOTYPES
from entrox.composition.sites import Composition, build_composition
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError

__all__ = ["Formula", "parse_formula"]


def parse_formula(text: str) -> Formula:
    """Read a formula.

    Parameters
    ----------
    text
        Elements with amounts: decimals, fractions such as ``1/6``, linear expressions in ``x`` and ``y`` such as
        ``(1-3x)``, ``0.2x`` or ``x/2``; groups in brackets; ``Va`` for a vacancy.

    Returns
    -------
    Formula
        Exact amounts as linear functions of the variables.

    Raises
    ------
    FormatError
        If the text breaks the grammar, with the position under a caret.
    InputError
        If a symbol is no element, with the nearest symbols.

    Examples
    --------
    >>> formula = parse_formula("Ba(1-2x)SrxCaxTiO3")
    >>> formula.at(x=0.1).formula
    'Ba0.8Sr0.1Ca0.1TiO3'
    """
    return Formula(text, FrozenDict(parse_amounts(text)))


@dataclass(frozen=True)
class Formula:
    """Amounts of species as linear functions of the variables of the formula.

    Parameters
    ----------
    text
        As written by the user; it does not count in comparisons.
    amounts
        Amount of every species per formula unit as written.
    """

    text: str = field(compare=False)
    amounts: FrozenDict[str, LinearAmount]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that appear, ``("x",)`` or ``()`` in most formulas."""
        used = {name for amount in self.amounts.values() for name in amount.coefficients}
        return tuple(name for name in VARIABLES if name in used)

    def __str__(self) -> str:
        return "".join(symbol + _written(amount) for symbol, amount in self.amounts.items())

    def valid_range(
        self,
        variable: str = "x",
        *,
        prototype: str | None = None,
        site_of: Mapping[str, str] | None = None,
        charges: Mapping[str, int] | None = None,
        **fixed: float | Fraction | str,
    ) -> tuple[Fraction, Fraction] | None:
        """Range of a variable in which every amount is >= 0 and every site can be full.

        Parameters
        ----------
        variable
            Name of the variable.
        prototype, site_of, charges
            As for :meth:`at`.
        fixed
            Values of the other variable; where it is not given, any value that leaves a solution counts.

        Returns
        -------
        tuple of Fraction or None
            Smallest and largest value, both allowed; None without such a variable or if no value is allowed.

        Examples
        --------
        >>> parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3").valid_range()
        (Fraction(0, 1), Fraction(1, 3))
        """
        values = {name: exact_fraction(value, name) for name, value in fixed.items()}
        build = partial(build_composition, prototype=prototype, site_of=site_of, charges=charges)
        return self._valid_range(variable, values, build)

    def _valid_range(
        self, variable: str, values: Mapping[str, Fraction], build: Callable[[Mapping[str, Fraction]], Composition]
    ) -> tuple[Fraction, Fraction] | None:
        if variable not in self.variables:
            return None
        interval = _project(_constraints(self.amounts, values), variable)
        if interval is None or interval[0] == interval[1] or len(self.variables) - len(values) > 1:
            return interval
        return self._with_full_sites(interval, variable, values, build)

    def _with_full_sites(
        self,
        interval: tuple[Fraction, Fraction],
        variable: str,
        values: Mapping[str, Fraction],
        build: Callable[[Mapping[str, Fraction]], Composition],
    ) -> tuple[Fraction, Fraction] | None:
        """Return the interval, or the one value in it at which the sites are full, or None."""
        middle = (interval[0] + interval[1]) / 2
        single = [value for value in self._stoichiometric(variable, values) if interval[0] <= value <= interval[1]]
        for value, answer in ((middle, interval), *((value, (value, value)) for value in single)):
            present = {symbol: amount.at({**values, variable: value}) for symbol, amount in self.amounts.items()}
            try:
                build(present)
            except InputError:
                continue
            return answer
        return None

    def _stoichiometric(self, variable: str, values: Mapping[str, Fraction]) -> list[Fraction]:
        """Return the values of a variable at which the ratio of cations to anions is that of a prototype."""
        found = []
        for prototype in PROTOTYPES.values():
            excess = LinearAmount(Fraction(0))
            for symbol, amount in self.amounts.items():
                if symbol != VACANCY:
                    factor = -prototype.cation_count if is_anion(symbol) else prototype.anion.multiplicity
                    excess = excess + amount.scaled(Fraction(factor))
            slope = excess.coefficients.get(variable, Fraction(0))
            if slope != 0:
                found.append(-excess.at({**values, variable: Fraction(0)}) / slope)
        return found

    def at(
        self,
        x: float | Fraction | str | None = None,
        *,
        y: float | Fraction | str | None = None,
        prototype: str | None = None,
        site_of: Mapping[str, str] | None = None,
        charges: Mapping[str, int] | None = None,
    ) -> Composition:
        """Composition for numbers in place of the variables.

        Parameters
        ----------
        x, y
            Values of the variables; required where the formula has them, refused where it has not.
        prototype
            Name of the structure type; guessed if None.
        site_of
            Site label by species, to place it by hand.
        charges
            Ionic charge by species [e], to replace the one chosen.

        Raises
        ------
        InputError
            If an amount becomes negative (the message names the valid range), a variable is missing, or a site is not
            full.
        """
        values = self._values({"x": x, "y": y})
        amounts = {symbol: amount.at(values) for symbol, amount in self.amounts.items()}
        negative = {symbol: amount for symbol, amount in amounts.items() if amount < 0}
        if negative:
            raise InputError(self._negative_message(values, negative))
        try:
            return build_composition(
                amounts,
                x=float(values["x"]) if "x" in values else None,
                y=float(values["y"]) if "y" in values else None,
                prototype=prototype,
                site_of=site_of,
                charges=charges,
            )
        except InputError as error:
            raise InputError(f"{self.text}{self._place(values)}: {error}") from error

    def _values(self, given: Mapping[str, float | Fraction | str | None]) -> dict[str, Fraction]:
        """Return the exact values of the variables, or say which is missing or not in the formula."""
        values = {}
        exact = {name: exact_fraction(value, name) for name, value in given.items() if value is not None}
        for name, value in given.items():
            if value is None and name in self.variables:
                interval = self.valid_range(name)
                allowed = f", {_range_text(interval)}" if interval else ""
                raise InputError(
                    f"{self.text} needs a value of {name}{allowed}; for example {name}=0.1 (--{name} 0.1)."
                )
            if value is not None and name not in self.variables:
                raise InputError(
                    f"{self.text} has no variable {name}, but {name}={value} was given; leave {name} (--{name}) out."
                )
            if value is not None:
                values[name] = exact[name]
        return values

    def _place(self, values: Mapping[str, Fraction]) -> str:
        shown = ", ".join(f"{name} = {format_fraction(value)}" for name, value in values.items())
        return f" at {shown}" if shown else ""

    def _negative_message(self, values: Mapping[str, Fraction], negative: Mapping[str, Fraction]) -> str:
        listed = ", ".join(f"{symbol} {float(amount):g}" for symbol, amount in negative.items())
        lines = [f"{self.text}{self._place(values)} has negative amounts: {listed}."]
        for name in values:
            others = {other: value for other, value in values.items() if other != name}
            interval = self._valid_range(name, others, build_composition)
            if interval is not None:
                lines.append(f"Valid range: {_range_text(interval, name)}.")
        return " ".join(lines)


def _written(amount: LinearAmount) -> str:
    """Return an amount as it stands behind its element: nothing for one, brackets where needed."""
    text = str(amount)
    if amount.is_constant:
        return "" if amount.constant == 1 else text if text.replace(".", "").isdigit() else f"({text})"
    simple = amount.constant == 0 and len(amount.coefficients) == 1 and not text.startswith("-")
    return text if simple and "/" not in text else f"({text})"


def _range_text(interval: tuple[Fraction, Fraction], name: str = "it") -> str:
    low, high = (format_fraction(value) for value in interval)
    decimals = f" ({float(interval[0]):g} to {float(interval[1]):g})" if "/" in low + high else ""
    return f"{low} <= {name} <= {high}{decimals}" if name != "it" else f"valid from {low} to {high}{decimals}"


Constraint = tuple[dict[str, Fraction], Fraction]
"""Factors of the variables and a constant: their sum must not be negative."""


def _constraints(amounts: Mapping[str, LinearAmount], values: Mapping[str, Fraction]) -> list[Constraint]:
    """Return what the variables must satisfy: amounts >= 0, and no species above twice the anions (as in Li2O)."""
    limits: list[LinearAmount] = list(amounts.values())
    anions = [amount for symbol, amount in amounts.items() if is_anion(symbol)]
    if anions:
        total = LinearAmount(Fraction(0))
        for amount in anions:
            total = total + amount.scaled(Fraction(2))
        limits += [total + a.scaled(Fraction(-1)) for s, a in amounts.items() if not is_anion(s)]
    constraints = []
    for limit in limits:
        constant = limit.constant + sum(
            (limit.coefficients.get(n, Fraction(0)) * v for n, v in values.items()), Fraction(0)
        )
        constraints.append(({n: f for n, f in limit.coefficients.items() if n not in values}, constant))
    return constraints


def _project(constraints: Sequence[Constraint], variable: str) -> tuple[Fraction, Fraction] | None:
    """Return the interval of one variable that linear constraints allow (Fourier-Motzkin elimination)."""
    rows = list(constraints)
    for other in sorted({name for factors, _ in rows for name in factors} - {variable}):
        rows = _eliminate(rows, other)
    low: Fraction | None = None
    high: Fraction | None = None
    for factors, constant in rows:
        factor = factors.get(variable, Fraction(0))
        if factor == 0:
            if constant < 0:
                return None
            continue
        bound = -constant / factor
        if factor > 0:
            low = bound if low is None else max(low, bound)
        else:
            high = bound if high is None else min(high, bound)
    return None if low is None or high is None or low > high else (low, high)


def _eliminate(rows: Sequence[Constraint], name: str) -> list[Constraint]:
    """Return the constraints without one variable: each lower bound joined with each upper bound."""
    kept = [row for row in rows if not row[0].get(name)]
    positive = [row for row in rows if row[0].get(name, 0) > 0]
    negative = [row for row in rows if row[0].get(name, 0) < 0]
    for factors, constant in positive:
        for others, other_constant in negative:
            up, down = factors[name], -others[name]
            names = ({*factors, *others}) - {name}
            zero = Fraction(0)
            joined = {n: factors.get(n, zero) / up + others.get(n, zero) / down for n in names}
            kept.append((joined, constant / up + other_constant / down))
    return kept
