"""What atoms do locally: how mixed, how ordered, how polar, from a simulation box, an image or an atom probe.

Units: lengths in nm for local entropy and short-range order (as in atom-probe work), entropies in R per mole of counted
atoms; lengths in angstrom and polarization in C/m2 for polar order.
"""

from entrox.order.block_frequency import BlockFrequency, block_frequency
from entrox.order.bond_order import bond_order
from entrox.order.bonds.affine_shell import AffineShell, affine_shares, affine_shell
from entrox.order.bonds.bond_angles import BondAngles, bond_angles
from entrox.order.bonds.bond_groups import group_means, sorting_split
from entrox.order.bonds.bond_rotation import BondRotation, stretch_rotation
from entrox.order.bonds.bonds import BondSplitting, bond_splitting
from entrox.order.bonds.environment import EnvironmentFit, environment_counts, fit_environment
from entrox.order.coordination import Coordination, FirstShell, coordination, first_shell
from entrox.order.correlation.correlation import Correlation, correlation
from entrox.order.crystallinity import Crystallinity, OrderThreshold, crystallinity, order_threshold
from entrox.order.detection import smear_points, thin_points
from entrox.order.displacement.displacement import Displacements, displacements
from entrox.order.displacement.element_means import ElementMeans, element_means
from entrox.order.displacement.projected_displacement import column_displacements
from entrox.order.displacement.projection import ColumnMap, project_columns, projected_displacements
from entrox.order.domains import BoundCharge, Domains, WallProfile, bound_charge, find_domains, wall_profile, wall_type
from entrox.order.lattice import LatticeMap, fit_lattice, refit_lattice
from entrox.order.local_entropy import (
    BlockEntropy,
    EntropyScan,
    MaximalEntropyUnit,
    NeighborhoodEntropy,
    Sublattice,
    SublatticeEntropy,
    block_entropy,
    bulk_entropy,
    detectable_effect,
    entropy_estimate,
    entropy_in_unit,
    expected_entropy,
    limited_area_entropy,
    maximal_entropy_unit,
    neighborhood_entropy,
    null_entropy,
    sublattice_entropy,
)
from entrox.order.neighbor_distances import NeighborDistances, neighbor_distances
from entrox.order.pair_distribution import (
    PairDistribution,
    PartialRdf,
    PowderPattern,
    pair_distribution,
    partial_rdf,
    powder_pattern,
)
from entrox.order.pair_search import PairList, pair_list
from entrox.order.phases.chance_levels import chance_levels, largest_axis_angle, random_c_share
from entrox.order.phases.phase_probabilities import PhaseProbabilities, phase_probabilities, scatter_noise
from entrox.order.phases.phases import PhaseFractions, classify
from entrox.order.phases.projected_classes import ProjectedClasses, projected_classes
from entrox.order.phases.stereographic import StereographicDensity, stereographic_density, stereographic_points
from entrox.order.point_set import PointSet
from entrox.order.polarization.born_charges import (
    MEASURED_CHARGES_E,
    BondCharge,
    BornCharges,
    atom_charges,
    mean_charges,
    neutral_charges,
    read_born_charges,
    site_charges,
)
from entrox.order.polarization.dipole_branch import UnfoldedDipole, unfold_born_dipole, unfold_dipole
from entrox.order.polarization.polarization import Polarization, local_polarization
from entrox.order.reflections import order_limit, reflection_order, strongest_reflections
from entrox.order.report.polar_analysis import PolarAnalysis, analyze_polar
from entrox.order.report.polar_report import PolarReport, read_polar_report, write_polar_report
from entrox.order.report.polar_settings import PolarSettings
from entrox.order.report.report_comparison import ReportComparison, compare_reports
from entrox.order.response.dielectric import DielectricTensor, dielectric_tensor
from entrox.order.response.feram_curve import OrderCurve, read_csv_curve, read_feram_curve
from entrox.order.response.hysteresis import Loop, hysteresis_loop, loop_of_log
from entrox.order.response.relaxor import edwards_anderson, frozen_correlation, modulus_law
from entrox.order.response.relaxor_temperatures import burns_temperature, vogel_fulcher
from entrox.order.response.switching_log import SwitchingLog, read_switching_log
from entrox.order.response.transitions import Hysteresis, Transition, Transitions, find_transitions, phase_of_rows
from entrox.order.short_range_order import PairOrder, pair_order
from entrox.order.strain import (
    AtomicStrain,
    NoiseFloor,
    StrainMeasures,
    atomic_strain,
    noise_of_frames,
    strain_measures,
    strain_noise,
)
from entrox.order.tilts import OctahedralTilts, glazer_symbol, octahedral_tilts

