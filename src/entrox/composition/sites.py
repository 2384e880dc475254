"""A composition: species on the sites of a prototype, exact amounts, charges, and what was assumed.

Amounts are per formula unit of the prototype; fractions per site; charges in e.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from entrox.composition.amounts import format_fraction
from entrox.composition.assignment import Occupation, assign_sites, site_sum_error
from entrox.composition.ionic_charges import choose_charges, is_anion
from entrox.composition.mapping import FrozenDict
from entrox.composition.prototypes import (
    PROTOTYPES,
    Prototype,
    SiteTemplate,
    formula_units,
    guess_prototype,
    nearly_met_prototype,
    prototype_named,
)
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError

__all__ = ["Composition", "Site", "build_composition", "canonical_formula"]


@dataclass(frozen=True)
class Site:
    """One kind of crystal site and who sits on it.

    Parameters
    ----------
    label
        ``A``, ``B``, ``X`` in perovskites; ``M``, ``X`` with one kind of cation site.
    multiplicity
        Sites per formula unit.
    fractions
        Fraction of every species, exact, summing to one; ``Va`` is a species.
    coordination
        Number of neighbours, used to choose the ionic radii.
    charges
        Ionic charge of every species [e], 0 for ``Va``.
    """

    label: str
    multiplicity: Fraction
    fractions: FrozenDict[str, Fraction]
    coordination: int
    charges: FrozenDict[str, int]

    @property
    def mean_charge(self) -> Fraction:
        """Mean charge of the site [e], vacancies counted with zero."""
        return sum((c * self.charges[s] for s, c in self.fractions.items()), Fraction(0))


@dataclass(frozen=True)
class Composition:
    """A formula with numbers for its variables and every species on a site.

    Parameters
    ----------
    formula
        Canonical text, one formula unit of the prototype.
    x, y
        Values of the variables it was made with, None where there was none.
    amounts
        Amount of every species per formula unit, exact, ``Va`` included, zero amounts left out.
    sites
        Sites by label, cation sites first, the anion site last.
    prototype
        Name of the structure type.
    warnings
        What was assumed or doubtful in the choice of prototype, charges and sites.
    """

    formula: str
    x: float | None
    amounts: FrozenDict[str, Fraction]
    sites: FrozenDict[str, Site]
    prototype: str
    warnings: tuple[str, ...] = ()
    y: float | None = None

    @property
    def cation_sites(self) -> tuple[Site, ...]:
        """The cation sites in order."""
        return tuple(self.sites.values())[:-1]

    @property
    def anion_site(self) -> Site:
        """The anion site."""
        return tuple(self.sites.values())[-1]

    def __str__(self) -> str:
        return self.formula


def canonical_formula(amounts: Mapping[str, Fraction]) -> str:
    """Return the amounts as a formula, decimals where exact, else fractions in brackets.

    Examples
    --------
    >>> canonical_formula({"Ba": Fraction(9, 10), "Sr": Fraction(1, 10), "Ti": Fraction(1), "O": Fraction(3)})
    'Ba0.9Sr0.1TiO3'
    """
    parts = []
    for symbol, amount in amounts.items():
        text = format_fraction(amount)
        shown = "" if amount == 1 else f"({text})" if "/" in text or amount < 0 else text
        parts.append(symbol + shown)
    return "".join(parts)


def build_composition(
    amounts: Mapping[str, Fraction],
    *,
    x: float | None = None,
    y: float | None = None,
    prototype: str | None = None,
    site_of: Mapping[str, str] | None = None,
    charges: Mapping[str, int] | None = None,
) -> Composition:
    """Put species on sites.

    Parameters
    ----------
    amounts
        Exact amount of every species, none negative; zeros are left out.
    x, y
        Values of the variables, kept with the result.
    prototype
        Name of the structure type; guessed from stoichiometry, charges and radii if None.
    site_of
        Site label by species, where the user places it.
    charges
        Ionic charge by species [e], where the user knows it.

    Returns
    -------
    Composition
        Scaled to one formula unit of the prototype.

    Raises
    ------
    InputError
        If no prototype fits, a site is not full, or a charge or radius is unknown.
    """
    present = {symbol: amount for symbol, amount in amounts.items() if amount > 0}
    kept_charges = {s: q for s, q in (charges or {}).items() if s in present or s not in amounts}
    kept_sites = {s: label for s, label in (site_of or {}).items() if s in present or s not in amounts}
    chosen, charge_notes = choose_charges(present, kept_charges)
    kind = _find_prototype(present, chosen, prototype, kept_sites)
    units = _units_of(present, chosen, kind)
    scaled = {symbol: amount / units for symbol, amount in present.items()}
    occupation, site_notes = assign_sites(scaled, kind, chosen, kept_sites)
    notes = [*charge_notes, *site_notes]
    if units != 1:
        notes.append(f"the formula holds {format_fraction(units)} formula units as in {kind.example}; reduced to one")
    return Composition(
        formula=canonical_formula(scaled),
        x=x,
        y=y,
        amounts=FrozenDict(scaled),
        sites=_sites(occupation, kind, chosen),
        prototype=kind.name,
        warnings=tuple(notes),
    )


def _sites(occupation: Occupation, prototype: Prototype, charges: Mapping[str, int]) -> FrozenDict[str, Site]:
    sites = {}
    for template in (*prototype.cations, prototype.anion):
        on_site = occupation[template.label]
        sites[template.label] = Site(
            label=template.label,
            multiplicity=Fraction(template.multiplicity),
            fractions=FrozenDict({s: n / template.multiplicity for s, n in on_site.items()}),
            coordination=template.coordination,
            charges=FrozenDict({s: charges[s] for s in on_site}),
        )
    return FrozenDict(sites)


def _totals(present: Mapping[str, Fraction], charges: Mapping[str, int]) -> tuple[Fraction, Fraction, Fraction]:
    """Return the summed amounts of cations, anions and vacancies."""
    zero = Fraction(0)
    cations = sum((n for s, n in present.items() if s != VACANCY and charges[s] >= 0), zero)
    anions = sum((n for s, n in present.items() if s != VACANCY and charges[s] < 0), zero)
    return cations, anions, present.get(VACANCY, zero)


def _find_prototype(
    present: Mapping[str, Fraction], charges: Mapping[str, int], name: str | None, site_of: Mapping[str, str]
) -> Prototype:
    """Return the named or guessed prototype, or say which one is nearly met."""
    cations, anions, vacancies = _totals(present, charges)
    if not cations or not anions:
        what = "cations" if not cations else "anions such as O"
        raise InputError(f"{canonical_formula(present) or 'The formula'} has no {what}; an oxide needs both.")
    if name is not None:
        return prototype_named(name)
    only_cations = {s: n for s, n in present.items() if s != VACANCY and not is_anion(s, charges)}
    if "A" in site_of.values() or "B" in site_of.values():
        named = [p for p in PROTOTYPES.values() if len(p.cations) == 2 and formula_units(p, cations, anions, vacancies)]
        if named:
            return named[0]
    kind = guess_prototype(only_cations, anions, vacancies, charges)
    if kind is not None:
        return kind
    nearly = nearly_met_prototype(only_cations, anions, charges)
    if nearly is not None:
        return nearly
    if len(only_cations) == 1:
        return _binary_oxide(cations, anions)
    listed = ", ".join(f"{p.name} ({p.example})" for p in PROTOTYPES.values())
    raise InputError(
        f"No prototype has {format_fraction(cations)} cations to {format_fraction(anions)} anions as in "
        f"{canonical_formula(present)}. Known prototypes: {listed}. A vacancy must be named {VACANCY}; "
        f"to force a prototype pass prototype='...' (--prototype NAME) and, where needed, "
        "site_of={'element': 'site'} (--site ELEMENT=SITE)."
    )


def _binary_oxide(cations: Fraction, anions: Fraction) -> Prototype:
    """Return a prototype for one element and oxygen in a ratio that no named prototype has."""
    ratio = cations / anions
    metal = SiteTemplate("M", ratio.numerator, 6)
    return Prototype("binary oxide", (metal,), SiteTemplate("X", ratio.denominator, 4), "the formula itself")


def _units_of(present: Mapping[str, Fraction], charges: Mapping[str, int], prototype: Prototype) -> Fraction:
    """Return formula units of the prototype in the amounts; where nothing fits, the simpler of two readings."""
    cations, anions, vacancies = _totals(present, charges)
    exact = formula_units(prototype, cations, anions, vacancies)
    if exact is not None:
        return exact
    readings = [anions / prototype.anion.multiplicity, cations / prototype.cation_count]
    units = min(readings, key=lambda value: value.denominator)
    if len(prototype.cations) == 1 and cations / units != prototype.cation_count:
        on_site = {s: n / units for s, n in present.items() if s != VACANCY and charges[s] >= 0}
        raise site_sum_error(prototype.cations[0].label, on_site, prototype.cation_count, prototype)
    return units
