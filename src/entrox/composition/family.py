"""Descriptors of a whole family of compositions at once: one site assignment, then arrays.

Names end in their unit where there is one: ``_r`` for R. Distortions are fractions; charges in e per formula unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.amounts import exact_fraction
from entrox.composition.descriptors import composition_descriptors
from entrox.composition.distortion import site_distortion
from entrox.composition.elements import atomic_mass, electronegativity
from entrox.composition.entropy import mixing_entropy_of_site
from entrox.composition.formula import Formula, parse_formula
from entrox.composition.ionic_charges import MOST_COMBINATIONS, charge_options
from entrox.composition.radii import comparable_radii_of_site, radii_of_site
from entrox.composition.sites import Composition, Site
from entrox.composition.tables import VACANCY
from entrox.core.checks import check_finite
from entrox.core.errors import InputError

__all__ = ["family_descriptors"]

Floats = NDArray[np.float64]
ZERO_AMOUNT = 1e-9
BLOCK = 4096
SIZE_DEPENDENT_PROTOTYPES = ("silica", "rutile", "fluorite")


def family_descriptors(
    formula: str | Formula,
    x: ArrayLike,
    *,
    y: float | None = None,
    prototype: str | None = None,
    site_of: Mapping[str, str] | None = None,
    charges: Mapping[str, int] | None = None,
    radii: Mapping[str, float] | None = None,
) -> dict[str, Floats]:
    """Descriptors of many members of a family at once, equal to those of each member to rounding.

    Parameters
    ----------
    formula
        Formula in x.
    x
        Values of the variable, shape ``(n,)``.
    y
        Value of the second variable, where the formula has one.
    prototype, site_of, charges, radii
        As for :meth:`Formula.at` and :func:`lattice_distortion`.

    Returns
    -------
    dict
        ``x`` and every descriptor of :func:`composition_descriptors`, arrays of shape ``(n,)``; NaN where a quantity is
        not defined. Entropies [R], distortions as fractions, charge imbalance [e], molar mass [g/mol].

    Raises
    ------
    InputError
        If an amount is negative or a site is not full for some x; the message names the first such value.

    Notes
    -----
    Compositions with the same species present and the same charges share one exact site assignment, which is then
    applied in floating point. Where the assignment itself moves with x (a species shared between two sites, a
    prototype that depends on the mean radius) every value is treated singly.

    Examples
    --------
    >>> found = family_descriptors("Ba(1-2x)SrxCaxTiO3", [0.0, 0.1, 0.2])
    >>> found["entropy_per_formula_unit_r"].round(3)
    array([0.   , 0.639, 0.95 ])
    """
    read = parse_formula(formula) if isinstance(formula, str) else formula
    values = np.atleast_1d(check_finite(x, "x"))
    if values.ndim != 1:
        raise InputError(f"x must be a number or one-dimensional; got shape {values.shape}.")
    if "x" not in read.variables:
        raise InputError(f"{read.text} has no variable x; use describe for a single composition.")
    family = _Family(read, y, prototype, dict(site_of or {}), dict(charges or {}), dict(radii or {}))
    amounts = _amounts(family, values)
    found: dict[str, Floats] = {"x": values}
    keys = (amounts > 0.0).T.astype(np.int16)
    keys = np.concatenate([keys, _charge_choices(family, amounts)], axis=1)
    unique, members = np.unique(keys, axis=0, return_inverse=True)
    for index in range(len(unique)):
        chosen = np.flatnonzero(members.ravel() == index)
        for name, numbers in _group(family, values, amounts, chosen).items():
            found.setdefault(name, np.full(len(values), np.nan))[chosen] = numbers
    return found


@dataclass(frozen=True)
class _Family:
    """A formula and the user's choices."""

    formula: Formula
    y: float | None
    prototype: str | None
    site_of: dict[str, str]
    charges: dict[str, int]
    radii: dict[str, float]

    def at(self, x: float) -> Composition:
        return self.formula.at(x, y=self.y, prototype=self.prototype, site_of=self.site_of, charges=self.charges)


def _amounts(family: _Family, values: Floats) -> Floats:
    """Return the amounts, shape (n_species, n); raise for the first value with a negative one."""
    variables = {"x": values}
    if family.y is not None:
        variables["y"] = np.full(values.shape, float(exact_fraction(family.y, "y")))
    if not set(family.formula.variables) <= set(variables):
        family.at(float(values[0]))
    amounts = np.array([amount.evaluate(variables) for amount in family.formula.amounts.values()])
    negative = (amounts < -ZERO_AMOUNT).any(axis=0)
    if negative.any():
        family.at(float(values[np.argmax(negative)]))
    amounts[np.abs(amounts) <= ZERO_AMOUNT] = 0.0
    return amounts