__all__ = [
    "AffineShell",
    "AtomicStrain",
    "BlockEntropy",
    "BlockFrequency",
    "BondAngles",
    "BondCharge",
    "BondRotation",
    "BondSplitting",
    "BornCharges",
    "BoundCharge",
    "ColumnMap",
    "Coordination",
    "Correlation",
    "Crystallinity",
    "DielectricTensor",
    "Displacements",
    "Domains",
    "ElementMeans",
    "EntropyScan",
    "EnvironmentFit",
    "FirstShell",
    "Hysteresis",
    "LatticeMap",
    "Loop",
    "MEASURED_CHARGES_E",
    "MaximalEntropyUnit",
    "NeighborDistances",
    "NeighborhoodEntropy",
    "NoiseFloor",
    "OctahedralTilts",
    "OrderCurve",
    "OrderThreshold",
    "PairDistribution",
    "PairList",
    "PairOrder",
    "PartialRdf",
    "PhaseFractions",
    "PhaseProbabilities",
    "PointSet",
    "PolarAnalysis",
    "PolarReport",
    "PolarSettings",
    "Polarization",
    "PowderPattern",
    "ProjectedClasses",
    "ReportComparison",
    "StereographicDensity",
    "StrainMeasures",
    "Sublattice",
    "SublatticeEntropy",
    "SwitchingLog",
    "Transition",
    "Transitions",
    "UnfoldedDipole",
    "WallProfile",
    "affine_shares",
    "affine_shell",
    "analyze_polar",
    "atom_charges",
    "atomic_strain",
    "block_entropy",
    "block_frequency",
    "bond_angles",
    "bond_order",
    "bond_splitting",
    "bound_charge",
    "bulk_entropy",
    "burns_temperature",
    "chance_levels",
    "classify",
    "column_displacements",
    "compare_reports",
    "coordination",
    "correlation",
    "crystallinity",
    "detectable_effect",
    "dielectric_tensor",
    "displacements",
    "edwards_anderson",
    "element_means",
    "entropy_estimate",
    "entropy_in_unit",
    "environment_counts",
    "expected_entropy",
    "find_domains",
    "find_transitions",
    "first_shell",
    "fit_environment",
    "fit_lattice",
    "frozen_correlation",
    "glazer_symbol",
    "group_means",
    "hysteresis_loop",
    "largest_axis_angle",
    "limited_area_entropy",
    "local_polarization",
    "loop_of_log",
    "maximal_entropy_unit",
    "mean_charges",
    "modulus_law",
    "neighbor_distances",
    "neighborhood_entropy",
    "neutral_charges",
    "noise_of_frames",
    "null_entropy",
    "octahedral_tilts",
    "order_limit",
    "order_threshold",
    "pair_distribution",
    "pair_list",
    "pair_order",
    "partial_rdf",
    "phase_of_rows",
    "phase_probabilities",
    "powder_pattern",
    "project_columns",
    "projected_classes",
    "projected_displacements",
    "random_c_share",
    "read_born_charges",
    "read_csv_curve",
    "read_feram_curve",
    "read_polar_report",
    "read_switching_log",
    "refit_lattice",
    "reflection_order",
    "scatter_noise",
    "site_charges",
    "smear_points",
    "sorting_split",
    "stereographic_density",
    "stereographic_points",
    "strain_measures",
    "strain_noise",
    "stretch_rotation",
    "strongest_reflections",
    "sublattice_entropy",
    "thin_points",
    "unfold_born_dipole",
    "unfold_dipole",
    "vogel_fulcher",
    "wall_profile",
    "wall_type",
    "write_polar_report",
]
