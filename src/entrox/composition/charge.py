"""Charge balance in exact rational arithmetic.

Pure functions; charges in e per formula unit.
"""

from __future__ import annotations

from fractions import Fraction

from entrox.composition.amounts import format_fraction
from entrox.composition.ionic_charges import usual_charges
from entrox.composition.sites import Composition
from entrox.composition.tables import VACANCY

__all__ = ["balancing_vacancies", "charge_imbalance", "charge_warnings"]

OXYGEN_CHARGE = 2


def charge_imbalance(composition: Composition) -> Fraction:
    """Sum of the ionic charges per formula unit, exact.

    Parameters
    ----------
    composition
        Species on sites with their charges.

    Returns
    -------
    Fraction
        Charge [e per formula unit]; positive where cations are in excess, zero if balanced.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> charge_imbalance(parse_formula("Ba0.97La0.03TiO3").at())
    Fraction(3, 100)
    """
    return sum((site.multiplicity * site.mean_charge for site in composition.sites.values()), Fraction(0))


def balancing_vacancies(composition: Composition) -> Fraction:
    """Oxygen vacancies per formula unit that would balance the charge, exact.

    Returns
    -------
    Fraction
        Half the missing positive charge. Negative where positive charge is in excess: no oxygen vacancy can balance
        that; it takes cation vacancies, electrons, or as much extra oxygen.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> balancing_vacancies(parse_formula("BaTi0.9Sc0.1O3").at())
    Fraction(1, 20)
    """
    return -charge_imbalance(composition) / OXYGEN_CHARGE


def charge_warnings(composition: Composition) -> tuple[str, ...]:
    """Imbalance in words and what would balance it; empty if the composition is balanced."""
    imbalance = charge_imbalance(composition)
    if imbalance == 0:
        return ()
    size = _shown(abs(imbalance))
    if imbalance < 0:
        remedy = (
            f"{_shown(-imbalance / OXYGEN_CHARGE)} oxygen vacancies per formula unit would balance it, or {size} of a "
            "donor with one charge more than the cation it replaces"
        )
        remedy += _mixed_valence(composition, imbalance)
    else:
        remedy = f"{size} electrons per formula unit would balance it, or cation vacancies, " + _vacancies(
            composition, imbalance
        )
        if VACANCY in composition.anion_site.fractions:
            remedy += f", or {_shown(imbalance / OXYGEN_CHARGE)} oxygen vacancies fewer"
        remedy += f", or {size} of an acceptor with one charge less than the cation it replaces"
        remedy += _mixed_valence(composition, imbalance)
    return (f"not charge balanced: {_shown(imbalance, sign=True)} e per formula unit; {remedy}",)


def _vacancies(composition: Composition, imbalance: Fraction) -> str:
    """Return the cation vacancies by site that would take up a positive excess."""
    parts = []
    for site in composition.cation_sites:
        if site.mean_charge > 0:
            parts.append(f"{_shown(imbalance / site.mean_charge)} on {site.label}")
    return " or ".join(parts)


def _mixed_valence(composition: Composition, imbalance: Fraction) -> str:
    """Return the part of each cation that balances by taking another of its usual charges, if there is enough of it."""
    charges = {symbol: charge for site in composition.cation_sites for symbol, charge in site.charges.items()}
    parts = []
    for symbol, charge in charges.items():
        known = usual_charges(symbol)
        for other in sorted(known, key=lambda value: abs(value - charge)):
            part = imbalance / (charge - other) if other != charge else Fraction(0)
            if 0 < part <= composition.amounts[symbol]:
                parts.append(f"{_shown(part)} of {symbol} as {symbol}{other}+")
                break
    return f", or mixed valence ({' or '.join(parts)})" if parts else ""


def _shown(value: Fraction, *, sign: bool = False) -> str:
    text = format_fraction(value)
    text = text if "/" not in text and len(text) <= 9 else f"{float(value):.4g}"
    return f"+{text}" if sign and value > 0 else text
