"""Atomic fractions of a formula or of amounts: what mean scattering and densities are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping

from entrox.composition.formula import parse_formula
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError

__all__ = ["atomic_fractions"]


def atomic_fractions(composition: str | Mapping[str, float]) -> dict[str, float]:
    """Atomic fractions of a formula without variables, or of amounts by element; vacancies are no atoms.

    Parameters
    ----------
    composition
        Formula, or amounts by element (any scale).

    Returns
    -------
    dict
        Fractions by element, in the order given, without those of amount zero; they sum to one.

    Raises
    ------
    InputError
        If the formula has variables, or the amounts are no amounts.

    Examples
    --------
    >>> {name: round(x, 4) for name, x in atomic_fractions("SiO2").items()}
    {'Si': 0.3333, 'O': 0.6667}
    """
    if isinstance(composition, str):
        formula = parse_formula(composition)
        if formula.variables:
            raise InputError(f"{composition!r} has the variables {formula.variables}; give numbers.")
        amounts = {name: float(amount.constant) for name, amount in formula.amounts.items() if name != VACANCY}
    else:
        amounts = {name: float(x) for name, x in composition.items() if name != VACANCY}
    total = sum(amounts.values())
    if not math.isfinite(total) or total <= 0.0 or min(amounts.values()) < 0.0:
        raise InputError(f"amounts must be >= 0 with a positive sum; got {amounts}.")
    return {name: x / total for name, x in amounts.items() if x > 0.0}
