r"""Free energy of a glass minus that of its crystal, with the probability that it is below zero.

.. math:: \Delta f = \frac{1}{V} \left[ \Delta U_\mathrm{inh} + \Delta F_\mathrm{vib} + p \Delta V
    - T (\Delta S_\mathrm{sub} + \Delta S_\mathrm{top}) \right]

Ideal mixing over the same cations cancels; what a composition changes is :math:`\Delta U`, :math:`\Delta V` and
:math:`\Delta F_\mathrm{vib}`. Units: eV and angstrom3 per atom, kJ/mol per formula unit, J/m3, K, bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.core.bootstrap import percentile_interval
from entrox.core.units import EV_PER_KJ_PER_MOL, J_PER_M3_PER_EV_PER_ANGSTROM3
from entrox.thermo.free_energy_terms import (
    FreeEnergyTerm,
    inherent_energy_term,
    pressure_term,
    substitutional_term,
    topological_term,
    vibrational_term,
)
from entrox.thermo.phase_sample import PhaseSample
from entrox.thermo.substitutional import (
    SUBSTITUTIONAL,
    Substitutional,
    SubstitutionalSurplus,
    atoms_per_formula,
    substitutional_surplus,
)

if TYPE_CHECKING:
    from entrox.composition.sites import Composition

__all__ = ["FreeEnergyDifference", "FreeEnergyTerm", "free_energy_difference"]

Floats = NDArray[np.float64]

DRAWS = 100_000
BRACKET_KB_PER_FORMULA_UNIT = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class FreeEnergyDifference(Result):
    """Amorphous minus crystal: the five terms and their sum.

    ``standard_error`` joins statistical errors with brackets as uniform distributions, half width over root three.
    """

    formula: str
    temperature_k: float = quantity("K", "temperature")
    pressure_bar: float = quantity("bar", "pressure")
    calculator: str
    substitutional: Substitutional
    surplus: SubstitutionalSurplus | None
    terms: tuple[FreeEnergyTerm, ...]
    df_ev_per_atom: float = quantity("eV/atom", "free energy, amorphous minus crystal")
    statistical_ev_per_atom: float = quantity("eV/atom", "standard error of the free energy")
    systematic_ev_per_atom: float = quantity("eV/atom", "half widths of the brackets, added in quadrature")
    standard_error_ev_per_atom: float = quantity("eV/atom", "both errors together")
    df_kj_per_mol: float = quantity("kJ/mol", "free energy per mole of formula units")
    df_j_per_m3: float = quantity("J/m3", "free-energy density")
    standard_error_j_per_m3: float = quantity("J/m3", "standard error of the free-energy density")
    df_p05_j_per_m3: float = quantity("J/m3", "free-energy density, 5 % quantile")
    df_p95_j_per_m3: float = quantity("J/m3", "free-energy density, 95 % quantile")
    p_below_zero: float = quantity("1", "probability that the glass has the lower free energy")
    n_draws: int = quantity("1", "draws")
    divided_by: str
    volume_angstrom3_per_atom: float = quantity("angstrom3/atom", "volume that divides")
    volume_error_angstrom3_per_atom: float = quantity("angstrom3/atom", "standard error of that volume")
    volume_change_percent: float = quantity("%", "volume of the glass over that of the crystal, minus one")
    atoms_per_formula: float = quantity("1", "atoms per formula unit")
    verdict: str
    warnings: tuple[str, ...] = ()


def free_energy_difference(
    composition: Composition,
    crystal: PhaseSample,
    amorphous: PhaseSample,
    temperature_k: float,
    rng: np.random.Generator,
    *,
    pressure_bar: float = 1.0,
    substitutional: Substitutional = "same",
    residual_kb_per_formula_unit: tuple[float, float] = BRACKET_KB_PER_FORMULA_UNIT,
    residual_remark: str = "bracket, not computed",
    vibrational_bracket_ev_per_atom: tuple[float, float] | None = None,
    target_rate_k_per_ps: float | None = None,
    divide_by: Literal["crystal", "amorphous"] = "crystal",
    draws: int = DRAWS,
) -> FreeEnergyDifference:
    """Free energy of a glass minus that of its crystal.

    Parameters
    ----------
    composition
        Same in both phases, with its sites.
    crystal, amorphous
        Members of the phases, vibrations at ``temperature_k``.
    temperature_k
        Temperature.
    rng
        Draws the errors: Student's or normal for statistical, uniform for systematic ones.
    pressure_bar
        Pressure.
    substitutional
        ``same``: both phases mix the same cations, and the entropy cancels exactly; ``all-cations``: the glass mixes
        those of all sites.
    residual_kb_per_formula_unit, residual_remark
        Bracket of the entropy frozen into the glass, and where it comes from; see
        :func:`~entrox.thermo.frozen_entropy.residual_entropy`.
    vibrational_bracket_ev_per_atom
        Instead of vibrations of the phases.
    target_rate_k_per_ps
        Cooling rate to which the energy of the glass is extrapolated.
    divide_by
        Phase whose volume divides.
    draws
        Number of draws.

    Raises
    ------
    InputError
        If the calculators differ, members are too few, or what a term needs is missing.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> one = dict(calculator="a model", vibrational_ev_per_atom=[0.05], volumes_angstrom3_per_atom=[13.0])
    >>> crystal = PhaseSample(name="crystal", energies_ev_per_atom=[-8.0], ordered=True, **one)
    >>> glass = PhaseSample(name="amorphous", energies_ev_per_atom=[-7.91, -7.90, -7.89], **one)
    >>> found = free_energy_difference(
    ...     parse_formula("Bi4Ti3O12").at(), crystal, glass, 300.0, np.random.default_rng(1)
    ... )
    >>> round(found.df_ev_per_atom, 4), found.verdict
    (0.0993, 'the crystal has the lower free energy')
    """
    if substitutional not in SUBSTITUTIONAL or divide_by not in ("crystal", "amorphous"):
        raise InputError(
            f"substitutional must be one of {', '.join(SUBSTITUTIONAL)} and divide_by crystal or amorphous; got "
            f"{substitutional!r}, {divide_by!r}."
        )
    crystal, amorphous = crystal.checked(), amorphous.checked()
    check_positive(temperature_k, "temperature_k", "K")
    atoms = atoms_per_formula(composition)
    volume = (crystal if divide_by == "crystal" else amorphous).volume()[:2]
    surplus = _surplus(composition, temperature_k, volume[0] * atoms, substitutional)
    inherent, notes = inherent_energy_term(crystal, amorphous, target_rate_k_per_ps)
    vibrations, more = vibrational_term(crystal, amorphous, vibrational_bracket_ev_per_atom)
    terms = (
        inherent,
        vibrations,
        substitutional_term(0.0 if surplus is None else surplus.energy_ev_per_atom, substitutional),
        topological_term(
            temperature_k,
            low_kb_per_atom=residual_kb_per_formula_unit[0] / atoms,
            high_kb_per_atom=residual_kb_per_formula_unit[1] / atoms,
            remark=residual_remark,
        ),
        pressure_term(crystal, amorphous, pressure_bar),
    )
    return FreeEnergyDifference(
        formula=composition.formula,
        temperature_k=float(temperature_k),
        pressure_bar=float(pressure_bar),
        calculator=crystal.calculator,
        substitutional=substitutional,
        surplus=surplus,
        terms=terms,
        divided_by=divide_by,
        volume_angstrom3_per_atom=volume[0],
        volume_error_angstrom3_per_atom=volume[1],
        volume_change_percent=100.0 * (amorphous.volume()[0] / crystal.volume()[0] - 1.0),
        atoms_per_formula=atoms,
        n_draws=draws,
        warnings=(*notes, *more, f"one model, {crystal.calculator}: what it is wrong by is in no error"),
        **_summed(terms, rng, check_integer(draws, "draws", low=100), atoms, volume),
    )


def _summed(
    terms: tuple[FreeEnergyTerm, ...], rng: np.random.Generator, draws: int, atoms: float, volume: tuple[float, float]
) -> dict[str, Any]:
    """Sum of the terms in every unit, with its errors, quantiles, probability and verdict."""
    total = sum(term.value_ev_per_atom for term in terms)
    statistical = float(np.sqrt(sum(term.statistical_ev_per_atom**2 for term in terms)))
    systematic = float(np.sqrt(sum(term.systematic_ev_per_atom**2 for term in terms)))
    error = float(np.hypot(statistical, systematic / np.sqrt(3.0)))
    sums = _draws(terms, rng, draws)
    p_below = float((sums < 0.0).mean())
    scale = J_PER_M3_PER_EV_PER_ANGSTROM3 / volume[0]
    # after the sums, so that the volume changes no other draw; it has a few percent at most and stays far from zero
    low, high = percentile_interval(sums / (1.0 + volume[1] / volume[0] * rng.standard_normal(draws)), 0.90) * scale
    return {
        "df_ev_per_atom": total,
        "statistical_ev_per_atom": statistical,
        "systematic_ev_per_atom": systematic,
        "standard_error_ev_per_atom": error,
        "df_kj_per_mol": total * atoms / EV_PER_KJ_PER_MOL,
        "df_j_per_m3": total * scale,
        "standard_error_j_per_m3": float(np.hypot(error, total * volume[1] / volume[0])) * scale,
        "df_p05_j_per_m3": float(low),
        "df_p95_j_per_m3": float(high),
        "p_below_zero": p_below,
        "verdict": _verdict(p_below, total),
    }


def _surplus(
    composition: Composition, temperature_k: float, volume_angstrom3: float, substitutional: str
) -> SubstitutionalSurplus | None:
    """Surplus of mixing all cations, asked for or not: its size is always told where there is one."""
    if substitutional == "same" and len(composition.cation_sites) < 2:
        return None
    return substitutional_surplus(composition, temperature_k, volume_angstrom3)


def _draws(terms: tuple[FreeEnergyTerm, ...], rng: np.random.Generator, draws: int) -> Floats:
    """Sums of the terms with their errors drawn [eV per atom]."""
    sums = np.zeros(draws)
    for term in terms:
        sums += term.value_ev_per_atom
        if term.statistical_ev_per_atom > 0.0:
            freedom = term.degrees_of_freedom
            unit = rng.standard_normal(draws) if freedom is None else rng.standard_t(freedom, draws)
            sums += term.statistical_ev_per_atom * unit
        if term.systematic_ev_per_atom > 0.0:
            sums += term.systematic_ev_per_atom * rng.uniform(-1.0, 1.0, draws)
    return sums


def _verdict(p_below: float, total: float) -> str:
    if p_below < 0.05:
        return "the crystal has the lower free energy"
    if p_below > 0.95:
        return "the glass has the lower free energy"
    lower = "glass" if total < 0.0 else "crystal"
    return f"not decided: the {lower} lies lower, with P(df < 0) = {p_below:.2f}"
