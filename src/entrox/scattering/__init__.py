"""Total scattering of crystals, and boxes of atoms that agree with it.

Units: lengths in angstrom, Q in 1/angstrom, scattering lengths in fm, correlation functions in barn (1 barn = 100 fm^2)
where the field writes them so.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.scattering.data.correlation import convert_correlation
    from entrox.scattering.data.correlation_data import CorrelationData
    from entrox.scattering.data.data_files import read_correlation, write_correlation
    from entrox.scattering.data.fit_range import largest_fitted_r
    from entrox.scattering.data.forms import form_unit
    from entrox.scattering.data.hold_out import check_hold_out, held_out_points, narrowest_block
    from entrox.scattering.data.independent_data import independent_data, independent_data_warnings
    from entrox.scattering.data.length_check import LengthCheck, infer_length_table
    from entrox.scattering.data.limits import InferredForm, Limit, check_limits, infer_form, limits_of
    from entrox.scattering.data.sample import Sample, sample_of
    from entrox.scattering.data.virtual_data import displaced_box, virtual_data
    from entrox.scattering.data.weights import FaberZiman, faber_ziman_weights, pair_names, pair_weights
    from entrox.scattering.engine.advance import advance
    from entrox.scattering.engine.cost import calculated_sets, cost_terms, held_out_terms, running_terms
    from entrox.scattering.engine.element_sensitivity import ElementSensitivity, element_sensitivity
    from entrox.scattering.engine.gradient import cost_gradient, descent, mala
    from entrox.scattering.engine.problem import MoveRules, RmcProblem
    from entrox.scattering.engine.state import RmcState, state_arrays
    from entrox.scattering.engine.state_making import initial_state, rebuild, solve_scales, state_of_arrays
    from entrox.scattering.operators.bins import Bins
    from entrox.scattering.operators.build import build_operator
    from entrox.scattering.operators.histogram import pair_histogram, total_from_partials, weighted_histogram
    from entrox.scattering.operators.set_operator import SetOperator
    from entrox.scattering.operators.termination import convolve_with_box, termination_matrix
    from entrox.scattering.run.analyze import RmcAnalysis, analyze_rmc
    from entrox.scattering.run.box_analysis import thermal_floor
    from entrox.scattering.run.box_files import write_box, write_boxes
    from entrox.scattering.run.data_weights import WeightComparison, compare_data_weights, with_data_weight
    from entrox.scattering.run.ensemble import RmcEnsemble, ensemble_of, resume_ensemble, run_ensemble
    from entrox.scattering.run.length_interval import length_intervals
    from entrox.scattering.run.refine import run_rmc
    from entrox.scattering.run.rmc_record import analysis_record, rmc_record
    from entrox.scattering.run.rmc_result import RmcResult
    from entrox.scattering.setup.problem_of_settings import problem_of_settings
    from entrox.scattering.setup.rmc_settings import RmcSettings, read_rmc_settings
    from entrox.scattering.setup.rmcprofile_input import read_rmcprofile_dat
    from entrox.scattering.small_box.fit import fit_small_box
    from entrox.scattering.small_box.result import SmallBoxFit
    from entrox.scattering.small_box.structure import read_small_box
    from entrox.scattering.terms.bond_valence import bond_valence_sums, bond_valence_term, instability_index
    from entrox.scattering.terms.closest_approach import check_closest_approach, repair, too_close_pairs
    from entrox.scattering.terms.constraint_terms import BondValenceTerm, CoordinationTerm, DistanceWindowRule
    from entrox.scattering.terms.coordination import coordination_numbers

_HOMES = {
    "run.length_interval": ("length_intervals",),
    "run.data_weights": ("WeightComparison", "compare_data_weights", "with_data_weight"),
    "data.correlation": ("convert_correlation",),
    "data.correlation_data": ("CorrelationData",),
    "data.data_files": (
        "read_correlation",
        "write_correlation",
    ),
    "data.fit_range": ("largest_fitted_r",),
    "data.forms": ("form_unit",),
    "data.hold_out": (
        "check_hold_out",
        "held_out_points",
        "narrowest_block",
    ),
    "data.independent_data": (
        "independent_data",
        "independent_data_warnings",
    ),
    "data.length_check": (
        "LengthCheck",
        "infer_length_table",
    ),
    "data.limits": (
        "InferredForm",
        "Limit",
        "check_limits",
        "infer_form",
        "limits_of",
    ),
    "data.sample": (
        "Sample",
        "sample_of",
    ),
    "data.virtual_data": (
        "displaced_box",
        "virtual_data",
    ),
    "data.weights": (
        "FaberZiman",
        "faber_ziman_weights",
        "pair_names",
        "pair_weights",
    ),
    "engine.advance": ("advance",),
    "engine.cost": (
        "calculated_sets",
        "cost_terms",
        "held_out_terms",
        "running_terms",
    ),
    "engine.element_sensitivity": (
        "ElementSensitivity",
        "element_sensitivity",
    ),
    "engine.gradient": (
        "cost_gradient",
        "descent",
        "mala",
    ),
    "engine.problem": (
        "MoveRules",
        "RmcProblem",
    ),
    "engine.state": (
        "RmcState",
        "state_arrays",
    ),
    "engine.state_making": (
        "initial_state",
        "rebuild",
        "solve_scales",
        "state_of_arrays",
    ),
    "operators.bins": ("Bins",),
    "operators.build": ("build_operator",),
    "operators.histogram": (
        "pair_histogram",
        "total_from_partials",
        "weighted_histogram",
    ),
    "operators.set_operator": ("SetOperator",),
    "operators.termination": (
        "convolve_with_box",
        "termination_matrix",
    ),
    "run.analyze": (
        "RmcAnalysis",
        "analyze_rmc",
    ),
    "run.box_analysis": ("thermal_floor",),
    "run.box_files": (
        "write_box",
        "write_boxes",
    ),
    "run.ensemble": (
        "RmcEnsemble",
        "ensemble_of",
        "resume_ensemble",
        "run_ensemble",
    ),
    "run.refine": ("run_rmc",),
    "run.rmc_record": (
        "analysis_record",
        "rmc_record",
    ),
    "run.rmc_result": ("RmcResult",),
    "setup.problem_of_settings": ("problem_of_settings",),
    "setup.rmc_settings": (
        "RmcSettings",
        "read_rmc_settings",
    ),
    "setup.rmcprofile_input": ("read_rmcprofile_dat",),
    "small_box.fit": ("fit_small_box",),
    "small_box.result": ("SmallBoxFit",),
    "small_box.structure": ("read_small_box",),
    "terms.bond_valence": (
        "bond_valence_sums",
        "bond_valence_term",
        "instability_index",
    ),
    "terms.closest_approach": (
        "check_closest_approach",
        "repair",
        "too_close_pairs",
    ),
    "terms.constraint_terms": (
        "BondValenceTerm",
        "CoordinationTerm",
        "DistanceWindowRule",
    ),
    "terms.coordination": ("coordination_numbers",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Bins",
    "BondValenceTerm",
    "CoordinationTerm",
    "CorrelationData",
    "DistanceWindowRule",
    "ElementSensitivity",
    "FaberZiman",
    "InferredForm",
    "LengthCheck",
    "Limit",
    "MoveRules",
    "RmcAnalysis",
    "RmcEnsemble",
    "RmcProblem",
    "RmcResult",
    "RmcSettings",
    "RmcState",
    "Sample",
    "SetOperator",
    "SmallBoxFit",
    "WeightComparison",
    "advance",
    "analysis_record",
    "analyze_rmc",
    "bond_valence_sums",
    "bond_valence_term",
    "build_operator",
    "calculated_sets",
    "check_closest_approach",
    "check_hold_out",
    "check_limits",
    "compare_data_weights",
    "convert_correlation",
    "convolve_with_box",
    "coordination_numbers",
    "cost_gradient",
    "cost_terms",
    "descent",
    "displaced_box",
    "element_sensitivity",
    "ensemble_of",
    "faber_ziman_weights",
    "fit_small_box",
    "form_unit",
    "held_out_points",
    "held_out_terms",
    "independent_data",
    "independent_data_warnings",
    "infer_form",
    "infer_length_table",
    "initial_state",
    "instability_index",
    "largest_fitted_r",
    "length_intervals",
    "limits_of",
    "mala",
    "narrowest_block",
    "pair_histogram",
    "pair_names",
    "pair_weights",
    "problem_of_settings",
    "read_correlation",
    "read_rmc_settings",
    "read_rmcprofile_dat",
    "read_small_box",
    "rebuild",
    "repair",
    "resume_ensemble",
    "rmc_record",
    "run_ensemble",
    "run_rmc",
    "running_terms",
    "sample_of",
    "solve_scales",
    "state_arrays",
    "state_of_arrays",
    "termination_matrix",
    "thermal_floor",
    "too_close_pairs",
    "total_from_partials",
    "virtual_data",
    "weighted_histogram",
    "with_data_weight",
    "write_box",
    "write_boxes",
    "write_correlation",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.scattering.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.scattering' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
