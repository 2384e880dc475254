"""Isotopologue patterns: at which mass-to-charge ratios an ion appears, and how much of it at each.

Masses and natural abundances are those of ``periodictable`` (masses AME 2020, abundances IUPAC); the patterns of a
molecule are those of its atoms convolved. Units: Da; abundances as fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.atomprobe.ion_names import ion_formula, parse_ion_formula
from entrox.composition.mapping import FrozenDict
from entrox.core import InputError, check_integer

__all__ = ["IonSpecies", "charge_label", "infer_charge", "isotopologues", "parse_ion_species", "window_fractions"]

Floats = NDArray[np.float64]

ELECTRON_MASS_DA: float = constants.physical_constants["electron mass in u"][0]
LARGEST_CHARGE = 5
"""No ion of a higher charge state is looked for."""
_RARE = 1e-9
"""Isotopologues below this share are left out; with 1e8 ions less than one tenth of a count."""
_SAME_MASS_DA = 1e-5


@dataclass(frozen=True)
class IonSpecies:
    """An ion of known atoms and charge.

    Parameters
    ----------
    ion
        Formula, for example ``"O2"``.
    composition
        Atoms of each element.
    charge
        Charge state, >= 1.
    """

    ion: str
    composition: FrozenDict[str, int]
    charge: int

    @property
    def label(self) -> str:
        """The ion with its charge as plus signs, for example ``O2++``."""
        return charge_label(self.ion, self.charge)


def charge_label(ion: str, charge: int) -> str:
    """Return the name of an ion with its charge as plus signs; ``"Al2+"`` would read as two atoms or two charges."""
    return ion + "+" * charge


def parse_ion_species(text: str) -> IonSpecies:
    """Return the ion that a text such as ``"O2++"`` or ``"AlO+"`` names.

    Raises
    ------
    InputError
        If the formula is none, or no plus sign ends it.

    Examples
    --------
    >>> parse_ion_species("O2++").charge
    2
    """
    formula = text.rstrip("+")
    charge = len(text) - len(formula)
    composition = parse_ion_formula(formula)
    if composition is None or charge == 0:
        raise InputError(f"an ion is a formula and its charge as plus signs, such as 'O2++' or 'AlO+'; got {text!r}.")
    return IonSpecies(ion_formula(composition), composition, charge)


@cache
def _natural_isotopes(symbol: str) -> tuple[tuple[float, float], ...]:
    """Mass [Da] and abundance of the natural isotopes of an element; empty where none is tabulated."""
    from periodictable import elements

    try:
        element = elements.symbol(symbol)
    except ValueError as error:
        raise InputError(f"{symbol!r} is not an element symbol.") from error
    return tuple(
        (float(element[number].mass), float(element[number].abundance) / 100.0)
        for number in element.isotopes
        if element[number].abundance > 0.0
    )


def _isotopes(symbol: str) -> tuple[tuple[float, float], ...]:
    """Mass [Da] and abundance of the natural isotopes of an element, of which there must be one."""
    found = _natural_isotopes(symbol)
    if not found:
        raise InputError(f"{symbol} has no natural isotope with an abundance; its pattern is not defined.")
    return found


@cache
def _neutral_pattern(composition: FrozenDict[str, int]) -> tuple[Floats, Floats]:
    masses: Floats = np.zeros(1)
    shares: Floats = np.ones(1)
    for symbol, count in sorted(composition.items()):
        isotope_mass, isotope_share = np.array(_isotopes(symbol)).T
        for _ in range(count):
            masses = np.add.outer(masses, isotope_mass).ravel()
            shares = np.multiply.outer(shares, isotope_share).ravel()
            # The same isotopes in another order are one isotopologue: equal to rounding, so grouped by a small step.
            key = np.round(masses / _SAME_MASS_DA)
            _, first, group = np.unique(key, return_index=True, return_inverse=True)
            masses, shares = masses[first], np.bincount(group, weights=shares).astype(np.float64)
            kept = shares > _RARE
            masses, shares = masses[kept], shares[kept]
    shares = shares / shares.sum()
    masses.setflags(write=False)
    shares.setflags(write=False)
    return masses, shares


def isotopologues(composition: Mapping[str, int], charge: int = 1) -> tuple[Floats, Floats]:
    """Mass-to-charge ratios and shares of the isotopologues of an ion.

    Parameters
    ----------
    composition
        Atoms of each element.
    charge
        Charge state.

    Returns
    -------
    tuple
        Ascending mass-to-charge ratios [Da] with the electrons' mass taken off, and shares that sum to one.

    Raises
    ------
    InputError
        If an element is unknown or has no natural isotope, or the charge is below one.

    Examples
    --------
    >>> mass, share = isotopologues({"O": 2}, charge=2)
    >>> [(round(float(m), 3), round(float(s), 4)) for m, s in zip(mass, share) if s > 1e-3]
    [(15.994, 0.9951), (16.996, 0.0041)]
    """
    check_integer(charge, "charge", low=1)
    ion_formula(composition)
    masses, shares = _neutral_pattern(FrozenDict(dict(composition)))
    return masses / charge - ELECTRON_MASS_DA, shares


def window_fractions(composition: Mapping[str, int], charge: int, lower_da: ArrayLike, upper_da: ArrayLike) -> Floats:
    """Share of an ion that falls into each mass window, half-open, shape ``(n_windows,)``; peaks are sharp lines."""
    ratio, share = isotopologues(composition, charge)
    cumulated = np.concatenate([[0.0], np.cumsum(share)])
    below_lower = cumulated[np.searchsorted(ratio, np.asarray(lower_da, dtype=float), side="left")]
    below_upper = cumulated[np.searchsorted(ratio, np.asarray(upper_da, dtype=float), side="left")]
    return np.asarray(below_upper - below_lower)


def infer_charge(composition: Mapping[str, int], lower_da: float, upper_da: float) -> int | None:
    """Charge state that puts most of an ion's isotopologues into a window.

    Returns
    -------
    int or None
        Charge from 1 to 5; None if no isotopologue of any charge lies in the window, or an element has no tabulated
        natural isotope.

    Examples
    --------
    >>> infer_charge({"Al": 1}, 13.3, 14.28)
    2
    """
    if not all(_natural_isotopes(symbol) for symbol in composition):
        return None
    shares = [
        float(window_fractions(composition, charge, lower_da, upper_da)) for charge in range(1, LARGEST_CHARGE + 1)
    ]
    best = int(np.argmax(shares))
    return best + 1 if shares[best] > 0.0 else None
