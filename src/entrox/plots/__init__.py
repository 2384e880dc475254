"""Figures and reports: one function per figure; it takes a result and optional axes and returns the axes.

Functions: :func:`write_report` and :func:`write_entropy_report` (one HTML file each), :func:`write_figures` and
:func:`write_entropy_figures` (PNG and SVG), and ``plot_...`` for single figures. Axis labels carry the units of the
quantities: fields MV/m, lengths angstrom (nm for atom probes), energies eV, entropies R, polarization C/m2. The global
style of matplotlib is never changed, and pyplot is not used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.plots.alloy import plot_alloys, plot_clustering
    from entrox.plots.atomprobe import plot_detector_map, plot_entropy_map
    from entrox.plots.bend import plot_bent_film
    from entrox.plots.bend_map import plot_strain_map
    from entrox.plots.bend_movie import write_bending_movie
    from entrox.plots.breakdown import plot_channel, plot_conductivity
    from entrox.plots.channel_in_space import plot_channel_in_space
    from entrox.plots.dielectrics import plot_dielectrics
    from entrox.plots.diffraction import (
        plot_electron_pdf,
        plot_pattern,
        plot_peak_series,
        plot_reduction,
        plot_ring_strain,
        plot_rings,
    )
    from entrox.plots.diffraction_scan import plot_crystallinity
    from entrox.plots.dynamics import plot_run
    from entrox.plots.entropy_figures import write_entropy_figures
    from entrox.plots.entropy_report import write_entropy_report
    from entrox.plots.family_map import plot_family_map
    from entrox.plots.field_maps import plot_applied_field, plot_cloud_field, plot_electron_density, plot_local_field
    from entrox.plots.figures import write_figures
    from entrox.plots.film import plot_leakage
    from entrox.plots.film_breakdown import plot_breakdown_fields
    from entrox.plots.film_loop import plot_loops
    from entrox.plots.film_mixture import plot_mixture
    from entrox.plots.film_optics import plot_transmittance
    from entrox.plots.film_permittivity import plot_permittivity
    from entrox.plots.film_tensile import plot_pull
    from entrox.plots.glass_strain import plot_bond_rotation, plot_shear_histogram, plot_strain_slice
    from entrox.plots.local_entropy import plot_entropy_scan, plot_neighborhoods
    from entrox.plots.mass_spectrum import plot_mass_spectrum
    from entrox.plots.movie import write_movie
    from entrox.plots.optimize import plot_pareto_set, plot_rank_intervals, plot_rank_survival
    from entrox.plots.optimize_page import write_search_page
    from entrox.plots.pair_distribution import plot_coordination, plot_powder_pattern, plot_total_distribution
    from entrox.plots.pair_order import plot_pair_order
    from entrox.plots.paper_construction import plot_paper_mode
    from entrox.plots.parameter_map import plot_coefficients, plot_map_agreement, plot_map_regression, plot_map_slices
    from entrox.plots.phase_diagram import plot_phase_diagram, plot_temperature_runs
    from entrox.plots.polar import plot_displacement_histograms, plot_phase_shares, plot_polar_map, plot_polar_maps
    from entrox.plots.polar_curves import (
        plot_bond_environment,
        plot_bond_splitting,
        plot_correlation,
        plot_hysteresis,
        plot_pair_distributions,
        plot_transitions,
    )
    from entrox.plots.polar_figures import write_polar_figures
    from entrox.plots.polar_page import write_polar_report_page
    from entrox.plots.potentials import plot_calibration, plot_learning, plot_parity, plot_training, plot_wells
    from entrox.plots.report import write_report
    from entrox.plots.rmc import plot_box_partials, plot_run_histories, plot_set_fit
    from entrox.plots.rmc_course import plot_data_weights, plot_site_distances
    from entrox.plots.rmc_figures import BoxView, analysis_figures, run_figures
    from entrox.plots.rmc_local import plot_angles, plot_mean_lengths, plot_site_classes, plot_valences
    from entrox.plots.rmc_maps import plot_box_in_space, plot_box_slice, plot_box_stereograms
    from entrox.plots.rmc_page import write_rmc_page
    from entrox.plots.scattering import plot_correlation_functions, plot_fit_and_residual, plot_small_box_fit
    from entrox.plots.stem import plot_beside_null, plot_close_up, plot_column_vectors, plot_vector_wheel
    from entrox.plots.stem_curves import plot_angle_rose, plot_gain, plot_image_correlation, plot_magnitudes
    from entrox.plots.stem_figures import write_stem_figures
    from entrox.plots.stem_maps import plot_cell_values, plot_class_map, plot_domain_map, plot_residual
    from entrox.plots.stem_page import write_stem_page
    from entrox.plots.stereogram import plot_stereogram, plot_stereograms
    from entrox.plots.study import (
        plot_breakdown_against_distortion,
        plot_breakdown_against_entropy,
        plot_breakdown_against_x,
        plot_descriptors,
        plot_parameters,
        plot_quantity,
    )
    from entrox.plots.style import new_axes, paper_style, save_figure, save_formats
    from entrox.plots.thermo import plot_barrier_map, plot_barrier_series, plot_nucleation_work
    from entrox.plots.thermo_terms import plot_free_energy_terms, plot_frequencies, plot_spectrum
    from entrox.plots.vacancy import plot_vacancy_fractions, plot_vacancy_map
    from entrox.plots.weibull import plot_weibull, plot_weibull_of_best

_HOMES = {
    "dynamics": ("plot_run",),
    "phase_diagram": ("plot_phase_diagram", "plot_temperature_runs"),
    "potentials": ("plot_calibration", "plot_learning", "plot_parity", "plot_training", "plot_wells"),
    "alloy": (
        "plot_alloys",
        "plot_clustering",
    ),
    "atomprobe": ("plot_detector_map", "plot_entropy_map"),
    "entropy_figures": ("write_entropy_figures",),
    "entropy_report": ("write_entropy_report",),
    "local_entropy": ("plot_entropy_scan", "plot_neighborhoods"),
    "pair_order": ("plot_pair_order",),
    "mass_spectrum": ("plot_mass_spectrum",),
    "paper_construction": ("plot_paper_mode",),
    "polar": (
        "plot_displacement_histograms",
        "plot_phase_shares",
        "plot_polar_map",
        "plot_polar_maps",
    ),
    "polar_curves": (
        "plot_bond_environment",
        "plot_bond_splitting",
        "plot_correlation",
        "plot_hysteresis",
        "plot_pair_distributions",
        "plot_transitions",
    ),
    "polar_figures": ("write_polar_figures",),
    "polar_page": ("write_polar_report_page",),
    "rmc": (
        "plot_set_fit",
        "plot_box_partials",
        "plot_run_histories",
    ),
    "rmc_figures": (
        "run_figures",
        "analysis_figures",
        "BoxView",
    ),
    "rmc_local": (
        "plot_mean_lengths",
        "plot_site_classes",
        "plot_angles",
        "plot_valences",
    ),
    "rmc_maps": (
        "plot_box_slice",
        "plot_box_in_space",
        "plot_box_stereograms",
    ),
    "rmc_page": ("write_rmc_page",),
    "scattering": (
        "plot_small_box_fit",
        "plot_fit_and_residual",
        "plot_correlation_functions",
    ),
    "stem": (
        "plot_beside_null",
        "plot_close_up",
        "plot_column_vectors",
        "plot_vector_wheel",
    ),
    "stem_maps": (
        "plot_cell_values",
        "plot_class_map",
        "plot_domain_map",
        "plot_residual",
    ),
    "stem_curves": (
        "plot_angle_rose",
        "plot_gain",
        "plot_image_correlation",
        "plot_magnitudes",
    ),
    "stem_figures": ("write_stem_figures",),
    "stem_page": ("write_stem_page",),
    "stereogram": (
        "plot_stereogram",
        "plot_stereograms",
    ),
    "channel_in_space": ("plot_channel_in_space",),
    "dielectrics": ("plot_dielectrics",),
    "field_maps": (
        "plot_applied_field",
        "plot_cloud_field",
        "plot_electron_density",
        "plot_local_field",
    ),
    "movie": ("write_movie",),
    "optimize": ("plot_pareto_set", "plot_rank_intervals", "plot_rank_survival"),
    "optimize_page": ("write_search_page",),
    "parameter_map": (
        "plot_coefficients",
        "plot_map_agreement",
        "plot_map_regression",
        "plot_map_slices",
    ),
    "vacancy": (
        "plot_vacancy_fractions",
        "plot_vacancy_map",
    ),
    "breakdown": ("plot_channel", "plot_conductivity"),
    "family_map": ("plot_family_map",),
    "figures": ("write_figures",),
    "report": ("write_report",),
    "study": (
        "plot_breakdown_against_distortion",
        "plot_breakdown_against_entropy",
        "plot_breakdown_against_x",
        "plot_descriptors",
        "plot_parameters",
        "plot_quantity",
    ),
    "style": ("new_axes", "paper_style", "save_figure", "save_formats"),
    "weibull": ("plot_weibull", "plot_weibull_of_best"),
    "thermo": ("plot_barrier_map", "plot_barrier_series", "plot_nucleation_work"),
    "thermo_terms": ("plot_free_energy_terms", "plot_frequencies", "plot_spectrum"),
    "rmc_course": ("plot_data_weights", "plot_site_distances"),
    "glass_strain": ("plot_bond_rotation", "plot_shear_histogram", "plot_strain_slice"),
    "pair_distribution": ("plot_coordination", "plot_powder_pattern", "plot_total_distribution"),
    "bend": ("plot_bent_film",),
    "diffraction": (
        "plot_electron_pdf",
        "plot_pattern",
        "plot_peak_series",
        "plot_reduction",
        "plot_ring_strain",
        "plot_rings",
    ),
    "diffraction_scan": ("plot_crystallinity",),
    "bend_map": ("plot_strain_map",),
    "bend_movie": ("write_bending_movie",),
    "film": ("plot_leakage",),
    "film_breakdown": ("plot_breakdown_fields",),
    "film_loop": ("plot_loops",),
    "film_mixture": ("plot_mixture",),
    "film_optics": ("plot_transmittance",),
    "film_permittivity": ("plot_permittivity",),
    "film_tensile": ("plot_pull",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BoxView",
    "analysis_figures",
    "new_axes",
    "paper_style",
    "plot_alloys",
    "plot_angle_rose",
    "plot_angles",
    "plot_applied_field",
    "plot_barrier_map",
    "plot_barrier_series",
    "plot_bent_film",
    "plot_beside_null",
    "plot_bond_environment",
    "plot_bond_rotation",
    "plot_bond_splitting",
    "plot_box_in_space",
    "plot_box_partials",
    "plot_box_slice",
    "plot_box_stereograms",
    "plot_breakdown_against_distortion",
    "plot_breakdown_against_entropy",
    "plot_breakdown_against_x",
    "plot_breakdown_fields",
    "plot_calibration",
    "plot_cell_values",
    "plot_channel",
    "plot_channel_in_space",
    "plot_class_map",
    "plot_close_up",
    "plot_cloud_field",
    "plot_clustering",
    "plot_coefficients",
    "plot_column_vectors",
    "plot_conductivity",
    "plot_coordination",
    "plot_correlation",
    "plot_correlation_functions",
    "plot_crystallinity",
    "plot_data_weights",
    "plot_descriptors",
    "plot_detector_map",
    "plot_dielectrics",
    "plot_displacement_histograms",
    "plot_domain_map",
    "plot_electron_density",
    "plot_electron_pdf",
    "plot_entropy_map",
    "plot_entropy_scan",
    "plot_family_map",
    "plot_fit_and_residual",
    "plot_free_energy_terms",
    "plot_frequencies",
    "plot_gain",
    "plot_hysteresis",
    "plot_image_correlation",
    "plot_leakage",
    "plot_learning",
    "plot_local_field",
    "plot_loops",
    "plot_magnitudes",
    "plot_map_agreement",
    "plot_map_regression",
    "plot_map_slices",
    "plot_mass_spectrum",
    "plot_mean_lengths",
    "plot_mixture",
    "plot_neighborhoods",
    "plot_nucleation_work",
    "plot_pair_distributions",
    "plot_pair_order",
    "plot_paper_mode",
    "plot_parameters",
    "plot_pareto_set",
    "plot_parity",
    "plot_pattern",
    "plot_peak_series",
    "plot_permittivity",
    "plot_phase_diagram",
    "plot_phase_shares",
    "plot_polar_map",
    "plot_polar_maps",
    "plot_powder_pattern",
    "plot_pull",
    "plot_quantity",
    "plot_rank_intervals",
    "plot_rank_survival",
    "plot_reduction",
    "plot_residual",
    "plot_ring_strain",
    "plot_rings",
    "plot_run",
    "plot_run_histories",
    "plot_set_fit",
    "plot_shear_histogram",
    "plot_site_classes",
    "plot_site_distances",
    "plot_small_box_fit",
    "plot_spectrum",
    "plot_stereogram",
    "plot_stereograms",
    "plot_strain_map",
    "plot_strain_slice",
    "plot_temperature_runs",
    "plot_total_distribution",
    "plot_training",
    "plot_transitions",
    "plot_transmittance",
    "plot_vacancy_fractions",
    "plot_vacancy_map",
    "plot_valences",
    "plot_vector_wheel",
    "plot_weibull",
    "plot_weibull_of_best",
    "plot_wells",
    "run_figures",
    "save_figure",
    "save_formats",
    "write_bending_movie",
    "write_entropy_figures",
    "write_entropy_report",
    "write_figures",
    "write_movie",
    "write_polar_figures",
    "write_polar_report_page",
    "write_report",
    "write_rmc_page",
    "write_search_page",
    "write_stem_figures",
    "write_stem_page",
]


def __getattr__(name: str) -> Any:
    # matplotlib and plotly are slow to import: each figure brings only what it needs
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.plots.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.plots' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
