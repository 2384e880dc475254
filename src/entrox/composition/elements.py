"""Element data with source, unit and status: ionization energy, electronegativity, M-O bond energy, radii, mass.

Tables ship as CSV files in ``data/``; a missing value raises. Units: eV, angstrom, u, electronegativity on Pauling's
scale. Status letters: A read in a named public source; B recalled and confirmed by an independent value; C recalled.
"""

from __future__ import annotations

from functools import cache

from entrox.composition.radii import shannon_radius
from entrox.composition.tables import VACANCY, Datum, check_element, known_elements, missing_value, read_table
from entrox.core.units import EV_PER_KJ_PER_MOL

__all__ = [
    "VACANCY",
    "Datum",
    "atomic_mass",
    "bond_energy_with_oxygen",
    "electronegativity",
    "first_ionization_energy",
    "known_elements",
    "shannon_radius",
]


@cache
def first_ionization_energy(symbol: str) -> Datum:
    """First ionization energy of the free atom.

    Parameters
    ----------
    symbol
        Element symbol.

    Returns
    -------
    Datum
        Energy [eV].

    Raises
    ------
    InputError
        If the symbol is no element or the table has no value for it.

    Examples
    --------
    >>> first_ionization_energy("Ba").value
    5.21166
    """
    return _scalar("first_ionization_energies", symbol, "first ionization energy", "ionization_energy_ev=5.2")


@cache
def electronegativity(symbol: str) -> Datum:
    """Return the electronegativity on Pauling's scale, dimensionless; raise :class:`InputError` where none is known."""
    return _scalar(
        "pauling_electronegativities", symbol, "electronegativity", f"electronegativities={{{symbol!r}: 1.2}}"
    )


@cache
def atomic_mass(symbol: str) -> Datum:
    """Return the standard atomic weight [u]; the mass number of a long-lived isotope where none is stable."""
    return _scalar("atomic_masses", symbol, "atomic mass", "another element")


@cache
def bond_energy_with_oxygen(symbol: str) -> Datum:
    """Dissociation energy of the diatomic gas molecule M-O at 298 K; it is not a lattice bond energy.

    Parameters
    ----------
    symbol
        Element symbol of the metal.

    Returns
    -------
    Datum
        Energy per molecule [eV], converted exactly from the tabulated kJ/mol. The uncertainty is the tabulated one or,
        where a second source differs by more, that difference. The warnings name upper limits and unverified values.

    Raises
    ------
    InputError
        If the symbol is no element or the table has no value for it.

    Notes
    -----
    CRC Handbook, after Luo (2007); second source NASA CEA, computed from enthalpies of formation.

    Examples
    --------
    >>> round(bond_energy_with_oxygen("Ba").value, 3)
    5.825
    """
    row = _row("bond_energies_with_oxygen", symbol, "M-O bond energy", "bond_energy_ev=5.8 (--bond-energy-ev 5.8)")
    value = float(row["value"])
    uncertainties = [float(row["uncertainty"])] if row["uncertainty"] else []
    warnings = []
    if row["qualifier"]:
        warnings.append(f"{symbol}-O bond energy is an {row['qualifier']}")
    if row["second_value"]:
        difference = abs(value - float(row["second_value"]))
        uncertainties.append(difference)
    if row["status"] == "C":
        warnings.append(f"{symbol}-O bond energy has status C: {row['reason']}")
    return Datum(
        value=value * EV_PER_KJ_PER_MOL,
        unit="eV",
        status=row["status"],
        source=row["source"],
        uncertainty=max(uncertainties) * EV_PER_KJ_PER_MOL if uncertainties else None,
        warnings=tuple(warnings),
    )


@cache
def _rows_by_element(table: str) -> dict[str, dict[str, str]]:
    return {row["element"]: row for row in read_table(table)}


def _row(table: str, symbol: str, what: str, argument: str) -> dict[str, str]:
    """Return the row of an element, or raise with what is known."""
    rows = _rows_by_element(table)
    if symbol not in rows:
        raise missing_value(what, check_element(symbol), rows, argument)
    return rows[symbol]


def _scalar(table: str, symbol: str, what: str, argument: str) -> Datum:
    row = _row(table, symbol, what, argument)
    uncertainty = float(row["uncertainty"]) if row["uncertainty"] else None
    return Datum(float(row["value"]), row["unit"], row["status"], row["source"], uncertainty)
