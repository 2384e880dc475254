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
    from entrox.microscopy.diffraction.area_counts import AreaComparison, AreaCounts, area_counts, compare_areas
    from entrox.microscopy.diffraction.calibration import PixelCalibration, calibrate_pixel
    from entrox.microscopy.diffraction.crystallinity_map import CrystallinityMap, crystallinity_map, glass_threshold
    from entrox.microscopy.diffraction.crystallite_size import (
        CrystalliteSize,
        crystallite_size,
        disc_diameter_inverse_nm,
        intrinsic_fwhm,
    )
    from entrox.microscopy.diffraction.diffraction_curve import DiffractionCurve, curve_of_profile
    from entrox.microscopy.diffraction.electron_pdf import ElectronPdf, PdfSettings, electron_pdf
    from entrox.microscopy.diffraction.ellipse_strain import EllipseStrain, ellipse_strain
    from entrox.microscopy.diffraction.followed_particles import FollowedParticles, follow_particles
    from entrox.microscopy.diffraction.geometry_fit import fit_geometry
    from entrox.microscopy.diffraction.mean_factors import mean_factors
    from entrox.microscopy.diffraction.pattern import Pattern
    from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis, ProfileSettings, analyze_pattern
    from entrox.microscopy.diffraction.pattern_files import read_pattern, write_pattern
    from entrox.microscopy.diffraction.pattern_mask import beam_stop_mask, padding_mask, polygon_mask
    from entrox.microscopy.diffraction.pattern_scan import PatternScan
    from entrox.microscopy.diffraction.pdf_peaks import PdfPeak
    from entrox.microscopy.diffraction.peak_tracking import PeakSeries, affine_slope, track_peak
    from entrox.microscopy.diffraction.probe_overlap import disc_overlap, effective_number
    from entrox.microscopy.diffraction.profile_files import read_profile
    from entrox.microscopy.diffraction.radial_profile import RadialProfile, radial_profile, sector_profiles
    from entrox.microscopy.diffraction.ring_geometry import RingGeometry
    from entrox.microscopy.diffraction.ring_peaks import RingPeaks, fit_ring_peaks
    from entrox.microscopy.diffraction.ring_set import RingSet, build_standard, ring_set
    from entrox.microscopy.diffraction.scan_center import ScanCenters, scan_centers
    from entrox.microscopy.diffraction.scan_files import read_scan
    from entrox.microscopy.diffraction.scan_sums import (
        annular_detector,
        circle_region,
        rectangle_region,
        region_sums,
        virtual_images,
    )
    from entrox.microscopy.diffraction.simulated_patterns import (
        PatternSettings,
        debye_curve,
        powder_curve,
        simulate_pattern,
        simulate_scan,
    )
    from entrox.microscopy.diffraction.williamson_hall import WilliamsonHall, williamson_hall
    from entrox.microscopy.diffraction.window_crystallinity import WindowCrystallinity, window_crystallinity
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
    "diffraction.area_counts": (
        "AreaComparison",
        "AreaCounts",
        "area_counts",
        "compare_areas",
    ),
    "diffraction.calibration": (
        "PixelCalibration",
        "calibrate_pixel",
    ),
    "diffraction.crystallinity_map": (
        "CrystallinityMap",
        "crystallinity_map",
        "glass_threshold",
    ),
    "diffraction.crystallite_size": (
        "CrystalliteSize",
        "crystallite_size",
        "disc_diameter_inverse_nm",
        "intrinsic_fwhm",
    ),
    "diffraction.diffraction_curve": (
        "DiffractionCurve",
        "curve_of_profile",
    ),
    "diffraction.electron_pdf": (
        "ElectronPdf",
        "PdfSettings",
        "electron_pdf",
    ),
    "diffraction.ellipse_strain": (
        "EllipseStrain",
        "ellipse_strain",
    ),
    "diffraction.followed_particles": (
        "FollowedParticles",
        "follow_particles",
    ),
    "diffraction.geometry_fit": ("fit_geometry",),
    "diffraction.mean_factors": ("mean_factors",),
    "diffraction.pattern": ("Pattern",),
    "diffraction.pattern_analysis": (
        "PatternAnalysis",
        "ProfileSettings",
        "analyze_pattern",
    ),
    "diffraction.pattern_files": (
        "read_pattern",
        "write_pattern",
    ),
    "diffraction.pattern_mask": (
        "beam_stop_mask",
        "padding_mask",
        "polygon_mask",
    ),
    "diffraction.pattern_scan": ("PatternScan",),
    "diffraction.scan_files": ("read_scan",),
    "diffraction.pdf_peaks": ("PdfPeak",),
    "diffraction.peak_tracking": (
        "PeakSeries",
        "affine_slope",
        "track_peak",
    ),
    "diffraction.probe_overlap": (
        "disc_overlap",
        "effective_number",
    ),
    "diffraction.profile_files": ("read_profile",),
    "diffraction.radial_profile": (
        "RadialProfile",
        "radial_profile",
        "sector_profiles",
    ),
    "diffraction.ring_geometry": ("RingGeometry",),
    "diffraction.ring_peaks": (
        "RingPeaks",
        "fit_ring_peaks",
    ),
    "diffraction.ring_set": (
        "RingSet",
        "build_standard",
        "ring_set",
    ),
    "diffraction.scan_center": (
        "ScanCenters",
        "scan_centers",
    ),
    "diffraction.scan_sums": (
        "annular_detector",
        "circle_region",
        "rectangle_region",
        "region_sums",
        "virtual_images",
    ),
    "diffraction.simulated_patterns": (
        "PatternSettings",
        "debye_curve",
        "powder_curve",
        "simulate_pattern",
        "simulate_scan",
    ),
    "diffraction.williamson_hall": (
        "WilliamsonHall",
        "williamson_hall",
    ),
    "diffraction.window_crystallinity": (
        "WindowCrystallinity",
        "window_crystallinity",
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
    "AreaComparison",
    "AreaCounts",
    "AxisRatio",
    "ColumnFit",
    "ColumnTruth",
    "Columns",
    "CrystalSettings",
    "CrystallinityMap",
    "CrystalliteSize",
    "DiffractionCurve",
    "DisplacementMap",
    "ElectronPdf",
    "EllipseStrain",
    "EmpiricalGain",
    "FLAGS",
    "FieldDetection",
    "FieldMean",
    "FollowedParticles",
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
    "Pattern",
    "PatternAnalysis",
    "PatternScan",
    "PatternSettings",
    "PdfPeak",
    "PdfSettings",
    "PeakSeries",
    "PixelCalibration",
    "ProfileSettings",
    "RadialProfile",
    "RingGeometry",
    "RingPeaks",
    "RingSet",
    "RowJitter",
    "SITES",
    "ScanCenters",
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
    "WilliamsonHall",
    "WindowCrystallinity",
    "affine_slope",
    "analysis_dataset",
    "analyze_micrograph",
    "analyze_pattern",
    "angle_distribution",
    "annular_detector",
    "area_counts",
    "assign_sublattices",
    "beam_stop_mask",
    "benchmark_settings",
    "benchmark_truth",
    "build_columns",
    "build_standard",
    "c_over_a_map",
    "calibrate_pixel",
    "circle_region",
    "column_displacements",
    "column_jitter_variance",
    "column_sigma",
    "columns_at",
    "compare_areas",
    "correct_row_jitter",
    "crystallinity_map",
    "crystallite_size",
    "curve_of_profile",
    "debye_curve",
    "decide_a_site",
    "detect_field",
    "disc_diameter_inverse_nm",
    "disc_overlap",
    "domain_cells_of_gain",
    "domain_field",
    "effective_number",
    "electron_pdf",
    "electron_wavelength",
    "ellipse_strain",
    "empirical_gain",
    "expected_electrons",
    "expected_ratio",
    "field_mean",
    "find_columns",
    "find_oxygen_columns",
    "fit_affine",
    "fit_columns",
    "fit_geometry",
    "fit_ring_peaks",
    "fitted_image",
    "follow_particles",
    "glass_threshold",
    "group_covariance",
    "image_correlation",
    "image_domains",
    "index_lattice",
    "intrinsic_fwhm",
    "jitter_covariance",
    "jitter_products",
    "largest_angle_mrad",
    "lattice_mask",
    "local_lattice",
    "low_pass",
    "magnitude_distribution",
    "mask_gain",
    "mask_gain_curve",
    "mean_factors",
    "model_image",
    "needed_sampling",
    "noise_products",
    "null_field",
    "padding_mask",
    "perovskite_columns",
    "picture_truth",
    "polygon_mask",
    "powder_curve",
    "radial_profile",
    "random_field",
    "read_micrograph",
    "read_pattern",
    "read_positions",
    "read_profile",
    "read_scan",
    "rectangle_region",
    "region_sums",
    "ring_set",
    "row_jitter",
    "rule_of_thumb_sigma",
    "scan_centers",
    "scan_drift",
    "sector_profiles",
    "simulate_micrograph",
    "simulate_multislice",
    "simulate_pattern",
    "simulate_scan",
    "stem_record",
    "stem_report",
    "strain_map",
    "subtract_mean",
    "subtract_plane",
    "thickness_series",
    "track_peak",
    "truth_position_px",
    "uniform_field",
    "vector_classes",
    "vector_sigma",
    "virtual_columns",
    "virtual_images",
    "virtual_micrograph",
    "williamson_hall",
    "window_crystallinity",
    "with_row_jitter",
    "write_analysis_dataset",
    "write_column_table",
    "write_micrograph",
    "write_pattern",
    "write_truth",
    "write_vector_table",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.microscopy.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.microscopy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
