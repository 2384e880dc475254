"""Images of columns of atoms: from a micrograph to a polarization map with an error bar on every vector.

Units: positions in px (x right, y down) and, where the pixel is known, lengths in angstrom and displacements in pm.
Vectors are right-handed as displayed: +x right, +y up.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.microscopy.analysis.analysis_dataset import analysis_dataset, write_analysis_dataset
    from entrox.microscopy.analysis.analyze import analyze_micrograph
    from entrox.microscopy.analysis.column_table import write_column_table
    from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis, StrainAnalysis
    from entrox.microscopy.analysis.stem_record import stem_record
    from entrox.microscopy.analysis.stem_report import stem_report
    from entrox.microscopy.analysis.stem_settings import StemSettings
    from entrox.microscopy.analysis.vector_table import write_vector_table
    from entrox.microscopy.controls.empirical_gain import EmpiricalGain, empirical_gain
    from entrox.microscopy.controls.field_detection import FieldDetection, detect_field
    from entrox.microscopy.controls.fitted_image import fitted_image
    from entrox.microscopy.controls.mask_gain import MaskGain, domain_cells_of_gain, mask_gain, mask_gain_curve
    from entrox.microscopy.controls.null_field import NullField, null_field
    from entrox.microscopy.fit.column_fit import FLAGS, ColumnFit
    from entrox.microscopy.fit.column_model import model_image
    from entrox.microscopy.fit.fitting import fit_columns
    from entrox.microscopy.fit.joint_covariance import group_covariance
    from entrox.microscopy.fit.noise import NoiseModel
    from entrox.microscopy.images.filters import lattice_mask, low_pass
    from entrox.microscopy.images.micrograph import Micrograph
    from entrox.microscopy.images.micrograph_files import read_micrograph, write_micrograph
    from entrox.microscopy.lattice.a_site import decide_a_site, expected_ratio
    from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
    from entrox.microscopy.lattice.column_lattice import LatticeIndex, index_lattice
    from entrox.microscopy.lattice.columns import Columns, columns_at, find_columns
    from entrox.microscopy.lattice.oxygen_columns import find_oxygen_columns
    from entrox.microscopy.lattice.positions_file import read_positions
    from entrox.microscopy.lattice.sublattices import SITES, Sublattices
    from entrox.microscopy.scan.affine_fit import AffineFit, fit_affine
    from entrox.microscopy.scan.distortion import RowJitter, correct_row_jitter, row_jitter
    from entrox.microscopy.scan.jitter_covariance import (
        column_jitter_variance,
        jitter_covariance,
        jitter_products,
        with_row_jitter,
    )
    from entrox.microscopy.scan.scan_drift import ScanDrift, scan_drift
    from entrox.microscopy.simulation.column_truth import ColumnTruth
    from entrox.microscopy.simulation.fields import domain_field, random_field, uniform_field
    from entrox.microscopy.simulation.multislice import (
        MultisliceSettings,
        electron_wavelength,
        largest_angle_mrad,
        needed_sampling,
        simulate_multislice,
    )
    from entrox.microscopy.simulation.perovskite_columns import (
        benchmark_settings,
        benchmark_truth,
        build_columns,
        perovskite_columns,
    )
    from entrox.microscopy.simulation.simulate import (
        expected_electrons,
        picture_truth,
        simulate_micrograph,
        truth_position_px,
    )
    from entrox.microscopy.simulation.simulation_settings import CrystalSettings, MicrographRecipe, SimulationSettings
    from entrox.microscopy.simulation.truth_table import write_truth
    from entrox.microscopy.simulation.virtual import (
        ThicknessSeries,
        VirtualMicrograph,
        thickness_series,
        virtual_columns,
        virtual_micrograph,
    )
    from entrox.microscopy.simulation.virtual_settings import VirtualSettings
    from entrox.microscopy.strain.lattice_strain import AxisRatio, LocalLattice, c_over_a_map, local_lattice
    from entrox.microscopy.strain.strain_map import StrainMap, strain_map
    from entrox.microscopy.vectors.displacement import column_displacements
    from entrox.microscopy.vectors.displacement_map import DisplacementMap
    from entrox.microscopy.vectors.field_mean import FieldMean, field_mean, subtract_mean, subtract_plane
    from entrox.microscopy.vectors.image_correlation import ImageCorrelation, image_correlation
    from entrox.microscopy.vectors.image_domains import ImageDomains, image_domains
    from entrox.microscopy.vectors.noise_products import noise_products
    from entrox.microscopy.vectors.vector_classes import VectorClasses, vector_classes
    from entrox.microscopy.vectors.vector_statistics import (
        AngleDistribution,
        MagnitudeDistribution,
        angle_distribution,
        column_sigma,
        magnitude_distribution,
        rule_of_thumb_sigma,
        vector_sigma,
    )

_HOMES = {
    "analysis.analysis_dataset": (
        "analysis_dataset",
        "write_analysis_dataset",
    ),
    "analysis.analyze": ("analyze_micrograph",),
    "analysis.column_table": ("write_column_table",),
    "analysis.stem_analysis": (
        "SiteAnalysis",
        "StemAnalysis",
        "StrainAnalysis",
    ),
    "analysis.stem_record": ("stem_record",),
    "analysis.stem_report": ("stem_report",),
    "analysis.stem_settings": ("StemSettings",),
    "analysis.vector_table": ("write_vector_table",),
    "controls.empirical_gain": (
        "EmpiricalGain",
        "empirical_gain",
    ),
    "controls.field_detection": (
        "FieldDetection",
        "detect_field",
    ),
    "controls.fitted_image": ("fitted_image",),
    "controls.mask_gain": (
        "MaskGain",
        "domain_cells_of_gain",
        "mask_gain",
        "mask_gain_curve",
    ),
    "controls.null_field": (
        "NullField",
        "null_field",
    ),
    "fit.column_fit": (
        "ColumnFit",
        "FLAGS",
    ),
    "fit.column_model": ("model_image",),
    "fit.fitting": ("fit_columns",),
    "fit.joint_covariance": ("group_covariance",),
    "fit.noise": ("NoiseModel",),
    "images.filters": (
        "lattice_mask",
        "low_pass",
    ),
    "images.micrograph": ("Micrograph",),
    "images.micrograph_files": (
        "read_micrograph",
        "write_micrograph",
    ),
    "lattice.a_site": (
        "decide_a_site",
        "expected_ratio",
    ),
    "lattice.assign_sublattices": ("assign_sublattices",),
    "lattice.column_lattice": (
        "LatticeIndex",
        "index_lattice",
    ),
    "lattice.columns": (
        "Columns",
        "columns_at",
        "find_columns",
    ),
    "lattice.oxygen_columns": ("find_oxygen_columns",),
    "lattice.positions_file": ("read_positions",),
    "lattice.sublattices": (
        "SITES",
        "Sublattices",
    ),
    "scan.affine_fit": (
        "AffineFit",
        "fit_affine",
    ),
    "scan.distortion": (
        "RowJitter",
        "correct_row_jitter",
        "row_jitter",
    ),
    "scan.jitter_covariance": (
        "column_jitter_variance",
        "jitter_covariance",
        "jitter_products",
        "with_row_jitter",
    ),
    "scan.scan_drift": (
        "ScanDrift",
        "scan_drift",
    ),
    "simulation.column_truth": ("ColumnTruth",),
    "simulation.fields": (
        "domain_field",
        "random_field",
        "uniform_field",
    ),
    "simulation.multislice": (
        "MultisliceSettings",
        "electron_wavelength",
        "largest_angle_mrad",
        "needed_sampling",
        "simulate_multislice",
    ),
    "simulation.perovskite_columns": (
        "benchmark_settings",
        "benchmark_truth",
        "build_columns",
        "perovskite_columns",
    ),
    "simulation.simulate": (
        "expected_electrons",
        "picture_truth",
        "simulate_micrograph",
        "truth_position_px",
    ),
    "simulation.simulation_settings": (
        "CrystalSettings",
        "MicrographRecipe",
        "SimulationSettings",
    ),
    "simulation.truth_table": ("write_truth",),
    "simulation.virtual": (
        "ThicknessSeries",
        "VirtualMicrograph",
        "thickness_series",
        "virtual_columns",
        "virtual_micrograph",
    ),
    "simulation.virtual_settings": ("VirtualSettings",),
    "strain.lattice_strain": (
        "AxisRatio",
        "LocalLattice",
        "c_over_a_map",
        "local_lattice",
    ),
    "strain.strain_map": (
        "StrainMap",
        "strain_map",
    ),
    "vectors.displacement": ("column_displacements",),
    "vectors.displacement_map": ("DisplacementMap",),
    "vectors.field_mean": (
        "FieldMean",
        "field_mean",
        "subtract_mean",
        "subtract_plane",
    ),
    "vectors.image_correlation": (
        "ImageCorrelation",
        "image_correlation",
    ),
    "vectors.image_domains": (
        "ImageDomains",
        "image_domains",
    ),
    "vectors.noise_products": ("noise_products",),
    "vectors.vector_classes": (
        "VectorClasses",
        "vector_classes",
    ),
    "vectors.vector_statistics": (
        "AngleDistribution",
        "MagnitudeDistribution",
        "angle_distribution",
        "column_sigma",
        "magnitude_distribution",
        "rule_of_thumb_sigma",
        "vector_sigma",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AffineFit",
    "AngleDistribution",
    "AxisRatio",
    "ColumnFit",
    "ColumnTruth",
    "Columns",
    "CrystalSettings",
    "DisplacementMap",
    "EmpiricalGain",
    "FLAGS",
    "FieldDetection",
    "FieldMean",
    "ImageCorrelation",
    "ImageDomains",
    "LatticeIndex",
    "LocalLattice",
    "MagnitudeDistribution",
    "MaskGain",
    "Micrograph",
    "MicrographRecipe",
    "MultisliceSettings",
    "NoiseModel",
    "NullField",
    "RowJitter",
    "SITES",
    "ScanDrift",
    "SimulationSettings",
    "SiteAnalysis",
    "StemAnalysis",
    "StemSettings",
    "StrainAnalysis",
    "StrainMap",
    "Sublattices",
    "ThicknessSeries",
    "VectorClasses",
    "VirtualMicrograph",
    "VirtualSettings",
    "analysis_dataset",
    "analyze_micrograph",
    "angle_distribution",
    "assign_sublattices",
    "benchmark_settings",
    "benchmark_truth",
    "build_columns",
    "c_over_a_map",
    "column_displacements",
    "column_jitter_variance",
    "column_sigma",
    "columns_at",
    "correct_row_jitter",
    "decide_a_site",
    "detect_field",
    "domain_cells_of_gain",
    "domain_field",
    "electron_wavelength",
    "empirical_gain",
    "expected_electrons",
    "expected_ratio",
    "field_mean",
    "find_columns",
    "find_oxygen_columns",
    "fit_affine",
    "fit_columns",
    "fitted_image",
    "group_covariance",
    "image_correlation",
    "image_domains",
    "index_lattice",
    "jitter_covariance",
    "jitter_products",
    "largest_angle_mrad",
    "lattice_mask",
    "local_lattice",
    "low_pass",
    "magnitude_distribution",
    "mask_gain",
    "mask_gain_curve",
    "model_image",
    "needed_sampling",
    "noise_products",
    "null_field",
    "perovskite_columns",
    "picture_truth",
    "random_field",
    "read_micrograph",
    "read_positions",
    "row_jitter",
    "rule_of_thumb_sigma",
    "scan_drift",
    "simulate_micrograph",
    "simulate_multislice",
    "stem_record",
    "stem_report",
    "strain_map",
    "subtract_mean",
    "subtract_plane",
    "thickness_series",
    "truth_position_px",
    "uniform_field",
    "vector_classes",
    "vector_sigma",
    "virtual_columns",
    "virtual_micrograph",
    "with_row_jitter",
    "write_analysis_dataset",
    "write_column_table",
    "write_micrograph",
    "write_truth",
    "write_vector_table",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.microscopy.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.microscopy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
