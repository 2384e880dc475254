"""The run folders of ``entrox diffraction``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import finish_record, start_record, write_dataset, write_figure, write_table
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.cli.diffraction_scan import FoundScan
    from entrox.microscopy.diffraction.electron_pdf import ElectronPdf
    from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis
    from entrox.microscopy.diffraction.peak_tracking import PeakSeries

__all__ = [
    "PDF_FILES", "PROFILE_FILES", "SCAN_FILES", "STRAIN_FILES", "TRACK_FILES", "write_pattern_run", "write_pdf_run",
    "write_scan_run", "write_strain_run", "write_track_run",
]  # fmt: skip

PROFILE_FILES = ("profile.csv", "rings.csv", "profile.nc")
PDF_FILES = ("pdf.csv", "phi.csv", "pdf.nc")
SCAN_FILES = ("crystallinity.csv", "crystallinity.nc", "mean_pattern.hspy")
STRAIN_FILES = ("profile.csv", "reference_profile.csv")
TRACK_FILES = ("peak.csv",)
ROOMS = ("core", "composition", "order", "microscopy")

RING_COLUMNS = (
    "radius_px", "fwhm_px", "s_inverse_nm", "s_error_inverse_nm", "fwhm_inverse_nm", "fwhm_error_inverse_nm", "height",
    "intrinsic_fwhm_inverse_nm", "size_nm", "size_low_nm", "size_high_nm", "size_gaussian_nm", "size_lorentzian_nm",
)  # fmt: skip


def _write_profile(path: Path, found: PatternAnalysis) -> None:
    """Write a profile that ``entrox diffraction pdf`` reads, where the scale is known."""
    profile = found.profile
    known = profile.pixel_per_angstrom is not None
    names = ["radius_px", "mean", "median", "variance", "standard_error", "pixel_count"]
    columns = [
        profile.radius_px, profile.mean, profile.median, profile.variance, profile.standard_error, profile.pixel_count,
    ]  # fmt: skip
    if known:
        names.insert(1, "s_inverse_nm")
        columns.insert(1, profile.s_per_angstrom / NANOMETER_PER_ANGSTROM)
    full = profile.pixel_count > 0
    write_table(path, names, zip(*(column[full] for column in columns), strict=True))


def write_pattern_run(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: PatternAnalysis,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write profile, rings, figures and the record of one pattern."""
    from entrox.plots.diffraction import plot_pattern, plot_rings

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        _write_profile(folder / "profile.csv", found)
        rows = ([peak[name] for name in RING_COLUMNS] for peak in content["peaks"])
        write_table(folder / "rings.csv", RING_COLUMNS, rows)
        write_dataset(folder / "profile.nc", found.profile)
    write_figure(folder, "pattern", plot_pattern(found))
    write_figure(folder, "rings", plot_rings(found))
    finish_record(folder, record)


def write_pdf_run(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: ElectronPdf,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write pair distribution, reduced structure function, figures and the record."""
    from entrox.plots.diffraction import plot_electron_pdf, plot_reduction

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        names = ("r_angstrom", "g_pdf_per_square_angstrom")
        write_table(folder / "pdf.csv", names, zip(found.r, found.g_pdf, strict=True))
        columns = ("s_per_angstrom", "intensity", "atomic", "phi_per_angstrom")
        write_table(
            folder / "phi.csv",
            columns,
            zip(found.s_per_angstrom, found.intensity, found.atomic, found.phi, strict=True),
        )
        write_dataset(folder / "pdf.nc", found)
    write_figure(folder, "pdf", plot_electron_pdf(found))
    write_figure(folder, "reduction", plot_reduction(found))
    finish_record(folder, record)


def write_strain_run(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: tuple[PatternAnalysis, PatternAnalysis],
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write profiles, figure and the record of two patterns."""
    from entrox.plots.diffraction import plot_ring_strain

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        for name, one in zip(STRAIN_FILES, found, strict=True):
            _write_profile(folder / name, one)
    write_figure(folder, "strain", plot_ring_strain(*found))
    finish_record(folder, record)


def write_scan_run(
    folder: Path, found: FoundScan, settings: Mapping[str, Any], inputs: Sequence[Path], command: Sequence[str]
) -> None:
    """Write maps, sums of regions, figure and the record of a scan."""
    import numpy as np

    from entrox.microscopy.diffraction.pattern import Pattern
    from entrox.microscopy.diffraction.pattern_files import write_pattern
    from entrox.plots.diffraction_scan import plot_crystallinity

    record = start_record(settings, [path for path in inputs if path.is_file()], command, ROOMS)
    write_json(folder / RESULT, found.content)
    result = found.crystallinity
    with disk_errors_named(folder):
        rows, columns = np.indices(result.variance.shape)
        names = ("row", "column", "variance", "counting_error", "contrast", "ring_counts")
        values = (rows, columns, result.variance, result.counting_error, result.contrast, result.ring_counts)
        write_table(folder / "crystallinity.csv", names, zip(*(value.ravel() for value in values), strict=True))
        write_dataset(folder / "crystallinity.nc", result)
        for number, total in enumerate(found.sums):
            name = "mean_pattern" if number == 0 else f"region_{number}"
            pattern = Pattern(
                intensity=total / found.content["n_patterns"] if number == 0 else total,
                usable=np.ones(total.shape, dtype=bool), pixel_per_angstrom=found.pixel_per_angstrom,
            )  # fmt: skip
            write_pattern(folder / f"{name}.hspy", pattern)
    write_figure(folder, "crystallinity", plot_crystallinity(result, step_nm=found.content["scan_step_nm"]))
    finish_record(folder, record)


def write_track_run(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: PeakSeries,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write the course of a peak, its figure and the record."""
    from entrox.plots.diffraction import plot_peak_series

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    names = (
        "strain", "position_angstrom", "position_error_angstrom", "width_angstrom", "splitting_angstrom", "bic_gain",
    )  # fmt: skip
    with disk_errors_named(folder):
        write_table(folder / "peak.csv", names, zip(*(getattr(found, name) for name in names), strict=True))
    write_figure(folder, "peak", plot_peak_series(found))
    finish_record(folder, record)