def _charge_choices(family: _Family, amounts: Floats) -> NDArray[np.int16]:
    """Return the number of the combination of charges chosen at every x, shape (n, 1).

    It follows the rule of :func:`~entrox.composition.ionic_charges.choose_charges`, and separates the values of x that
    must not share one assignment.
    """
    options: list[tuple[int, ...]] = []
    rare_symbols: list[bool] = []
    for symbol in family.formula.amounts:
        known = None if symbol in family.charges else charge_options(symbol)
        options.append((known.default, *known.others) if known else (family.charges[symbol],))
        rare_symbols.append(known is not None and known.only_if_balanced)
    combinations = np.array(list(itertools.islice(itertools.product(*options), MOST_COMBINATIONS + 1)), dtype=float)
    chosen = np.zeros((amounts.shape[1], 1), dtype=np.int16)
    if 1 < len(combinations) <= MOST_COMBINATIONS:
        departs = combinations != combinations[0]
        rare = (departs & np.array(rare_symbols)).sum(axis=1)
        for start in range(0, amounts.shape[1], BLOCK):
            block = slice(start, start + BLOCK)
            chosen[block, 0] = _nearest_to_balance(combinations, rare, amounts[:, block])
    return chosen


def _nearest_to_balance(combinations: Floats, rare: NDArray[np.intp], amounts: Floats) -> NDArray[np.intp]:
    """Return the index of the best combination of charges for every column of amounts; zero is the default."""
    imbalance = np.abs(combinations @ amounts)
    imbalance[(rare > 0)[:, None] & (imbalance > ZERO_AMOUNT)] = np.inf
    moved = np.abs(combinations - combinations[0]) @ amounts
    cations = np.where(combinations > 0, combinations, 0.0)
    count = (combinations > 0).astype(float) @ amounts
    spread = count * (cations**2 @ amounts) - (cations @ amounts) ** 2
    rarity = np.broadcast_to(rare[:, None], imbalance.shape)
    keys = [np.round(key, 9) for key in (imbalance, rarity, moved, spread)]
    order = np.lexsort(keys[::-1], axis=0)
    best, second = order[0], order[1]
    columns = np.arange(amounts.shape[1])
    tied = np.all([key[best, columns] == key[second, columns] for key in keys], axis=0)
    different = (np.abs(combinations[best] - combinations[second]).T * amounts).sum(axis=0) > ZERO_AMOUNT
    return np.where(tied & different, 0, best)


def _group(family: _Family, values: Floats, amounts: Floats, chosen: NDArray[np.intp]) -> dict[str, Floats]:
    """Return the descriptors of the members that share species and charges."""
    middle = family.at(float(values[chosen[len(chosen) // 2]]))
    species = list(family.formula.amounts)
    shared = sum(s != VACANCY for site in middle.sites.values() for s in site.fractions) > sum(
        s != VACANCY for s in middle.amounts
    )
    size_dependent = middle.prototype in SIZE_DEPENDENT_PROTOTYPES and family.prototype is None
    if len(chosen) > 1 and (shared or (size_dependent and len(middle.cation_sites[0].fractions) > 1)):
        return _singly(family, values[chosen])
    sites_per_formula = float(sum(site.multiplicity for site in middle.sites.values()))
    scaled = amounts[:, chosen] * (sites_per_formula / amounts[:, chosen].sum(axis=0))
    fractions: dict[str, Floats] = {}
    for label, site in middle.sites.items():
        columns = [scaled[species.index(s)] for s in site.fractions if s != VACANCY]
        filled = np.array(columns).T / float(site.multiplicity)
        if VACANCY in site.fractions:
            filled = np.column_stack([filled, 1.0 - filled.sum(axis=1)])
        wrong = np.abs(filled.sum(axis=1) - 1.0) > 1e-6
        if wrong.any() or (filled < -ZERO_AMOUNT).any():
            return _singly(family, values[chosen])
        fractions[label] = np.clip(filled / filled.sum(axis=1, keepdims=True), 0.0, None)
    return _vectorised(middle, fractions, family.radii, scaled, species)


def _singly(family: _Family, values: Floats) -> dict[str, Floats]:
    rows = [composition_descriptors(family.at(float(value)), radii=family.radii) for value in values]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name) for row in rows], dtype=float) for name in names}


