r"""Molar mass, pseudo-cubic lattice parameter and density.

Pure functions of nouns and the shipped table. Units: g/mol, angstrom, g/cm3.
"""

from __future__ import annotations

from functools import cache

from scipy import constants

from entrox.composition.distortion import mean_radius_of_site
from entrox.composition.elements import atomic_mass
from entrox.composition.radii import shannon_radius
from entrox.composition.sites import Composition, Site
from entrox.composition.tables import VACANCY, Datum, read_table
from entrox.core.errors import InputError
from entrox.core.units import METER_PER_ANGSTROM

__all__ = ["density", "molar_mass", "pseudo_cubic_lattice_parameter"]

ESTIMATE_UNCERTAINTY = 0.04
ESTIMATE = (0.06741, 0.49052, 1.29212)
CENTIMETER = constants.centi


def molar_mass(composition: Composition) -> float:
    """Mass of one formula unit [g/mol].

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> round(molar_mass(parse_formula("BaTiO3").at()), 2)
    233.19
    """
    return sum(float(n) * atomic_mass(s).value for s, n in composition.amounts.items() if s != VACANCY)


def pseudo_cubic_lattice_parameter(composition: Composition) -> Datum:
    r"""Edge of the pseudo-cubic cell of a perovskite, by Vegard's rule over all pairs of an A and a B cation.

    .. math:: a = \sum_{ij} c^A_i c^B_j \, a_{ij}

    Parameters
    ----------
    composition
        A perovskite.

    Returns
    -------
    Datum
        Lattice parameter [angstrom]. Pairs that the table of end members does not have (many of them exist in no
        pure compound) are estimated from Shannon radii; the status is then ``E``, the uncertainty is 0.04 angstrom
        times their weight, and a warning names them. Otherwise the worst status of the pairs.

    Raises
    ------
    InputError
        If the composition is no perovskite, or a radius for the estimate is unknown.

    Notes
    -----
    Estimate: :math:`a = 0.06741 + 0.49052 (r_A + r_X) + 1.29212 (r_B + r_X)`, all radii in coordination 6, the form of
    R. Ubic, J. Am. Ceram. Soc. 90, 3326 (2007), coefficients recalled; it meets the shipped end members within 0.04
    angstrom root mean square. Vacancies are left out.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> pseudo_cubic_lattice_parameter(parse_formula("Ba0.5Sr0.5TiO3").at()).value
    3.9565
    """
    if composition.prototype != "perovskite":
        raise InputError(
            f"Lattice parameters are known for perovskites only; {composition.formula} was read as "
            f"{composition.prototype}. Pass prototype='perovskite' (--prototype perovskite) if it is one."
        )
    large, small = composition.cation_sites
    value, estimated, statuses, missing = 0.0, 0.0, [], []
    anion = mean_radius_of_site(composition.anion_site)
    for a, a_share in _shares(large):
        for b, b_share in _shares(small):
            known = _end_members().get((a, b)) if composition.anion_site.fractions.keys() <= {"O", VACANCY} else None
            weight = a_share * b_share
            if known is None:
                missing.append(f"{a}-{b}")
                estimated += weight
                value += weight * _estimate(a, large.charges[a], b, small.charges[b], anion)
            else:
                statuses.append(known.status)
                value += weight * known.value
    source = "Vegard's rule over end members" + (" and estimates from Shannon radii" if missing else "")
    warnings: tuple[str, ...] = ()
    if missing:
        warnings = (
            f"lattice parameter: {estimated:.0%} of the A-B pairs estimated from radii "
            f"(+-{ESTIMATE_UNCERTAINTY:g} angstrom each): {', '.join(missing)}",
        )
    return Datum(
        value=value,
        unit="angstrom",
        status="E" if missing else max(statuses),
        source=source,
        uncertainty=ESTIMATE_UNCERTAINTY * estimated if missing else None,
        warnings=warnings,
    )


def density(composition: Composition) -> float:
    """Density of the perfect crystal from molar mass and pseudo-cubic cell, one formula unit each [g/cm3].

    Raises
    ------
    InputError
        If the composition is no perovskite.
    """
    edge = pseudo_cubic_lattice_parameter(composition).value * METER_PER_ANGSTROM / CENTIMETER
    return molar_mass(composition) / (constants.N_A * edge**3)


@cache
def _end_members() -> dict[tuple[str, str], Datum]:
    return {
        (row["a_element"], row["b_element"]): Datum(float(row["value"]), row["unit"], row["status"], row["source"])
        for row in read_table("perovskite_lattice_parameters")
    }


def _shares(site: Site) -> list[tuple[str, float]]:
    occupied = 1 - site.fractions.get(VACANCY, 0)
    return [(symbol, float(c / occupied)) for symbol, c in site.fractions.items() if symbol != VACANCY]


@cache
def _estimate(a: str, a_charge: int, b: str, b_charge: int, anion_radius: float) -> float:
    """Return the estimated edge for one pair [angstrom]."""
    constant, large, small = ESTIMATE
    r_a, r_b = shannon_radius(a, a_charge, 6).value, shannon_radius(b, b_charge, 6).value
    return constant + large * (r_a + anion_radius) + small * (r_b + anion_radius)
