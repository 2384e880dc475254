"""Everything that follows from a formula alone, in one result: the content of ``entrox describe``.

Pure function and its result. Entropies in R, distortions as fractions, charges in e, masses in g/mol, g/cm3, angstrom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from entrox.composition.charge import charge_imbalance, charge_warnings
from entrox.composition.distortion import lattice_distortion
from entrox.composition.elements import electronegativity
from entrox.composition.entropy import Entropies, entropies
from entrox.composition.formula import Formula, parse_formula
from entrox.composition.lattice import density, molar_mass, pseudo_cubic_lattice_parameter
from entrox.composition.sites import Composition
from entrox.composition.stability import (
    bartel_tau,
    goldschmidt_tolerance,
    mean_electronegativity_difference,
    octahedral_factor,
    tolerance_factor_warnings,
)
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = ["Description", "describe"]

T = TypeVar("T")
LARGEST_BARTEL_TAU = 4.18


@dataclass(frozen=True, kw_only=True)
class Description(Result):
    """Sites, entropy in every normalization, distortion, stability, charge and density of one composition."""

    formula: str
    x: float | None = quantity("1", "composition variable x")
    prototype: str
    sites: dict[str, dict[str, float]]
    charges: dict[str, int]
    entropy_r: dict[str, float | dict[str, float]]
    lattice_distortion: dict[str, float]
    tolerance_factor: float | None = quantity("1", "Goldschmidt tolerance factor")
    bartel_tau: float | None = quantity("1", "Bartel tolerance factor")
    octahedral_factor: float | None = quantity("1", "octahedral factor")
    charge_imbalance: float = quantity("e", "charge imbalance per formula unit")
    mean_electronegativity_difference: float | None = quantity("1", "mean electronegativity difference")
    molar_mass_g_per_mol: float = quantity("g/mol", "molar mass")
    lattice_parameter_angstrom: float | None = quantity("angstrom", "pseudo-cubic lattice parameter")
    density_g_per_cm3: float | None = quantity("g/cm3", "density")
    warnings: tuple[str, ...] = ()


def describe(
    formula: str | Formula | Composition,
    x: float | Fraction | str | None = None,
    *,
    y: float | Fraction | str | None = None,
    prototype: str | None = None,
    site_of: Mapping[str, str] | None = None,
    charges: Mapping[str, int] | None = None,
    radii: Mapping[str, float] | None = None,
    electronegativities: Mapping[str, float] | None = None,
) -> Description:
    """Describe a composition.

    Parameters
    ----------
    formula
        Text, formula, or a composition that already has its sites.
    x, y
        Values of the variables of the formula.
    prototype, site_of, charges
        Overrides of the structure type, the site of a species, the ionic charge of a species [e].
    radii, electronegativities
        The user's own ionic radii [angstrom] and electronegativities by symbol.

    Returns
    -------
    Description
        Quantities that the structure type does not define, or whose data are missing, are None; the warnings say which
        data are missing.

    Raises
    ------
    FormatError, InputError
        If the formula cannot be read or put on sites, or a radius for the distortion is missing.

    Examples
    --------
    >>> description = describe("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", x=0.2)
    >>> round(description.entropy_r["per_formula_unit"], 3), round(description.lattice_distortion["total"], 5)
    (2.282, 0.12729)
    """
    if isinstance(formula, Composition):
        if any(value is not None for value in (x, y, prototype, site_of, charges)):
            raise InputError(
                "A composition has its sites already; pass x, y, prototype, site_of, charges with a formula."
            )
        composition = formula
    else:
        read = parse_formula(formula) if isinstance(formula, str) else formula
        composition = read.at(x, y=y, prototype=prototype, site_of=site_of, charges=charges)
    return _describe(composition, radii, electronegativities)


def _describe(
    composition: Composition, radii: Mapping[str, float] | None, electronegativities: Mapping[str, float] | None
) -> Description:
    mixing = entropies(composition)
    distortion = lattice_distortion(composition, radii=radii)
    perovskite = composition.prototype == "perovskite"
    missing: list[str] = []
    tau = bartel_tau(composition, radii=radii) if perovskite else None
    if perovskite and (tau is None or tau > LARGEST_BARTEL_TAU):
        value = "undefined (A not larger than B)" if tau is None else f"{tau:.2f}"
        missing.append(f"Bartel tau {value}: a perovskite is expected below {LARGEST_BARTEL_TAU} only")
    edge = _or_none(lambda: pseudo_cubic_lattice_parameter(composition), missing) if perovskite else None
    return Description(
        formula=composition.formula,
        x=composition.x,
        prototype=composition.prototype,
        sites={label: {s: float(c) for s, c in site.fractions.items()} for label, site in composition.sites.items()},
        charges={s: site.charges[s] for site in composition.sites.values() for s in site.fractions if s != VACANCY},
        entropy_r=_entropy_table(mixing),
        lattice_distortion={**distortion.per_site, "total": distortion.total},
        tolerance_factor=goldschmidt_tolerance(composition, radii=radii) if perovskite else None,
        bartel_tau=tau,
        octahedral_factor=octahedral_factor(composition, radii=radii) if perovskite else None,
        charge_imbalance=float(charge_imbalance(composition)),
        mean_electronegativity_difference=_electronegativity_difference(composition, electronegativities, missing),
        molar_mass_g_per_mol=molar_mass(composition),
        lattice_parameter_angstrom=edge.value if edge else None,
        density_g_per_cm3=density(composition) if edge else None,
        warnings=(
            *composition.warnings,
            *charge_warnings(composition),
            *mixing.warnings,
            *distortion.warnings,
            *tolerance_factor_warnings(composition, radii=radii),
            *(edge.warnings if edge else ()),
            *missing,
        ),
    )


def _entropy_table(mixing: Entropies) -> dict[str, float | dict[str, float]]:
    return {
        "per_formula_unit": mixing.per_formula_unit,
        "per_site": dict(mixing.per_site),
        "per_cation": mixing.per_cation,
        "per_atom": mixing.per_atom,
        "entropy_metric": mixing.entropy_metric,
    }


def _electronegativity_difference(
    composition: Composition, own: Mapping[str, float] | None, missing: list[str]
) -> float | None:
    """Return the mean difference, or None with the elements that have no electronegativity added to ``missing``."""
    unknown = [s for s in composition.amounts if s != VACANCY and s not in (own or {}) and not _has_value(s)]
    if not unknown:
        return mean_electronegativity_difference(composition, electronegativities=own)
    missing.append(
        f"no electronegativity for {', '.join(unknown)}: no mean difference; pass your own, "
        f"electronegativities={{{unknown[0]!r}: 1.2}} (in Python)"
    )
    return None


def _has_value(symbol: str) -> bool:
    try:
        electronegativity(symbol)
    except InputError:
        return False
    return True


def _or_none(compute: Callable[[], T], missing: list[str]) -> T | None:
    """Return the value, or None with the reason added to ``missing`` where data are not known."""
    try:
        return compute()
    except InputError as error:
        missing.append(str(error))
        return None
