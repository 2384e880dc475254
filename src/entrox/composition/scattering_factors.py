"""How strongly an atom scatters: coherent neutron lengths from named tables, and x-ray form factors.

Pure functions of shipped or packaged tables. Units: lengths in fm, Q in 1/angstrom, form factors in electrons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.mapping import FrozenDict
from entrox.composition.tables import Datum, check_element, missing_value, read_table
from entrox.core.checks import check_finite
from entrox.core.errors import InputError, nearest_names

__all__ = ["LENGTH_TABLES", "lengths_of", "scattering_length", "scattering_lengths", "x_ray_form_factors"]

Floats = NDArray[np.float64]

LENGTH_TABLES = ("sears1992", "periodictable")
LARGEST_Q_PER_ANGSTROM = 75.0
"""End of the fit of the form factors: sin(theta)/lambda = 6 per angstrom."""


def scattering_length(symbol: str, table: str = "sears1992") -> Datum:
    """Bound coherent scattering length of an element of natural isotopes.

    Parameters
    ----------
    symbol
        Element.
    table
        ``"sears1992"``, with which most reduction programs of neutron data work, or ``"periodictable"``, the values
        of that package in version 2.1.0. They differ by 2 % for titanium.

    Returns
    -------
    Datum
        Length [fm], real part.

    Raises
    ------
    InputError
        If the table does not exist or lacks the element.

    Notes
    -----
    V. F. Sears, Neutron News 3 (3), 26 (1992).

    Examples
    --------
    >>> scattering_length("Ti").value, scattering_length("Ti", "periodictable").value
    (-3.438, -3.37)
    """
    known = _table(table)
    if symbol not in known:
        check_element(symbol)
        raise missing_value(f"scattering length ({table})", symbol, known, f"lengths_fm={{{symbol!r}: 5.0}}")
    return known[symbol]


def scattering_lengths(table: str = "sears1992") -> Mapping[str, float]:
    """All lengths of a table [fm] by element.

    Raises
    ------
    InputError
        If the table does not exist.
    """
    return FrozenDict({symbol: datum.value for symbol, datum in _table(table).items()})


def lengths_of(
    elements: Iterable[str], table: str = "sears1992", own: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Lengths [fm] of some elements; the user's own replace those of the table.

    Raises
    ------
    InputError
        If an element is in neither, or an own length is not finite.
    """
    given = dict(own or {})
    check_finite(list(given.values()), "lengths_fm")
    return {name: float(given[name]) if name in given else scattering_length(name, table).value for name in elements}


@cache
def _table(table: str) -> dict[str, Datum]:
    if table not in LENGTH_TABLES:
        raise InputError(f"There is no table of scattering lengths {table!r}; {nearest_names(table, LENGTH_TABLES)}.")
    return {
        row["element"]: Datum(float(row["value"]), row["unit"], row["status"], row["source"])
        for row in read_table("neutron_scattering_lengths")
        if row["table"] == table
    }


def x_ray_form_factors(
    elements: Sequence[str], q_per_angstrom: ArrayLike, charges: Mapping[str, int] | None = None
) -> Floats:
    """X-ray form factors f0(Q) without anomalous terms.

    Parameters
    ----------
    elements
        Symbols.
    q_per_angstrom
        Momentum transfer, shape ``(n,)``, from 0 to 75.
    charges
        Charge of the elements that are taken as ions [e]; neutral atoms else.

    Returns
    -------
    numpy.ndarray
        Electrons, shape ``(n_elements, n)``.

    Raises
    ------
    InputError
        If Q is out of range, or there is no form factor of the atom or ion.

    Notes
    -----
    Sums of five Gaussians, D. Waasmaier and A. Kirfel, Acta Cryst. A 51, 416 (1995), as packaged by periodictable.

    Examples
    --------
    >>> [round(float(f)) for f in x_ray_form_factors(["Ba", "O"], [0.0])[:, 0]]
    [56, 8]
    """
    from periodictable.cromermann import fxrayatq

    q = np.atleast_1d(check_finite(q_per_angstrom, "q_per_angstrom"))
    if (q < 0.0).any() or (q > LARGEST_Q_PER_ANGSTROM).any():
        raise InputError(f"form factors are tabulated from Q = 0 to {LARGEST_Q_PER_ANGSTROM:g} per angstrom.")
    factors = np.empty((len(elements), len(q)))
    for row, symbol in enumerate(elements):
        charge = None if charges is None else charges.get(symbol)
        try:
            factors[row] = fxrayatq(check_element(symbol), q, charge)
        except KeyError as error:
            ion = symbol if charge is None else f"{symbol} with charge {charge:+d}"
            raise InputError(f"There is no x-ray form factor of {ion}; leave its charge out for the atom.") from error
    return factors
