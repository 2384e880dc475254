"""Molecular dynamics on existing engines (LAMMPS, any calculator of ASE), and what follows from forces.

Engines run protocols and leave trajectories; crystals are relaxed, strained and shaken; runs over temperature and
composition become phase diagrams. Units: eV, angstrom, K, ps (time steps in fs), bar, e; fields in V/m. Stress counts
tension positive, as in ASE.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.dynamics.ase_md.ase_engine import AseEngine
    from entrox.dynamics.crystal.energy_drift import EnergyDrift, energy_drift, run_energy_drift
    from entrox.dynamics.crystal.equation_of_state import EquationOfState, equation_of_state, fit_birch_murnaghan
    from entrox.dynamics.crystal.phonons import Phonons, phonons
    from entrox.dynamics.crystal.relax import RelaxedStructure, relax
    from entrox.dynamics.diagrams.phase_diagram import PhaseDiagram, phase_diagram
    from entrox.dynamics.diagrams.phase_diagram_recipe import example_phase_diagram, read_phase_diagram_recipe
    from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings
    from entrox.dynamics.diagrams.ramps import TemperatureRun, temperature_run
    from entrox.dynamics.diagrams.series import SeriesResult, SeriesRow, composition_series
    from entrox.dynamics.diagrams.series_task import SeriesBox
    from entrox.dynamics.diagrams.transition_band import TransitionBand, transition_band
    from entrox.dynamics.diagrams.transition_points import TransitionPoint, run_transitions, transition_points
    from entrox.dynamics.electric.field import (
        PolarizationSeries,
        conserved_energy_drift,
        field_loop,
        frame_polarization,
        polarization_series,
    )
    from entrox.dynamics.electric.piezoelectric import (
        PiezoelectricSlope,
        PiezoelectricTensor,
        piezoelectric_from_field,
        piezoelectric_from_fluctuations,
        piezoelectric_from_stress,
    )
    from entrox.dynamics.electric.static_piezoelectric import static_d33
    from entrox.dynamics.engine import Engine, Trajectory
    from entrox.dynamics.glass.diffusivity import Diffusivity, diffusivities, diffusivity
    from entrox.dynamics.glass.empty_sphere import largest_empty_sphere
    from entrox.dynamics.glass.melt_quench import run_melt_quench
    from entrox.dynamics.glass.melting import CrystalMemory, MeltCheck
    from entrox.dynamics.glass.protocols import Bath, Stretching
    from entrox.dynamics.glass.quench_ensemble import QuenchEnsemble, run_quench_ensemble
    from entrox.dynamics.glass.quench_result import QuenchResult
    from entrox.dynamics.glass.quench_settings import QuenchSettings, read_quench_settings
    from entrox.dynamics.glass.stress_free_volume import StressFreeVolume, fit_stress_free_volume
    from entrox.dynamics.glass.tension import TensileResult, TensionSettings, run_tension
    from entrox.dynamics.lammps.batch import Start
    from entrox.dynamics.lammps.input_text import lammps_input
    from entrox.dynamics.lammps.lammps_engine import LammpsEngine
    from entrox.dynamics.lammps.output import read_deviation
    from entrox.dynamics.lammps.pair_file import PairFile, read_pair_file
    from entrox.dynamics.lammps.structure_files import write_lammps_data
    from entrox.dynamics.potential import (
        CalculatorPotential,
        DeepmdPotential,
        LennardJones,
        Potential,
        ProcessPotential,
    )
    from entrox.dynamics.protocols import Field, FieldDriven, Ladder, MdProtocol, Minimize, Npt, Nve, Nvt, Ramp
    from entrox.dynamics.runs.run_averages import StageAverages, run_averages
    from entrox.dynamics.runs.run_remarks import run_remarks
    from entrox.dynamics.runs.trajectory_files import read_trajectory

_HOMES = {
    "ase_md.ase_engine": ("AseEngine",),
    "crystal.energy_drift": (
        "EnergyDrift",
        "energy_drift",
        "run_energy_drift",
    ),
    "crystal.equation_of_state": (
        "EquationOfState",
        "equation_of_state",
        "fit_birch_murnaghan",
    ),
    "crystal.phonons": (
        "Phonons",
        "phonons",
    ),
    "crystal.relax": (
        "RelaxedStructure",
        "relax",
    ),
    "diagrams.phase_diagram": (
        "PhaseDiagram",
        "phase_diagram",
    ),
    "diagrams.phase_diagram_recipe": (
        "example_phase_diagram",
        "read_phase_diagram_recipe",
    ),
    "diagrams.phase_diagram_settings": ("PhaseDiagramSettings",),
    "diagrams.ramps": (
        "TemperatureRun",
        "temperature_run",
    ),
    "diagrams.series": (
        "SeriesResult",
        "SeriesRow",
        "composition_series",
    ),
    "diagrams.series_task": ("SeriesBox",),
    "diagrams.transition_band": (
        "TransitionBand",
        "transition_band",
    ),
    "diagrams.transition_points": (
        "TransitionPoint",
        "run_transitions",
        "transition_points",
    ),
    "electric.field": (
        "PolarizationSeries",
        "conserved_energy_drift",
        "field_loop",
        "frame_polarization",
        "polarization_series",
    ),
    "electric.piezoelectric": (
        "PiezoelectricSlope",
        "PiezoelectricTensor",
        "piezoelectric_from_field",
        "piezoelectric_from_fluctuations",
        "piezoelectric_from_stress",
    ),
    "electric.static_piezoelectric": ("static_d33",),
    "engine": (
        "Engine",
        "Trajectory",
    ),
    "glass.diffusivity": (
        "Diffusivity",
        "diffusivities",
        "diffusivity",
    ),
    "glass.empty_sphere": ("largest_empty_sphere",),
    "glass.melt_quench": ("run_melt_quench",),
    "glass.melting": (
        "CrystalMemory",
        "MeltCheck",
    ),
    "glass.protocols": (
        "Bath",
        "Stretching",
    ),
    "glass.quench_ensemble": (
        "QuenchEnsemble",
        "run_quench_ensemble",
    ),
    "glass.quench_result": ("QuenchResult",),
    "glass.quench_settings": (
        "QuenchSettings",
        "read_quench_settings",
    ),
    "glass.stress_free_volume": (
        "StressFreeVolume",
        "fit_stress_free_volume",
    ),
    "glass.tension": (
        "TensileResult",
        "TensionSettings",
        "run_tension",
    ),
    "lammps.batch": ("Start",),
    "lammps.input_text": ("lammps_input",),
    "lammps.lammps_engine": ("LammpsEngine",),
    "lammps.output": ("read_deviation",),
    "lammps.pair_file": (
        "PairFile",
        "read_pair_file",
    ),
    "lammps.structure_files": ("write_lammps_data",),
    "potential": (
        "CalculatorPotential",
        "DeepmdPotential",
        "LennardJones",
        "Potential",
        "ProcessPotential",
    ),
    "protocols": (
        "Field",
        "FieldDriven",
        "Ladder",
        "MdProtocol",
        "Minimize",
        "Npt",
        "Nve",
        "Nvt",
        "Ramp",
    ),
    "runs.run_averages": (
        "StageAverages",
        "run_averages",
    ),
    "runs.run_remarks": ("run_remarks",),
    "runs.trajectory_files": ("read_trajectory",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AseEngine",
    "Bath",
    "CalculatorPotential",
    "CrystalMemory",
    "DeepmdPotential",
    "Diffusivity",
    "EnergyDrift",
    "Engine",
    "EquationOfState",
    "Field",
    "FieldDriven",
    "Ladder",
    "LammpsEngine",
    "LennardJones",
    "MdProtocol",
    "MeltCheck",
    "Minimize",
    "Npt",
    "Nve",
    "Nvt",
    "PairFile",
    "PhaseDiagram",
    "PhaseDiagramSettings",
    "Phonons",
    "PiezoelectricSlope",
    "PiezoelectricTensor",
    "PolarizationSeries",
    "Potential",
    "ProcessPotential",
    "QuenchEnsemble",
    "QuenchResult",
    "QuenchSettings",
    "Ramp",
    "RelaxedStructure",
    "SeriesBox",
    "SeriesResult",
    "SeriesRow",
    "StageAverages",
    "Start",
    "StressFreeVolume",
    "Stretching",
    "TemperatureRun",
    "TensileResult",
    "TensionSettings",
    "Trajectory",
    "TransitionBand",
    "TransitionPoint",
    "composition_series",
    "conserved_energy_drift",
    "diffusivities",
    "diffusivity",
    "energy_drift",
    "equation_of_state",
    "example_phase_diagram",
    "field_loop",
    "fit_birch_murnaghan",
    "fit_stress_free_volume",
    "frame_polarization",
    "lammps_input",
    "largest_empty_sphere",
    "phase_diagram",
    "phonons",
    "piezoelectric_from_field",
    "piezoelectric_from_fluctuations",
    "piezoelectric_from_stress",
    "polarization_series",
    "read_deviation",
    "read_pair_file",
    "read_phase_diagram_recipe",
    "read_quench_settings",
    "read_trajectory",
    "relax",
    "run_averages",
    "run_energy_drift",
    "run_melt_quench",
    "run_quench_ensemble",
    "run_remarks",
    "run_tension",
    "run_transitions",
    "static_d33",
    "temperature_run",
    "transition_band",
    "transition_points",
    "write_lammps_data",
]


def __getattr__(name: str) -> Any:
    # a process that owns one calculator imports one file of the room and not all of it
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.dynamics.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.dynamics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
