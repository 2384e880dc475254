r"""The five terms of the free energy of a glass over its crystal, each with its errors.

.. math:: \Delta F = \Delta U_\mathrm{inh} + \Delta F_\mathrm{vib} + p \Delta V - T \Delta S_\mathrm{sub}
    - T \Delta S_\mathrm{top}

A statistical error is a standard error with its degrees of freedom; a systematic one is half the width of a bracket
that holds the truth somewhere. Units: eV per atom, K, bar, angstrom3 per atom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entrox.core import InputError, Result, check_finite, check_in_range, check_positive, quantity
from entrox.core.linear_fit import fit_linear
from entrox.core.units import EV_PER_ANGSTROM3_PER_BAR
from entrox.thermo.nucleation import thermal_energy
from entrox.thermo.phase_sample import PhaseSample, mean_and_error

__all__ = [
    "FreeEnergyTerm",
    "inherent_energy_term",
    "pressure_term",
    "substitutional_term",
    "topological_term",
    "vibrational_term",
]

FEWEST_FOR_LINE = 3
MEV_PER_EV = 1000.0


@dataclass(frozen=True, kw_only=True)
class FreeEnergyTerm(Result):
    """One term, as it enters the sum: entropies already times -T."""

    name: str
    value_ev_per_atom: float = quantity("eV/atom", "contribution to the free energy, amorphous minus crystal")
    statistical_ev_per_atom: float = quantity("eV/atom", "standard error")
    systematic_ev_per_atom: float = quantity("eV/atom", "half width of the systematic bracket")
    degrees_of_freedom: float | None = quantity("1", "degrees of freedom of the standard error; None: normal")
    remark: str = ""


def inherent_energy_term(
    crystal: PhaseSample, amorphous: PhaseSample, target_rate_k_per_ps: float | None = None
) -> tuple[FreeEnergyTerm, tuple[str, ...]]:
    """Difference of the inherent-structure energies, and warnings.

    Parameters
    ----------
    crystal, amorphous
        Members of the phases. Of a glass cooled at several rates the slowest counts (a single one there with the
        scatter of all about the line over the logarithm of the rate), unless
    target_rate_k_per_ps
        is given: then its energy is extrapolated linearly in the logarithm of the rate, and the distance from the
        slowest rate is taken as half the bracket, since nothing says how far the line holds.

    Raises
    ------
    InputError
        If the calculators differ, or a rate is asked for that the members do not determine.
    """
    if crystal.calculator.strip() != amorphous.calculator.strip():
        raise InputError(
            f"energies of different calculators are never subtracted; got {crystal.calculator!r} for the crystal and "
            f"{amorphous.calculator!r} for the glass. Compute both with one model."
        )
    base = mean_and_error(np.asarray(crystal.energies_ev_per_atom, dtype=float))
    slowest = _slowest(amorphous)
    systematic, notes = 0.0, list(_rate_notes(amorphous))
    if target_rate_k_per_ps is None:
        glass, remark = slowest, "ensemble means"
    else:
        glass = _at_rate(amorphous, check_positive(target_rate_k_per_ps, "target_rate_k_per_ps", "K/ps"))
        systematic = abs(glass[0] - slowest[0])
        remark = f"extrapolated to {target_rate_k_per_ps:g} K/ps"
        decades = np.log10(min(amorphous.rates_k_per_ps) / target_rate_k_per_ps)
        if decades > 0.0:
            notes.append(f"the energy of the glass is extrapolated over {decades:.1f} decades of the cooling rate")
    value, error, freedom = _difference(glass, base)
    term = FreeEnergyTerm(
        name="inherent energy", value_ev_per_atom=value, statistical_ev_per_atom=error,
        systematic_ev_per_atom=systematic, degrees_of_freedom=freedom, remark=remark,
    )  # fmt: skip
    return term, tuple(notes)


def _rate_notes(amorphous: PhaseSample) -> tuple[str, ...]:
    notes = []
    if (count := int(amorphous.slowest.sum())) < 2:
        notes.append("the slowest rate has one glass only: its error is the scatter of all about their line")
    elif count < 5:
        notes.append(f"{count} glasses at the slowest rate; five or more are advised")
    rates = np.asarray(amorphous.rates_k_per_ps, dtype=float)
    if len(np.unique(rates)) < 2:
        notes.append("one cooling rate: how the energy of the glass falls with slower cooling is not known")
    elif len(rates) >= FEWEST_FOR_LINE:
        columns = np.column_stack([np.ones_like(rates), np.log10(rates)])
        slope = fit_linear(columns, np.asarray(amorphous.energies_ev_per_atom, dtype=float))
        per_decade, error = (MEV_PER_EV * float(item[1]) for item in (slope.coefficients, slope.standard_errors))
        notes.append(
            f"the energy of the glass changes by {per_decade:.2g} meV/atom, standard error {error:.1g}, for each "
            "decade of the cooling rate"
        )
    return tuple(notes)


def _slowest(amorphous: PhaseSample) -> tuple[float, float, int | None]:
    """Mean of the glasses of the slowest rate; a single one among three or more has the scatter of all as its error."""
    energies = np.asarray(amorphous.energies_ev_per_atom, dtype=float)
    own = energies[amorphous.slowest]
    if len(own) > 1 or len(energies) < FEWEST_FOR_LINE:
        return mean_and_error(own)
    columns = np.column_stack([np.ones(len(energies)), np.log10(np.asarray(amorphous.rates_k_per_ps, dtype=float))])
    freedom = len(energies) - columns.shape[1]
    scatter = float(np.sqrt((fit_linear(columns, energies).residuals ** 2).sum() / freedom))
    return float(own[0]), scatter, freedom


def _at_rate(amorphous: PhaseSample, rate: float) -> tuple[float, float, int | None]:
    rates = np.asarray(amorphous.rates_k_per_ps, dtype=float)
    if len(rates) < FEWEST_FOR_LINE or len(np.unique(rates)) < 2:
        raise InputError("an extrapolation in the cooling rate needs three glasses or more at two rates or more.")
    # measured from the target, so that the constant is the energy there and its error that of the line there
    steps = np.log10(rates / rate)
    fit = fit_linear(np.column_stack([np.ones_like(steps), steps]), np.asarray(amorphous.energies_ev_per_atom))
    return float(fit.coefficients[0]), float(fit.standard_errors[0]), len(rates) - 2


def _difference(
    glass: tuple[float, float, int | None], crystal: tuple[float, float, int | None]
) -> tuple[float, float, float | None]:
    """Difference of two means, its standard error and the degrees of freedom of Welch and Satterthwaite."""
    squares = [error**2 for _, error, _ in (glass, crystal)]
    total = sum(squares)
    if total == 0.0:
        return glass[0] - crystal[0], 0.0, None
    weight = sum(
        square**2 / freedom for square, (_, _, freedom) in zip(squares, (glass, crystal), strict=True) if freedom
    )
    return glass[0] - crystal[0], float(np.sqrt(total)), total**2 / weight if weight > 0.0 else None


def vibrational_term(
    crystal: PhaseSample, amorphous: PhaseSample, bracket_ev_per_atom: tuple[float, float] | None = None
) -> tuple[FreeEnergyTerm, tuple[str, ...]]:
    """Difference of the vibrational free energies.

    Parameters
    ----------
    crystal, amorphous
        Members with their vibrational free energies.
    bracket_ev_per_atom
        Lowest and highest plausible difference, where the phases have none.

    Raises
    ------
    InputError
        If neither or both are there: what is missing is not taken as zero.
    """
    known = [bool(len(sample.vibrational_ev_per_atom)) for sample in (crystal, amorphous)]
    if bracket_ev_per_atom is not None:
        if any(known):
            raise InputError("give vibrations of both phases, or a bracket of their difference; not both.")
        return _bracket_term("vibrations", bracket_ev_per_atom, 1.0, "bracket, not computed"), ()
    if not all(known):
        raise InputError(
            "vibrational free energies of both phases are needed (frequencies, spectrum or values), or a bracket of "
            "their difference. What is missing is not taken as zero."
        )
    means = [mean_and_error(np.asarray(item.vibrational_ev_per_atom, dtype=float)) for item in (amorphous, crystal)]
    value, error, freedom = _difference(means[0], means[1])
    notes = [
        f"the vibrations of the {item.name} come from one member: they have no error"
        for item in (amorphous, crystal)
        if len(item.vibrational_ev_per_atom) == 1 and not item.ordered
    ]
    term = FreeEnergyTerm(
        name="vibrations", value_ev_per_atom=value, statistical_ev_per_atom=error, systematic_ev_per_atom=0.0,
        degrees_of_freedom=freedom, remark="quantum oscillators",
    )  # fmt: skip
    return term, tuple(notes)


def pressure_term(crystal: PhaseSample, amorphous: PhaseSample, pressure_bar: float) -> FreeEnergyTerm:
    """Pressure times the difference of the volumes."""
    scale = check_in_range(pressure_bar, "pressure_bar", unit="bar") * EV_PER_ANGSTROM3_PER_BAR
    value, error, freedom = _difference(amorphous.volume(), crystal.volume())
    return FreeEnergyTerm(
        name="pressure", value_ev_per_atom=scale * value, statistical_ev_per_atom=abs(scale) * error,
        systematic_ev_per_atom=0.0, degrees_of_freedom=freedom, remark=f"{pressure_bar:g} bar",
    )  # fmt: skip


def substitutional_term(surplus_ev_per_atom: float, substitutional: str) -> FreeEnergyTerm:
    """Energy of the surplus of mixing: exactly zero where both phases mix the same cations on the same sites."""
    value = -surplus_ev_per_atom if substitutional == "all-cations" else 0.0
    remark = "glass mixes all cations" if substitutional == "all-cations" else "same mixing in both: cancels exactly"
    return FreeEnergyTerm(
        name="substitution", value_ev_per_atom=value, statistical_ev_per_atom=0.0, systematic_ev_per_atom=0.0,
        degrees_of_freedom=None, remark=remark,
    )  # fmt: skip


def topological_term(
    temperature_k: float, *, low_kb_per_atom: float, high_kb_per_atom: float, remark: str
) -> FreeEnergyTerm:
    """Energy of the entropy frozen into the glass, from a bracket [k_B per atom] that must not be below zero."""
    check_in_range(low_kb_per_atom, "residual entropy", low=0.0, unit="k_B per atom")
    scale = -thermal_energy(temperature_k)
    return _bracket_term("residual entropy", (low_kb_per_atom, high_kb_per_atom), scale, remark)


def _bracket_term(name: str, ends: tuple[float, float], scale: float, remark: str) -> FreeEnergyTerm:
    low, high = check_finite(ends, f"bracket of the {name}").tolist()
    if high < low:
        raise InputError(f"the bracket of the {name} must rise; got {low:g} to {high:g}.")
    return FreeEnergyTerm(
        name=name, value_ev_per_atom=scale * 0.5 * (low + high), statistical_ev_per_atom=0.0,
        systematic_ev_per_atom=abs(scale) * 0.5 * (high - low), degrees_of_freedom=None, remark=remark,
    )  # fmt: skip