def _vectorised(
    middle: Composition,
    fractions: Mapping[str, Floats],
    radii: Mapping[str, float],
    scaled: Floats,
    species: list[str],
) -> dict[str, Floats]:
    """Return the descriptors for site fractions that share the assignment of ``middle``."""
    sites = middle.sites
    entropy = {label: mixing_entropy_of_site(rows) for label, rows in fractions.items()}
    multiplicity = {label: float(site.multiplicity) for label, site in sites.items()}
    cation_labels = [site.label for site in middle.cation_sites]
    per_formula = sum((multiplicity[s] * entropy[s] for s in cation_labels), np.asarray(0.0))
    anion = middle.anion_site.label
    metric = len(sites) * (per_formula + multiplicity[anion] * entropy[anion]) / sum(multiplicity.values())
    atoms = sum(scaled[i] for i, s in enumerate(species) if s != VACANCY)
    occupied = {label: _without_vacancies(site, fractions[label]) for label, site in sites.items()}
    cations = sum((multiplicity[s] * occupied[s][1] for s in cation_labels), np.asarray(0.0))
    found: dict[str, Floats] = {
        "entropy_per_formula_unit_r": per_formula,
        "entropy_per_cation_r": per_formula / cations,
        "entropy_per_atom_r": per_formula / atoms,
        "entropy_metric_r": metric,
    }
    found |= {f"entropy_{label.lower()}_site_r": entropy[label] for label in cation_labels}
    means, distortions = _radii(middle, occupied, radii)
    found |= distortions
    found |= _perovskite_factors(middle, means, occupied)
    charge = sum((multiplicity[s] * fractions[s] @ _site_charges(site) for s, site in sites.items()), np.asarray(0.0))
    found["charge_imbalance"] = np.where(np.abs(charge) < ZERO_AMOUNT, 0.0, charge)
    found |= _electronegativities(middle, occupied)
    masses = np.array([0.0 if s == VACANCY else atomic_mass(s).value for s in species])
    found["molar_mass_g_per_mol"] = masses @ scaled
    return found


def _radii(
    middle: Composition, occupied: Mapping[str, tuple[Floats, Floats]], radii: Mapping[str, float]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the mean radius of every site [angstrom], and the distortion of the cation sites and in total."""
    means: dict[str, Floats] = {}
    found: dict[str, Floats] = {}
    total: Floats = np.asarray(0.0)
    for label, site in middle.sites.items():
        symbols = [s for s in site.fractions if s != VACANCY]
        data = radii_of_site(symbols, site.charges, site.coordination, radii)
        shares = occupied[label][0]
        means[label] = shares @ np.array([data[s].value for s in symbols])
        if site is not middle.anion_site:
            comparable, _ = comparable_radii_of_site(site, radii)
            distortion = site_distortion(shares, [comparable[s].value for s in symbols])
            total = total + distortion**2
            found[f"lattice_distortion_{label.lower()}"] = distortion
    found["lattice_distortion"] = np.sqrt(total)
    return means, found


def _without_vacancies(site: Site, rows: Floats) -> tuple[Floats, Floats]:
    """Return the shares of the species without vacancies, and the occupied fraction of the site."""
    if VACANCY not in site.fractions:
        return rows, np.ones(len(rows))
    occupied = rows[:, :-1].sum(axis=1)
    return rows[:, :-1] / occupied[:, None], occupied


def _site_charges(site: Site) -> Floats:
    """Return the charges in the order of the columns: vacancies last."""
    charges = [float(site.charges[s]) for s in site.fractions if s != VACANCY]
    return np.array(charges + [0.0] * (VACANCY in site.fractions))


def _perovskite_factors(
    middle: Composition, means: Mapping[str, Floats], occupied: Mapping[str, tuple[Floats, Floats]]
) -> dict[str, Floats]:
    """Return t, tau and the octahedral factor; NaN where they are not defined."""
    if middle.prototype != "perovskite":
        nothing = np.full(len(means["X"]), np.nan)
        return dict.fromkeys(("tolerance_factor", "bartel_tau", "octahedral_factor"), nothing)
    large, small, anion = means["A"], means["B"], means["X"]
    charge = occupied["A"][0] @ _site_charges(middle.sites["A"])[: occupied["A"][0].shape[1]]
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = anion / small - charge * (charge - (large / small) / np.log(large / small))
    return {
        "tolerance_factor": (large + anion) / (np.sqrt(2.0) * (small + anion)),
        "bartel_tau": np.where(large > small, tau, np.nan),
        "octahedral_factor": small / anion,
    }


def _electronegativities(middle: Composition, occupied: Mapping[str, tuple[Floats, Floats]]) -> dict[str, Floats]:
    """Return the mismatch on every cation site and the mean anion-cation difference; NaN where a value is missing."""
    means, found = {}, {}
    for label, site in middle.sites.items():
        shares = occupied[label][0]
        try:
            scale = np.array([electronegativity(s).value for s in site.fractions if s != VACANCY])
        except InputError:
            scale = np.full(shares.shape[1], np.nan)
        means[label] = shares @ scale
        if site is not middle.anion_site:
            spread = (shares * (scale - means[label][:, None]) ** 2).sum(axis=1)
            found[f"electronegativity_mismatch_{label.lower()}"] = np.sqrt(spread)
    cations = [means[site.label] for site in middle.cation_sites]
    found["mean_electronegativity_difference"] = means[middle.anion_site.label] - sum(cations) / len(cations)
    return found
