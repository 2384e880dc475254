"""Descriptors of one composition as named numbers, as studies tabulate them.

Names end in their unit where there is one: ``_r`` for R. Distortions are fractions; charges in e per formula unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from entrox.composition.charge import charge_imbalance
from entrox.composition.distortion import lattice_distortion
from entrox.composition.entropy import entropies
from entrox.composition.lattice import molar_mass
from entrox.composition.sites import Composition
from entrox.composition.stability import (
    bartel_tau,
    electronegativity_mismatch_of_site,
    goldschmidt_tolerance,
    mean_electronegativity_difference,
    octahedral_factor,
)
from entrox.core.errors import InputError

__all__ = ["composition_descriptors"]

T = TypeVar("T")


def composition_descriptors(
    composition: Composition, *, radii: Mapping[str, float] | None = None
) -> dict[str, float | None]:
    """Descriptors of one composition by the names that :func:`family_descriptors` uses.

    Parameters
    ----------
    composition
        Species on sites.
    radii
        The user's own radii [angstrom] by symbol.

    Returns
    -------
    dict
        Numbers; None where the structure type does not define a quantity or an electronegativity is missing.
    """
    mixing, distortion = entropies(composition), lattice_distortion(composition, radii=radii)
    perovskite = composition.prototype == "perovskite"
    found: dict[str, float | None] = {
        "entropy_per_formula_unit_r": mixing.per_formula_unit,
        "entropy_per_cation_r": mixing.per_cation,
        "entropy_per_atom_r": mixing.per_atom,
        "entropy_metric_r": mixing.entropy_metric,
    }
    for site in composition.cation_sites:
        label = site.label.lower()
        found[f"entropy_{label}_site_r"] = mixing.per_site[site.label]
        found[f"lattice_distortion_{label}"] = distortion.per_site[site.label]
        found[f"electronegativity_mismatch_{label}"] = _or_none(electronegativity_mismatch_of_site, site)
    found["lattice_distortion"] = distortion.total
    found["tolerance_factor"] = goldschmidt_tolerance(composition, radii=radii) if perovskite else None
    found["bartel_tau"] = bartel_tau(composition, radii=radii) if perovskite else None
    found["octahedral_factor"] = octahedral_factor(composition, radii=radii) if perovskite else None
    found["charge_imbalance"] = float(charge_imbalance(composition))
    found["mean_electronegativity_difference"] = _or_none(mean_electronegativity_difference, composition)
    found["molar_mass_g_per_mol"] = molar_mass(composition)
    return found


def _or_none(compute: Callable[[T], float], noun: T) -> float | None:
    """Return the value, or None where an electronegativity is not known."""
    try:
        return compute(noun)
    except InputError:
        return None
