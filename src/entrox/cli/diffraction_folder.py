"""Tables, figures and files of ``entrox diffraction``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from entrox import plots
from entrox.cli.diffraction_result import print_pattern, print_pdf, print_scan, print_strain, print_track
from entrox.cli.measurement import Outcome, Table
from entrox.cli.run_folder import write_dataset
from entrox.core.units import NANOMETER_PER_ANGSTROM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from entrox.cli.diffraction_scan import FoundScan
    from entrox.microscopy.diffraction.electron_pdf import ElectronPdf
    from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis
    from entrox.microscopy.diffraction.peak_tracking import PeakSeries

__all__ = [
    "PDF_FILES", "PROFILE_FILES", "ROOMS", "SCAN_FILES", "STRAIN_FILES", "TRACK_FILES", "pattern_outcome",
    "pdf_outcome", "scan_outcome", "strain_outcome", "track_outcome",
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
PEAK_COLUMNS = (
    "strain", "position_angstrom", "position_error_angstrom", "width_angstrom", "splitting_angstrom", "bic_gain",
)  # fmt: skip


def _profile(found: PatternAnalysis) -> Table:
    """Return a profile that ``entrox diffraction pdf`` reads, where the scale is known."""
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
    return names, zip(*(column[full] for column in columns), strict=True)


def pattern_outcome(content: dict[str, Any], found: PatternAnalysis) -> Outcome:
    """Return the answer to one pattern with profile, rings and figures."""
    rings = [[peak[name] for name in RING_COLUMNS] for peak in content["peaks"]]
    return Outcome(
        content,
        tables={"profile.csv": _profile(found), "rings.csv": (RING_COLUMNS, rings)},
        files={"profile.nc": lambda path: write_dataset(path, found.profile)},
        figures={"pattern": lambda: plots.plot_pattern(found), "rings": lambda: plots.plot_rings(found)},
        show=print_pattern,
    )


def pdf_outcome(content: dict[str, Any], found: ElectronPdf) -> Outcome:
    """Return the answer to one profile with pair distribution, reduced structure function and figures."""
    phi = zip(found.s_per_angstrom, found.intensity, found.atomic, found.phi, strict=True)
    return Outcome(
        content,
        tables={
            "pdf.csv": (("r_angstrom", "g_pdf_per_square_angstrom"), zip(found.r, found.g_pdf, strict=True)),
            "phi.csv": (("s_per_angstrom", "intensity", "atomic", "phi_per_angstrom"), phi),
        },
        files={"pdf.nc": lambda path: write_dataset(path, found)},
        figures={"pdf": lambda: plots.plot_electron_pdf(found), "reduction": lambda: plots.plot_reduction(found)},
        show=print_pdf,
    )


def strain_outcome(content: dict[str, Any], loaded: PatternAnalysis, free: PatternAnalysis) -> Outcome:
    """Return the answer to two patterns with their profiles and figure."""
    return Outcome(
        content,
        tables=dict(zip(STRAIN_FILES, map(_profile, (loaded, free)), strict=True)),
        figures={"strain": lambda: plots.plot_ring_strain(loaded, free)},
        show=print_strain,
    )


def scan_outcome(found: FoundScan) -> Outcome:
    """Return the answer to a scan with its map, sums of regions and figure."""
    import numpy as np

    result = found.crystallinity
    rows, columns = np.indices(result.variance.shape)
    names = ("row", "column", "variance", "counting_error", "contrast", "ring_counts")
    values = (rows, columns, result.variance, result.counting_error, result.contrast, result.ring_counts)
    return Outcome(
        found.content,
        tables={"crystallinity.csv": (names, zip(*(value.ravel() for value in values), strict=True))},
        files={"crystallinity.nc": lambda path: write_dataset(path, result), **_sums(found)},
        figures={
            "crystallinity": lambda: plots.plot_crystallinity(result, step_nm=found.content["scan_step_nm"]),
        },
        show=print_scan,
    )


def _sums(found: FoundScan) -> dict[str, Callable[[Path], None]]:
    """Return what writes the mean pattern and the sum of every region."""
    import numpy as np

    from entrox.microscopy.diffraction.pattern import Pattern
    from entrox.microscopy.diffraction.pattern_files import write_pattern

    def write(total: Any, path: Path) -> None:
        usable = np.ones(total.shape, dtype=bool)
        write_pattern(path, Pattern(intensity=total, usable=usable, pixel_per_angstrom=found.pixel_per_angstrom))

    mean, *regions = found.sums
    named = {"mean_pattern.hspy": mean / found.content["n_patterns"]}
    named |= {f"region_{number}.hspy": total for number, total in enumerate(regions, start=1)}
    return {name: partial(write, total) for name, total in named.items()}


def track_outcome(found: PeakSeries) -> Outcome:
    """Return the course of a peak with its figure."""
    rows = zip(*(getattr(found, name) for name in PEAK_COLUMNS), strict=True)
    return Outcome(
        found.to_dict(),
        tables={"peak.csv": (PEAK_COLUMNS, rows)},
        figures={"peak": lambda: plots.plot_peak_series(found)},
        show=print_track,
    )
