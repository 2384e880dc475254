"""Breakdown of solid dielectrics by an electron avalanche on the atomic scale.

From a composition or a crystal plane to the field at which the first bond breaks (onset) and the one at which the
broken bonds connect the electrodes (breakdown), with the path and the scatter.

Units: fields V/m, lengths angstrom, energies eV, electron densities e/angstrom^2 in a plane, ramp rates V/(m s).
"""

from entrox.breakdown.alloy import (
    PUBLISHED_BOND_ENERGIES,
    MeanParameters,
    given_parameters,
    linear_mean_free_path,
    mean_parameters,
    plane_parameters,
)
from entrox.breakdown.avalanche import BreakdownResult, advance, run_avalanche
from entrox.breakdown.bonds import BondForms, bond_forms, mie_factor
from entrox.breakdown.calibrate import calibrate, calibrate_optical_permittivity
from entrox.breakdown.calibration import (
    Calibration,
    CalibrationPoint,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    published_points,
    stored_calibration,
)
from entrox.breakdown.conduction import network_conductivity
from entrox.breakdown.crystal import crystal_of_atoms, perovskite_crystal
from entrox.breakdown.dielectric_fields import DielectricFields, run_dielectrics
from entrox.breakdown.ensemble import BreakdownEnsemble, default_settings, run_ensemble
from entrox.breakdown.explicit import explicit_alloy, snapshot_properties
from entrox.breakdown.field import ChargePattern, unit_response
from entrox.breakdown.ionization import growth_coefficient, ionization_coefficient
from entrox.breakdown.lattice import IonLattice, Sample, build_sample, with_vacancy_sites
from entrox.breakdown.law_draws import threshold_field_draws
from entrox.breakdown.maps import density_map, field_map
from entrox.breakdown.materials import (
    Dielectric,
    MeasuredField,
    measured_fields,
    reference_dielectric,
    reference_dielectrics,
)
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.permittivity_law import PowerLaw, fit_power_law, mcpherson_field
from entrox.breakdown.plane import perovskite_plane, planes_of_atoms, rock_salt_plane
from entrox.breakdown.reference import run_reference
from entrox.breakdown.series import BreakdownSeries, ramp_rate_series, size_series, temperature_series, thickness_series
from entrox.breakdown.settings import AvalancheSettings, SampleProperties, uniform_properties
from entrox.breakdown.state import AvalancheState, initial_state, perfect_onset
from entrox.breakdown.threshold import seitz_field, single_kind_threshold_field, threshold_field
from entrox.breakdown.vacancies import Trap, log_released_density, place_vacancies
from entrox.breakdown.weakest_plane import weakest_plane

__all__ = [
    "AvalancheModel",
    "AvalancheSettings",
    "AvalancheState",
    "BondForms",
    "BreakdownEnsemble",
    "BreakdownResult",
    "BreakdownSeries",
    "Calibration",
    "CalibrationPoint",
    "ChargePattern",
    "Dielectric",
    "DielectricFields",
    "IonLattice",
    "MeanParameters",
    "MeasuredField",
    "PUBLISHED_BOND_ENERGIES",
    "PowerLaw",
    "Sample",
    "SampleProperties",
    "Trap",
    "advance",
    "bond_forms",
    "build_sample",
    "calibrate",
    "calibrate_optical_permittivity",
    "calibrated_forms",
    "calibrated_patterns",
    "calibrated_plane",
    "crystal_of_atoms",
    "default_settings",
    "density_map",
    "explicit_alloy",
    "field_map",
    "fit_power_law",
    "given_parameters",
    "growth_coefficient",
    "initial_state",
    "ionization_coefficient",
    "linear_mean_free_path",
    "log_released_density",
    "mcpherson_field",
    "mean_parameters",
    "measured_fields",
    "mie_factor",
    "network_conductivity",
    "perfect_onset",
    "perovskite_crystal",
    "perovskite_plane",
    "place_vacancies",
    "plane_parameters",
    "planes_of_atoms",
    "published_points",
    "ramp_rate_series",
    "reference_dielectric",
    "reference_dielectrics",
    "rock_salt_plane",
    "run_avalanche",
    "run_dielectrics",
    "run_ensemble",
    "run_reference",
    "seitz_field",
    "single_kind_threshold_field",
    "size_series",
    "snapshot_properties",
    "stored_calibration",
    "temperature_series",
    "thickness_series",
    "threshold_field",
    "threshold_field_draws",
    "uniform_properties",
    "unit_response",
    "weakest_plane",
    "with_vacancy_sites",
]
