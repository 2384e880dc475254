"""Crystal prototypes: which sites a formula unit has, and which prototype a stoichiometry means.

Pure functions and plain data. Multiplicities are sites per formula unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from entrox.composition.radii import shannon_radius
from entrox.core.errors import InputError, nearest_names

__all__ = [
    "PROTOTYPES",
    "Prototype",
    "SiteTemplate",
    "formula_units",
    "guess_prototype",
    "nearly_met_prototype",
    "prototype_named",
]


@dataclass(frozen=True)
class SiteTemplate:
    """One kind of site: its label, how many per formula unit, and its coordination."""

    label: str
    multiplicity: int
    coordination: int


@dataclass(frozen=True)
class Prototype:
    """A structure type: its cation sites, its anion site, an example."""

    name: str
    cations: tuple[SiteTemplate, ...]
    anion: SiteTemplate
    example: str

    @property
    def cation_count(self) -> int:
        """Cation sites per formula unit."""
        return sum(site.multiplicity for site in self.cations)

    @property
    def site_count(self) -> int:
        """Sites per formula unit."""
        return self.cation_count + self.anion.multiplicity


def _prototype(name: str, cations: list[tuple[str, int, int]], anion: tuple[int, int], example: str) -> Prototype:
    sites = tuple(SiteTemplate(*site) for site in cations)
    return Prototype(name, sites, SiteTemplate("X", *anion), example)


PROTOTYPES: dict[str, Prototype] = {
    prototype.name: prototype
    for prototype in (
        _prototype("perovskite", [("A", 1, 12), ("B", 1, 6)], (3, 6), "BaTiO3"),
        _prototype("sesquioxide", [("M", 2, 6)], (3, 4), "Al2O3"),
        _prototype("rock salt", [("M", 1, 6)], (1, 6), "MgO"),
        _prototype("wurtzite", [("M", 1, 4)], (1, 4), "ZnO"),
        _prototype("fluorite", [("M", 1, 8)], (2, 4), "ZrO2"),
        _prototype("rutile", [("M", 1, 6)], (2, 3), "TiO2"),
        _prototype("silica", [("M", 1, 4)], (2, 2), "SiO2"),
        _prototype("pentoxide", [("M", 2, 6)], (5, 3), "Ta2O5"),
        _prototype("trioxide", [("M", 1, 6)], (3, 2), "WO3"),
        _prototype("antifluorite", [("M", 2, 4)], (1, 8), "Li2O"),
        _prototype("pyrochlore", [("A", 2, 8), ("B", 2, 6)], (7, 4), "La2Zr2O7"),
        _prototype("Aurivillius", [("A", 4, 8), ("B", 3, 6)], (12, 6), "Bi4Ti3O12"),
        _prototype("Aurivillius n=2", [("A", 3, 8), ("B", 2, 6)], (9, 6), "SrBi2Ta2O9"),
        _prototype("Aurivillius n=4", [("A", 5, 8), ("B", 4, 6)], (15, 6), "BaBi4Ti4O15"),
        _prototype("spinel", [("A", 1, 4), ("B", 2, 6)], (4, 4), "MgAl2O4"),
        # two octahedral and three tetrahedral sites are one kind here: good for garnets with one small cation
        _prototype("garnet", [("A", 3, 8), ("B", 5, 6)], (12, 4), "Y3Al5O12"),
    )
}

SMALLEST_SIZE_RATIO_OF_PEROVSKITES = 1.25
SMALLEST_FLUORITE_RADIUS = 0.70
LARGEST_SILICA_RADIUS = 0.45
TRIVALENT = 3
NEARLY_MET = 0.05
NEARLY_MET_HALF_FULL = 0.2


def prototype_named(name: str) -> Prototype:
    """Return the prototype of that name, or raise with the known names."""
    if name not in PROTOTYPES:
        raise InputError(f"Unknown prototype {name!r}; {nearest_names(name, PROTOTYPES)}")
    return PROTOTYPES[name]


def formula_units(prototype: Prototype, cations: Fraction, anions: Fraction, vacancies: Fraction) -> Fraction | None:
    """Return how many formula units the amounts make if they fill the prototype exactly, else None."""
    units = (cations + anions + vacancies) / prototype.site_count
    fits = cations <= units * prototype.cation_count and anions <= units * prototype.anion.multiplicity
    return units if fits and units > 0 else None


def guess_prototype(
    cations: Mapping[str, Fraction], anions: Fraction, vacancies: Fraction, charges: Mapping[str, int]
) -> Prototype | None:
    """Return the prototype that fits the stoichiometry, the charges and the radii; None if there is none.

    Parameters
    ----------
    cations
        Amount of every cation, vacancies left out.
    anions, vacancies
        Summed amounts.
    charges
        Charge of every cation [e].

    Notes
    -----
    Ratios shared by several prototypes are decided so: 2:3 is a sesquioxide if all cations are 3+ and of similar size,
    a garnet if all are 3+ and three in eight are clearly larger than the others, else a perovskite; 3:4 is a normal
    spinel if one cation in three is 2+ and the others are 3+; 1:2 is silica, rutile or fluorite by the mean radius in
    coordination 6 (limits 0.45 and 0.70 angstrom); 1:1 is wurtzite for Zn and Be alone, else rock salt.
    """
    total = sum(cations.values(), Fraction(0))
    fitting: list[tuple[tuple[bool, int, int], Prototype]] = []
    for order, prototype in enumerate(PROTOTYPES.values()):
        units = formula_units(prototype, total, anions, vacancies)
        if units is not None and _chemistry_fits(prototype, cations, charges):
            fitting.append(((units.denominator != 1, units.denominator, order), prototype))
    return min(fitting, key=lambda item: item[0])[1] if fitting else None


def _chemistry_fits(prototype: Prototype, cations: Mapping[str, Fraction], charges: Mapping[str, int]) -> bool:
    """Whether charges and radii allow the prototype where several share its stoichiometry."""
    name = prototype.name
    if name == "sesquioxide":
        return _similar_trivalent(cations, charges)
    if name == "garnet":
        return _is_garnet(cations, charges)
    if name == "spinel":
        return _is_normal_spinel(cations, charges)
    if name == "perovskite":
        return not (_similar_trivalent(cations, charges) or _is_garnet(cations, charges))
    if name in ("wurtzite", "rock salt"):
        return (set(cations) <= {"Zn", "Be"}) == (name == "wurtzite")
    if name in ("silica", "rutile", "fluorite"):
        mean = _mean_radius(cations, charges)
        kind = "silica" if mean < LARGEST_SILICA_RADIUS else "rutile" if mean < SMALLEST_FLUORITE_RADIUS else "fluorite"
        return name == kind
    if name == "pyrochlore":
        return len(cations) > 1
    if name.startswith("Aurivillius"):
        return len(cations) > 1
    return True


def _is_normal_spinel(cations: Mapping[str, Fraction], charges: Mapping[str, int]) -> bool:
    """Whether one cation in three is 2+ and the others are 3+."""
    divalent = sum((n for symbol, n in cations.items() if charges[symbol] == TRIVALENT - 1), Fraction(0))
    trivalent = sum((n for symbol, n in cations.items() if charges[symbol] == TRIVALENT), Fraction(0))
    return 2 * divalent == trivalent == Fraction(2, 3) * sum(cations.values())


def _is_garnet(cations: Mapping[str, Fraction], charges: Mapping[str, int]) -> bool:
    """Whether all cations are 3+, and three in eight of them are clearly larger than the others."""
    if any(charges[symbol] != TRIVALENT for symbol in cations):
        return False
    ranked = sorted(cations, key=lambda symbol: -_radius(symbol, TRIVALENT))
    amount, wanted = Fraction(0), Fraction(3, 8) * sum(cations.values())
    for larger, smaller in itertools.pairwise(ranked):
        amount += cations[larger]
        if amount == wanted:
            return _radius(larger, TRIVALENT) / _radius(smaller, TRIVALENT) >= SMALLEST_SIZE_RATIO_OF_PEROVSKITES
    return False


def _similar_trivalent(cations: Mapping[str, Fraction], charges: Mapping[str, int]) -> bool:
    if any(charges[symbol] != TRIVALENT for symbol in cations):
        return False
    radii = [_radius(symbol, TRIVALENT) for symbol in cations]
    return max(radii) / min(radii) < SMALLEST_SIZE_RATIO_OF_PEROVSKITES


def _mean_radius(cations: Mapping[str, Fraction], charges: Mapping[str, int]) -> float:
    total = float(sum(cations.values()))
    return sum(float(n) * _radius(symbol, charges[symbol]) for symbol, n in cations.items()) / total


def _radius(symbol: str, charge: int) -> float:
    """Return the radius in coordination 6, or say how to do without it."""
    try:
        return shannon_radius(symbol, charge, 6).value
    except InputError as error:
        raise InputError(
            f"{error} To do without the radius pass prototype='...' (--prototype NAME) and "
            f"site_of={{{symbol!r}: 'B'}} (--site {symbol}=B)."
        ) from error


def nearly_met_prototype(
    cations: Mapping[str, Fraction], anions: Fraction, charges: Mapping[str, int]
) -> Prototype | None:
    """Return the prototype whose ratio of cations to anions is nearest, None if all are far.

    A prototype of which the formula as written fills the cation or the anion sites exactly comes before all others and
    may be 20 % away, others 5 %.
    """
    total = sum(cations.values(), Fraction(0))
    met: list[tuple[tuple[bool, float], Prototype]] = []
    for prototype in PROTOTYPES.values():
        mismatch = abs(float(Fraction(prototype.cation_count, prototype.anion.multiplicity) * anions / total) - 1.0)
        half_full = total == prototype.cation_count or anions == prototype.anion.multiplicity
        if prototype.name.startswith("Aurivillius") and "Bi" not in cations:
            continue
        if mismatch < (NEARLY_MET_HALF_FULL if half_full else NEARLY_MET) and _chemistry_fits(
            prototype, cations, charges
        ):
            met.append(((not half_full, mismatch), prototype))
    return min(met, key=lambda item: item[0])[1] if met else None
