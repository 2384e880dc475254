"""Free energies of glass and crystal, and nucleation.

Units: energies in eV, free-energy densities in J/m3, interface energies in J/m2, temperatures in K, entropies in k_B
(R per mole), lengths in nm, volumes in angstrom3, frequencies in THz.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.thermo.barrier_laws import LawFit, fit_law
    from entrox.thermo.barrier_table import BarrierRow, read_barrier_table
    from entrox.thermo.barriers_over_entropy import BarrierSeries, barrier_series
    from entrox.thermo.free_energy import FreeEnergyDifference, free_energy_difference
    from entrox.thermo.free_energy_run import free_energy_of_settings
    from entrox.thermo.free_energy_settings import FreeEnergySettings, read_free_energy_settings
    from entrox.thermo.free_energy_terms import FreeEnergyTerm
    from entrox.thermo.frozen_entropy import residual_entropy
    from entrox.thermo.law_comparison import compare_laws
    from entrox.thermo.law_prediction import LawPrediction, predict_law
    from entrox.thermo.nucleation import (
        barrier,
        critical_radius,
        driving_force,
        driving_force_of_barrier,
        nucleation_work,
        wetting_factor,
    )
    from entrox.thermo.nucleation_rate import growth_velocity, log10_kinetic_factor, log10_relative_rate
    from entrox.thermo.phase_sample import PhaseSample
    from entrox.thermo.quench_members import read_quenched_glasses
    from entrox.thermo.substitutional import SubstitutionalSurplus, substitutional_surplus
    from entrox.thermo.uncertain_barrier import Kinetics, NucleationResult, nucleation_result
    from entrox.thermo.vibration import (
        einstein_free_energy,
        free_energy_per_atom,
        harmonic_free_energy,
        spectrum_free_energy,
    )
    from entrox.thermo.vibration_runs import VibrationalSpectrum, cell_frequencies, velocity_spectrum

_HOMES = {
    "barrier_laws": ("LawFit", "fit_law"),
    "barriers_over_entropy": ("BarrierSeries", "barrier_series"),
    "barrier_table": ("BarrierRow", "read_barrier_table"),
    "free_energy": ("FreeEnergyDifference", "free_energy_difference"),
    "free_energy_run": ("free_energy_of_settings",),
    "free_energy_settings": ("FreeEnergySettings", "read_free_energy_settings"),
    "free_energy_terms": ("FreeEnergyTerm",),
    "law_comparison": ("compare_laws",),
    "law_prediction": ("LawPrediction", "predict_law"),
    "nucleation": (
        "barrier",
        "critical_radius",
        "driving_force",
        "driving_force_of_barrier",
        "nucleation_work",
        "wetting_factor",
    ),
    "nucleation_rate": ("growth_velocity", "log10_kinetic_factor", "log10_relative_rate"),
    "uncertain_barrier": ("Kinetics", "NucleationResult", "nucleation_result"),
    "phase_sample": ("PhaseSample",),
    "quench_members": ("read_quenched_glasses",),
    "frozen_entropy": ("residual_entropy",),
    "substitutional": ("SubstitutionalSurplus", "substitutional_surplus"),
    "vibration": ("einstein_free_energy", "free_energy_per_atom", "harmonic_free_energy", "spectrum_free_energy"),
    "vibration_runs": ("VibrationalSpectrum", "cell_frequencies", "velocity_spectrum"),
}
_HOME_OF: dict[str, str] = {name: home for home, names in _HOMES.items() for name in names}
"""The module of each public name; it is loaded when the name is first used."""

__all__ = [
    "BarrierRow",
    "BarrierSeries",
    "FreeEnergyDifference",
    "FreeEnergySettings",
    "FreeEnergyTerm",
    "Kinetics",
    "LawFit",
    "LawPrediction",
    "NucleationResult",
    "PhaseSample",
    "SubstitutionalSurplus",
    "VibrationalSpectrum",
    "barrier",
    "barrier_series",
    "cell_frequencies",
    "compare_laws",
    "critical_radius",
    "driving_force",
    "driving_force_of_barrier",
    "einstein_free_energy",
    "fit_law",
    "free_energy_difference",
    "free_energy_of_settings",
    "free_energy_per_atom",
    "growth_velocity",
    "harmonic_free_energy",
    "log10_kinetic_factor",
    "log10_relative_rate",
    "nucleation_result",
    "nucleation_work",
    "predict_law",
    "read_barrier_table",
    "read_free_energy_settings",
    "read_quenched_glasses",
    "residual_entropy",
    "spectrum_free_energy",
    "substitutional_surplus",
    "velocity_spectrum",
    "wetting_factor",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.thermo.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.thermo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
