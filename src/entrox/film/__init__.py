"""What is measured on films: permittivity, leakage, loops, breakdown statistics, mixtures, transmittance.

Units: SI inside; strains and efficiencies as fractions; options and tables end in their unit.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.film.breakdown_fields import FieldGroup, ThicknessLaw, fit_thickness_law, read_breakdown_fields
    from entrox.film.clear_film import ClearFilm, fit_clear_film
    from entrox.film.conduction import (
        exponential_trap_current,
        fowler_nordheim_current,
        poole_frenkel_coefficient,
        poole_frenkel_current,
        schottky_coefficient,
        schottky_current,
        simmons_current,
        space_charge_current,
        trap_filled_voltage,
    )
    from entrox.film.cycles import CycleChange, change_over_cycles
    from entrox.film.film_optics import Fringes, film_absorption, film_transmittance, fit_fringes, substrate_index
    from entrox.film.leakage import LeakageBranch, LeakageModel, LeakageRegime, fit_leakage, leakage_branches
    from entrox.film.leakage_models import Capacitor
    from entrox.film.leakage_series import TemperatureSeries, fit_temperature_series
    from entrox.film.leakage_table import LeakageCurve, read_leakage
    from entrox.film.loop import LoopResult, linear_energy, measure_loop
    from entrox.film.loop_table import MeasuredLoop, read_loops
    from entrox.film.measured_table import Column, MeasuredTable, read_measured_table
    from entrox.film.mixture import (
        FractionReading,
        bruggeman,
        ellipsoid_mixture,
        inclusion_fraction,
        inclusion_permittivity,
        inverse_maxwell_garnett,
        looyenga,
        maxwell_garnett,
        wiener_bounds,
    )
    from entrox.film.permittivity import (
        DeadLayer,
        SeriesResistance,
        dead_layer,
        disk_capacitance,
        relative_permittivity,
        series_resistance,
    )
    from entrox.film.tensile import TensileResult, measure_tensile
    from entrox.film.transmittance import (
        Edge,
        Gap,
        absorption_edge,
        absorption_spectrum,
        mean_transmittance,
        tauc_gap,
        urbach_energy,
    )
    from entrox.film.transmittance_table import read_transmittance
    from entrox.film.voxel_mosaic import MosaicPermittivity, homogenize

_HOMES: dict[str, tuple[str, ...]] = {
    "breakdown_fields": (
        "FieldGroup",
        "ThicknessLaw",
        "fit_thickness_law",
        "read_breakdown_fields",
    ),
    "clear_film": (
        "ClearFilm",
        "fit_clear_film",
    ),
    "conduction": (
        "exponential_trap_current",
        "fowler_nordheim_current",
        "poole_frenkel_coefficient",
        "poole_frenkel_current",
        "schottky_coefficient",
        "schottky_current",
        "simmons_current",
        "space_charge_current",
        "trap_filled_voltage",
    ),
    "cycles": (
        "CycleChange",
        "change_over_cycles",
    ),
    "film_optics": (
        "Fringes",
        "film_absorption",
        "film_transmittance",
        "fit_fringes",
        "substrate_index",
    ),
    "voxel_mosaic": (
        "MosaicPermittivity",
        "homogenize",
    ),
    "leakage": (
        "LeakageBranch",
        "LeakageModel",
        "LeakageRegime",
        "fit_leakage",
        "leakage_branches",
    ),
    "leakage_models": ("Capacitor",),
    "leakage_series": (
        "TemperatureSeries",
        "fit_temperature_series",
    ),
    "leakage_table": (
        "LeakageCurve",
        "read_leakage",
    ),
    "loop": (
        "LoopResult",
        "linear_energy",
        "measure_loop",
    ),
    "loop_table": (
        "MeasuredLoop",
        "read_loops",
    ),
    "measured_table": (
        "Column",
        "MeasuredTable",
        "read_measured_table",
    ),
    "mixture": (
        "FractionReading",
        "bruggeman",
        "ellipsoid_mixture",
        "inclusion_fraction",
        "inclusion_permittivity",
        "inverse_maxwell_garnett",
        "looyenga",
        "maxwell_garnett",
        "wiener_bounds",
    ),
    "permittivity": (
        "DeadLayer",
        "SeriesResistance",
        "dead_layer",
        "disk_capacitance",
        "relative_permittivity",
        "series_resistance",
    ),
    "tensile": (
        "TensileResult",
        "measure_tensile",
    ),
    "transmittance": (
        "Edge",
        "Gap",
        "absorption_edge",
        "absorption_spectrum",
        "mean_transmittance",
        "tauc_gap",
        "urbach_energy",
    ),
    "transmittance_table": ("read_transmittance",),
}
_HOME_OF: dict[str, str] = {name: home for home, names in _HOMES.items() for name in names}
"""The module of each public name; it is loaded when the name is first used."""

__all__ = [
    "Capacitor",
    "ClearFilm",
    "Column",
    "CycleChange",
    "DeadLayer",
    "Edge",
    "FieldGroup",
    "FractionReading",
    "Fringes",
    "Gap",
    "LeakageBranch",
    "LeakageCurve",
    "LeakageModel",
    "LeakageRegime",
    "LoopResult",
    "MeasuredLoop",
    "MeasuredTable",
    "MosaicPermittivity",
    "SeriesResistance",
    "TemperatureSeries",
    "TensileResult",
    "ThicknessLaw",
    "absorption_edge",
    "absorption_spectrum",
    "bruggeman",
    "change_over_cycles",
    "dead_layer",
    "disk_capacitance",
    "ellipsoid_mixture",
    "exponential_trap_current",
    "film_absorption",
    "film_transmittance",
    "fit_clear_film",
    "fit_fringes",
    "fit_leakage",
    "fit_temperature_series",
    "fit_thickness_law",
    "fowler_nordheim_current",
    "homogenize",
    "inclusion_fraction",
    "inclusion_permittivity",
    "inverse_maxwell_garnett",
    "leakage_branches",
    "linear_energy",
    "looyenga",
    "maxwell_garnett",
    "mean_transmittance",
    "measure_loop",
    "measure_tensile",
    "poole_frenkel_coefficient",
    "poole_frenkel_current",
    "read_breakdown_fields",
    "read_leakage",
    "read_loops",
    "read_measured_table",
    "read_transmittance",
    "relative_permittivity",
    "schottky_coefficient",
    "schottky_current",
    "series_resistance",
    "simmons_current",
    "space_charge_current",
    "substrate_index",
    "tauc_gap",
    "trap_filled_voltage",
    "urbach_energy",
    "wiener_bounds",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.film.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.film' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
