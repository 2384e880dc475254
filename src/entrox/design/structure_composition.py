"""Whether the atoms of a structure are those of the composition that it is said to have.

Shares of the cations are compared: a tip loses oxygen, and a box need not be whole in it. Numbers dimensionless.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from entrox.core.errors import InputError
from entrox.design.family import Family

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["CountedComposition", "cation_shares", "count_composition"]

TOLERANCE = {"md": 0.02, "rmc": 0.02, "tip": 0.05}
"""Smallest tolerance where none is given."""
RANDOM_FILLING = math.sqrt(0.5)
"""Over the root of the number of cations: two standard deviations of a share where half of them fill a site by chance,
two kinds in equal parts."""
VACANCY = "Va"


@dataclass(frozen=True)
class CountedComposition:
    """Shares of the cations of a structure beside those of the family.

    Parameters
    ----------
    counted, expected
        Share of each element among the cations, as counted and as the family has it at x.
    n_cations
        Cations counted.
    difference
        Largest difference of a share.
    element
        The element of that difference.
    tolerance
        Largest difference that is accepted.
    nearest_x
        The x of the family whose shares lie nearest.
    foreign
        Share of atoms that the family does not have; None for frames, where such an atom is an error.
    """

    counted: Mapping[str, float]
    expected: Mapping[str, float]
    n_cations: float
    difference: float
    element: str
    tolerance: float
    nearest_x: float
    foreign: float | None = None


def cation_shares(composition: Composition) -> dict[str, float]:
    """Return the share of each element among the cations of a composition, empty sites left out."""
    amounts: dict[str, float] = {}
    for site in composition.cation_sites:
        for name, fraction in site.fractions.items():
            if name != VACANCY and fraction:
                amounts[name] = amounts.get(name, 0.0) + float(site.multiplicity * fraction)
    return _shares(amounts)


def _shares(amounts: Mapping[str, float]) -> dict[str, float]:
    whole = math.fsum(amounts.values())
    return {name: value / whole for name, value in amounts.items()} if whole else {}


def count_composition(
    name: str, kind: str, atoms: Mapping[str, float], family: Family, x: Fraction, tolerance: float | None = None
) -> CountedComposition:
    """Compare the atoms of a structure with the composition of a family at x.

    Parameters
    ----------
    name, kind
        Of the structure; ``md``, ``rmc`` or ``tip``.
    atoms
        Number of atoms of each element.
    family, x
        The composition that the structure is said to have.
    tolerance
        Largest accepted difference of a share; 0.02 (a tip: 0.05), or two standard deviations of a site that is filled
        by chance if that is larger, if not given.

    Raises
    ------
    InputError
        If it has no cation of the family, frames hold an element that the family has not, or a share differs by more
        than the tolerance; the message has all shares and the x that lies nearest.
    """
    composition = next(_at(family, x).compositions())
    anions = set(composition.anion_site.fractions)
    known = _elements(family)
    found = {symbol: float(count) for symbol, count in atoms.items() if count and symbol not in anions}
    strange = sorted(symbol for symbol in found if symbol not in known)
    if strange and kind != "tip":
        raise InputError(
            f"structure {name!r} holds {', '.join(strange)}, which the family {family.name!r} ({family.formula}) does "
            "not have. Give the structure to another family, or take it out."
        )
    cations = {symbol: count for symbol, count in found.items() if symbol in known}
    n_cations = math.fsum(cations.values())
    if not n_cations:
        raise InputError(
            f"structure {name!r} holds no cation of the family {family.name!r} ({', '.join(sorted(known))}); it holds "
            f"{', '.join(sorted(atoms)) or 'no atom'}."
        )
    counted, expected = _shares(cations), cation_shares(composition)
    allowed = max(TOLERANCE[kind], RANDOM_FILLING / math.sqrt(n_cations)) if tolerance is None else tolerance
    element, difference = _largest(counted, expected)
    result = CountedComposition(
        counted=counted,
        expected=expected,
        n_cations=n_cations,
        difference=difference,
        element=element,
        tolerance=allowed,
        nearest_x=_nearest_x(counted, family),
        foreign=None if kind != "tip" else 1.0 - n_cations / math.fsum(found.values()),
    )
    if difference > allowed * (1.0 + 1e-9):
        raise InputError(_far_message(name, family, x, composition, result))
    return result


def _far_message(name: str, family: Family, x: Fraction, composition: Composition, found: CountedComposition) -> str:
    return (
        f"structure {name!r} is said to be {composition.formula} ({family.name}, x = {float(x):.4g}), but its cations "
        f"are {_listed(found.counted)}, where that composition has {_listed(found.expected)}: the largest difference, "
        f"{found.difference:.4f} of {found.element}, exceeds the tolerance {found.tolerance:.4f}. Its cations lie "
        f"nearest to x = {found.nearest_x:.4g}. Correct x or the file, or raise tolerance."
    )


def _listed(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{symbol} {share:.4f}" for symbol, share in sorted(shares.items()))


def _at(family: Family, *x: Fraction) -> Family:
    """Return a family at other values of x; it says which are valid."""
    return Family(family.name, family.formula, family.host, x, **family.choices)


def _elements(family: Family) -> set[str]:
    from entrox.composition import parse_formula

    return set(parse_formula(family.formula).amounts) - {VACANCY}


def _largest(counted: Mapping[str, float], expected: Mapping[str, float]) -> tuple[str, float]:
    differences = {name: abs(counted.get(name, 0.0) - expected.get(name, 0.0)) for name in {*counted, *expected}}
    element = max(sorted(differences), key=lambda name: differences[name])
    return element, differences[element]


def _nearest_x(counted: Mapping[str, float], family: Family) -> float:
    """Return the x with the least squares of the differences; shares run straight from end to end of the range.

    With vacancies among the cations they do not quite, and x is off by a little.
    """
    from entrox.composition import parse_formula

    valid = parse_formula(family.formula).valid_range(**family.choices)
    assert valid is not None  # a family without a valid x is refused when it is made
    low, high = valid
    if low == high:
        return float(low)
    first, last = (cation_shares(item) for item in _at(family, low, high).compositions())
    names = {*first, *last, *counted}
    way = {name: last.get(name, 0.0) - first.get(name, 0.0) for name in names}
    square = math.fsum(step**2 for step in way.values())
    if square == 0.0:
        return float(low)
    along = math.fsum(step * (counted.get(name, 0.0) - first.get(name, 0.0)) for name, step in way.items()) / square
    return float(low) + float(high - low) * min(max(along, 0.0), 1.0)
