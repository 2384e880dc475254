"""Breakdown of solid dielectrics by an electron avalanche on the atomic scale.

From a composition or a crystal plane to the field at which the first bond breaks (onset) and the one at which the
broken bonds connect the electrodes (breakdown), with the path and the scatter.

Units: fields V/m, lengths angstrom, energies eV, electron densities e/angstrom^2 in a plane, ramp rates V/(m s).
"""

from entrox.breakdown.alloy import (
    PUBLISHED_BOND_ENERGIES,
    MeanParameters,
    linear_mean_free_path,
    mean_parameters,
    plane_parameters,
)
from entrox.breakdown.avalanche import (
    AvalancheSettings,
    AvalancheState,
    BreakdownResult,
    SampleProperties,
    advance,
    initial_state,
    run_avalanche,
    uniform_properties,
)
from entrox.breakdown.bonds import BondForms, bond_forms, mie_factor
from entrox.breakdown.calibration import (
    Calibration,
    CalibrationPoint,
    calibrate,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    published_points,
    stored_calibration,
)
from entrox.breakdown.conduction import network_conductivity
from entrox.breakdown.ensemble import BreakdownEnsemble, default_settings, run_ensemble
from entrox.breakdown.field import ChargePattern, unit_response
from entrox.breakdown.ionization import growth_coefficient, ionization_coefficient
from entrox.breakdown.plane import (
    CrystalPlane,
    Sample,
    build_sample,
    perovskite_plane,
    planes_of_atoms,
    rock_salt_plane,
)
from entrox.breakdown.reference import run_reference
from entrox.breakdown.threshold import seitz_field, single_kind_threshold_field, threshold_field

__all__ = [
    "PUBLISHED_BOND_ENERGIES",
    "AvalancheSettings",
    "AvalancheState",
    "BondForms",
    "BreakdownEnsemble",
    "BreakdownResult",
    "Calibration",
    "CalibrationPoint",
    "ChargePattern",
    "CrystalPlane",
    "MeanParameters",
    "Sample",
    "SampleProperties",
    "advance",
    "bond_forms",
    "build_sample",
    "calibrate",
    "calibrated_forms",
    "calibrated_patterns",
    "calibrated_plane",
    "default_settings",
    "growth_coefficient",
    "initial_state",
    "ionization_coefficient",
    "linear_mean_free_path",
    "mean_parameters",
    "mie_factor",
    "network_conductivity",
    "perovskite_plane",
    "plane_parameters",
    "planes_of_atoms",
    "published_points",
    "rock_salt_plane",
    "run_avalanche",
    "run_ensemble",
    "run_reference",
    "seitz_field",
    "single_kind_threshold_field",
    "stored_calibration",
    "threshold_field",
    "uniform_properties",
    "unit_response",
]
