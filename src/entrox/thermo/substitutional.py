r"""Entropy of substitution that a glass could have beyond that of its crystal.

Ideal mixing over the same cations on the same kinds of site is the same in both phases and cancels. A glass that mixes
*all* cations, those of the crystal's A and B sites too, gains the entropy of mixing the sites:

.. math:: \Delta S = -R \sum_s m_s \ln \frac{m_s}{M} , \qquad M = \sum_s m_s ,

because the entropy of all is that of the groups plus that within them. It depends on the numbers of sites alone, so it
is the same for every composition of a series whose cations stay on their own sites. Units: R, eV, K, angstrom, J/m3.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from entrox.composition.entropy import entropies, mixing_entropy_of_site
from entrox.composition.tables import VACANCY
from entrox.core import InputError, Result, check_positive, quantity
from entrox.core.units import J_PER_M3_PER_EV_PER_ANGSTROM3
from entrox.thermo.nucleation import thermal_energy

if TYPE_CHECKING:
    from entrox.composition.sites import Composition

__all__ = ["SUBSTITUTIONAL", "Substitutional", "SubstitutionalSurplus", "atoms_per_formula", "substitutional_surplus"]

Substitutional = Literal["same", "all-cations"]
SUBSTITUTIONAL: tuple[str, ...] = get_args(Substitutional)


@dataclass(frozen=True, kw_only=True)
class SubstitutionalSurplus(Result):
    """Entropy of the glass beyond that of the crystal if it mixed all cations, in the units in use."""

    crystal_r: float = quantity("R", "ideal mixing on the sites of the crystal, per formula unit")
    all_cations_r: float = quantity("R", "ideal mixing of all cations with one another, per formula unit")
    surplus_r: float = quantity("R", "surplus per formula unit")
    surplus_per_atom_r: float = quantity("R/atom", "surplus per atom")
    energy_ev_per_atom: float = quantity("eV/atom", "temperature times the surplus")
    energy_j_per_m3: float | None = quantity("J/m3", "temperature times the surplus, per volume")


def atoms_per_formula(composition: Composition) -> float:
    """Atoms in a formula unit, vacancies not counted."""
    return float(sum(amount for species, amount in composition.amounts.items() if species != VACANCY))


def substitutional_surplus(
    composition: Composition, temperature_k: float, volume_angstrom3: float | None = None
) -> SubstitutionalSurplus:
    """Entropy that mixing all cations of a composition adds to mixing them on their sites.

    Parameters
    ----------
    composition
        With its sites; a vacancy on a cation site is one of the species.
    temperature_k
        Temperature at which the entropy is an energy.
    volume_angstrom3
        Of a formula unit, for the energy density; None leaves it out.

    Raises
    ------
    InputError
        If the composition has one kind of cation site: then there is nothing to add.

    Examples
    --------
    Four A and three B sites, whatever sits on them:

    >>> from entrox.composition import parse_formula
    >>> series = parse_formula("Bi(4-4x)LaxNdxPrxSmxTi3O12")
    >>> [round(substitutional_surplus(series.at(x=x), 300.0).surplus_r, 4) for x in (0, 0.25, 0.75)]
    [4.7804, 4.7804, 4.7804]
    """
    sites = composition.cation_sites
    if len(sites) < 2:
        raise InputError(
            f"{composition.formula} has one kind of cation site: crystal and glass mix the same cations. Use 'same'."
        )
    amounts: defaultdict[str, float] = defaultdict(float)
    for site in sites:
        for species, fraction in site.fractions.items():
            amounts[species] += float(site.multiplicity * fraction)
    total = sum(amounts.values())
    mixed = total * float(mixing_entropy_of_site([amount / total for amount in amounts.values()]))
    crystal = entropies(composition).per_formula_unit
    surplus, atoms = mixed - crystal, atoms_per_formula(composition)
    energy = thermal_energy(temperature_k) * surplus
    density = None
    if volume_angstrom3 is not None:
        density = energy / check_positive(volume_angstrom3, "volume_angstrom3", "angstrom3")
    return SubstitutionalSurplus(
        crystal_r=crystal,
        all_cations_r=mixed,
        surplus_r=surplus,
        surplus_per_atom_r=surplus / atoms,
        energy_ev_per_atom=energy / atoms,
        energy_j_per_m3=None if density is None else density * J_PER_M3_PER_EV_PER_ANGSTROM3,
    )
