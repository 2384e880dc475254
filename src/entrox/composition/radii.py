"""Shannon's effective ionic radii by charge and coordination, with what is uncertain about each.

Pure functions of the shipped table. Unit: angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from entrox.composition.tables import VACANCY, Datum, check_element, missing_value, read_table
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from entrox.composition.sites import Site

__all__ = ["common_coordination", "comparable_radii_of_site", "radii_of_site", "radius_warnings", "shannon_radius"]

ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8}
ROMAN |= {"IX": 9, "X": 10, "XI": 11, "XII": 12, "XIV": 14}
DOUBTFUL_ORIGINS = ("calculated", "estimated", "Ahrens", "Pauling")


@cache
def shannon_radius(symbol: str, charge: int, coordination: int, spin: str = "HS") -> Datum:
    """Effective ionic radius of Shannon (1976).

    Parameters
    ----------
    symbol
        Element symbol.
    charge
        Ionic charge [e].
    coordination
        Number of neighbours. Where the table has none for it, the nearest coordination is taken (the lower of two
        equally near ones) and the warnings say so; nothing is extrapolated.
    spin
        ``"HS"`` or ``"LS"``, used where the table gives both.

    Returns
    -------
    Datum
        Radius [angstrom], status A. The warnings tell whether Shannon lists it as calculated or estimated, whether it
        belongs to another coordination, and which spin state was taken.

    Raises
    ------
    InputError
        If the table has no radius for this element and charge.

    Notes
    -----
    R. D. Shannon, Acta Cryst. A 32, 751 (1976).

    Examples
    --------
    >>> shannon_radius("Ti", 4, 6).value
    0.605
    """
    if spin not in ("HS", "LS"):
        raise InputError(f"spin must be 'HS' or 'LS'; got {spin!r}.")
    by_coordination = _radii_by_coordination(symbol, charge)
    nearest = min(by_coordination, key=lambda number: (abs(number - coordination), number))
    rows = by_coordination[nearest]
    row = next((row for row in rows if row["spin"] == spin), rows[0])
    ion, warnings = f"{symbol}{abs(charge)}{'+' if charge > 0 else '-'}", []
    value = float(row["ionic_radius"])
    doubts = [row["origin"].split(",")[0]] if row["origin"].startswith(DOUBTFUL_ORIGINS) else []
    if nearest != coordination:
        warnings.append(
            f"radius of {ion}: no value for coordination {coordination}, taken from coordination {nearest} "
            f"({value:g} angstrom)"
        )
    if doubts:
        warnings.append(f"radius of {ion} in coordination {nearest} ({value:g} angstrom) is listed as {doubts[0]}")
    if len(rows) > 1:
        warnings.append(f"radius of {ion} ({value:g} angstrom): {_SPIN_NAMES[row['spin']]} assumed")
    return Datum(value, "angstrom", row["status"], row["source"], None, tuple(warnings))


_SPIN_NAMES = {"HS": "high spin", "LS": "low spin", "": "no spin state"}


@cache
def _rows_by_ion() -> dict[tuple[str, int], list[dict[str, str]]]:
    rows: dict[tuple[str, int], list[dict[str, str]]] = {}
    for row in read_table("shannon_radii"):
        rows.setdefault((row["element"], int(row["charge"])), []).append(row)
    return rows


@cache
def _radii_by_coordination(symbol: str, charge: int) -> dict[int, list[dict[str, str]]]:
    """Return the rows of an ion by coordination; square and pyramidal ones only where there is nothing else."""
    rows = _rows_by_ion().get((symbol, charge), [])
    if not rows:
        check_element(symbol)
        charges = sorted({ion[1] for ion in _rows_by_ion() if ion[0] == symbol})
        if charges:
            raise InputError(
                f"There is no Shannon radius for {symbol} with charge {charge:+d}; tabulated charges: "
                f"{', '.join(f'{known:+d}' for known in charges)}. {_remedy(symbol, charge, charges)}"
            )
        raise missing_value("Shannon radius", symbol, {ion[0] for ion in _rows_by_ion()}, f"radii={{{symbol!r}: 0.7}}")
    plain = [row for row in rows if row["coordination"] in ROMAN]
    found: dict[int, list[dict[str, str]]] = {}
    for row in plain or rows:
        found.setdefault(ROMAN[row["coordination"].removesuffix("SQ").removesuffix("PY")], []).append(row)
    return found


def _remedy(symbol: str, charge: int, known: Iterable[int]) -> str:
    """Say what to pass for an ion without radius: a tabulated charge of the same sign, if there is one, or a radius."""
    own = f"radii={{{symbol!r}: {0.7 if charge > 0 else 2.0}}} (in Python)"
    near = min((c for c in known if c * charge > 0), key=lambda c: (abs(c - charge), c), default=None)
    if near is None:
        return f"None of them is of the same sign: pass your own radius [angstrom], for example {own}."
    return (
        f"Pass charges={{{symbol!r}: {near}}} (--charge {symbol}={near:+d}) or your own radius [angstrom], "
        f"for example {own}."
    )


def radii_of_site(
    species: Iterable[str], charges: Mapping[str, int], coordination: int, radii: Mapping[str, float] | None = None
) -> dict[str, Datum]:
    """Radii of the species of one site, vacancies left out.

    Parameters
    ----------
    species
        Symbols on the site.
    charges
        Ionic charge of each [e].
    coordination
        Coordination of the site.
    radii
        The user's own radii [angstrom] by symbol; they replace the table.
    """
    own = radii or {}
    found = {}
    for symbol in species:
        if symbol == VACANCY:
            continue
        if symbol in own:
            if not own[symbol] > 0:
                raise InputError(f"radii[{symbol!r}] must be > 0 angstrom; got {own[symbol]!r}.")
            found[symbol] = Datum(float(own[symbol]), "angstrom", "U", "given by the user")
        else:
            found[symbol] = shannon_radius(symbol, charges[symbol], coordination)
    return found


def common_coordination(ions: Iterable[tuple[str, int]], coordination: int) -> int | None:
    """Coordination in which all ions have a radius: the highest up to ``coordination``, else the nearest above.

    Parameters
    ----------
    ions
        Symbol and charge [e] of each ion.
    coordination
        Coordination of the site.

    Returns
    -------
    int or None
        None if the table has no coordination in common for them.

    Examples
    --------
    Praseodymium has radii for 6, 8 and 9 neighbors only:

    >>> common_coordination([("La", 3), ("Pr", 3)], 12)
    9
    """
    shared = set.intersection(*(set(_radii_by_coordination(symbol, charge)) for symbol, charge in ions))
    below = [number for number in shared if number <= coordination]
    return max(below) if below else min(shared, default=None)


def comparable_radii_of_site(
    site: Site, radii: Mapping[str, float] | None = None
) -> tuple[dict[str, Datum], tuple[str, ...]]:
    """Radii of the species of one site in one and the same coordination, for their spread; vacancies left out.

    Radii of one ion differ by up to 0.15 angstrom between coordinations, more than neighboring rare earths do, so a
    spread over mixed coordinations would measure the gaps of the table.

    Parameters
    ----------
    site
        The site.
    radii
        The user's own radii [angstrom] by symbol; they count as radii in any coordination.

    Returns
    -------
    radii, warnings
        Radii in the :func:`common_coordination` of all ions. If they have none in common, each in the coordination
        nearest to the site's; the warnings say so, since the spread means nothing then.
    """
    ions = [(s, site.charges[s]) for s in site.fractions if s != VACANCY and s not in (radii or {})]
    coordination, notes = site.coordination, []
    if len(ions) > 1:
        shared = common_coordination(ions, site.coordination)
        if shared is None:
            notes.append(f"coordinations mixed on site {site.label}: its distortion is not meaningful")
        elif shared != site.coordination:
            which = "the highest" if shared < site.coordination else "the lowest"
            notes.append(
                f"radii of site {site.label} in coordination {shared}, {which} that all its ions have; "
                f"the site's is {site.coordination}"
            )
        coordination = shared or site.coordination
    found = radii_of_site(site.fractions, site.charges, coordination, radii)
    return found, (*notes, *radius_warnings(found.values()))


def radius_warnings(radii: Iterable[Datum]) -> tuple[str, ...]:
    """All warnings of the radii, each once, in order."""
    return tuple(dict.fromkeys(warning for datum in radii for warning in datum.warnings))
